import {
  bearerAuthChallengeResponse,
  OAuthError,
  OAuthErrorCode,
} from '@modelcontextprotocol/server';
import { RetailError } from '../infrastructure/errors.ts';
import type { AccessToken, VerifyAccessToken } from '../infrastructure/tokens/access-token.ts';

type Options = Readonly<{
  verify: VerifyAccessToken;
  /** The scopes that a client asks for first; an operation that needs another says so itself. */
  scopes: string[];
  resourceMetadataUrl(request: Request): string;
}>;

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const credentials = /^Bearer +([\w.~+/-]+=*)$/i;

/**
 * The token of a request, or the challenge that tells a client where to get one
 * (https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization). A token counts in
 * the Authorization header alone.
 *
 * @throws RetailError `upstream_unavailable` when tokens cannot be verified now.
 */
export function createBearerAuthentication({ verify, scopes, resourceMetadataUrl }: Options) {
  return async (request: Request): Promise<AccessToken | Response> => {
    const metadataUrl = resourceMetadataUrl(request);
    const header = request.headers.get('authorization');
    if (header === null) return invitation(scopes, metadataUrl);
    const [, token] = credentials.exec(header) ?? [];
    if (token === undefined) return challenge('The header is not "Bearer <token>".', metadataUrl);
    try {
      return await verify(token);
    } catch (error) {
      if (!(error instanceof RetailError) || error.code !== 'unauthenticated') throw error;
      return challenge(error.message, metadataUrl);
    }
  };

  function challenge(reason: string, metadataUrl: string): Response {
    return bearerAuthChallengeResponse(new OAuthError(OAuthErrorCode.InvalidToken, reason), {
      requiredScopes: scopes,
      resourceMetadataUrl: metadataUrl,
    });
  }
}

/** Without a token nothing is wrong with it: https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
function invitation(scopes: readonly string[], metadataUrl: string): Response {
  const parameters = `scope="${scopes.join(' ')}", resource_metadata="${metadataUrl}"`;
  return Response.json(
    { error: 'unauthenticated', error_description: 'The request has no bearer token.' },
    { status: 401, headers: { 'www-authenticate': `Bearer ${parameters}` } },
  );
}
