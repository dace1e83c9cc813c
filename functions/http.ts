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

/**
 * The calls whose answer has not ended. The request is kept with them: undici holds the way from a
 * signal to a Request's own signal weakly, so that one that was collected never learns of an abort.
 */
type Call = { caller: AbortController; request?: Request };
const inFlight = new Set<Call>();
let whenIdle: (() => void) | undefined;

/**
 * A handler for the Functions host. It catches everything, because with HTTP streaming a handler
 * that throws or returns nothing leaves its caller without an answer; and it knows the calls in
 * flight, so that the end of the process can wait for them.
 */
export function httpHandler(answer: (request: Request) => Promise<Response>): HttpHandler {
  return async (request, context) => {
    const call: Call = { caller: new AbortController() };
    inFlight.add(call);
    let streamed = false;
    try {
      call.request = toWebRequest(request, call.caller.signal);
      const response = await answer(call.request);
      streamed = isEventStream(response);
      return toFunctionResponse(response, streamed ? call : undefined);
    } catch (thrown) {
      logError(context.functionName, context.invocationId, toRetailError(thrown));
      return {
        status: 500,
        headers: securityHeaders,
        jsonBody: { status: 'error', reason: 'internal' },
      };
    } finally {
      discardRest(request.body as ReadableStream<Uint8Array> | null).catch(() => {});
      if (!streamed) ended(call);
    }
  };
}

function isEventStream({ headers, body }: Response): boolean {
  return body !== null && headers.get('content-type')?.startsWith('text/event-stream') === true;
}

function ended(call: Call): void {
  inFlight.delete(call);
  if (inFlight.size === 0) whenIdle?.();
}

/** Resolves when no call is in flight, or when the time is over. */
export async function drain(timeoutMs: number): Promise<void> {
  if (inFlight.size === 0) return;
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

function toFunctionResponse(response: Response, streamed: Call | undefined): HttpResponseInit {
  const { status, headers, body } = response;
  for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value);
  // A proxy that compresses a stream holds it back.
  if (streamed) headers.append('cache-control', 'no-transform');
  return {
    status,
    headers: headers as HttpResponseInit['headers'],
    ...(body && { body: streamed ? abortedByLeaving(body, streamed) : body }),
  } as HttpResponseInit;
}

/** A caller that leaves a streamed answer aborts the signal of its request. */
function abortedByLeaving(body: ReadableStream<Uint8Array>, call: Call) {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        ended(call);
        controller.close();
      } catch (error) {
        ended(call);
        throw error;
      }
    },
    async cancel(reason) {
      call.caller.abort(reason);
      ended(call);
      await reader.cancel(reason);
    },
  });
}
