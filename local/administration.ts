import { existsSync, readFileSync } from 'node:fs';
import pg from 'pg';
import { sqlText } from '../shared/data/sql-text.ts';
import type { Role } from '../shared/infrastructure/identity.ts';
import { invalid } from './command-line.ts';
import { startEmbeddedDatabase } from './embedded-database/embedded-database.ts';
import { localState } from './local-state.ts';

const connectTimeoutMs = 10_000;
const statementTimeoutMs = 30_000;

export const databaseUsage = `  DATABASE_MAINTENANCE_URL  the database, with the login retail_maintenance or an administrator's
  DATABASE_URL              used when DATABASE_MAINTENANCE_URL is not set

With neither, the database of npm start in .local/, whether the server is running or not.`;

/** Runs the work in one transaction, on the database that the settings name or on the local one. */
export async function administer<Result>(
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_MAINTENANCE_URL, DATABASE_URL } = process.env;
  const named = DATABASE_MAINTENANCE_URL || DATABASE_URL;
  if (named) return inTransaction(named, work);
  const running = await runningDatabase();
  if (running) return inTransaction(running, work);
  if (!existsSync(localState.database)) {
    throw invalid(
      'There is no database.',
      'Set DATABASE_MAINTENANCE_URL, or run npm start once for a local one.',
    );
  }
  const database = await startEmbeddedDatabase({
    dataDirectory: localState.database,
    statementTimeoutMs,
  });
  try {
    return await inTransaction(database.connectionString, work);
  } finally {
    await database.stop();
  }
}

/** The local database, if a server on this machine has it open: nobody else may open it then. */
async function runningDatabase(): Promise<string | undefined> {
  if (!existsSync(localState.databaseUrl)) return undefined;
  const connectionString = readFileSync(localState.databaseUrl, 'utf8');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: connectTimeoutMs });
  try {
    await client.connect();
    return connectionString;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}

async function inTransaction<Result>(
  connectionString: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
  });
  await client.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    await client.end();
  }
}

/** A statement of sql/administration; answers its rows, or what it changed where it returns none. */
export async function run<Row extends object>(
  client: pg.Client,
  name: string,
  values: readonly unknown[] = [],
): Promise<{ rows: Row[]; changed: number }> {
  const { rows, rowCount } = await client.query<Row>(sqlText(`administration/${name}.sql`), [
    ...values,
  ]);
  return { rows, changed: rowCount ?? 0 };
}

export type Grant = Readonly<{ role: Role; stores: readonly string[]; regions: readonly string[] }>;

/** Refuses a grant that no caller could use, as the server would refuse it. */
export function checkGrant({ role, stores, regions }: Grant): void {
  if (role === 'store_manager' && (stores.length !== 1 || regions.length > 0)) {
    throw invalid('A store manager has one store.', 'Give one --store and no --region.');
  }
  if (role === 'regional_manager' && stores.length + regions.length === 0) {
    throw invalid('A regional manager has a region or stores.', 'Give --region or --store.');
  }
  if (role === 'headquarters' && stores.length + regions.length > 0) {
    throw invalid('Headquarters is every store.', 'Give no --store and no --region.');
  }
}
