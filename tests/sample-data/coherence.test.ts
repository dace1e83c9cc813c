import { describe, expect, test } from 'vitest';
import { cents, type GeneratedRow, generate, key, sumOf } from './generated-rows.ts';

const data = generate({ size: 'medium' });
const transactions = new Map(data.transactions.map((row) => [key(row, 'transaction_id'), row]));
const customers = new Map(data.customers.map((row) => [key(row, 'customer_id'), row]));
const products = new Map(data.products.map((row) => [key(row, 'product_id'), row]));
const linesByTransaction = Map.groupBy(data.lines, (line) => key(line, 'transaction_id'));
const comingBack = data.transactions.filter(({ transaction_type }) => transaction_type !== 'sale');

const linesOf = (row: GeneratedRow) => linesByTransaction.get(key(row, 'transaction_id')) ?? [];
const original = (row: GeneratedRow) => transactions.get(key(row, 'original_transaction_id'));
const dayOf = (row: GeneratedRow) => (row.transaction_date ?? '').slice(0, 10);
const returnedLines = (row: GeneratedRow) =>
  linesOf(row).filter(({ total_price }) => cents(total_price) < 0);

/** The first few rows for which something does not hold. */
const unless = (rows: readonly GeneratedRow[], holds: (row: GeneratedRow) => boolean) =>
  rows.filter((row) => !holds(row)).slice(0, 3);

describe('ids', () => {
  test.each([
    [data.products, 'product_id'],
    [data.products, 'sku'],
    [data.customers, 'customer_id'],
    [data.transactions, 'transaction_id'],
    [data.transactions, 'receipt_number'],
    [data.lines, 'item_id'],
  ] as const)('are unique within the store (%#)', (rows, column) => {
    expect(new Set(rows.map((row) => key(row, column))).size).toBe(rows.length);
  });

  test('are version 7 UUIDs', () => {
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(unless(data.lines, ({ item_id }) => uuid.test(item_id ?? ''))).toEqual([]);
  });

  test('of the labs name the stores', () => {
    const identities = data.identities.map((row) => [row.store_id, row.rls_user_id]);
    expect(Object.fromEntries(identities)).toEqual({
      seattle: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      bellevue: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
      tacoma: 'a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      spokane: 'd8e9f0a1-b2c3-4567-8901-234567890abc',
      everett: '3b9ac9fa-cd5e-4b92-a7f2-b8c1d0e9f2a3',
      redmond: 'e7f8a9b0-c1d2-3e4f-5678-90abcdef1234',
      kirkland: '9c8b7a65-4321-fed0-9876-543210fedcba',
      online: '2f4e6d8c-1a3b-5c7e-9f0a-b2d4f6e8c0a2',
    });
  });
});

describe('a transaction', () => {
  test('is of a customer of the store who had joined by then', () => {
    expect(
      unless(data.transactions, (row) => {
        const since = customers.get(key(row, 'customer_id'))?.customer_since;
        return since !== undefined && since <= dayOf(row);
      }),
    ).toEqual([]);
  });

  test('has lines, of products that the store stocks', () => {
    expect(unless(data.transactions, (row) => linesOf(row).length > 0)).toEqual([]);
    expect(unless(data.lines, (line) => transactions.has(key(line, 'transaction_id')))).toEqual([]);
    expect(unless(data.lines, (line) => products.has(key(line, 'product_id')))).toEqual([]);
  });

  test('amounts to the sums of its lines, to the cent', () => {
    const gross = (line: GeneratedRow) =>
      Math.sign(cents(line.total_price)) * Number(line.quantity) * cents(line.unit_price);
    expect(
      unless(data.transactions, (row) => {
        const sum = (column: string) => sumOf(linesOf(row).map((line) => cents(line[column])));
        return (
          cents(row.subtotal) === sumOf(linesOf(row).map(gross)) &&
          cents(row.discount_amount) === sum('discount_amount') &&
          cents(row.tax_amount) === sum('tax_amount') &&
          cents(row.total_amount) === sum('total_price')
        );
      }),
    ).toEqual([]);
    expect(
      unless(
        data.lines,
        (line) =>
          cents(line.total_price) ===
          gross(line) - cents(line.discount_amount) + cents(line.tax_amount),
      ),
    ).toEqual([]);
  });

  test('is positive as a sale, negative as a return, both at once as an exchange', () => {
    const signs = new Map([
      ['sale', '1'],
      ['return', '-1'],
      ['exchange', '-1 1'],
    ]);
    expect(
      unless(data.transactions, (row) => {
        const found = linesOf(row).map(({ total_price }) => Math.sign(cents(total_price)));
        return [...new Set(found)].sort().join(' ') === signs.get(row.transaction_type ?? '');
      }),
    ).toEqual([]);
    expect(unless(data.lines, ({ quantity }) => Number(quantity) > 0)).toEqual([]);
  });
});

describe('what comes back', () => {
  test('comes from a sale of the same store, customer and payment method, on an earlier day', () => {
    expect(
      unless(data.transactions, (row) => {
        if (row.transaction_type === 'sale') return row.original_transaction_id === '';
        const sale = original(row);
        return (
          sale?.transaction_type === 'sale' &&
          sale.customer_id === row.customer_id &&
          sale.payment_method === row.payment_method &&
          dayOf(sale) < dayOf(row)
        );
      }),
    ).toEqual([]);
  });

  test('was sold there, at that price, and no more of it comes back than was sold', () => {
    const pieces = (lines: readonly (readonly [string, GeneratedRow])[]) => {
      const counts = new Map<string, number>();
      for (const [sale, { product_id, unit_price, quantity }] of lines) {
        const goods = `${sale} ${product_id} ${unit_price}`;
        counts.set(goods, (counts.get(goods) ?? 0) + Number(quantity));
      }
      return counts;
    };
    const sold = pieces(data.lines.map((line) => [key(line, 'transaction_id'), line]));
    const returned = pieces(
      comingBack.flatMap((row) =>
        returnedLines(row).map((line) => [key(row, 'original_transaction_id'), line] as const),
      ),
    );
    expect(returned.size).toBeGreaterThan(comingBack.length / 2);
    expect([...returned].filter(([goods, count]) => count > (sold.get(goods) ?? 0))).toEqual([]);
  });

  test('is paid back to the cent when the whole basket comes back', () => {
    const pieces = (row: GeneratedRow) =>
      sumOf(linesOf(row).map(({ quantity }) => Number(quantity)));
    const whole = comingBack.filter((row) => {
      const sale = original(row);
      return row.transaction_type === 'return' && sale && pieces(sale) === pieces(row);
    });
    expect(whole.length).toBeGreaterThan(1_000);
    expect(
      unless(whole, (row) => cents(row.total_amount) === -cents(original(row)?.total_amount)),
    ).toEqual([]);
  });
});

test('a lifetime value is the sum of the customer’s transactions', () => {
  const byCustomer = Map.groupBy(data.transactions, (row) => key(row, 'customer_id'));
  expect(
    unless(data.customers, (row) => {
      const theirs = byCustomer.get(key(row, 'customer_id')) ?? [];
      const total = sumOf(theirs.map(({ total_amount }) => cents(total_amount)));
      return cents(row.total_lifetime_value) === total;
    }),
  ).toEqual([]);
});
