import pg from 'pg';
import { migrate } from '../shared/data/migrations.ts';
import { startEmbeddedDatabase } from './embedded-database/embedded-database.ts';
import { localState } from './local-state.ts';

const connectTimeoutMs = 10_000;
const statementTimeoutMs = 30_000;

/**
 * Runs the work on the database that DATABASE_MAINTENANCE_URL, DATABASE_URL or PGHOST and the like
 * name; when none is set, on the embedded one in .local/, which nobody else may have open then.
 */
export async function withMaintenanceDatabase<Result>(
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_MAINTENANCE_URL, DATABASE_URL } = process.env;
  const connectionString = DATABASE_MAINTENANCE_URL || DATABASE_URL;
  if (connectionString) return withClient({ connectionString }, work);
  return databaseIsNamed() ? withClient({}, work) : withEmbeddedDatabase(work);
}

/** Whether the settings name a database, so that the embedded one is not meant. */
export function databaseIsNamed(): boolean {
  const { DATABASE_MAINTENANCE_URL, DATABASE_URL, PGHOST } = process.env;
  return Boolean(DATABASE_MAINTENANCE_URL || DATABASE_URL || PGHOST);
}

export async function withClient<Result>(
  config: pg.ClientConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: connectTimeoutMs });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function withEmbeddedDatabase<Result>(
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const database = await startEmbeddedDatabase({
    dataDirectory: localState.database,
    statementTimeoutMs,
  });
  try {
    return await database.withoutTimeLimit(() =>
      withClient({ connectionString: database.connectionString }, async (client) => {
        await migrate(client);
        return work(client);
      }),
    );
  } finally {
    await database.stop();
  }
}
