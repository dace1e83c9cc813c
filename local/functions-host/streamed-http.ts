import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { RegisteredFunction } from './functions-core.ts';
import type { HttpCall } from './http-front.ts';
import { type InvocationLog, invoke } from './invocation.ts';
import type { FunctionApp } from './load-app.ts';

/**
 * HTTP streaming: the library reads the request and writes the answer itself, from the server that
 * Azure's host forwards to (`takeStreamServer`). The two meet by the invocation id in a header.
 */
export async function answerStreamed(
  app: FunctionApp,
  streamServer: Server,
  registered: RegisteredFunction,
  { request, response, invocationId, parameters }: HttpCall,
  log: InvocationLog,
): Promise<void> {
  const triggerMetadata = { ...parameters, Headers: { json: JSON.stringify(request.headers) } };
  const traceParent = request.headers.traceparent as string | undefined;
  addForwardingHeaders(request, invocationId);
  streamServer.emit('request', request, response);
  await invoke(
    app,
    registered,
    {
      invocationId,
      data: { http: {} },
      triggerMetadata,
      traceParent,
      onResult: (result) => cancelWhenClientLeaves(result, response),
    },
    log,
  );
  if (!response.headersSent) {
    throw new Error(
      'The function returned nothing. With HTTP streaming Azure sends no answer then, and the caller waits until it times out: return a response on every path.',
    );
  }
}

/** Set, never kept: a caller must not choose its invocation id or the URL that the function sees. */
function addForwardingHeaders({ headers }: IncomingMessage, invocationId: string): void {
  headers['x-ms-invocation-id'] = invocationId;
  headers['x-forwarded-host'] = headers.host;
  headers['x-forwarded-proto'] = 'http';
}

/**
 * The library pulls a streamed body to its end, whether anyone still listens or not (in Azure too).
 * Here the stream is cancelled when the connection closes, so that the function can stop its work.
 * The library reads the body by `values()`, which is why that is the method replaced.
 */
function cancelWhenClientLeaves(result: unknown, response: ServerResponse): void {
  const body = (result as { body?: unknown } | null | undefined)?.body;
  if (!(body instanceof ReadableStream)) return;
  body.values = () => read(body, response);
}

async function* read(body: ReadableStream, response: ServerResponse) {
  const reader = body.getReader();
  const cancel = () => {
    // A rejection is the stream's own error, which its reader sees as well.
    reader.cancel(new Error('The client closed the connection.')).catch(() => {});
  };
  if (response.destroyed) cancel();
  response.once('close', cancel);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      yield value;
    }
  } finally {
    response.off('close', cancel);
    cancel();
  }
}
