import { describe, expect, inject, it } from 'vitest';
import { legacy, modern, send } from './requests.ts';

const url = inject('endpoint');
const origin = new URL(url).origin;
const query = (postgresql_query: string, more: object = {}) => ({
  name: 'execute_sales_query',
  arguments: { postgresql_query, ...more },
});
const perStore =
  'select store_id, count(*) from retail.sales_transactions group by store_id order by 1';

const storeIds = {
  tacoma: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
  online: '2f4e6d8c-1a3b-5c7e-9f0a-b2d4f6e8c0a2',
  everyStoreInTheLabs: '00000000-0000-0000-0000-000000000000',
  unknown: '12345678-1234-1234-1234-123456789012',
};

describe('a sales question over HTTP', () => {
  it.each([
    ['2026-07-28', modern],
    ['2025-06-18', legacy],
  ])('is answered for seattle alone on %s', async (_version, ask) => {
    const { status, json } = await ask(url, 'tools/call', query(perStore));
    expect(status).toBe(200);
    const { columns, rows, truncated } = json.result.structuredContent;
    expect(columns.map(({ name }: { name: string }) => name)).toEqual(['store_id', 'count']);
    expect(rows).toEqual([['seattle', expect.any(Number)]]);
    expect(rows[0][1]).toBeGreaterThan(0);
    expect(truncated).toBe(false);
    expect(JSON.parse(json.result.content[0].text)).toEqual(json.result.structuredContent);
  });

  it.each(['tacoma', 'online'] as const)('is answered for %s by its id', async (store) => {
    const headers = { 'x-rls-user-id': storeIds[store] };
    const { json } = await modern(url, 'tools/call', query(perStore), headers);
    expect(json.result.structuredContent.rows).toEqual([[store, expect.any(Number)]]);
  });

  it.each([storeIds.everyStoreInTheLabs, storeIds.unknown, 'seattle', ''])(
    'shows no row to the user id "%s"',
    async (id) => {
      const tables = ['stores', 'customers', 'products', 'sales_transactions', 'orders'];
      for (const table of tables) {
        const { json } = await modern(
          url,
          'tools/call',
          query(`select count(*) as n from retail.${table}`),
          { 'x-rls-user-id': id },
        );
        expect(json.result.structuredContent.rows).toEqual([[0]]);
      }
    },
  );

  it('streams to a client that wants progress', async () => {
    const params = { ...query(perStore), _meta: { progressToken: 'p' } };
    const { headers, text } = await legacy(url, 'tools/call', params);
    expect(headers['content-type']).toContain('text/event-stream');
    expect(text).toContain('"seattle"');
  });

  it('cuts rows at the limit and says so', async () => {
    const { json } = await modern(
      url,
      'tools/call',
      query('select transaction_id from retail.sales_transactions', { max_rows: 3 }),
    );
    expect(json.result.structuredContent).toMatchObject({ row_count: 3, truncated: true });
  });

  it('loses no digit and no null, and keeps columns of the same name', async () => {
    const { json } = await modern(
      url,
      'tools/call',
      query(`select 9007199254740993::bigint as a, 12345678901234567890.10::numeric as a,
        null::text as n, timestamptz '2026-01-31 09:30:00.5+02' as t, array[1, null]::bigint[] as l -- end`),
    );
    expect(json.result.structuredContent).toMatchObject({
      columns: [
        { name: 'a', type: 'bigint' },
        { name: 'a', type: 'numeric' },
        { name: 'n', type: 'text' },
        { name: 't', type: 'timestamp with time zone' },
        { name: 'l', type: 'bigint[]' },
      ],
      rows: [
        [
          '9007199254740993',
          '12345678901234567890.10',
          null,
          '2026-01-31T07:30:00.5+00:00',
          [1, null],
        ],
      ],
    });
  });

  it('explains an error with a code, a hint and a request id, and nothing of the server', async () => {
    const { json } = await modern(
      url,
      'tools/call',
      query('select nope from retail.sales_transactions'),
    );
    expect(json.result.isError).toBe(true);
    const [{ text }] = json.result.content;
    expect(text).toMatch(/^query_\w+: .*nope/);
    expect(text).toMatch(/Hint: .+\n(.+\n)?Request id: [0-9a-f-]{36}/);
    expect(text).not.toMatch(/127\.0\.0\.1|retail_app|node_modules|\bat .*:\d+/);
  });

  it.each([
    ['no query', {}],
    ['too many rows', { postgresql_query: 'select 1', max_rows: 1001 }],
    ['rows as text', { postgresql_query: 'select 1', max_rows: 'all' }],
  ])('refuses arguments with %s', async (_what, args) => {
    const { json } = await modern(url, 'tools/call', {
      name: 'execute_sales_query',
      arguments: args,
    });
    expect(json.result.isError).toBe(true);
  });
});

describe('the endpoint', () => {
  it.each(['GET', 'DELETE'])('answers 405 to %s', async (method) => {
    const { status, headers } = await send(url, { method });
    expect(status).toBe(405);
    expect(headers.allow).toBe('POST, OPTIONS');
  });

  it('answers a preflight of an allowed origin', async () => {
    const { status, headers } = await send(url, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:6274', 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(204);
    expect(headers['access-control-allow-origin']).toBe('http://localhost:6274');
    expect(headers['access-control-allow-methods']).toContain('POST');
    expect(headers['access-control-allow-headers']).toContain('mcp-protocol-version');
  });

  it.each([
    ['Host', { host: 'evil.example' }],
    ['Origin', { origin: 'https://evil.example' }],
  ])('refuses a foreign %s', async (_header, foreign) => {
    const { status, headers } = await modern(url, 'tools/list', {}, foreign);
    expect(status).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    ['not JSON', 400, { 'content-type': 'application/json' }, '{'],
    ['another type', 415, { 'content-type': 'text/plain' }, '{}'],
    ['a body over 1 MiB', 413, { 'content-type': 'application/json' }, 'x'.repeat(1_048_577)],
  ])('refuses %s with %i', async (_what, expected, headers, body) => {
    const { status } = await send(url, { headers, body });
    expect(status).toBe(expected);
  });

  it('answers an unknown tool and an unknown method as the specification says', async () => {
    const tool = await modern(url, 'tools/call', { name: 'drop_everything', arguments: {} });
    expect(tool.json.error.code).toBe(-32_602);
    const method = await modern(url, 'tools/drop');
    expect([method.status, method.json.error.code]).toEqual([404, -32_601]);
  });
});

describe('health', () => {
  it('is alive and ready', async () => {
    const live = await send(`${origin}/health/live`, { method: 'GET' });
    expect([live.status, live.json]).toEqual([200, { status: 'alive' }]);
    const ready = await send(`${origin}/health/ready`, { method: 'GET' });
    expect([ready.status, ready.json]).toEqual([200, { status: 'ready' }]);
  });

  it('shows its components in local mode', async () => {
    const { status, json } = await send(`${origin}/health`, { method: 'GET' });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      status: 'healthy',
      failed_components: [],
      components: {
        database: { status: 'healthy', latency_ms: expect.any(Number) },
        pool: { status: 'healthy' },
        memory: { status: 'healthy' },
        versions: { status: 'healthy', postgresql: expect.any(String), vector: expect.any(String) },
      },
    });
  });
});
