import { type Relation, readValidValues, type SchemaCatalog } from '../data/schema-catalog.ts';
import type { TenantSession } from '../data/tenant-transaction.ts';
import { RetailError } from '../infrastructure/errors.ts';

export type RelationSummary = Readonly<{
  name: string;
  kind: 'table' | 'view';
  description: string;
}>;

export type RelationSchema = Relation &
  Readonly<{ validValues: Record<string, readonly string[]>; hints: readonly string[] }>;

/** What every query should know of a relation; shown with its schema. */
const queryHints: Readonly<Record<string, readonly string[]>> = {
  customers: [
    'total_lifetime_value is the sum of the customer’s transactions, returns subtracted.',
  ],
  product_categories: [
    'Categories are the same for all stores; parent_category_id builds the tree.',
  ],
  products: [
    'A catalogue item has one product_id in the chain and one row in each store that stocks it: join on store_id and product_id.',
    'Low stock: current_stock <= reorder_point.',
  ],
  sales_transactions: [
    "Returns count negative: sum(total_amount) is net revenue; filter transaction_type = 'sale' for gross.",
    "Group by period with date_trunc('month', transaction_date).",
  ],
  sales_transaction_items: [
    'Join to sales_transactions on store_id and transaction_id, to products on store_id and product_id.',
    'quantity is always positive; total_price is negative for goods that came back.',
  ],
  orders: ['The older name of sales_transactions.'],
  order_items: ['The older name of sales_transaction_items.'],
  product_embeddings: ['Vectors are large: select embedding_text, not embedding.'],
};

/** The readable tables and views, in alphabetical order. */
export function summariseRelations(catalog: SchemaCatalog): RelationSummary[] {
  return [...catalog.values()].map(({ name, kind, comment }) => ({
    name: `retail.${name}`,
    kind,
    description: comment ?? '',
  }));
}

/**
 * The named relations with columns, keys, relationships, valid values and hints. A name may carry
 * its schema (`retail.orders`).
 *
 * @throws RetailError `not_found` that lists the valid names.
 */
export async function describeRelations(
  session: TenantSession,
  catalog: SchemaCatalog,
  names: readonly string[],
): Promise<RelationSchema[]> {
  const relations = names.map((given) => {
    const name = given
      .trim()
      .toLowerCase()
      .replace(/^retail\./, '');
    return catalog.get(name) ?? given;
  });
  const unknown = relations.filter((found) => typeof found === 'string');
  if (unknown.length > 0) {
    throw new RetailError('not_found', `No such table or view: ${unknown.join(', ')}.`, {
      hint: `Valid names: ${[...catalog.keys()].map((name) => `retail.${name}`).join(', ')}.`,
    });
  }
  const values = await readValidValues(session);
  return relations
    .filter((found) => typeof found !== 'string')
    .map((relation) => ({
      ...relation,
      validValues: Object.fromEntries(
        values
          .filter((row) => row.relation === relation.name)
          .map((row) => [row.column, row.values]),
      ),
      hints: queryHints[relation.name] ?? [],
    }));
}
