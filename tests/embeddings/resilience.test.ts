import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAzureOpenAiProvider } from '../../shared/infrastructure/embeddings/azure-openai-provider.ts';
import {
  interactive,
  type ResilienceOptions,
} from '../../shared/infrastructure/embeddings/resilience.ts';
import {
  type AzureOpenAiServer,
  apiKey,
  apiVersion,
  type Behaviour,
  deployment,
  fail,
  hang,
  reset,
  startAzureOpenAiServer,
  throttle,
  truncate,
  vectorOf,
} from './azure-openai-server.ts';

let server: AzureOpenAiServer;

beforeEach(async () => {
  server = await startAzureOpenAiServer();
});
afterEach(() => server.stop());

function provider(options: Partial<ResilienceOptions> = {}) {
  const { endpoint } = server;
  return createAzureOpenAiProvider(
    { endpoint, deployment, apiVersion, apiKey },
    { ...interactive, ...options },
  );
}

const unavailable = { code: 'upstream_unavailable', hint: expect.stringMatching(/in \d+ second/) };
const times = (count: number, behaviour: Behaviour) => Array<Behaviour>(count).fill(behaviour);

/** Opens the circuit: five failures are one call of four attempts and one of one. */
async function breakCircuit(broken: ReturnType<typeof provider>) {
  server.behave(...times(5, fail(500)));
  await expect(broken.embed(['hammer'])).rejects.toMatchObject(unavailable);
  await expect(broken.embed(['hammer'])).rejects.toMatchObject(unavailable);
  expect(server.requests.length).toBe(5);
}

describe('a passing fault', () => {
  it.each([
    ['a server error', fail(500)],
    ['a request timeout', fail(408)],
    ['a reset connection', reset],
    ['an answer cut off', truncate],
    ['an answer that is no JSON', (response) => void response.end('<html>')],
    ['an answer without vectors', (response) => void response.end('{"data":[],"usage":{}}')],
  ] satisfies [string, Behaviour][])('such as %s is tried again', async (_, behaviour) => {
    server.behave(behaviour);
    const retrying = provider();
    const { vectors } = await retrying.embed(['hammer']);
    expect(vectors).toEqual([vectorOf('hammer')]);
    expect(server.requests.length).toBe(2);
    expect(retrying.status()).toEqual({ circuit: 'closed', retryAfterMs: 0 });
  });

  it('such as no answer in time is tried again', async () => {
    const retrying = provider({ attemptTimeoutMs: 1_500 });
    await retrying.embed(['loads the client']);
    server.behave(hang);
    const { vectors } = await retrying.embed(['hammer']);
    expect(vectors).toEqual([vectorOf('hammer')]);
  });

  it('that does not pass fails after four attempts, with the seconds to wait', async () => {
    server.behave(...times(4, fail(503)));
    const failing = provider();
    await expect(failing.embed(['hammer'])).rejects.toMatchObject(unavailable);
    expect(server.requests.length).toBe(4);
    expect(failing.status().problem).toBe('HTTP 503');
  });

  it('ends with the deadline of the call, however long the service hangs', async () => {
    server.behave(...times(4, hang));
    const failing = provider({ callTimeoutMs: 1_000 });
    await expect(failing.embed(['hammer'])).rejects.toMatchObject(unavailable);
  });

  it('tells the operator what it was, not what the service wrote', async () => {
    await server.stop();
    const failing = provider();
    await expect(failing.embed(['hammer'])).rejects.toMatchObject(unavailable);
    expect(failing.status().problem).toBe('ECONNREFUSED');
  });
});

describe('a service that throttles', () => {
  it.each([
    ['Retry-After in seconds', () => ({ 'retry-after': '1' })],
    ['Retry-After as a date', (until) => ({ 'retry-after': nextSecond(until).toUTCString() })],
    ['retry-after-ms', () => ({ 'retry-after-ms': '1000', 'retry-after': '0' })],
    [
      'an exhausted quota',
      () => ({
        'x-ratelimit-remaining-requests': '7',
        'x-ratelimit-reset-requests': '1m',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '1s',
      }),
    ],
  ] satisfies [string, (until: number) => Record<string, string>][])(
    'is left alone as long as it asks by %s',
    async (_, headers) => {
      const { seen, behaviour } = throttle(1_000, headers);
      server.behave(...times(4, behaviour));
      const { vectors } = await provider().embed(['hammer']);
      expect(vectors).toEqual([vectorOf('hammer')]);
      expect(seen.tooEarly).toBe(0);
    },
  );

  it('holds back the calls of everyone, and does not open the circuit', async () => {
    const { seen, behaviour } = throttle(1_000, () => ({ 'retry-after': '1' }));
    server.behave(...times(20, behaviour));
    const throttled = provider();
    const first = throttled.embed(['first']);
    await expect.poll(() => throttled.status().retryAfterMs).toBeGreaterThan(0);
    await Promise.all([first, ...Array.from({ length: 8 }, () => throttled.embed(['hammer']))]);
    expect(seen.tooEarly).toBe(0);
    expect(throttled.status().circuit).toBe('closed');
  });

  it('is believed when it says so with a good answer, too', async () => {
    server.behave((response, answer) => {
      response.setHeader('x-ratelimit-remaining-requests', '0');
      response.setHeader('x-ratelimit-reset-requests', '30s');
      answer();
    });
    const throttled = provider();
    await throttled.embed(['hammer']);
    const error = await throttled.embed(['nail']).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      hint: expect.stringMatching(/in (2\d|30) seconds/),
    });
    expect(server.requests.length).toBe(1);
  });

  it('without saying for how long is tried again, and not thought away', async () => {
    server.behave(...times(8, fail(429)));
    const throttled = provider();
    await expect(throttled.embed(['hammer'])).rejects.toMatchObject(unavailable);
    await expect(throttled.embed(['hammer'])).rejects.toMatchObject(unavailable);
    expect(server.requests.length).toBe(8);
    expect(throttled.status()).toMatchObject({ circuit: 'closed', problem: 'HTTP 429' });
  });

  it('for longer than a call lasts is not waited for: the caller learns for how long', async () => {
    server.behave(fail(429, { 'retry-after': '45' }));
    const error = await provider()
      .embed(['hammer'])
      .catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      hint: expect.stringMatching(/in 4\d seconds/),
    });
    expect(server.requests.length).toBe(1);
  });
});

