import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { vector } from '@electric-sql/pglite-pgvector';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  argumentShapedFunctions,
  builtInFunctions,
  extensionFunctions,
  namedResultFunctions,
  rowFunctions,
} from '../../shared/data/sql-guard/allowed-functions.ts';
import {
  builtInOperators,
  builtInTypes,
  extensionOperators,
  extensionTypes,
} from '../../shared/data/sql-guard/allowed-names.ts';
import { createSqlGuard } from '../../shared/data/sql-guard/sql-guard.ts';
import { namePuzzle, references } from './name-puzzles.ts';

// What the guard believes of PostgreSQL, held against PostgreSQL.
let database: PGlite;

beforeAll(async () => {
  database = await PGlite.create({ extensions: { vector, pg_trgm } });
  await database.exec(`
    create schema extensions;
    create extension vector schema extensions;
    create extension pg_trgm schema extensions;
    create schema retail;
    create table retail.t (x int);
    create table retail.u (y int);
    create schema unlisted;
  `);
  for (const name of ['t', 'u', 'x', 'y']) {
    await database.exec(`
      create function unlisted.${name}(anyelement) returns int volatile
      language plpgsql as 'begin return 1; end'
    `);
  }
});

afterAll(() => database.close());

describe('names', () => {
  const guard = createSqlGuard(
    new Map([
      ['t', ['x']],
      ['u', ['y']],
    ]),
  );

  const isValid = async (searchPath: string, sql: string): Promise<boolean> => {
    await database.exec(`set search_path = ${searchPath}`);
    return database.query(`explain ${sql}`).then(
      () => true,
      () => false,
    );
  };

  /** Whether it is valid only by calling one of the functions that no list has. */
  const calls = async (sql: string): Promise<boolean> =>
    (await isValid('pg_catalog, retail, unlisted, pg_temp', sql)) &&
    !(await isValid('pg_catalog, retail, pg_temp', sql));

  const accepts = (sql: string): Promise<boolean> =>
    guard.check(sql).then(
      () => true,
      () => false,
    );

  test('no accepted reference is a call, whatever its scope', async () => {
    await fc.assert(
      fc.asyncProperty(namePuzzle, async (puzzle) => {
        for (const reference of references) {
          const sql = puzzle.replace('?', reference);
          if (await accepts(sql)) expect(await calls(sql), sql).toBe(false);
        }
      }),
      { numRuns: 250 },
    );
  });

  test.each([
    'select t.y from t',
    'select (t).y from t',
    'select retail.t.y from t',
    'select q.t from (select 1 as x) q',
    'select (g).y from generate_series(1, 2) as g(y)',
    'select (array_agg(q))[1].y from (select 1 as y) q',
    'select 1 from t where exists (select t.y from u)',
    'select (with t as (select 1 as y) select retail.t.y from t limit 1) from retail.t',
    'select (select u.y from ((t join t as t2 using (x) as u)) as j limit 1) from (select 1 as z) u',
    'select (select p.y from (select 1 as y) q, (select q.y) p limit 1) from t q',
    'select (select 1 from (select 1 as y) q, u join u as v on q.y > 0 limit 1) from t q',
    'select u.u from unnest(array(select t from t)) as u',
  ])('PostgreSQL would call a function, the guard refuses: %s', async (sql) => {
    expect(await calls(sql)).toBe(true);
    expect(await accepts(sql)).toBe(false);
  });
});

describe('lists', () => {
  const rows = async <Row>(sql: string): Promise<Row[]> => (await database.query<Row>(sql)).rows;

  type Overload = {
    schema: string;
    name: string;
    isDefiner: boolean;
    isVolatile: boolean;
    isPlain: boolean;
    language: string;
    result: string;
    outputs: string[] | null;
  };

  const overloads = () =>
    rows<Overload>(`
      select n.nspname as schema, p.proname as name, p.prosecdef as "isDefiner",
        p.provolatile = 'v' as "isVolatile", p.prokind = 'f' as "isPlain", l.lanname as language,
        pg_get_function_result(p.oid) as result,
        (select array_agg(o.name order by o.ordinality)
          from unnest(p.proargmodes, p.proargnames) with ordinality as o(mode, name, ordinality)
          where o.mode in ('o', 't')) as outputs
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      join pg_language l on l.oid = p.prolang
      where n.nspname in ('pg_catalog', 'extensions')
    `);

  const allowed = async () =>
    (await overloads()).filter(
      ({ schema, name }) =>
        (schema === 'pg_catalog' && builtInFunctions.has(name)) ||
        (schema === 'extensions' && extensionFunctions.has(name)),
    );

  test('every function exists, and none runs as its owner or in a procedural language', async () => {
    const found = await allowed();
    expect(new Set(found.map(({ name }) => name))).toEqual(
      new Set([...builtInFunctions, ...extensionFunctions]),
    );
    expect(found.filter(({ isDefiner }) => isDefiner)).toEqual([]);
    expect(new Set(found.map(({ language }) => language))).toEqual(
      new Set(['internal', 'sql', 'c']),
    );
  });

  test('what is volatile is so for chance and the clock', async () => {
    const names = (await allowed()).filter(({ isVolatile }) => isVolatile).map(({ name }) => name);
    expect(new Set(names)).toEqual(
      new Set(
        `array_sample array_shuffle clock_timestamp gen_random_uuid random random_normal timeofday
         uuidv4 uuidv7`.split(/\s+/),
      ),
    );
  });

  test('no result is a row, or named, but those that the guard knows', async () => {
    const found = await allowed();
    // Aggregates and window functions cannot stand in FROM.
    const shaped = found.filter(
      ({ isPlain, result, outputs }) =>
        isPlain && (outputs || /\b(record|anyelement|anycompatible)\b/.test(result)),
    );
    const known = [
      ...rowFunctions.keys(),
      ...namedResultFunctions.keys(),
      ...argumentShapedFunctions,
      // These give an element of a range, which is no row.
      'lower',
      'upper',
    ];
    expect(new Set(shaped.map(({ name }) => name))).toEqual(new Set(known));
    for (const { name, outputs } of shaped) {
      const named = namedResultFunctions.get(name);
      const expected = rowFunctions.get(name) ?? (named === undefined ? undefined : [named]);
      if (expected) expect(outputs, name).toEqual(expected);
    }
  });

  test('every type and operator exists where it is said to', async () => {
    const types = await rows<{ schema: string; name: string }>(
      'select typnamespace::regnamespace::text as schema, typname as name from pg_type',
    );
    const operators = await rows<{ schema: string; name: string }>(
      'select oprnamespace::regnamespace::text as schema, oprname as name from pg_operator',
    );
    const has = (list: { schema: string; name: string }[], schema: string, name: string) =>
      list.some((each) => each.schema === schema && each.name === name);
    for (const name of builtInTypes) expect(has(types, 'pg_catalog', name), name).toBe(true);
    for (const name of extensionTypes) expect(has(types, 'extensions', name), name).toBe(true);
    for (const name of builtInOperators)
      expect(has(operators, 'pg_catalog', name), name).toBe(true);
    for (const name of extensionOperators)
      expect(has(operators, 'extensions', name), name).toBe(true);
  });
});
