import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type EmbeddedDatabaseOptions = {
  /** Where the rows live. Absent: a temporary folder, deleted by `stop()`. */
  dataDirectory?: string;
  /** A file written by `dumpDataDirectory`; used when the data directory is empty. */
  loadDataDirectory?: string;
  /** TCP port on 127.0.0.1; 0 or absent: any free one. */
  port?: number;
  /** A query that runs longer is ended within two seconds more. */
  statementTimeoutMs: number;
};

export type CopyOptions = {
  /** The database role that inserts (`set local role`); absent: the superuser. */
  role?: string;
};

/**
 * Streams rows into a table by COPY … CSV (no header); answers the number of rows. A chunk is any
 * number of whole CSV lines, each ended by `\n`.
 */
export type CopyInto = (
  table: string,
  columns: readonly string[],
  csvChunks: AsyncIterable<string> | Iterable<string>,
  options?: CopyOptions,
) => Promise<number>;

export type Query = <Row>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export type EmbeddedDatabase = {
  /** As the superuser `postgres`. */
  connectionString: string;
  port: number;
  /** One table in a transaction of its own. */
  copyInto: CopyInto;
  /** Everything that `work` does is one transaction: all of it is kept, or nothing. */
  load<T>(work: (copyInto: CopyInto, query: Query) => Promise<T>): Promise<T>;
  /** No query is ended for its length while `work` runs: for migrations, index builds, maintenance. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  /** Writes the whole database as a .tar.gz that `loadDataDirectory` takes. */
  dumpDataDirectory(file: string): Promise<void>;
  /** How often the engine was started again since `startEmbeddedDatabase`. */
  restarts(): number;
  stop(): Promise<void>;
};

type Answer = { id: number; value?: unknown; error?: string };

export async function startEmbeddedDatabase(
  options: EmbeddedDatabaseOptions,
): Promise<EmbeddedDatabase> {
  const temporary = options.dataDirectory === undefined;
  const directory = temporary
    ? await mkdtemp(join(tmpdir(), 'zava-retail-'))
    : resolve(options.dataDirectory ?? '');
  await mkdir(directory, { recursive: true });
  const child = fork(fileURLToPath(new URL('engine-process.ts', import.meta.url)), [], {
    serialization: 'advanced',
    execPath: process.execPath,
  });
  const call = caller(child);
  const { port } = (await call('open', {
    directory,
    load: options.loadDataDirectory,
    port: options.port ?? 0,
  })) as { port: number };

  const copyWithin: CopyInto = async (table, columns, csvChunks, copyOptions = {}) => {
    let rows = 0;
    for await (const csv of csvChunks) {
      rows += (await call('copy', { table, columns, csv, role: copyOptions.role })) as number;
    }
    return rows;
  };
  const query: Query = (sql, values = []) => call('query', { sql, values }) as Promise<never[]>;
  const load: EmbeddedDatabase['load'] = async (work) => {
    await call('begin');
    try {
      const result = await work(copyWithin, query);
      await call('commit');
      return result;
    } catch (error) {
      await call('rollback');
      throw error;
    }
  };

  return {
    connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    load,
    copyInto: (...parameters) => load((copyInto) => copyInto(...parameters)),
    withoutTimeLimit: (work) => work(),
    dumpDataDirectory: async (file) => void (await call('dump', { file: resolve(file) })),
    restarts: () => 0,
    stop: async () => {
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        await call('close').catch(() => child.kill('SIGKILL'));
        await exited;
      }
      if (temporary) await rm(directory, { recursive: true, force: true });
    },
  };
}

function caller(child: ChildProcess) {
  let nextId = 1;
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  child.on('exit', () => {
    for (const answer of waiting.values()) answer({ id: 0, error: 'the database process ended' });
  });
  return (method: string, parameters: object = {}): Promise<unknown> =>
    new Promise((done, failed) => {
      const id = nextId++;
      waiting.set(id, ({ value, error }) => {
        waiting.delete(id);
        if (error === undefined) done(value);
        else failed(new Error(error));
      });
      child.send({ id, method, parameters });
    });
}
