import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';

// What the service, maintenance and the loader can do, and what each cannot.

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
});

afterAll(() => database?.close());

const denied = { code: '42501' };

describe('the service', () => {
  const service = <Row extends pg.QueryResultRow>(sql: string) =>
    withClient(database.serviceUrl, async (client) => (await client.query<Row>(sql)).rows);

  test.each([
    ['stores', 'select from retail.stores', 3],
    ['products of every store', 'select from retail.products', 6],
    ['store identities', 'select from security.store_identities', 3],
    ['principals', 'select from security.principals', 0],
    ['revocations', 'select from security.revoked_tokens', 0],
    ['embeddings of every store', 'select from retail.product_embeddings', 6],
    ['jobs of every store', 'select from retail.embedding_jobs', 3],
    ['ids of context keys', 'select kid, fingerprint from security.context_keys', 1],
  ])('reads %s', async (_, sql, count) => {
    expect(await service(sql)).toHaveLength(count);
  });

  test('claims, changes and removes jobs and embeddings', async () => {
    const claimed = await service(`
      with due as (
        select store_id, product_id, embedding_model from retail.embedding_jobs
        where next_attempt_at <= now() order by next_attempt_at for update skip locked limit 2
      )
      update retail.embedding_jobs job
      set claimed_by = 'run', lease_expires_at = now() + interval '1 minute', attempts = attempts + 1
      from due
      where (job.store_id, job.product_id, job.embedding_model) = (due.store_id, due.product_id, due.embedding_model)
      returning job.store_id`);
    expect(claimed).toHaveLength(2);
    expect(
      await service(`
        insert into retail.product_embeddings
        select store_id, product_id, 'newer', embedding, embedding_text, text_hash
        from retail.product_embeddings where embedding_model = 'test'
        returning store_id`),
    ).toHaveLength(6);
    expect(
      await service(
        `delete from retail.product_embeddings where embedding_model = 'newer' returning 1`,
      ),
    ).toHaveLength(6);
  });

  test.each([
    ['secrets of context keys', 'select secret from security.context_keys'],
    [
      'a context key of its own',
      `insert into security.context_keys (kid, secret) values ('a', repeat('a', 32)::bytea)`,
    ],
    ['sales', 'select from retail.sales_transactions'],
    ['customers', 'select from retail.customers'],
    ['contact data', 'select from retail.customer_contacts'],
    ['the price of a product', 'update retail.products set price = 0'],
    [
      'whom it believes',
      `insert into security.principals (subject, role) values ('me', 'headquarters')`,
    ],
    ['a partition', 'select from retail.product_embeddings_seattle'],
    ['new tables', 'create table retail.mine ()'],
  ])('is denied %s', async (_, sql) => {
    await expect(service(sql)).rejects.toMatchObject(denied);
  });
});

describe('maintenance', () => {
  const maintenance = (sql: string) =>
    withClient(database.maintenanceUrl, async (client) => (await client.query(sql)).rows);

  test.each([
    ['statistics', 'analyze retail.products'],
    ['dead rows', 'vacuum retail.products'],
    ['indexes', 'reindex table concurrently retail.products'],
    [
      'vector indexes',
      'create index concurrently on retail.product_embeddings_seattle using hnsw (embedding extensions.vector_cosine_ops)',
    ],
    ['months', `select retail.create_audit_partition('2001-01-01')`],
    ['runs', `insert into retail.maintenance_runs (step, outcome) values ('analyze', 'ok')`],
    ['revocations', 'delete from security.revoked_tokens where expires_at < now()'],
    [
      'context keys',
      `insert into security.context_keys (kid, secret) values ('next', repeat('a', 32)::bytea)`,
    ],
    ['the schema', 'create table retail.something (); drop table retail.something'],
  ])('keeps %s', async (_, sql) => {
    await maintenance(sql);
  });

  test('sees no tenant row as the owner, whom the policies bind too', async () => {
    await withClient(database.maintenanceUrl, async (client) => {
      await client.query('begin');
      await client.query('set local role retail_owner');
      const { rows } = await client.query('select from retail.customers');
      await client.query('rollback');
      expect(rows).toEqual([]);
    });
  });
});

describe('the loader', () => {
  const load = (sql: string) =>
    withClient(database.maintenanceUrl, async (client) => {
      await client.query('begin');
      await client.query('set local role retail_loader');
      try {
        return (await client.query(sql)).rows;
      } finally {
        await client.query('rollback');
      }
    });

  test.each([
    [
      'stores',
      `insert into retail.stores (store_id, store_name, store_type, region) values ('everett', 'E', 'standard', 'west')`,
    ],
    [
      'store identities',
      `insert into security.store_identities (rls_user_id, store_id) values (gen_random_uuid(), 'seattle')`,
    ],
    [
      'categories',
      `insert into retail.product_categories (category_id, category_name) values (3, 'Books')`,
    ],
    [
      'products',
      `insert into retail.products (store_id, sku, product_name, category_id, price) values ('seattle', 'X', 'X', 1, 1)`,
    ],
    ['lifetime values', 'update retail.customers set total_lifetime_value = 1'],
  ])('writes %s', async (_, sql) => {
    await load(sql);
  });

  test.each([
    ['contact data', 'select from retail.customer_contacts'],
    ['context keys', 'select from security.context_keys'],
    ['the removal of sales', 'delete from retail.sales_transactions'],
    ['prices', 'update retail.products set price = 0'],
    ['the audit trail', 'delete from retail.audit_log'],
  ])('is denied %s', async (_, sql) => {
    await expect(load(sql)).rejects.toMatchObject(denied);
  });
});
