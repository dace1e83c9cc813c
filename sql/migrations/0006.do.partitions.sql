-- Partitions: one of product_embeddings for each store, made when the store is; one of audit_log for
-- each month, made ahead by maintenance.
--
-- Both are made as tables and attached, because ATTACH lets readers and writers of the other
-- partitions go on, where CREATE TABLE … PARTITION OF would stop them.

set local role retail_owner;

create function retail.create_embedding_partition() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  partition text := format('retail.%I', 'product_embeddings_' || new.store_id);
begin
  if to_regclass(partition) is null then
    execute format('create table %s (like retail.product_embeddings including all)', partition);
    execute format('comment on table %s is %L', partition, 'Vectors of store ' || new.store_id);
    call security.protect_tenant_table(partition::regclass);
    execute format('alter table retail.product_embeddings attach partition %s for values in (%L)',
      partition, new.store_id);
  end if;
  return null;
end
$$;
comment on function retail.create_embedding_partition() is 'Makes the partition of product_embeddings for a new store';

create trigger create_embedding_partition after insert on retail.stores
  for each row execute function retail.create_embedding_partition();

create table retail.audit_log_default (like retail.audit_log including all);
comment on table retail.audit_log_default is 'Events of months that have no partition of their own yet, so that none is lost';
alter table retail.audit_log attach partition retail.audit_log_default default;

-- Months are those of UTC, whatever the time zone of the session. Events of the month that are
-- already in the default partition move to the new one.
create function retail.create_audit_partition(month date) returns void
  language plpgsql
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC'
as $$
declare
  first_day timestamptz := date_trunc('month', month::timestamp);
  next_month timestamptz := first_day + interval '1 month';
  partition text := format('retail.%I', to_char(first_day, '"audit_log_"YYYY_MM'));
begin
  if to_regclass(partition) is not null then
    return;
  end if;
  execute format('create table %s (like retail.audit_log including all)', partition);
  execute format('comment on table %s is %L', partition, to_char(first_day, '"Events of "YYYY-MM'));
  lock table retail.audit_log_default in access exclusive mode;
  execute format($move$
    with moved as (
      delete from retail.audit_log_default where occurred_at >= %L and occurred_at < %L returning *
    )
    insert into %s select * from moved
    $move$, first_day, next_month, partition);
  execute format('alter table retail.audit_log attach partition %s for values from (%L) to (%L)',
    partition, first_day, next_month);
end
$$;
comment on function retail.create_audit_partition(date) is 'Makes the audit_log partition of the month (UTC) that the day is in, unless it exists';

select retail.create_audit_partition((current_date + make_interval(months => ahead))::date)
from generate_series(0, 2) as ahead;
