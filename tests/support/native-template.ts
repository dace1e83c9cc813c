import type { TestProject } from 'vitest/node';
import {
  connectionStringFor,
  createNativeDatabase,
  dropStaleDatabases,
  emptyTemplate,
  letLoginsIn,
} from './native-server.ts';
import { prepareTemplate, templateVersion } from './template.ts';
import { withClient } from './with-client.ts';

/** Makes the migrated database that suites copy, unless an earlier run has left the same. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const server = process.env.TEST_DATABASE_URL ?? '';
  const template = `retail_template_${await templateVersion()}`;

  await withClient(server, async (client) => {
    await dropStaleDatabases(client, template);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      template,
    ]);
    if (rowCount === 0) {
      const unfinished = await createNativeDatabase(server, emptyTemplate);
      await prepareTemplate(connectionStringFor(server, unfinished));
      await client.query(`alter database ${unfinished} rename to ${template}`);
    }
    await letLoginsIn(client);
  });

  provide('nativeServer', server);
  provide('nativeTemplate', template);
}
