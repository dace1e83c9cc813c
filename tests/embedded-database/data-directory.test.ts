import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type EmbeddedDatabaseOptions,
  startEmbeddedDatabase,
} from '../../local/embedded-database/embedded-database.ts';
import { enginePids, isRunning, runaway, withClient } from './clients.ts';

let folder: string;
let dataDirectory: string;

/** An empty database: to copy it takes a tenth of a first start. */
let empty: string;

beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'embedded-database-empty-'));
  const database = await startEmbeddedDatabase({ dataDirectory: empty, statementTimeoutMs: 1_000 });
  await database.stop();
  return () => rm(empty, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-database-test-'));
  dataDirectory = join(folder, 'data');
  await cp(empty, dataDirectory, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function start(options: Omit<EmbeddedDatabaseOptions, 'statementTimeoutMs'> = {}) {
  const database = await startEmbeddedDatabase({
    dataDirectory,
    statementTimeoutMs: 10_000,
    ...options,
  });
  onTestFinished(database.stop);
  return database;
}

const query = (database: { connectionString: string }, sql: string) =>
  withClient(database, async (client) => (await client.query(sql)).rows);

/** Another process that starts the database and keeps it, as `npm start` would. */
function spawnOwner() {
  const program = fileURLToPath(new URL('owner-process.ts', import.meta.url));
  const owner = spawn(process.execPath, [program, dataDirectory], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void owner.kill('SIGKILL'));
  return owner;
}

async function startOwner() {
  const owner = spawnOwner();
  const [line] = await once(owner.stdout, 'data');
  return { owner, connectionString: String(line).trim() };
}

describe('the data directory', () => {
  it('keeps rows, and the port may stay the same, from one start to the next', async () => {
    const first = await start();
    await query(first, "create table notes as select 'kept' as note");
    await first.stop();
    const second = await start({ port: first.port });
    expect(second.connectionString).toBe(first.connectionString);
    expect(await query(second, 'select note from notes')).toEqual([{ note: 'kept' }]);
  });

  it('is begun anew after a first start that was killed half-way', async () => {
    await rm(dataDirectory, { recursive: true });
    const owner = spawnOwner();
    while (!existsSync(join(dataDirectory, 'lock'))) await sleep(5);
    const [engine] = enginePids(Number(owner.pid));
    while (!existsSync(join(dataDirectory, 'cluster', 'PG_VERSION'))) await sleep(1);
    process.kill(Number(engine), 'SIGKILL');
    await once(owner, 'exit');
    expect(await query(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('that is damaged is named, with what to do', async () => {
    await rm(join(dataDirectory, 'cluster', 'global'), { recursive: true });
    await expect(start()).rejects.toThrow(
      /^The database in .+ cannot be opened .+ Delete that directory/,
    );
  });
});

describe('a dump', () => {
  it('starts a database that holds the same', async () => {
    const dump = join(folder, 'dump.tar.gz');
    const first = await start();
    await query(first, "create table notes as select 'dumped' as note; create role someone");
    await withClient(first, (client) => client.query('select 1'), { user: 'someone' });
    await first.dumpDataDirectory(dump);
    await query(first, 'drop table notes');

    const second = await start({ dataDirectory: join(folder, 'other'), loadDataDirectory: dump });
    expect(await query(second, 'select note from notes')).toEqual([{ note: 'dumped' }]);
  });

  it('is refused where a database is already, or where it is no dump', async () => {
    const first = await start();
    await query(first, "create table notes as select 'kept' as note");
    await first.stop();
    const dump = join(folder, 'dump.tar.gz');
    await expect(start({ loadDataDirectory: dump })).rejects.toThrow(/holds a database already/);
    expect(await query(await start(), 'select note from notes')).toEqual([{ note: 'kept' }]);

    const elsewhere = join(folder, 'other');
    const load = () => start({ dataDirectory: elsewhere, loadDataDirectory: dump });
    await expect(load()).rejects.toThrow(/no dump/);
    await writeFile(dump, 'not a tar archive');
    await expect(load()).rejects.toThrow(/cannot be loaded/);
    expect(await query(await start({ dataDirectory: elsewhere }), 'select 1 as one')).toEqual([
      { one: 1 },
    ]);
  });
});

describe('the lock', () => {
  it('refuses a second start and names the process that holds it', async () => {
    const { owner, connectionString } = await startOwner();
    await expect(start()).rejects.toThrow(
      `The database in ${dataDirectory} is in use by process ${owner.pid}.`,
    );
    expect(await query({ connectionString }, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is free again when its holder is killed, even in the middle of a query', async () => {
    const { owner, connectionString } = await startOwner();
    await query({ connectionString }, "create table notes as select 'kept' as note");
    const [engine] = enginePids(Number(owner.pid));
    query({ connectionString }, runaway).catch(() => {});
    await sleep(300);
    owner.kill('SIGKILL');
    await once(owner, 'exit');

    expect(await query(await start(), 'select note from notes')).toEqual([{ note: 'kept' }]);
    expect(isRunning(Number(engine))).toBe(false);
  });
});

describe('a stop', () => {
  it('is left to the owner when Ctrl-C reaches the whole process group', async () => {
    const database = await start();
    for (const pid of enginePids(process.pid)) {
      process.kill(pid, 'SIGINT');
      process.kill(pid, 'SIGTERM');
    }
    expect(await query(database, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(database.restarts()).toBe(0);
  });

  it('ends the process and its port, and may be asked for twice', async () => {
    const database = await start();
    await Promise.all([database.stop(), database.stop()]);
    expect(enginePids(process.pid)).toEqual([]);
    await expect(query(database, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('does not wait for a runaway query', async () => {
    const database = await start();
    const running = expect(query(database, runaway)).rejects.toMatchObject({ code: '57P01' });
    await sleep(300);
    await database.stop();
    await running;
    expect(enginePids(process.pid)).toEqual([]);
  });

  it('removes a database that has no directory of its own', async () => {
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => void vi.unstubAllEnvs());
    const before = await readdir(folder);
    const database = await startEmbeddedDatabase({ statementTimeoutMs: 10_000 });
    onTestFinished(database.stop);
    expect(await readdir(folder)).toHaveLength(before.length + 1);
    await database.stop();
    expect(await readdir(folder)).toEqual(before);
  });
});

it('says which port it cannot have, and leaves nothing behind', async () => {
  const first = await start();
  const other = join(folder, 'other');
  await cp(empty, other, { recursive: true });
  const second = start({ dataDirectory: other, port: first.port });
  await expect(second).rejects.toThrow(`cannot listen on port ${first.port}`);
  expect(enginePids(process.pid)).toHaveLength(1);
});
