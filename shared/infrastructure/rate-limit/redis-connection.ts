import { createClient } from '@redis/client';
import { TimeoutStrategy, timeout } from 'cockatiel';
import { logEvent } from '../log.ts';

/** The part of a Redis client that rate-limiter-flexible asks of one. */
export type RedisConnection = Readonly<{
  readonly isReady: boolean;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  close(): void;
}>;

const connectTimeoutMs = 2_000;
/** A call is not held up by a Redis that is slow: it is counted in memory instead. */
const commandTimeoutMs = 250;
const pingMs = 1_000;
/** A server that takes commands and says nothing is gone: connect anew. */
const silenceMs = 3_000;
const maxReconnectDelayMs = 5_000;

/**
 * A connection that never makes a call wait: commands fail at once while Redis is away, and it
 * reconnects by itself. Each outage is noted once, and so is its end.
 */
export function connectRedis(url: string): RedisConnection {
  const client = createClient({
    url,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceMs,
      reconnectStrategy: (attempt) => Math.min((attempt + 1) * 200, maxReconnectDelayMs),
    },
    pingInterval: pingMs,
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
  });
  let away = false;
  client.on('error', (error: Error & { code?: string }) => {
    if (!away) {
      logEvent('rate_limit_store_away', { reason: error.code ?? error.name, fallback: 'memory' });
    }
    away = true;
  });
  client.on('ready', () => {
    if (away) logEvent('rate_limit_store_back', {});
    away = false;
  });
  // What goes wrong is an `error` event as well.
  client.connect().catch(() => {});

  const bounded = timeout(commandTimeoutMs, TimeoutStrategy.Aggressive);
  return {
    get isReady() {
      return client.isReady;
    },
    eval: (script, options) => bounded.execute(() => client.eval(script, options)),
    close: () => client.destroy(),
  };
}
