import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyStoreInTheLabs, userIdOf } from '../end-to-end/stores.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { bearer, eras, salesQuery, storesSeen } from './questions.ts';
import { serveApplication, settingsFor } from './served-application.ts';

let database: TestDatabase;
let issuer: Issuer;
let server: Awaited<ReturnType<typeof serveApplication>>;

beforeAll(async () => {
  [database, issuer] = await Promise.all([freshDatabase(), startIssuer()]);
  await seedThreeStores(database);
  await withClient(database.adminUrl, (client) =>
    client.query(`
      insert into retail.stores (store_id, store_name, store_type, region, is_active)
        values ('closed', 'Closed', 'standard', 'west', false), ('old', 'Old', 'standard', 'east', false);
      insert into security.store_identities (rls_user_id, store_id)
        values ('11111111-1111-4111-8111-111111111111', 'closed');
      insert into retail.customers (store_id, first_name, last_name) values ('closed', 'A', 'B');
      insert into security.principals (subject, role, store_ids, regions) values
        ('seattle-manager', 'store_manager', '{seattle}', '{}'),
        ('west-manager', 'regional_manager', '{}', '{west}'),
        ('mixed-manager', 'regional_manager', '{online}', '{west}'),
        ('chief', 'headquarters', '{}', '{}'),
        ('manager-of-closed', 'store_manager', '{closed}', '{}'),
        ('manager-of-nothing', 'regional_manager', '{}', '{}');
    `),
  );
  server = await serveApplication({
    ...settingsFor(database, issuer),
    RATE_LIMIT_QUERY: '1000+1000',
    RATE_LIMIT_READ: '1000+1000',
  });
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([database?.close(), issuer?.stop()]);
});

type Claims = Record<string, unknown>;
const seen = async (claims: Claims, headers: Record<string, string> = {}) =>
  storesSeen(server.url, { ...bearer(await issuer.sign(claims)), ...headers });

const manager = (...stores: string[]): Claims => ({ roles: ['store_manager'], stores });
const regional = (claims: Claims): Claims => ({ roles: ['regional_manager'], ...claims });
const headquarters: Claims = { roles: ['headquarters'] };

describe('a token opens', () => {
  it.each<[string, Claims, string[]]>([
    ['its store, to a store manager', manager('seattle'), ['seattle']],
    ['another store, to its manager', manager('online'), ['online']],
    ['its store, named as a text', { roles: 'store_manager', stores: 'tacoma' }, ['tacoma']],
    ['its region’s open stores', regional({ regions: ['west'] }), ['seattle', 'tacoma']],
    [
      'the stores of several regions',
      regional({ regions: 'west global' }),
      ['online', 'seattle', 'tacoma'],
    ],
    ['stores by name', regional({ stores: ['online', 'tacoma'] }), ['online', 'tacoma']],
    [
      'stores by name and region',
      regional({ stores: ['online'], regions: ['west'] }),
      ['online', 'seattle', 'tacoma'],
    ],
    ['every store, to headquarters', headquarters, ['closed', 'online', 'seattle', 'tacoma']],
    ['what its subject may see', { sub: 'seattle-manager' }, ['seattle']],
    ['the region of its subject', { sub: 'west-manager' }, ['seattle', 'tacoma']],
    ['stores and region of its subject', { sub: 'mixed-manager' }, ['online', 'seattle', 'tacoma']],
    ['every store of its subject', { sub: 'chief' }, ['closed', 'online', 'seattle', 'tacoma']],
    [
      'what its subject may see, in the same role',
      { sub: 'seattle-manager', roles: ['store_manager'] },
      ['seattle'],
    ],
    [
      'its own stores before those of its subject',
      { sub: 'chief', ...manager('tacoma') },
      ['tacoma'],
    ],
    [
      'its store beside roles of other applications',
      { roles: ['Reader', 'store_manager'], stores: ['seattle'] },
      ['seattle'],
    ],
  ])('%s', async (_what, claims, stores) => {
    expect(await seen(claims)).toEqual(stores);
  });
});

