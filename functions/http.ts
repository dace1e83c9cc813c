import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import { toRetailError } from '../shared/infrastructure/errors.ts';
import { logError } from '../shared/infrastructure/log.ts';

/** On every answer: it is for its caller alone, of the type it says, and comes by TLS. */
const securityHeaders = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
};

const mostDiscarded = 16 * 1_048_576;

let inFlight = 0;
let whenIdle: (() => void) | undefined;

/**
 * A handler for the Functions host. It catches everything, because with HTTP streaming a handler
 * that throws or returns nothing leaves its caller without an answer; and it counts the calls in
 * flight, so that the end of the process can wait for them.
 */
export function httpHandler(answer: (request: Request) => Promise<Response>): HttpHandler {
  return async (request, context) => {
    inFlight += 1;
    const caller = new AbortController();
    try {
      const response = await answer(toWebRequest(request, caller.signal));
      return toFunctionResponse(response, caller);
    } catch (thrown) {
      logError(context.functionName, context.invocationId, toRetailError(thrown));
      return {
        status: 500,
        headers: securityHeaders,
        jsonBody: { status: 'error', reason: 'internal' },
      };
    } finally {
      discardRest(request.body as ReadableStream<Uint8Array> | null).catch(() => {});
      inFlight -= 1;
      if (inFlight === 0) whenIdle?.();
    }
  };
}

/** Resolves when no call is in flight, or when the time is over. */
export async function drain(timeoutMs: number): Promise<void> {
  if (inFlight === 0) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  whenIdle = resolve;
  await promise;
  clearTimeout(timer);
}

function toWebRequest(request: HttpRequest, signal: AbortSignal): Request {
  const hasBody = request.body !== null && request.method !== 'GET' && request.method !== 'HEAD';
  return new Request(request.url, {
    method: request.method,
    headers: request.headers as Headers,
    signal,
    ...(hasBody && { body: request.body as ReadableStream, duplex: 'half' }),
  } as RequestInit);
}

/**
 * Reads what an early answer left of the body: it would stand before the connection's next request,
 * which may be another caller's. Whoever sends very much more loses the connection.
 */
async function discardRest(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (!body || body.locked) return;
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostDiscarded) return;
  }
}

/** A caller that leaves a streamed answer aborts the signal of its request. */
function toFunctionResponse(response: Response, caller: AbortController): HttpResponseInit {
  const { status, headers, body } = response;
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value);
  const streamed = headers.get('content-type')?.startsWith('text/event-stream');
  // A proxy that compresses a stream holds it back.
  if (streamed) headers.append('cache-control', 'no-transform');
  return {
    status,
    headers: headers as HttpResponseInit['headers'],
    ...(body && { body: streamed ? abortedByLeaving(body, caller) : body }),
  } as HttpResponseInit;
}

function abortedByLeaving(body: ReadableStream<Uint8Array>, caller: AbortController) {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel(reason) {
      caller.abort(reason);
      await reader.cancel(reason);
    },
  });
}
