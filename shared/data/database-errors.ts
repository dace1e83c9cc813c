import type pg from 'pg';
import { RetailError } from '../infrastructure/errors.ts';

/** The connection ended under a call, or could not be had. */
export class ConnectionLost extends Error {
  /** Nothing of the call had run, and its time to find a connection is not over. */
  readonly mayTryAgain: boolean;

  constructor(cause: unknown, mayTryAgain: boolean) {
    super('connection to the database lost', { cause });
    this.mayTryAgain = mayTryAgain;
  }
}

const lossCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);

const lossMessages =
  /Connection terminated|connection error and is not queryable|Client was closed|timeout exceeded when trying to connect|Client has encountered/;

export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code !== undefined) return lossCodes.has(code) || code.startsWith('08');
  return lossMessages.test(error.message) || isReadTimeout(error);
}

/** A statement ran over its `query_timeout`, and the driver gave up its connection. */
export function isReadTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout';
}

/**
 * Errors whose text PostgreSQL makes from the query and the catalog alone, so that it may be shown
 * to the one who wrote the query: those of its parser, which name a position in the query. Without
 * one the same code comes from a function that met a row's value (`to_tsquery(product_name)`).
 * All other errors may quote a value too and are described in our words.
 */
const showable: Readonly<Record<string, string>> = {
  '42601': 'Correct the syntax.',
  '42703': 'Call get_multiple_table_schemas for the columns of a table.',
  '42P01': 'Call list_tables for the tables and views that can be read.',
  '42883': 'Check the types of the arguments, or add a cast.',
  '42803': 'Add the column to GROUP BY or aggregate it.',
  '42804': 'Cast the values to one type.',
  '42702': 'Qualify the column with its table.',
  '42725': 'Cast the arguments so that one function matches.',
  '42P10': 'Use an expression of the select list.',
  '42712': 'Give every table an alias of its own.',
  '42P18': 'Cast the value to a type.',
  '42P20': 'Correct the window.',
  '42846': 'Use a cast that PostgreSQL has.',
};

const described: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  '22012': ['The query divides by zero.', 'Use nullif(divisor, 0).'],
  '22P02': ['A value cannot be read as the type that the query casts it to.', 'Correct the cast.'],
  '22007': ['A value is not a date or time.', 'Use ISO 8601, for example 2026-01-31.'],
  '22008': ['A date or time is out of range.', 'Use ISO 8601, for example 2026-01-31.'],
  '22003': ['A number is out of range.', 'Use numeric.'],
  '21000': ['A sub-query used as a value returned more than one row.', 'Aggregate or limit it.'],
  '42501': ['The query reads what this caller may not read.', 'Call list_tables.'],
  '54001': ['The query is nested too deeply.', 'Simplify the query.'],
  '25006': ['The query would write; only reading is allowed.', 'Write a SELECT.'],
};

/** Maps what PostgreSQL or its client threw to an error for callers; passes ours through. */
export function toDatabaseError(error: unknown): unknown {
  if (error instanceof RetailError) return error;
  if (error instanceof ConnectionLost || isConnectionLoss(error)) {
    return new RetailError('database_unavailable', 'The database cannot be reached.', {
      hint: 'Try again in a few seconds.',
      sqlStateClass: '08',
      cause: error,
    });
  }
  const { code, message, position } = error as Partial<pg.DatabaseError>;
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code)) return error;
  const sqlStateClass = code.slice(0, 2);
  if (code === '57014') {
    return new RetailError('query_timeout', 'The query took too long and was ended.', {
      hint: 'Filter by store, product or a shorter period, or aggregate before joining.',
      sqlStateClass,
      cause: error,
    });
  }
  if (sqlStateClass === '53' || sqlStateClass === '54') {
    return new RetailError('query_failed', 'The query needs more resources than it may use.', {
      hint: 'Aggregate, filter or limit earlier.',
      sqlStateClass,
      cause: error,
    });
  }
  const hint = position === undefined ? undefined : showable[code];
  if (hint) {
    return new RetailError('query_failed', message ?? 'The query failed.', {
      hint,
      sqlStateClass,
      cause: error,
    });
  }
  const [text, advice] = described[code] ?? [
    'PostgreSQL could not run the query.',
    'Simplify the query and check its casts.',
  ];
  return new RetailError('query_failed', text, { hint: advice, sqlStateClass, cause: error });
}
