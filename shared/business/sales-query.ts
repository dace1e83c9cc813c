import type { AcceptedQuery } from '../data/catalog-guard.ts';
import type { QueryAnswer } from '../data/query-answer.ts';
import type { TenantSession } from '../data/tenant-transaction.ts';

export type SalesQueryLimits = Readonly<{ maxRows: number; maxBytes: number }>;

export type SalesQueryResult = QueryAnswer & Readonly<{ rowCount: number; elapsedMs: number }>;

/** Runs a query that a model wrote and the guard let through, within the limits. */
export async function runSalesQuery(
  session: TenantSession,
  query: AcceptedQuery,
  limits: SalesQueryLimits,
): Promise<SalesQueryResult> {
  const start = performance.now();
  const answer = await session.answer(query.sql, limits);
  return {
    ...answer,
    rowCount: answer.rows.length,
    elapsedMs: Math.round((performance.now() - start) * 10) / 10,
  };
}
