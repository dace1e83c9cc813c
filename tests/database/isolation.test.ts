import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../shared/infrastructure/identity.ts';
import { askAs, contextOf } from '../support/ask-as.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import {
  headquarters,
  regionalManager,
  seedThreeStores,
  storeManager,
  threeStores,
} from '../support/three-stores.ts';

// What each role sees, with nothing but the database in the way: no guard, no wrapping.

let database: TestDatabase;
let caller: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  caller = new pg.Client({ connectionString: database.appUrl });
  await caller.connect();
});

afterAll(async () => {
  await caller?.end();
  await database?.close();
});

const rowsOfAStore = {
  stores: 1,
  customers: 2,
  products: 2,
  sales_transactions: 2,
  sales_transaction_items: 3,
  product_embeddings: 2,
};
const everyTable = Object.keys(rowsOfAStore)
  .map(
    (table) =>
      `select '${table}' as seen, store_id, count(*)::integer from retail.${table} group by 1, 2`,
  )
  .join(' union all ');

describe('each role sees exactly its own', () => {
  const cases: [string, Identity, readonly string[]][] = [
    ...threeStores.map((id): [string, Identity, string[]] => [
      `the manager of ${id}`,
      storeManager(id),
      [id],
    ]),
    ['a manager without a store', storeManager(), []],
    ['a regional manager of one store', regionalManager('tacoma'), ['tacoma']],
    ['a regional manager of two', regionalManager('tacoma', 'online'), ['online', 'tacoma']],
    ['a regional manager without a store', regionalManager(), []],
    ['headquarters', headquarters, threeStores],
  ];

  test.each(cases)('%s', async (_, identity, storeIds) => {
    const rows = await askAs(caller, identity, everyTable);
    const expected = Object.entries(rowsOfAStore).flatMap(([seen, count]) =>
      storeIds.map((store_id) => ({ seen, store_id, count })),
    );
    const byName = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
    expect(rows.toSorted(byName)).toEqual(expected.toSorted(byName));
  });

  test.each(cases)('%s, through the views of the older names', async (_, identity, storeIds) => {
    const rows = await askAs(
      caller,
      identity,
      `select o.store_id, o.status, sum(i.total_amount)::float as amount, count(*)::integer as lines
       from retail.orders o join retail.order_items i using (order_id) group by 1, 2 order by 1, 2`,
    );
    const digits: Record<string, number> = { seattle: 1, tacoma: 2, online: 3 };
    expect(rows).toEqual(
      storeIds.flatMap((store_id) => {
        const souvenir = (digits[store_id] ?? 0) * 10;
        return [
          { store_id, status: 'completed', amount: 200 + souvenir, lines: 2 },
          { store_id, status: 'returned', amount: -souvenir, lines: 1 },
        ];
      }),
    );
  });

  test('the categories are the same for all', async () => {
    for (const identity of [storeManager(), regionalManager(), headquarters]) {
      const rows = await askAs(caller, identity, 'select from retail.product_categories');
      expect(rows).toHaveLength(2);
    }
  });
});

