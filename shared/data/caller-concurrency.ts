import { RetailError } from '../infrastructure/errors.ts';
import type { TenantTransaction } from './tenant-transaction.ts';

type Options = Readonly<{
  /** Transactions of one caller at a time. */
  perCaller: number;
  /** How long a further one waits for its turn. */
  waitMs: number;
}>;

type Caller = { running: number; waiting: Set<() => void> };

/**
 * Gives each caller a part of the connections: what it asks beyond that waits for its own calls, not
 * before those of others.
 *
 * @throws RetailError `rate_limited` when the wait was in vain.
 */
export function limitConcurrency(
  tenantTransaction: TenantTransaction,
  { perCaller, waitMs }: Options,
): TenantTransaction {
  const callers = new Map<string, Caller>();

  return async (identity, work, options) => {
    const caller = callers.get(identity.userId) ?? { running: 0, waiting: new Set() };
    callers.set(identity.userId, caller);
    if (caller.running < perCaller) caller.running += 1;
    else await turn(caller, options?.signal);
    try {
      return await tenantTransaction(identity, work, options);
    } finally {
      const [next] = caller.waiting;
      if (next) next();
      else caller.running -= 1;
      if (caller.running === 0) callers.delete(identity.userId);
    }
  };

  /** Resolves when a call of the same caller has ended and left its place. */
  function turn({ waiting }: Caller, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(enter);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const enter = () => {
        leave();
        resolve();
      };
      const refuse = (reason: RetailError) => {
        leave();
        reject(reason);
      };
      const onAbort = () => refuse(new RetailError('query_cancelled', 'The caller went away.'));
      const timer = setTimeout(() => refuse(tooMany()), waitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(enter);
    });
  }

  function tooMany(): RetailError {
    return new RetailError('rate_limited', `You have ${perCaller} calls running already.`, {
      hint: 'Wait for their answers before you make further ones.',
      retryAfterSeconds: 1,
    });
  }
}
