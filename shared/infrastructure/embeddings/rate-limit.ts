/** Longer waits are taken for a mistake of the sender: a day is Azure's longest quota window. */
const longestWaitMs = 86_400_000;

/**
 * How long the answer asks us to stay away, in milliseconds; 0 when it does not.
 *
 * `retry-after-ms` (Azure), else `Retry-After` in seconds or as a date
 * (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after), else the reset of whichever of
 * `x-ratelimit-remaining-requests` and `x-ratelimit-remaining-tokens` has come to 0.
 */
export function requestedWaitMs(headers: Headers, now: number): number {
  const wait =
    milliseconds(headers.get('retry-after-ms')) ??
    retryAfter(headers.get('retry-after'), now) ??
    Math.max(exhausted(headers, 'requests'), exhausted(headers, 'tokens'));
  return Math.min(Math.max(wait, 0), longestWaitMs);
}

function milliseconds(value: string | null, unit = 1): number | undefined {
  return value !== null && /^\d+(\.\d+)?$/.test(value) ? Number(value) * unit : undefined;
}

function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const until = Date.parse(value);
  return milliseconds(value, 1_000) ?? (Number.isNaN(until) ? undefined : until - now);
}

function exhausted(headers: Headers, quota: 'requests' | 'tokens'): number {
  if (Number(headers.get(`x-ratelimit-remaining-${quota}`) ?? 1) > 0) return 0;
  const reset = headers.get(`x-ratelimit-reset-${quota}`) ?? '';
  return milliseconds(reset, 1_000) ?? duration(reset);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** OpenAI writes `1h2m3.5s`, `6m0s` or `120ms`; Azure plain seconds. */
function duration(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ''] ?? 0),
    0,
  );
}
