import { describe, expect, test } from 'vitest';
import { createSqlGuard } from '../../shared/data/sql-guard/sql-guard.ts';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { readableRelations } from './readable-relations.ts';

const guard = createSqlGuard(readableRelations);

const refusal = async (sql: string): Promise<RetailError> => {
  const verdict = await guard.check(sql).catch((error: unknown) => error);
  expect(verdict, sql).toBeInstanceOf(RetailError);
  expect((verdict as RetailError).code).toBe('query_refused');
  return verdict as RetailError;
};

describe('the accepted text', () => {
  test.each([
    ['select 1', 'select 1'],
    ['select 1;', 'select 1'],
    [' select 1 ; ; ;', 'select 1 '],
    ['select 1; -- the end', 'select 1'],
    ['select 1 -- the end;', 'select 1 -- the end;'],
    ['; select 1', 'select 1'],
    ["/* é 🙂 */; select 'é🙂;' as é; -- 🙂", "select 'é🙂;' as é"],
    ["select $é$;$é$ || U&'\\003B' || E'\\';';", "select $é$;$é$ || U&'\\003B' || E'\\';'"],
  ])('%j is %j', async (sql, accepted) => {
    expect(await guard.check(sql)).toEqual({ sql: accepted });
  });
});

describe('a refusal says what is wrong and what to write', () => {
  test.each([
    ['delete from retail.products', 'DELETE statements are not allowed.', 'SELECT'],
    ['select 1; select 2', 'There is more than one statement.', 'exactly one SELECT'],
    ['  -- nothing', 'There is no statement.', 'exactly one SELECT'],
    ['select $1', 'Parameters such as $1 are not allowed.', 'literal values'],
    ['select * from products for update', 'Row locks', 'Leave it out'],
    ['select pg_sleep(1)', 'The function pg_sleep is not allowed.', 'arguments alone'],
    ['select regexp_mach(sku) from products', 'regexp_mach', 'Did you mean regexp_match'],
    ["select 'stores'::regclass", 'The type regclass is not allowed.', 'ordinary types'],
    ['select 1 operator(public.+) 1', 'The operator public.+ is not allowed.', 'without a schema'],
    ['select current_user', 'CURRENT_USER is not allowed.', 'cannot ask for the role'],
    ['select * from product', 'no readable table or view product.', 'Did you mean products?'],
    ['select * from retail.audit_log', 'retail.audit_log', 'sales_transactions, '],
    ['select p.prise from products p', 'no column prise in p.', 'Did you mean price?'],
    ['select prise from products', 'no column prise here.', 'Did you mean price?'],
    ['select o.x from orders o', 'no column x in o.', 'The columns: order_id, customer_id'],
    ['select pp.price from products p', 'no table or alias pp in reach', 'Did you mean p?'],
    ['select s.ctid from stores s', 'The system column ctid is not readable.', 'alias'],
    ['select s.pg_typeof from stores s', 'no column pg_typeof in s.', 'The columns: store_id'],
    ['select (1).pg_sleep', 'the function pg_sleep is not allowed.', 'AS t (a, b)'],
  ])('%s', async (sql, reason, hint) => {
    const error = await refusal(sql);
    expect(error.message).toContain(reason);
    expect(error.hint).toContain(hint);
  });

  test('a syntax error shows the parser’s words and the place, and not the whole query', async () => {
    const error = await refusal(`select 'é', price fro retail.products ${'-- secret '.repeat(20)}`);
    expect(error.message).toContain('syntax error at or near "retail"');
    expect(error.message).toContain('price fro retail.products');
    const unclosed = await refusal(`select '${'x'.repeat(10_000)}`);
    expect(unclosed.message).toContain('unterminated quoted string');
    for (const { message } of [error, unclosed]) expect(message.length).toBeLessThan(250);
  });
});

test('a name with pg_ is the catalog’s, unless its schema says otherwise', async () => {
  const withStats = createSqlGuard(new Map([['pg_stats', ['x']]]));
  await expect(withStats.check('select x from pg_stats')).rejects.toThrow('no readable table');
  await withStats.check('select x from retail.pg_stats');
});

describe('limits', () => {
  test('64 KiB of UTF-8', async () => {
    const sql = (bytes: number) => `select '${'é'.repeat((bytes - 10) / 2)}'`;
    expect((await refusal(sql(65_538))).message).toContain('longer than 65536 bytes');
    await guard.check(sql(65_536));
  });

  test.each([
    ['operators', `select 1${'+1'.repeat(600)}`],
    ['sub-selects', `${'select * from ('.repeat(300)}select 1${') q'.repeat(300)}`],
    ['casts', `select 1${'::int'.repeat(600)}`],
    ['unions', `select 1${' union all select 1'.repeat(600)}`],
  ])('chains and nests of %s', async (_, sql) => {
    expect((await refusal(sql)).message).toContain('too deeply nested');
  });

  test('nodes', async () => {
    const list = (length: number) => `select 1 in (${Array(length).fill('1').join(',')})`;
    expect((await refusal(list(25_000))).message).toContain('too large');
    await guard.check(list(10_000));
  });

  test.each([
    ['NUL', 'select 1\0; drop table x'],
    ['half a surrogate pair', "select '\ud800'"],
  ])('%s', async (_, sql) => {
    expect((await refusal(sql)).message).toContain('not text');
  });

  test('a parser that overflowed breaks no later query', async () => {
    // Unreplaced, the parser fails for good after some thirty of them.
    for (let extra = 0; extra < 45; extra += 1) {
      const error = await refusal(`select 1${'+1'.repeat(20_000 + extra)}`);
      expect(error.message).toContain('could not read');
    }
    expect(await guard.check('select 45')).toEqual({ sql: 'select 45' });
  });
});

describe('verdicts', () => {
  test('are the same when asked again, with a fresh error', async () => {
    const sql = 'select version() -- again';
    const [first, second] = [await refusal(sql), await refusal(sql)];
    expect(second).not.toBe(first);
    expect([second.message, second.hint]).toEqual([first.message, first.hint]);
    expect(await guard.check('select 1 -- again')).toEqual(await guard.check('select 1 -- again'));
  });

  test('hold for their own readable relations alone', async () => {
    const sql = 'select store_id from retail.stores';
    await guard.check(sql);
    await expect(createSqlGuard(new Map()).check(sql)).rejects.toThrow('no readable table');
  });

  test('come right to many at once, before the parser is loaded', async () => {
    const verdicts = Array.from({ length: 50 }, (_, index) =>
      guard.check(`select ${index} -- many`),
    );
    const texts = (await Promise.all(verdicts)).map(({ sql }) => sql);
    expect(texts).toEqual(Array.from(texts, (_, index) => `select ${index} -- many`));
  });
});
