import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import { type AnswerStatus, answersDescriptor, createAnswerReader } from './answer-stream.ts';
import { createMessageGate } from './whole-messages.ts';
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

/** A start may have to replay much of the write-ahead log; a dump reads everything. */
const commandLimitMs = 60_000;
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
  const answer = answerReceiver(child.stdio[answersDescriptor] as Socket);
  const failure = ended.then(() => {
    answer.abandon();
    throw fault;
  });
  failure.catch(() => {});
  child.stdin?.on('error', () => {});

  let condemned = false;
  let closing = false;
  const kill = (reason: DatabaseFault) => {
    if (condemned) return;
    condemned = true;
    fault = reason;
    child.kill('SIGKILL');
  };

  const ask = async (command: EngineCommand): Promise<EngineReply> => {
    const reply = once(child, 'message') as Promise<[EngineReply]>;
    send(child, command);
    const [answered] = await bounded(commandLimitMs, Promise.race([reply, failure]), () =>
      kill(new DatabaseFault('57P02', `no answer to "${command.name}" in ${commandLimitMs} ms`)),
    );
    if (answered.name !== 'failed') return answered;
    throw new RetailError('database_unavailable', answered.message);
  };

  const opened = await ask({ name: 'open', directory, load }).catch(async (cause) => {
    kill(fault);
    await ended;
    if (cause instanceof RetailError) throw cause;
    throw new RetailError('database_unavailable', 'The embedded database did not start.', {
      cause,
    });
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
      await ask({ name: 'dump', file });
    },
    outgrown: () => answer.memoryMiB() > memoryLimitMiB,
    async close() {
      closing = true;
      send(child, { name: 'close' });
      await bounded(closeLimitMs, ended, () => kill(fault));
    },
  };
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
  const gate = createMessageGate((bytes) => {
    if (!sink?.writable || sink.write(bytes) || pipe.isPaused()) return;
    pipe.pause();
    sink.on('drain', resume).on('close', resume);
  });
  const read = createAnswerReader(gate.push, (status, memory) => {
    memoryMiB = memory;
    resume();
    done?.(status);
  });
  pipe.on('data', read).on('error', () => {});

  return {
    memoryMiB: () => memoryMiB,
    into: (into: Writable) =>
      new Promise<AnswerStatus>((resolve) => {
        sink = into;
        done = resolve;
      }),
    /** Nothing more comes. Where half a message went out, no other may follow it. */
    abandon() {
      if (!gate.betweenMessages()) sink?.destroy();
    },
  };
}
