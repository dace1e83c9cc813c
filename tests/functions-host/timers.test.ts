import { describe, expect, test, vi } from 'vitest';
import { open, startFixture } from './fixture.ts';

const yearly = '0 0 0 1 1 *';

test('a timer runs now and is told its schedule', async () => {
  const host = await startFixture();
  const started = Date.now();
  await host.runTimer('tick');
  await host.runTimer('tick');
  const [first, second] = host.events.filter((event) => typeof event === 'object') as [
    TimerEvent,
    TimerEvent,
  ];
  const newYear = `${new Date().getUTCFullYear() + 1}-01-01T00:00:00.000Z`;
  expect(first).toEqual({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: {
      last: '0001-01-01T00:00:00',
      lastUpdated: '0001-01-01T00:00:00',
      next: newYear,
    },
  });
  expect(Date.parse(second.scheduleStatus.last)).toBeGreaterThanOrEqual(started);
  expect(second.scheduleStatus.next).toBe(newYear);
});

test('a timer that throws rejects, and its stack is in the log', async () => {
  const host = await startFixture();
  await expect(host.runTimer('broken')).rejects.toThrow('the timer broke');
  expect(host.lines.join()).toMatch(/\[broken [0-9a-f]{8}\] error: Error: the timer broke\n\s+at /);
  await expect(host.runTimer('echo')).rejects.toThrow('No timer function "echo"');
});

test('a schedule fires, one run at a time, and what it misses is left out', async () => {
  const host = await startFixture({ FIXTURE_SCHEDULE: '* * * * * *', FIXTURE_TIMER: 'waits' });
  // FIXTURE_TIMER is read at each run.
  vi.stubEnv('FIXTURE_TIMER', 'waits');
  const runs = () => host.events.filter((event) => typeof event === 'object').length;
  await vi.waitUntil(() => runs() === 1, { timeout: 5000 });
  const manual = host.runTimer('tick');
  await new Promise((resolve) => setTimeout(resolve, 2100));
  expect(runs()).toBe(1);
  vi.unstubAllEnvs();
  await fetch(`${host.url}/release`, { method: 'POST' });
  await manual;
  await host.stop();
  // The first, the manual one, at most one more occurrence: the missed ones were not kept.
  expect([2, 3]).toContain(runs());
  expect(host.events.filter((event) => event === 'tick done')).toHaveLength(runs());
});

test('a stopped host fires nothing', async () => {
  const host = await startFixture({ FIXTURE_SCHEDULE: '* * * * * *' });
  await host.stop();
  const before = host.events.length;
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect(host.events.length).toBe(before);
  await expect(host.runTimer('tick')).rejects.toThrow('No timer function "tick" is running');
});

test('runOnStartup runs the timer at the start', async () => {
  const host = await startFixture({ FIXTURE_RUN_ON_STARTUP: 'yes' });
  await vi.waitUntil(() => host.events.includes('tick done'));
});

describe('a schedule that Azure would not take stops the start', () => {
  test.each([
    [undefined, /"tick".*FIXTURE_SCHEDULE, which is not set/],
    ['0 0 * * *', /six NCRONTAB fields.*5 fields/],
    ['0 0 0 1 1 * 2030', /7 fields/],
    ['@daily', /1 fields/],
    ['0 70 * * * *', /minute/],
    ['0 0 0 L * *', /"L" is not a field/],
    ['0 0 0 * * 7', /Sunday is 0/],
    ['0 0 0 * * MON#1', /"MON#1" is not a field/],
    ['0 0 0 30 2 *', /never comes/],
  ])('%s', async (FIXTURE_SCHEDULE, message) => {
    await expect(startFixture({ FIXTURE_SCHEDULE })).rejects.toThrow(message);
  });
});

describe('NCRONTAB in UTC', () => {
  test.each([
    ['0 */5 * * * *', '2026-11-21T10:05:00.000Z'],
    ['0 5/15 * * * *', '2026-11-21T10:05:00.000Z'],
    ['30 0 9 * * MON-FRI', '2026-11-23T09:00:30.000Z'],
    // Both days must match: Friday the 13th.
    ['0 0 0 13 * 5', '2027-08-13T00:00:00.000Z'],
    ['0 0 12 * JAN SUN', '2027-01-03T12:00:00.000Z'],
  ])('%s', async (FIXTURE_SCHEDULE, next) => {
    vi.useFakeTimers({ now: new Date('2026-11-21T10:00:00Z'), toFake: ['Date'] });
    try {
      const host = await startFixture({ FIXTURE_SCHEDULE });
      await host.runTimer('tick');
      expect(host.events).toContainEqual(
        expect.objectContaining({ scheduleStatus: expect.objectContaining({ next }) }),
      );
      await host.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the admin interface', () => {
  test('lists the functions', async () => {
    const host = await startFixture();
    const listed = await (await fetch(`${host.url}/admin/functions`)).json();
    expect(listed).toEqual(host.functions);
    expect(listed).toContainEqual({ name: 'tick', type: 'timerTrigger', schedule: yearly });
    expect(listed).toContainEqual({
      name: 'echo',
      type: 'httpTrigger',
      route: 'echo',
      methods: ['POST', 'PUT'],
    });
  });

  test('runs a timer, and answers before it is done', async () => {
    const host = await startFixture();
    const post = (name: string, body?: string) =>
      fetch(`${host.url}/admin/functions/${name}`, { method: 'POST', body: body ?? null });
    vi.stubEnv('FIXTURE_TIMER', 'waits');
    expect((await post('Tick', '{"input":"now"}')).status).toBe(202);
    expect(host.events).not.toContain('tick done');
    vi.unstubAllEnvs();
    await vi.waitUntil(() => host.events.some((event) => typeof event === 'object'));
    await fetch(`${host.url}/release`, { method: 'POST' });
    await vi.waitUntil(() => host.events.includes('tick done'));
    expect((await post('broken')).status).toBe(202);
    expect((await post('echo')).status).toBe(404);
    expect((await post('unknown')).status).toBe(404);
  });

  test.each([
    ['a web page', { origin: 'https://evil.example' }],
    ['a page that a foreign name led here', { host: 'evil.example:7071' }],
  ])('refuses %s', async (_, headers) => {
    const host = await startFixture();
    const { outgoing, answer } = open(`${host.url}/admin/functions/tick`, { headers });
    outgoing.end();
    expect((await answer).statusCode).toBe(403);
    expect(host.events).not.toContain('tick done');
  });
});

type TimerEvent = { scheduleStatus: { last: string; next: string } };
