import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

/** The folder that holds host.json and sql/: above the sources, and above the bundle in dist/. */
export function applicationRoot(): string {
  root ??= findUpwards(dirname(fileURLToPath(import.meta.url)));
  return root;
}

function findUpwards(folder: string): string {
  if (existsSync(join(folder, 'host.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('host.json is missing: the application is not whole');
  return findUpwards(parent);
}
