-- What the session's login is and may become.
select
  login.rolsuper,
  login.rolbypassrls,
  array(
    select role.rolname::text
    from pg_roles as role
    where role.rolname <> session_user and pg_has_role(session_user, role.oid, 'member')
    order by 1
  ) as roles
from pg_roles as login
where login.rolname = session_user
