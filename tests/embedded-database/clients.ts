import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import type { EmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';

/** Runs `work` with a client of the database: the superuser, unless `config` says otherwise. */
export async function withClient<T>(
  { connectionString }: Pick<EmbeddedDatabase, 'connectionString'>,
  work: (client: pg.Client) => Promise<T>,
  config: pg.ClientConfig = {},
): Promise<T> {
  const { hostname, port, pathname } = new URL(connectionString);
  const database = pathname.slice(1);
  const client = new pg.Client({
    host: hostname,
    port: Number(port),
    database,
    user: 'postgres',
    ...config,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The client's end of the connection, to be cut as no well-behaved client would. */
export const socketOf = (client: pg.Client) =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

export async function cut(client: pg.Client): Promise<void> {
  const closed = once(socketOf(client), 'close');
  socketOf(client).destroy();
  await closed;
}

/** https://www.postgresql.org/docs/18/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS */
export function requestCancel(client: pg.Client, secret?: number): void {
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  [16, 80877102, processID, secret ?? secretKey].forEach((word, index) => {
    request.writeInt32BE(word, index * 4);
  });
  connect(client.port, client.host).end(request);
}

/** The processes of engines, as the operating system sees them. */
function engineProcesses() {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('engine-process'))
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, owner = 0]) => ({ pid, owner }));
}

export const enginePids = (owner: number) =>
  engineProcesses().flatMap((engine) => (engine.owner === owner ? [engine.pid] : []));

export const isRunning = (engine: number) => engineProcesses().some(({ pid }) => pid === engine);

/** Never ends within a test's patience. */
export const runaway =
  'select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b';
