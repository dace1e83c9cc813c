import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { applicationRoot } from '../shared/infrastructure/application-root.ts';

export const root = applicationRoot();

const folder = resolve(process.env.LOCAL_STATE ?? join(root, '.local'));

/** What a developer's machine keeps between two starts; git ignores it. */
export const localState = {
  folder,
  database: join(folder, 'database'),
  contextKey: join(folder, 'context-signing-key'),
  /** Where the running server has its database, for the commands beside it. */
  databaseUrl: join(folder, 'database-url'),
  issuerKey: join(folder, 'issuer-key.json'),
};

/** The key that signs tenant contexts on this machine, made by the first start. */
export async function localContextKey(): Promise<string> {
  await mkdir(folder, { recursive: true });
  try {
    return await readFile(localState.contextKey, 'utf8');
  } catch {
    const key = `local:${randomBytes(32).toString('base64')}`;
    await writeFile(localState.contextKey, key, { mode: 0o600, flag: 'wx' });
    return key;
  }
}
