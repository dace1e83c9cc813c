-- Every column of the tables and views of schema retail that the current role may read.
select
  class.relname as relation,
  case class.relkind when 'v' then 'view' else 'table' end as kind,
  obj_description(class.oid, 'pg_class') as relation_comment,
  attribute.attname as name,
  format_type(attribute.atttypid, attribute.atttypmod) as type,
  not attribute.attnotnull as nullable,
  col_description(class.oid, attribute.attnum) as comment
from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  join pg_attribute as attribute on attribute.attrelid = class.oid
where namespace.nspname = 'retail'
  and class.relkind in ('r', 'p', 'v')
  and not class.relispartition
  and attribute.attnum > 0
  and not attribute.attisdropped
  and has_column_privilege(class.oid, attribute.attnum, 'select')
order by class.relname, attribute.attnum
