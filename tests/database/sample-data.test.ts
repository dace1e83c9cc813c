import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdsData, loadTables } from '../../local/sample-data/load.ts';
import { sampleData } from '../../local/sample-data/sample-data.ts';
import { stores } from '../../local/sample-data/stores.ts';
import { storeRows, type TableRows } from '../../local/sample-data/tables.ts';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { askAs } from '../support/ask-as.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { withClient } from '../support/with-client.ts';

// The sample data as it is in the database after a load by the maintenance login.

let database: TestDatabase;
let admin: pg.Client;
let loaded: number;
const asOf = new Date('2026-01-01');

beforeAll(async () => {
  database = await freshDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  loaded = await load(sampleData({ size: 'small', asOf }));
});

afterAll(async () => {
  await admin?.end();
  await database?.close();
});

const load = (tables: Iterable<TableRows>, options = {}, url = database.maintenanceUrl) =>
  withClient(url, (client) => loadTables(client, tables, options));

const refusal = (loading: Promise<unknown>) =>
  loading.then(
    () => undefined,
    (error: unknown) => (error instanceof RetailError ? error : expect.fail(String(error))),
  );

async function counts() {
  const { rows } = await admin.query(`
    select
      (select count(*)::int from retail.stores) as stores,
      (select count(*)::int from security.store_identities) as identities,
      (select count(*)::int from retail.product_categories) as categories,
      (select count(distinct product_id)::int from retail.products) as products,
      (select count(*)::int from retail.customers) as customers,
      (select count(*)::int from retail.sales_transactions) as transactions,
      (select count(*)::int from retail.sales_transaction_items) as items
  `);
  return rows[0];
}

test('holds every row', async () => {
  const { items, ...others } = await counts();
  expect(others).toEqual({
    stores: 8,
    identities: 8,
    categories: 7,
    products: 500,
    customers: 2_000,
    transactions: 5_000,
  });
  const { rows } = await admin.query('select count(*)::int as products from retail.products');
  expect(loaded).toBe(8 + 8 + 7 + rows[0].products + 2_000 + 5_000 + items);
});

describe('no row breaks a rule:', () => {
  test.each([
    [
      'a transaction is of a customer who had joined',
      `select transaction_id
       from retail.sales_transactions
       left join retail.customers using (store_id, customer_id)
       where customer_since is null or (transaction_date at time zone 'UTC')::date < customer_since`,
    ],
    [
      'what comes back comes from an earlier sale of the same store, customer and payment method',
      `select back.transaction_id
       from retail.sales_transactions as back
       left join retail.sales_transactions as sale
         on sale.store_id = back.store_id and sale.transaction_id = back.original_transaction_id
         and sale.customer_id = back.customer_id and sale.payment_method = back.payment_method
         and sale.transaction_type = 'sale' and sale.transaction_date < back.transaction_date
       where back.transaction_type <> 'sale' and sale.transaction_id is null`,
    ],
    [
      'no more comes back of a product than was sold, and at the price of the sale',
      `with back as (
         select store_id, original_transaction_id as transaction_id, product_id, unit_price,
           sum(quantity) as pieces
         from retail.sales_transactions
         join retail.sales_transaction_items using (store_id, transaction_id)
         where total_price < 0
         group by 1, 2, 3, 4
       ), sold as (
         select store_id, transaction_id, product_id, unit_price, sum(quantity) as pieces
         from retail.sales_transaction_items
         where total_price > 0
         group by 1, 2, 3, 4
       )
       select back.*
       from back
       left join sold using (store_id, transaction_id, product_id, unit_price)
       where sold.pieces is null or back.pieces > sold.pieces`,
    ],
    [
      'the amounts are the sums of the lines',
      `select transaction_id
       from retail.sales_transactions as transaction
       left join retail.sales_transaction_items as item using (store_id, transaction_id)
       group by store_id, transaction_id
       having transaction.subtotal is distinct from
           sum(sign(item.total_price) * item.quantity * item.unit_price)
         or transaction.discount_amount is distinct from sum(item.discount_amount)
         or transaction.tax_amount is distinct from sum(item.tax_amount)
         or transaction.total_amount is distinct from sum(item.total_price)
         or transaction.total_amount <>
           transaction.subtotal - transaction.discount_amount + transaction.tax_amount`,
    ],
    [
      'a line is its price less discount plus tax',
      `select item_id
       from retail.sales_transaction_items
       where total_price <> sign(total_price) * quantity * unit_price - discount_amount + tax_amount
         or total_price = 0`,
    ],
    [
      'sales are positive, returns negative, exchanges both',
      `select transaction_id
       from retail.sales_transactions
       join retail.sales_transaction_items using (store_id, transaction_id)
       group by store_id, transaction_id
       having array_agg(distinct sign(total_price)::int order by sign(total_price)::int) <>
         case transaction_type when 'sale' then '{1}'::int[] when 'return' then '{-1}' else '{-1,1}' end`,
    ],
    [
      'a lifetime value is the sum of the customer’s transactions',
      `select customer_id
       from retail.customers
       left join retail.sales_transactions using (store_id, customer_id)
       group by store_id, customer_id
       having total_lifetime_value <> coalesce(sum(total_amount), 0)`,
    ],
    [
      'receipts are unique within the store',
      `select receipt_number from retail.sales_transactions group by store_id, 1 having count(*) > 1`,
    ],
    [
      'a product costs 40–70% of its price',
      `select product_id from retail.products where cost / price not between 0.4 and 0.7`,
    ],
    [
      'a product is the same in every store',
      `select product_id
       from retail.products
       group by product_id
       having count(distinct (sku, product_name, category_id, price, cost)) > 1`,
    ],
    [
      'each department sells in each store',
      `select store_id, category_id
       from retail.stores
       cross join retail.product_categories
       except
       select store_id, category_id
       from retail.sales_transaction_items
       join retail.products using (store_id, product_id)`,
    ],
    [
      'a withdrawn product does not sell',
      `select product_id
       from retail.products
       join retail.sales_transaction_items using (store_id, product_id)
       where not is_active`,
    ],
    ['contacts wait for their encryption', 'select customer_id from retail.customer_contacts'],
  ])('%s', async (_rule, violations) => {
    const { rows } = await admin.query(violations);
    expect(rows.slice(0, 3)).toEqual([]);
  });
});

