import { z } from 'zod';
import { checkQueryLength, runSalesQuery } from '../../business/sales-query.ts';
import { defineTool } from '../tool.ts';

/** Any JSON value, unchecked; branches because some clients know one type to a schema only. */
const cell = z.unknown().meta({
  anyOf: [
    { type: 'string', description: 'Text, and what would lose a digit as a number' },
    ...['number', 'boolean', 'null', 'array', 'object'].map((type) => ({ type })),
  ],
});

export const executeSalesQuery = defineTool({
  name: 'execute_sales_query',
  title: 'Run a SQL query',
  description:
    'Runs one PostgreSQL SELECT over the retail tables and returns its rows. Only rows of the caller’s stores are visible: do not filter by store to protect data. Call get_multiple_table_schemas first; do not guess names. Aggregate in SQL rather than fetching many rows.',
  scope: 'retail.query',
  input: z.object({
    postgresql_query: z
      .string()
      .min(1)
      .max(65_536)
      .describe(
        "One SELECT (or WITH … SELECT), for example: select date_trunc('month', transaction_date) as month, sum(total_amount) from retail.sales_transactions group by 1 order by 1",
      ),
    max_rows: z.number().int().min(1).max(1000).default(100).describe('Rows at the most'),
  }),
  output: z.object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    rows: z
      .array(z.array(cell))
      .describe(
        'Values in the order of the columns. numeric, and bigint beyond 2^53, are strings so that no digit is lost; timestamps are ISO 8601',
      ),
    row_count: z.number().int(),
    truncated: z.boolean().describe('true when there were more rows or bytes than the limit'),
    elapsed_ms: z.number(),
  }),
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  async run({ postgresql_query, max_rows }, { identity, services, signal }) {
    const { tenantTransaction, guardQuery, queryLimits } = services;
    checkQueryLength(postgresql_query, queryLimits);
    const query = await guardQuery(postgresql_query);
    const limits = { ...queryLimits, maxRows: Math.min(max_rows, queryLimits.maxRows) };
    const result = await tenantTransaction(
      identity,
      (session) => runSalesQuery(session, query, limits),
      { signal },
    );
    return {
      columns: result.columns.map((column) => ({ ...column })),
      rows: result.rows.map((row) => [...row]),
      row_count: result.rowCount,
      truncated: result.truncated,
      elapsed_ms: result.elapsedMs,
    };
  },
});
