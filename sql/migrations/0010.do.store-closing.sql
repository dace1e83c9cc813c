-- Closing a store keeps its rows: nothing is deleted, it is marked. Under forced row-level security
-- not even the owner can update a row without a policy; the loader, who makes stores, closes them.

set local role retail_owner;

grant update (is_active, updated_at) on retail.stores to retail_loader;
create policy loader_closes on retail.stores for update to retail_loader using (true);
