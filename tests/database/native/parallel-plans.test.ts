import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Identity } from '../../../shared/infrastructure/identity.ts';
import { contextOf, databaseRoles } from '../../support/ask-as.ts';
import { freshDatabase, type TestDatabase } from '../../support/fresh-database.ts';
import {
  headquarters,
  regionalManager,
  seedThreeStores,
  storeManager,
} from '../../support/three-stores.ts';
import { withClient } from '../../support/with-client.ts';

// A policy whose check is not safe in parallel plans would keep every query of every caller on one
// processor, or fail in the middle of one.

const linesPerStore = 20_000;

let database: TestDatabase;
let caller: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  await withClient(database.adminUrl, async (admin) => {
    await admin.query('delete from retail.sales_transaction_items');
    await admin.query(`
      insert into retail.sales_transaction_items (store_id, transaction_id, product_id, quantity, unit_price, total_price)
      select store_id, transaction_id, 'b0000000-0000-0000-0000-000000000100', 1, 1, 1
      from retail.sales_transactions, generate_series(1, ${linesPerStore})
      where transaction_type = 'sale'`);
    await admin.query('analyze retail.sales_transaction_items');
  });
  caller = new pg.Client({ connectionString: database.appUrl });
  await caller.connect();
});

afterAll(async () => {
  await caller?.end();
  await database?.close();
});

test.each<[string, Identity, number]>([
  ['a store manager', storeManager('seattle'), 1],
  ['a regional manager', regionalManager('seattle', 'tacoma'), 2],
  ['headquarters', headquarters, 3],
])('%s counts with several processes', async (_, identity, stores) => {
  const sql = 'select count(unit_price)::integer as lines from retail.sales_transaction_items';
  await caller.query('begin read only');
  await caller.query(`set local role ${databaseRoles[identity.role]}`);
  await caller.query(`set local app.tenant_context = '${contextOf(identity)}'`);
  await caller.query('set local parallel_setup_cost = 0');
  await caller.query('set local parallel_tuple_cost = 0');
  await caller.query('set local min_parallel_table_scan_size = 0');
  const { rows: plan } = await caller.query<{ 'QUERY PLAN': string }>(`explain ${sql}`);
  const { rows } = await caller.query(sql);
  await caller.query('rollback');

  expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('Workers Planned');
  expect(rows).toEqual([{ lines: stores * linesPerStore }]);
});
