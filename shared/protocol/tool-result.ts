import type { CallToolResult } from '@modelcontextprotocol/server';
import { toRetailError } from '../infrastructure/errors.ts';
import { logError } from '../infrastructure/log.ts';

/** Structured content with the same as text, for clients that read only text. */
export function successResult(
  result: Record<string, unknown>,
  text: string | undefined,
): CallToolResult {
  return {
    content: [{ type: 'text', text: text ?? JSON.stringify(result) }],
    structuredContent: result,
  };
}

/**
 * A tool error: the code, the message for the caller, the hint and the request id, under which the
 * log holds the cause. Structured content is left out because clients hold it against the tool's
 * output schema; the same fields are in `_meta`.
 */
export function errorResult(
  thrown: unknown,
  { operation, requestId }: { operation: string; requestId: string },
): CallToolResult {
  const error = toRetailError(thrown);
  logError(operation, requestId, error);
  const { code, message, hint, sqlStateClass } = error;
  const lines = [
    `${code}: ${message}`,
    ...(hint ? [`Hint: ${hint}`] : []),
    ...(sqlStateClass ? [`SQLSTATE class: ${sqlStateClass}`] : []),
    `Request id: ${requestId}`,
  ];
  return {
    isError: true,
    content: [{ type: 'text', text: lines.join('\n') }],
    _meta: {
      'zava.retail/error': {
        code,
        message,
        ...(hint && { hint }),
        ...(sqlStateClass && { sqlstate_class: sqlStateClass }),
        request_id: requestId,
      },
    },
  };
}
