import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { bearer, storesSeen } from './questions.ts';
import { serveApplication, settingsFor } from './served-application.ts';

let database: TestDatabase;
let issuer: Issuer;
let servers: Awaited<ReturnType<typeof serveApplication>>[];

beforeAll(async () => {
  [database, issuer] = await Promise.all([freshDatabase(), startIssuer()]);
  await seedThreeStores(database);
  const settings = settingsFor(database, issuer);
  servers = await Promise.all([serveApplication(settings), serveApplication(settings)]);
  // Time passes when a test says so, for whoever asks the clock; the network's timers run on.
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterAll(async () => {
  vi.useRealTimers();
  await Promise.all((servers ?? []).map((server) => server.stop()));
  await Promise.all([database?.close(), issuer?.stop()]);
});

const halfAMinutePasses = () => vi.advanceTimersByTime(30_001);

const administer = (sql: string) => withClient(database.adminUrl, (client) => client.query(sql));
const seenOnAll = (token: string) =>
  Promise.all(servers.map(({ url }) => storesSeen(url, bearer(token))));

describe('within half a minute, on every instance,', () => {
  it.each([
    ['a token', { jti: 'lost' }, `(jti, expires_at) values ('lost', now() + interval '1 day')`],
    [
      'a subject',
      { sub: 'leaver' },
      `(subject, revoked_at, expires_at) values ('leaver', now() + interval '1 hour', now() + interval '1 day')`,
    ],
  ])('%s that is revoked is refused, and no other', async (_what, claims, revocation) => {
    const grant = { roles: ['store_manager'], stores: ['seattle'] };
    const token = await issuer.sign({ ...grant, ...claims });
    const other = await issuer.sign(grant);
    expect(await seenOnAll(token)).toEqual([['seattle'], ['seattle']]);
    await administer(`insert into security.revoked_tokens ${revocation}`);
    halfAMinutePasses();
    expect(await seenOnAll(token)).toEqual([401, 401]);
    expect(await seenOnAll(other)).toEqual([['seattle'], ['seattle']]);
  });

  it('a principal that is changed, or removed, sees as much', async () => {
    const token = await issuer.sign({ sub: 'p' });
    expect(await seenOnAll(token)).toEqual([403, 403]);
    await administer(`insert into security.principals values ('p', 'store_manager', '{seattle}')`);
    halfAMinutePasses();
    expect(await seenOnAll(token)).toEqual([['seattle'], ['seattle']]);
    await administer(`update security.principals set store_ids = '{tacoma}' where subject = 'p'`);
    halfAMinutePasses();
    expect(await seenOnAll(token)).toEqual([['tacoma'], ['tacoma']]);
    await administer(`delete from security.principals where subject = 'p'`);
    halfAMinutePasses();
    expect(await seenOnAll(token)).toEqual([403, 403]);
  });

  it('a store that is closed lets nobody in', async () => {
    const token = await issuer.sign({ roles: ['store_manager'], stores: ['online'] });
    const regional = await issuer.sign({
      roles: ['regional_manager'],
      regions: ['west', 'global'],
    });
    expect(await seenOnAll(token)).toEqual([['online'], ['online']]);
    await administer(`update retail.stores set is_active = false where store_id = 'online'`);
    halfAMinutePasses();
    expect(await seenOnAll(token)).toEqual([403, 403]);
    expect(await seenOnAll(regional)).toEqual([403, 403]);
  });
});

it('an expired token is refused, also one that is remembered', async () => {
  const token = await issuer.sign({ roles: ['store_manager'], stores: ['seattle'] });
  expect(await seenOnAll(token)).toEqual([['seattle'], ['seattle']]);
  vi.advanceTimersByTime(700_000);
  expect(await seenOnAll(token)).toEqual([401, 401]);
});
