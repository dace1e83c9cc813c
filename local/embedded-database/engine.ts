import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
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
const closeLimitMs = 10_000;

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
  /** Killed or gone: not to be given anything more. */
  condemned(): boolean;
  readonly ended: Promise<void>;
};

export async function startEngine(directory: string, load?: string): Promise<Engine> {
  const child = fork(fileURLToPath(new URL('engine-process.ts', import.meta.url)), [], {
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
  const kill = (reason: DatabaseFault) => {
    if (condemned) return;
    condemned = true;
    fault = reason;
    child.kill('SIGKILL');
  };
  const answer = answerReceiver(child.stdio[answersDescriptor] as Socket);

  const opened = await bounded(startLimitMs, ask(child, { name: 'open', directory, load }), () =>
    kill(new DatabaseFault('57P03', `the embedded database did not start in ${startLimitMs} ms`)),
  );

  return {
    greeting: Buffer.from('greeting' in opened ? opened.greeting : []),
    ended,
    kill,
    condemned: () => condemned || child.exitCode !== null || child.signalCode !== null,
    execute(bytes, login, sink) {
      send(child, { name: 'execute', bytes, login });
      return Promise.race([answer(sink), failure]);
    },
    async dump(file) {
      await ask(child, { name: 'dump', file });
    },
    async close() {
      send(child, { name: 'close' });
      await bounded(closeLimitMs, ended, () => kill(fault));
    },
  };

  function ask(process: ChildProcess, command: EngineCommand): Promise<EngineReply> {
    const reply = once(process, 'message').then(([message]: EngineReply[]) => {
      if (message === undefined) throw fault;
      if (message.name === 'failed') throw new Error(message.message);
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

  const resume = () => {
    sink?.off('drain', resume).off('close', resume);
    pipe.resume();
  };
  const read = createAnswerReader(
    (piece) => {
      if (sink === undefined || !sink.writable || sink.write(piece) || pipe.isPaused()) return;
      pipe.pause();
      sink.on('drain', resume).on('close', resume);
    },
    (status) => {
      resume();
      done?.(status);
    },
  );
  pipe.on('data', read);

  return (into: Writable) =>
    new Promise<AnswerStatus>((resolve) => {
      sink = into;
      done = resolve;
    });
}
