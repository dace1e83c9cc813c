insert into retail.stores (store_id, store_name, store_location, store_type, region, is_online, opened_on)
values ($1, $2, $3, $4, $5, $6, current_date)
