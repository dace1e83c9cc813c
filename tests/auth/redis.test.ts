import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createRateLimiter,
  type RateLimiter,
} from '../../shared/infrastructure/rate-limit/rate-limiter.ts';

const installed = spawnSync('redis-server', ['--version']).status === 0;

const rates = {
  read: { perSecond: 1, burstPerMinute: 3 },
  query: { perSecond: 1, burstPerMinute: 3 },
  contacts: { perSecond: 1, burstPerMinute: 3 },
};

let port: number;
let redis: ChildProcess;
let limiters: RateLimiter[];
let events: string[];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function startRedis(): Promise<void> {
  redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of redis.stdout ?? []) {
    output += chunk;
    if (output.includes('Ready to accept connections')) return;
  }
  throw new Error(output);
}

async function stopRedis(): Promise<void> {
  if (redis.exitCode !== null || redis.signalCode !== null) return;
  const exited = once(redis, 'exit');
  redis.kill('SIGKILL');
  await exited;
}

/** How many of ten calls are let through. */
async function letThrough(limiter: RateLimiter, subject: string): Promise<number> {
  let count = 0;
  for (let call = 0; call < 10; call += 1) {
    await limiter.take(subject, 'query', 1).then(
      () => {
        count += 1;
      },
      (error) => expect(error).toMatchObject({ code: 'rate_limited' }),
    );
  }
  return count;
}

let subjects = 0;
const someone = () => {
  subjects += 1;
  return `caller-${subjects}`;
};

/** Whether what one instance counts is counted by another. */
async function shared(): Promise<boolean> {
  const subject = someone();
  const [one, two] = limiters as [RateLimiter, RateLimiter];
  await letThrough(one, subject);
  return (await letThrough(two, subject)) <= 1;
}

const outages = () => events.filter((event) => event === 'rate_limit_store_away').length;

describe.skipIf(!installed)(
  'rate limits in Redis (skipped where redis-server is not installed)',
  () => {
    beforeEach(async () => {
      events = [];
      vi.spyOn(console, 'log').mockImplementation((line: string) => {
        events.push(JSON.parse(line).event);
      });
      port = await freePort();
      await startRedis();
      limiters = [1, 2].map(() =>
        createRateLimiter({ rates, redisUrl: `redis://127.0.0.1:${port}` }),
      );
    });
    afterEach(async () => {
      for (const limiter of limiters) await limiter.close();
      await stopRedis();
      vi.restoreAllMocks();
    });

    it('are shared by all instances', async () => {
      await expect.poll(shared).toBe(true);
    });

    it('go on in memory while it is away, are shared again when it is back, and say each once', async () => {
      await expect.poll(shared).toBe(true);
      events = [];

      await stopRedis();
      for (let caller = 0; caller < 20; caller += 1) {
        expect(await letThrough(limiters[0] as RateLimiter, someone())).toBeGreaterThanOrEqual(4);
      }
      await expect.poll(outages).toBe(limiters.length);

      await startRedis();
      await expect.poll(shared, { timeout: 20_000 }).toBe(true);
      expect(outages()).toBe(limiters.length);
      expect(events.filter((event) => event === 'rate_limit_store_back')).toHaveLength(2);
    });

    it('do not wait for one that takes commands and never answers', async () => {
      await expect.poll(shared).toBe(true);
      redis.kill('SIGSTOP');
      const subject = someone();
      expect(await letThrough(limiters[0] as RateLimiter, subject)).toBeLessThan(10);
      await expect.poll(outages, { timeout: 10_000 }).toBeGreaterThan(0);
      redis.kill('SIGCONT');
      await expect.poll(shared, { timeout: 20_000 }).toBe(true);
    });

    it('go on in memory when it is not there at the start', async () => {
      await stopRedis();
      const limiter = createRateLimiter({ rates, redisUrl: `redis://127.0.0.1:${port}` });
      limiters.push(limiter);
      expect(await letThrough(limiter, someone())).toBeLessThan(10);
    });
  },
);
