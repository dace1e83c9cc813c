-- Primary, unique and foreign keys of the tables of schema retail that the current role may read.
-- The columns of a foreign key stand in the order of the columns that they refer to.
select
  source.relname as relation,
  case key.contype when 'p' then 'primary' when 'u' then 'unique' else 'foreign' end as kind,
  array(
    select attribute.attname::text
    from unnest(key.conkey) with ordinality as part (attnum, place)
      join pg_attribute as attribute
        on attribute.attrelid = key.conrelid and attribute.attnum = part.attnum
    order by part.place
  ) as columns,
  target.relname as target,
  array(
    select attribute.attname::text
    from unnest(key.confkey) with ordinality as part (attnum, place)
      join pg_attribute as attribute
        on attribute.attrelid = key.confrelid and attribute.attnum = part.attnum
    order by part.place
  ) as target_columns
from pg_constraint as key
  join pg_class as source on source.oid = key.conrelid
  join pg_namespace as namespace on namespace.oid = source.relnamespace
  left join pg_class as target on target.oid = key.confrelid
where namespace.nspname = 'retail'
  and key.contype in ('p', 'u', 'f')
  and key.conparentid = 0
  and not source.relispartition
  and has_table_privilege(source.oid, 'select')
  and (target.oid is null or has_table_privilege(target.oid, 'select'))
order by source.relname, array_position(array['p', 'u', 'f'], key.contype::text), key.conname
