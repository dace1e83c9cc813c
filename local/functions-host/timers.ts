import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { Cron } from 'croner';
import type { RegisteredFunction } from './functions-core.ts';
import { type InvocationLog, invoke, triggerOf } from './invocation.ts';
import type { FunctionApp } from './load-app.ts';
import { parseSchedule } from './ncrontab.ts';
import { within } from './time-limit.ts';

export type Timer = Readonly<{
  name: string;
  /** The NCRONTAB expression, its settings resolved. */
  schedule: string;
  start(): void;
  /** Runs the function now, after a run that is under way; rejects with what it threw. */
  run(): Promise<void>;
  stop(): void;
  /** Resolves when no run is under way. */
  drained(): Promise<void>;
}>;

/** A timer trigger; it runs its function at most once at a time, as Azure's listener does. */
export function createTimer(
  app: FunctionApp,
  registered: RegisteredFunction,
  functionTimeoutMs: number,
  log: InvocationLog,
): Timer {
  const { name, bindings } = registered.metadata;
  const { runOnStartup, useMonitor, schedule: configured } = triggerOf(bindings).binding;
  const { schedule, cron } = parseSchedule(name, String(configured));
  // .NET's default date is what Azure gives before the first run.
  let lastRun = '0001-01-01T00:00:00';
  let running = 0;
  let queue = Promise.resolve();

  function run(dueAt?: Date): Promise<void> {
    running++;
    const done = queue.then(() => once(dueAt ?? cron.nextRun())).finally(() => running--);
    queue = done.catch(() => {});
    return done;
  }

  async function once(next: Date | null): Promise<void> {
    const status = { Last: lastRun, Next: next?.toISOString(), LastUpdated: lastRun };
    const value = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: useMonitor === false ? null : status,
      // Nothing is remembered over a restart of this host, so no occurrence was missed.
      IsPastDue: false,
    };
    const invocationId = randomUUID();
    const data = { json: JSON.stringify(value) };
    try {
      await within(
        functionTimeoutMs,
        invoke(app, registered, { invocationId, data, triggerMetadata: {} }, log),
      );
    } catch (error) {
      log('error', name, invocationId, inspect(error));
      throw error;
    } finally {
      lastRun = new Date().toISOString();
    }
  }

  /** An occurrence that comes while the function runs is left out; its errors are logged already. */
  const tick = (dueAt?: Date) => {
    if (running === 0) run(dueAt).catch(() => {});
  };

  return {
    name,
    schedule,
    start() {
      cron.schedule((self: Cron) => tick(self.currentRun() ?? undefined));
      if (runOnStartup) tick();
    },
    run: () => run(),
    stop: () => cron.stop(),
    drained: () => queue,
  };
}
