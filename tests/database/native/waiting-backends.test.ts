import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localStateFolder, type RunningServer, startServer } from '../../end-to-end/server.ts';
import { settingsFor, startApplication } from '../../support/application.ts';
import { freshDatabase, type TestDatabase } from '../../support/fresh-database.ts';
import { seedThreeStores } from '../../support/three-stores.ts';
import { withClient } from '../../support/with-client.ts';

// Queries that wait for someone else, and whose caller no longer waits for them.

const queryTimeoutMs = 1_000;
const ownStore = 'select distinct store_id from retail.sales_transactions';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
});

afterAll(() => database?.close());

/** Queries that product's backends are at. */
const running = (): Promise<string[]> =>
  withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query<{ query: string }>(
      `select query from pg_stat_activity
       where application_name = 'zava-retail-mcp' and datname = current_database() and state <> 'idle'`,
    );
    return rows.map(({ query }) => query);
  });

/** Does `work` while another session holds a table, as a migration may. */
async function holding(table: string, work: () => Promise<void>): Promise<void> {
  await withClient(database.adminUrl, async (holder) => {
    await holder.query(`begin; lock table ${table} in access exclusive mode`);
    await work();
    await holder.query('rollback');
  });
}

test('a lock held by someone else: its queries end in time, the others run', async () => {
  const { ask, close } = startApplication(database, { QUERY_TIMEOUT_MS: String(queryTimeoutMs) });
  try {
    await ask(ownStore);
    await holding('retail.products', async () => {
      const start = performance.now();
      const { error } = await ask('select count(*) from retail.products');
      expect(error).toMatchObject({ code: 'query_timeout', sqlstate_class: '57' });
      expect(performance.now() - start).toBeLessThan(queryTimeoutMs + 2_000);
      expect(await ask(ownStore)).toMatchObject({ rows: [['seattle']] });
      expect(await running()).toEqual([]);
    });
    expect(await ask('select count(*) from retail.products')).toMatchObject({ rows: [[2]] });
  } finally {
    await close();
  }
});

test('a lock on what tells who asks: the look-up ends in time, at both ends', async () => {
  const { ask, close } = startApplication(database);
  try {
    await ask(ownStore);
    await holding('security.store_identities', async () => {
      const start = performance.now();
      const { error } = await ask(ownStore, { store: 'tacoma' });
      expect(error?.code).toBe('database_unavailable');
      expect(performance.now() - start).toBeLessThan(7_000);
      await expect.poll(running).toEqual([]);
      expect(await ask(ownStore)).toMatchObject({ rows: [['seattle']] });
    });
    expect(await ask(ownStore, { store: 'tacoma' })).toMatchObject({ rows: [['tacoma']] });
  } finally {
    await close();
  }
});

describe('over HTTP', () => {
  let state: Awaited<ReturnType<typeof localStateFolder>>;
  let server: RunningServer;

  beforeAll(async () => {
    state = await localStateFolder();
    server = await startServer(state.path, { env: settingsFor(database) });
  });

  afterAll(async () => {
    await server?.stop();
    await state?.remove();
  });

  test.each([
    ['2025-11-25', {}, {}],
    [
      '2026-07-28',
      { 'mcp-method': 'tools/call', 'mcp-name': 'execute_sales_query' },
      {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    ],
  ])(
    'a caller who leaves a stream of %s: its query ends within a second',
    async (version, headers, _meta) => {
      const caller = new AbortController();
      const answer = fetch(server.url, {
        method: 'POST',
        signal: caller.signal,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': version,
          ...headers,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'execute_sales_query',
            arguments: {
              postgresql_query: 'select count(*) from generate_series(1, 100000000000)',
            },
            _meta: { ..._meta, progressToken: 'progress' },
          },
        }),
      });
      await expect.poll(running, { timeout: 10_000 }).toHaveLength(1);
      caller.abort();
      await expect(answer).rejects.toThrow(/abort/);
      await expect.poll(running, { timeout: 1_000 }).toEqual([]);
    },
  );
});
