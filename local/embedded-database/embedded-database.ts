import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { type CopyInto, createLoad, type Load } from './bulk-load.ts';
import { type Connections, serveClient } from './client-connection.ts';
import { superviseEngine } from './supervisor.ts';
import { createTurns } from './turns.ts';
import { protocolMessage, readMessages } from './wire-protocol.ts';

export type EmbeddedDatabaseOptions = {
  /** Where the rows live. Absent: a temporary folder, deleted by `stop()`. */
  dataDirectory?: string;
  /** A file written by `dumpDataDirectory`, for a data directory that holds no database yet. */
  loadDataDirectory?: string;
  /** TCP port on 127.0.0.1; 0 or absent: any free one. */
  port?: number;
  /**
   * A query that runs longer is ended, by a restart of the engine that keeps committed rows. A
   * client that connects with a `statement_timeout` (0: none) is held to its own.
   */
  statementTimeoutMs: number;
};

export type { CopyInto, CopyOptions, Load, Query } from './bulk-load.ts';

export type EmbeddedDatabase = {
  /**
   * As the superuser `postgres`. Put another role's name in its place to log in as that role; no
   * password is asked for. As behind PgBouncer in transaction mode, nothing of a session outlives
   * its transaction: no setting, prepared statement, session lock, temporary table or LISTEN.
   */
  connectionString: string;
  port: number;
  /** Loads one table, in a transaction of its own. */
  copyInto: CopyInto;
  /** Everything that `work` does by its two arguments is one transaction, all kept or nothing. */
  load: Load;
  /** No query is ended for its length while `work` runs: for migrations and index builds. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /** Writes the whole database as a .tar.gz that `loadDataDirectory` takes. */
  dumpDataDirectory(file: string): Promise<void>;
  /** How often the engine had to be started again. */
  restarts(): number;
  stop(): Promise<void>;
};

const maximumConnections = 100;

/** PostgreSQL with pgvector, pgcrypto, pg_trgm and pg_stat_statements on 127.0.0.1. */
export async function startEmbeddedDatabase({
  dataDirectory,
  loadDataDirectory,
  port: wantedPort = 0,
  statementTimeoutMs,
}: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const temporary = dataDirectory === undefined;
  const directory = temporary
    ? await mkdtemp(join(tmpdir(), 'retail-database-'))
    : resolve(dataDirectory);
  const removeTemporary = async () => {
    if (temporary) await rm(directory, { recursive: true, force: true });
  };

  const dump = loadDataDirectory === undefined ? undefined : resolve(loadDataDirectory);
  const supervisor = await superviseEngine({ directory, temporary, load: dump }).catch(
    async (error) => {
      await removeTemporary();
      throw error;
    },
  );
  const turns = createTurns(supervisor.engine, statementTimeoutMs);
  const connections: Connections = new Map();
  const greeting = async () => greetingOf((await supervisor.engine()).greeting);
  const server = createServer((socket) => serveClient(socket, turns, greeting, connections));
  server.maxConnections = maximumConnections;

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    server.close();
    for (const connection of connections.values()) connection.stop();
    await supervisor.close();
    await removeTemporary();
  };

  server.listen(wantedPort, '127.0.0.1');
  await once(server, 'listening').catch(async (cause) => {
    await stop();
    const message = `The embedded database cannot listen on port ${wantedPort} of 127.0.0.1.`;
    const hint = 'Choose another port, or 0 for any free one.';
    throw new RetailError('database_unavailable', message, { hint, cause });
  });
  const { port } = server.address() as AddressInfo;

  const connectionString = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const loadOverConnection = createLoad(connectionString, (client) =>
    connections.get((client as unknown as { processID: number }).processID),
  );
  const load: Load = (work) => turns.withoutTimeLimit(() => loadOverConnection(work));

  return {
    connectionString,
    port,
    load,
    copyInto: (...parameters) => load((copyInto) => copyInto(...parameters)),
    withoutTimeLimit: turns.withoutTimeLimit,
    restarts: supervisor.restarts,
    async dumpDataDirectory(file) {
      const turn = await turns.take('postgres');
      try {
        await turn.dump(resolve(file));
      } finally {
        turn.end();
      }
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** What the engine says to a new client, but for what is each client's own. */
function greetingOf(answer: Buffer): Buffer {
  const common = [...readMessages(answer)].filter(({ type }) => type !== 'K' && type !== 'Z');
  return Buffer.concat(common.map(({ type, body }) => protocolMessage(type, body)));
}
