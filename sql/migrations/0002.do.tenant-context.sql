-- The signed tenant context. A setting alone is no boundary, because SQL can change it; a signature
-- that only the server can make is one. Every policy asks security.tenant_context.

set local role retail_owner;

create table security.context_keys (
  kid text primary key check (kid ~ '^[A-Za-z0-9_-]{1,64}$'),
  secret bytea not null check (octet_length(secret) >= 32),
  fingerprint text not null generated always as (encode(sha256(secret), 'hex')) stored,
  created_at timestamptz not null default now()
);
comment on table security.context_keys is 'Keys that sign tenant contexts; delete a row to retire its key';
comment on column security.context_keys.kid is 'Key id, the first part of a context';
comment on column security.context_keys.secret is 'HMAC-SHA256 key, 32 random bytes or more';
comment on column security.context_keys.fingerprint is 'SHA-256 of the secret: tells whether two keys are one without showing either';
comment on column security.context_keys.created_at is 'When the key was installed';
grant select (kid, fingerprint) on security.context_keys to retail_service;

-- The stores claim of the transaction's context: one store id, ids joined by commas, '*' for all,
-- '' for none; NULL when anything at all is wrong with the context.
--
-- app.tenant_context = kid.expiry.kind.stores.signature, signature = hex(HMAC-SHA256(secret,
-- 'kid.expiry.kind.stores')), expiry in Unix seconds.
--
-- Plain SQL without an exception handler, so that it is safe in parallel plans. The form is matched
-- before any cast, so that a malformed context is NULL and never an error; the setting comes from a
-- materialized CTE, because the planner evaluates stable expressions for its estimates and would
-- cast before anything was matched. Both signatures are hashed once more before they are compared,
-- so that the time it takes says nothing about them.
create function security.tenant_context(expected_kind text) returns text
  language sql stable security definer parallel safe
  set search_path = pg_catalog, pg_temp
as $$
  with setting as materialized (
    select current_setting('app.tenant_context', true) as context
  )
  select case when context ~ '^[A-Za-z0-9_-]{1,64}\.[0-9]{1,12}\.[a-z_]+\.(\*|([a-z0-9_]+(,[a-z0-9_]+)*)?)\.[0-9a-f]{64}$'
    then (
      select split_part(context, '.', 4)
      from security.context_keys
      where kid = split_part(context, '.', 1)
        and split_part(context, '.', 3) = expected_kind
        -- Servers sign for the length of a statement: an hour ahead was not signed by one of ours.
        and split_part(context, '.', 2)::bigint - extract(epoch from statement_timestamp()) between 0 and 3600
        and sha256(decode(split_part(context, '.', 5), 'hex'))
          = sha256(cryptography.hmac(convert_to(left(context, -65), 'UTF8'), secret, 'sha256'))
    )
  end
  from setting
$$;
comment on function security.tenant_context(text) is
  'Stores claim of the signed tenant context when it is valid and of the expected kind, otherwise null';
revoke execute on function security.tenant_context(text) from public;
grant execute on function security.tenant_context(text) to store_managers, regional_managers, headquarters;

-- Puts a tenant table (or a partition of one) behind row-level security: one policy for each caller
-- role, each wanting the context to be of that role's kind. The sub-selects are evaluated once a
-- query; equality for a single store keeps the planner's estimates right.
create procedure security.protect_tenant_table(tenant_table regclass)
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('alter table %s enable row level security, force row level security', tenant_table);
  execute format($policy$
    create policy store_manager_sees_own_store on %s for select to store_managers
      using (store_id = (select security.tenant_context('store_manager')))
    $policy$, tenant_table);
  execute format($policy$
    create policy regional_manager_sees_own_stores on %s for select to regional_managers
      using (store_id = any ((select string_to_array(security.tenant_context('regional_manager'), ','))::text[]))
    $policy$, tenant_table);
  execute format($policy$
    create policy headquarters_sees_all_stores on %s for select to headquarters
      using ((select security.tenant_context('headquarters')) = '*')
    $policy$, tenant_table);
end
$$;
comment on procedure security.protect_tenant_table(regclass) is
  'Enables and forces row-level security on a tenant table, with the policies of the caller roles';
