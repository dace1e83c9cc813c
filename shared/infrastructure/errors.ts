/**
 * The one error type that callers may see. Everything else is mapped to it once, at the edge, and
 * becomes `internal`: a message is written for the caller here or not shown at all.
 */
export type ErrorCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'request_too_large'
  | 'headers_too_large'
  | 'unauthenticated'
  | 'forbidden'
  | 'rate_limited'
  | 'not_found'
  | 'query_refused'
  | 'query_failed'
  | 'query_timeout'
  | 'query_cancelled'
  | 'answer_too_large'
  | 'busy'
  | 'database_unavailable'
  | 'upstream_unavailable'
  | 'internal';

export type RetailErrorOptions = {
  /** What the caller can do about it. */
  hint?: string;
  /** The two-character SQLSTATE class, where PostgreSQL raised the error. */
  sqlStateClass?: string;
  /** When it is worth trying again. */
  retryAfterSeconds?: number;
  /** For the log only; never part of an answer. */
  cause?: unknown;
};

export class RetailError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly sqlStateClass: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: RetailErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'RetailError';
    this.code = code;
    this.hint = options.hint;
    this.sqlStateClass = options.sqlStateClass;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Maps anything thrown to a `RetailError`; what is not ours says nothing of itself. */
export function toRetailError(thrown: unknown): RetailError {
  if (thrown instanceof RetailError) return thrown;
  return new RetailError('internal', 'The server could not complete the call.', {
    hint: 'Try again; if it goes on, give the request id to the operator.',
    cause: thrown,
  });
}
