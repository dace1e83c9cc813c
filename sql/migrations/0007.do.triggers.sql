-- updated_at, and the audit trail of row changes. Both leave the loader alone: a load states its own
-- times, and is one event rather than a million. Only members of retail_loader can be current_user
-- retail_loader, and no caller is one.

set local role retail_owner;

create function retail.set_updated_at() returns trigger
  language plpgsql
  set search_path = pg_catalog, pg_temp
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
comment on function retail.set_updated_at() is 'Sets updated_at of a changed row';

do $$
declare
  edited regclass;
begin
  for edited in
    select attrelid::regclass
    from pg_catalog.pg_attribute
    join pg_catalog.pg_class on pg_class.oid = attrelid
    where attname = 'updated_at'
      and relkind in ('r', 'p') and not relispartition
      and relnamespace in ('retail'::regnamespace, 'security'::regnamespace)
  loop
    execute format($trigger$
      create trigger set_updated_at before update on %s
        for each row when (current_user <> 'retail_loader')
        execute function retail.set_updated_at()
      $trigger$, edited);
  end loop;
end
$$;

-- Runs as the owner, who may write the audit trail where the changing role may not. current_user is
-- the owner here, so the event names the login, the role it had taken, and, where the server has
-- said so, the subject it acts for.
create function retail.audit_row_change() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  old_row jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) - 'search_vector' end;
  new_row jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) - 'search_vector' end;
begin
  insert into retail.audit_log
    (subject, role, store_ids, action, object, outcome, request_id, row_count, old_values, new_values)
  values (
    coalesce(nullif(current_setting('app.subject', true), ''), session_user),
    coalesce(nullif(current_setting('role'), 'none'), session_user),
    array[coalesce(new_row, old_row) ->> 'store_id'],
    lower(tg_op),
    format('%s.%s', tg_table_schema, tg_table_name),
    'ok',
    nullif(current_setting('app.request_id', true), ''),
    1,
    old_row,
    new_row
  );
  return null;
end
$$;
comment on function retail.audit_row_change() is 'Records an inserted, changed or deleted row in audit_log';

create trigger audit_row_change after insert or update or delete on retail.customers
  for each row when (current_user <> 'retail_loader') execute function retail.audit_row_change();
create trigger audit_row_change after insert or update or delete on retail.products
  for each row when (current_user <> 'retail_loader') execute function retail.audit_row_change();
create trigger audit_row_change after insert or update or delete on retail.sales_transactions
  for each row when (current_user <> 'retail_loader') execute function retail.audit_row_change();
