import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createAdmin } from './admin.ts';
import { answerBuffered } from './buffered-http.ts';
import type { LogLevel, RegisteredFunction } from './functions-core.ts';
import { createHttpFront, type HttpCall, type HttpFront } from './http-front.ts';
import type { InvocationLog } from './invocation.ts';
import { type FunctionApp, loadApp } from './load-app.ts';
import { applyLocalSettings, readHostSettings } from './settings.ts';
import { answerStreamed } from './streamed-http.ts';
import { within } from './time-limit.ts';
import type { Timer } from './timers.ts';
import { readTriggers } from './triggers.ts';

export type FunctionsHostOptions = {
  /** The folder with host.json and package.json, whose `main` is the app's CommonJS bundle. */
  root: string;
  /** 0 for any free one. */
  port: number;
  /** One line of the app's or the host's log; standard output by default. */
  log?: (line: string) => void;
};

export type FunctionSummary =
  | { name: string; type: 'httpTrigger'; route: string; methods: readonly string[] }
  | { name: string; type: 'timerTrigger'; schedule: string };

export type FunctionsHost = {
  /** `http://127.0.0.1:<port>`: the host listens on nothing else. */
  url: string;
  port: number;
  functions: readonly FunctionSummary[];
  /** Runs a timer now; rejects with what it threw. */
  runTimer(name: string): Promise<void>;
  /** Accepts no more, runs `appTerminate` hooks, lets calls in flight end, for 5 s at most. */
  stop(): Promise<void>;
};

/** What Azure gives an app that has to go. */
const stopGraceMs = 5_000;

/**
 * Runs an Azure Functions app (Node.js model v4, HTTP and timer triggers) in this process, for a
 * developer's machine that has no `func`. The app's environment is `process.env`, which the caller
 * sets before; local.settings.json adds what is not there.
 */
export async function startFunctionsHost({
  root,
  port,
  log = console.log,
}: FunctionsHostOptions): Promise<FunctionsHost> {
  const settings = readHostSettings(root);
  const withdrawSettings = applyLocalSettings(root);
  const print = (level: LogLevel, source: string, text: string) => {
    const label = labels[level];
    if (label !== undefined) log(`[${source}] ${label}${text}`);
  };
  const logInvocation: InvocationLog = (level, name, id, text) =>
    print(level, `${name} ${id.slice(0, 8)}`, text);

  let app: FunctionApp;
  try {
    app = await loadApp(root, (level, text) => print(level, 'app', text));
  } catch (error) {
    withdrawSettings();
    throw error;
  }

  let timers: Timer[] = [];
  let front: HttpFront | undefined;
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    for (const timer of timers) timer.stop();
    front?.server.close();
    const reported = app.runHooks('appTerminate').catch((error: unknown) => {
      print('error', 'appTerminate', inspect(error));
    });
    const ended = Promise.all([reported, front?.drained(), ...timers.map((one) => one.drained())]);
    await within(stopGraceMs, ended).catch(() => {
      print('warning', 'host', `calls still run ${stopGraceMs / 1000} s after the stop: cut off`);
    });
    front?.server.closeAllConnections();
    app.unload();
    withdrawSettings();
  };

  try {
    const triggers = readTriggers(app, settings, logInvocation);
    timers = triggers.timers;
    const functions = [
      ...triggers.http.map(({ name, route }): FunctionSummary => {
        return { name, type: 'httpTrigger', route: route.template, methods: route.methods };
      }),
      ...timers.map(({ name, schedule }): FunctionSummary => {
        return { name, type: 'timerTrigger', schedule };
      }),
    ];
    const timersByName = new Map(timers.map((timer) => [timer.name.toLowerCase(), timer]));
    const admin = createAdmin(functions, timersByName);
    const { streamServer } = app;
    const answer = (registered: RegisteredFunction, call: HttpCall) =>
      streamServer
        ? answerStreamed(app, streamServer, registered, call, logInvocation)
        : answerBuffered(app, registered, call, logInvocation);
    front = createHttpFront(
      triggers.http,
      answer,
      settings.functionTimeoutMs,
      admin,
      logInvocation,
    );
    const boundPort = await listen(front.server, port);
    for (const timer of timers) timer.start();
    return {
      url: `http://127.0.0.1:${boundPort}`,
      port: boundPort,
      functions,
      async runTimer(name) {
        const timer = timersByName.get(name.toLowerCase());
        if (!timer || stopping) throw new Error(`No timer function "${name}" is running here.`);
        await timer.run();
      },
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Prefixes of what is shown; Azure's default shows information and above. */
const labels: Partial<Record<LogLevel, string>> = {
  information: '',
  warning: 'warning: ',
  error: 'error: ',
  critical: 'critical: ',
};

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is in use. Stop what listens there, or choose one with --port.`, {
      cause: error,
    });
  }
  return (server.address() as AddressInfo).port;
}
