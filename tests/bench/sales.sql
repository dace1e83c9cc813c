-- 1,000 products and 25,000 transactions of five items in each store: 125,000 items a store, a
-- million in all. Constraints hold by construction, so that their triggers need not run.
set session_replication_role = replica;

insert into retail.product_categories (category_id, category_name)
select number, 'Category ' || number from generate_series(1, 20) as number;

insert into retail.products (store_id, product_id, sku, product_name, category_id, price, cost)
select store_id, md5('product ' || number)::uuid, 'sku-' || number, 'Product ' || number,
  1 + number % 20, 10 + number % 90, 5
from retail.stores, generate_series(1, 1000) as number;

insert into retail.sales_transactions
  (store_id, transaction_id, transaction_date, payment_method, subtotal, total_amount)
select store_id, md5('transaction ' || number)::uuid, now() - number * interval '40 minutes', 'cash',
  50, 54
from retail.stores, generate_series(1, 25000) as number;

insert into retail.sales_transaction_items
  (store_id, transaction_id, product_id, quantity, unit_price, total_price)
select store_id, md5('transaction ' || number)::uuid,
  md5('product ' || 1 + (number * 7 + line * 131) % 1000)::uuid, 1 + line % 3, 10, 10 * (1 + line % 3)
from retail.stores, generate_series(1, 25000) as number, generate_series(1, 5) as line;

reset session_replication_role;
