import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { RetailError } from '../errors.ts';
import { logEvent } from '../log.ts';
import { secureUrl } from '../settings/fields.ts';

type Options = Readonly<{
  issuer: string;
  /** Absent: the issuer's metadata says. */
  jwksUrl?: string | undefined;
  /** The issuer is asked at most once in this time, whatever tokens arrive. */
  cooldownMs?: number;
}>;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

const answerTimeoutMs = 3_000;
const refreshMs = 600_000;
/** Keys that could not be refreshed for so long are no longer believed. */
const lifetimeMs = 86_400_000;

/**
 * The issuer's public keys, as `jwtVerify` asks for them. jose keeps them, and asks again for a
 * `kid` that it does not know. Added here: a token under a known key never waits for the issuer, so
 * that an outage of the issuer is not ours, and attempts that fail count for the cool-down too.
 *
 * @throws RetailError `upstream_unavailable` while there are no keys to verify with.
 */
export function createIssuerKeys({
  issuer,
  jwksUrl,
  cooldownMs = 5_000,
}: Options): JWTVerifyGetKey {
  const ask = sparingly(issuer, cooldownMs);
  const askForLocation = sparingly(issuer, cooldownMs);
  let refreshAt = 0;
  let opening: Promise<KeySet> | undefined;
  let keys: KeySet | undefined;

  return async (header, token) => {
    try {
      keys ??= await open();
      if (keys.fresh && Date.now() > refreshAt) keys.reload().catch(() => {});
      return await keys(header, token);
    } catch (error) {
      if (keys?.fresh) throw new errors.JWKSNoMatchingKey(undefined, { cause: error });
      throw new RetailError('upstream_unavailable', 'Tokens cannot be verified at the moment.', {
        hint: 'Try again in a few seconds.',
        retryAfterSeconds: Math.ceil(cooldownMs / 1000),
        cause: error,
      });
    }
  };

  function open(): Promise<KeySet> {
    opening ??= locate().finally(() => {
      opening = undefined;
    });
    return opening;
  }

  async function locate(): Promise<KeySet> {
    const url = jwksUrl ?? (await askForLocation(() => discoverJwksUrl(issuer)));
    return createRemoteJWKSet(new URL(url), {
      [customFetch]: (...request) => ask(() => fetchKeys(...request)),
      cooldownDuration: 0,
      cacheMaxAge: lifetimeMs,
      timeoutDuration: answerTimeoutMs,
    });
  }

  async function fetchKeys(...request: Parameters<typeof fetch>): Promise<Response> {
    const response = await fetch(...request);
    if (!response.ok) throw new Error(`the issuer answered ${response.status} for its keys`);
    refreshAt = Date.now() + refreshMs;
    return response;
  }
}

/** Runs what asks the issuer, at most once in the cool-down; what comes too early is refused. */
function sparingly(issuer: string, cooldownMs: number) {
  let lastRun = Number.NEGATIVE_INFINITY;
  return async <Value>(work: () => Promise<Value>): Promise<Value> => {
    const now = performance.now();
    if (now - lastRun < cooldownMs) throw new Error('the issuer was asked a moment ago');
    lastRun = now;
    try {
      return await work();
    } catch (error) {
      logEvent('issuer_unavailable', { issuer, reason: String(error) });
      throw error;
    }
  };
}

const metadata = z.object({ issuer: z.string(), jwks_uri: secureUrl });

/**
 * `jwks_uri` of the issuer's metadata: OpenID Connect Discovery, or RFC 8414 where the first is not
 * there. Metadata that names another issuer is refused
 * (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation).
 */
async function discoverJwksUrl(issuer: string): Promise<string> {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const found =
    (await fetchMetadata(`${origin}${path}/.well-known/openid-configuration`)) ??
    (await fetchMetadata(`${origin}/.well-known/oauth-authorization-server${path}`));
  if (!found) throw new Error('the issuer has no metadata: set AUTH_JWKS_URL');
  if (found.issuer !== issuer) throw new Error('the metadata is of another issuer');
  return found.jwks_uri;
}

async function fetchMetadata(url: string): Promise<z.infer<typeof metadata> | undefined> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(answerTimeoutMs),
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the issuer answered ${response.status} for its metadata`);
  return metadata.parse(await response.json());
}
