/**
 * The process that holds the engine. PGlite runs PostgreSQL on its caller's thread and cannot be
 * interrupted, so it lives alone, and whoever needs it back ends this process.
 *
 * Commands come over IPC. Answers leave by a pipe of their own, written synchronously: PostgreSQL
 * waits while the reader is slow, and no answer piles up in memory.
 */
import { openAsBlob, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_stat_statements } from '@electric-sql/pglite/contrib/pg_stat_statements';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto';
import { vector } from '@electric-sql/pglite-pgvector';
import { type AnswerStatus, answersDescriptor, createAnswerWriter } from './answer-stream.ts';
import { initialiseOnce, lockDataDirectory } from './data-directory.ts';
import type { EngineCommand, EngineReply } from './engine.ts';
import { readMessages, simpleQuery, startupMessage, sync } from './wire-protocol.ts';

const answers = createAnswerWriter((bytes) => writeSync(answersDescriptor, bytes));

let database: PGlite;

async function open(directory: string, load: string | undefined): Promise<EngineReply> {
  lockDataDirectory(directory);
  await initialiseOnce(directory, load, async (cluster) => {
    database = await PGlite.create({
      dataDir: cluster,
      extensions: { vector, pgcrypto, pg_trgm, pg_stat_statements },
      postgresqlconf: [
        // What initdb would have written: PGlite replaces its file.
        "default_text_search_config = 'pg_catalog.english'",
        // Bounds what a start after a kill has to replay.
        "max_wal_size = '256MB'",
      ],
      ...(load === undefined ? {} : { loadDataDir: await openAsBlob(load) }),
    });
  });
  endWithTheEngine();
  return { name: 'opened', greeting: await collect(startupMessage('postgres', 'postgres')) };
}

/**
 * PGlite swallows what breaks its engine and carries on with what is left of it. 100 is how it
 * reports an ordinary SQL error; anything else is the end.
 */
function endWithTheEngine() {
  const engine = database.Module;
  const runOnce = engine._PostgresMainLoopOnce;
  engine._PostgresMainLoopOnce = () => {
    try {
      runOnce();
    } catch (thrown) {
      if ((thrown as { status?: number }).status !== 100) end(thrown);
      throw thrown;
    }
  };
}

function end(thrown: unknown): never {
  console.error('The embedded database ended:', thrown);
  process.kill(process.pid, 'SIGKILL');
  throw thrown;
}

async function collect(bytes: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await database.execProtocolRawStream(bytes, {
    onRawData: (data) => void chunks.push(Buffer.from(data)),
  });
  return Buffer.concat(chunks);
}

/**
 * The engine is one session for all. Whoever comes next finds it as a new login of theirs would:
 * no transaction, setting, role, lock or prepared statement of another. The leading Sync ends a
 * half-sent extended query; `reset session authorization` does nothing here, so it is set.
 */
async function beginSession(login: string): Promise<boolean> {
  const answer = await collect(
    Buffer.concat([
      sync,
      simpleQuery('rollback'),
      simpleQuery('discard all'),
      simpleQuery(`set session authorization "${login.replaceAll('"', '""')}"`),
    ]),
  );
  return ![...readMessages(answer)].some(({ type }) => type === 'E');
}

async function execute(bytes: Uint8Array, login: string | undefined) {
  let status: AnswerStatus = 'refused';
  if (login === undefined || (await beginSession(login))) {
    await database.execProtocolRawStream(bytes, { onRawData: answers.write });
    status = database.isInTransaction() ? 'transaction' : 'idle';
  }
  answers.end(status, database.Module.HEAPU8.length / 2 ** 20);
}

async function handle(command: EngineCommand): Promise<EngineReply | undefined> {
  switch (command.name) {
    case 'open':
      return open(command.directory, command.load);
    case 'execute':
      await execute(command.bytes, command.login).catch(end);
      return;
    case 'dump':
      await beginSession('postgres');
      await collect(simpleQuery('checkpoint'));
      await writeFile(command.file, (await database.dumpDataDir('gzip')).stream());
      return { name: 'dumped' };
    case 'close':
      await database.close();
      process.exit();
  }
}

// Ctrl-C reaches the whole process group; the database stops last, when its owner says so.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const temporaryDirectory = process.argv[2];
new Worker(new URL('owner-watch.ts', import.meta.url), { workerData: temporaryDirectory }).unref();

let previous: Promise<unknown> = Promise.resolve();
process.on('message', (command: EngineCommand) => {
  previous = previous
    .then(() => handle(command))
    .catch((error: Error): EngineReply => ({ name: 'failed', message: error.message }))
    .then((reply) => reply && process.send?.(reply));
});
