import type { SchemaCatalog } from './schema-catalog.ts';
import { type AcceptedQuery, createSqlGuard, type SqlGuard } from './sql-guard/sql-guard.ts';

export type { AcceptedQuery } from './sql-guard/sql-guard.ts';

/** Accepts a query, or throws a RetailError `query_refused` that says what to change. */
export type GuardQuery = (sql: string) => Promise<AcceptedQuery>;

/** Judges queries by what the database lets callers read, as its catalog says now. */
export function guardByCatalog(schemaCatalog: () => Promise<SchemaCatalog>): GuardQuery {
  const guards = new WeakMap<SchemaCatalog, SqlGuard>();
  return async (sql) => {
    const catalog = await schemaCatalog();
    let guard = guards.get(catalog);
    if (!guard) {
      guard = createSqlGuard(readableRelations(catalog));
      guards.set(catalog, guard);
    }
    return guard.check(sql);
  };
}

function readableRelations(catalog: SchemaCatalog): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...catalog.values()].map(({ name, columns }) => [name, columns.map((column) => column.name)]),
  );
}
