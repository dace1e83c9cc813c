import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withClient } from './with-client.ts';

/** A PostgreSQL server of a test's own, to be treated badly. */
export type PostgresCluster = {
  /** Connection string of the superuser. */
  url: string;
  /** Resolves when it accepts connections. */
  start(): Promise<void>;
  /** SIGKILL for every process of it. */
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
};

const startLimitMs = 30_000;
const run = promisify(execFile);

/** Makes one with the programs of a running server; `undefined` when they are not on this machine. */
export async function createCluster(binaries: string): Promise<PostgresCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'retail-cluster-'));
  const user = await unprivileged();
  if (user.uid !== undefined && user.gid !== undefined) await chown(directory, user.uid, user.gid);
  const options: SpawnOptions = { ...user, cwd: directory, stdio: 'ignore' };
  const data = join(directory, 'data');
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '-N'],
    { ...user, cwd: directory },
  );
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories='];
  let postmaster: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    if (!postmaster || postmaster.exitCode !== null || postmaster.signalCode !== null) return;
    const exited = once(postmaster, 'exit');
    postmaster.kill(signal);
    await exited;
  };

  return {
    url,
    async start() {
      for (const until = Date.now() + startLimitMs; ; await sleep(50)) {
        // It does not start while a process of its former life is still about.
        if (!postmaster || postmaster.exitCode !== null || postmaster.signalCode !== null) {
          const arguments_ = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
          postmaster = spawn(join(binaries, 'postgres'), arguments_, options);
        }
        if (await accepts(url)) return;
        if (Date.now() > until) throw new Error(`PostgreSQL did not start in ${directory}`);
      }
    },
    async kill() {
      const processes = await processesOf(url);
      await end('SIGKILL');
      for (const pid of processes) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended with its parent.
        }
      }
    },
    async remove() {
      await end('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const accepts = (url: string) =>
  withClient(url, (client) => client.query('select')).then(
    () => true,
    () => false,
  );

const processesOf = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      'select pid from pg_stat_activity where pid <> pg_backend_pid()',
    );
    return rows.map(({ pid }) => pid);
  });

/** PostgreSQL refuses to run as root. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => Number((await run('id', [option, 'nobody'])).stdout)),
  );
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
