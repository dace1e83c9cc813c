import fc from 'fast-check';
import { from, oneOf, type Query, sql, value } from './query-templates.ts';

type Table = Readonly<{
  name: string;
  key: string;
  numbers: readonly string[];
  texts: readonly string[];
  times: readonly string[];
}>;

const tables: readonly [Table, ...Table[]] = [
  {
    name: 'products',
    key: 'a.store_id, a.product_id',
    numbers: ['price', 'cost', 'current_stock'],
    texts: ['sku', 'brand', 'product_name', 'store_id'],
    times: ['created_at'],
  },
  {
    name: 'sales_transactions',
    key: 'a.store_id, a.transaction_id',
    numbers: ['total_amount', 'tax_amount', 'discount_amount'],
    texts: ['transaction_type', 'payment_method', 'store_id'],
    times: ['transaction_date'],
  },
  {
    name: 'sales_transaction_items',
    key: 'a.store_id, a.item_id',
    numbers: ['quantity', 'unit_price', 'total_price'],
    texts: ['store_id'],
    times: ['created_at'],
  },
  {
    name: 'customers',
    key: 'a.store_id, a.customer_id',
    numbers: ['total_lifetime_value'],
    texts: ['loyalty_tier', 'gender', 'store_id'],
    times: ['customer_since'],
  },
];

const any = <T>(...arbitraries: fc.Arbitrary<T>[]) =>
  fc.oneof({ depthSize: 'small' }, ...arbitraries);

/** Expressions over the columns of `a`, by the type of their value. */
function expressions(table: Table) {
  const column = (names: readonly string[]) =>
    oneOf(...names.flatMap((name) => [name, `a.${name}`]));
  return fc.letrec<Record<'number' | 'text' | 'time' | 'truth', Query>>((tie) => ({
    number: value(
      any(
        column(table.numbers),
        fc.integer({ min: 0, max: 1000 }).map((number): Query => [String(number)]),
        sql`round(${tie('number')} * 1.5, 2)`,
        sql`(${tie('number')} + ${tie('number')})`,
        sql`coalesce(nullif(${tie('number')}, 0), -1)`,
        sql`greatest(${tie('number')}, ${tie('number')})`,
        sql`case when ${tie('truth')} then ${tie('number')} else 0 end`,
        sql`length(${tie('text')})`,
        sql`extract(month from ${tie('time')})`,
        sql`width_bucket(${tie('number')}, 0, 100, 5)`,
        sql`(array[${tie('number')}, 7])[1]`,
        sql`abs(${tie('number')})::numeric(20, 1)`,
      ),
    ),
    text: value(
      any(
        column(table.texts),
        oneOf("'pg_sleep(1); --'", "$$it's$$", "U&'\\0061'", "E'a\\'b'", "'é🙂'"),
        sql`upper(${tie('text')})`,
        sql`(${tie('text')} || '-' || ${tie('text')})`,
        sql`left(${tie('text')}, 4)`,
        sql`regexp_replace(${tie('text')}, '[aeiou]', '*', 'g')`,
        sql`to_char(${tie('time')}, 'YYYY-MM')`,
        sql`coalesce(${tie('text')}, 'none')`,
        sql`(${tie('number')})::text`,
        sql`(jsonb_build_object('k', ${tie('text')}) ->> 'k')`,
        sql`array_to_string(array[${tie('text')}, 'x'], ',')`,
        sql`concat_ws('/', ${tie('text')}, ${tie('number')})`,
      ),
    ),
    time: value(
      any(
        column(table.times),
        sql`date_trunc('month', ${tie('time')})`,
        sql`(${tie('time')} + interval '1 day')`,
        sql`(${tie('time')})::date`,
      ),
    ),
    truth: value(
      any(
        sql`${tie('number')} > ${tie('number')}`,
        sql`${tie('number')} between 1 and 500`,
        sql`${tie('text')} ilike '%a%'`,
        sql`${tie('text')} ~* '^[a-m]'`,
        sql`${tie('text')} in ('a', 'sale', 'gold')`,
        sql`${tie('text')} is not null`,
        sql`${tie('text')} is distinct from ${tie('text')}`,
        sql`(${tie('truth')} and not ${tie('truth')})`,
        sql`(${tie('truth')} or ${tie('truth')})`,
        sql`to_tsvector('simple', ${tie('text')}) @@ websearch_to_tsquery('simple', 'a or b')`,
        sql`${tie('number')} = any (array[1, 2, 3]::numeric[])`,
        sql`exists (select 1 from ${from('stores', 's')} where s.store_id = a.store_id and s.is_active)`,
        sql`a.store_id in (select store_id from ${from('products', 'p')} where p.price > 10)`,
        sql`${tie('number')} > (select avg(price) from ${from('products', 'p')})`,
      ),
    ),
  }));
}

