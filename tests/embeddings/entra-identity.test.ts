import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createAzureOpenAiProvider } from '../../shared/infrastructure/embeddings/azure-openai-provider.ts';
import { bulk } from '../../shared/infrastructure/embeddings/resilience.ts';
import {
  apiVersion,
  deployment,
  sendJson,
  startAzureOpenAiServer,
  vectorOf,
} from './azure-openai-server.ts';

afterEach(() => vi.unstubAllEnvs());

/** What Azure puts beside a Functions app for its managed identity. */
async function startIdentityEndpoint(token: string) {
  const asked: (string | null)[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    asked.push(url.searchParams.get('resource'));
    const trusted = request.headers['x-identity-header'] === 'identity-header-of-the-test';
    const expiresOn = Math.floor(Date.now() / 1_000) + 86_400;
    sendJson(response, trusted ? 200 : 401, { access_token: token, expires_on: `${expiresOn}` });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/msi/token`, asked, stop: () => server.close() };
}

it('without a key the app’s identity asks for a token, once for many calls', async () => {
  const identity = await startIdentityEndpoint('token-of-the-app');
  const server = await startAzureOpenAiServer({ bearerToken: 'token-of-the-app' });
  vi.stubEnv('IDENTITY_ENDPOINT', identity.url);
  vi.stubEnv('IDENTITY_HEADER', 'identity-header-of-the-test');
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  try {
    const { endpoint } = server;
    const provider = createAzureOpenAiProvider({ endpoint, deployment, apiVersion }, bulk);
    await provider.embed(['hammer']);
    const { vectors } = await provider.embed(['nail']);
    expect(vectors).toEqual([vectorOf('nail')]);
    expect(identity.asked).toEqual(['https://cognitiveservices.azure.com']);
    expect(server.requests.map(({ apiKey }) => apiKey)).toEqual([undefined, undefined]);
  } finally {
    identity.stop();
    await server.stop();
  }
});
