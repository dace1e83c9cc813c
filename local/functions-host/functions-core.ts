import Module, { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `@azure/functions-core` is not on npm: Azure's worker provides it at run time, and without it
 * `@azure/functions` registers nothing. This is the same module for a host without the worker; its
 * shape is that of types-core in https://github.com/Azure/azure-functions-nodejs-worker.
 */

export type LogLevel =
  | 'trace'
  | 'debug'
  | 'information'
  | 'warning'
  | 'error'
  | 'critical'
  | 'none';

export type Binding = Readonly<{ type: string; direction?: string; [option: string]: unknown }>;

export type FunctionMetadata = Readonly<{
  name: string;
  bindings: Readonly<Record<string, Binding>>;
  retryOptions?: unknown;
}>;

export type FunctionCallback = (...inputsAndContext: unknown[]) => unknown;

export type RegisteredFunction = Readonly<{
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}>;

/** A value as the worker's RPC carries it: one of the members is set. */
export type TypedData = { string?: string; json?: string; bytes?: Uint8Array; http?: object };

export type InvocationRequest = Readonly<{
  invocationId: string;
  functionId: string;
  inputData: readonly { name: string; data: TypedData }[];
  triggerMetadata: Readonly<Record<string, TypedData>>;
  traceContext: { traceParent: string; traceState: string };
}>;

export type CoreInvocationContext = {
  invocationId: string;
  request: InvocationRequest;
  metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  log(level: LogLevel, category: 'user' | 'system' | 'customMetric', message: string): void;
};

export type InvocationModel = {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
};

export type ProgrammingModel = {
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>;
};

const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation'] as const;
export type HookName = (typeof hookNames)[number];
export type Hook = (context: object) => unknown;

export type FunctionsCore = ReturnType<typeof createFunctionsCore>;

/** What an app registers while it loads, and the module that it registers it through. */
export function createFunctionsCore(log: (level: LogLevel, message: string) => void) {
  const functions = new Map<string, RegisteredFunction>();
  const hooks = Object.fromEntries(hookNames.map((name) => [name, [] as Hook[]])) as Record<
    HookName,
    Hook[]
  >;
  let model: ProgrammingModel | undefined;

  const module = {
    version: '3.0.0',
    hostVersion: '4.0.0',
    Disposable,
    registerFunction(metadata: FunctionMetadata, callback: FunctionCallback) {
      if (functions.has(metadata.name)) {
        throw new Error(`A function named "${metadata.name}" is registered already.`);
      }
      functions.set(metadata.name, { metadata, callback });
      return new Disposable(() => functions.delete(metadata.name));
    },
    registerHook(name: string, hook: Hook) {
      const registered = hooks[name as HookName];
      if (!registered) throw new Error(`This host has no "${name}" hook.`);
      registered.push(hook);
      return new Disposable(() => registered.splice(registered.indexOf(hook), 1));
    },
    setProgrammingModel(chosen: ProgrammingModel) {
      model = chosen;
    },
    getProgrammingModel: () => model,
    log(level: LogLevel, category: string, message: string) {
      const chatter = category === 'system' && level === 'information';
      log(chatter ? 'debug' : level, message);
    },
  };
  return { functions, hooks, module, programmingModel: () => model };
}

class Disposable {
  #release: (() => unknown) | undefined;

  constructor(release: () => unknown) {
    this.#release = release;
  }

  static from(...parts: Disposable[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose();
    });
  }

  dispose(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }
}

/**
 * Lets `require('@azure/functions-core')` find the module, until the returned function is called.
 * Each app gets a name of its own in Node's cache, so that a later one never meets an earlier's.
 */
export function provideFunctionsCore(root: string, exports: object): () => void {
  const { cache } = createRequire(join(root, 'package.json'));
  const filename = join(root, `.azure-functions-core-${++provided}.cjs`);
  const module = new Module(filename);
  module.exports = exports;
  module.loaded = true;
  cache[filename] = module;
  const url = pathToFileURL(filename).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@azure/functions-core'
        ? { url, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
  });
  return () => {
    hooks.deregister();
    delete cache[filename];
  };
}

let provided = 0;
