select subject, role, store_ids, regions
from security.principals
order by subject
