import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';

export const audience = 'https://retail.example/mcp';

type Key = Readonly<{ kid: string; alg: string; privateKey: CryptoKey; publicJwk: JWK }>;

type Claims = Record<string, unknown>;

type Signing = Readonly<{
  /** Sign with this key instead of the current one. */
  key?: Key | undefined;
  header?: Record<string, unknown>;
}>;

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

/** An OpenID Connect issuer over HTTP: metadata and keys, which it can rotate, delay and withhold. */
export async function startIssuer() {
  let made = 1;
  let published: Key[] = [await makeKey('key-1')];
  let current = published[0] as Key;
  let state: 'up' | 'down' | 'nonsense' = 'up';
  let delayMs = 0;
  const asked = { metadata: 0, keys: 0 };

  const server = createServer(async (request, response) => {
    const metadata = request.url === '/.well-known/openid-configuration';
    asked[metadata ? 'metadata' : 'keys'] += 1;
    await sleep(delayMs);
    if (state === 'down') return response.writeHead(503).end();
    if (state === 'nonsense') return response.end('<html>');
    response.setHeader('content-type', 'application/json');
    return response.end(
      JSON.stringify(
        metadata
          ? { issuer: url, jwks_uri: `${url}/keys` }
          : { keys: published.map((key) => key.publicJwk) },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    /** How often its metadata and its keys were asked for. */
    asked,
    currentKey: () => current,
    /** Publishes a further key; it signs nothing yet. */
    async publish(alg = 'RS256') {
      made += 1;
      const key = await makeKey(`key-${made}`, alg);
      published = [...published, key];
      return key;
    },
    /** Signs with the key from now on, and publishes no other. */
    rotateTo(key: Key) {
      current = key;
      published = [key];
    },
    become(next: typeof state) {
      state = next;
    },
    delay(ms: number) {
      delayMs = ms;
    },
    /** A token that the server accepts, but for the claims and headers that the test gives. */
    sign(claims: Claims = {}, { key = current, header = {} }: Signing = {}): Promise<string> {
      return signed(key, withDefaults(url, claims), header);
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A key that no issuer publishes. */
export const makeKey = async (kid: string, alg = 'RS256'): Promise<Key> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return {
    kid,
    alg,
    privateKey,
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' },
  };
};

export function withDefaults(issuer: string, claims: Claims): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: issuer,
    aud: audience,
    sub: 'test-subject',
    iat: now,
    exp: now + 600,
    jti: crypto.randomUUID(),
    scp: 'retail.read retail.query',
    ...claims,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function signed(key: Key, payload: JWTPayload, header: Record<string, unknown>): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey, { crit: { 'urn:example:extension': true } });
}
