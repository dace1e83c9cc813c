import type { Writable } from 'node:stream';
import type { AnswerStatus } from './answer-stream.ts';
import type { Engine } from './engine.ts';
import { DatabaseFault } from './wire-protocol.ts';

/** The engine is one session, so its clients take turns: a turn is a transaction, or one query. */
export type Turn = {
  /**
   * Rejects with a `DatabaseFault` when the engine ended; the turn's work is lost then.
   * `timeoutMs`: the client's own time limit; 0 for none.
   */
  execute(bytes: Uint8Array, sink: Writable, timeoutMs?: number): Promise<AnswerStatus>;
  dump(file: string): Promise<void>;
  /** Ends the engine's process, for nothing less stops what it is doing. */
  interrupt(fault: DatabaseFault): void;
  end(): void;
};

export type Turns = {
  /** Waits for its turn, first come, first served. `login` is the role that the turn begins as. */
  take(login: string, signal?: AbortSignal): Promise<Turn>;
  waiting(): number;
  /** The owner's long work: no query is ended for its length while it runs. */
  withoutTimeLimit<T>(work: () => Promise<T>): Promise<T>;
  timeLimited(): boolean;
};

export function createTurns(
  currentEngine: () => Promise<Engine>,
  statementTimeoutMs: number,
): Turns {
  const queue: (() => void)[] = [];
  let taken = false;
  let withoutLimit = 0;

  const next = () => {
    const begin = queue.shift();
    if (begin === undefined) taken = false;
    else begin();
  };

  const wait = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (!taken) {
        taken = true;
        return resolve();
      }
      const leave = () => {
        queue.splice(queue.indexOf(begin), 1);
        reject(signal?.reason);
      };
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.push(begin);
    });

  /** Ends an engine that works on one command for too long. */
  const watched = async <T>(engine: Engine, work: Promise<T>, timeoutMs: number) => {
    if (timeoutMs === 0) return work;
    const timer = setInterval(() => {
      if (withoutLimit > 0) return;
      engine.kill(new DatabaseFault('57014', 'canceling statement due to statement timeout'));
    }, timeoutMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  };

  return {
    async take(login, signal) {
      signal?.throwIfAborted();
      await wait(signal);
      const engine = await currentEngine().catch((error) => {
        next();
        throw error;
      });
      let newLogin: string | undefined = login;
      let running: Promise<unknown> = Promise.resolve();
      let over = false;
      return {
        async execute(bytes, sink, timeoutMs = statementTimeoutMs) {
          if (over) throw new DatabaseFault('57P01', 'the transaction has ended');
          const execution = watched(engine, engine.execute(bytes, newLogin, sink), timeoutMs);
          newLogin = undefined;
          running = execution.catch(() => {});
          return execution;
        },
        dump: (file) => engine.dump(file),
        interrupt(fault) {
          if (!over) engine.kill(fault);
        },
        end() {
          if (over) return;
          over = true;
          running.then(() => {
            if (engine.outgrown()) void engine.close();
            next();
          });
        },
      };
    },
    waiting: () => queue.length,
    timeLimited: () => withoutLimit === 0,
    async withoutTimeLimit(work) {
      withoutLimit += 1;
      try {
        return await work();
      } finally {
        withoutLimit -= 1;
      }
    },
  };
}
