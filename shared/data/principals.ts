import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Role } from '../infrastructure/identity.ts';
import { accessLifetimeMs } from './access-snapshot.ts';
import { toDatabaseError } from './database-errors.ts';
import { sqlText } from './sql-text.ts';

/** What a token subject may see, by `security.principals`. */
export type Principal = Readonly<{
  role: Role;
  stores: readonly string[];
  regions: readonly string[];
}>;

export type FindPrincipal = (subject: string) => Promise<Principal | undefined>;

type Row = { role: Role; store_ids: string[]; regions: string[] };

const maxRemembered = 10_000;

/** Reads on the service login, and remembers what was found, or not found, for half a minute. */
export function createPrincipals(service: pg.Pool): FindPrincipal {
  const remembered = new LRUCache<string, { principal: Principal | undefined }>({
    max: maxRemembered,
    ttl: accessLifetimeMs,
    perf: { now: () => Date.now() },
    fetchMethod: async (subject) => ({ principal: await readPrincipal(service, subject) }),
  });
  return async (subject) => (await remembered.fetch(subject))?.principal;
}

async function readPrincipal(service: pg.Pool, subject: string): Promise<Principal | undefined> {
  try {
    const { rows } = await service.query<Row>(sqlText('queries/principal-by-subject.sql'), [
      subject,
    ]);
    const [row] = rows;
    return row && { role: row.role, stores: row.store_ids, regions: row.regions };
  } catch (error) {
    throw toDatabaseError(error);
  }
}
