update retail.stores
set is_active = false, updated_at = now()
where store_id = $1 and is_active
