import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { bearer, eras, storesSeen } from './questions.ts';
import { serveApplication, settingsFor } from './served-application.ts';

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';
const client = '11112222-bbbb-3333-cccc-4444dddd5555';
const objectId = 'aaaabbbb-0000-1111-2222-333344445555';

const v1 = {
  iss: `https://sts.windows.net/${tenant}/`,
  aud: `api://${client}`,
  appid: 'client-app',
  ver: '1.0',
};
const v2 = {
  iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
  aud: client,
  azp: 'client-app',
  ver: '2.0',
};
/** A user delegates: scopes in `scp`, and a subject that differs from app to app. */
const user = {
  oid: objectId,
  sub: 'pairwise',
  jti: undefined,
  uti: 'token-of-a-user',
  scp: 'retail.read retail.query',
  roles: ['store_manager'],
  stores: ['seattle'],
};
/** An application acts for itself: no `scp`, and permissions among its roles. */
const application = {
  oid: objectId,
  sub: objectId,
  jti: undefined,
  uti: 'token-of-an-app',
  scp: undefined,
  roles: ['headquarters', 'retail.read', 'retail.query'],
};

let database: TestDatabase;
let issuer: Issuer;
let server: Awaited<ReturnType<typeof serveApplication>>;

beforeAll(async () => {
  [database, issuer] = await Promise.all([freshDatabase(), startIssuer()]);
  await seedThreeStores(database);
  await withClient(database.adminUrl, (admin) =>
    admin.query(`
      insert into security.principals (subject, role, store_ids) values ('${objectId}', 'store_manager', '{tacoma}');
      insert into security.revoked_tokens (jti, expires_at) values ('revoked-uti', now() + interval '1 hour');
    `),
  );
  const { AUTH_ISSUER, AUTH_AUDIENCE, ...settings } = settingsFor(database, issuer);
  server = await serveApplication({
    ...settings,
    ENTRA_TENANT_ID: tenant,
    ENTRA_CLIENT_ID: client,
    AUTH_JWKS_URL: `${issuer.url}/keys`,
  });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([database?.close(), issuer?.stop()]);
});

const seen = async (claims: Record<string, unknown>) =>
  storesSeen(server.url, bearer(await issuer.sign(claims)));

describe('Entra ID', () => {
  it.each([
    ['v1 token of a user', { ...v1, ...user }, ['seattle']],
    ['v2 token of a user', { ...v2, ...user }, ['seattle']],
    ['v1 token of an application', { ...v1, ...application }, ['online', 'seattle', 'tacoma']],
    ['v2 token of an application', { ...v2, ...application }, ['online', 'seattle', 'tacoma']],
    ['principal by object id', { ...v2, ...user, roles: undefined, stores: undefined }, ['tacoma']],
  ])('lets in a %s', async (_shape, claims, stores) => {
    expect(await seen(claims)).toEqual(stores);
  });

  it.each([
    ['of another tenant', { ...v2, ...user, iss: v2.iss.replace('72f9', '0000') }],
    ['of any tenant', { ...v2, ...user, iss: 'https://login.microsoftonline.com/common/v2.0' }],
    ['for another application', { ...v2, ...user, aud: '99990000-0000-0000-0000-000000000000' }],
    ['without an object id', { ...v2, ...user, oid: undefined }],
    ['that was revoked by its uti', { ...v2, ...user, uti: 'revoked-uti' }],
  ])('does not let in a token %s', async (_what, claims) => {
    expect(await seen(claims)).toBe(401);
  });

  it('is asked for scopes by their full names', async () => {
    const { headers } = await eras['2026-07-28'](server.url, 'tools/list');
    expect(headers['www-authenticate']).toContain(`scope="api://${client}/retail.read"`);
  });
});
