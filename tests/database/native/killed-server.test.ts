import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Answer, startApplication } from '../../support/application.ts';
import { connectionStringFor } from '../../support/native-server.ts';
import { createCluster, type PostgresCluster } from '../../support/postgres-cluster.ts';
import { prepareTemplate, testContextKey } from '../../support/template.ts';
import { seedThreeStores, threeStores } from '../../support/three-stores.ts';
import { withClient } from '../../support/with-client.ts';

// The database dies under load: calls are answered within their bound all the while, and as before
// within five seconds of its return.

const binaries = await withClient(inject('nativeServer'), async (client) => {
  const { rows } = await client.query("select setting from pg_config where name = 'BINDIR'");
  return String(rows[0].setting);
});
const onThisMachine = existsSync(join(binaries, 'initdb'));

const acquireTimeoutMs = 1_000;
const queryTimeoutMs = 2_000;
/** The look-up of who asks, two tries of a connection and the first answer, and the query. */
const callBoundMs = 2 * acquireTimeoutMs + 3 * acquireTimeoutMs + queryTimeoutMs + 1_000;
const recoveryMs = 5_000;
const poolMax = 4;
const clients = 9;

let cluster: PostgresCluster;
let application: ReturnType<typeof startApplication>;

beforeAll(async () => {
  if (!onThisMachine) return;
  cluster = await createCluster(binaries);
  await cluster.start();
  await prepareTemplate(cluster.url);
  await seedThreeStores({ adminUrl: cluster.url });
  application = startApplication(
    {
      engine: 'native',
      appUrl: connectionStringFor(cluster.url, 'postgres', 'retail_app'),
      serviceUrl: connectionStringFor(cluster.url, 'postgres', 'retail_service'),
      contextKey: testContextKey,
    },
    {
      DATABASE_POOL_MAX: String(poolMax),
      DATABASE_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
      QUERY_TIMEOUT_MS: String(queryTimeoutMs),
    },
  );
});

afterAll(async () => {
  await application?.close();
  await cluster?.remove();
});

type Call = { store: string; answer: Answer; startedAt: number; endedAt: number };

/** Clients that ask without a pause, each for its own store, until they are told to stop. */
function startLoad() {
  const calls: Call[] = [];
  let stopping = false;
  const running = Array.from({ length: clients }, async (_, client) => {
    const store = threeStores[client % threeStores.length] ?? 'seattle';
    while (!stopping) {
      const startedAt = performance.now();
      const answer = await application.ask(
        'select i.store_id, p.store_id from retail.sales_transaction_items i join retail.products p using (product_id)',
        { store },
      );
      calls.push({ store, answer, startedAt, endedAt: performance.now() });
    }
  });
  return async () => {
    stopping = true;
    await Promise.all(running);
    return calls;
  };
}

async function killAndRestart(): Promise<number> {
  await cluster.kill();
  await sleep(2_000);
  await cluster.start();
  return performance.now();
}

/** PostgreSQL ends every connection and recovers, as it does after the crash of one process. */
async function killOneBackend(): Promise<number> {
  const pid = await withClient(cluster.url, async (client) => {
    const { rows } = await client.query(
      "select pid from pg_stat_activity where usename = 'retail_app' limit 1",
    );
    return Number(rows[0].pid);
  });
  process.kill(pid, 'SIGKILL');
  await sleep(100);
  await cluster.start();
  return performance.now();
}

test.skipIf(!onThisMachine).each([
  ['the server', killAndRestart],
  ['one of its processes', killOneBackend],
])('SIGKILL for %s: answers in time, none wrong, and soon as before', async (_, strike) => {
  const stop = startLoad();
  await sleep(1_000);
  const struckAt = performance.now();
  const backAt = await strike();
  await sleep(recoveryMs + 1_000);
  const calls = await stop();

  for (const { store, answer, startedAt, endedAt } of calls) {
    expect(endedAt - startedAt).toBeLessThan(callBoundMs);
    if (answer.error) {
      expect(['busy', 'database_unavailable', 'query_timeout']).toContain(answer.error.code);
      expect(answer.rows).toEqual([]);
    } else {
      expect(answer.rows).toEqual(Array(3).fill([store, store]));
    }
  }
  const failed = (from: number, to: number) =>
    calls.filter((call) => call.answer.error && call.startedAt >= from && call.startedAt < to);
  expect(failed(0, struckAt - 500)).toEqual([]);
  expect(failed(struckAt - 500, backAt + recoveryMs).length).toBeGreaterThan(0);
  expect(failed(backAt + recoveryMs, Infinity)).toEqual([]);

  const pool = application.health.pool();
  expect(pool).toMatchObject({ idle: pool.total, waiting: 0 });
  expect(pool.total).toBeLessThanOrEqual(poolMax);
  expect(await backendsOf('retail_app')).toEqual({ open: pool.total, idle: pool.total });
  const service = await backendsOf('retail_service');
  expect(service.open).toBeLessThanOrEqual(2);
  expect(service.idle).toBe(service.open);
});

const backendsOf = (login: string) =>
  withClient(cluster.url, async (client) => {
    const { rows } = await client.query(
      `select count(*)::integer as open, count(*) filter (where state = 'idle')::integer as idle
       from pg_stat_activity where usename = $1 and application_name = 'zava-retail-mcp'`,
      [login],
    );
    return rows[0];
  });
