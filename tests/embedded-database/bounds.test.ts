import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type EmbeddedDatabase,
  startEmbeddedDatabase,
} from '../../local/embedded-database/embedded-database.ts';
import { simpleQuery } from '../../local/embedded-database/wire-protocol.ts';
import { cut, enginePids, requestCancel, runaway, socketOf, withClient } from './clients.ts';

let database: EmbeddedDatabase;
let restarts: number;

beforeAll(async () => {
  database = await startEmbeddedDatabase({ statementTimeoutMs: 2_000 });
  await withClient(database, (client) => client.query("create table notes as select 'kept' note"));
  return database.stop;
});
beforeEach(() => {
  restarts = database.restarts();
});

const notesOf = async (client: pg.Client) => (await client.query('select note from notes')).rows;
const kept = [{ note: 'kept' }];

async function serves() {
  expect(await withClient(database, notesOf)).toEqual(kept);
}

describe('a runaway query', () => {
  it('is ended at the time limit, its transaction undone, while the others only wait', async () => {
    await withClient(database, async (other) => {
      await withClient(database, async (client) => {
        await client.query("begin; insert into notes values ('lost')");
        const query = client.query(runaway);
        const waiting = notesOf(other);
        await expect(query).rejects.toMatchObject({ severity: 'FATAL', code: '57014' });
        expect(await waiting).toEqual(kept);
      });
      expect(await notesOf(other)).toEqual(kept);
    });
    expect(database.restarts()).toBe(restarts + 1);
  });

  it('is ended in an extended query too, and when its statement forbids it', async () => {
    await withClient(database, async (client) => {
      await client.query('begin; set local statement_timeout = 0');
      const query = client.query(`${runaway} where a <> $1`, [0]);
      await expect(query).rejects.toMatchObject({ code: '57014' });
    });
    await serves();
  });

  it('is ended by a cancel request', async () => {
    await withClient(database, async (client) => {
      const query = client.query(runaway);
      const cancelled = expect(query).rejects.toMatchObject({ code: '57014', message: /user/ });
      await sleep(200);
      requestCancel(client);
      await cancelled;
    });
    await serves();
  });

  it('is not ended by a cancel request with another key', async () => {
    await withClient(database, async (client) => {
      const query = client.query('select pg_sleep(1)');
      requestCancel(client, 1);
      await expect(query).resolves.toMatchObject({ rowCount: 1 });
    });
    expect(database.restarts()).toBe(restarts);
  });

  it('is ended when it has answered in part', async () => {
    await withClient(database, async (client) => {
      const rows = "select repeat('x', 1000), pg_sleep(0.01) from generate_series(1, 100000)";
      await expect(client.query(rows)).rejects.toMatchObject({ code: '57014' });
    });
    await serves();
  });

  it('is ended when its client goes away', async () => {
    await withClient(
      database,
      async (client) => {
        client.query(runaway).catch(() => {});
        await sleep(200);
        await cut(client);
      },
      { statement_timeout: 600_000 },
    );
    await serves();
  });

  it('leaves no other client without its turn when it gave up waiting', async () => {
    await withClient(database, async (first) => {
      await first.query('begin');
      await withClient(database, async (impatient) => {
        impatient.query('select 1').catch(() => {});
        await sleep(100);
        await cut(impatient);
      });
      await first.query('commit');
    });
    await serves();
    expect(database.restarts()).toBe(restarts);
  });
});

describe('a client with a time limit of its own', () => {
  it('is held to that one', async () => {
    const patient = { statement_timeout: 5_000 };
    await withClient(database, (client) => client.query('select pg_sleep(3)'), patient);
    const hasty = { statement_timeout: 500 };
    const query = withClient(database, (client) => client.query('select pg_sleep(2)'), hasty);
    await expect(query).rejects.toMatchObject({ code: '57014' });
    expect(database.restarts()).toBe(restarts + 1);
  });

  it('is told when its limit is none', async () => {
    const config = { statement_timeout: 'soon' as unknown as number };
    await expect(withClient(database, notesOf, config)).rejects.toMatchObject({ code: '22023' });
  });
});

describe('the owner', () => {
  it('may take longer than the time limit', async () => {
    await withClient(database, (client) =>
      database.withoutTimeLimit(async () => {
        await client.query('select pg_sleep(3)');
      }),
    );
    expect(database.restarts()).toBe(restarts);
  });
});

describe('an open transaction that does nothing', () => {
  it('is ended when another client has waited long enough', async () => {
    await withClient(database, async (idle) => {
      await idle.query("begin; insert into notes values ('lost')");
      const error = once(idle, 'error');
      await serves();
      expect(await error).toMatchObject([{ code: '25P03' }]);
    });
    expect(database.restarts()).toBe(restarts);
  });
});

describe('an engine that is killed', () => {
  it('is started again: committed rows kept, the open transaction undone and its client told', async () => {
    await withClient(database, async (client) => {
      await client.query("begin; insert into notes values ('lost')");
      for (const pid of enginePids(process.pid)) process.kill(pid, 'SIGKILL');
      await expect(client.query('select 1')).rejects.toThrow();
    });
    await serves();
    expect(database.restarts()).toBe(restarts + 1);
  });

  it('does not disconnect clients that ask for nothing', async () => {
    await withClient(database, async (client) => {
      for (const pid of enginePids(process.pid)) process.kill(pid, 'SIGKILL');
      await expect.poll(database.restarts).toBe(restarts + 1);
      expect(await notesOf(client)).toEqual(kept);
    });
  });
});

describe('an answer', () => {
  const answers = {
    'of one huge value': { sql: "select repeat('a', 300000000)", bytes: 300_000_063 },
    'of one huge array': {
      sql: 'select array_agg(i) from generate_series(1, 3000000) i',
      bytes: 22_888_963,
    },
    'of many rows': {
      sql: "select repeat('x', 1000) as x from generate_series(1, 300000)",
      bytes: 303_300_052,
    },
  };

  for (const [name, { sql, bytes }] of Object.entries(answers)) {
    it(`${name} passes through without being held in memory`, async () => {
      const before = process.memoryUsage.rss();
      let most = 0;
      let received = 0;
      await withClient(
        database,
        async (client) => {
          const socket = socketOf(client);
          socket.removeAllListeners('data');
          const ended = once(socket, 'close');
          socket.on('data', (chunk: Buffer) => {
            received += chunk.length;
            most = Math.max(most, process.memoryUsage.rss());
            if (received >= bytes) socket.destroy();
          });
          socket.write(simpleQuery(sql));
          await ended;
        },
        { statement_timeout: 50_000 },
      );
      expect(received).toBe(bytes);
      expect(most - before).toBeLessThan(150 * 2 ** 20);
      await serves();
    });
  }

  it('that no value can hold is an error; the connection goes on, the memory is given back', async () => {
    await withClient(
      database,
      async (client) => {
        const query = client.query("select repeat('a', 600000000)");
        await expect(query).rejects.toMatchObject({ severity: 'ERROR' });
        expect(await notesOf(client)).toEqual(kept);
      },
      { statement_timeout: 50_000 },
    );
    expect(database.restarts()).toBe(restarts + 1);
  });

  it('that its client does not read holds the others up for the time limit only', async () => {
    await withClient(database, async (client) => {
      socketOf(client).pause();
      client.query("select repeat('x', 1000) from generate_series(1, 1000000)").catch(() => {});
      await sleep(100);
      await serves();
      await cut(client);
    });
  });
});
