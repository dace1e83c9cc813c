select store_id, region
from retail.stores
where is_active
order by store_id
