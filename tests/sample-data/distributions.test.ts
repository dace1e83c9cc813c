import { describe, expect, test } from 'vitest';
import { sampleData } from '../../local/sample-data/sample-data.ts';
import { stores } from '../../local/sample-data/stores.ts';
import { asOf, cents, type GeneratedRow, generate, key, sumOf } from './generated-rows.ts';

// Shares as the data model has them. The data is the same in every run, so a bound cannot be missed
// by chance; it is four standard deviations of the binomial distribution.

const day = 86_400_000;
const data = generate({ size: 'medium' });
const sales = data.transactions.filter((row) => row.transaction_type === 'sale');
const saleKeys = new Set(sales.map((sale) => key(sale, 'transaction_id')));
const soldLines = data.lines.filter((line) => saleKeys.has(key(line, 'transaction_id')));
const categoryNames = new Map(data.categories.map((row) => [row.category_id, row.category_name]));
const categoryOf = new Map(
  data.products.map((row) => [row.product_id, categoryNames.get(row.category_id)]),
);

function expectShare(hits: number, of: number, percent: number) {
  const share = percent / 100;
  const deviation = Math.sqrt(of * share * (1 - share));
  expect(Math.abs(hits - of * share), `${hits} of ${of}, not ${percent}%`).toBeLessThanOrEqual(
    4 * deviation,
  );
}

function expectShares(values: readonly unknown[], percents: Record<string, number>) {
  const counts = countBy(values, String);
  for (const [value, percent] of Object.entries(percents)) {
    expectShare(counts.get(value) ?? 0, values.length, percent);
  }
  expect(new Set(counts.keys())).toEqual(new Set(Object.keys(percents)));
}

const countBy = <T, K>(values: readonly T[], keyOf: (value: T) => K) =>
  new Map([...Map.groupBy(values, keyOf)].map(([name, group]) => [name, group.length]));

describe('sizes', () => {
  test.each([
    ['small', 500, 2_000, 5_000],
    ['medium', 1_000, 10_000, 50_000],
    ['large', 1_000, 50_000, 200_000],
  ] as const)('%s: %i products, %i customers, %i transactions', (size, ...counts) => {
    const products = new Set<unknown>();
    const rows = new Map<string, number>();
    for (const { table, rows: made } of sampleData({ size, asOf })) {
      for (const row of made) {
        rows.set(table, (rows.get(table) ?? 0) + 1);
        if (table === 'retail.products') products.add(row.product_id);
      }
    }
    expect([
      products.size,
      rows.get('retail.customers'),
      rows.get('retail.sales_transactions'),
    ]).toEqual(counts);
  });
});

describe('stores', () => {
  test('have customers and transactions by their weights', () => {
    const visits = ({ weights }: (typeof stores)[number]) => weights.customers * weights.frequency;
    for (const store of stores) {
      const inStore = ({ store_id }: GeneratedRow) => store_id === store.storeId;
      const customers = sumOf(stores.map(({ weights }) => weights.customers));
      expect(data.customers.filter(inStore).length / 10_000).toBeCloseTo(
        store.weights.customers / customers,
        3,
      );
      expect(data.transactions.filter(inStore).length / 50_000).toBeCloseTo(
        visits(store) / sumOf(stores.map(visits)),
        3,
      );
    }
  });

  test('sell for as much at a time as their value says', () => {
    const mean = (store: (typeof stores)[number]) => {
      const amounts = sales
        .filter(({ store_id }) => store_id === store.storeId)
        .map(({ subtotal }) => cents(subtotal) / store.weights.value);
      const average = sumOf(amounts) / amounts.length;
      const variance = sumOf(amounts.map((amount) => (amount - average) ** 2)) / amounts.length;
      return { average, error: Math.sqrt(variance / amounts.length) };
    };
    const means = stores.map(mean);
    const chain = sumOf(means.map(({ average }) => average)) / means.length;
    for (const { average, error } of means) {
      // Each store stocks other items, so its plain mean differs a little as well.
      expect(Math.abs(average - chain)).toBeLessThan(4 * error + 0.1 * chain);
    }
  });

  test('stock part of the catalogue, online all of it', () => {
    const stocked = countBy(data.products, ({ store_id }) => store_id);
    expect(stocked.get('online')).toBe(1_000);
    for (const { storeId, assortment } of stores) {
      if (assortment < 100) expectShare(stocked.get(storeId) ?? 0, 1_000, assortment);
    }
  });
});

describe('customers', () => {
  test('are bronze, silver, gold and platinum as 50/30/15/5', () => {
    expectShares(
      data.customers.map(({ loyalty_tier }) => loyalty_tier),
      { bronze: 50, silver: 30, gold: 15, platinum: 5 },
    );
  });

  test('joined in the last five years', () => {
    const since = data.customers.map(({ customer_since }) => Date.parse(customer_since ?? ''));
    expect(Math.min(...since)).toBe(asOf.getTime() - 5 * 365 * day);
    expect(Math.max(...since)).toBeLessThan(asOf.getTime());
    const recent = since.filter((time) => time >= asOf.getTime() - 365 * day);
    expectShare(recent.length, since.length, 20);
  });
});

