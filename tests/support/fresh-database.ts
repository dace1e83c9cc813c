import { inject } from 'vitest';
import { startEmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';
import type { ContextKey } from '../../shared/data/tenant-context.ts';
import {
  connectionStringFor,
  createNativeDatabase,
  dropNativeDatabase,
  emptyTemplate,
} from './native-server.ts';
import { testContextKey } from './template.ts';

export type TestDatabase = {
  engine: 'embedded' | 'native';
  /** Connection strings: of the superuser, and of the three logins. */
  adminUrl: string;
  appUrl: string;
  serviceUrl: string;
  maintenanceUrl: string;
  /** The key that the database verifies; an empty database has none yet. */
  contextKey: ContextKey;
  /** No query of `work` is ended for its length by the engine itself. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/**
 * A migrated database without rows, of the engine that the tests run on; the suite closes it. The
 * embedded engine ends what runs longer than `statementTimeoutMs`, as in the product.
 */
export const freshDatabase = ({ statementTimeoutMs = 30_000 } = {}): Promise<TestDatabase> =>
  inject('engine') === 'native'
    ? nativeDatabase(inject('nativeTemplate'))
    : embeddedDatabase(statementTimeoutMs, inject('embeddedTemplate'));

/** A database that no migration has touched. */
export const emptyDatabase = (): Promise<TestDatabase> =>
  inject('engine') === 'native' ? nativeDatabase(emptyTemplate) : embeddedDatabase(30_000);

async function nativeDatabase(template: string): Promise<TestDatabase> {
  const server = inject('nativeServer');
  const name = await createNativeDatabase(server, template);
  return {
    engine: 'native',
    adminUrl: connectionStringFor(server, name),
    ...loginUrls((login) => connectionStringFor(server, name, login)),
    contextKey: testContextKey,
    withoutTimeLimit: (work) => work(),
    close: () => dropNativeDatabase(server, name),
  };
}

async function embeddedDatabase(
  statementTimeoutMs: number,
  template?: string,
): Promise<TestDatabase> {
  const database = await startEmbeddedDatabase({
    ...(template && { loadDataDirectory: template }),
    statementTimeoutMs,
  });
  const { connectionString } = database;
  return {
    engine: 'embedded',
    adminUrl: connectionString,
    ...loginUrls((login) => connectionStringFor(connectionString, 'postgres', login)),
    contextKey: testContextKey,
    withoutTimeLimit: database.withoutTimeLimit,
    close: () => database.stop(),
  };
}

const loginUrls = (urlFor: (login: string) => string) => ({
  appUrl: urlFor('retail_app'),
  serviceUrl: urlFor('retail_service'),
  maintenanceUrl: urlFor('retail_maintenance'),
});
