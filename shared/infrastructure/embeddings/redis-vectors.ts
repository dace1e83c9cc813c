import { ConsecutiveBreaker, circuitBreaker, handleAll, TimeoutStrategy, timeout } from 'cockatiel';
import { logEvent } from '../log.ts';
import { embeddingDimensions } from './embedding-provider.ts';
import { describeFailure } from './upstream-failure.ts';

/** Vectors that instances share. What fails is a miss: a cache must not fail a search. */
export type SharedVectors = {
  get(key: string): Promise<Float32Array | undefined>;
  set(key: string, vector: Float32Array): Promise<void>;
  close(): Promise<void>;
};

/** With the name looked up and TLS agreed; paid once. */
const connectTimeoutMs = 1_000;
/** About what a provider takes for the vector: waiting longer would be no gain. */
const commandTimeoutMs = 500;
/** While Redis is away, searches do not each wait to learn it. */
const awayMs = 30_000;

const command = timeout(commandTimeoutMs, TimeoutStrategy.Aggressive);

/**
 * Keeps vectors in Redis as 6,144 bytes of float32.
 *
 * @param url `redis://` or `rediss://`, with the user and the password that Redis wants.
 * @param ttlSeconds How long Redis keeps a vector.
 */
export function createRedisVectors(url: string, ttlSeconds: number): SharedVectors {
  let connection: Promise<RedisClient> | undefined;
  let away = false;
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: awayMs,
    breaker: new ConsecutiveBreaker(1),
  });

  async function run<Answer>(work: Work<Answer>): Promise<Answer> {
    const client = await (connection ?? open());
    try {
      return await command.execute(() => work(client));
    } catch (thrown) {
      // A command without an answer holds up those behind it on its connection.
      client.destroy();
      throw thrown;
    }
  }

  function open(): Promise<RedisClient> {
    const opening = connect(url, forget);
    connection = opening;
    return opening;

    /** The next command connects anew. */
    function forget(): void {
      if (connection === opening) connection = undefined;
    }
  }

  async function orMiss<Answer>(work: Work<Answer>) {
    try {
      const answer = await breaker.execute(() => run(work));
      if (away) logEvent('embedding_cache_back', {});
      away = false;
      return answer;
    } catch (thrown) {
      if (!away) logEvent('embedding_cache_away', { reason: describeFailure(thrown) });
      away = true;
      return undefined;
    }
  }

  return {
    async get(key) {
      const bytes = await orMiss((client) => client.get(key));
      return bytes?.length === embeddingDimensions * 4 ? floatsOf(bytes) : undefined;
    },
    async set(key, vector) {
      const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
      await orMiss((client) =>
        client.set(key, bytes, { expiration: { type: 'EX', value: ttlSeconds } }),
      );
    },
    async close() {
      const client = await connection?.catch(() => undefined);
      await command.execute(() => client?.close()).catch(() => client?.destroy());
    },
  };
}

type RedisClient = Awaited<ReturnType<typeof connect>>;
type Work<Answer> = (client: RedisClient) => Promise<Answer>;

/** @param onLost Called when the connection can be used no more. */
async function connect(url: string, onLost: () => void) {
  const { createClient, RESP_TYPES } = await import('@redis/client');
  const client = createClient({
    url,
    socket: { connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  client.on('error', onLost);
  client.on('end', onLost);
  try {
    // The client bounds the socket's connecting alone, not the greeting that follows.
    await timeout(connectTimeoutMs, TimeoutStrategy.Aggressive).execute(() => client.connect());
  } catch (thrown) {
    client.destroy();
    throw thrown;
  }
  return client;
}

/** Copied: the reply's memory is aligned for bytes, and belongs to a larger buffer. */
function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
