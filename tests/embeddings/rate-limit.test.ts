import { describe, expect, it } from 'vitest';
import { requestedWaitMs } from '../../shared/infrastructure/embeddings/rate-limit.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const wait = (headers: Record<string, string>) => requestedWaitMs(new Headers(headers), now);

describe('the wait that an answer asks for', () => {
  it.each([
    [{}, 0],
    [{ 'retry-after': '20' }, 20_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:30 GMT' }, 90_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, 0],
    [{ 'retry-after': '-5' }, 0],
    [{ 'retry-after-ms': '250.5', 'retry-after': '1' }, 250.5],
    [{ 'retry-after-ms': 'soon', 'retry-after': '1' }, 1_000],
    [{ 'retry-after': '999999999' }, 86_400_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1h2m3.5s' }, 3_723_500],
    [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 120],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '10' }, 10_000],
    [{ 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '10' }, 0],
    [{ 'x-ratelimit-remaining-requests': '0' }, 0],
    [{ 'retry-after': '1', 'x-ratelimit-remaining-requests': '0' }, 1_000],
  ] satisfies [Record<string, string>, number][])('for %j is %d ms', (headers, expected) => {
    expect(wait(headers)).toBe(expected);
  });

  it('is the longer of two exhausted quotas', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '7s',
    };
    expect(wait(headers)).toBe(7_000);
  });
});
