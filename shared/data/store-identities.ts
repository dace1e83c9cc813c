import type pg from 'pg';
import { toDatabaseError } from './database-errors.ts';
import { sqlText } from './sql-text.ts';

/** Reads who belongs where, on the service login: callers may not read it. */
export type StoreIdentities = Readonly<{
  /** The store of a labs' user id (a UUID), or undefined for an id that is not known. */
  storeOf(userId: string): Promise<string | undefined>;
  /** The active stores of a region; none for a region that is not known. */
  storesOf(region: string): Promise<string[]>;
}>;

export function createStoreIdentities(service: pg.Pool): StoreIdentities {
  const storeIds = async (file: string, value: string) => {
    try {
      const { rows } = await service.query<{ store_id: string }>(sqlText(file), [value]);
      return rows.map((row) => row.store_id);
    } catch (error) {
      throw toDatabaseError(error);
    }
  };
  return {
    storeOf: async (userId) => (await storeIds('queries/store-by-identity.sql', userId))[0],
    storesOf: (region) => storeIds('queries/stores-of-region.sql', region),
  };
}
