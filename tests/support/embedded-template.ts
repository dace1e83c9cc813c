import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startEmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';
import { prepareTemplate, templateVersion } from './template.ts';

/** Makes the migrated data directory that suites load, unless an earlier run has left the same. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const directory = join(applicationRoot(), '.local', 'test-templates');
  const template = join(directory, `${await templateVersion()}.tar.gz`);
  if (!existsSync(template)) {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    const unfinished = `${template}.${process.pid}`;
    const database = await startEmbeddedDatabase({ statementTimeoutMs: 30_000 });
    try {
      await prepareTemplate(database.connectionString);
      await database.dumpDataDirectory(unfinished);
    } finally {
      await database.stop();
    }
    await rename(unfinished, template);
  }
  provide('embeddedTemplate', template);
}
