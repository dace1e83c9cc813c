import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { AdminAnswer } from './admin.ts';
import type { RegisteredFunction, TypedData } from './functions-core.ts';
import type { InvocationLog } from './invocation.ts';
import type { Route } from './routes.ts';

export type HttpFunction = Readonly<{ name: string; route: Route; registered: RegisteredFunction }>;

/** One HTTP request on its way through a function. */
export type HttpCall = Readonly<{
  request: IncomingMessage;
  response: ServerResponse;
  invocationId: string;
  parameters: Record<string, TypedData>;
}>;

export type HttpFront = Readonly<{
  server: Server;
  /** Resolves when every call that is in flight has been answered and has ended. */
  drained(): Promise<void>;
}>;

/** Azure's load balancer gives up on a request that has no answer after this time. */
const answerTimeoutMs = 230_000;

/** Kestrel's: a shorter one than the client's own makes it send into a closing connection. */
const keepAliveTimeoutMs = 130_000;

const isHost = (name = '') => /^[\w.:[\]-]+$/.test(name) && URL.canParse(`http://${name}`);

/** The server in front of the app: finds the function, and sees that each call has an end. */
export function createHttpFront(
  functions: readonly HttpFunction[],
  answer: (registered: RegisteredFunction, call: HttpCall) => Promise<void>,
  functionTimeoutMs: number,
  admin: (path: string, request: IncomingMessage) => AdminAnswer,
  log: InvocationLog,
): HttpFront {
  const inFlight = new Set<Promise<void>>();

  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (request, response) => {
    const { url = '', headers } = request;
    if (!url.startsWith('/') || !isHost(headers.host)) return end(response, 400);
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    if (/^\/admin(\/|$)/i.test(path)) {
      const { status, body } = admin(path, request);
      return end(response, status, body);
    }
    const ended = serve(path, request, response)
      .then(() => closed(response))
      .finally(() => inFlight.delete(ended));
    inFlight.add(ended);
  });

  async function serve(path: string, request: IncomingMessage, response: ServerResponse) {
    const found = find(path, request.method ?? '');
    if (!found) return end(response, 404);
    const { name, registered, parameters } = found;
    const call = { request, response, invocationId: randomUUID(), parameters };
    const fail = (status: number, reason: string) => {
      log('error', name, call.invocationId, reason);
      end(response, status);
    };
    const timer = limit(response, functionTimeoutMs, (ms) =>
      fail(504, `no answer within ${ms / 1000} s; the function may be running still`),
    );
    try {
      await answer(registered, call);
    } catch (error) {
      fail(500, inspect(error));
    } finally {
      timer.stop();
    }
  }

  function find(path: string, method: string) {
    for (const candidate of functions) {
      if (!candidate.route.methods.includes(method)) continue;
      const parameters = candidate.route.match(path);
      if (parameters) return { ...candidate, parameters };
    }
    return undefined;
  }

  return {
    server,
    async drained() {
      while (inFlight.size > 0) await Promise.all(inFlight);
    },
  };
}

/** Ends the answer: with the status while it has not begun, by closing the connection after that. */
function end(response: ServerResponse, status: number, body?: object): void {
  if (response.headersSent) {
    if (!response.writableFinished) response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (body) {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  } else {
    response.writeHead(status, { 'content-length': 0 }).end();
  }
}

/** Calls `expire` when the answer has not begun in time, or is not complete at the function's timeout. */
function limit(
  response: ServerResponse,
  functionTimeoutMs: number,
  expire: (afterMs: number) => void,
) {
  const firstMs = Math.min(answerTimeoutMs, functionTimeoutMs);
  let timer = setTimeout(() => {
    const restMs = functionTimeoutMs - firstMs;
    if (!response.headersSent || restMs === 0) expire(firstMs);
    else if (Number.isFinite(restMs)) timer = setTimeout(expire, restMs, functionTimeoutMs).unref();
  }, firstMs).unref();
  return { stop: () => clearTimeout(timer) };
}

function closed(response: ServerResponse): Promise<void> | undefined {
  if (response.closed) return undefined;
  return new Promise((resolve) => response.once('close', () => resolve()));
}
