import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { describe, expect, test, vi } from 'vitest';
import { startFunctionsHost } from '../../local/functions-host/index.ts';
import { appFolder, fixtureRoot, nextChunk, open, startFixture } from './fixture.ts';

test('appStart runs before the first call, appTerminate with the same data at the stop', async () => {
  const host = await startFixture();
  expect(host.events).toEqual(['appStart']);
  await host.stop();
  expect(host.events).toEqual(['appStart', 'appTerminate after appStart']);
});

test('a stop tells the app first, then waits for the call in flight', async () => {
  const host = await startFixture();
  vi.stubEnv('FIXTURE_TERMINATE', 'release');
  const call = fetch(`${host.url}/waits`);
  await vi.waitUntil(() => host.events.includes('waits'));
  await host.stop();
  vi.unstubAllEnvs();
  expect(host.events.at(-1)).toBe('appTerminate after appStart');
  expect(await (await call).text()).toBe('released');
  await expect(fetch(`${host.url}/inspect/1`)).rejects.toThrow('fetch failed');
});

test('a stop ends without a call that hangs, an idle connection and a hook that throws', async () => {
  const host = await startFixture();
  vi.stubEnv('FIXTURE_TERMINATE', 'throw');
  const idle = connect(host.port, '127.0.0.1');
  await once(idle, 'connect');
  const { outgoing, answer } = open(`${host.url}/endless`, { method: 'GET' });
  outgoing.end();
  (await answer).on('error', () => {}).resume();
  await Promise.all([host.stop(), host.stop()]);
  vi.unstubAllEnvs();
  expect(host.events.filter((event) => event === 'appTerminate after appStart')).toHaveLength(1);
  const lines = host.lines.join('\n');
  expect(lines).toContain('[appTerminate] error: Error: no good end');
  expect(lines).toContain('calls still run 5 s after the stop');
  await vi.waitUntil(() => host.events.some((event) => String(event).startsWith('cancelled')));
});

test('the same app starts again, afresh', async () => {
  const first = await startFixture();
  await first.stop();
  const second = await startFixture({ FIXTURE_HTTP_STREAM: 'off' });
  expect(second.port).not.toBe(0);
  expect((await fetch(`${second.url}/nothing`)).status).toBe(204);
});

test('one bundle with the library inside runs as the files do', async () => {
  const root = appFolder({ 'package.json': { main: 'dist/main.cjs' } });
  await build({
    entryPoints: [join(fixtureRoot, 'main.cjs')],
    outfile: join(root, 'dist/main.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['@azure/functions-core'],
    logLevel: 'error',
  });
  const host = await startFixture({}, { root });
  const { outgoing, answer } = open(`${host.url}/api/download`, { method: 'GET' });
  outgoing.end();
  expect(await nextChunk(await answer)).toBe('first ');
  await fetch(`${host.url}/api/release`, { method: 'POST' });
  expect(await text(await answer)).toBe('second');
});

test('nothing listens but the one port, on loopback', async () => {
  const servers: Server[] = [];
  const collect = (message: unknown) => servers.push((message as { server: Server }).server);
  subscribe('tracing:net.server.listen:asyncEnd', collect);
  const host = await startFixture();
  unsubscribe('tracing:net.server.listen:asyncEnd', collect);
  const addresses = servers.filter((one) => one.listening).map((one) => one.address());
  expect(addresses).toEqual([{ address: '127.0.0.1', family: 'IPv4', port: host.port }]);
  const others = Object.values(networkInterfaces())
    .flat()
    .filter((address) => address && !address.internal && address.family === 'IPv4');
  for (const address of others) {
    const socket = connect(host.port, address?.address);
    await expect(once(socket, 'connect')).rejects.toThrow('ECONNREFUSED');
  }
});

test('a port in use is named with its remedy, and the app is ended', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  vi.stubEnv('FIXTURE_SCHEDULE', '0 0 0 1 1 *');
  const events = (globalThis as { fixtureEvents?: unknown[] }).fixtureEvents ?? [];
  events.length = 0;
  const start = startFunctionsHost({ root: fixtureRoot, port, log: () => {} });
  await expect(start).rejects.toThrow(`Port ${port} is in use`);
  await expect(start).rejects.toThrow('--port');
  vi.unstubAllEnvs();
  expect(events).toEqual(['appStart', 'appTerminate after appStart']);
  other.close();
});

describe('settings', () => {
  test('local.settings.json adds what the environment has not, until the stop', async () => {
    const root = appFolder({
      'local.settings.json': {
        IsEncrypted: false,
        Values: { FIXTURE_SCHEDULE: '1 1 1 1 1 *', FIXTURE_HTTP_STREAM: 'off' },
      },
    });
    const host = await startFixture({}, { root });
    expect(host.functions).toContainEqual(
      expect.objectContaining({ name: 'tick', schedule: '0 0 0 1 1 *' }),
    );
    expect((await fetch(`${host.url}/api/nothing`)).status).toBe(204);
    await host.stop();
    expect(process.env.FIXTURE_HTTP_STREAM).toBeUndefined();
  });

  test('the route prefix of host.json stands before every route', async () => {
    const root = appFolder({ 'host.json': { extensions: { http: { routePrefix: 'v1/retail' } } } });
    const host = await startFixture({}, { root });
    expect(await (await fetch(`${host.url}/v1/retail/hooked`)).text()).toBe('wrapped answer');
    expect((await fetch(`${host.url}/hooked`)).status).toBe(404);
  });

  test.each([
    ['no package.json', { 'package.json': '{}' }, /package\.json cannot be used.*main/s],
    ['no bundle', { 'package.json': { main: 'dist/main.cjs' } }, /main\.cjs .*Build the app first/],
    ['broken host.json', { 'host.json': '{ "version"' }, /host\.json cannot be used/],
    ['a wrong timeout', { 'host.json': { functionTimeout: '5 min' } }, /functionTimeout "5 min"/],
    ['encrypted settings', { 'local.settings.json': { IsEncrypted: true } }, /IsEncrypted/],
    [
      'the admin route',
      { 'host.json': { extensions: { http: { routePrefix: 'admin' } } } },
      /reserved/,
    ],
    ['no function', appFile(appHead), /registers no function/],
    [
      'a queue',
      appFile(
        `${appHead} app.storageQueue('q', { queueName: 'q', connection: 'c', handler() {} })`,
      ),
      /"q".*not queueTrigger/,
    ],
    [
      'a constraint',
      appFile(`${appHead} app.http('c', { route: 'a/{id:int}', handler() {} })`),
      /"c": route "api\/a\/\{id:int\}"/,
    ],
    ['a failing app', appFile('throw new Error("cannot load")'), /cannot load/],
  ])('%s stops the start with a clear error', async (_, files, message) => {
    const environment = { ...process.env };
    await expect(startFixture({}, { root: appFolder(files) })).rejects.toThrow(message);
    expect(process.env).toEqual(environment);
  });
});

const appHead = `const { app } = require(${JSON.stringify(`${process.cwd()}/node_modules/@azure/functions`)});`;

function appFile(source: string) {
  return { 'package.json': { main: 'main.cjs' }, 'main.cjs': source };
}
