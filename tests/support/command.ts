import { execFile } from 'node:child_process';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';

const boundMs = 60_000;

export type CommandResult = Readonly<{ code: number; output: string; errors: string }>;

/** Runs a script of local/ as `npm run` does, with these settings and no others of the database. */
export function runScript(
  script: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandResult> {
  const { DATABASE_URL, DATABASE_MAINTENANCE_URL, CONTAINER_NAME, ...inherited } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`local/${script}.ts`, ...args],
      { cwd: applicationRoot(), env: { ...inherited, ...env }, timeout: boundMs },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, output: stdout.trim(), errors: stderr.trim() });
      },
    );
  });
}
