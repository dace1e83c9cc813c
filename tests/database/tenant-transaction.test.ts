import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createTenantTransaction,
  type TenantTransaction,
} from '../../shared/data/tenant-transaction.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores, storeManager } from '../support/three-stores.ts';

const limits = { maxRows: 10, maxBytes: 10_000 };
const seattle = storeManager('seattle');

let database: TestDatabase;
/** One connection, so that what a call leaves behind meets the next one. */
let pool: pg.Pool;
let transaction: TenantTransaction;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  pool = new pg.Pool({
    connectionString: database.appUrl,
    pipeline: true,
    max: 1,
  } as pg.PoolConfig);
  transaction = createTenantTransaction({
    pool,
    contextKey: database.contextKey,
    timeoutMs: 10_000,
    acquireTimeoutMs: 5_000,
  });
});
afterAll(async () => {
  await pool?.end();
  await database?.close();
});

const answer = (sql: string, identity = seattle) =>
  transaction(identity, (session) => session.answer(sql, limits));

const backend = async () => {
  const { rows } = await pool.query(`select pg_backend_pid() as pid, current_user as role,
    current_setting('app.tenant_context', true) as context, current_setting('search_path') as path,
    current_setting('transaction_read_only') as read_only,
    (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`);
  return rows[0];
};

it('answers with the rows of the caller’s store alone', async () => {
  const { rows } = await answer('select store_id from retail.stores');
  expect(rows).toEqual([['seattle']]);
});

it('gives the connection back as it was, whatever the query set', async () => {
  const before = await backend();
  await answer(`select set_config('app.tenant_context', 'forged', false),
    set_config('search_path', 'nowhere', false), set_config('transaction_read_only', 'on', false),
    pg_advisory_lock(7)`);
  expect(await backend()).toEqual({ ...before, context: '' });
});

it('keeps its connection when the query fails', async () => {
  const { pid } = await backend();
  await expect(answer('select 1 / 0')).rejects.toMatchObject({ code: 'query_failed' });
  expect((await backend()).pid).toBe(pid);
  const { rows } = await answer('select store_id from retail.stores');
  expect(rows).toEqual([['seattle']]);
});

it('runs nothing more once a query that a model wrote has run', async () => {
  const more = transaction(seattle, async (session) => {
    await session.answer('select 1', limits);
    return session.rows('select store_id from retail.stores');
  });
  await expect(more).rejects.toThrow('the transaction ended');
});

it('names the types that an extension brings', async () => {
  const { columns } = await answer("select '[1]'::vector as v, array['[1]'::vector] as vs");
  expect(columns).toEqual([
    { name: 'v', type: 'vector' },
    { name: 'vs', type: 'vector[]' },
  ]);
});

it('shows no row under a key that the database does not know', async () => {
  const stranger = createTenantTransaction({
    pool,
    contextKey: { kid: 'test', secret: Buffer.alloc(32, 1) },
    timeoutMs: 10_000,
    acquireTimeoutMs: 5_000,
  });
  const { rows } = await stranger(seattle, (session) =>
    session.answer('select store_id from retail.stores', limits),
  );
  expect(rows).toEqual([]);
});
