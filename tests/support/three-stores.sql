-- Three stores whose rows are told apart at a glance: every id, name and amount carries the store's
-- digit (seattle 1, tacoma 2, online 3). Product ...0100 is stocked by all three.

insert into retail.stores (store_id, store_name, store_type, region, is_online) values
  ('seattle', 'Zava Retail Seattle', 'flagship', 'west', false),
  ('tacoma', 'Zava Retail Tacoma', 'standard', 'west', false),
  ('online', 'Zava Retail Online', 'ecommerce', 'global', true);

insert into security.store_identities (rls_user_id, store_id) values
  ('f47ac10b-58cc-4372-a567-0e02b2c3d479', 'seattle'),
  ('a1b2c3d4-e5f6-7890-abcd-ef1234567890', 'tacoma'),
  ('2f4e6d8c-1a3b-5c7e-9f0a-b2d4f6e8c0a2', 'online');

insert into retail.product_categories (category_id, category_name, parent_category_id) values
  (1, 'Electronics', null),
  (2, 'Phones', 1);

create temporary table store_digits (store_id text, digit integer);
insert into store_digits values ('seattle', 1), ('tacoma', 2), ('online', 3);

-- Two customers in each store.
insert into retail.customers (store_id, customer_id, first_name, last_name, customer_since, loyalty_tier)
select store_id, format('c0000000-0000-0000-0000-0000000000%s%s', digit, n)::uuid,
  'Customer ' || n, initcap(store_id), '2025-01-01', case n when 1 then 'gold' else 'bronze' end
from store_digits, generate_series(1, 2) as n;

insert into retail.customer_contacts (store_id, customer_id, email, email_index)
select store_id, customer_id, 'ciphertext', decode('0' || right(customer_id::text, 1), 'hex')
from retail.customers;

-- The shared product and one that only the store has.
insert into retail.products
  (store_id, product_id, sku, product_name, product_description, category_id, brand, price, cost, current_stock, tags)
select store_id, 'b0000000-0000-0000-0000-000000000100'::uuid, 'SHARED', 'Telephone', 'Sold everywhere',
  2, 'Acme', 100, 60, 10, array['new']
from store_digits
union all
select store_id, format('b0000000-0000-0000-0000-0000000001%s0', digit)::uuid, 'OWN-' || store_id,
  'Souvenir of ' || initcap(store_id), 'Sold here alone', 1, 'Zava', digit * 10, digit * 5, digit, '{}'
from store_digits;

insert into retail.product_embeddings (store_id, product_id, embedding_model, embedding, embedding_text, text_hash)
select store_id, product_id, 'test', array_fill(0.1, array[1536])::extensions.vector, product_name,
  sha256(convert_to(product_name, 'UTF8'))
from retail.products;

insert into retail.embedding_jobs (store_id, product_id, embedding_model)
select store_id, product_id, 'test' from retail.products where sku = 'SHARED';

-- In each store a sale of two shared products and a souvenir, and the return of the souvenir.
insert into retail.sales_transactions
  (store_id, transaction_id, customer_id, transaction_date, transaction_type, original_transaction_id,
   payment_method, subtotal, total_amount)
select store_id, format('a0000000-0000-0000-0000-0000000000%s1', digit)::uuid,
  format('c0000000-0000-0000-0000-0000000000%s1', digit)::uuid, '2026-01-10 10:00Z', 'sale', null,
  'cash', 200 + digit * 10, 200 + digit * 10
from store_digits;
insert into retail.sales_transactions
  (store_id, transaction_id, customer_id, transaction_date, transaction_type, original_transaction_id,
   payment_method, subtotal, total_amount)
select store_id, format('a0000000-0000-0000-0000-0000000000%s2', digit)::uuid,
  format('c0000000-0000-0000-0000-0000000000%s1', digit)::uuid, '2026-01-20 10:00Z', 'return',
  format('a0000000-0000-0000-0000-0000000000%s1', digit)::uuid, 'cash', digit * -10, digit * -10
from store_digits;

insert into retail.sales_transaction_items
  (store_id, item_id, transaction_id, product_id, quantity, unit_price, total_price)
select store_id, format('d0000000-0000-0000-0000-000000000%s%s%s', digit, kind, line)::uuid,
  format('a0000000-0000-0000-0000-0000000000%s%s', digit, kind)::uuid,
  case line when 1 then 'b0000000-0000-0000-0000-000000000100'
    else format('b0000000-0000-0000-0000-0000000001%s0', digit) end::uuid,
  case line when 1 then 2 else 1 end, case line when 1 then 100 else digit * 10 end,
  case kind when 1 then case line when 1 then 200 else digit * 10 end else digit * -10 end
from store_digits, (values (1, 1), (1, 2), (2, 2)) as lines (kind, line);

update retail.customers c
set total_lifetime_value = (
  select coalesce(sum(total_amount), 0) from retail.sales_transactions t
  where t.store_id = c.store_id and t.customer_id = c.customer_id
);

drop table store_digits;
truncate retail.audit_log;
