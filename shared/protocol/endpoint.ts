import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  type McpServer,
  originValidationResponse,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { toRetailError } from '../infrastructure/errors.ts';
import type { Identity } from '../infrastructure/identity.ts';
import { logError } from '../infrastructure/log.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import { readJsonBody } from './json-body.ts';
import { createServerFactory, type Feature, type ServedRequest } from './server.ts';
import type { RetailServices } from './services.ts';

export type McpEndpoint = Readonly<{
  /**
   * Answers one HTTP request; never rejects. `request.signal` cancels the work behind it, as long as
   * the caller keeps the request from being collected.
   */
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}>;

type Options = Readonly<{
  services: RetailServices;
  features: readonly Feature[];
  /** Who is asking; throws a RetailError to refuse. */
  identify(request: Request): Promise<Identity>;
  /** Hostnames without ports, against DNS rebinding. */
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
}>;

/** What is read of a request before the protocol sees it. */
type Handed = Readonly<{ authInfo: AuthInfo; parsedBody: unknown }>;

const maxBodyBytes = 1_048_576;

/**
 * The stateless MCP endpoint over web-standard requests, for both eras of the protocol: 2026-07-28
 * by `createMcpHandler`, and 2025-11-25 and earlier. Answers are JSON, or a stream when
 * notifications may come before the answer (JSON has no room for them).
 */
export function createMcpEndpoint(options: Options): McpEndpoint {
  const { services, features, identify, allowedHosts, allowedOrigins } = options;
  const factory = createServerFactory(services, features);
  const modern = (responseMode: 'auto' | 'sse') =>
    createMcpHandler(factory, { legacy: 'reject', maxRequestBodySize: maxBodyBytes, responseMode });
  const answering = modern('auto');
  // A host tells only of a stream that its caller has left.
  const streaming = modern('sse');

  return {
    async close() {
      await Promise.all([answering.close(), streaming.close()]);
    },
    async fetch(request) {
      const refused =
        hostHeaderValidationResponse(request, [...allowedHosts]) ??
        originValidationResponse(request, [...allowedOrigins]);
      if (refused) return refused;
      const requestId = crypto.randomUUID();
      const cors = corsHeaders(request);
      try {
        const response = await answer(request, requestId);
        for (const [name, value] of cors) response.headers.set(name, value);
        response.headers.set('x-request-id', requestId);
        return response;
      } catch (thrown) {
        return failure(thrown, requestId, cors);
      }
    },
  };

  async function answer(request: Request, requestId: string): Promise<Response> {
    if (request.method === 'OPTIONS') return preflightResponse();
    if (request.method !== 'POST') return methodNotAllowed();

    const identity = await identify(request);
    const body = await readJsonBody(request, maxBodyBytes);
    if (body instanceof Response) return body;
    const served: ServedRequest = { identity, requestId, toolName: toolNameOf(body.json) };
    const authInfo = {
      token: '',
      clientId: identity.userId,
      scopes: [...identity.scopes],
      extra: { served },
    };
    const handed = { authInfo, parsedBody: body.json };
    if (await isLegacyRequest(request, body.json)) return answerLegacy(request, handed);
    return (wantsProgress(body.json) ? streaming : answering).fetch(request, handed);
  }

  async function answerLegacy(request: Request, handed: Handed): Promise<Response> {
    const { authInfo, parsedBody } = handed;
    const server = (await factory({ era: 'legacy', authInfo, requestInfo: request })) as McpServer;
    const streams = wantsProgress(parsedBody) || server.server.getCapabilities().logging;
    const transport = new WebStandardStreamableHTTPServerTransport({
      enableJsonResponse: !streams,
    });
    const close = () => void server.close().catch(() => {});
    const { promise: left, resolve: leave } = Promise.withResolvers<Response>();
    const onAbort = () => {
      close();
      // The transport leaves an answer that it was still to give pending for ever.
      leave(new Response(null, { status: 499 }));
    };
    request.signal.addEventListener('abort', onAbort, { once: true });
    try {
      await server.connect(transport);
      return await Promise.race([transport.handleRequest(request, handed), left]);
    } finally {
      // A stream goes on after its head is returned; only a caller that leaves it ends it early.
      if (!streams) {
        request.signal.removeEventListener('abort', onAbort);
        close();
      }
    }
  }
}

function toolNameOf(body: unknown): string | undefined {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } };
  return method === 'tools/call' && typeof params?.name === 'string' ? params.name : undefined;
}

function wantsProgress(body: unknown): boolean {
  const messages = Array.isArray(body) ? body : [body];
  return messages.some(
    (message: { params?: { _meta?: { progressToken?: unknown } } } | null) =>
      message?.params?._meta?.progressToken !== undefined,
  );
}

function methodNotAllowed(): Response {
  return jsonRpcError(405, -32_000, 'Method not allowed: the endpoint is stateless, use POST.', {
    allow: 'POST, OPTIONS',
  });
}

const statusOf: Partial<Record<string, number>> = {
  invalid_request: 400,
  forbidden: 403,
  not_found: 404,
  busy: 503,
  database_unavailable: 503,
};

function failure(thrown: unknown, requestId: string, cors: Headers): Response {
  const error = toRetailError(thrown);
  logError('mcp', requestId, error);
  const status = statusOf[error.code] ?? 500;
  const response = jsonRpcError(
    status,
    status < 500 ? -32_600 : -32_603,
    error.message,
    Object.fromEntries(cors),
    { code: error.code, ...(error.hint && { hint: error.hint }), request_id: requestId },
  );
  if (status === 503) response.headers.set('retry-after', '2');
  return response;
}

function jsonRpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string>,
  data?: object,
): Response {
  return Response.json(
    { jsonrpc: '2.0', id: null, error: { code, message, ...(data && { data }) } },
    { status, headers },
  );
}
