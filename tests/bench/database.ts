import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';
import {
  connectionStringFor,
  createNativeDatabase,
  dropNativeDatabase,
  emptyTemplate,
  letLoginsIn,
} from '../support/native-server.ts';
import { prepareTemplate, testContextKey } from '../support/template.ts';
import { withClient } from '../support/with-client.ts';

/** A migrated database of a bench run's own, gone after it. */
export type BenchDatabase = Readonly<{
  engine: 'native' | 'embedded';
  /** Connection strings: of the superuser, and of the callers' login. */
  adminUrl: string;
  appUrl: string;
  /** What the server needs to reach it, for the environment. */
  settings: Readonly<Record<string, string>>;
  /** Runs a file of this folder as the superuser, once. */
  load(file: 'stores.sql' | 'sales.sql'): Promise<void>;
  drop(): Promise<void>;
}>;

type Place = Readonly<{
  engine: BenchDatabase['engine'];
  urlFor(login?: string): string;
  load(sql: string): Promise<void>;
  drop(): Promise<void>;
}>;

/** On the PostgreSQL of TEST_DATABASE_URL (a superuser's), or on the embedded engine without one. */
export async function createBenchDatabase(server: string | undefined): Promise<BenchDatabase> {
  const place = await (server ? nativePlace(server) : embeddedPlace());
  const { engine, urlFor, drop } = place;
  try {
    await prepareTemplate(urlFor());
    if (server) await withClient(server, letLoginsIn);
  } catch (error) {
    await drop();
    throw error;
  }
  const { kid, secret } = testContextKey;
  const loaded = new Set<string>();
  return {
    engine,
    drop,
    adminUrl: urlFor(),
    appUrl: urlFor('retail_app'),
    settings: {
      DATABASE_ENGINE: engine === 'native' ? 'server' : 'embedded',
      DATABASE_URL: urlFor('retail_app'),
      DATABASE_SERVICE_URL: urlFor('retail_service'),
      // The embedded engine has one session, which all connections share.
      DATABASE_POOL_MAX: engine === 'native' ? '10' : '5',
      DATABASE_POOL_MIN: '0',
      CONTEXT_SIGNING_KEY: `${kid}:${secret.toString('base64')}`,
      AUTH_MODE: 'local',
    },
    async load(file) {
      if (loaded.has(file)) return;
      loaded.add(file);
      await place.load(await readFile(join(import.meta.dirname, file), 'utf8'));
    },
  };
}

async function nativePlace(server: string): Promise<Place> {
  const name = await createNativeDatabase(server, emptyTemplate);
  const urlFor = (login?: string) => connectionStringFor(server, name, login);
  return {
    engine: 'native',
    urlFor,
    load: (sql) => runAndSettle(urlFor(), sql),
    drop: () => dropNativeDatabase(server, name),
  };
}

async function embeddedPlace(): Promise<Place> {
  const database = await startEmbeddedDatabase({ statementTimeoutMs: 30_000 });
  const { connectionString } = database;
  return {
    engine: 'embedded',
    urlFor: (login) => connectionStringFor(connectionString, 'postgres', login),
    load: (sql) => database.withoutTimeLimit(() => runAndSettle(connectionString, sql)),
    drop: () => database.stop(),
  };
}

/** Leaves what autovacuum would: statistics, and pages known to be visible to all. */
const runAndSettle = (url: string, sql: string) =>
  withClient(url, async (client) => {
    await client.query(sql);
    await client.query('vacuum analyze');
  });
