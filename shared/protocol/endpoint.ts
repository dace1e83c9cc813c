import {
  type AuthInfo,
  createMcpHandler,
  hostHeaderValidationResponse,
  isLegacyRequest,
  type McpServer,
  originValidationResponse,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { RetailError } from '../infrastructure/errors.ts';
import type { Identity } from '../infrastructure/identity.ts';
import type { RateClass } from '../infrastructure/rate-limit/rate-limiter.ts';
import { countCalls, toolNameOf } from './call-classes.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import { errorResponse } from './http-error.ts';
import { type BodyLimits, readJsonBody } from './json-body.ts';
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
  /** Who is asking, or the challenge that refuses; throws a RetailError to refuse otherwise. */
  identify(request: Request): Promise<Identity | Response>;
  /** Told to a caller whose token lacks a scope; absent where there are no tokens. */
  resourceMetadataUrl?: ((request: Request) => string) | undefined;
  /** Counts what the caller is about to do; throws a RetailError when that is too much. */
  admit(identity: Identity, calls: ReadonlyMap<RateClass, number>): Promise<void>;
  limits: BodyLimits & Readonly<{ maxHeaderBytes: number }>;
  /** Hostnames without ports, against DNS rebinding. */
  allowedHosts: readonly string[];
  allowedOrigins: readonly string[];
}>;

/** What is read of a request before the protocol sees it. */
type Handed = Readonly<{ authInfo: AuthInfo; parsedBody: unknown }>;

/**
 * The stateless MCP endpoint over web-standard requests, for both eras of the protocol: 2026-07-28
 * by `createMcpHandler`, and 2025-11-25 and earlier as JSON, or as a stream when notifications may
 * come before the answer (JSON has no room for them).
 */
export function createMcpEndpoint(options: Options): McpEndpoint {
  const { services, features, limits, allowedHosts, allowedOrigins } = options;
  const factory = createServerFactory(services, features);
  const modern = createMcpHandler(factory, {
    legacy: 'reject',
    maxRequestBodySize: limits.maxBytes,
  });

  return {
    close: () => modern.close(),
    async fetch(request) {
      const refused =
        hostHeaderValidationResponse(request, [...allowedHosts]) ??
        originValidationResponse(request, [...allowedOrigins]);
      if (refused) return refused;
      const requestId = crypto.randomUUID();
      const response = await answer(request, requestId).catch((thrown: unknown) =>
        errorResponse(thrown, requestId),
      );
      for (const [name, value] of corsHeaders(request)) response.headers.set(name, value);
      response.headers.set('x-request-id', requestId);
      return response;
    },
  };

  async function answer(request: Request, requestId: string): Promise<Response> {
    refuseLongHeaders(request, limits.maxHeaderBytes);
    if (request.method === 'OPTIONS') return preflightResponse();
    if (request.method !== 'POST') return methodNotAllowed();

    const identity = await options.identify(request);
    if (identity instanceof Response) return identity;
    const parsedBody = await readJsonBody(request, limits);
    await options.admit(identity, countCalls(parsedBody));

    const served: ServedRequest = { identity, requestId, toolName: toolNameOf(parsedBody) };
    const metadataUrl = options.resourceMetadataUrl?.(request);
    const authInfo = {
      token: '',
      clientId: identity.userId,
      scopes: identity.scopes.map((scope) => `${services.scopePrefix}${scope}`),
      ...(metadataUrl && { resourceMetadataUrl: metadataUrl }),
      extra: { served },
    };
    const handed = { authInfo, parsedBody };
    if (!(await isLegacyRequest(request, parsedBody))) return modern.fetch(request, handed);
    return answerLegacy(request, handed);
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

function refuseLongHeaders({ headers }: Request, maxBytes: number): void {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  if (bytes <= maxBytes) return;
  throw new RetailError('headers_too_large', `The headers are over ${maxBytes} bytes.`);
}

function wantsProgress(body: unknown): boolean {
  const messages = Array.isArray(body) ? body : [body];
  return messages.some(
    (message: { params?: { _meta?: { progressToken?: unknown } } } | null) =>
      message?.params?._meta?.progressToken !== undefined,
  );
}

function methodNotAllowed(): Response {
  return Response.json(
    {
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32_000,
        message: 'Method not allowed: the endpoint is stateless, use POST.',
      },
    },
    { status: 405, headers: { allow: 'POST, OPTIONS' } },
  );
}
