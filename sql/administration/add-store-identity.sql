insert into security.store_identities (rls_user_id, store_id)
values (coalesce($2, gen_random_uuid()), $1)
returning rls_user_id
