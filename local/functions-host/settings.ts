import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const hostFile = z.object({
  functionTimeout: z.string().optional(),
  extensions: z
    .object({ http: z.object({ routePrefix: z.string().optional() }).optional() })
    .optional(),
});

const localSettingsFile = z.object({
  IsEncrypted: z.literal(false).optional(),
  Values: z.record(z.string(), z.string()).optional(),
});

const packageFile = z.object({ main: z.string() });

export type HostSettings = Readonly<{
  /** Before every HTTP route, without slashes at its ends; empty for none. */
  routePrefix: string;
  /** How long one invocation may run; Infinity for ever. */
  functionTimeoutMs: number;
}>;

/** Reads host.json: https://learn.microsoft.com/azure/azure-functions/functions-host-json */
export function readHostSettings(root: string): HostSettings {
  const { functionTimeout, extensions } = readJson(join(root, 'host.json'), hostFile) ?? {};
  return {
    routePrefix: (extensions?.http?.routePrefix ?? 'api').replace(/^\/|\/$/g, ''),
    functionTimeoutMs: parseTimeout(functionTimeout ?? '00:30:00'),
  };
}

/** The bundle that package.json names as `main`, as an absolute path. */
export function readEntryPoint(root: string): string {
  const contents = readJson(join(root, 'package.json'), packageFile);
  if (!contents) throw new Error(`${root} has no package.json that names the app as its "main".`);
  return join(root, contents.main);
}

/**
 * Puts the `Values` of local.settings.json into the environment, as `func start` does: what the
 * environment has already, stays. Returns a function that takes them out again.
 */
export function applyLocalSettings(root: string): () => void {
  const { Values = {} } = readJson(join(root, 'local.settings.json'), localSettingsFile) ?? {};
  const added = Object.keys(Values).filter((name) => process.env[name] === undefined);
  for (const name of added) process.env[name] = Values[name];
  return () => {
    for (const name of added) delete process.env[name];
  };
}

function readJson<T>(path: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${path} cannot be used: ${reason}`, { cause: error });
  }
}

/** `hh:mm:ss`, or `-1` for no limit. */
function parseTimeout(text: string): number {
  if (text === '-1') return Number.POSITIVE_INFINITY;
  const match = /^(\d{1,2}):([0-5]?\d):([0-5]?\d)$/.exec(text);
  if (!match) throw new Error(`host.json: functionTimeout "${text}" is not hh:mm:ss or -1.`);
  const [hours, minutes, seconds] = match.slice(1).map(Number) as [number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
