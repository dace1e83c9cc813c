import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { createRequire } from 'node:module';
import type { Server } from 'node:net';
import {
  createFunctionsCore,
  type FunctionsCore,
  type HookName,
  type LogLevel,
  type ProgrammingModel,
  provideFunctionsCore,
} from './functions-core.ts';
import { readEntryPoint } from './settings.ts';

export type FunctionApp = Readonly<{
  functions: FunctionsCore['functions'];
  model: ProgrammingModel;
  /** Without a context: a hook of the app as a whole, which all share one. */
  runHooks(name: HookName, context?: object): Promise<void>;
  hasHooks(name: HookName): boolean;
  /** With HTTP streaming: the library's own server, which wants each request by its `request` event. */
  streamServer: HttpServer | undefined;
  unload(): void;
}>;

/** Loads the app that package.json names as `main` and runs its `appStart` hooks. */
export async function loadApp(
  root: string,
  log: (level: LogLevel, message: string) => void,
): Promise<FunctionApp> {
  const entryPoint = readEntryPoint(root);
  if (!existsSync(entryPoint)) {
    throw new Error(`${entryPoint} ("main" in package.json) does not exist. Build the app first.`);
  }
  const core = createFunctionsCore(log);
  const withdrawCore = provideFunctionsCore(root, core.module);
  try {
    loadAfresh(entryPoint);
    const model = core.programmingModel();
    if (!model || core.functions.size === 0) {
      throw new Error(`${entryPoint} registers no function with @azure/functions.`);
    }
    const appContext = { hookData: {} };
    const runHooks = async (name: HookName, context: object = appContext) => {
      for (const hook of core.hooks[name]) await hook(context);
    };
    await runHooks('appStart');
    return {
      functions: core.functions,
      model,
      runHooks,
      hasHooks: (name) => core.hooks[name].length > 0,
      streamServer: await takeStreamServer(model),
      unload: withdrawCore,
    };
  } catch (error) {
    withdrawCore();
    throw error;
  }
}

/**
 * With `enableHttpStream` the library starts an HTTP server that Azure's host forwards requests to.
 * It listens on every interface. Here host and app share a process, so that the server can be
 * handed each request directly: its port is closed at once, nothing but the host's own loopback
 * port is ever reachable, and a request is not sent and parsed a second time.
 */
async function takeStreamServer(model: ProgrammingModel): Promise<HttpServer | undefined> {
  const listening: Server[] = [];
  const collect = (message: unknown) => listening.push((message as { server: Server }).server);
  subscribe('tracing:net.server.listen:asyncEnd', collect);
  try {
    const { HttpUri } = await model.getCapabilities({});
    if (!HttpUri) return undefined;
    const port = Number(new URL(HttpUri).port);
    const server = listening.find((one) => {
      const address = one.address();
      return typeof address === 'object' && address?.port === port;
    });
    if (!server) throw new Error(`The library's HTTP stream server at ${HttpUri} was not found.`);
    await new Promise((resolve) => server.close(resolve));
    return server as HttpServer;
  } finally {
    unsubscribe('tracing:net.server.listen:asyncEnd', collect);
  }
}

/** What the last app brought into Node's cache; another start in this process loads it again. */
let lastLoaded: string[] = [];

function loadAfresh(entryPoint: string): void {
  const require = createRequire(entryPoint);
  for (const path of lastLoaded) delete require.cache[path];
  const cached = new Set(Object.keys(require.cache));
  try {
    require(entryPoint);
  } finally {
    lastLoaded = Object.keys(require.cache).filter((path) => !cached.has(path));
  }
}
