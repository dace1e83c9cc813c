import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/server';
import { scopes } from '../infrastructure/identity.ts';

/** The endpoint as clients name it: below its public address, or below where the request came. */
function resourceUrl(publicUrl: string | undefined, request: Request): URL {
  return new URL(`${publicUrl ?? new URL(request.url).origin}/mcp`);
}

export function resourceMetadataUrl(publicUrl: string | undefined, request: Request): string {
  return getOAuthProtectedResourceMetadataUrl(resourceUrl(publicUrl, request));
}

type Options = Readonly<{
  publicUrl: string | undefined;
  authorizationServer: string;
  scopePrefix: string;
}>;

/** A client in a browser reads the document from an origin of its own. */
const cors = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'mcp-protocol-version',
};

/** Where clients get tokens for this server: https://www.rfc-editor.org/rfc/rfc9728 */
export function resourceMetadataResponse(
  request: Request,
  { publicUrl, authorizationServer, scopePrefix }: Options,
): Response {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: cors });
  const metadata = {
    resource: resourceUrl(publicUrl, request).href,
    resource_name: 'Zava Retail analytics',
    authorization_servers: [authorizationServer],
    scopes_supported: scopes.map((scope) => `${scopePrefix}${scope}`),
    bearer_methods_supported: ['header'],
  };
  return Response.json(metadata, { headers: cors });
}
