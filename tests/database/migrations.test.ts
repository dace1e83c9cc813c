import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextKeyInstalled, installContextKey } from '../../shared/data/context-keys.ts';
import { migrate, migrationStatus } from '../../shared/data/migrations.ts';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { withClient } from '../support/with-client.ts';

let database: TestDatabase;
let admin: pg.Client;
/** A copy of the migrations, to be spoilt. */
let directory: string;

async function connectTo(made: Promise<TestDatabase>): Promise<void> {
  database = await made;
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
}

async function disconnect(): Promise<void> {
  await admin?.end();
  await database?.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'migrations [of] (tests) '));
  await cp(join(applicationRoot(), 'sql', 'migrations'), directory, { recursive: true });
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const schemasAndTables = async () => {
  const { rows } = await admin.query(
    `select nspname, relname from pg_namespace n left join pg_class c on relnamespace = n.oid and relkind in ('r', 'p', 'v')
     where nspname !~ '^pg_' and nspname <> 'information_schema' order by 1, 2`,
  );
  return rows;
};

describe('on an empty database', () => {
  beforeAll(() => connectTo(emptyDatabase()));
  afterAll(disconnect);

  test('a migration that fails leaves nothing of itself and of those before it', async () => {
    await writeFile(join(directory, '0900.do.broken.sql'), 'create table retail.half (); selct 1;');
    const before = await schemasAndTables();
    await expect(migrate(admin, { directory })).rejects.toMatchObject({
      name: 'RetailError',
      message: expect.stringContaining('0900.do.broken.sql failed: syntax error'),
    });
    expect(await schemasAndTables()).toEqual(before);
    expect(await migrationStatus(admin)).toMatchObject({ current: false, reason: 'pending' });
  });

  test('an extension in another schema is named, with the remedy', async () => {
    await admin.query('create extension pgcrypto schema public');
    await expect(migrate(admin)).rejects.toMatchObject({
      message: expect.stringContaining('extension pgcrypto is in schema "public"'),
      hint: expect.stringContaining('alter extension pgcrypto set schema cryptography'),
    });
    await admin.query('drop extension pgcrypto');
  });

  test('all migrations are applied in order, and a second run has nothing to do', async () => {
    expect(await migrationStatus(admin)).toMatchObject({
      current: false,
      reason: 'pending',
      file: '0001.do.roles-and-schemas.sql',
    });

    const progress: string[] = [];
    const applied = await migrate(admin, {
      onProgress: ({ file, number, of }) => progress.push(`${number}/${of} ${file}`),
    });
    expect(applied).toEqual(applied.toSorted());
    expect(applied[0]).toBe('0001.do.roles-and-schemas.sql');
    expect(progress).toEqual(
      applied.map((file, index) => `${index + 1}/${applied.length} ${file}`),
    );

    expect(await migrationStatus(admin)).toEqual({ current: true, pending: [] });
    expect(await migrate(admin)).toEqual([]);
  });
});

describe('on a migrated database', () => {
  beforeAll(() => connectTo(freshDatabase()));
  afterAll(disconnect);

  const changed = async (file: string) => {
    await writeFile(
      join(directory, file),
      `${await readFile(join(directory, file), 'utf8')}\n-- more`,
    );
  };

  test.each<[string, string, () => Promise<unknown>, string?]>([
    ['changed', '0003.do.retail-tables.sql', () => changed('0003.do.retail-tables.sql')],
    [
      'missing',
      '0003.do.retail-tables.sql',
      () => rm(join(directory, '0003.do.retail-tables.sql')),
    ],
    [
      'skipped',
      '0003.do.retail-tables.sql',
      () => admin.query('update security.schema_migrations set version = -3 where version = 3'),
      'update security.schema_migrations set version = 3 where version = -3',
    ],
    [
      'newer',
      '9000.do.later.sql',
      () => admin.query(`insert into security.schema_migrations values (9000, 'later', 'md5')`),
      'delete from security.schema_migrations where version = 9000',
    ],
  ])('a migration that is %s stops the next, by its name', async (reason, file, happen, undo) => {
    await happen();
    await writeFile(join(directory, '0900.do.next.sql'), 'create table retail.next ();');
    const status = await migrationStatus(admin, { directory });
    const migration = await migrate(admin, { directory }).catch((error: unknown) => error);
    const { rows } = await admin.query(`select to_regclass('retail.next') as next`);
    if (undo) await admin.query(undo);

    expect(status).toMatchObject({ current: false, reason, file });
    expect(migration).toMatchObject({
      name: 'RetailError',
      message: expect.stringContaining(file),
      hint: expect.any(String),
    });
    expect(rows).toEqual([{ next: null }]);
  });

  test('line endings of a checkout change nothing', async () => {
    const file = join(directory, '0003.do.retail-tables.sql');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
    expect(await migrationStatus(admin, { directory })).toMatchObject({ current: true });
  });

  test('the service login may ask whether migrations and key are there', async () => {
    await withClient(database.serviceUrl, async (client) => {
      expect(await migrationStatus(client)).toEqual({ current: true, pending: [] });
      expect(await contextKeyInstalled(client, database.contextKey)).toBe(true);
      const another = { kid: database.contextKey.kid, secret: Buffer.alloc(32) };
      expect(await contextKeyInstalled(client, another)).toBe(false);
    });
  });

  test('a context key is installed once, and never replaced by another secret', async () => {
    const key = { kid: 'next', secret: Buffer.alloc(32, 1) };
    await installContextKey(admin, key);
    await installContextKey(admin, key);
    await expect(
      installContextKey(admin, { ...key, secret: Buffer.alloc(32, 2) }),
    ).rejects.toMatchObject({ name: 'RetailError', message: expect.stringContaining('"next"') });
    expect(await contextKeyInstalled(admin, key)).toBe(true);
  });

  test('the maintenance login applies the next migration, and what it makes is the owner’s', async () => {
    await writeFile(
      join(directory, '0900.do.next.sql'),
      'set local role retail_owner; create table retail.next ();',
    );
    const applied = await withClient(database.maintenanceUrl, (client) =>
      migrate(client, { directory }),
    );
    expect(applied).toEqual(['0900.do.next.sql']);
    const { rows } = await admin.query(
      `select relowner::regrole::text as owner from pg_class where oid = 'retail.next'::regclass`,
    );
    expect(rows).toEqual([{ owner: 'retail_owner' }]);
  });
});
