import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { RetailError } from '../../infrastructure/errors.ts';
import { checkAllowList } from './allow-list.ts';
import { parse } from './parser.ts';
import { checkNames } from './queries.ts';
import { refuse } from './refusal.ts';
import type { ReadableRelations } from './scope.ts';
import { onlyQuery } from './statement.ts';

export type { ReadableRelations } from './scope.ts';

/** A query that may run. */
export type AcceptedQuery = Readonly<{
  /**
   * The one statement, without semicolons. It is a whole query, so that
   * `select * from (\n<sql>\n) q limit n` cannot be broken out of; the line breaks end a comment.
   */
  sql: string;
}>;

export type SqlGuard = Readonly<{
  /** Accepts a query, or throws a `RetailError` (`query_refused`) that says what to change. */
  check(sql: string): Promise<AcceptedQuery>;
}>;

const mostBytes = 64 * 1024;
const mostVerdicts = { max: 1000, maxSize: 4 * 1024 * 1024 };

/** Plain values, as an error holds on to what was under way when it was made. */
type Verdict = Readonly<{ accepted: AcceptedQuery } | { reason: string; hint: string }>;

/**
 * Lets a query through if it is one SELECT (or VALUES, TABLE, WITH … SELECT) that reads nothing but
 * `readable` relations and calls nothing but functions, operators and types on the allow-lists.
 * Verdicts are remembered by the hash of the text, for these relations: make a new guard when they
 * change.
 *
 * It holds for sessions with `search_path = pg_catalog, retail, extensions, pg_temp`, in that order,
 * `standard_conforming_strings = on` and a database in UTF-8, and assumes that no function in
 * `retail` or `extensions` that callers may execute takes an allowed name for another purpose.
 */
export function createSqlGuard(readable: ReadableRelations): SqlGuard {
  const verdicts = new LRUCache<string, Verdict>({ ...mostVerdicts, sizeCalculation: size });

  async function check(sql: string): Promise<AcceptedQuery> {
    // Before hashing, so that a huge text costs nothing.
    requireReadableText(sql);
    const key = hash('sha256', sql, 'base64');
    let verdict = verdicts.get(key);
    if (verdict === undefined) {
      verdict = await judge(sql, readable);
      verdicts.set(key, verdict);
    }
    return 'accepted' in verdict ? verdict.accepted : refuse(verdict.reason, verdict.hint);
  }

  return { check };
}

/** In characters, roughly. */
function size(verdict: Verdict): number {
  return 500 + JSON.stringify(verdict).length;
}

async function judge(sql: string, readable: ReadableRelations): Promise<Verdict> {
  try {
    const statement = onlyQuery(sql, await parse(sql));
    checkAllowList(statement.query);
    checkNames(statement.query, readable);
    return { accepted: { sql: statement.sql } };
  } catch (error) {
    // Anything else is a fault of ours, and no verdict: it goes up, and the query does not run.
    if (!(error instanceof RetailError)) throw error;
    return { reason: error.message, hint: error.hint ?? '' };
  }
}

function requireReadableText(sql: string): void {
  if (Buffer.byteLength(sql) > mostBytes) {
    refuse(`The query is longer than ${mostBytes} bytes.`, 'Split it into several queries.');
  }
  // Past a NUL or half a surrogate pair, the parser and the database would read different texts.
  if (sql.includes('\0') || !sql.isWellFormed()) {
    refuse('The query holds a character that is not text.', 'Send valid Unicode without NUL.');
  }
}
