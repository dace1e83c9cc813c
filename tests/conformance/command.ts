import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';

const boundMs = 90_000;

/** Runs a command that a package of ours brings, as a person would, and resolves when it ends. */
export async function run(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
) {
  const child = spawn(
    process.execPath,
    [join(applicationRoot(), 'node_modules/.bin', command), ...args],
    {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: boundMs,
      killSignal: 'SIGKILL',
    },
  );
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return {
    exitCode,
    stdout: stripVTControlCharacters(texts.stdout),
    stderr: stripVTControlCharacters(texts.stderr),
  };
}
