import { expect, test } from 'vitest';
import { parse } from '../../shared/data/sql-guard/parser.ts';
import { createSqlGuard } from '../../shared/data/sql-guard/sql-guard.ts';
import { readableRelations } from '../sql-guard/readable-relations.ts';
import { withoutLocations } from '../sql-guard/trees.ts';
import { attacksBy, sharedAttacks } from './corpus.ts';

const guard = createSqlGuard(readableRelations);

const cases = attacksBy('seattle', 'bellevue');

const verdict = async (sql: string): Promise<{ sql: string } | { refused: string }> =>
  guard.check(sql).catch((error: Error) => ({ refused: error.message }));

test('no case stands twice', () => {
  expect(cases.length).toBeGreaterThanOrEqual(sharedAttacks + 100);
  expect(new Set(cases.map(({ sql }) => sql)).size).toBe(cases.length);
});

test.each(cases.filter(({ must }) => must === 'refused'))('refused: $sql', async ({ sql }) => {
  expect(await verdict(sql)).toHaveProperty('refused');
});

test.each(cases.filter(({ must }) => must !== 'refused'))('$must: $sql', async ({ must, sql }) => {
  const accepted = await verdict(sql);
  if ('refused' in accepted) {
    // A query for rows may also be told that a column does not exist.
    expect([must, accepted.refused]).toEqual([
      'own-rows',
      expect.stringMatching(/^There is no column/),
    ]);
    return;
  }
  // Wrapped, it is the same query still, inside one statement.
  const [alone] = (await parse(sql)).stmts ?? [];
  const wrapped = await parse(`select * from (\n${accepted.sql}\n) q limit 11`);
  expect(wrapped.stmts).toHaveLength(1);
  expect(withoutLocations(wrapped.stmts?.[0]?.stmt)).toEqual({
    SelectStmt: expect.objectContaining({
      fromClause: [
        {
          RangeSubselect: {
            subquery: withoutLocations(alone?.stmt),
            alias: { aliasname: 'q' },
          },
        },
      ],
      limitCount: { A_Const: { ival: { ival: 11 } } },
    }),
  });
});

test.each(cases.filter((attack) => attack.class === 'J utility statements'))(
  'refused as a statement: $sql',
  async ({ sql }) => {
    expect(await verdict(sql)).toEqual({
      refused: expect.stringMatching(/^[A-Z ]+ statements are not allowed\.$/),
    });
  },
);

test.each(cases.filter((attack) => attack.class === 'K every position'))(
  'refused for its function: $sql',
  async ({ sql }) => {
    expect(await verdict(sql)).toEqual({ refused: 'The function pg_sleep is not allowed.' });
  },
);
