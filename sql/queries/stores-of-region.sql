select store_id
from retail.stores
where region = $1 and is_active
order by store_id
