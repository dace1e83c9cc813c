import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { attacksBy, sharedAttacks } from '../attacks/corpus.ts';
import { startApplication } from '../support/application.ts';
import { type ForeignValues, foreignValuesFor } from '../support/foreign-values.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';

// The corpus of attacks through the product, on one connection that the next caller gets too.

const attacks = attacksBy('seattle', 'tacoma');
const those = (must: string) => attacks.filter((attack) => attack.must === must);
const embedded = inject('engine') === 'embedded';
/** Each that has to be ended costs the embedded engine a start. */
const bounded = embedded
  ? attacks.slice(0, sharedAttacks).filter(({ must }) => must === 'bounded')
  : those('bounded');
const engineStartMs = 30_000;

const ownStore = 'select distinct store_id from retail.sales_transactions';

let database: TestDatabase;
let foreignValues: ForeignValues;
const queryTimeoutMs = embedded ? 2_000 : 500;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  foreignValues = await foreignValuesFor('seattle', database);
});

afterAll(() => database?.close());

function suite(settings: Record<string, string>) {
  let application: ReturnType<typeof startApplication>;

  beforeAll(() => {
    application = startApplication(database, { DATABASE_POOL_MAX: '1', ...settings });
  });
  afterAll(() => application?.close());

  return (sql: string, store: 'seattle' | 'tacoma' = 'seattle') =>
    application.ask(sql, { store, maxRows: 1000 });
}

describe('what ends soon', () => {
  const ask = suite({});

  afterEach(async () => {
    expect((await ask(ownStore, 'tacoma')).rows).toEqual([['tacoma']]);
  });

  test.each(those('refused'))('refused: $sql', async ({ sql }) => {
    expect((await ask(sql)).error).toMatchObject({ code: 'query_refused' });
  });

  test.each(those('accepted'))('accepted: $sql', async ({ sql }) => {
    const { error, rows } = await ask(sql);
    expect(error).toBeUndefined();
    expect(foreignValues(rows, sql)).toEqual([]);
  });

  test.each(those('own-rows'))('own rows: $sql', async ({ sql }) => {
    const { rows, error } = await ask(sql);
    expect(foreignValues([rows, error], sql)).toEqual([]);
  });
});

describe('what would not end', () => {
  const ask = suite({ QUERY_TIMEOUT_MS: String(queryTimeoutMs) });

  test.each(bounded)('bounded: $sql', async ({ sql }) => {
    const start = performance.now();
    const { rows, error } = await ask(sql);
    expect(performance.now() - start).toBeLessThan(queryTimeoutMs + 2_000);
    if (error) {
      expect(['query_timeout', 'answer_too_large', 'query_failed']).toContain(error.code);
      expect(error.hint).toBeTruthy();
    }
    expect(foreignValues([rows, error], sql)).toEqual([]);
    await expect
      .poll(() => ask(ownStore, 'tacoma'), { timeout: engineStartMs })
      .toMatchObject({ rows: [['tacoma']] });
  });
});

test('a foreign value would be found', async () => {
  const { ask, close } = startApplication(database);
  const { rows } = await ask('select * from retail.customers', { store: 'tacoma' });
  expect(foreignValues(rows, '')).toContain('tacoma');
  await close();
});
