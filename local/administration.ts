import { existsSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { sqlText } from '../shared/data/sql-text.ts';
import type { Role } from '../shared/infrastructure/identity.ts';
import { invalid } from './command-line.ts';
import { localState } from './local-state.ts';
import { databaseIsNamed, withClient, withMaintenanceDatabase } from './maintenance-database.ts';

const statementTimeoutMs = 30_000;

export const databaseUsage = `  DATABASE_MAINTENANCE_URL  the database, with the login retail_maintenance or an administrator's
  DATABASE_URL              used when DATABASE_MAINTENANCE_URL is not set, then PGHOST and the like

With none of them, the database of npm start in .local/, whether the server is running or not.`;

/** Runs the work in one transaction, on the database that the settings name or on the local one. */
export async function administer<Result>(
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const transaction = (client: pg.Client) => inTransaction(client, work);
  if (databaseIsNamed()) return withMaintenanceDatabase(transaction);
  const running = await runningDatabase();
  if (running) return withClient({ connectionString: running }, transaction);
  // An empty one made here would keep the sample data out of the first start.
  if (existsSync(localState.database)) return withMaintenanceDatabase(transaction);
  throw invalid(
    'There is no database.',
    'Set DATABASE_MAINTENANCE_URL, or run npm start once for a local one.',
  );
}

/** The local database, if a server on this machine has it open: nobody else may open it then. */
async function runningDatabase(): Promise<string | undefined> {
  if (!existsSync(localState.databaseUrl)) return undefined;
  const connectionString = readFileSync(localState.databaseUrl, 'utf8');
  try {
    await withClient({ connectionString }, async () => {});
    return connectionString;
  } catch {
    return undefined;
  }
}

async function inTransaction<Result>(
  client: pg.Client,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  await client.query('begin');
  await client.query(`set local statement_timeout = ${statementTimeoutMs}`);
  const result = await work(client);
  await client.query('commit');
  return result;
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
