import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AzureOpenAiOptions } from '../../shared/infrastructure/embeddings/azure-openai-client.ts';
import { createAzureOpenAiProvider } from '../../shared/infrastructure/embeddings/azure-openai-provider.ts';
import { bulk } from '../../shared/infrastructure/embeddings/resilience.ts';
import {
  type AzureOpenAiServer,
  apiKey,
  apiVersion,
  deployment,
  fail,
  startAzureOpenAiServer,
  vectorOf,
} from './azure-openai-server.ts';

let server: AzureOpenAiServer;

beforeEach(async () => {
  server = await startAzureOpenAiServer();
});
afterEach(() => server.stop());

function provider(options: Partial<AzureOpenAiOptions> = {}) {
  const { endpoint } = server;
  return createAzureOpenAiProvider({ endpoint, deployment, apiVersion, apiKey, ...options }, bulk);
}

describe('a call', () => {
  it('asks the deployment for 1536 dimensions, with version and key', async () => {
    await provider().embed(['hammer']);
    expect(server.requests).toEqual([
      {
        path: '/openai/deployments/text-embedding-3-small/embeddings',
        apiVersion: '2024-10-21',
        apiKey,
        authorization: undefined,
        dimensions: 1_536,
        inputs: ['hammer'],
      },
    ]);
  });

  it('yields a vector for each text, in the order of the texts, and the tokens billed', async () => {
    const { vectors, tokens, cut } = await provider().embed(['hammer', 'claw hammer', 'nail']);
    expect(vectors).toEqual([vectorOf('hammer'), vectorOf('claw hammer'), vectorOf('nail')]);
    expect({ tokens, cut }).toEqual({ tokens: 6, cut: [] });
  });

  it('reads numbers where a gateway ignores the asked encoding', async () => {
    server.alwaysFloats();
    const { vectors } = await provider().embed(['hammer', 'nail']);
    expect(vectors).toEqual([vectorOf('hammer'), vectorOf('nail')]);
  });

  it('sends no request for no text', async () => {
    expect(await provider().embed([])).toEqual({ vectors: [], tokens: 0, cut: [] });
    expect(server.requests).toEqual([]);
  });

  it('names the deployment as the model, so that vectors of two are never compared', () => {
    expect(provider({ deployment: 'other' }).model).toBe('other');
  });
});

describe('texts beyond the limits of a request', () => {
  it('go in as many requests as are needed, in order', async () => {
    const texts = Array.from({ length: 2_500 }, (_, at) => `product ${at}`);
    const { vectors } = await provider().embed(texts);
    expect(server.requests.map(({ inputs }) => inputs.length)).toEqual([2_048, 452]);
    expect(vectors[2_499]).toEqual(vectorOf('product 2499'));
  });

  it('go in more requests when their tokens are too many', async () => {
    const texts = Array.from({ length: 60 }, (_, at) => `${at} ${'drill '.repeat(8_000)}`);
    const { vectors, cut } = await provider().embed(texts);
    expect(server.requests.length).toBe(2);
    expect(vectors.length).toBe(60);
    expect(cut).toEqual([]);
  });

  it('are cut at a word where one alone is too long, and told of', async () => {
    const long = 'heavy duty claw hammer '.repeat(3_000);
    const { vectors, cut } = await provider().embed(['nail', long]);
    const [request] = server.requests;
    expect(cut).toEqual([1]);
    expect(vectors.length).toBe(2);
    expect(long.startsWith(`${request?.inputs[1]} `)).toBe(true);
  });
});

describe('what the service will not take', () => {
  it('a blank text is refused before it is sent', async () => {
    await expect(provider().embed(['nail', ' \n'])).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'Text 2 of 2 is blank.',
    });
    expect(server.requests).toEqual([]);
  });

  it('a wrong key fails at once, and says that waiting will not help', async () => {
    const refused = provider({ apiKey: 'wrong' });
    await expect(refused.embed(['hammer'])).rejects.toMatchObject({
      code: 'upstream_unavailable',
      hint: expect.stringContaining('the operator must check'),
    });
    expect(server.requests.length).toBe(1);
    expect(refused.status()).toEqual({ circuit: 'closed', retryAfterMs: 0, problem: 'HTTP 401' });
  });

  it('an unknown deployment fails at once', async () => {
    const refused = provider({ deployment: 'nowhere' });
    await expect(refused.embed(['hammer'])).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(server.requests.length).toBe(1);
    expect(refused.status().problem).toBe('HTTP 404');
  });

  it('a text that it refuses is the caller’s to change, and is not sent again', async () => {
    server.behave(fail(400));
    const error = await provider()
      .embed(['hammer'])
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(JSON.stringify([error, error.message, error.hint, error.cause])).not.toContain('secret');
    expect(server.requests.length).toBe(1);
  });
});
