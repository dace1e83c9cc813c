-- What decides who may see which store and changes seldom, in one row: open stores with their
-- region, the labs' user ids, and the revocations that still matter.
select
  (
    select coalesce(json_object_agg(store_id, region), '{}')
    from retail.stores
    where is_active
  ) as region_of_open_store,
  (
    select coalesce(json_object_agg(rls_user_id, store_id), '{}')
    from security.store_identities
  ) as store_of_user_id,
  (
    select coalesce(json_agg(jti), '[]')
    from security.revoked_tokens
    where jti is not null and expires_at > now()
  ) as revoked_token_ids,
  (
    select coalesce(json_object_agg(subject, last_revoked), '{}')
    from (
      select subject, extract(epoch from max(revoked_at)) as last_revoked
      from security.revoked_tokens
      where subject is not null and expires_at > now()
      group by subject
    ) as revoked
  ) as subject_revoked_at