describe('a token is refused with 403', () => {
  it.each<[string, Claims]>([
    ['names no role', {}],
    ['names a role of another application', { roles: ['admin'], stores: ['seattle'] }],
    ['names the labs’ administrator', { roles: ['super_admin'] }],
    ['names a role in other letters', { roles: ['Headquarters'] }],
    ['names two roles', { roles: ['headquarters', 'store_manager'], stores: ['seattle'] }],
    ['names roles in no known form', { roles: { headquarters: true } }],
    ['names stores but no role', { stores: ['seattle'] }],
    ['names stores but no role, of a subject that has one', { sub: 'chief', stores: ['seattle'] }],
    ['names no store', { roles: ['store_manager'] }],
    ['names an empty list of stores', manager()],
    ['names stores in no known form', { roles: ['store_manager'], stores: 7 }],
    ['names two stores for one manager', manager('seattle', 'tacoma')],
    ['names a store and a region for one manager', { ...manager('seattle'), regions: ['west'] }],
    ['names an unknown store', manager('portland')],
    ['names a closed store', manager('closed')],
    ['names every store', manager('*')],
    ['names SQL for a store', manager("seattle' or '1'='1")],
    ['names a closed store among others', regional({ stores: ['seattle', 'closed'] })],
    ['names an unknown region', regional({ regions: ['moon'] })],
    ['names a region whose stores are closed', regional({ regions: ['east'] })],
    ['names neither stores nor regions', regional({})],
    ['names stores for headquarters', { ...headquarters, stores: ['seattle'] }],
    [
      'names another role than its subject has',
      { sub: 'seattle-manager', roles: ['regional_manager'] },
    ],
    ['is of a subject whose store is closed', { sub: 'manager-of-closed' }],
    ['is of a subject that has no store', { sub: 'manager-of-nothing' }],
    ['is of a subject like one that has a role', { sub: 'CHIEF' }],
  ])('that %s', async (_what, claims) => {
    for (const ask of Object.values(eras)) {
      const { status, json } = await ask(
        server.url,
        'tools/call',
        salesQuery('select count(*) from retail.customers'),
        bearer(await issuer.sign(claims)),
      );
      expect(status).toBe(403);
      expect(json.error.data).toMatchObject({ code: 'forbidden', request_id: expect.any(String) });
    }
  });
});

describe('x-rls-user-id', () => {
  const asStore = (userId: string) => ({ 'x-rls-user-id': userId });

  it.each<[string, Claims, keyof typeof userIdOf]>([
    ['a store manager’s own store', manager('seattle'), 'seattle'],
    ['one store of a region', regional({ regions: ['west'] }), 'tacoma'],
    ['one store of headquarters', headquarters, 'online'],
  ])('narrows to %s', async (_what, claims, store) => {
    expect(await seen(claims, asStore(userIdOf[store]))).toEqual([store]);
    expect(await seen(claims, asStore(userIdOf[store].toUpperCase()))).toEqual([store]);
  });

  it.each<[string, Claims, string]>([
    ['another store than the manager’s', manager('seattle'), userIdOf.tacoma],
    ['a store outside the region', regional({ regions: ['west'] }), userIdOf.online],
    ['a closed store', headquarters, '11111111-1111-4111-8111-111111111111'],
    ['an unknown id', headquarters, '22222222-2222-4222-8222-222222222222'],
    ['every store in the labs', headquarters, everyStoreInTheLabs],
    ['a store by its name', manager('seattle'), 'seattle'],
    ['nothing', manager('seattle'), ''],
    ['two stores', headquarters, `${userIdOf.seattle}, ${userIdOf.tacoma}`],
  ])('is refused when it names %s', async (_what, claims, userId) => {
    expect(await seen(claims, asStore(userId))).toBe(403);
  });

  it('counts for nothing without a token', async () => {
    expect(await storesSeen(server.url, asStore(userIdOf.seattle))).toBe(401);
  });
});

describe.each<[string, Claims, string[]]>([
  ['a store manager', manager('seattle'), ['seattle']],
  ['a regional manager', regional({ regions: ['west'] }), ['seattle', 'tacoma']],
  ['headquarters', headquarters, ['closed', 'old', 'online', 'seattle', 'tacoma']],
])('each tool answers %s', (_who, claims, stores) => {
  const call = async (name: string, args: object) => {
    const { json } = await eras['2025-06-18'](
      server.url,
      'tools/call',
      { name, arguments: args },
      bearer(await issuer.sign(claims)),
    );
    return json.result;
  };

  it('with rows and values of its stores alone', async () => {
    const { structuredContent: rows } = await call('execute_sales_query', {
      postgresql_query: 'select store_id from retail.stores order by 1',
    });
    expect(rows.rows.flat()).toEqual(stores);
    const { structuredContent: schemas } = await call('get_multiple_table_schemas', {
      table_names: ['stores'],
    });
    expect(schemas.tables[0].valid_values.store_id).toEqual(stores);
    const { structuredContent: tables } = await call('list_tables', {});
    expect(tables.tables.length).toBeGreaterThan(0);
    expect((await call('get_current_utc_date', {})).isError).toBeUndefined();
  });
});

it('reads roles, stores, scopes and the subject from the claims that the settings name', async () => {
  const custom = await serveApplication({
    ...settingsFor(database, issuer),
    AUTH_ROLES_CLAIM: 'https://zava.example/role',
    AUTH_STORES_CLAIM: 'https://zava.example/store',
    AUTH_SCOPES_CLAIM: 'entitlements',
    AUTH_SUBJECT_CLAIM: 'employee',
    AUTH_SCOPE_PREFIX: 'api://zava/',
  });
  try {
    const token = await issuer.sign({
      ...headquarters,
      sub: undefined,
      employee: 'e-1',
      entitlements: ['api://zava/retail.query'],
      'https://zava.example/role': 'store_manager',
      'https://zava.example/store': 'tacoma',
    });
    expect(await storesSeen(custom.url, bearer(token))).toEqual(['tacoma']);
    const { status, headers } = await eras['2026-07-28'](
      custom.url,
      'tools/call',
      { name: 'list_tables', arguments: {} },
      bearer(token),
    );
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toContain('scope="api://zava/retail.read"');
  } finally {
    await custom.stop();
  }
});
