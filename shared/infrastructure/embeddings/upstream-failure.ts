import { BrokenCircuitError, BulkheadRejectedError, TaskCancelledError } from 'cockatiel';
import { RetailError } from '../errors.ts';
import { requestedWaitMs } from './rate-limit.ts';

/**
 * What a failed call says of the service:
 *
 * - `outage`: no usable answer: no connection, no time left, 5xx, 408, or an answer that cannot be
 *   read. Tried again, and counted by the circuit breaker.
 * - `throttled`: 429. Tried again when the service allows; the service is well, so not counted.
 * - `refused`: 400, 413, 422: this text will never be taken. Not tried again, not counted.
 * - `misconfigured`: 401, 403, 404 and other 4xx: no text will be taken until the operator acts.
 *   Not tried again, not counted: the breaker's waits would only hide the reason.
 * - `unsent`: we ended or held back the call ourselves; says nothing of the service.
 */
export type FailureKind = 'outage' | 'throttled' | 'refused' | 'misconfigured' | 'unsent';

/** Thrown in place of whatever a call fails with once its caller or its deadline has ended it. */
export const callEnded = new Error('the call was ended before the service answered');

export function failureKind(thrown: unknown): FailureKind {
  if (thrown === callEnded) return 'unsent';
  if (thrown instanceof BrokenCircuitError || thrown instanceof BulkheadRejectedError) {
    return 'unsent';
  }
  const status = statusOf(thrown);
  if (status === undefined || status === 408 || status >= 500) return 'outage';
  if (status === 429) return 'throttled';
  if (status === 400 || status === 413 || status === 422) return 'refused';
  return 'misconfigured';
}

/** How long the service asks us to stay away, in milliseconds; 0 when it does not say. */
export function waitAskedMs(thrown: unknown, now: number): number {
  const { headers } = Object(thrown) as { headers?: unknown };
  return headers instanceof Headers ? requestedWaitMs(headers, now) : 0;
}

/** For logs and /health: a status or a kind of fault, never what the service wrote. */
export function describeFailure(thrown: unknown): string {
  const status = statusOf(thrown);
  if (status !== undefined) return `HTTP ${status}`;
  if (thrown instanceof TaskCancelledError) return 'no answer in time';
  return faultCode(thrown) ?? (thrown instanceof Error ? thrown.constructor.name : 'unknown fault');
}

/** The code of the socket or the resolver, such as ECONNREFUSED: fetch wraps it in other errors. */
function faultCode(thrown: unknown): string | undefined {
  const { code, cause } = Object(thrown) as { code?: unknown; cause?: unknown };
  if (cause !== undefined) return faultCode(cause);
  return typeof code === 'string' ? code : undefined;
}

/** @param retryAfterMs Milliseconds until another call can succeed, as far as is known. */
export function upstreamError(thrown: unknown, retryAfterMs: number): RetailError {
  const kind = failureKind(thrown);
  if (kind === 'refused') {
    return new RetailError('invalid_request', 'The embedding service did not accept the text.', {
      hint: 'Send another text.',
      cause: describeFailure(thrown),
    });
  }
  if (kind === 'misconfigured') {
    return new RetailError('upstream_unavailable', 'The embedding service refuses this server.', {
      hint: 'Trying again will not help: the operator must check the endpoint, the deployment, and the key or the role of the identity.',
      cause: describeFailure(thrown),
    });
  }
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return new RetailError('upstream_unavailable', 'The embedding service is not available.', {
    hint: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    cause: describeFailure(thrown),
  });
}

function statusOf(thrown: unknown): number | undefined {
  const { status } = Object(thrown) as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
