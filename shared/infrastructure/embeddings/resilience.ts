import { setTimeout as sleep } from 'node:timers/promises';
import {
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import { logEvent } from '../log.ts';
import type { ProviderStatus } from './embedding-provider.ts';
import {
  callEnded,
  describeFailure,
  failureKind,
  upstreamError,
  waitAskedMs,
} from './upstream-failure.ts';

export type ResilienceOptions = Readonly<{
  /** One request and its answer. */
  attemptTimeoutMs: number;
  /** A request with all its attempts and the waits between them. */
  callTimeoutMs: number;
  /** Requests under way at once. */
  concurrency: number;
  /** Requests that may wait for their turn; the next one is refused. */
  queue: number;
  /** How long the open circuit breaker holds calls back before it lets one try. */
  breakMs: number;
}>;

/** A caller is waiting: rather fail soon and let the search answer from words alone. */
export const interactive: ResilienceOptions = {
  attemptTimeoutMs: 5_000,
  callTimeoutMs: 12_000,
  concurrency: 8,
  queue: 64,
  breakMs: 60_000,
};

/** A timer is working through large batches: rather wait than fail. */
export const bulk: ResilienceOptions = {
  attemptTimeoutMs: 30_000,
  callTimeoutMs: 120_000,
  concurrency: 2,
  queue: 16,
  breakMs: 60_000,
};

const mostRetries = 3;
const failuresToBreak = 5;

export type Resilience = {
  /**
   * @param work One attempt, ended by its signal.
   * @throws RetailError for every failure of the service; the signal's reason when it is aborted.
   */
  run<Answer>(work: Attempt<Answer>, signal?: AbortSignal): Promise<Answer>;
  status(): ProviderStatus;
};

export type Attempt<Answer> = (signal: AbortSignal) => Promise<{
  answer: Answer;
  /** What the service asks us to wait before the next request, in milliseconds. */
  waitMs: number;
}>;

/**
 * Puts a service behind, from the outside in: the call's deadline, retries with jitter, the pause
 * that the service asked for, circuit breaker, bulkhead, the attempt's deadline. One instance a
 * service: breaker, bulkhead and pause are shared by all calls.
 */
export function createResilience(service: string, options: ResilienceOptions): Resilience {
  let pausedUntil = 0;
  let brokenUntil = 0;
  let problem: string | undefined;

  const deadline = timeout(options.callTimeoutMs, TimeoutStrategy.Aggressive);
  // A call that ended while it waited for its next attempt leaves a timer behind.
  const retries = retry(handleWhen(isTransient), {
    maxAttempts: mostRetries,
    backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 5_000 }),
  }).dangerouslyUnref();
  const breaker = circuitBreaker(handleWhen(countsAgainstService), {
    halfOpenAfter: options.breakMs,
    breaker: new ConsecutiveBreaker(failuresToBreak),
  });
  const turns = bulkhead(options.concurrency, options.queue);
  const attemptDeadline = timeout(options.attemptTimeoutMs, TimeoutStrategy.Aggressive);

  breaker.onBreak(() => {
    brokenUntil = Date.now() + options.breakMs;
    logEvent('circuit_opened', { service, problem, retry_after_ms: options.breakMs });
  });
  breaker.onReset(() => logEvent('circuit_closed', { service }));

  /** Only an answer closes a half-open circuit: a trial that we cut short proved nothing. */
  function countsAgainstService(thrown: unknown): boolean {
    const kind = failureKind(thrown);
    return kind === 'outage' || (kind === 'unsent' && breaker.state === CircuitState.HalfOpen);
  }

  function retryAfterMs(): number {
    const until = breaker.state === CircuitState.Open ? brokenUntil : 0;
    return Math.max(0, until - Date.now(), pausedUntil - Date.now());
  }

  async function attempt<Answer>(work: Attempt<Answer>, signal: AbortSignal): Promise<Answer> {
    try {
      const { answer, waitMs } = await attemptDeadline.execute(
        ({ signal }) => work(signal),
        signal,
      );
      pauseFor(waitMs);
      problem = undefined;
      return answer;
    } catch (thrown) {
      if (signal.aborted) throw callEnded;
      pauseFor(waitAskedMs(thrown, Date.now()));
      problem = describeFailure(thrown);
      throw thrown;
    }
  }

  function pauseFor(ms: number): void {
    if (ms > 0) pausedUntil = Math.max(pausedUntil, Date.now() + ms);
  }

  /** Waits as long as the service asked, and a little more: instances must not return as one. */
  async function pause(until: number, signal: AbortSignal): Promise<void> {
    const waitMs = pausedUntil - Date.now();
    if (signal.aborted || pausedUntil > until) throw callEnded;
    if (waitMs <= 0) return;
    const spreadMs = Math.random() * Math.min(1_000, waitMs);
    await sleep(waitMs + spreadMs, undefined, { signal }).catch(() => {
      throw callEnded;
    });
  }

  return {
    async run(work, signal) {
      signal?.throwIfAborted();
      const until = Date.now() + options.callTimeoutMs;
      try {
        return await deadline.execute(
          (call) =>
            retries.execute(async () => {
              await pause(until, call.signal);
              return breaker.execute(
                () => turns.execute(() => attempt(work, call.signal), call.signal),
                call.signal,
              );
            }, call.signal),
          signal,
        );
      } catch (thrown) {
        signal?.throwIfAborted();
        throw upstreamError(thrown, retryAfterMs());
      }
    },
    status() {
      return {
        circuit: circuitOf(breaker.state, brokenUntil),
        retryAfterMs: retryAfterMs(),
        ...(problem === undefined ? {} : { problem }),
      };
    },
  };
}

function isTransient(thrown: unknown): boolean {
  const kind = failureKind(thrown);
  return kind === 'outage' || kind === 'throttled';
}

/** cockatiel turns to half-open with the next call, not when its time is over. */
function circuitOf(state: CircuitState, brokenUntil: number): ProviderStatus['circuit'] {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.Open && Date.now() < brokenUntil ? 'open' : 'half_open';
}
