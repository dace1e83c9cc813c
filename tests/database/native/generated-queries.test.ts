import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTables } from '../../../local/sample-data/load.ts';
import { sampleData } from '../../../local/sample-data/sample-data.ts';
import { stores } from '../../../local/sample-data/stores.ts';
import { readAnswer } from '../../../shared/data/query-answer.ts';
import { createSqlGuard } from '../../../shared/data/sql-guard/sql-guard.ts';
import { RetailError } from '../../../shared/infrastructure/errors.ts';
import { legitimateQuery } from '../../sql-guard/legitimate-queries.ts';
import { render, renderForStores } from '../../sql-guard/query-templates.ts';
import { readableRelations } from '../../sql-guard/readable-relations.ts';
import { openTenantDoor } from '../../support/application.ts';
import { freshDatabase, type TestDatabase } from '../../support/fresh-database.ts';
import { headquarters, regionalManager, storeManager } from '../../support/three-stores.ts';
import { withClient } from '../../support/with-client.ts';

// What a caller gets is what a superuser gets who writes the boundary into the query.

const limits = { maxRows: 100_000, maxBytes: 16_000_000 };
const everyStore = stores.map(({ storeId }) => storeId);
const guard = createSqlGuard(readableRelations);

let database: TestDatabase;
let superuser: pg.Client;
let door: ReturnType<typeof openTenantDoor>;

beforeAll(async () => {
  database = await freshDatabase();
  await withClient(database.maintenanceUrl, (client) =>
    loadTables(client, sampleData({ size: 'small', asOf: new Date('2026-01-01') })),
  );
  superuser = new pg.Client({ connectionString: database.adminUrl });
  await superuser.connect();
  await superuser.query('analyze');
  await superuser.query(`set search_path = pg_catalog, retail, extensions, pg_temp;
    set timezone = 'UTC'; set datestyle = 'ISO'; set statement_timeout = '10s'`);
  door = openTenantDoor(database, {
    QUERY_MAX_ROWS: String(limits.maxRows),
    QUERY_MAX_BYTES: String(limits.maxBytes),
    QUERY_TIMEOUT_MS: '10000',
  });
});

afterAll(async () => {
  await door?.close();
  await superuser?.end();
  await database?.close();
});

const caller = fc.oneof(
  fc.constantFrom(...everyStore).map((storeId) => ({
    identity: storeManager(storeId),
    storeIds: [storeId],
  })),
  fc.subarray(everyStore, { minLength: 1 }).map((storeIds) => ({
    identity: regionalManager(...storeIds),
    storeIds,
  })),
  fc.constant({ identity: headquarters, storeIds: everyStore }),
);

test('generated queries under the policies equal those with the boundary written out', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(legitimateQuery, caller, async (query, { identity, storeIds }) => {
      const { sql } = await guard.check(render(query));
      const secured = await outcome(door.answer(identity, sql));
      const written = await outcome(
        readAnswer(superuser as pg.PoolClient, renderForStores(query, storeIds), limits),
      );
      expect(secured).toEqual(written);
      if (typeof secured !== 'string' && secured.length > 0) answered += 1;
    }),
    { numRuns: 300 },
  );
  // Most have something to compare.
  expect(answered).toBeGreaterThan(200);
});

/** The rows in one order, or that it failed. */
const outcome = (answer: ReturnType<typeof readAnswer>): Promise<string[] | string> =>
  answer.then(
    ({ rows, truncated }) =>
      truncated ? 'truncated' : rows.map((row) => JSON.stringify(row)).sort(),
    (error: unknown) => {
      if (error instanceof RetailError || error instanceof pg.DatabaseError) return 'failed';
      throw error;
    },
  );