describe('SQL that tries to see more sees no row of another store', () => {
  const forged = contextOf(storeManager('seattle')).replace('seattle', 'tacoma');
  const attempts: Record<string, string> = {
    'sets the context in a CTE': `
      with forged as materialized (select set_config('app.tenant_context', '${forged}', true))
      select store_id from forged, retail.customers`,
    'sets the context in a condition': `
      select store_id from retail.customers
      where set_config('app.tenant_context', '${forged}', true) is not null`,
    'sets the context where no parser sees it': `
      select query_to_xml($q$
        with forged as materialized (select set_config('app.tenant_context', '${forged}', true))
        select store_id from forged, retail.customers $q$, true, false, '')::text as store_id`,
    'takes another role in a CTE': `
      with taken as materialized (select set_config('role', 'headquarters', true))
      select store_id from taken, retail.customers`,
    'takes another role where no parser sees it': `
      select query_to_xml($q$ select set_config('role', 'headquarters', true) $q$, true, false, '')::text
        || query_to_xml($q$ select store_id from retail.customers $q$, true, false, '')::text as store_id`,
    'turns row security off': `
      with off as materialized (select set_config('row_security', 'off', true))
      select store_id from off, retail.customers`,
    'reads a cursor opened by text': `
      select query_to_xml('select store_id from retail.orders', true, false, '')::text as store_id`,
    'shows values by a condition of its own that fails on them': `
      select store_id from retail.customers
      where store_id <> 'seattle' and 1 / (case store_id when 'seattle' then 1 else 0 end) = 1`,
    'joins across stores': `
      select a.store_id from retail.products a join retail.products b using (product_id)
      where b.store_id <> 'seattle'`,
  };

  test.each(Object.entries(attempts))('%s', async (_, sql) => {
    const rows = await askAs<{ store_id: string }>(caller, storeManager('seattle'), sql);
    for (const { store_id } of rows) expect(store_id).not.toMatch(/tacoma|online/);
  });

  test.each([
    ['a partition', 'select * from retail.product_embeddings_seattle'],
    ['contact data', 'select * from retail.customer_contacts'],
    ['jobs', 'select * from retail.embedding_jobs'],
    ['the audit trail', 'select * from retail.audit_log'],
    ['the audit trail of a month', 'select * from retail.audit_log_default'],
    ['context keys', 'select * from security.context_keys'],
    ['principals', 'select * from security.principals'],
    ['store identities', 'select * from security.store_identities'],
    ['migrations', 'select * from security.schema_migrations'],
    ['the context check itself', `select security.tenant_context('store_manager')`],
    ['a signature', `select cryptography.hmac('a', 'b', 'sha256')`],
    ['the protection of tables', `call security.protect_tenant_table('retail.stores')`],
  ])('reading %s is denied', async (_, sql) => {
    await expect(askAs(caller, headquarters, sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the callers’ login', () => {
  test.each(['retail_owner', 'retail_service', 'retail_maintenance', 'retail_loader', 'postgres'])(
    'cannot become %s',
    async (role) => {
      await expect(caller.query(`set role ${role}`)).rejects.toMatchObject({ code: '42501' });
    },
  );

  test('sees nothing as itself', async () => {
    await expect(caller.query('select * from retail.stores')).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('a row cannot refer to another store', () => {
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: database.adminUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };

  test.each([
    [
      'a sale to another store’s customer',
      `insert into retail.sales_transactions (store_id, customer_id, payment_method, subtotal, total_amount)
       values ('seattle', 'c0000000-0000-0000-0000-000000000021', 'cash', 1, 1)`,
    ],
    [
      'a return of another store’s sale',
      `insert into retail.sales_transactions (store_id, transaction_type, original_transaction_id, payment_method, subtotal, total_amount)
       values ('seattle', 'return', 'a0000000-0000-0000-0000-000000000021', 'cash', -1, -1)`,
    ],
    [
      'a line of another store’s transaction',
      `insert into retail.sales_transaction_items (store_id, transaction_id, product_id, quantity, unit_price, total_price)
       values ('seattle', 'a0000000-0000-0000-0000-000000000021', 'b0000000-0000-0000-0000-000000000100', 1, 1, 1)`,
    ],
    [
      'a line with another store’s product',
      `insert into retail.sales_transaction_items (store_id, transaction_id, product_id, quantity, unit_price, total_price)
       values ('seattle', 'a0000000-0000-0000-0000-000000000011', 'b0000000-0000-0000-0000-000000000120', 1, 1, 1)`,
    ],
    [
      'contact data of another store’s customer',
      `insert into retail.customer_contacts (store_id, customer_id) values ('seattle', 'c0000000-0000-0000-0000-000000000021')`,
    ],
    [
      'a row of no store',
      `insert into retail.customers (store_id, first_name, last_name) values ('atlantis', 'a', 'b')`,
    ],
  ])('%s', async (_, sql) => {
    await expect(admin(sql)).rejects.toMatchObject({ code: '23503' });
  });
});
