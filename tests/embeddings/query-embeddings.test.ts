import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAzureOpenAiProvider } from '../../shared/infrastructure/embeddings/azure-openai-provider.ts';
import {
  createQueryEmbeddings,
  type QueryCacheOptions,
} from '../../shared/infrastructure/embeddings/query-embeddings.ts';
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

function queries(options: Partial<QueryCacheOptions> = {}) {
  const { endpoint } = server;
  const provider = createAzureOpenAiProvider({ endpoint, deployment, apiVersion, apiKey }, bulk);
  return createQueryEmbeddings(provider, { memoryBytes: 1_000_000, ttlSeconds: 60, ...options });
}

const asked = () => server.requests.flatMap(({ inputs }) => inputs);
const scope = 'seattle';

describe('the vector of a query', () => {
  it('is asked for once', async () => {
    const cached = queries();
    expect(await cached.embedQuery({ text: 'hammer', scope })).toEqual(vectorOf('hammer'));
    expect(await cached.embedQuery({ text: 'hammer', scope })).toEqual(vectorOf('hammer'));
    expect(asked()).toEqual(['hammer']);
  });

  it('is asked for once by callers who come at the same time', async () => {
    const cached = queries();
    const vectors = await Promise.all(
      Array.from({ length: 5 }, () => cached.embedQuery({ text: 'hammer', scope })),
    );
    expect(vectors).toEqual(Array(5).fill(vectorOf('hammer')));
    expect(asked()).toEqual(['hammer']);
  });

  it('is its own for every text, to the letter', async () => {
    const cached = queries();
    await cached.embedQuery({ text: 'hammer', scope });
    expect(await cached.embedQuery({ text: 'Hammer', scope })).toEqual(vectorOf('Hammer'));
  });

  it('comes no faster because another store searched for it', async () => {
    const cached = queries();
    await cached.embedQuery({ text: 'hammer', scope: 'seattle' });
    await cached.embedQuery({ text: 'hammer', scope: 'tacoma' });
    expect(asked()).toEqual(['hammer', 'hammer']);
  });

  it('is forgotten after its time', async () => {
    const cached = queries({ ttlSeconds: 0.05 });
    await cached.embedQuery({ text: 'hammer', scope });
    await new Promise((later) => setTimeout(later, 100));
    await cached.embedQuery({ text: 'hammer', scope });
    expect(asked()).toEqual(['hammer', 'hammer']);
  });

  it('makes room for later ones when the memory is full', async () => {
    const cached = queries({ memoryBytes: 15_000 });
    for (const text of ['one', 'two', 'three', 'three', 'two', 'one']) {
      await cached.embedQuery({ text, scope });
    }
    expect(asked()).toEqual(['one', 'two', 'three', 'one']);
  });

  it('is asked for again after a failure', async () => {
    const cached = queries();
    server.behave(fail(401));
    const query = { text: 'hammer', scope };
    await expect(cached.embedQuery(query)).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await cached.embedQuery(query)).toEqual(vectorOf('hammer'));
  });

  it('still comes to the others when one caller leaves', async () => {
    const cached = queries();
    server.behave((_, answer) => setTimeout(answer, 200));
    const leaving = new AbortController();
    const left = cached.embedQuery({ text: 'hammer', scope, signal: leaving.signal });
    const staying = cached.embedQuery({ text: 'hammer', scope });
    await expect.poll(asked).toEqual(['hammer']);
    leaving.abort(new Error('the caller left'));
    await expect(left).rejects.toThrow('the caller left');
    expect(await staying).toEqual(vectorOf('hammer'));
    expect(asked()).toEqual(['hammer']);
  });
});
