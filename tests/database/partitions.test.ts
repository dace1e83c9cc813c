import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAs } from '../support/ask-as.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { headquarters, seedThreeStores, storeManager } from '../support/three-stores.ts';

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

describe('product_embeddings', () => {
  test('has a partition for a store as soon as the store is there, whoever adds it', async () => {
    await admin.query('begin');
    await admin.query('set local role retail_loader');
    await admin.query(
      `insert into retail.stores (store_id, store_name, store_type, region) values ('kirkland', 'Kirkland', 'standard', 'west')`,
    );
    await admin.query('commit');
    await admin.query(`insert into retail.products (store_id, product_id, sku, product_name, category_id, price)
      values ('kirkland', 'b0000000-0000-0000-0000-000000000100', 'SHARED', 'Telephone', 2, 100)`);
    await admin.query(`
      insert into retail.product_embeddings (store_id, product_id, embedding_model, embedding, embedding_text, text_hash)
      values ('kirkland', 'b0000000-0000-0000-0000-000000000100', 'test', array_fill(0.1, array[1536])::extensions.vector, 'Telephone', '')`);

    const { rows } = await admin.query(
      `select tableoid::regclass::text as partition from retail.product_embeddings where store_id = 'kirkland'`,
    );
    expect(rows).toEqual([{ partition: 'retail.product_embeddings_kirkland' }]);

    const caller = new pg.Client({ connectionString: database.appUrl });
    await caller.connect();
    const embeddings = 'select distinct store_id from retail.product_embeddings';
    const seen = await askAs(caller, storeManager('kirkland'), embeddings);
    const seenByAnother = await askAs(caller, storeManager('seattle'), embeddings);
    const seenByAll = await askAs(caller, headquarters, embeddings);
    await caller.end();
    expect(seen).toEqual([{ store_id: 'kirkland' }]);
    expect(seenByAnother).toEqual([{ store_id: 'seattle' }]);
    expect(seenByAll).toHaveLength(4);
  });

  test('goes with the product', async () => {
    await admin.query('begin');
    await admin.query(`delete from retail.sales_transaction_items where store_id = 'online'`);
    await admin.query(`delete from retail.products where store_id = 'online'`);
    const { rows } = await admin.query(
      `select from retail.product_embeddings where store_id = 'online'`,
    );
    await admin.query('rollback');
    expect(rows).toEqual([]);
  });
});

describe('audit_log', () => {
  const partitionsOf = async (table: string) => {
    const { rows } = await admin.query<{ partition: string; bounds: string }>(
      `select c.oid::regclass::text as partition, pg_get_expr(relpartbound, c.oid) as bounds
       from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = $1::regclass order by 1`,
      [table],
    );
    return rows;
  };

  test('has a partition for this month and the two next, and one for what is left', async () => {
    const months = [0, 1, 2].map((ahead) => {
      const now = new Date();
      const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1));
      return `retail.audit_log_${month.toISOString().slice(0, 7).replace('-', '_')}`;
    });
    const partitions = (await partitionsOf('retail.audit_log')).map(({ partition }) => partition);
    expect(partitions).toEqual([...months, 'retail.audit_log_default']);
  });

  test('gets a month’s partition once, by UTC, with the events that came before it', async () => {
    const event = (occurredAt: string) =>
      admin.query(
        `insert into retail.audit_log (occurred_at, action, outcome) values ('${occurredAt}', 'test', 'ok')`,
      );
    await event('2001-02-01 00:00:00Z');
    await event('2001-02-28 23:59:59.999Z');
    await event('2001-03-01 00:00:00Z');

    await admin.query(`set timezone = 'Pacific/Auckland'`);
    await admin.query(`select retail.create_audit_partition('2001-02-14')`);
    await admin.query(`select retail.create_audit_partition('2001-02-20')`);
    await admin.query('reset timezone');

    const { rows } = await admin.query(
      `select occurred_at, tableoid::regclass::text as partition from retail.audit_log where action = 'test' order by 1`,
    );
    expect(rows).toEqual([
      { occurred_at: new Date('2001-02-01T00:00:00Z'), partition: 'retail.audit_log_2001_02' },
      { occurred_at: new Date('2001-02-28T23:59:59.999Z'), partition: 'retail.audit_log_2001_02' },
      { occurred_at: new Date('2001-03-01T00:00:00Z'), partition: 'retail.audit_log_default' },
    ]);
  });

  test('is written by the service, and never read, changed or emptied by it', async () => {
    const service = new pg.Client({ connectionString: database.serviceUrl });
    await service.connect();
    await service.query(
      `insert into retail.audit_log (subject, action, outcome, reason) values ('someone', 'execute_sales_query', 'denied', 'no scope')`,
    );
    for (const forbidden of [
      'select from retail.audit_log',
      `update retail.audit_log set subject = 'another'`,
      'delete from retail.audit_log',
      'truncate retail.audit_log',
      'delete from retail.audit_log_default',
      'drop table retail.audit_log',
    ]) {
      await expect(service.query(forbidden), forbidden).rejects.toMatchObject({ code: '42501' });
    }
    await service.end();
  });
});
