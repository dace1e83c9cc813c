import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { migrate } from '../../../shared/data/migrations.ts';
import { applicationRoot } from '../../../shared/infrastructure/application-root.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from '../../support/fresh-database.ts';
import { withClient } from '../../support/with-client.ts';

describe('migrations', () => {
  const databases: TestDatabase[] = [];
  const opened = async (made: Promise<TestDatabase>) => {
    const database = await made;
    databases.push(database);
    return database;
  };
  const empty = () => opened(emptyDatabase());

  afterEach(async () => {
    await Promise.all(databases.splice(0).map((database) => database.close()));
  });

  const migrateBy = (connectionString: string) =>
    withClient(connectionString, (client) => migrate(client));

  test('runs that meet in one database apply each migration once', async () => {
    const { adminUrl } = await empty();
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrateBy(adminUrl)));
    expect(applied.filter((files) => files.length > 0)).toHaveLength(1);
  });

  test('databases of one server are migrated at once', async () => {
    const made = await Promise.all([1, 2, 3, 4].map(empty));
    const applied = await Promise.all(made.map(({ adminUrl }) => migrateBy(adminUrl)));
    expect(applied.every((files) => files.length > 0)).toBe(true);
  });

  test('an administrator who is no superuser can migrate', async () => {
    const { adminUrl } = await empty();
    const name = `test_administrator_${process.pid}`;
    const databaseName = new URL(adminUrl).pathname.slice(1);
    await withClient(adminUrl, async (admin) => {
      await admin.query(`create role ${name} login createrole createdb password 'retail-tests'`);
      await admin.query(`grant retail_owner, retail_loader to ${name} with admin option`);
      await admin.query(`alter database ${databaseName} owner to ${name}`);
    });
    try {
      const url = new URL(adminUrl);
      url.username = name;
      url.password = 'retail-tests';
      await expect(migrateBy(url.href)).rejects.toMatchObject({
        message: expect.stringContaining('permission denied to create extension "vector"'),
        hint: expect.stringContaining(`create schema extensions authorization ${name}`),
      });
      await withClient(adminUrl, (admin) =>
        admin.query(
          `create schema extensions authorization ${name}; create extension vector schema extensions`,
        ),
      );
      expect(await migrateBy(url.href)).not.toEqual([]);
      const { rows } = await withClient(adminUrl, (admin) =>
        admin.query(`select distinct relowner::regrole::text as owner from pg_class
          where relnamespace in ('retail'::regnamespace, 'security'::regnamespace)`),
      );
      expect(rows).toEqual([{ owner: 'retail_owner' }]);
    } finally {
      await withClient(adminUrl, async (admin) => {
        await admin.query(`reassign owned by ${name} to current_user; drop owned by ${name}`);
        await admin.query(`drop role ${name}`);
      });
    }
  });

  test('a run that another one holds up gives up in time and says why', async () => {
    const { adminUrl } = await opened(freshDatabase());
    await withClient(adminUrl, async (other) => {
      await other.query('begin; lock table security.schema_migrations');
      await expect(
        withClient(adminUrl, (client) => migrate(client, { lockTimeoutMs: 200 })),
      ).rejects.toMatchObject({ name: 'RetailError', code: 'busy' });
    });
  });

  test('npm run db:migrate migrates and installs the key', async () => {
    const { adminUrl } = await empty();
    const run = (environment: NodeJS.ProcessEnv) =>
      spawnSync(process.execPath, [join(applicationRoot(), 'local', 'migrate.ts')], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, ...environment },
        timeout: 30_000,
      });
    const secret = Buffer.alloc(32, 9).toString('base64');
    const first = run({ DATABASE_URL: adminUrl, CONTEXT_SIGNING_KEY: `first:${secret}` });
    expect(first.stdout).toContain('0001.do.roles-and-schemas.sql');
    expect(first.stdout).toContain('Context key "first" is installed.');
    expect(first.status).toBe(0);

    const again = run({ DATABASE_MAINTENANCE_URL: adminUrl, DATABASE_URL: 'postgres://nowhere' });
    expect(again.stdout).toBe('Nothing to apply.\n');

    const otherSecret = Buffer.alloc(32, 8).toString('base64');
    const clash = run({ DATABASE_URL: adminUrl, CONTEXT_SIGNING_KEY: `first:${otherSecret}` });
    expect(clash.stderr).toContain('another secret under the context key id "first"');
    expect(clash.status).toBe(1);

    const nowhere = run({});
    expect(nowhere.stderr).toContain('DATABASE_MAINTENANCE_URL is not set');
    expect(nowhere.status).toBe(1);
  });
});