function shapes(table: Table): fc.Arbitrary<Query>[] {
  const { number, text, time, truth } = expressions(table);
  const a = from(table.name, 'a');
  const aggregate = value(
    any(
      sql`count(*)`,
      sql`sum(${number})`,
      sql`count(distinct ${text})`,
      sql`max(${text}) filter (where ${truth})`,
      sql`percentile_disc(0.5) within group (order by ${number})`,
      sql`string_agg(${text}, ',' order by ${oneOf(table.key)})`,
      sql`bool_or(${truth})`,
      sql`jsonb_object_agg(${text}, 1)`,
    ),
  );
  const window = value(
    any(
      sql`row_number() over (order by ${oneOf(table.key)})`,
      sql`rank() over (partition by ${text} order by ${number})`,
      sql`lag(${number}) over (order by ${oneOf(table.key)})`,
      sql`sum(${number}) over w`,
      sql`ntile(4) over (partition by ${text} order by ${oneOf(table.key)})`,
    ),
  );
  return [
    sql`select ${number} as n, ${text} as t, ${time} as at from ${a} where ${truth} order by ${oneOf(table.key)} limit 50`,
    sql`select distinct on (t) ${text} as t, ${oneOf(table.key)} from ${a} order by t, ${oneOf(table.key)}`,
    sql`select ${text} as t, ${aggregate} as g from ${a} where ${truth} group by t having count(*) > 0`,
    sql`select ${text} as t, ${aggregate}, grouping(a.store_id) from ${a} group by ${oneOf('rollup', 'cube')} (1, a.store_id)`,
    sql`select ${aggregate} from ${a} group by grouping sets ((a.store_id), ())`,
    sql`select ${window} as w1, ${window} as w2 from ${a} window w as (partition by ${text} order by ${oneOf(table.key)} rows between 2 preceding and current row)`,
    sql`with m as (select date_trunc('month', ${time}) as month, ${aggregate} as g from ${a} group by 1) select m.month, m.g, lag(m.g) over (order by m.month) from m`,
    sql`with ${oneOf(table.name)} as (select * from ${a} where ${truth}) select count(*) from ${oneOf(table.name)}`,
    sql`select s.store_name, x.n from ${from('stores', 's')} cross join lateral (select max(${number}) as n from ${a} where a.store_id = s.store_id) as x`,
    sql`select j.* from (select ${number} as n from ${a}) as j(renamed) where (j).renamed > 1`,
    sql`(select ${text} as t from ${a}) ${oneOf('union', 'intersect', 'except')} (select store_name from ${from('stores', 's')}) order by t`,
    sql`select v.label, count(a.store_id) from (values (0, 'low'), (500, 'high')) as v(floor, label) left join ${a} on ${number} >= v.floor group by v.label`,
    sql`select g.n, count(a.store_id) from generate_series(1, 12) as g(n) left join ${a} on extract(month from ${time}) = g.n group by g.n`,
    sql`select s.region, ${aggregate} from ${a} join (select store_id, region from ${from('stores', 's')}) s using (store_id) group by s.region`,
    sql`select row_to_json(q) from (select ${text} as t, ${number} as n from ${a}) q`,
    sql`select e.key, e.value from ${a}, lateral jsonb_each_text(jsonb_build_object('t', ${text})) as e`,
  ];
}

const recursive = sql`with recursive tree(id, depth) as (select category_id, 1 from ${from('product_categories', 'c')} where parent_category_id is null union all select c.category_id, tree.depth + 1 from ${from('product_categories', 'c')} join tree on tree.id = c.parent_category_id) select ${value(sql`t.depth`)} as depth, count(p.product_id) from tree t left join ${from('products', 'p')} on p.category_id = t.id group by t.depth`;

const basic = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(...tables).chain((table) => fc.oneof(...shapes(table))),
  },
  { weight: 1, arbitrary: recursive },
);

/** Legitimate analyst's queries over the retail schema. */
export const legitimateQuery: fc.Arbitrary<Query> = fc.oneof(
  { weight: 4, arbitrary: basic },
  { weight: 1, arbitrary: sql`select count(*) from (${basic}) q` },
  {
    weight: 1,
    arbitrary: sql`with inner_query as materialized (${basic}) select inner_query.* from inner_query`,
  },
  {
    weight: 1,
    arbitrary: sql`select array(select row_to_json(q)::text from (${basic}) q order by 1)`,
  },
);
