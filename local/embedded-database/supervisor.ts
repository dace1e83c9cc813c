import { type Engine, type EngineOptions, startEngine } from './engine.ts';

/** Keeps one engine running on a data directory: when its process ends, the next one starts. */
export type Supervisor = {
  /** The engine, once it is up; rejects when it cannot start. */
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
      const engine = await current.catch(() => {
        start();
        return current;
      });
      if (!engine.condemned()) return engine;
      await engine.ended;
      return current;
    },
    restarts: () => restarts,
    async close() {
      closing = true;
      const engine = await current.catch(() => undefined);
      await engine?.close();
    },
  };
}
