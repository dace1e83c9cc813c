import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { EmbeddingProvider } from './embedding-provider.ts';
import type { SharedVectors } from './redis-vectors.ts';

export type QueryEmbeddings = {
  /**
   * The vector of what a caller searches for. Read-only: others hold the same one.
   *
   * @param query.scope The stores that the caller may see. A remembered vector comes faster than a
   *   new one, and that speed must not tell one store what another has searched for.
   * @throws As `EmbeddingProvider.embed`; a caller's abort ends only this caller's wait.
   */
  embedQuery(query: {
    text: string;
    scope: string;
    signal?: AbortSignal | undefined;
  }): Promise<Float32Array>;
  close(): Promise<void>;
};

export type QueryCacheOptions = Readonly<{
  memoryBytes: number;
  ttlSeconds: number;
  /** Absent: each instance remembers for itself. */
  shared?: SharedVectors | undefined;
}>;

/** What an entry takes beside its numbers: key, array object, place in the list. */
const overheadBytes = 400;

/** Remembers vectors of queries in memory and, where given, in what instances share. */
export function createQueryEmbeddings(
  provider: EmbeddingProvider,
  { memoryBytes, ttlSeconds, shared }: QueryCacheOptions,
): QueryEmbeddings {
  const memory = new LRUCache<string, Float32Array>({
    maxSize: memoryBytes,
    sizeCalculation: (vector) => vector.byteLength + overheadBytes,
    ttl: ttlSeconds * 1_000,
  });
  const underWay = new Map<string, Promise<Float32Array>>();

  async function load(key: string, text: string): Promise<Float32Array> {
    const remembered = await shared?.get(key);
    if (remembered) return remembered;
    // Without the caller's signal: others wait for the same vector. The provider has its deadline.
    const { vectors } = await provider.embed([text]);
    const [vector] = vectors;
    if (!vector) throw new Error('the provider returned no vector');
    // Nobody waits for the write; it cannot fail.
    void shared?.set(key, vector);
    return vector;
  }

  function loadOnce(key: string, text: string): Promise<Float32Array> {
    const waiting = underWay.get(key);
    if (waiting) return waiting;
    const loading = load(key, text)
      .then((vector) => {
        memory.set(key, vector);
        return vector;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, loading);
    return loading;
  }

  return {
    async embedQuery({ text, scope, signal }) {
      signal?.throwIfAborted();
      const key = keyOf(provider.model, scope, text);
      return memory.get(key) ?? untilAborted(loadOnce(key, text), signal);
    },
    async close() {
      memory.clear();
      await shared?.close();
    },
  };
}

/** Hashed, so that neither a dump of the cache nor its keys tell what was searched for. */
function keyOf(model: string, scope: string, text: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([scope, text]))
    .digest('hex');
  return `retail:embedding:${model}:${hash}`;
}

async function untilAborted<Value>(
  value: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (!signal) return value;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
