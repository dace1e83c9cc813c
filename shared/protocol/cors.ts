/** Headers that a browser may send to the endpoint, and those that it may read of an answer. */
const requestHeaders = [
  'content-type',
  'accept',
  'authorization',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'x-rls-user-id',
  'traceparent',
  'tracestate',
].join(', ');
const responseHeaders = 'x-request-id, mcp-protocol-version, www-authenticate, retry-after';

/**
 * The CORS headers of an answer (https://fetch.spec.whatwg.org/#http-cors-protocol). They name the
 * request's own origin, because the origin was checked before; no cookies are used.
 */
export function corsHeaders(request: Request): Headers {
  const headers = new Headers({ vary: 'origin' });
  const origin = request.headers.get('origin');
  if (origin !== null) {
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-expose-headers', responseHeaders);
  }
  return headers;
}

export function preflightResponse(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': requestHeaders,
      'access-control-max-age': '86400',
    },
  });
}
