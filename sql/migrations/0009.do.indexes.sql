-- What reports, search and foreign keys need beyond the keys themselves. Under row-level security an
-- index serves a caller only through leakproof operators (equality and order of text, uuid, integer
-- and timestamptz; not numeric, arrays, jsonb or tsvector): the others serve the service.

set local role retail_owner;

create index on retail.products (category_id);
create index on retail.products (store_id, product_name) where is_active;
create index on retail.products (store_id, rating_average desc) where is_featured;
create index on retail.products using gin (tags);
create index on retail.products using gin (metadata jsonb_path_ops);
create index on retail.products using gin (search_vector);

create index on retail.sales_transactions (store_id, transaction_date desc);
create index on retail.sales_transactions (store_id, customer_id, transaction_date desc);
create index on retail.sales_transactions (store_id, original_transaction_id)
  where original_transaction_id is not null;

create index on retail.sales_transaction_items (store_id, transaction_id);
-- Holds all that a report by product or category reads, so that it never visits the table.
create index on retail.sales_transaction_items (store_id, product_id)
  include (transaction_id, quantity, total_price);

create index on retail.embedding_jobs (next_attempt_at);

create index on retail.audit_log (subject, occurred_at desc);
create index on retail.audit_log (action, occurred_at desc);

create index on security.store_identities (store_id);
create index on security.revoked_tokens (subject) where subject is not null;
create index on security.revoked_tokens (expires_at);