describe('products', () => {
  test('cost 40–70% of their price', () => {
    for (const { price, cost } of data.products) {
      expect(cents(cost) / cents(price)).toBeGreaterThanOrEqual(0.4);
      expect(cents(cost) / cents(price)).toBeLessThanOrEqual(0.7);
    }
  });

  test('are one item in the chain: the same id, SKU, name and price in every store', () => {
    const items = Map.groupBy(data.products, ({ product_id }) => product_id);
    for (const rows of items.values()) {
      expect(new Set(rows.map((row) => `${row.sku} ${row.product_name} ${row.price}`)).size).toBe(
        1,
      );
    }
    for (const column of ['sku', 'product_name']) {
      expect(new Set(data.products.map((row) => row[column])).size).toBe(items.size);
    }
  });

  test('are spread over the seven categories', () => {
    const items = [...new Set(data.products.map(({ product_id }) => product_id))];
    const counts = countBy(items, (id) => categoryOf.get(id));
    expect(new Set(counts.keys())).toEqual(
      new Set([
        'Electronics',
        'Clothing',
        'Home & Garden',
        'Sports & Outdoors',
        'Books & Media',
        'Health & Beauty',
        'Automotive',
      ]),
    );
    expect(Math.min(...counts.values())).toBeGreaterThan(100);
  });

  test('have descriptions of two sentences', () => {
    for (const { product_description } of data.products) {
      expect(product_description).toMatch(/^[A-Z0-9][^.]{20,}\. [A-Z][^.]{10,}\.$/);
    }
  });
});

describe('transactions', () => {
  test('are sales, returns and exchanges as 90/7/3', () => {
    expectShares(
      data.transactions.map(({ transaction_type }) => transaction_type),
      { sale: 90, return: 7, exchange: 3 },
    );
  });

  test('are paid by credit card, debit card, cash and wallet as 45/25/20/10', () => {
    expectShares(
      data.transactions.map(({ payment_method }) => payment_method),
      { credit_card: 45, debit_card: 25, cash: 20, digital_wallet: 10 },
    );
  });

  test('are never paid in cash on the web', () => {
    const online = data.transactions.filter(({ store_id }) => store_id === 'online');
    expect(online.filter(({ payment_method }) => payment_method === 'cash')).toEqual([]);
  });

  test('have one to five lines as 40/30/20/7/3, of one to three pieces', () => {
    const baskets = countBy(soldLines, (line) => key(line, 'transaction_id'));
    expectShares([...baskets.values()], { 1: 40, 2: 30, 3: 20, 4: 7, 5: 3 });
    expectShares(
      soldLines.map(({ quantity }) => quantity),
      { 1: 100 / 3, 2: 100 / 3, 3: 100 / 3 },
    );
  });

  test('have 5–25% off on a fifth of their lines', () => {
    const discounts = soldLines
      .map(({ quantity, unit_price, discount_amount }) => ({
        gross: Number(quantity) * cents(unit_price),
        discount: cents(discount_amount),
      }))
      .filter(({ discount }) => discount !== 0);
    expectShare(discounts.length, soldLines.length, 20);
    for (const { gross, discount } of discounts) {
      expect(discount / gross).toBeGreaterThanOrEqual(0.05);
      expect(discount / gross).toBeLessThanOrEqual(0.25);
    }
  });

  test('are taxed by 8%, to the nearest cent', () => {
    for (const { quantity, unit_price, discount_amount, tax_amount } of soldLines) {
      const net = Number(quantity) * cents(unit_price) - cents(discount_amount);
      expect(Math.abs(cents(tax_amount) * 100 - net * 8)).toBeLessThanOrEqual(50);
    }
  });

  test('are of the last two years, more in the second', () => {
    const times = sales.map(({ transaction_date }) => Date.parse(transaction_date ?? ''));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(asOf.getTime() - 730 * day);
    expect(Math.max(...times)).toBeLessThan(asOf.getTime());
    // 15% a year, linearly, so means of 1.075 and 1.225.
    const second = times.filter((time) => time >= asOf.getTime() - 365 * day);
    expectShare(second.length, times.length, (100 * 1.225) / (1.075 + 1.225));
  });

  test('happen in business hours, on the web at any hour', () => {
    const hours = (online: boolean) =>
      data.transactions
        .filter(({ store_id }) => (store_id === 'online') === online)
        .map(({ transaction_date }) => new Date(transaction_date ?? '').getUTCHours());
    expect([Math.min(...hours(false)), Math.max(...hours(false))]).toEqual([9, 20]);
    expect(new Set(hours(true)).size).toBe(24);
  });
});

describe('seasons', () => {
  const dates = new Map(
    sales.map((sale) => [key(sale, 'transaction_id'), new Date(sale.transaction_date ?? '')]),
  );
  /** Part of a category's lines that falls on the days. */
  function share(category: string, on: (date: Date) => boolean): number {
    const lines = soldLines.filter(({ product_id }) => categoryOf.get(product_id) === category);
    const hits = lines.filter((line) => on(dates.get(key(line, 'transaction_id')) ?? asOf));
    return hits.length / lines.length;
  }

  test('differ by category', () => {
    const december = (date: Date) => date.getUTCMonth() === 11;
    const may = (date: Date) => date.getUTCMonth() === 4;
    expect(share('Electronics', december)).toBeGreaterThan(1.4 * share('Automotive', december));
    expect(share('Home & Garden', may)).toBeGreaterThan(1.3 * share('Electronics', may));
  });

  test('have weekdays of their own', () => {
    const saturday = (date: Date) => date.getUTCDay() === 6;
    expect(share('Clothing', saturday)).toBeGreaterThan(1.2 * share('Health & Beauty', saturday));
  });
});
