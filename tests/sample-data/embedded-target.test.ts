import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';
import { withClient } from '../support/with-client.ts';

// npm run data where no database is named: the embedded one of this machine.

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'local-state-'));
});
afterAll(() => rm(state, { recursive: true, force: true }));

const openDatabase = () =>
  startEmbeddedDatabase({ dataDirectory: join(state, 'database'), statementTimeoutMs: 30_000 });

function runData() {
  const { DATABASE_MAINTENANCE_URL, DATABASE_URL, PGHOST, ...others } = process.env;
  return promisify(execFile)(process.execPath, [join(applicationRoot(), 'local/data.ts')], {
    env: { ...others, LOCAL_STATE: state },
    timeout: 60_000,
  });
}

test('is made, migrated and filled, and left alone while something else has it open', async () => {
  expect((await runData()).stdout).toMatch(/^Loaded 19,\d{3} rows\.\n$/);

  const database = await openDatabase();
  try {
    const rows = await withClient(database.connectionString, async (client) => {
      const answer = await client.query('select count(*)::int from retail.sales_transactions');
      return answer.rows;
    });
    expect(rows).toEqual([{ count: 5_000 }]);
    await expect(runData()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`is in use by process ${process.pid}`),
    });
  } finally {
    await database.stop();
  }
});
