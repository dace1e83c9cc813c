import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { appFolder, type Fixture, nextChunk, open, startFixture } from './fixture.ts';

let host: Fixture;
beforeAll(async () => {
  host = await startFixture({}, { onEnd: afterAll });
});

test('a chunk of the answer arrives before the answer ends', async () => {
  const { outgoing, answer } = open(`${host.url}/download`, { method: 'GET' });
  outgoing.end();
  const download = await answer;
  expect(await nextChunk(download)).toBe('first ');
  await fetch(`${host.url}/release`, { method: 'POST' });
  expect(await text(download)).toBe('second');
});

test('the function reads a body while the client still writes it', async () => {
  const { outgoing, answer } = open(`${host.url}/upload`);
  outgoing.write('one');
  const echoed = await answer;
  expect(await nextChunk(echoed)).toBe('one');
  outgoing.write('two');
  expect(await nextChunk(echoed)).toBe('two');
  outgoing.end();
  expect(await text(echoed)).toBe('');
});

test('a client that goes away cancels the stream of the answer', async () => {
  const { outgoing, answer } = open(`${host.url}/endless`, { method: 'GET' });
  outgoing.end();
  expect(await nextChunk(await answer)).toBe('first ');
  outgoing.destroy();
  await vi.waitUntil(() => host.events.includes('cancelled: The client closed the connection.'));
});

test('a client that goes away in its upload ends the function’s reading', async () => {
  const { outgoing } = open(`${host.url}/drops`);
  outgoing.on('error', () => {});
  outgoing.write('half of it');
  await once(outgoing, 'socket');
  setImmediate(() => outgoing.destroy());
  await vi.waitUntil(() => host.events.includes('upload ended: ECONNRESET'));
});

test('a stream that breaks closes the connection: the client does not take it for complete', async () => {
  const { outgoing, answer } = open(`${host.url}/breaks`, { method: 'GET' });
  outgoing.end();
  const broken = await answer;
  expect(await nextChunk(broken)).toBe('first ');
  await fetch(`${host.url}/release`, { method: 'POST' });
  await expect(text(broken)).rejects.toThrow('aborted');
  await vi.waitUntil(() => host.lines.some((line) => line.includes('broken in the middle')));
});

test('a function without an answer in its time is a 504', async () => {
  const root = appFolder({ 'host.json': { functionTimeout: '00:00:01' } });
  const short = await startFixture({}, { root });
  expect((await fetch(`${short.url}/api/waits`)).status).toBe(504);
  expect(short.lines.join()).toContain('no answer within 1 s');
  await fetch(`${short.url}/api/release`, { method: 'POST' });
});

test('an answer that is not complete in the function’s time is cut off', async () => {
  const root = appFolder({ 'host.json': { functionTimeout: '00:00:01' } });
  const short = await startFixture({}, { root });
  const { outgoing, answer } = open(`${short.url}/api/endless`, { method: 'GET' });
  outgoing.end();
  await expect(text(await answer)).rejects.toThrow('aborted');
});
