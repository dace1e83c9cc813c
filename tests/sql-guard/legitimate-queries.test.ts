import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from '../../shared/data/sql-guard/parser.ts';
import { createSqlGuard } from '../../shared/data/sql-guard/sql-guard.ts';
import { legitimateQuery } from './legitimate-queries.ts';
import { render, renderForStores, renderWithHostile } from './query-templates.ts';
import { readableRelations } from './readable-relations.ts';
import { withoutLocations } from './trees.ts';

const guard = createSqlGuard(readableRelations);

const hostileValues = [
  'pg_sleep(1)',
  "set_config('app.tenant_context', 'x', true)",
  "query_to_xml('select 1', true, false, '')",
  '(1::float8).pg_sleep',
  "('app.tenant_context'::text).current_setting",
  'a.pg_typeof',
  "'retail.products'::regclass::text",
  "cast('postgres' as regrole)",
  '(select rolname from pg_roles limit 1)',
  '(select count(*) from retail.audit_log)',
  'array(select 1 from information_schema.tables)',
  '(1 operator(public.+) 1)',
  '$1',
  'current_user',
  'a.ctid',
  '(select 1 for update)',
  '(with d as (delete from retail.products returning price) select price from d)',
  'U&"pg\\005Fsleep"(1)',
  'xmlelement(name a)',
].map((value) => ({ value }));

const hostileRelations = [
  'pg_catalog.pg_authid',
  'pg_class',
  'retail.audit_log',
  'security.context_keys',
  'information_schema.tables',
  'postgres.retail.products',
  'public.products',
  '(select * from pg_stats)',
  "pg_read_file('/etc/passwd')",
  "rows from (generate_series(1, 2), pg_ls_dir('/'))",
  "lateral (select current_setting('role'))",
].map((relation) => ({ relation }));

const hostileStatements: ((sql: string) => string)[] = [
  (sql) => `${sql}; drop table retail.products`,
  (sql) => `commit; ${sql}`,
  (sql) => `explain analyze ${sql}`,
  (sql) => `create table t as ${sql}`,
  (sql) => `copy (${sql}) to stdout`,
  (sql) => `prepare p as ${sql}`,
  (sql) => `declare c cursor for ${sql}`,
  (sql) => `insert into retail.stores (store_id) ${sql}`,
  (sql) => `select * into t from (${sql}) q`,
  (sql) => `select * from (${sql}) q for update`,
];

const refusal = async (sql: string): Promise<string> => {
  const refused = await guard.check(sql).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
  // A mutant that is no SQL proves nothing.
  expect(refused, sql).not.toMatch(/^accepted$|cannot read|could not read/);
  return refused;
};

test('every legitimate query is accepted, alone and with its boundary written out', async () => {
  await fc.assert(
    fc.asyncProperty(
      legitimateQuery,
      fc.constantFrom('', ';', ' -- done', ' ; /* done */'),
      async (query, ending) => {
        const sql = render(query);
        const accepted = await guard.check(sql + ending);
        const wrapped = await parse(`select * from (\n${accepted.sql}\n) q`);
        const alone = await parse(sql);
        expect(wrapped.stmts).toHaveLength(1);
        expect(withoutLocations(wrapped)).toEqual(
          withoutLocations(await parse(`select * from (${sql}) q`)),
        );
        expect(alone.stmts).toHaveLength(1);
        await guard.check(renderForStores(query, ['seattle', 'online']));
      },
    ),
    { numRuns: 300 },
  );
});

test('something hostile in any place of a legitimate query is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      legitimateQuery,
      fc.constantFrom(...hostileValues, ...hostileRelations),
      fc.nat(200),
      async (query, hostile, place) => {
        await refusal(renderWithHostile(query, hostile, place));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a legitimate query inside a hostile statement is refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      legitimateQuery,
      fc.constantFrom(...hostileStatements),
      async (query, statement) => {
        await refusal(statement(render(query)));
      },
    ),
    { numRuns: 300 },
  );
});
