import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long to wait for a predecessor that is just ending, in milliseconds. */
const lockPatienceMs = 3_000;

let held: DatabaseSync | undefined;

/**
 * Makes this process the only one that opens the directory; PGlite itself would let a second one
 * in, and both would destroy it. The lock is SQLite's, so the operating system's: it goes with the
 * process, however that ends, and no stale lock can stay behind.
 */
export function lockDataDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const owner = join(directory, 'owner');
  const lock = new DatabaseSync(join(directory, 'lock'), { timeout: lockPatienceMs });
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    const pid = existsSync(owner) ? readFileSync(owner, 'utf8') : 'unknown';
    throw new Error(
      `The database in ${directory} is in use by process ${pid}. Stop that process, or choose another data directory.`,
      { cause },
    );
  }
  writeFileSync(owner, String(process.ppid));
  held = lock;
}

/**
 * Opens the cluster, creating it where there is none. A first start that was killed half-way is
 * begun anew: its cluster looks complete and is not.
 */
export async function initialiseOnce(
  directory: string,
  load: string | undefined,
  open: (cluster: string) => Promise<void>,
): Promise<void> {
  if (held === undefined) throw new Error('lock the data directory first');
  const cluster = join(directory, 'cluster');
  const unfinished = join(directory, 'unfinished');
  if (existsSync(unfinished)) rmSync(cluster, { recursive: true, force: true });
  if (existsSync(cluster)) {
    if (load !== undefined) {
      throw new Error(
        `${directory} holds a database already; a dump is loaded into an empty directory only.`,
      );
    }
    await open(cluster).catch((cause) => {
      const remedy = 'Delete that directory to begin with an empty database.';
      throw new Error(`The database in ${directory} cannot be opened (${cause}). ${remedy}`);
    });
    return;
  }
  if (load !== undefined && !existsSync(load)) throw new Error(`There is no dump ${load}.`);
  writeFileSync(unfinished, '');
  await open(cluster).catch((cause) => {
    throw load === undefined ? cause : new Error(`The dump ${load} cannot be loaded (${cause}).`);
  });
  rmSync(unfinished);
}
