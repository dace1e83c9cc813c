import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';
import { localState } from './local-state.ts';

/**
 * An issuer of this machine: a key in .local/, whose tokens the server verifies as it verifies those
 * of Entra ID. It asks nobody to sign in, so it is for development alone.
 */
const issuer = 'http://localhost/zava-retail-local-issuer';
const audience = 'zava-retail-mcp-local';
const algorithm = 'ES256';

export type LocalIssuer = Readonly<{
  /** What makes the app accept its tokens, for the environment. */
  settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}>;

/** Serves the public key on loopback, where the server looks for it. */
export async function startLocalIssuer(): Promise<LocalIssuer> {
  const { d: _private, ...publicKey } = await signingKey();
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json');
    response.end(JSON.stringify({ keys: [publicKey] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
      AUTH_JWKS_URL: `http://127.0.0.1:${port}/keys`,
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A token with these claims, and an id of its own. */
export async function mintToken(
  claims: Readonly<Record<string, unknown>> & Readonly<{ sub: string }>,
  lifeSeconds: number,
): Promise<string> {
  const key = await signingKey();
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: algorithm, kid: key.kid ?? '', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + lifeSeconds)
    .setJti(crypto.randomUUID())
    .sign(await importJWK(key, algorithm));
}

/** Made by whoever needs it first; `wx` lets one of two that begin together win. */
async function signingKey(): Promise<JWK> {
  const stored = await storedKey();
  if (stored) return stored;
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const key = await exportJWK(privateKey);
  const named = { ...key, alg: algorithm, use: 'sig', kid: await calculateJwkThumbprint(key) };
  await mkdir(localState.folder, { recursive: true });
  try {
    await writeFile(localState.issuerKey, JSON.stringify(named), { mode: 0o600, flag: 'wx' });
    return named;
  } catch (error) {
    const winner = await storedKey();
    if (winner) return winner;
    throw error;
  }
}

async function storedKey(): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(localState.issuerKey, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${localState.issuerKey} cannot be read: remove it, and a new key is made.`, {
      cause: error,
    });
  }
}
