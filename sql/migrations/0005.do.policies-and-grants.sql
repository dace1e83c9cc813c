-- What each role may do. Callers read; the loader and the service have policies and grants of their
-- own, each for what it does and nothing else. Grants name their tables: "on all tables" would open
-- the partitions to direct reading.

set local role retail_owner;

call security.protect_tenant_table('retail.stores');
call security.protect_tenant_table('retail.customers');
call security.protect_tenant_table('retail.customer_contacts');
call security.protect_tenant_table('retail.products');
call security.protect_tenant_table('retail.sales_transactions');
call security.protect_tenant_table('retail.sales_transaction_items');
call security.protect_tenant_table('retail.product_embeddings');
call security.protect_tenant_table('retail.embedding_jobs');

-- Callers. customer_contacts and embedding_jobs are behind policies too, but not granted.
grant select on
  retail.stores, retail.customers, retail.product_categories, retail.products,
  retail.sales_transactions, retail.sales_transaction_items, retail.product_embeddings
  to store_managers, regional_managers, headquarters;

-- The loader. It reads back what it loaded, and sets lifetime values once the sales are in.
grant select, insert on
  retail.stores, retail.customers, retail.product_categories, retail.products,
  retail.sales_transactions, retail.sales_transaction_items, security.store_identities
  to retail_loader;
grant update on retail.customers to retail_loader;

create policy loader_reads on retail.stores for select to retail_loader using (true);
create policy loader_inserts on retail.stores for insert to retail_loader with check (true);
create policy loader_reads on retail.customers for select to retail_loader using (true);
create policy loader_inserts on retail.customers for insert to retail_loader with check (true);
create policy loader_updates on retail.customers for update to retail_loader using (true);
create policy loader_reads on retail.products for select to retail_loader using (true);
create policy loader_inserts on retail.products for insert to retail_loader with check (true);
create policy loader_reads on retail.sales_transactions for select to retail_loader using (true);
create policy loader_inserts on retail.sales_transactions for insert to retail_loader with check (true);
create policy loader_reads on retail.sales_transaction_items for select to retail_loader using (true);
create policy loader_inserts on retail.sales_transaction_items for insert to retail_loader with check (true);

-- The service: who may see what, the audit trail, and embeddings of every store's products.
grant select on
  retail.stores, retail.product_categories, retail.products,
  security.store_identities, security.principals, security.revoked_tokens
  to retail_service;
grant insert on retail.audit_log to retail_service;
grant select, insert, update, delete on retail.product_embeddings, retail.embedding_jobs to retail_service;

create policy service_reads on retail.stores for select to retail_service using (true);
create policy service_reads on retail.products for select to retail_service using (true);
create policy service_keeps on retail.product_embeddings to retail_service using (true);
create policy service_keeps on retail.embedding_jobs to retail_service using (true);
