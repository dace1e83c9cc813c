import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';

export type RunningServer = Readonly<{
  url: string;
  process: ChildProcess;
  output(): string;
  /** Ends it as a developer does, and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}>;

export type Started = Readonly<{ output: string; exitCode: number | null }>;

const startBoundMs = 90_000;

/** A folder for a server's local state, with its removal. */
export async function localStateFolder() {
  const path = await mkdtemp(join(tmpdir(), 'zava-local-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Runs what `npm start` runs, as a process of its own; rejects with its output when it ends. */
export async function startServer(
  state: string,
  { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
): Promise<RunningServer> {
  const { CONTAINER_NAME, TEST_DATABASE_URL, NODE_OPTIONS, ...inherited } = process.env;
  const child = spawn(process.execPath, ['local/start.ts', '--port', '0', ...args], {
    cwd: applicationRoot(),
    env: { ...inherited, LOCAL_STATE: state, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const announced = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const url = /MCP endpoint: (\S+)/.exec(output)?.[1];
      if (url) announced.resolve(url);
    });
  }
  child.on('exit', (code) => announced.reject(new Error(`ended with ${code}:\n${output}`)));
  const bound = setTimeout(() => {
    child.kill('SIGKILL');
    announced.reject(new Error(`not started in time:\n${output}`));
  }, startBoundMs);
  try {
    const url = await announced.promise;
    return {
      url,
      process: child,
      output: () => output,
      async stop(signal = 'SIGTERM') {
        if (child.exitCode === null && child.signalCode === null) {
          const exited = once(child, 'exit');
          child.kill(signal);
          await exited;
        }
        return child.exitCode;
      },
    };
  } finally {
    clearTimeout(bound);
  }
}
