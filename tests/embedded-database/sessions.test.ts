import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type EmbeddedDatabase,
  startEmbeddedDatabase,
} from '../../local/embedded-database/embedded-database.ts';
import { cut, socketOf, withClient } from './clients.ts';

let database: EmbeddedDatabase;

beforeAll(async () => {
  database = await startEmbeddedDatabase({ statementTimeoutMs: 10_000 });
  await withClient(database, (client) =>
    client.query(`
      create table notes (note text);
      create role reader;
      create role writer login noinherit;
      grant reader to writer;
      grant select on notes to reader;
      grant insert on notes to writer;
      insert into notes values ('first');
    `),
  );
  return database.stop;
});

const state = `
  select session_user, current_user, current_setting('search_path') as path,
    (select count(*)::int from pg_locks where locktype = 'advisory') as locks`;
const clean = { session_user: 'postgres', current_user: 'postgres', path: 'public', locks: 0 };

describe('what one client leaves behind, another does not find', () => {
  const leavings = {
    'settings, a role and an advisory lock':
      'set search_path = elsewhere; set role reader; select pg_advisory_lock(1)',
    'an open transaction':
      "begin; set local role reader; delete from notes; insert into notes values ('lost')",
    'a failed transaction': 'begin; select 1 / 0',
    'another login': "select set_config('session_authorization', 'reader', false)",
  };

  for (const [name, sql] of Object.entries(leavings)) {
    it(name, async () => {
      await withClient(database, async (leaving) => {
        await leaving.query(sql).catch(() => {});
        await cut(leaving);
      });
      await withClient(database, async (client) => {
        expect((await client.query(state)).rows).toEqual([clean]);
        expect((await client.query('select note from notes')).rows).toEqual([{ note: 'first' }]);
      });
    });
  }

  it('settings, while both are connected', async () => {
    await withClient(database, async (one) => {
      await withClient(database, async (other) => {
        await one.query('set search_path = elsewhere; set role reader');
        expect((await other.query(state)).rows).toEqual([clean]);
      });
    });
  });

  it('a query whose other half never comes', async () => {
    await withClient(database, async (half) => {
      // A Parse that fails, and no Sync: PostgreSQL skips everything up to the next one.
      const { connection } = half as unknown as { connection: pg.Connection };
      connection.parse({ name: '', text: 'selec', types: [] }, false);
      connection.flush();
      await sleep(100);
      await cut(half);
    });
    await withClient(database, async (client) => {
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });
});

describe('a login', () => {
  it('has the rights of its role, not of the superuser', async () => {
    await withClient(
      database,
      async (client) => {
        await expect(client.query('select * from notes')).rejects.toMatchObject({ code: '42501' });
        await expect(client.query('set role postgres')).rejects.toMatchObject({ code: '42501' });
        await client.query('begin; set local role reader');
        expect((await client.query('select note from notes')).rowCount).toBe(1);
        await client.query('rollback');
      },
      { user: 'writer' },
    );
  });

  it('of a role that does not exist is refused', async () => {
    await expect(
      withClient(database, (client) => client.query('select 1'), { user: 'nobody' }),
    ).rejects.toMatchObject({ code: '28000', message: 'role "nobody" does not exist' });
  });

  it('to another database is refused', async () => {
    const connectionString = database.connectionString.replace(/postgres$/, 'retail');
    await expect(
      withClient({ connectionString }, (client) => client.query('select 1')),
    ).rejects.toMatchObject({ code: '3D000' });
  });
});

describe('many clients at once', () => {
  it('each get their own rows, however large their parameters', async () => {
    const pool = new pg.Pool({ connectionString: database.connectionString, max: 5 });
    const large = 'x'.repeat(400_000);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const text = index % 2 ? large : 'y';
        const { rows } = await pool.query(`select ${index} as index, $1 as text`, [text]);
        return rows[0].index === index && rows[0].text === text;
      }),
    );
    await pool.end();
    expect(answers).toEqual(Array(60).fill(true));
  });

  it('keep their transactions apart in 300 pipelined ones', async () => {
    const pool = new pg.Pool({
      connectionString: database.connectionString,
      max: 5,
      pipeline: true,
    } as pg.PoolConfig);
    const seen = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const client = await pool.connect();
        const role = index % 2 ? 'reader' : 'writer';
        try {
          const [, answer] = await Promise.all([
            client.query(
              `begin read only; set local role ${role}; set local app.caller = '${index}'`,
            ),
            client.query(
              "select current_user as role, current_setting('app.caller') as caller, $1 as sent",
              [`${index}`],
            ),
            client.query('commit'),
          ]);
          expect(answer.rows).toEqual([{ role, caller: `${index}`, sent: `${index}` }]);
          return index;
        } finally {
          client.release();
        }
      }),
    );
    await pool.end();
    expect(seen).toHaveLength(300);
  });

  it('wait for an open transaction, and see what it committed', async () => {
    await withClient(database, (one) =>
      withClient(database, async (other) => {
        await one.query("begin; insert into notes values ('second')");
        const notes = other.query('select note from notes');
        await one.query('delete from notes');
        await one.query("insert into notes values ('first'); commit");
        expect((await notes).rows).toEqual([{ note: 'first' }]);
      }),
    );
  });
});

describe('the protocol', () => {
  it('reads a portal in portions', async () => {
    await withClient(database, async (client) => {
      const query = { text: 'select generate_series(1, 10) as n', rows: 3 };
      expect((await client.query(query)).rows).toHaveLength(10);
    });
  });

  it('refuses COPY FROM STDIN and goes on, in both forms of query', async () => {
    await withClient(database, async (client) => {
      const copy = 'copy notes from stdin';
      for (const query of [copy, { text: copy, queryMode: 'extended' }]) {
        await expect(client.query(query)).rejects.toThrow(/copyInto/);
      }
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
    expect(database.restarts()).toBe(0);
  });

  it('disconnects a client that does not speak it, and serves the others', async () => {
    await withClient(database, async (client) => {
      await withClient(database, async (garbled) => {
        const error = new Promise<Error>((resolve) => garbled.once('error', resolve));
        socketOf(garbled).write('zzzzzzzzzzzzzzzz');
        expect(await error).toMatchObject({ code: '08P01' });
      });
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  });
});
