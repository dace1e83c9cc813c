import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAzureOpenAiProvider } from '../../shared/infrastructure/embeddings/azure-openai-provider.ts';
import { createQueryEmbeddings } from '../../shared/infrastructure/embeddings/query-embeddings.ts';
import { createRedisVectors } from '../../shared/infrastructure/embeddings/redis-vectors.ts';
import { bulk } from '../../shared/infrastructure/embeddings/resilience.ts';
import {
  type AzureOpenAiServer,
  apiKey,
  apiVersion,
  deployment,
  startAzureOpenAiServer,
  vectorOf,
} from './azure-openai-server.ts';
import { freePort, type RedisServer, redisMissing, startRedisServer } from './redis-server.ts';

const scope = 'seattle';
let service: AzureOpenAiServer;

beforeAll(async () => {
  service = await startAzureOpenAiServer();
});
afterAll(() => service.stop());
afterEach(() => {
  service.requests.length = 0;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** One instance of the app: a memory of its own, and Redis. */
function instance(url: string, model = deployment) {
  const provider = createAzureOpenAiProvider(
    { endpoint: service.endpoint, deployment, apiVersion, apiKey },
    bulk,
  );
  return createQueryEmbeddings(
    { ...provider, model },
    { memoryBytes: 1_000_000, ttlSeconds: 60, shared: createRedisVectors(url, 60) },
  );
}

const asked = () => service.requests.flatMap(({ inputs }) => inputs);

/** Nobody waits for the write of a vector. */
const holdsOne = (redis: RedisServer) =>
  expect.poll(() => redis.command('dbsize'), { timeout: 5_000 }).toBe('1');

/** But redis-cli, which asks. */
const noneConnected = (redis: RedisServer) =>
  expect.poll(() => redis.command('client', 'list').split('\n').length, { timeout: 5_000 }).toBe(1);

function loggedEvents() {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  return () => log.mock.calls.map(([line]) => JSON.parse(line).event as string);
}

describe.skipIf(redisMissing)(`vectors in Redis ${redisMissing ?? ''}`, () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis?.stop());
  afterEach(() => void redis.command('flushall'));

  it('spare another instance the call, for as long as they live', async () => {
    const [one, other] = [instance(redis.url), instance(redis.url)];
    await one.embedQuery({ text: 'hammer', scope });
    await holdsOne(redis);
    expect(await other.embedQuery({ text: 'hammer', scope })).toEqual(vectorOf('hammer'));
    expect(asked()).toEqual(['hammer']);
    await Promise.all([one.close(), other.close()]);
  });

  it('take 6,144 bytes, expire, and tell nobody what was searched for', async () => {
    const one = instance(redis.url);
    await one.embedQuery({ text: 'hammer', scope });
    await holdsOne(redis);
    const key = redis.command('keys', '*');
    expect(key).toMatch(/^retail:embedding:text-embedding-3-small:[0-9a-f]{64}$/);
    expect(redis.command('strlen', key)).toBe('6144');
    expect(Number(redis.command('ttl', key))).toBeGreaterThan(0);
    await one.close();
  });

  it('of two models are two', async () => {
    const [one, other] = [instance(redis.url), instance(redis.url, 'another-model')];
    await one.embedQuery({ text: 'hammer', scope });
    await holdsOne(redis);
    await other.embedQuery({ text: 'hammer', scope });
    expect(asked()).toEqual(['hammer', 'hammer']);
    await Promise.all([one.close(), other.close()]);
  });

  it('that are no vectors are not believed', async () => {
    const [one, other] = [instance(redis.url), instance(redis.url)];
    await one.embedQuery({ text: 'hammer', scope });
    await holdsOne(redis);
    redis.command('set', redis.command('keys', '*'), 'poison');
    expect(await other.embedQuery({ text: 'hammer', scope })).toEqual(vectorOf('hammer'));
    await Promise.all([one.close(), other.close()]);
  });

  it('leave no connection behind', async () => {
    const one = instance(redis.url);
    await one.embedQuery({ text: 'hammer', scope });
    await one.close();
    await noneConnected(redis);
  });

  it('are done without while Redis hangs, and a search waits for it no more than once', async () => {
    const events = loggedEvents();
    const one = instance(redis.url);
    await one.embedQuery({ text: 'hammer', scope });
    redis.freeze();
    try {
      expect(await one.embedQuery({ text: 'nail', scope })).toEqual(vectorOf('nail'));
      expect(await one.embedQuery({ text: 'saw', scope })).toEqual(vectorOf('saw'));
      expect(events()).toEqual(['embedding_cache_away']);
    } finally {
      redis.thaw();
    }
    // The one that hung is not kept for later: another would wait behind its commands.
    await noneConnected(redis);
    await one.close();
  });

  it('are done without while Redis is down, noted once, and used again once it is back', async () => {
    const events = loggedEvents();
    vi.useFakeTimers({ toFake: ['Date'] });
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const one = instance(url);
    const later = () => vi.setSystemTime(Date.now() + 31_000);

    expect(await one.embedQuery({ text: 'hammer', scope })).toEqual(vectorOf('hammer'));
    later();
    expect(await one.embedQuery({ text: 'nail', scope })).toEqual(vectorOf('nail'));
    expect(events()).toEqual(['embedding_cache_away']);

    const back = await startRedisServer(port);
    try {
      later();
      await one.embedQuery({ text: 'saw', scope });
      await holdsOne(back);
      expect(events()).toEqual(['embedding_cache_away', 'embedding_cache_back']);
      expect(await instance(url).embedQuery({ text: 'saw', scope })).toEqual(vectorOf('saw'));
      expect(asked()).toEqual(['hammer', 'nail', 'saw']);
      await one.close();
    } finally {
      await back.stop();
    }
  });

  it('are used again after Redis restarted between two searches', async () => {
    const port = await freePort();
    const first = await startRedisServer(port);
    const one = instance(first.url);
    await one.embedQuery({ text: 'hammer', scope });
    await holdsOne(first);
    await first.stop();
    const second = await startRedisServer(port);
    try {
      await one.embedQuery({ text: 'nail', scope });
      await holdsOne(second);
      await one.close();
    } finally {
      await second.stop();
    }
  });
});
