import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../end-to-end/requests.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { bearer, eras, salesQuery } from './questions.ts';
import { serveApplication, settingsFor } from './served-application.ts';

let database: TestDatabase;
let issuer: Issuer;
let server: Awaited<ReturnType<typeof serveApplication>>;
let nextSubject = 0;

beforeAll(async () => {
  [database, issuer] = await Promise.all([freshDatabase(), startIssuer()]);
  await seedThreeStores(database);
  server = await serveApplication({
    ...settingsFor(database, issuer),
    RATE_LIMIT_READ: '1000+1000',
    RATE_LIMIT_QUERY: '1+4',
  });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([database?.close(), issuer?.stop()]);
});

/** Somebody who has not called before. */
async function someone(): Promise<Record<string, string>> {
  nextSubject += 1;
  const sub = `caller-${nextSubject}`;
  return bearer(await issuer.sign({ sub, roles: ['store_manager'], stores: ['seattle'] }));
}

const query = (headers: Record<string, string>, ask = eras['2026-07-28']) =>
  ask(server.url, 'tools/call', salesQuery('select 1'), headers);

async function useUp(headers: Record<string, string>): Promise<void> {
  for (let call = 0; call < 20; call += 1) {
    if ((await query(headers)).status === 429) return;
  }
  throw new Error('no limit was reached');
}

describe('a caller over the rate', () => {
  it.each(Object.values(eras))('is told when to come back, and is answered then', async (ask) => {
    const headers = await someone();
    await useUp(headers);
    const refused = await query(headers, ask);
    expect(refused.status).toBe(429);
    expect(refused.json.error.data).toMatchObject({
      code: 'rate_limited',
      hint: expect.stringContaining('Try again in'),
    });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(1);
    await sleep(seconds * 1000);
    expect((await query(headers, ask)).status).toBe(200);
  });

  it('is not limited in what costs less, nor are others', async () => {
    const headers = await someone();
    await useUp(headers);
    const list = { name: 'list_tables', arguments: {} };
    expect((await eras['2026-07-28'](server.url, 'tools/call', list, headers)).status).toBe(200);
    expect((await query(await someone())).status).toBe(200);
  });

  it('is the same caller under another token', async () => {
    const claims = { sub: 'two-tokens', roles: ['store_manager'], stores: ['seattle'] };
    await useUp(bearer(await issuer.sign(claims)));
    expect((await query(bearer(await issuer.sign(claims)))).status).toBe(429);
  });

  it('cannot hide calls in a batch', async () => {
    const call = { jsonrpc: '2.0', method: 'tools/call', params: salesQuery('select 1') };
    const { status } = await send(server.url, {
      headers: {
        ...(await someone()),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-03-26',
      },
      body: JSON.stringify(Array.from({ length: 10 }, (_, id) => ({ ...call, id }))),
    });
    expect(status).toBe(429);
  });

  it('cannot name another tool in the header than in the body', async () => {
    const headers = await someone();
    await useUp(headers);
    const { status } = await query({ ...headers, 'mcp-name': 'list_tables' });
    expect(status).toBe(429);
  });
});

describe('a request over a bound is refused before it is run:', () => {
  const post = async (body: string) =>
    send(server.url, {
      headers: {
        ...(await someone()),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-06-18',
      },
      body,
    });

  it.each([
    ['a body over 1 MiB', 413, JSON.stringify({ x: 'x'.repeat(1_048_576) })],
    ['arrays in arrays', 400, '['.repeat(500_000)],
    ['objects in objects', 400, `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`],
    ['half a body', 400, '{"jsonrpc":"2.0"'],
    ['no body', 400, ''],
  ])('%s', async (_what, expected, body) => {
    const { status, json } = await post(body);
    expect(status).toBe(expected);
    expect(json.error.data.request_id).toBeDefined();
  });

  it('but not for brackets within a text', async () => {
    const sql = `select '${'['.repeat(1_000)}\\"${'{'.repeat(1_000)}' as t`;
    const { status, json } = await post(
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: salesQuery(sql) }),
    );
    expect(status).toBe(200);
    expect(json.result.isError).toBeUndefined();
  });

  it.each(['x', '€'])('SQL over 64 KiB (of %s)', async (character) => {
    const padding = character.repeat(65_536 / Buffer.byteLength(character));
    const { json } = await query(await someone(), (url, method, _params, headers) =>
      eras['2025-06-18'](url, method, salesQuery(`select 1 -- ${padding}`), headers),
    );
    expect(json.result.isError).toBe(true);
  });
});
