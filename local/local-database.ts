import pg from 'pg';
import { installContextKey } from '../shared/data/context-keys.ts';
import { migrate } from '../shared/data/migrations.ts';
import { parseContextKey } from '../shared/infrastructure/config.ts';
import { startEmbeddedDatabase } from './embedded-database/embedded-database.ts';
import { localContextKey, localState } from './local-state.ts';
import { holdsData } from './sample-data/load.ts';
import { loadSampleData } from './sample-data/load-sample-data.ts';
import type { SizeName } from './sample-data/sizes.ts';

export type LocalDatabase = Readonly<{
  /** What the app needs to reach it, for the environment. */
  settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}>;

/** Starts the embedded database of this machine, migrated and with sample data in it. */
export async function startLocalDatabase({ size }: { size: SizeName }): Promise<LocalDatabase> {
  const contextKey = await localContextKey();
  const statementTimeoutMs = Number(process.env.QUERY_TIMEOUT_MS || 30_000);
  const database = await startEmbeddedDatabase({
    dataDirectory: localState.database,
    statementTimeoutMs,
  });
  try {
    await database.withoutTimeLimit(() => prepare(database.connectionString, contextKey, size));
  } catch (error) {
    await database.stop();
    throw error;
  }
  return {
    settings: {
      DATABASE_ENGINE: 'embedded',
      DATABASE_URL: database.connectionString,
      DATABASE_SERVICE_URL: database.connectionString,
      DATABASE_POOL_MIN: '0',
      DATABASE_POOL_MAX: '5',
      CONTEXT_SIGNING_KEY: contextKey,
    },
    stop: () => database.stop(),
  };
}

async function prepare(
  connectionString: string,
  contextKey: string,
  size: SizeName,
): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    const applied = await migrate(client, {
      onProgress: ({ file, number, of }) => console.log(`Migration ${number}/${of}: ${file}`),
    });
    if (applied.length > 0) console.log(`Applied ${applied.length} migrations.`);
    await installContextKey(client, parseContextKey(contextKey));
    if (!(await holdsData(client))) await loadSampleData(client, { size });
  } finally {
    await client.end();
  }
}
