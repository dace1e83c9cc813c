import { z } from 'zod';
import { whole } from './fields.ts';

export type Rate = Readonly<{ perSecond: number; burstPerMinute: number }>;

const rate = (fallback: Rate) =>
  z
    .string()
    .regex(
      /^[1-9]\d{0,5}\+\d{1,6}$/,
      'must be <calls a second>+<further calls in a minute>, such as 5+60',
    )
    .transform((text): Rate => {
      const [perSecond = 1, burstPerMinute = 0] = text.split('+').map(Number);
      return { perSecond, burstPerMinute };
    })
    .default(fallback);

/** How much one caller may take: README.md, "Configuration". */
export const limitSettings = {
  RATE_LIMIT_READ: rate({ perSecond: 20, burstPerMinute: 200 }),
  RATE_LIMIT_QUERY: rate({ perSecond: 5, burstPerMinute: 60 }),
  RATE_LIMIT_CONTACTS: rate({ perSecond: 1, burstPerMinute: 10 }),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' })
    .optional(),
  CALLER_MAX_CONCURRENT: whole(1, 500).optional(),
  REQUEST_MAX_BYTES: whole(1_024, 16_777_216).default(1_048_576),
  REQUEST_MAX_HEADER_BYTES: whole(1_024, 65_536).default(16_384),
  REQUEST_MAX_JSON_DEPTH: whole(8, 1_000).default(64),
  QUERY_MAX_SQL_BYTES: whole(64, 65_536).default(65_536),
};

type Concurrency = Readonly<{
  CALLER_MAX_CONCURRENT?: number | undefined;
  DATABASE_POOL_MAX: number;
}>;

/** Database calls of one caller at a time: half of the pool, so that nobody can hold all of it. */
export function callerConcurrency({
  CALLER_MAX_CONCURRENT,
  DATABASE_POOL_MAX,
}: Concurrency): number {
  return CALLER_MAX_CONCURRENT ?? Math.max(1, Math.floor(DATABASE_POOL_MAX / 2));
}

export function limitProblems({ CALLER_MAX_CONCURRENT, DATABASE_POOL_MAX }: Concurrency): string[] {
  if (CALLER_MAX_CONCURRENT === undefined || CALLER_MAX_CONCURRENT < DATABASE_POOL_MAX) return [];
  return [
    'CALLER_MAX_CONCURRENT: must be below DATABASE_POOL_MAX, or one caller can hold the pool',
  ];
}
