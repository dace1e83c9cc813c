import type { TestDatabase } from './fresh-database.ts';
import { withClient } from './with-client.ts';

/** Tells what of another store's rows stands in what was answered to a query. */
export type ForeignValues = (answered: unknown, query: string) => string[];

/**
 * Every value with a letter in it that rows of other stores hold, and nothing else does: ids, names
 * and texts. What the query says itself is no finding.
 */
export async function foreignValuesFor(
  store: string,
  { adminUrl }: Pick<TestDatabase, 'adminUrl'>,
): Promise<ForeignValues> {
  const values = await withClient(adminUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string; of_stores: boolean }>(
      `select format('%I.%I', nspname, relname) as name, exists (
         select from pg_attribute where attrelid = pg_class.oid and attname = 'store_id'
       ) as of_stores
       from pg_class join pg_namespace on pg_namespace.oid = relnamespace
       where nspname = 'retail' and relkind in ('r', 'p') and not relispartition`,
    );
    const valuesOf = (foreign: boolean) =>
      tables
        .filter(({ of_stores }) => of_stores || !foreign)
        .map(({ name, of_stores }) => {
          const condition = of_stores ? `store_id ${foreign ? '<>' : '='} $1` : '$1 is not null';
          return `select value from ${name} as t, jsonb_each_text(to_jsonb(t))
            where key <> all ($2) and ${condition}`;
        })
        .join(' union ');
    const { rows } = await client.query<{ value: string }>(
      `(${valuesOf(true)}) except (${valuesOf(false)})`,
      [store, wordsOfPostgres],
    );
    return rows.map(({ value }) => value).filter((value) => /[a-z].{3}/i.test(value ?? ''));
  });
  return (answered, query) => {
    const text = JSON.stringify(answered);
    return values.filter((value) => stands(value, text) && !query.includes(value));
  };
}

/** Columns with values that PostgreSQL's catalogs hold too. */
const wordsOfPostgres = ['region', 'store_type'];

/** A short value as a word: partitions and columns are named for stores (`is_online`). */
const stands = (value: string, text: string) =>
  value.length < 10 ? text.split(/\W+/).includes(value) : text.includes(value);
