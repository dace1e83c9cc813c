import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';

// updated_at and the audit trail of row changes.

let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await database?.close();
});

beforeEach(() => admin.query('truncate retail.audit_log'));

async function auditTrail() {
  const { rows } = await admin.query('select * from retail.audit_log order by occurred_at');
  return rows;
}

/** Runs SQL as a role, in a transaction that is kept. */
async function as(role: string, sql: string): Promise<void> {
  await admin.query('begin');
  await admin.query(`set local role ${role}`);
  await admin.query(sql);
  await admin.query('commit');
}

const seattleCustomer = `store_id = 'seattle' and customer_id = 'c0000000-0000-0000-0000-000000000011'`;

describe('a change sets updated_at', () => {
  test('on every table that has one', async () => {
    const { rows: tables } = await admin.query<{ name: string }>(`
      select attrelid::regclass::text as name
      from pg_attribute join pg_class on pg_class.oid = attrelid
      where attname = 'updated_at' and relkind in ('r', 'p') and not relispartition
        and relnamespace in ('retail'::regnamespace, 'security'::regnamespace)`);
    expect(tables.length).toBeGreaterThanOrEqual(9);
    await admin.query(
      `insert into security.principals (subject, role) values ('someone', 'headquarters')`,
    );

    for (const { name } of tables) {
      await admin.query('begin');
      const { rows } = await admin.query(
        `update ${name} set created_at = created_at - interval '1 day', updated_at = 'epoch'
         returning updated_at = now() as touched`,
      );
      await admin.query('rollback');
      expect(rows, name).not.toHaveLength(0);
      expect(
        rows.every(({ touched }) => touched),
        name,
      ).toBe(true);
    }
  });

  test('except the loader’s, which states its own times', async () => {
    await as(
      'retail_loader',
      `update retail.customers set updated_at = '2026-01-01Z' where ${seattleCustomer}`,
    );
    const { rows } = await admin.query(
      `select updated_at from retail.customers where ${seattleCustomer}`,
    );
    expect(rows).toEqual([{ updated_at: new Date('2026-01-01Z') }]);
  });
});

describe('the audit trail', () => {
  test('holds the row before and after an update, with its key', async () => {
    await admin.query(
      `update retail.customers set loyalty_tier = 'platinum' where ${seattleCustomer}`,
    );
    expect(await auditTrail()).toMatchObject([
      {
        subject: 'postgres',
        role: 'postgres',
        store_ids: ['seattle'],
        action: 'update',
        object: 'retail.customers',
        outcome: 'ok',
        request_id: null,
        old_values: {
          store_id: 'seattle',
          customer_id: 'c0000000-0000-0000-0000-000000000011',
          loyalty_tier: 'gold',
        },
        new_values: {
          store_id: 'seattle',
          customer_id: 'c0000000-0000-0000-0000-000000000011',
          loyalty_tier: 'platinum',
        },
      },
    ]);
  });

  test('holds inserts and deletes of products', async () => {
    await admin.query(`insert into retail.products (store_id, product_id, sku, product_name, category_id, price)
      values ('seattle', 'b0000000-0000-0000-0000-000000000999', 'NEW', 'New', 1, 1)`);
    await admin.query(`delete from retail.products where sku = 'NEW'`);
    expect(await auditTrail()).toMatchObject([
      { action: 'insert', object: 'retail.products', old_values: null, new_values: { sku: 'NEW' } },
      { action: 'delete', object: 'retail.products', old_values: { sku: 'NEW' }, new_values: null },
    ]);
  });

  test('holds changes of transactions', async () => {
    await admin.query(
      `update retail.sales_transactions set notes = 'checked' where store_id = 'tacoma'`,
    );
    const rows = await auditTrail();
    expect(rows).toHaveLength(2);
    expect(rows).toMatchObject([
      {
        store_ids: ['tacoma'],
        object: 'retail.sales_transactions',
        new_values: { notes: 'checked' },
      },
      {
        store_ids: ['tacoma'],
        object: 'retail.sales_transactions',
        new_values: { notes: 'checked' },
      },
    ]);
  });

  test('names the login and the role it took, not the owner of the trigger', async () => {
    const maintenance = new pg.Client({ connectionString: database.maintenanceUrl });
    await maintenance.connect();
    await maintenance.query('begin');
    // The owner is bound by the policies and has none of its own.
    await maintenance.query('set local role retail_owner');
    const { rowCount } = await maintenance.query(`update retail.customers set gender = 'x'`);
    await maintenance.query('rollback');
    await maintenance.end();
    expect(rowCount).toBe(0);

    await admin.query('grant insert on retail.customers to retail_service');
    await admin.query(
      'create policy for_this_test on retail.customers for insert to retail_service with check (true)',
    );
    const service = new pg.Client({ connectionString: database.serviceUrl });
    await service.connect();
    await service.query('begin');
    await service.query(`set local app.subject = 'someone@example.com'`);
    await service.query(`set local app.request_id = 'request-1'`);
    await service.query(
      `insert into retail.customers (store_id, first_name, last_name) values ('seattle', 'A', 'B')`,
    );
    await service.query('commit');
    await service.end();
    expect(await auditTrail()).toMatchObject([
      {
        subject: 'someone@example.com',
        role: 'retail_service',
        request_id: 'request-1',
        action: 'insert',
        new_values: { first_name: 'A' },
      },
    ]);
  });

  test('is silent about the loader', async () => {
    await as(
      'retail_loader',
      `insert into retail.customers (store_id, first_name, last_name) values ('seattle', 'C', 'D');
       update retail.customers set total_lifetime_value = 5 where last_name = 'D';
       insert into retail.products (store_id, sku, product_name, category_id, price) values ('seattle', 'L', 'L', 1, 1);
       insert into retail.sales_transactions (store_id, payment_method, subtotal, total_amount) values ('seattle', 'cash', 1, 1)`,
    );
    expect(await auditTrail()).toEqual([]);
  });
});
