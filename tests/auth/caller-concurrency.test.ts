import { describe, expect, it } from 'vitest';
import { limitConcurrency } from '../../shared/data/caller-concurrency.ts';
import type { TenantTransaction } from '../../shared/data/tenant-transaction.ts';
import { storeManager } from '../support/three-stores.ts';

const seattle = storeManager('seattle');
const other = { ...seattle, userId: 'somebody else' };
const tooMany = expect.objectContaining({ code: 'rate_limited' });
const gone = expect.objectContaining({ code: 'query_cancelled' });

/** Transactions that the test ends one by one. */
function transactions() {
  const running: { userId: string; end(): void; fail(): void }[] = [];
  const transaction = ((identity) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const settle = (outcome: () => void) => {
      running.splice(running.indexOf(entry), 1);
      outcome();
    };
    const entry = {
      userId: identity.userId,
      end: () => settle(() => resolve('answer')),
      fail: () => settle(() => reject(new Error('failed'))),
    };
    running.push(entry);
    return promise;
  }) as TenantTransaction;
  return { running, transaction };
}

const idle = () => new Promise((resolve) => setImmediate(resolve));
const nothing = async () => undefined;

describe('a caller', () => {
  it('has a part of the connections, and waits for its own calls beyond that', async () => {
    const { running, transaction } = transactions();
    const limited = limitConcurrency(transaction, { perCaller: 2, waitMs: 60_000 });
    const calls = Promise.allSettled(Array.from({ length: 5 }, () => limited(seattle, nothing)));
    const others = limited(other, nothing);
    expect(running.map(({ userId }) => userId)).toEqual([
      seattle.userId,
      seattle.userId,
      other.userId,
    ]);
    for (let ended = 0; ended < 5; ended += 1) {
      const own = running.filter(({ userId }) => userId === seattle.userId);
      expect(own).toHaveLength(Math.min(2, 5 - ended));
      // One that fails leaves its place like one that succeeds.
      own[0]?.[ended % 2 === 0 ? 'end' : 'fail']();
      await idle();
    }
    const outcomes = await calls;
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    running[0]?.end();
    await expect(others).resolves.toBe('answer');
  });

  it('is refused when the wait was in vain, and answered when there is room again', async () => {
    const { running, transaction } = transactions();
    const limited = limitConcurrency(transaction, { perCaller: 1, waitMs: 1 });
    const first = limited(seattle, nothing);
    await expect(limited(seattle, nothing)).rejects.toEqual(tooMany);
    running[0]?.end();
    await first;
    const second = limited(seattle, nothing);
    expect(running).toHaveLength(1);
    running[0]?.end();
    await expect(second).resolves.toBe('answer');
  });

  it('who goes away while waiting leaves the turn to the next', async () => {
    const { running, transaction } = transactions();
    const limited = limitConcurrency(transaction, { perCaller: 1, waitMs: 60_000 });
    const first = limited(seattle, nothing);
    const leaving = new AbortController();
    const second = limited(seattle, nothing, { signal: leaving.signal });
    const third = limited(seattle, nothing);
    leaving.abort();
    await expect(second).rejects.toEqual(gone);
    running[0]?.end();
    await first;
    await idle();
    expect(running).toHaveLength(1);
    running[0]?.end();
    await expect(third).resolves.toBe('answer');
  });
});
