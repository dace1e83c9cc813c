select 'postgresql' as name, current_setting('server_version') as version
union all
select extname, extversion
from pg_extension
where extname = 'vector'
