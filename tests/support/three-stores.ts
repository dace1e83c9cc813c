import { readFile } from 'node:fs/promises';
import type { Identity, Role } from '../../shared/infrastructure/identity.ts';
import type { TestDatabase } from './fresh-database.ts';
import { withClient } from './with-client.ts';

export const threeStores = ['online', 'seattle', 'tacoma'] as const;

/** Fills a fresh database with the three stores of three-stores.sql, two to six rows a table each. */
export async function seedThreeStores({ adminUrl }: Pick<TestDatabase, 'adminUrl'>): Promise<void> {
  const sql = await readFile(new URL('three-stores.sql', import.meta.url), 'utf8');
  await withClient(adminUrl, (client) => client.query(sql));
}

const identity = (role: Role, storeIds: readonly string[]): Identity => ({
  userId: `test-${role}`,
  role,
  storeIds,
  scopes: ['retail.read', 'retail.query'],
});

export const storeManager = (...storeIds: string[]) => identity('store_manager', storeIds);
export const regionalManager = (...storeIds: string[]) => identity('regional_manager', storeIds);
export const headquarters = identity('headquarters', []);
