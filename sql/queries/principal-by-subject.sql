select role, store_ids, regions
from security.principals
where subject = $1
