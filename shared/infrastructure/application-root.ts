import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The directory of the application: the nearest one above this code that holds package.json. The
 * same whether the code runs from its source or from the bundle in `dist/`.
 */
export function applicationRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error('no package.json above the application');
    directory = parent;
  }
  return directory;
}
