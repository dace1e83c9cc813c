import { expect, it } from 'vitest';
import { toDatabaseError } from '../../shared/data/database-errors.ts';
import { RetailError } from '../../shared/infrastructure/errors.ts';

const secret = 'ada@example.com';

function thrownByPostgres(code: string, message = `value "${secret}" of policy p at /var/lib`) {
  return Object.assign(new Error(message), { code, detail: secret, where: secret });
}

it.each(['22P02', '22012', '23505', '42501', '0A000', 'P0001', 'XX000', '53200', '54000', '57014'])(
  'SQLSTATE %s is told by its class, without a word of PostgreSQL',
  (code) => {
    const error = toDatabaseError(thrownByPostgres(code));
    expect(error).toBeInstanceOf(RetailError);
    const { message, hint, sqlStateClass } = error as RetailError;
    expect(sqlStateClass).toBe(code.slice(0, 2));
    expect(`${message} ${hint}`).not.toMatch(/ada@|policy|var\/lib/);
    expect(hint).toBeTruthy();
  },
);

it('errors about the text of the query keep their words, for the one who wrote it', () => {
  const ofTheParser = { ...thrownByPostgres('42703'), message: 'no column "nope"', position: '8' };
  expect(toDatabaseError(ofTheParser)).toMatchObject({
    code: 'query_failed',
    message: 'no column "nope"',
  });
});

it('the same code without a position in the query is about a value, and keeps it back', () => {
  const error = toDatabaseError(thrownByPostgres('42601', `syntax error in tsquery: "${secret}"`));
  expect(error).toMatchObject({ code: 'query_failed', sqlStateClass: '42' });
  expect(String(error)).not.toContain(secret);
});

it.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03', '08006'])(
  'a connection lost by %s is no fault of the query',
  (code) => {
    expect(toDatabaseError(thrownByPostgres(code))).toMatchObject({
      code: 'database_unavailable',
      sqlStateClass: '08',
    });
  },
);
