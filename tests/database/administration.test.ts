import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../support/command.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
});
afterAll(() => database?.close());

const run = (script: string, ...args: string[]) =>
  runScript(script, args, { DATABASE_MAINTENANCE_URL: database.maintenanceUrl });

async function rows(sql: string): Promise<unknown[]> {
  const answer = await withClient(database.adminUrl, (client) => client.query(sql));
  return answer.rows;
}

describe('npm run stores', () => {
  const userId = '33333333-3333-4333-8333-333333333333';
  const add = (store: string, ...more: string[]) =>
    run('stores', 'add', '--store', store, '--name', 'Zava', '--region', 'west', ...more);

  it('opens a store with its partition and its user id', async () => {
    const { code, output } = await add('portland', '--user-id', userId, '--type', 'flagship');
    expect(code).toBe(0);
    expect(output).toContain(userId);
    expect(
      await rows(
        `select store_type, region, is_active from retail.stores where store_id = 'portland'`,
      ),
    ).toEqual([{ store_type: 'flagship', region: 'west', is_active: true }]);
    expect(
      await rows(`select to_regclass('retail.product_embeddings_portland') is not null as made`),
    ).toEqual([{ made: true }]);
    expect(
      await rows(`select store_id from security.store_identities where rls_user_id = '${userId}'`),
    ).toEqual([{ store_id: 'portland' }]);
  });

  it('opens all of it or nothing', async () => {
    const { code, errors } = await add('salem', '--user-id', userId);
    expect(code).toBe(1);
    expect(errors).toContain(userId);
    expect(await rows(`select from retail.stores where store_id = 'salem'`)).toEqual([]);
    expect(await rows(`select to_regclass('retail.product_embeddings_salem') as made`)).toEqual([
      { made: null },
    ]);
  });

  it('closes a store and keeps its rows', async () => {
    expect((await run('stores', 'close', '--store', 'tacoma')).code).toBe(0);
    expect(
      await rows(
        `select is_active, updated_at > created_at as changed from retail.stores where store_id = 'tacoma'`,
      ),
    ).toEqual([{ is_active: false, changed: true }]);
    expect(
      await rows(`select count(*)::int from retail.customers where store_id = 'tacoma'`),
    ).toEqual([{ count: 2 }]);
    const again = await run('stores', 'close', '--store', 'tacoma');
    expect([again.code, again.errors]).toEqual([1, expect.stringContaining('tacoma')]);
  });

  it.each([
    [['add', '--store', 'seattle', '--name', 'Zava', '--region', 'west'], /"seattle" already/],
    [['add', '--store', 'Big Store', '--name', 'Zava', '--region', 'west'], /--store/],
    [['add', '--store', 'a', '--region', 'west'], /--name/],
    [['add', '--store', 'a', '--name', 'Zava', '--region', 'west', '--type', 'tent'], /--type/],
    [['add', '--store', 'a', '--name', 'Zava', '--region', 'west', '--user-id', '1'], /--user-id/],
    [['close', '--store', 'nowhere'], /nowhere/],
    [['burn', '--store', 'seattle'], /burn/],
  ])('refuses %s and changes nothing', async (args, message) => {
    const before = await rows('select * from retail.stores order by 1');
    const { code, errors } = await run('stores', ...args);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(await rows('select * from retail.stores order by 1')).toEqual(before);
  });
});

describe('npm run principals', () => {
  it('adds, replaces, lists and removes what a subject may see', async () => {
    await run(
      'principals',
      'add',
      '--subject',
      's',
      '--role',
      'store_manager',
      '--store',
      'seattle',
    );
    expect((await run('principals', 'list')).output).toBe('s: store_manager of seattle');
    await run(
      'principals',
      'add',
      '--subject',
      's',
      '--role',
      'regional_manager',
      '--region',
      'west',
      '--region',
      'global',
    );
    expect((await run('principals', 'list')).output).toBe(
      's: regional_manager of region west, region global',
    );
    expect((await run('principals', 'remove', '--subject', 's')).code).toBe(0);
    expect((await run('principals', 'list')).output).toBe('There are none.');
    expect((await run('principals', 'remove', '--subject', 's')).code).toBe(1);
  });

  it.each([
    [['--role', 'headquarters'], /--subject/],
    [['--subject', 's', '--role', 'super_admin'], /--role/],
    [['--subject', 's', '--role', 'store_manager'], /one --store/],
    [['--subject', 's', '--role', 'store_manager', '--store', 'seattle,online'], /one --store/],
    [['--subject', 's', '--role', 'store_manager', '--store', 'nowhere'], /nowhere/],
    [['--subject', 's', '--role', 'regional_manager', '--region', 'moon'], /moon/],
    [['--subject', 's', '--role', 'headquarters', '--store', 'seattle'], /no --store/],
  ])('refuses %s and changes nothing', async (args, message) => {
    const { code, errors } = await run('principals', 'add', ...args);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(await rows('select * from security.principals')).toEqual([]);
  });
});

describe('npm run tokens', () => {
  it('revokes a token or a subject, for as long as it is told', async () => {
    await run('tokens', 'revoke', '--id', 'token-1', '--for', '1h');
    await run('tokens', 'revoke', '--id', 'token-1', '--for', '3d');
    await run('tokens', 'revoke', '--subject', 'leaver');
    expect(
      await rows(`select jti, subject, round(extract(epoch from expires_at - revoked_at) / 86400) as days
        from security.revoked_tokens order by jti`),
    ).toEqual([
      { jti: 'token-1', subject: null, days: '3' },
      { jti: null, subject: 'leaver', days: '2' },
    ]);
    const { output } = await run('tokens', 'list');
    expect(output).toMatch(/^token-1: .*\nTokens of leaver: /);
  });

  it.each([
    [[], /--id or --subject/],
    [['--id', 'a', '--subject', 'b'], /--id or --subject/],
    [['--id', 'a', '--for', 'ever'], /--for/],
  ])('refuses %s and changes nothing', async (args, message) => {
    const before = await rows('select * from security.revoked_tokens');
    const { code, errors } = await run('tokens', 'revoke', ...args);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(await rows('select * from security.revoked_tokens')).toEqual(before);
  });
});

it.each(['stores', 'principals', 'tokens'])('npm run %s says how it is used', async (script) => {
  for (const args of [['--help'], []]) {
    const { code, output } = await run(script, ...args);
    expect(code).toBe(0);
    expect(output).toContain(`npm run ${script}`);
  }
});
