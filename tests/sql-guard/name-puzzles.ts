import fc from 'fast-check';

/**
 * Queries over `retail.t (x)` and `retail.u (y)` with one place, `?`, for a reference. They use the
 * few names there are for tables, aliases, WITH queries and columns alike, so that what a reference
 * means there hangs on the rules of scope alone.
 */
const name = fc.constantFrom('t', 'u');
const column = fc.constantFrom('x', 'y');
const maybe = (text: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), text);
const join = (...parts: (string | fc.Arbitrary<string>)[]) =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(''));

const alias = join(' as ', name, fc.constantFrom('', '', ' (x)', ' (y)'));
const relation = fc.oneof(
  join(fc.constantFrom('', '', 'retail.'), name, maybe(alias)),
  join(
    fc.constantFrom(
      'generate_series(1, 2)',
      "jsonb_array_elements('[1]')",
      'unnest(array[1])',
      'rows from (generate_series(1, 2), generate_series(1, 2))',
    ),
    fc.constantFrom('', ' with ordinality'),
    alias,
  ),
);

/** `holed` parts hold the place for the reference; the others hold none. */
const { holedQuery } = fc.letrec<Record<'query' | 'entry' | 'holedQuery' | 'holedEntry', string>>(
  (tie) => ({
    query: fc.oneof(
      { depthSize: 'small' },
      join('select ', fc.constantFrom('1 as x', '1 as y', '1'), maybe(join(' from ', relation))),
      join('select * from ', tie('entry')),
      join('with ', name, ' as (', tie('query'), ') select * from ', name),
      join('select 1 as ', column, ' union all select 2'),
    ),
    entry: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: relation },
      join('(', tie('query'), ')', alias),
      join(tie('entry'), ' cross join ', tie('entry')),
      join('(', tie('entry'), ' natural join ', tie('entry'), ')', maybe(alias)),
      join(
        tie('entry'),
        ' join ',
        tie('entry'),
        ' using (',
        column,
        ')',
        maybe(join(' as ', name)),
      ),
    ),
    holedEntry: fc.oneof(
      { depthSize: 'small' },
      join(maybe(fc.constant('lateral ')), '(', tie('holedQuery'), ')', alias),
      join(tie('entry'), ', lateral (', tie('holedQuery'), ')', alias),
      join(tie('entry'), ' join ', tie('entry'), ' on (?) is not null'),
      join(tie('entry'), ', ', tie('entry'), ' join ', tie('entry'), ' on (?) is not null'),
      join(tie('entry'), ' left join ', tie('holedEntry'), ' on true'),
      join(tie('holedEntry'), ', ', tie('entry')),
      join('(', tie('holedEntry'), ' cross join ', tie('entry'), ')', alias),
    ),
    holedQuery: fc.oneof(
      { depthSize: 'small' },
      { weight: 3, arbitrary: join('select ? from ', tie('entry')) },
      {
        weight: 3,
        arbitrary: join('select (', tie('holedQuery'), ' limit 1) from ', tie('entry')),
      },
      join('select 1 from ', tie('entry'), ' where (?) is not null'),
      join('select 1 as x, 1 as y from ', tie('entry'), ' order by (?)'),
      join('select 1 as x from ', tie('entry'), ' where exists (', tie('holedQuery'), ')'),
      join('select 1 as x from ', tie('holedEntry')),
      join('with ', name, ' as (', tie('query'), ') ', tie('holedQuery')),
      join('with ', name, ' (x) as (', tie('query'), ') ', tie('holedQuery')),
      join('with ', name, ' as (', tie('holedQuery'), ') select 1 from ', tie('entry')),
      join(
        'with recursive ',
        name,
        ' as (select 1 as x union all ',
        tie('holedQuery'),
        ') select 1',
      ),
      join('(', tie('query'), ') union all (', tie('holedQuery'), ')'),
    ),
  }),
);

export const namePuzzle: fc.Arbitrary<string> = holedQuery;

/** What can stand in the place. */
export const references: readonly string[] = [
  ...['t', 'u'].flatMap((name) =>
    ['x', 'y', 't', 'u'].flatMap((field) => [`${name}.${field}`, `(${name}).${field}`]),
  ),
  ...['retail.t.x', 'retail.t.y', 'retail.u.x', 'retail.u.y', 'x', 'y', 't', 'u'],
];
