import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { type AnswerStatus, answersDescriptor, createAnswerReader } from './answer-stream.ts';
import { DatabaseFault } from './wire-protocol.ts';

export type EngineCommand =
  | { name: 'open'; directory: string; load: string | undefined }
  | { name: 'execute'; bytes: Uint8Array; login: string | undefined }
  | { name: 'dump'; file: string }
  | { name: 'close' };

export type EngineReply =
  | { name: 'opened'; greeting: Uint8Array }
  | { name: 'dumped' }
  | { name: 'failed'; message: string };

/** A start may have to replay much of the write-ahead log. */
const startLimitMs = 60_000;
const closeLimitMs = 5_000;
/** WebAssembly memory never shrinks: one greedy query would keep up to 2 GiB for good. */
const memoryLimitMiB = 1024;

/** One life of the engine: from the start of its process to its end. One command at a time. */
export type Engine = {
  /** What a server says to a new client between its start and the first ReadyForQuery. */
  greeting: Buffer;
  /**
   * Runs protocol messages and streams the answer into `sink`, at the sink's pace.
   * `login`: begin a new session of this role first.
   */
  execute(bytes: Uint8Array, login: string | undefined, sink: Writable): Promise<AnswerStatus>;
  dump(file: string): Promise<void>;
  /** Ends the process now; the running command rejects with `fault`. Committed rows are kept. */
  kill(fault: DatabaseFault): void;
  /** Writes everything down and ends; kills an engine that does not come to it. */
  close(): Promise<void>;
  /** It holds so much memory that it had better be closed. */
  outgrown(): boolean;
  /** Killed, closed or gone: not to be given anything more. */
  condemned(): boolean;
  readonly ended: Promise<void>;
};

export type EngineOptions = {
  directory: string;
  /** The directory goes with its owner. */
  temporary: boolean;
  load?: string | undefined;
};

export async function startEngine({ directory, temporary, load }: EngineOptions): Promise<Engine> {
  const program = fileURLToPath(new URL('engine-process.ts', import.meta.url));
  const child = fork(program, temporary ? [directory] : [], {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['pipe', 'inherit', 'inherit', 'ipc', 'pipe'],
  });
  let fault = new DatabaseFault('57P02', 'the embedded database ended; it is starting again');
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).on('error', () => resolve());
  });
  const failure = ended.then(() => Promise.reject(fault));
  failure.catch(() => {});

  let condemned = false;
  let closing = false;
  const kill = (reason: DatabaseFault) => {
    if (condemned) return;
    condemned = true;
    fault = reason;
    child.kill('SIGKILL');
  };
  const answer = answerReceiver(child.stdio[answersDescriptor] as Socket);

  const start = ask(child, { name: 'open', directory, load });
  const opened = await bounded(startLimitMs, start, () =>
    kill(new DatabaseFault('57P03', `the embedded database did not start in ${startLimitMs} ms`)),
  ).catch(async (error) => {
    kill(fault);
    await ended;
    throw error;
  });

  return {
    greeting: Buffer.from('greeting' in opened ? opened.greeting : []),
    ended,
    kill,
    condemned: () => condemned || closing || child.exitCode !== null || child.signalCode !== null,
    execute(bytes, login, sink) {
      send(child, { name: 'execute', bytes, login });
      return Promise.race([answer.into(sink), failure]);
    },
    async dump(file) {
      await ask(child, { name: 'dump', file });
    },
    outgrown: () => answer.memoryMiB() > memoryLimitMiB,
    async close() {
      closing = true;
      send(child, { name: 'close' });
      await bounded(closeLimitMs, ended, () => kill(fault));
    },
  };

  function ask(process: ChildProcess, command: EngineCommand): Promise<EngineReply> {
    const reply = once(process, 'message').then(([message]: EngineReply[]) => {
      if (message === undefined) throw fault;
      if (message.name === 'failed') {
        throw new RetailError('database_unavailable', message.message);
      }
      return message;
    });
    send(process, command);
    return Promise.race([reply, failure]);
  }
}

function send(child: ChildProcess, command: EngineCommand) {
  // A process that is gone is reported by its end.
  child.send(command, () => {});
}

async function bounded<T>(milliseconds: number, work: Promise<T>, onLimit: () => void): Promise<T> {
  const timer = setTimeout(onLimit, milliseconds);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function answerReceiver(pipe: Readable) {
  let sink: Writable | undefined;
  let done: ((status: AnswerStatus) => void) | undefined;
  let memoryMiB = 0;

  const resume = () => {
    sink?.off('drain', resume).off('close', resume);
    pipe.resume();
  };
  const read = createAnswerReader(
    (piece) => {
      if (!sink?.writable || sink.write(piece) || pipe.isPaused()) return;
      pipe.pause();
      sink.on('drain', resume).on('close', resume);
    },
    (status, memory) => {
      memoryMiB = memory;
      resume();
      done?.(status);
    },
  );
  pipe.on('data', read);

  return {
    memoryMiB: () => memoryMiB,
    into: (into: Writable) =>
      new Promise<AnswerStatus>((resolve) => {
        sink = into;
        done = resolve;
      }),
  };
}
