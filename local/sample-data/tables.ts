import type { StoreProduct } from './assortments.ts';
import type { Category } from './catalogue.ts';
import type { Customer } from './customers.ts';
import type { Random } from './random.ts';
import { isOnline, type Store } from './stores.ts';
import type { Transaction } from './transactions.ts';

/** A row by the names of its columns, in the form that PostgreSQL reads from JSON. */
export type Row = Readonly<Record<string, unknown>>;

/** Rows for one table, all with the same columns. A table may come again for the next store. */
export type TableRows = Readonly<{ table: string; rows: Iterable<Row> }>;

export const storeRows = (stores: readonly Store[]): TableRows => ({
  table: 'retail.stores',
  rows: stores.map((store) => ({
    store_id: store.storeId,
    store_name: store.name,
    store_location: store.location,
    store_type: store.type,
    region: store.region,
    is_online: isOnline(store),
    manager_id: `${store.storeId}-m1`,
    opened_on: store.openedOn,
  })),
});

export const storeIdentityRows = (stores: readonly Store[]): TableRows => ({
  table: 'security.store_identities',
  rows: stores.map((store) => ({ rls_user_id: store.rlsUserId, store_id: store.storeId })),
});

export const categoryRows = (categories: readonly Category[]): TableRows => ({
  table: 'retail.product_categories',
  rows: categories.map((category) => ({
    category_id: category.categoryId,
    category_name: category.name,
    parent_category_id: category.parentCategoryId,
    description: category.description,
  })),
});

export const productRows = (store: Store, products: readonly StoreProduct[]): TableRows => ({
  table: 'retail.products',
  rows: products.map(({ item, ...stock }) => ({
    store_id: store.storeId,
    product_id: item.productId,
    sku: item.sku,
    product_name: item.name,
    product_description: item.description,
    category_id: item.categoryId,
    brand: item.brand,
    model: item.model,
    color: item.color,
    size: item.size,
    weight_kg: item.weightGrams === null ? null : (item.weightGrams / 1000).toFixed(3),
    dimensions_cm: item.dimensionsCm,
    price: hundredths(item.price),
    cost: hundredths(item.cost),
    current_stock: stock.currentStock,
    minimum_stock: stock.minimumStock,
    maximum_stock: stock.maximumStock,
    reorder_point: stock.reorderPoint,
    supplier_name: item.supplierName,
    supplier_sku: item.supplierSku,
    is_active: item.isActive,
    is_featured: item.isFeatured,
    rating_average: item.rating === null ? null : hundredths(item.rating.hundredths),
    rating_count: item.rating?.count ?? 0,
    tags: item.tags,
    metadata: item.metadata,
  })),
});

export const customerRows = (
  store: Store,
  customers: readonly Customer[],
  lifetimeValues: ReadonlyMap<Customer, number>,
): TableRows => ({
  table: 'retail.customers',
  rows: each(customers, (customer) => ({
    store_id: store.storeId,
    customer_id: customer.customerId,
    first_name: customer.firstName,
    last_name: customer.lastName,
    gender: customer.gender,
    customer_since: new Date(customer.since).toISOString().slice(0, 10),
    loyalty_tier: customer.tier,
    total_lifetime_value: hundredths(lifetimeValues.get(customer) ?? 0),
  })),
});

/** Receipts are numbered as they come, so the transactions should be in the order of time. */
export const transactionRows = (store: Store, transactions: readonly Transaction[]): TableRows => ({
  table: 'retail.sales_transactions',
  rows: each(transactions, (transaction, index) => ({
    store_id: store.storeId,
    transaction_id: transaction.transactionId,
    customer_id: transaction.customer.customerId,
    transaction_date: new Date(transaction.at).toISOString(),
    transaction_type: transaction.type,
    original_transaction_id: transaction.original?.transactionId ?? null,
    payment_method: transaction.paymentMethod,
    subtotal: hundredths(transaction.subtotal),
    tax_amount: hundredths(transaction.tax),
    discount_amount: hundredths(transaction.discount),
    total_amount: hundredths(transaction.total),
    cashier_id: transaction.cashierId,
    register_id: transaction.registerId,
    receipt_number: `${store.storeId.toUpperCase()}-${String(index + 1).padStart(7, '0')}`,
    notes: transaction.notes,
    metadata: { channel: transaction.channel },
  })),
});

export const lineRows = (
  store: Store,
  transactions: readonly Transaction[],
  random: Random,
): TableRows => ({
  table: 'retail.sales_transaction_items',
  rows: each(linesOf(transactions), ({ transaction, line }) => ({
    store_id: store.storeId,
    item_id: random.uuid(transaction.at),
    transaction_id: transaction.transactionId,
    product_id: line.product.item.productId,
    quantity: line.quantity,
    unit_price: hundredths(line.unitPrice),
    discount_amount: hundredths(line.discount),
    tax_amount: hundredths(line.tax),
    total_price: hundredths(line.total),
  })),
});

function* linesOf(transactions: readonly Transaction[]) {
  for (const transaction of transactions) {
    for (const line of transaction.lines) yield { transaction, line };
  }
}

/** Row by row as they are asked for: the many rows of a large store are never all in memory. */
function* each<T>(values: Iterable<T>, toRow: (value: T, index: number) => Row): Generator<Row> {
  let index = 0;
  for (const value of values) yield toRow(value, index++);
}

/** 1234 → '12.34', without a detour by floating point. */
function hundredths(amount: number): string {
  const digits = String(Math.abs(amount)).padStart(3, '0');
  return `${amount < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
