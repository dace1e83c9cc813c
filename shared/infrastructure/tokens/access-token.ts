import { hash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { RetailError } from '../errors.ts';
import { type Scope, scopes } from '../identity.ts';
import type { TokenPolicy } from './token-policy.ts';

/** What a verified token says. Stores and regions are undefined where it does not speak of them. */
export type AccessToken = Readonly<{
  subject: string;
  clientId: string;
  /** `jti`, or Entra's `uti`. */
  tokenId: string | undefined;
  /** Unix time in seconds. */
  issuedAt: number | undefined;
  /** Unix time in seconds; the token is accepted until then. */
  expiresAt: number;
  roles: readonly string[];
  stores: readonly string[] | undefined;
  regions: readonly string[] | undefined;
  scopes: readonly Scope[];
}>;

export type VerifyAccessToken = (token: string) => Promise<AccessToken>;

type Options = Readonly<{
  policy: TokenPolicy;
  keys: JWTVerifyGetKey;
  /** Asked at every call, also for a token that was verified before. */
  isRevoked(token: AccessToken): Promise<boolean>;
}>;

/** Signatures of a key pair alone: with a shared secret, whoever verifies could also sign. */
const algorithms = ['RS256', 'PS256', 'ES256'];
const leewaySeconds = 60;
const maxSubjectLength = 255;
const maxRemembered = 10_000;
/** Tokens expire by it; a monotonic clock may stand still while an instance is suspended. */
const wallClock = { now: () => Date.now() };

/**
 * Verifies access tokens in the form of a JWT. One that was verified is remembered by its hash until
 * it expires.
 *
 * @throws RetailError `unauthenticated` when the token is not acceptable, `upstream_unavailable`
 *   when the issuer's keys cannot be had.
 */
export function createAccessTokenVerifier({ policy, keys, isRevoked }: Options): VerifyAccessToken {
  const remembered = new LRUCache<string, AccessToken>({ max: maxRemembered, perf: wallClock });

  return async (token) => {
    const key = hash('sha256', token, 'base64');
    let verified = remembered.get(key);
    if (!verified) {
      verified = await verify(token, policy, keys);
      const ttl = verified.expiresAt * 1000 - Date.now();
      if (ttl > 0) remembered.set(key, verified, { ttl });
    }
    if (await isRevoked(verified)) throw refusal('The token was revoked.');
    return verified;
  };
}

async function verify(
  token: string,
  policy: TokenPolicy,
  keys: JWTVerifyGetKey,
): Promise<AccessToken> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms,
      issuer: [...policy.issuers],
      audience: [...policy.audiences],
      clockTolerance: leewaySeconds,
      requiredClaims: ['exp'],
    });
    return readClaims(payload, policy);
  } catch (error) {
    if (error instanceof RetailError) throw error;
    throw refusal(reasonOf(error), error);
  }
}

function readClaims(payload: JWTPayload, { claims, scopePrefix }: TokenPolicy): AccessToken {
  const subject = payload[claims.subject];
  if (typeof subject !== 'string' || subject === '' || subject.length > maxSubjectLength) {
    throw refusal('The token names no subject.');
  }
  const granted = claims.scopes.flatMap((name) => words(payload[name]) ?? []);
  return {
    subject,
    clientId: words(payload.azp ?? payload.appid ?? payload.client_id)?.[0] ?? subject,
    tokenId: words(payload.jti ?? payload.uti)?.[0],
    issuedAt: payload.iat,
    expiresAt: (payload.exp ?? 0) + leewaySeconds,
    roles: words(payload[claims.roles]) ?? [],
    stores: words(payload[claims.stores]),
    regions: words(payload[claims.regions]),
    scopes: scopes.filter(
      (scope) => granted.includes(scope) || granted.includes(`${scopePrefix}${scope}`),
    ),
  };
}

/** A claim of several words, as an array or as one text; a claim of another form has none. */
function words(claim: unknown): string[] | undefined {
  if (claim === undefined) return undefined;
  if (typeof claim === 'string') return claim.split(/[\s,]+/).filter((word) => word !== '');
  if (!Array.isArray(claim) || claim.some((word) => typeof word !== 'string')) return [];
  return claim;
}

/** In words of ours: they are sent to the caller in a header. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'The token is of another issuer.';
    if (error.claim === 'aud') return 'The token is for another audience.';
    if (error.claim === 'nbf') return 'The token is not valid yet.';
  }
  return 'The token cannot be verified.';
}

function refusal(message: string, cause?: unknown): RetailError {
  return new RetailError('unauthenticated', message, { cause });
}
