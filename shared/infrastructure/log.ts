import type { RetailError } from './errors.ts';

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line of JSON on standard output: the host, or Azure, collects it. */
export function logEvent(event: string, fields: Fields): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), event, ...fields }));
}

/**
 * A failed operation, with the cause that the caller is not told. SQL never stands in it: messages
 * of PostgreSQL can quote values, so that of them only SQLSTATE is kept.
 */
export function logError(operation: string, requestId: string, error: RetailError): void {
  const expected = error.code !== 'internal';
  logEvent('operation_failed', {
    operation,
    request_id: requestId,
    code: error.code,
    sqlstate: sqlStateOf(error.cause),
    cause: expected ? undefined : describe(error.cause),
  });
}

function sqlStateOf(cause: unknown): string | undefined {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function describe(cause: unknown): string | undefined {
  if (cause === undefined) return undefined;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
