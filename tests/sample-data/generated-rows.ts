import { type SampleOptions, sampleData } from '../../local/sample-data/sample-data.ts';
import type { Row } from '../../local/sample-data/tables.ts';

/** The day after the last sales of the rows under test. */
export const asOf = new Date('2026-01-01T00:00:00Z');

export type GeneratedRow = Readonly<Record<string, string>>;

/** All rows by table. Every value is text; null is the empty text. */
export function generate(options: Omit<SampleOptions, 'asOf'>) {
  const rows = new Map<string, GeneratedRow[]>();
  for (const { table, rows: made } of sampleData({ ...options, asOf })) {
    const known = rows.get(table) ?? [];
    for (const row of made) known.push(asText(row));
    rows.set(table, known);
  }
  return {
    stores: rows.get('retail.stores') ?? [],
    identities: rows.get('security.store_identities') ?? [],
    categories: rows.get('retail.product_categories') ?? [],
    products: rows.get('retail.products') ?? [],
    customers: rows.get('retail.customers') ?? [],
    transactions: rows.get('retail.sales_transactions') ?? [],
    lines: rows.get('retail.sales_transaction_items') ?? [],
  };
}

const asText = (row: Row): GeneratedRow =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''),
    ]),
  );

/** '12.34' → 1234. Sums of cents are exact, sums of decimals in floating point are not. */
export function cents(amount: string | undefined): number {
  if (!/^-?\d+\.\d\d$/.test(amount ?? '')) throw new TypeError(`not an amount: ${amount}`);
  return Number(amount?.replace('.', ''));
}

export const key = (row: GeneratedRow, column: string) => `${row.store_id} ${row[column]}`;

export const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, next) => sum + next, 0);
