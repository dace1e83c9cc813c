import type { AcceptedQuery } from '../data/catalog-guard.ts';
import type { QueryAnswer } from '../data/query-answer.ts';
import type { TenantSession } from '../data/tenant-transaction.ts';
import { RetailError } from '../infrastructure/errors.ts';

export type SalesQueryLimits = Readonly<{ maxRows: number; maxBytes: number; maxSqlBytes: number }>;

export type SalesQueryResult = QueryAnswer & Readonly<{ rowCount: number; elapsedMs: number }>;

/** Refuses, before anything is opened for it, a query that is longer than anyone writes. */
export function checkQueryLength(query: string, { maxSqlBytes }: SalesQueryLimits): void {
  if (Buffer.byteLength(query) <= maxSqlBytes) return;
  throw new RetailError('query_refused', `The query is over ${maxSqlBytes} bytes.`, {
    hint: 'Shorten it: join or filter by a condition rather than by lists of values.',
  });
}

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