describe('a service that stays away', () => {
  it('is not asked again until the circuit lets one call try', async () => {
    const broken = provider();
    await breakCircuit(broken);
    await expect(broken.embed(['hammer'])).rejects.toMatchObject({
      hint: expect.stringMatching(/in (5\d|60) seconds/),
    });
    expect(server.requests.length).toBe(5);
    expect(broken.status()).toMatchObject({ circuit: 'open', problem: 'HTTP 500' });
    expect(broken.status().retryAfterMs).toBeGreaterThan(0);
  });

  it('is let in again by one good answer', async () => {
    const broken = provider({ breakMs: 1_000 });
    await breakCircuit(broken);
    await expect.poll(() => broken.status().circuit).toBe('half_open');
    await broken.embed(['hammer']);
    expect(broken.status()).toEqual({ circuit: 'closed', retryAfterMs: 0 });
  });

  it('is shut out again by one bad answer', async () => {
    const broken = provider({ breakMs: 1_000 });
    await breakCircuit(broken);
    await expect.poll(() => broken.status().circuit).toBe('half_open');
    server.behave(fail(500));
    await expect(broken.embed(['hammer'])).rejects.toMatchObject(unavailable);
    expect(server.requests.length).toBe(6);
    expect(broken.status().circuit).toBe('open');
  });

  it('is not taken for back when a caller ends the call that tries', async () => {
    const broken = provider({ breakMs: 1_000 });
    await breakCircuit(broken);
    await expect.poll(() => broken.status().circuit).toBe('half_open');
    server.behave(hang);
    const leaving = new AbortController();
    const trial = broken.embed(['hammer'], { signal: leaving.signal });
    await expect.poll(() => server.requests.length).toBe(6);
    leaving.abort();
    await expect(trial).rejects.toThrow('aborted');
    await expect.poll(() => broken.status().circuit).toBe('open');
  });

  it('is not thought away for what it refuses', async () => {
    server.behave(...times(6, fail(401)));
    const refused = provider();
    for (let call = 0; call < 6; call++) {
      await expect(refused.embed(['hammer'])).rejects.toMatchObject({
        code: 'upstream_unavailable',
      });
    }
    expect(server.requests.length).toBe(6);
    expect(refused.status().circuit).toBe('closed');
  });
});

describe('a crowd of calls', () => {
  it('goes a few at a time, waits its turn, and is refused beyond that', async () => {
    let underWay = 0;
    let most = 0;
    const slow: Behaviour = (_, answer) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay -= 1;
        answer();
      }, 100);
    };
    const crowded = provider({ concurrency: 2, queue: 3 });
    server.behave(...times(8, slow));
    const calls = Array.from({ length: 8 }, (_, at) => crowded.embed([`text ${at}`]));
    const outcomes = await Promise.allSettled(calls);
    expect(most).toBe(2);
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(5);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(unavailable);
    }
    expect(crowded.status().circuit).toBe('closed');
  });
});

describe('a caller who leaves', () => {
  it('gets the reason back at once, during an attempt', async () => {
    server.behave(hang);
    const leaving = new AbortController();
    const call = provider().embed(['hammer'], { signal: leaving.signal });
    await expect.poll(() => server.requests.length).toBe(1);
    leaving.abort(new Error('the caller left'));
    await expect(call).rejects.toThrow('the caller left');
  });

  it('gets the reason back at once, during a wait, and nothing more is sent', async () => {
    server.behave(fail(429, { 'retry-after': '5' }));
    const leaving = new AbortController();
    const left = provider();
    const call = left.embed(['hammer'], { signal: leaving.signal });
    await expect.poll(() => left.status().retryAfterMs).toBeGreaterThan(0);
    leaving.abort(new Error('the caller left'));
    await expect(call).rejects.toThrow('the caller left');
    expect(server.requests.length).toBe(1);
  });

  it('is not counted against the service', async () => {
    const left = provider();
    server.behave(...times(6, hang));
    for (let call = 1; call <= 6; call++) {
      const leaving = new AbortController();
      const embedding = left.embed(['hammer'], { signal: leaving.signal });
      await expect.poll(() => server.requests.length).toBe(call);
      leaving.abort(new Error('the caller left'));
      await expect(embedding).rejects.toThrow('the caller left');
    }
    expect(left.status()).toEqual({ circuit: 'closed', retryAfterMs: 0 });
  });

  it('before anything was sent is not sent for', async () => {
    const gone = AbortSignal.abort(new Error('the caller left'));
    await expect(provider().embed(['hammer'], { signal: gone })).rejects.toThrow('the caller left');
    expect(server.requests).toEqual([]);
  });
});

/** A date has whole seconds: the first one that is not too early. */
function nextSecond(until: number): Date {
  return new Date(Math.ceil(until / 1_000) * 1_000);
}