test('a store manager reads the own store and no other', async () => {
  const identity = {
    userId: 'u',
    role: 'store_manager',
    storeIds: ['kirkland'],
    scopes: [],
  } as const;
  const own = await withClient(database.appUrl, (client) =>
    askAs(
      client,
      identity,
      'select store_id, count(*)::int from retail.sales_transactions group by 1',
    ),
  );
  expect(own).toEqual([{ store_id: 'kirkland', count: 83 }]);
});

describe('a load', () => {
  test('makes the store’s partition of product_embeddings', async () => {
    const { rows } = await admin.query(
      `select count(*)::int from pg_inherits where inhparent = 'retail.product_embeddings'::regclass`,
    );
    expect(rows).toEqual([{ count: 8 }]);
  });

  test('is one event of the audit trail', async () => {
    const { rows } = await admin.query(
      'select action, role, outcome, row_count::int from retail.audit_log',
    );
    expect(rows).toEqual([
      { action: 'load', role: 'retail_loader', outcome: 'ok', row_count: loaded },
    ]);
  });

  test('leaves statistics that are right', async () => {
    const { rows } = await admin.query(
      `select reltuples::int from pg_class where oid = 'retail.sales_transactions'::regclass`,
    );
    expect(rows).toEqual([{ reltuples: 5_000 }]);
  });

  test('leaves the next category id free', async () => {
    await admin.query('begin');
    const { rows } = await admin.query(
      `insert into retail.product_categories (category_name) values ('Toys') returning category_id`,
    );
    await admin.query('rollback');
    expect(rows).toEqual([{ category_id: 8 }]);
  });

  test('is refused over data that is there, and changes nothing', async () => {
    const before = await counts();
    const error = await refusal(load(sampleData({ size: 'small', asOf, seed: 1 })));
    expect(error?.message).toBe('The database holds data already.');
    expect(error?.hint).toContain('--replace');
    expect(await counts()).toEqual(before);
  });

  test('that fails half-way changes nothing', async () => {
    const before = await counts();
    function* broken() {
      for (const table of sampleData({ size: 'small', asOf, seed: 2 })) {
        yield table;
        if (table.table === 'retail.sales_transactions') throw new Error('the power went');
      }
    }
    await expect(load(broken(), { replace: true })).rejects.toThrow('the power went');
    expect(await counts()).toEqual(before);
  });

  test('with a row that the database refuses changes nothing', async () => {
    const before = await counts();
    const store = {
      store_id: 'NOT LOWER CASE',
      store_name: 'x',
      store_type: 'standard',
      region: 'x',
    };
    const tables = [{ table: 'retail.stores', rows: [store] }];
    await expect(load(tables, { replace: true })).rejects.toThrow(/check constraint/);
    expect(await counts()).toEqual(before);
  });

  test('is not for the callers’ login', async () => {
    const error = await refusal(load([], {}, database.appUrl));
    expect(error?.code).toBe('forbidden');
    expect(error?.hint).toContain('DATABASE_MAINTENANCE_URL');
  });

  test('waits for its schema', async () => {
    const empty = await emptyDatabase();
    try {
      const error = await refusal(load([], {}, empty.adminUrl));
      expect(error?.message).toBe('The database has no retail schema.');
      expect(error?.hint).toContain('npm run db:migrate');
    } finally {
      await empty.close();
    }
  });

  test('replaces what is there when told to', async () => {
    let progress = 0;
    const rows = await load(sampleData({ size: 'small', asOf, seed: 3 }), {
      replace: true,
      onProgress: (soFar: number) => {
        expect(soFar).toBeGreaterThan(progress);
        progress = soFar;
      },
    });
    expect(progress).toBe(rows);
    expect(await counts()).toMatchObject({ stores: 8, products: 500, transactions: 5_000 });
  });

  test('waits for another, and finds its rows', async () => {
    await admin.query('truncate retail.stores cascade');
    const tables = () => [storeRows(stores)];
    const [one, other] = await Promise.all([refusal(load(tables())), refusal(load(tables()))]);
    expect([one?.message, other?.message].filter(Boolean)).toEqual([
      'The database holds data already.',
    ]);
    expect(await withClient(database.maintenanceUrl, holdsData)).toBe(true);
  });
});
