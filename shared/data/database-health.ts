import type pg from 'pg';
import type { Settings } from '../infrastructure/config.ts';
import { RetailError } from '../infrastructure/errors.ts';
import { contextKeyInstalled } from './context-keys.ts';
import { toDatabaseError } from './database-errors.ts';
import { migrationStatus } from './migrations.ts';
import { type Pools, statementBoundMs } from './pool.ts';
import { sqlText } from './sql-text.ts';
import type { ContextKey } from './tenant-context.ts';

/** Why the database cannot serve callers: stable words for a monitor, without detail. */
export type UnreadyReason =
  | 'database_unavailable'
  | 'migrations_pending'
  | 'migrations_differ'
  | 'context_key_unknown'
  | 'login_too_powerful';

type LoginRow = { rolsuper: boolean; rolbypassrls: boolean; roles: string[] };

const callerRoles = ['headquarters', 'regional_managers', 'store_managers'];

/** PostgreSQL's and pgvector's versions, to the one who operates the server. */
export async function databaseVersions(service: pg.Pool): Promise<Record<string, string>> {
  const { rows } = await service
    .query<{ name: string; version: string }>(sqlText('queries/versions.sql'))
    .catch(rethrow);
  return Object.fromEntries(rows.map(({ name, version }) => [name, version]));
}

/** The first reason why callers cannot be served, or undefined. */
export async function unreadyReason(
  pools: Pools,
  contextKey: ContextKey,
  engine: Settings['DATABASE_ENGINE'],
): Promise<UnreadyReason | undefined> {
  try {
    const migrations = await migrationStatus(pools.service);
    if (!migrations.current) {
      return migrations.reason === 'pending' ? 'migrations_pending' : 'migrations_differ';
    }
    if (engine === 'server' && (await loginTooPowerful(pools.callers))) return 'login_too_powerful';
    if (!(await contextKeyInstalled(pools.service, contextKey))) return 'context_key_unknown';
    return undefined;
  } catch (error) {
    const known = toDatabaseError(error);
    if (known instanceof RetailError) return 'database_unavailable';
    throw error;
  }
}

/** The callers' login must be able to become a caller role and nothing else (sql/migrations). */
async function loginTooPowerful(callers: pg.Pool): Promise<boolean> {
  const { rows } = await callers.query<LoginRow>({
    text: sqlText('queries/login-rights.sql'),
    query_timeout: statementBoundMs,
  } as pg.QueryConfig);
  const [login] = rows;
  if (!login || login.rolsuper || login.rolbypassrls) return true;
  return login.roles.some((role) => !callerRoles.includes(role));
}

function rethrow(error: unknown): never {
  throw toDatabaseError(error);
}
