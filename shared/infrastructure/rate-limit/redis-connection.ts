import { Redis } from 'ioredis';
import { logEvent } from '../log.ts';

const connectTimeoutMs = 2_000;
/** A call is not held up by a Redis that is slow: it is counted in memory instead. */
const commandTimeoutMs = 250;
/** A server that takes commands and says nothing is gone: connect anew. */
const silenceMs = 1_000;
const maxReconnectDelayMs = 5_000;

/**
 * A connection that never makes a call wait: commands fail at once while Redis is away, and it
 * reconnects by itself. Each outage is noted once, and so is its end.
 */
export function connectRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silenceMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 200, maxReconnectDelayMs),
  });
  let away = false;
  const noteAway = (reason: string) => {
    if (!away) logEvent('rate_limit_store_away', { reason, fallback: 'memory' });
    away = true;
  };
  redis.on('error', (error: Error & { code?: string }) => noteAway(error.code ?? error.name));
  redis.on('close', () => {
    if (redis.status !== 'end') noteAway('closed');
  });
  redis.on('ready', () => {
    if (away) logEvent('rate_limit_store_back', {});
    away = false;
  });
  return redis;
}
