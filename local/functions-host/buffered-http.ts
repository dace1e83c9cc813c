import type { IncomingMessage } from 'node:http';
import type { RegisteredFunction } from './functions-core.ts';
import type { HttpCall } from './http-front.ts';
import { type InvocationLog, invoke } from './invocation.ts';
import type { FunctionApp } from './load-app.ts';

type Nullable<T> = { value?: T | null } | null | undefined;

/** An HTTP answer as the worker's RPC carries it. */
type RpcHttpAnswer = {
  statusCode: string;
  headers: Record<string, string>;
  body?: { bytes?: Uint8Array } | null;
  cookies: RpcCookie[];
};

type RpcCookie = {
  name: string;
  value: string;
  domain?: Nullable<string>;
  path?: Nullable<string>;
  expires?: Nullable<{ seconds: number }>;
  maxAge?: Nullable<number>;
  secure?: Nullable<boolean>;
  httpOnly?: Nullable<boolean>;
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
};

/** Without HTTP streaming: the whole request goes in as one value, the whole answer comes out as one. */
export async function answerBuffered(
  app: FunctionApp,
  registered: RegisteredFunction,
  { request, response, invocationId, parameters }: HttpCall,
  log: InvocationLog,
): Promise<void> {
  const { headers } = request;
  const http = {
    method: request.method,
    url: `http://${headers.host}${request.url}`,
    nullableHeaders: nullable(Object.entries(headers)),
    nullableParams: nullable(
      Object.entries(parameters).map(([name, { string }]) => [name, string]),
    ),
    body: { bytes: await readBody(request) },
  };
  const traceParent = headers.traceparent as string | undefined;
  const invocation = { invocationId, data: { http }, triggerMetadata: {}, traceParent };
  const value = await invoke(app, registered, invocation, log);
  const answer = value?.http as RpcHttpAnswer | undefined;
  if (!answer) {
    response.writeHead(204).end();
    return;
  }
  if (answer.cookies.length > 0) response.setHeader('set-cookie', answer.cookies.map(setCookie));
  response.writeHead(Number(answer.statusCode), answer.headers).end(answer.body?.bytes);
}

function nullable(entries: [string, unknown][]) {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value: String(value) }]));
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** https://www.rfc-editor.org/rfc/rfc6265#section-4.1 */
function setCookie({ name, value, sameSite, ...attributes }: RpcCookie): string {
  const { domain, path, expires, maxAge, secure, httpOnly } = attributes;
  const site = { none: undefined, lax: 'Lax', strict: 'Strict', explicitNone: 'None' };
  return [
    `${name}=${encodeURIComponent(value)}`,
    domain?.value && `Domain=${domain.value}`,
    path?.value && `Path=${path.value}`,
    expires?.value && `Expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    typeof maxAge?.value === 'number' && `Max-Age=${maxAge.value}`,
    secure?.value && 'Secure',
    httpOnly?.value && 'HttpOnly',
    sameSite && site[sameSite] && `SameSite=${site[sameSite]}`,
  ]
    .filter(Boolean)
    .join('; ');
}
