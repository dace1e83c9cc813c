import type { ReadableRelations } from '../../shared/data/sql-guard/sql-guard.ts';

const relations: Record<string, string> = {
  stores: `store_id store_name store_location store_type region is_online manager_id opened_on
    is_active created_at updated_at`,
  customers: `store_id customer_id first_name last_name gender customer_since loyalty_tier
    total_lifetime_value created_at updated_at`,
  product_categories: `category_id category_name parent_category_id description is_active
    created_at updated_at`,
  products: `store_id product_id sku product_name product_description category_id brand model color
    size weight_kg dimensions_cm price cost current_stock minimum_stock maximum_stock reorder_point
    supplier_name supplier_sku is_active is_featured rating_average rating_count tags metadata
    created_at updated_at`,
  sales_transactions: `store_id transaction_id customer_id transaction_date transaction_type
    original_transaction_id payment_method subtotal tax_amount discount_amount total_amount
    cashier_id register_id receipt_number notes metadata created_at updated_at`,
  sales_transaction_items: `store_id item_id transaction_id product_id quantity unit_price
    discount_amount tax_amount total_price created_at updated_at`,
  product_embeddings: `store_id product_id embedding_model embedding embedding_text text_hash
    created_at updated_at`,
  orders: 'order_id customer_id store_id order_date total_amount status',
  order_items: `order_item_id order_id product_id quantity unit_price discount_amount
    total_amount`,
};

/** What the database's catalog says that callers may read. */
export const readableRelations: ReadableRelations = new Map(
  Object.entries(relations).map(([relation, columns]) => [relation, columns.split(/\s+/)]),
);
