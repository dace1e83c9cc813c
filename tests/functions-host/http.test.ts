import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fixture, open, startFixture } from './fixture.ts';

describe.each([
  { mode: 'HTTP streaming', FIXTURE_HTTP_STREAM: 'on' },
  { mode: 'buffered HTTP', FIXTURE_HTTP_STREAM: 'off' },
])('$mode', ({ FIXTURE_HTTP_STREAM }) => {
  let host: Fixture;
  beforeAll(async () => {
    host = await startFixture({ FIXTURE_HTTP_STREAM }, { onEnd: afterAll });
  });

  test('a body goes in and comes out with its status and headers', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${host.url}/echo`, { method: 'POST', headers, body: '{"é":1}' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.text()).toBe('{"é":1}');
  });

  test('eight megabytes come back as they went', async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, 'megabyte');
    const answer = await fetch(`${host.url}/echo`, { method: 'PUT', body });
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  });

  test('the function sees URL, parameters, query and headers', async () => {
    const answer = await fetch(`${host.url}/Inspect/a%2Fb/c/d%20e?x=1&x=2&y=`, {
      headers: { 'x-one': 'two', 'x-forwarded-host': 'evil.example', 'x-ms-invocation-id': '1' },
    });
    const seen = await json(answer);
    expect(seen.url).toBe(`${host.url}/Inspect/a%2Fb/c/d%20e?x=1&x=2&y=`);
    expect(seen.params).toEqual({ id: 'a/b', rest: 'c/d e' });
    expect(seen.query).toEqual([
      ['x', '1'],
      ['x', '2'],
      ['y', ''],
    ]);
    expect(seen.headers['x-one']).toBe('two');
    expect(answer.headers.get('set-cookie')).toBe('crumb=a%20b; Path=/; HttpOnly; SameSite=Strict');
  });

  test('an optional parameter and a catch-all may be absent', async () => {
    const stores = async (path: string) => json(await fetch(host.url + path));
    expect(await stores('/stores')).toEqual({});
    expect(await stores('/stores/')).toEqual({});
    expect(await stores('/stores/seattle')).toEqual({ id: 'seattle' });
    expect((await stores('/inspect/1')).params).toEqual({ id: '1' });
  });

  test('the trace of the caller goes on in the function', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traced = await json(await fetch(`${host.url}/inspect/1`, { headers: { traceparent } }));
    expect(traced.trace).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
    expect(traced.trace).not.toBe(traceparent);
    const untraced = await json(await fetch(`${host.url}/inspect/1`));
    expect(untraced.trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  test('HEAD has no body, OPTIONS is the function’s own', async () => {
    const head = await fetch(`${host.url}/inspect/1`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('x-method')).toBe('HEAD');
    expect(await head.text()).toBe('');
    const options = await fetch(`${host.url}/inspect/1`, { method: 'OPTIONS' });
    expect(options.headers.get('x-method')).toBe('OPTIONS');
  });

  test('an unknown path and a method that no function has are 404', async () => {
    expect((await fetch(`${host.url}/unknown`)).status).toBe(404);
    expect((await fetch(`${host.url}/echo`)).status).toBe(404);
    expect((await fetch(`${host.url}/echo/more`, { method: 'POST' })).status).toBe(404);
  });

  test('a handler that throws is a bare 500; its stack is on the console only', async () => {
    const answer = await fetch(`${host.url}/throws`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe('');
    const line = host.lines.find((one) => one.includes('a secret of the developer'));
    expect(line).toMatch(/^\[throws [0-9a-f]{8}\] error: Error: .*\n\s+at .*main\.cjs/s);
  });

  test('hooks wrap the handler and change its answer', async () => {
    const answer = await fetch(`${host.url}/hooked`);
    expect(answer.headers.get('x-hooked')).toBe('true');
    expect(await answer.text()).toBe('wrapped answer');
  });

  test('the log names the function and the invocation', async () => {
    await fetch(`${host.url}/inspect/forty-two`);
    expect(host.lines.at(-1)).toMatch(/^\[inspect [0-9a-f]{8}\] inspecting forty-two$/);
  });

  test('two hundred calls at once each get their own answer', async () => {
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    const answers = numbers.map(async (body) => {
      return (await fetch(`${host.url}/echo`, { method: 'POST', body })).text();
    });
    expect(await Promise.all(answers)).toEqual(numbers);
  });

  test.each(['a b', 'a/b', '<x>'])('the Host header "%s" is 400', async (value) => {
    const { outgoing, answer } = open(`${host.url}/inspect/1`, {
      method: 'GET',
      headers: { host: value },
    });
    outgoing.end();
    expect((await answer).statusCode).toBe(400);
  });

  test('a request for a whole URL, as to a proxy, is 400', async () => {
    const socket = connect(host.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(
      'GET http://evil.example/inspect/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

test('with HTTP streaming, no answer from the function is a 500 that says why', async () => {
  const host = await startFixture();
  expect((await fetch(`${host.url}/nothing`)).status).toBe(500);
  expect(host.lines.join()).toContain('The function returned nothing');
});

test('without HTTP streaming, no answer from the function is a 204', async () => {
  const host = await startFixture({ FIXTURE_HTTP_STREAM: 'off' });
  expect((await fetch(`${host.url}/nothing`)).status).toBe(204);
});

/** What `inspect` saw. */
type Seen = {
  url: string;
  params: Record<string, string>;
  query: [string, string][];
  headers: Record<string, string>;
  trace: string;
};

const json = async (answer: Response) => (await answer.json()) as Seen;
