import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installContextKey } from '../../shared/data/context-keys.ts';
import { migrate } from '../../shared/data/migrations.ts';
import type { ContextKey } from '../../shared/data/tenant-context.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';
import { withClient } from './with-client.ts';

declare module 'vitest' {
  interface ProvidedContext {
    engine: 'embedded' | 'native';
    /** File of the migrated data directory that suites load. */
    embeddedTemplate: string;
    /** Connection string of the native server's superuser. */
    nativeServer: string;
    /** Name of the migrated database that suites copy. */
    nativeTemplate: string;
  }
}

/** The key that every test database verifies. */
export const testContextKey: ContextKey = {
  kid: 'test',
  secret: createHash('sha256').update('a key for tests alone').digest(),
};

/** Another one whenever a template would become another. */
export async function templateVersion(): Promise<string> {
  const hash = createHash('sha256').update(testContextKey.secret);
  const migrations = join(applicationRoot(), 'sql', 'migrations');
  for (const file of (await readdir(migrations)).sort()) {
    hash.update(file).update(await readFile(join(migrations, file)));
  }
  hash.update(await readFile(join(applicationRoot(), 'package-lock.json')));
  return hash.digest('hex').slice(0, 16);
}

/** Makes a template of an empty database. */
export async function prepareTemplate(connectionString: string): Promise<void> {
  await withClient(connectionString, async (client) => {
    await migrate(client);
    await installContextKey(client, testContextKey);
  });
}
