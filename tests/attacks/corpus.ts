import own from './own.json' with { type: 'json' };
import shared from './sql.json' with { type: 'json' };

/**
 * - `refused`: before the database.
 * - `own-rows`: may run, and never yields a row of another store.
 * - `bounded`: ends in time, with a clear error or an answer that is cut.
 * - `accepted`: must run.
 */
export type Attack = { class: string; must: string; sql: string };

/** SQL that a model may be made to write, by the manager of one store against another's. */
export const attacksBy = (caller: string, victim: string): Attack[] =>
  [...shared, ...own].map((attack) => ({
    ...attack,
    sql: attack.sql.replaceAll('{own}', caller).replaceAll('{other}', victim),
  }));

/** How many of them every implementation is asked about; ours follow. */
export const sharedAttacks = shared.length;
