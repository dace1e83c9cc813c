import { type Engine, type EngineOptions, startEngine } from './engine.ts';
import { DatabaseFault } from './wire-protocol.ts';

/** Keeps one engine running on a data directory: when its process ends, the next one starts. */
export type Supervisor = {
  /** The engine, once it is up; rejects with a `DatabaseFault` when it cannot start. */
  engine(): Promise<Engine>;
  restarts(): number;
  close(): Promise<void>;
};

export async function superviseEngine(options: EngineOptions): Promise<Supervisor> {
  let restarts = 0;
  let closing = false;
  let current = startEngine(options);
  await current;

  const restartAfter = (engine: Engine) => {
    engine.ended.then(() => {
      if (closing) return;
      restarts += 1;
      start();
    });
  };
  const start = () => {
    current = startEngine({ ...options, load: undefined });
    current.then(restartAfter, () => {});
  };
  restartAfter(await current);

  return {
    async engine() {
      const attempt = current;
      const engine = await attempt.catch(() => {
        if (current === attempt && !closing) start();
        return current.catch(refuse);
      });
      if (!engine.condemned()) return engine;
      await engine.ended;
      return current.catch(refuse);
    },
    restarts: () => restarts,
    async close() {
      closing = true;
      const engine = await current.catch(() => undefined);
      await engine?.close();
    },
  };
}

function refuse(error: Error): never {
  throw new DatabaseFault('57P03', error.message);
}
