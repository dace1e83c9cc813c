import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EmbeddedDatabase,
  startEmbeddedDatabase,
} from '../../local/embedded-database/embedded-database.ts';
import { withClient } from './clients.ts';

let database: EmbeddedDatabase;

beforeAll(async () => {
  database = await startEmbeddedDatabase({ statementTimeoutMs: 1_000 });
  await withClient(database, (client) =>
    client.query(
      'create role loader; create schema shop; create table shop.goods ("no" int, name text)',
    ),
  );
  return database.stop;
});
beforeEach(async () => {
  await rows('truncate shop.goods; grant insert on shop.goods to loader');
});

const rows = (sql: string) =>
  withClient(database, async (client) => (await client.query(sql)).rows);
const count = async () => (await rows('select count(*)::int as count from shop.goods'))[0].count;

async function* lines(total: number) {
  for (let no = 0; no < total; no += 1000) {
    yield Array.from({ length: 1000 }, (_, index) => `${no + index},"good ${no + index}"\n`).join(
      '',
    );
  }
}

describe('copyInto', () => {
  it('loads CSV and counts the rows, in many batches', async () => {
    expect(await database.copyInto('shop.goods', ['no', 'name'], lines(100_000))).toBe(100_000);
    expect(
      await rows('select sum("no") as sum, max(length(name)) as longest from shop.goods'),
    ).toEqual([{ sum: '4999950000', longest: 10 }]);
  });

  it('knows quotes, line ends within them, empty and missing values', async () => {
    await database.copyInto('shop.goods', ['no', 'name'], ['1,"a ""b""\nc"\n2,""\n', '3,\n']);
    expect(await rows('select name from shop.goods order by "no"')).toEqual([
      { name: 'a "b"\nc' },
      { name: '' },
      { name: null },
    ]);
  });

  it('loads as a role', async () => {
    const load = () => database.copyInto('shop.goods', ['no'], ['1\n'], { role: 'loader' });
    await expect(load()).rejects.toThrow(/permission denied for schema shop/);
    await rows('grant usage on schema shop to loader');
    expect(await load()).toBe(1);
    await rows('revoke insert on shop.goods from loader');
    await expect(load()).rejects.toThrow(/permission denied for table goods/);
  });

  it('keeps nothing of a load with a bad row, and says where it is', async () => {
    async function* withBadRow() {
      yield* lines(60_000);
      yield 'x,"bad"\n';
    }
    await expect(database.copyInto('shop.goods', ['no', 'name'], withBadRow())).rejects.toThrow(
      /invalid input syntax for type integer: "x" \(COPY goods, line \d+, column no/,
    );
    expect(await count()).toBe(0);
  });

  it('keeps nothing when the rows end in an error', async () => {
    async function* failing() {
      yield* lines(20_000);
      throw new Error('no more rows');
    }
    await expect(database.copyInto('shop.goods', ['no', 'name'], failing())).rejects.toThrow(
      'no more rows',
    );
    expect(await count()).toBe(0);
  });
});

describe('load', () => {
  it('keeps several tables and queries together, or none of them', async () => {
    const load = (last: string) =>
      database.load(async (copyInto, query) => {
        await query('create table shop.more (no int)');
        await copyInto('shop.goods', ['no'], ['1\n2\n']);
        await copyInto('shop.more', ['no'], [last]);
        return query('select count(*)::int as count from shop.goods where "no" > $1', [1]);
      });
    await expect(load('x\n')).rejects.toThrow(/invalid input syntax/);
    expect(await rows("select to_regclass('shop.more') as more")).toEqual([{ more: null }]);
    expect(await load('3\n')).toEqual([{ count: 1 }]);
    expect(await rows('select no from shop.more')).toEqual([{ no: 3 }]);
  });

  it('may be slow, and other clients wait for it', async () => {
    async function* slowly() {
      yield '1\n';
      await sleep(5_500);
      yield '2\n';
    }
    const load = database.load(async (copyInto, query) => {
      await query('select pg_sleep(1.5)');
      await copyInto('shop.goods', ['no'], slowly());
    });
    expect(await count()).toBe(2);
    await load;
    expect(database.restarts()).toBe(0);
  });
});
