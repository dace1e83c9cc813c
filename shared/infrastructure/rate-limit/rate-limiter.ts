import {
  BurstyRateLimiter,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import { RetailError } from '../errors.ts';
import type { Rate } from '../settings/limits.ts';
import type { RedisConnection } from './redis-connection.ts';

/** Calls that cost alike are counted together. */
export type RateClass = 'read' | 'query' | 'contacts';

export type RateLimiter = Readonly<{
  /** Counts calls of a subject; throws a RetailError `rate_limited` when it has had its share. */
  take(subject: string, rateClass: RateClass, calls: number): Promise<void>;
  close(): Promise<void>;
}>;

type Options = Readonly<{
  rates: Readonly<Record<RateClass, Rate>>;
  /** All instances that name the same server share the counts; absent, each counts for itself. */
  redisUrl?: string | undefined;
}>;

/**
 * A steady rate, and a burst beyond it that fills up again within a minute: the bucket of each
 * subject and class. Without Redis, or while it is away, the counts are in memory.
 */
export function createRateLimiter(options: Options): RateLimiter {
  const opening = openBuckets(options);
  return {
    async take(subject, rateClass, calls) {
      const { buckets } = await opening;
      try {
        await buckets[rateClass].consume(subject, calls);
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const retryAfterSeconds = Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
        throw new RetailError('rate_limited', 'Too many calls.', {
          hint: `Try again in ${retryAfterSeconds} s, and make fewer calls.`,
          retryAfterSeconds,
        });
      }
    },
    close: async () => (await opening).redis?.close(),
  };
}

async function openBuckets({ rates, redisUrl }: Options) {
  const redis = redisUrl === undefined ? undefined : await openRedis(redisUrl);
  const buckets: Record<RateClass, BurstyRateLimiter> = {
    read: bucket('read', rates.read, redis),
    query: bucket('query', rates.query, redis),
    contacts: bucket('contacts', rates.contacts, redis),
  };
  return { buckets, redis };
}

/** Loaded when it is wanted: most of a cold start would go into a client that few servers use. */
async function openRedis(url: string): Promise<RedisConnection> {
  const { connectRedis } = await import('./redis-connection.ts');
  return connectRedis(url);
}

function bucket(
  name: RateClass,
  rate: Rate,
  redis: RedisConnection | undefined,
): BurstyRateLimiter {
  return new BurstyRateLimiter(
    counter(`zava:rate:${name}:second`, rate.perSecond, 1, redis),
    counter(`zava:rate:${name}:minute`, rate.burstPerMinute, 60, redis),
  );
}

function counter(
  keyPrefix: string,
  points: number,
  duration: number,
  redis: RedisConnection | undefined,
) {
  const inMemory = new RateLimiterMemory({ keyPrefix, points, duration });
  if (!redis) return inMemory;
  return new RateLimiterRedis({
    storeClient: redis,
    useRedisPackage: true,
    keyPrefix,
    points,
    duration,
    rejectIfRedisNotReady: true,
    insuranceLimiter: inMemory,
  });
}
