import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { localStateFolder, type RunningServer, startServer } from '../end-to-end/server.ts';
import { type Ask, askThrough, settingsFor, startApplication } from '../support/application.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';

// Answers cannot exhaust anything: not the server's memory, nor its time, nor its next caller's.

const embedded = inject('engine') === 'embedded';
const queryTimeoutMs = embedded ? 3_000 : 1_500;
/** The embedded engine starts anew after a query that had to be ended. */
const engineStartMs = 30_000;
/** The first two where each costs the engine a start. */
const some = (cases: [string, string][]) => (embedded ? cases.slice(0, 2) : cases);

const memoryLimit = 250 * 1024 * 1024;
const answerLimit = 256 * 1024;

/** 300 times as many as the three that seattle has. */
const manyItems = `
  insert into retail.sales_transaction_items
    (store_id, item_id, transaction_id, product_id, quantity, unit_price, total_price)
  select store_id, gen_random_uuid(), transaction_id, product_id, 1, 100, 100
  from retail.sales_transaction_items, generate_series(1, 300)
  where store_id = 'seattle'`;

const sixItems = 'abcdef'.replace(/\w/g, ', retail.sales_transaction_items $&').slice(2);
const wideRow = Array.from({ length: 1_600 }, () => "repeat('a', 4000)").join(', ');

const hugeRows: [string, string][] = [
  ['300 MB', "select repeat('a', 300000000)"],
  ['an array of three million', 'select array_agg(g) from generate_series(1, 3000000) g'],
  ['600 MB', "select repeat('a', 600000000)"],
  ['300 MB in the text of an error', "select ('x' || repeat('a', 300000000))::integer"],
  ['6 MB in 1,600 columns', `select ${wideRow} from generate_series(1, 100)`],
];

const runaways: [string, string][] = [
  ['a six-way cross join that is counted', `select count(*) from ${sixItems}`],
  ['a series without end', 'select count(*) from generate_series(1, 100000000000)'],
  [
    'a recursion without end',
    'with recursive r as (select 1 union all select 1 from r) select count(*) from r',
  ],
  ['a regular expression', "select length(regexp_replace(repeat('a', 10000000), 'a', 'bb', 'g'))"],
  ['a sort that spills', 'select g from generate_series(1, 100000000) g order by -g'],
];

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase({ statementTimeoutMs: queryTimeoutMs });
  await database.withoutTimeLimit(async () => {
    await seedThreeStores(database);
    await withClient(database.adminUrl, (client) => client.query(manyItems));
  });
});

afterAll(() => database?.close());

describe('a server in a process of its own', () => {
  let state: Awaited<ReturnType<typeof localStateFolder>>;
  let server: RunningServer;
  let ask: Ask;

  beforeAll(async () => {
    state = await localStateFolder();
    const settings = settingsFor(database, { QUERY_TIMEOUT_MS: String(queryTimeoutMs) });
    server = await startServer(state.path, { env: settings });
    ask = askThrough(fetch, server.url);
  });

  afterAll(async () => {
    await server?.stop();
    await state?.remove();
  });

  afterEach(async () => {
    const next = () => ask('select count(*) from retail.stores');
    const one = { rows: [[1]] };
    if (embedded) await expect.poll(next, { timeout: engineStartMs }).toMatchObject(one);
    else expect(await next()).toMatchObject(one);
    expect(await peakMemory(server)).toBeLessThan(memoryLimit);
  });

  test.each(some(hugeRows))('is not filled by one row: %s', async (_, sql) => {
    const { error } = await ask(sql);
    expect(['answer_too_large', 'query_timeout']).toContain(error?.code);
    expect(error?.hint).toBeTruthy();
  });

  test('says of one row over the limit that it is too large', async () => {
    const { error } = await ask("select 1 as small, repeat('a', 400000) as large");
    expect(error).toMatchObject({
      code: 'answer_too_large',
      hint: expect.stringMatching(/fewer columns/),
    });
  });

  test('cuts an answer at a row, and says so', async () => {
    const rows = "select g, repeat('x', 10000) from generate_series(1, 1000) g";
    const answer = await ask(rows, { maxRows: 1000 });
    expect(answer.truncated).toBe(true);
    expect(answer.rows.length).toBeGreaterThan(20);
    expect(answer.rows).toEqual(answer.rows.map((_row, at) => [at + 1, 'x'.repeat(10_000)]));
    expect(Buffer.byteLength(JSON.stringify(answer.rows))).toBeLessThanOrEqual(answerLimit);
  });

  test('cuts the answer of a six-way cross join', async () => {
    const answer = await ask(`select * from ${sixItems}`, { maxRows: 1000 });
    expect(answer).toMatchObject({ truncated: true });
    expect(answer.rows.length).toBeGreaterThan(0);
  });

  test.each(some(runaways))('ends %s within two seconds of its time', async (_, sql) => {
    const start = performance.now();
    const { error } = await ask(sql);
    expect(error).toMatchObject({ code: 'query_timeout', sqlstate_class: '57' });
    expect(performance.now() - start).toBeLessThan(queryTimeoutMs + 2_000);
  });

  test.each(['json', 'jsonb'])('lives on after %s of 3,000 arrays in one another', async (type) => {
    const nested = "repeat('[', 3000) || repeat(']', 3000)";
    const { rows } = await ask(`select (${nested})::${type}, '[[1]]'::${type}`);
    expect(rows).toEqual([['['.repeat(3_000) + ']'.repeat(3_000), [[1]]]]);
  });
});

describe('what the operator limits', () => {
  test('no argument raises', async () => {
    const limited = startApplication(database, { QUERY_MAX_ROWS: '7', QUERY_MAX_BYTES: '2000' });
    try {
      const series = await limited.ask('select g from generate_series(1, 100) g', { maxRows: 50 });
      expect(series).toMatchObject({ rows: [[1], [2], [3], [4], [5], [6], [7]], truncated: true });
      const long = await limited.ask("select repeat('a', 900) from generate_series(1, 5)");
      expect(long).toMatchObject({ rows: { length: 2 }, truncated: true });
      const { error } = await limited.ask("select repeat('a', 2001)");
      expect(error?.code).toBe('answer_too_large');
      expect((await limited.ask('select 1', { maxRows: 1_001 })).error?.code).toBe('bad_arguments');
    } finally {
      await limited.close();
    }
  });
});

/** The most memory that the server has held, or holds now where the system does not keep count. */
async function peakMemory({ process, url }: RunningServer): Promise<number> {
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8').catch(() => '');
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  if (peak) return Number(peak) * 1024;
  const report = (await (await fetch(new URL('/health', url))).json()) as {
    components: { memory: { rss_bytes: number } };
  };
  return report.components.memory.rss_bytes;
}
