import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type SampleOptions, sampleData } from '../../local/sample-data/sample-data.ts';
import { asOf } from './generated-rows.ts';

function fingerprint(options: SampleOptions): string {
  const hash = createHash('sha256');
  for (const { table, rows } of sampleData(options)) {
    for (const row of rows) hash.update(`${table} ${JSON.stringify(row)}\n`);
  }
  return hash.digest('hex');
}

describe('the sample data', () => {
  test('is the same on every machine and in every run', () => {
    // Another value means that everybody's data changes: wanted, or a mistake?
    expect(fingerprint({ size: 'small', asOf })).toBe(
      '7ae6b912cb42e0164876e0316fb3f6342521c5702670e64bfb92c93684a8f63a',
    );
  });

  test('does not depend on the hour, nor on what was generated before', () => {
    const evening = new Date('2026-01-01T23:59:59Z');
    expect(fingerprint({ size: 'small', asOf: evening })).toBe(
      fingerprint({ size: 'small', asOf }),
    );
    expect(evening.toISOString()).toBe('2026-01-01T23:59:59.000Z');
  });

  test('is other data for another seed and for another day', () => {
    const fingerprints = [
      fingerprint({ size: 'small', asOf }),
      fingerprint({ size: 'small', asOf, seed: 1 }),
      fingerprint({ size: 'small', asOf: new Date('2026-01-02') }),
    ];
    expect(new Set(fingerprints).size).toBe(3);
  });

  test('ends yesterday when no day is given', () => {
    const today = new Date().toISOString().slice(0, 10);
    const days = [...sampleData({ size: 'small' })]
      .filter(({ table }) => table === 'retail.sales_transactions')
      .flatMap(({ rows }) => [...rows].map((row) => String(row.transaction_date).slice(0, 10)));
    const last = days.sort().at(-1) ?? '';
    expect(last < today).toBe(true);
    expect(Date.parse(today) - Date.parse(last)).toBeLessThan(3 * 86_400_000);
  });
});
