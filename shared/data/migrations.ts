import { basename, join } from 'node:path';
import type { ClientBase, QueryResult } from 'pg';
import type Postgrator from 'postgrator';
import { applicationRoot } from '../infrastructure/application-root.ts';
import { RetailError } from '../infrastructure/errors.ts';
import type { Queryable } from './pool.ts';

export type MigrationOptions = {
  /** Where the migrations are; `sql/migrations` of the application when absent. */
  directory?: string;
};

export type MigrateOptions = MigrationOptions & {
  /** How long to wait for another run, and for each lock on a table; 30 seconds when absent. */
  lockTimeoutMs?: number;
  /** Called when a migration begins. */
  onProgress?: (progress: { file: string; number: number; of: number }) => void;
};

/**
 * - `pending`: files that the database has not had.
 * - `changed`: a file that has run was edited afterwards.
 * - `missing`: a file that has run is gone.
 * - `skipped`: a file that has not run comes before one that has.
 * - `newer`: the database has had migrations of a later release.
 */
export type MigrationProblem = 'pending' | 'changed' | 'missing' | 'skipped' | 'newer';

export type MigrationStatus =
  | { current: true; pending: readonly [] }
  | { current: false; pending: readonly string[]; reason: MigrationProblem; file: string };

type AppliedMigration = { version: string; name: string; md5: string };

/** Any number that no other advisory lock of the product uses. */
const migrationLock = 7_208_117;

/**
 * Applies every pending migration in one transaction: all of them or none. Runs that meet wait for
 * one another.
 *
 * @returns the names of the files applied, in order.
 * @throws RetailError naming the file that failed, or that was changed, is missing or was skipped.
 */
export async function migrate(
  client: ClientBase,
  { onProgress, lockTimeoutMs = 30_000, ...options }: MigrateOptions = {},
): Promise<string[]> {
  const postgrator = await openPostgrator(client, options);
  let running: string | undefined;

  await client.query('begin isolation level read committed read write');
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query(`set local statement_timeout = '15min'`);
    await client.query('set local search_path = pg_catalog, pg_temp');
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);

    const pending: readonly string[] = refuseConflict(await compare(client, postgrator)).pending;
    postgrator.on('migration-started', ({ filename }) => {
      running = basename(filename);
      onProgress?.({ file: running, number: pending.indexOf(running) + 1, of: pending.length });
    });
    if (pending.length > 0) await postgrator.migrate();
    await client.query('commit');
    return [...pending];
  } catch (error) {
    // A connection that is gone cannot roll back, and need not: the first error is the cause.
    await client.query('rollback').catch(() => {});
    throw explain(error, running);
  }
}

/** Compares the files with what the database has had; changes nothing. */
export async function migrationStatus(
  client: Queryable,
  options: MigrationOptions = {},
): Promise<MigrationStatus> {
  return compare(client, await openPostgrator(client, options));
}

async function openPostgrator(client: Queryable, options: MigrationOptions): Promise<Postgrator> {
  // Loaded when asked for: a server that only answers questions never needs it.
  const { default: Postgrator } = await import('postgrator');
  const directory = options.directory ?? join(applicationRoot(), 'sql', 'migrations');
  return new Postgrator({
    driver: 'pg',
    schemaTable: 'security.schema_migrations',
    migrationPattern: `${globLiteral(directory)}/*.do.*.sql`,
    newline: 'LF',
    validateChecksums: false, // `compare` does, and finds missing files too.
    execQuery: (query) => client.query(query),
    execSqlScript: async (script) => {
      await client.query(script);
    },
  });
}

/** Glob patterns know `/` alone, and a path may hold characters that mean something to them. */
const globLiteral = (path: string) =>
  path.replaceAll('\\', '/').replace(/[?*()[\]{}!]/g, (character) => `\\${character}`);

async function compare(client: Queryable, postgrator: Postgrator): Promise<MigrationStatus> {
  const files = (await postgrator.getMigrations()).toSorted((a, b) => a.version - b.version);
  const applied = await appliedMigrations(client);
  const names = files.map(({ filename }) => basename(filename));
  const pending = names.filter((_, index) => !applied.has(Number(files[index]?.version)));
  const newest = Math.max(...files.map(({ version }) => version));
  const lastApplied = Math.max(0, ...applied.keys());

  const problem = (reason: MigrationProblem, file: string): MigrationStatus => {
    return { current: false, pending, reason, file };
  };
  for (const [version, { name, md5 }] of applied) {
    const file = files.find((candidate) => candidate.version === version);
    const appliedName = `${String(version).padStart(4, '0')}.do.${name}.sql`;
    if (!file) return problem(version > newest ? 'newer' : 'missing', appliedName);
    if (file.md5 !== md5) return problem('changed', basename(file.filename));
  }
  for (const { version, filename } of files) {
    if (applied.has(version)) continue;
    return problem(version < lastApplied ? 'skipped' : 'pending', basename(filename));
  }
  return { current: true, pending: [] };
}

async function appliedMigrations(client: Queryable): Promise<Map<number, AppliedMigration>> {
  const { rows: tables }: QueryResult<{ found: boolean }> = await client.query(
    `select to_regclass('security.schema_migrations') is not null as found`,
  );
  if (!tables[0]?.found) return new Map();
  const { rows }: QueryResult<AppliedMigration> = await client.query(
    'select version, name, md5 from security.schema_migrations where version > 0 order by version',
  );
  return new Map(rows.map((row) => [Number(row.version), row]));
}

function refuseConflict(status: MigrationStatus): MigrationStatus {
  if (status.current || status.reason === 'pending') return status;
  const [said, hint] = {
    changed: [
      'was changed after it had run',
      'Restore it, and make the change in a new migration.',
    ],
    missing: ['has run but is no longer there', 'Restore the file.'],
    skipped: ['comes before one that has run', 'Give it a number after the last one.'],
    newer: [
      'has run but is not in this release',
      'Deploy the release that has it, or a later one.',
    ],
  }[status.reason];
  throw new RetailError('database_unavailable', `Migration ${status.file} ${said}.`, {
    hint: hint ?? '',
  });
}

function explain(error: unknown, running: string | undefined): unknown {
  if (error instanceof RetailError) return error;
  const { code, message, hint } = error as { code?: string; message: string; hint?: string };
  if (code === '55P03' && running === undefined) {
    return new RetailError('busy', 'Another migration of this database is running.', {
      hint: 'Try again when it is done.',
      cause: error,
    });
  }
  if (running === undefined) return error;
  return new RetailError('database_unavailable', `Migration ${running} failed: ${message}`, {
    ...(hint && { hint }),
    cause: error,
  });
}
