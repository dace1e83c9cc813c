import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { startApplication } from '../support/application.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';

// A network that fails, a pool that is full, a caller that leaves: every call is answered within its
// bound, and the calls after it as if nothing had been.

const native = inject('engine') === 'native';
const acquireTimeoutMs = 1_000;
const queryTimeoutMs = 2_000;
/** A try that ends just before its time is over, another, the first answer, and the query. */
const callBoundMs = 3 * acquireTimeoutMs + queryTimeoutMs + 1_000;
/** A caller who is known by a look-up has that to wait for too. */
const lookUpBoundMs = 6_000;
const recoveryMs = native ? 5_000 : 30_000;

const ownStore = 'select distinct store_id from retail.sales_transactions';
const endless = 'select count(*) from generate_series(1, 100000000000)';

let database: TestDatabase;
let proxy: TcpProxy;
let application: ReturnType<typeof startApplication>;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  const { hostname, port } = new URL(database.appUrl);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  application = startApplication(
    {
      ...database,
      appUrl: proxy.through(database.appUrl),
      serviceUrl: proxy.through(database.serviceUrl),
    },
    {
      DATABASE_POOL_MAX: '3',
      DATABASE_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
      QUERY_TIMEOUT_MS: String(queryTimeoutMs),
    },
  );
});

afterAll(async () => {
  await application?.close();
  await proxy?.close();
  await database?.close();
});

afterEach(async () => {
  await expect
    .poll(() => application.ask(ownStore), { timeout: recoveryMs })
    .toMatchObject({ rows: [['seattle']] });
  expect(await application.ask(ownStore, { store: 'tacoma' })).toMatchObject({
    rows: [['tacoma']],
  });
  expect(connections()).toEqual({ busy: 0, waiting: 0 });
  if (native) await expect.poll(activeBackends, { timeout: recoveryMs }).toEqual([]);
});

test('a connection reset within an answer ends the call with an error, and no row of it', async () => {
  const rows = "select g, repeat('x', 1000) from generate_series(1, 100) g";
  expect((await application.ask(rows)).rows).toHaveLength(100);
  proxy.resetAfter(50_000);
  const answer = await application.ask(rows);
  expect(answer).toMatchObject({ rows: [], error: { code: 'database_unavailable' } });
  expect(answer.error).toMatchObject({ sqlstate_class: '08', hint: expect.any(String) });
});

test('a connection lost before anything ran is not noticed by the caller', async () => {
  proxy.resetAfter(0);
  expect(await application.ask(ownStore)).toMatchObject({ rows: [['seattle']] });
});

test('a network gone silent keeps nobody waiting beyond the bound', async () => {
  const caught = application.ask('select count(*) from generate_series(1, 2000000)');
  await expect.poll(connections).toEqual({ busy: 1, waiting: 0 });
  if (native) await expect.poll(activeBackends).toHaveLength(1);
  proxy.fallSilent();
  try {
    const start = performance.now();
    const calls = Array.from({ length: 8 }, async (_, call) => {
      const store = call % 2 === 0 ? undefined : 'tacoma';
      const { error } = await application.ask(ownStore, store && { store });
      expect(['busy', 'database_unavailable', 'query_timeout']).toContain(error?.code);
      expect(performance.now() - start).toBeLessThan(
        callBoundMs + (store === undefined ? 0 : lookUpBoundMs),
      );
    });
    const ready = application.health.unreadyReason();
    await Promise.all(calls);
    expect((await caught).error?.code).toBe('query_timeout');
    expect(await ready).toBe('database_unavailable');
  } finally {
    proxy.heal();
  }
});

test('a full pool answers busy in time, and goes on', async () => {
  const running = [1, 2, 3].map(() => application.ask(endless));
  await expect.poll(connections).toEqual({ busy: 3, waiting: 0 });
  const start = performance.now();
  const { error } = await application.ask(ownStore);
  expect(error).toMatchObject({ code: 'busy', hint: expect.any(String) });
  expect(performance.now() - start).toBeLessThan(2 * acquireTimeoutMs + 1_000);
  await Promise.all(running);
});

test('the query of a caller who left is ended within a second', async () => {
  const leaving = new AbortController();
  const left = application.ask(endless, { signal: leaving.signal });
  await expect.poll(connections).toEqual({ busy: 1, waiting: 0 });
  if (native) await expect.poll(activeBackends).toHaveLength(1);
  leaving.abort();
  await left;
  if (native) await expect.poll(activeBackends, { timeout: 1_000 }).toEqual([]);
});

test('a caller who left while waiting takes no connection', async () => {
  const running = [1, 2, 3].map(() => application.ask(endless));
  await expect.poll(connections).toEqual({ busy: 3, waiting: 0 });
  const leaving = new AbortController();
  const left = application.ask(endless, { signal: leaving.signal });
  await expect.poll(connections).toEqual({ busy: 3, waiting: 1 });
  leaving.abort();
  await Promise.all([left, ...running]);
});

function connections() {
  const { total, idle, waiting } = application.health.pool();
  return { busy: total - idle, waiting };
}

/** What the product's connections are doing, but for those that rest. */
function activeBackends(): Promise<{ state: string; query: string }[]> {
  return withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query(
      `select state, left(query, 60) as query from pg_stat_activity
       where application_name = 'zava-retail-mcp' and datname = current_database() and state <> 'idle'`,
    );
    return rows;
  });
}
