import { shareOut } from './assortments.ts';
import { createCalendar, day } from './calendar.ts';
import type { Catalogue } from './catalogue.ts';
import { type Customer, inventCustomers } from './customers.ts';
import { createDemand } from './demand.ts';
import { inventCatalogue } from './invented-catalogue.ts';
import { apportion, createRandom, element } from './random.ts';
import { defaultSeed, type SizeName, sizes } from './sizes.ts';
import { stores } from './stores.ts';
import {
  categoryRows,
  customerRows,
  lineRows,
  productRows,
  storeIdentityRows,
  storeRows,
  type TableRows,
  transactionRows,
} from './tables.ts';
import { inventTransactions, type Transaction } from './transactions.ts';

export type SampleOptions = Readonly<{
  size: SizeName;
  seed?: number;
  /** Sales end before this day's midnight UTC; default: today's. */
  asOf?: Date;
  /** Instead of an invented one. */
  catalogue?: Catalogue;
}>;

/**
 * The sample data, table by table in the order in which foreign keys allow it. The same size, seed
 * and day give the same rows on every machine. Customers and sales come store by store, so that no
 * more than one store's sales are in memory.
 */
export function* sampleData(options: SampleOptions): Generator<TableRows> {
  const seed = options.seed ?? defaultSeed;
  const size = sizes[options.size];
  const asOf = Math.floor((options.asOf?.getTime() ?? Date.now()) / day) * day;
  const catalogue = options.catalogue ?? inventCatalogue(size.products, seed);

  yield storeRows(stores);
  yield storeIdentityRows(stores);
  yield categoryRows(catalogue.categories);
  const assortments = shareOut(catalogue, stores, seed);
  for (const [store, assortment] of assortments) yield productRows(store, assortment.flat());

  const seasons = catalogue.departments.map(({ season }) => season);
  const calendar = createCalendar(asOf, seasons);
  const customerCounts = apportion(
    size.customers,
    stores.map(({ weights }) => weights.customers),
  );
  const transactionCounts = apportion(
    size.transactions,
    stores.map(({ weights }) => weights.customers * weights.frequency),
  );
  for (const [index, store] of stores.entries()) {
    const customers = inventCustomers(store, element(customerCounts, index), seed, asOf);
    const demand = createDemand(
      assortments.get(store) ?? [],
      calendar.departmentShares,
      store.weights.value,
    );
    const transactions = inventTransactions(
      { store, customers, demand, calendar, asOf, seed },
      element(transactionCounts, index),
    );
    yield customerRows(store, customers, lifetimeValues(transactions));
    yield transactionRows(store, transactions);
    yield lineRows(store, transactions, createRandom(seed, `lines ${store.storeId}`));
  }
}

/** About how many rows `sampleData` yields, to show progress by. */
export function expectedRows({ size, catalogue }: SampleOptions): number {
  const products =
    catalogue?.departments.reduce((sum, { items }) => sum + items.length, 0) ??
    sizes[size].products;
  const stockings = stores.reduce((sum, { assortment }) => sum + assortment / 100, 0);
  const linesPerTransaction = 2;
  return Math.round(
    products * stockings +
      sizes[size].customers +
      sizes[size].transactions * (1 + linesPerTransaction),
  );
}

function lifetimeValues(transactions: readonly Transaction[]): Map<Customer, number> {
  const values = new Map<Customer, number>();
  for (const { customer, total } of transactions) {
    values.set(customer, (values.get(customer) ?? 0) + total);
  }
  return values;
}
