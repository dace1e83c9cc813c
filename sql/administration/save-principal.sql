insert into security.principals (subject, role, store_ids, regions)
values ($1, $2, $3, $4)
on conflict (subject) do update
set role = excluded.role, store_ids = excluded.store_ids, regions = excluded.regions
