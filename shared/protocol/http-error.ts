import { ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type ErrorCode, toRetailError } from '../infrastructure/errors.ts';
import { logError } from '../infrastructure/log.ts';

/** The HTTP status of each error, where it is answered before the protocol has begun. */
const statuses: Record<ErrorCode, number> = {
  invalid_request: 400,
  malformed_json: 400,
  request_too_large: 413,
  headers_too_large: 431,
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  not_found: 404,
  query_refused: 400,
  query_failed: 400,
  answer_too_large: 400,
  query_cancelled: 499,
  query_timeout: 504,
  busy: 503,
  database_unavailable: 503,
  upstream_unavailable: 503,
  internal: 500,
};

/** A server that cannot answer now says when to come back. */
const defaultRetryAfterSeconds = 2;

/**
 * The answer to a request that ends with an error before a method runs: a JSON-RPC error, with the
 * status of HTTP, the code and the request id, under which the log holds the cause.
 */
export function errorResponse(thrown: unknown, requestId: string): Response {
  const error = toRetailError(thrown);
  logError('mcp', requestId, error);
  const { code, message, hint, retryAfterSeconds } = error;
  const status = statuses[code];
  const retryAfter = retryAfterSeconds ?? (status === 503 ? defaultRetryAfterSeconds : undefined);
  return Response.json(
    {
      jsonrpc: '2.0',
      id: null,
      error: {
        code: jsonRpcCode(code),
        message,
        data: { code, ...(hint && { hint }), request_id: requestId },
      },
    },
    {
      status,
      headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    },
  );
}

function jsonRpcCode(code: ErrorCode): number {
  if (code === 'malformed_json') return ProtocolErrorCode.ParseError;
  return statuses[code] < 500 ? ProtocolErrorCode.InvalidRequest : ProtocolErrorCode.InternalError;
}
