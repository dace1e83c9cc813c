import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../end-to-end/requests.ts';
import { localStateFolder, type RunningServer, startServer } from '../end-to-end/server.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { type Malformed, malformedBytes, malformedRequests } from './malformed.ts';
import { bearer, storesSeen } from './questions.ts';
import { settingsFor } from './served-application.ts';

const seed = 20_261_121;
/** By then the process has the size that its work needs. */
const warmUp = 4_000;
const requests = 9_000;
const connections = 1_000;
const atATime = 8;
/** With a small heap garbage goes at once, so that growth is what is kept: 4 kB of each request fail. */
const heap = '--max-old-space-size=192';
const mayGrowBytes = 24 * 1_048_576;

let database: TestDatabase;
let issuer: Issuer;
let state: Awaited<ReturnType<typeof localStateFolder>>;
let server: RunningServer;
let token: string;

beforeAll(async () => {
  [database, issuer, state] = await Promise.all([
    freshDatabase(),
    startIssuer(),
    localStateFolder(),
  ]);
  await seedThreeStores(database);
  token = await issuer.sign({
    roles: ['store_manager'],
    stores: ['seattle'],
    scp: 'retail.read retail.query retail.admin',
    exp: Math.floor(Date.now() / 1000) + 86_400,
  });
  const env = {
    ...settingsFor(database, issuer),
    NODE_OPTIONS: heap,
    RATE_LIMIT_READ: '100000+100000',
    RATE_LIMIT_QUERY: '100000+100000',
  };
  server = await startServer(state.path, { env });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([database?.close(), issuer?.stop(), state?.remove()]);
});

async function statusOf({ method, path, headers, body }: Malformed): Promise<number> {
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const { status } = await send(new URL(server.url).origin + path, {
    method,
    // Node.js sends the body of some methods without its length, which spoils the connection.
    headers: hasBody ? { ...headers, 'content-length': String(Buffer.byteLength(body)) } : headers,
    ...(hasBody && { body }),
  });
  return status;
}

/** What comes back until the server ends the connection: nothing, or answers. */
async function answersTo(bytes: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
    socket.end(Buffer.from(bytes, 'latin1'));
  });
  socket.setEncoding('latin1').on('data', (text) => {
    answer += text;
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(answer));
  return promise;
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>) {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

async function residentBytes(): Promise<number> {
  const health = new URL('/health', server.url).href;
  const { json } = await send(health, { method: 'GET', headers: bearer(token) });
  return json.components.memory.rss_bytes;
}

it(`answers ${requests + connections} malformed requests and none with 5xx, and does not grow`, async () => {
  const malformed = fc.sample(malformedRequests(token), { numRuns: requests, seed });
  const broken = fc.sample(malformedBytes, { numRuns: connections, seed });
  const failed: unknown[] = [];
  const statuses = new Map<number, number>();
  const check = async (request: Malformed) => {
    const status = await statusOf(request);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status >= 500) failed.push({ status, request });
  };

  await inParallel(malformed.slice(0, warmUp), check);
  const before = await residentBytes();
  await inParallel(malformed.slice(warmUp), check);
  await inParallel(broken, async (bytes) => {
    const answer = await answersTo(bytes);
    if (/^HTTP\/1\.1 5/m.test(answer)) failed.push({ answer, bytes });
  });

  expect(failed).toEqual([]);
  // Requests that are wrong throughout would prove little.
  for (const status of [200, 202, 400, 401, 403, 404, 405, 415]) {
    expect([...statuses.keys()]).toContain(status);
  }
  expect((await residentBytes()) - before).toBeLessThan(mayGrowBytes);
  expect(await storesSeen(server.url, bearer(token))).toEqual(['seattle']);
}, 600_000);
