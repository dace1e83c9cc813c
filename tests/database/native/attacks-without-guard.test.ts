import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { QueryAnswer } from '../../../shared/data/query-answer.ts';
import { RetailError } from '../../../shared/infrastructure/errors.ts';
import { attacksBy } from '../../attacks/corpus.ts';
import { openTenantDoor } from '../../support/application.ts';
import { type ForeignValues, foreignValuesFor } from '../../support/foreign-values.ts';
import { freshDatabase, type TestDatabase } from '../../support/fresh-database.ts';
import {
  connectionStringFor,
  createNativeDatabase,
  dropNativeDatabase,
} from '../../support/native-server.ts';
import { seedThreeStores, storeManager } from '../../support/three-stores.ts';
import { withClient } from '../../support/with-client.ts';
import { lastingState } from './lasting-state.ts';

// The corpus of attacks with the guard switched off: role, policies and protocol alone must hold the
// boundary, leave nothing behind on the connection, and nothing in the database.

const attacks = attacksBy('seattle', 'tacoma');
const those = (...musts: string[]) => attacks.filter(({ must }) => musts.includes(must));

/** Where seattle is one of three stores, and a copy where there is no other. */
let database: TestDatabase;
let alone: Omit<TestDatabase, 'serviceUrl' | 'maintenanceUrl' | 'withoutTimeLimit'>;
let admin: pg.Client;
let foreignValues: ForeignValues;
let before: string;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database);
  foreignValues = await foreignValuesFor('seattle', database);
  alone = await copyOf(database);
  await withClient(alone.adminUrl, removeOtherStores);
  // With statistics, which know the rows of every store.
  for (const { adminUrl } of [database, alone]) {
    await withClient(adminUrl, (client) => client.query('analyze'));
  }
  // It breaks if the server does.
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  before = await lastingState(admin);
});

afterAll(async () => {
  await admin?.end();
  await Promise.all([database?.close(), alone?.close()]);
});

type Outcome = Pick<QueryAnswer, 'rows'> | { failed: string };

function suite(timeoutMs: number) {
  type Door = ReturnType<typeof openTenantDoor>;
  let door: Door;
  let doorAlone: Door;
  let clean: object;

  beforeAll(async () => {
    const settings = { DATABASE_POOL_MAX: '1', QUERY_TIMEOUT_MS: String(timeoutMs) };
    door = openTenantDoor(database, settings);
    doorAlone = openTenantDoor(alone, settings);
    clean = (await stateOfConnection(door)).session;
  });
  afterAll(async () => {
    await Promise.all([door?.close(), doorAlone?.close()]);
  });

  const outcome = (of: Door, sql: string): Promise<Outcome> =>
    of.answer(storeManager('seattle'), sql).catch((error: unknown) => {
      if (!(error instanceof RetailError)) throw error;
      return { failed: `${error.code}: ${error.message} ${error.hint}` };
    });

  return {
    attack: async (sql: string) => {
      const answered = await outcome(door, sql);
      expect(foreignValues(answered, sql)).toEqual([]);
      return answered;
    },
    /** The same, to compare: once more, and where the other stores never were. */
    again: async (sql: string) => ({
      repeated: await outcome(door, sql),
      withoutOthers: await outcome(doorAlone, sql),
    }),
    expectNothingLeft: async () => {
      const { session, transactionStatus, pid } = await stateOfConnection(door);
      expect(session).toEqual(clean);
      expect(transactionStatus).toBe('I');
      const { rows: locks } = await admin.query('select mode from pg_locks where pid = $1', [pid]);
      expect(locks).toEqual([]);
      const other = await door.answer(
        storeManager('tacoma'),
        'select distinct store_id from retail.sales_transactions',
      );
      expect(other.rows).toEqual([['tacoma']]);
      expect(await lastingState(admin)).toBe(before);
    },
  };
}

describe('what may be answered, is as if there were no other store', () => {
  const { attack, again, expectNothingLeft } = suite(10_000);

  let passing = 0;

  test('the transaction is the caller’s role’s, reads only, and has its time', async () => {
    const settings = ['role', 'transaction_read_only', 'statement_timeout', 'search_path'];
    const shown = settings.map((name) => `current_setting('${name}')`).join(', ');
    expect(await attack(`select session_user::text, ${shown}`)).toMatchObject({
      rows: [['retail_app', 'store_managers', 'on', '10s', expect.stringMatching(/^pg_catalog, /)]],
    });
  });

  test.each(those('accepted', 'own-rows'))('$must: $sql', async ({ sql }) => {
    const answered = await attack(sql);
    const { repeated, withoutOthers } = await again(sql);
    if (sorted(answered) === sorted(repeated)) expect(sorted(withoutOthers)).toBe(sorted(answered));
    else passing += 1;
    await expectNothingLeft();
  });

  test('only what is random or tells the time was not compared', () => {
    expect(passing).toBeLessThan(10);
  });
});

describe('what may not, fails or does no harm', () => {
  const timeoutMs = 150;
  const { attack, expectNothingLeft } = suite(timeoutMs);

  test.each(those('refused', 'bounded'))('$must: $sql', async ({ sql }) => {
    const start = performance.now();
    await attack(sql);
    expect(performance.now() - start).toBeLessThan(timeoutMs + 2_000);
    await expectNothingLeft();
  });
});

async function stateOfConnection({ pool }: ReturnType<typeof openTenantDoor>) {
  const client = await pool.connect();
  try {
    const transactionStatus = client.getTransactionStatus();
    const { rows } = await client.query(`
      select session_user, current_user, current_setting('role') as role,
        coalesce(current_setting('app.tenant_context', true), '') as context,
        (select string_agg(concat(name, '=', setting), ',' order by name) from pg_settings
         where setting is distinct from reset_val) as settings,
        (select count(*) from pg_prepared_statements) as prepared_statements,
        (select count(*) from pg_cursors) as cursors,
        (select count(*) from pg_listening_channels()) as channels,
        pg_my_temp_schema() as temporary_schema, pg_backend_pid() as pid`);
    const { pid, ...session } = rows[0];
    return { session, transactionStatus, pid };
  } finally {
    client.release();
  }
}

/** A copy of a database that nobody is connected to, times of creation and all. */
async function copyOf({ adminUrl, engine, contextKey }: TestDatabase): Promise<typeof alone> {
  const server = inject('nativeServer');
  const name = await createNativeDatabase(server, new URL(adminUrl).pathname.slice(1));
  return {
    engine,
    contextKey,
    adminUrl: connectionStringFor(server, name),
    appUrl: connectionStringFor(server, name, 'retail_app'),
    close: () => dropNativeDatabase(server, name),
  };
}

const sorted = (outcome: Outcome) =>
  'failed' in outcome
    ? outcome.failed
    : outcome.rows
        .map((row) => JSON.stringify(row))
        .sort()
        .join('\n');

async function removeOtherStores(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name
     from pg_attribute join pg_class on pg_class.oid = attrelid
       join pg_namespace on pg_namespace.oid = relnamespace
     where attname = 'store_id' and relkind in ('r', 'p') and not relispartition
       and nspname in ('retail', 'security')`,
  );
  // Rows that refer to others go with them in any order.
  await client.query('set session_replication_role = replica');
  for (const { name } of rows) {
    await client.query(`delete from ${name} where store_id <> 'seattle'`);
  }
}
