import { createHmac } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Identity } from '../../shared/infrastructure/identity.ts';
import { askAs, contextOf } from '../support/ask-as.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { testContextKey } from '../support/template.ts';
import {
  headquarters,
  regionalManager,
  seedThreeStores,
  storeManager,
} from '../support/three-stores.ts';

let database: TestDatabase;
let caller: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  caller = new pg.Client({ connectionString: database.appUrl });
  await caller.connect();
});

afterAll(async () => {
  await caller?.end();
  await database?.close();
});

/** Signs any claim at all, as only the server can. */
const sign = (claim: string, secret = testContextKey.secret) =>
  `${claim}.${createHmac('sha256', secret).update(claim).digest('hex')}`;

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

const everyTable = `
  select 'stores' as seen from retail.stores union all
  select 'customers' from retail.customers union all
  select 'products' from retail.products union all
  select 'sales_transactions' from retail.sales_transactions union all
  select 'sales_transaction_items' from retail.sales_transaction_items union all
  select 'product_embeddings' from retail.product_embeddings union all
  select 'orders' from retail.orders union all
  select 'order_items' from retail.order_items`;

const seattle = storeManager('seattle');
const valid = contextOf(seattle);
const [kid, expiry, kind, stores, signature = ''] = valid.split('.');
const claim = `${kid}.${expiry}.${kind}.${stores}`;

const worthless: Record<string, string> = {
  'is empty': '',
  'is no context': 'seattle',
  'has no signature': claim,
  'has an empty signature': `${claim}.`,
  'has a signature of other digits': `${claim}.${signature.replace(/[0-9]/, (d) => (d === '0' ? '1' : '0'))}`,
  'has a signature in capitals': `${claim}.${signature.toUpperCase()}`,
  'has half a signature': `${claim}.${signature.slice(0, 32)}`,
  'has a signature that is no hexadecimal': `${claim}.${'z'.repeat(64)}`,
  'names another store under the signature': `${kid}.${expiry}.${kind}.tacoma.${signature}`,
  'names one more store under the signature': `${kid}.${expiry}.${kind}.seattle,tacoma.${signature}`,
  'names another kind under the signature': `${kid}.${expiry}.headquarters.*.${signature}`,
  'ends later than was signed': `${kid}.${Number(expiry) + 60}.${kind}.${stores}.${signature}`,
  'is signed by another secret': sign(claim, Buffer.alloc(32)),
  'is signed under an unknown key': sign(`other.${expiry}.${kind}.${stores}`),
  'is signed under no key': sign(`.${expiry}.${kind}.${stores}`),
  'has expired': sign(`${kid}.${inSeconds(-2)}.${kind}.${stores}`),
  'ends further ahead than a server would sign': sign(
    `${kid}.${inSeconds(2 * 60 * 60)}.${kind}.${stores}`,
  ),
  'never ends': sign(`${kid}.999999999999.${kind}.${stores}`),
  'has an expiry beyond any number': sign(`${kid}.${'9'.repeat(400)}.${kind}.${stores}`),
  'has an expiry that is no number': sign(`${kid}.soon.${kind}.${stores}`),
  'has a negative expiry': sign(`${kid}.-1.${kind}.${stores}`),
  'has no expiry': sign(`${kid}..${kind}.${stores}`),
  'is of an unknown kind': sign(`${kid}.${expiry}.cashier.${stores}`),
  'is of a regional manager': contextOf(regionalManager('seattle')),
  'is of headquarters': contextOf(headquarters),
  'claims all stores for a store manager': sign(`${kid}.${expiry}.${kind}.*`),
  'names two stores for a store manager': sign(`${kid}.${expiry}.${kind}.seattle,tacoma`),
  'names no store': sign(`${kid}.${expiry}.${kind}.`),
  'names an unknown store': sign(`${kid}.${expiry}.${kind}.atlantis`),
  'has SQL for a store': sign(`${kid}.${expiry}.${kind}.seattle' or 'a'='a`),
  'has a part too many': sign(`${claim}.seattle`),
  'has a line more': `${valid}\n`,
  'begins with a space': ` ${valid}`,
  'is huge': sign(`${kid}.${expiry}.${kind}.${'a,'.repeat(100_000)}a`),
};

test('a valid context shows the store, in every table', async () => {
  const rows = await askAs<{ seen: string }>(caller, seattle, everyTable);
  expect(new Set(rows.map(({ seen }) => seen)).size).toBe(8);
});

describe('no row of any table is seen when the context', () => {
  test.each(Object.entries(worthless))('%s', async (_, context) => {
    expect(await askAs(caller, seattle, everyTable, context)).toEqual([]);
  });

  test('was never set', async () => {
    await caller.query('begin read only');
    await caller.query('set local role store_managers');
    const { rows } = await caller.query(everyTable);
    await caller.query('rollback');
    expect(rows).toEqual([]);
  });

  test.each<[string, Identity, Identity]>([
    ['regional manager', regionalManager('seattle'), storeManager('seattle')],
    ['regional manager', regionalManager('seattle'), headquarters],
    ['headquarters', headquarters, storeManager('seattle')],
    ['headquarters', headquarters, regionalManager('seattle', 'tacoma', 'online')],
  ])('of a %s is one of another role', async (_, identity, signedFor) => {
    expect(await askAs(caller, identity, everyTable, contextOf(signedFor))).toEqual([]);
  });

  test('claims all stores for a regional manager', async () => {
    const context = sign(`${kid}.${expiry}.regional_manager.*`);
    expect(await askAs(caller, regionalManager(), everyTable, context)).toEqual([]);
  });

  test('names every store for headquarters, which has no list', async () => {
    const context = sign(`${kid}.${expiry}.headquarters.seattle,tacoma,online`);
    expect(await askAs(caller, headquarters, everyTable, context)).toEqual([]);
  });
});

describe('keys', () => {
  const rotated = { kid: 'rotated', secret: Buffer.alloc(40, 7) };
  const admin = (sql: string, values: unknown[]) => {
    const client = new pg.Client({ connectionString: database.adminUrl });
    return client
      .connect()
      .then(() => client.query(sql, values))
      .finally(() => client.end());
  };
  const context = () => contextOf(seattle, 60, rotated);

  beforeEach(() => admin('delete from security.context_keys where kid = $1', [rotated.kid]));

  test('one more signs from its installation to its removal, beside the others', async () => {
    expect(await askAs(caller, seattle, everyTable, context())).toEqual([]);
    await admin('insert into security.context_keys (kid, secret) values ($1, $2)', [
      rotated.kid,
      rotated.secret,
    ]);
    expect(await askAs(caller, seattle, everyTable, context())).not.toEqual([]);
    expect(await askAs(caller, seattle, everyTable)).not.toEqual([]);
    await admin('delete from security.context_keys where kid = $1', [rotated.kid]);
    expect(await askAs(caller, seattle, everyTable, context())).toEqual([]);
  });

  test.each([
    ['a short secret', 'short', Buffer.alloc(31)],
    ['an id that would split a context', 'a.b', Buffer.alloc(32)],
  ])('refuses %s', async (_, id, secret) => {
    await expect(
      admin('insert into security.context_keys (kid, secret) values ($1, $2)', [id, secret]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});
