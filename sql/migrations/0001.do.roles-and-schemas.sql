-- Roles, schemas and extensions. Runs as the migrating login, which is a superuser or, on a managed
-- server, an administrator with CREATEROLE; every later migration runs as retail_owner.

do $$
declare
  wanted record;
  unfit text;
begin
  -- Roles belong to the whole cluster: the migration of another database may make the same one at
  -- the same moment, and advisory locks do not reach across databases. So: make it, or find it made.
  for wanted in
    select * from (values
      ('retail_owner', 'nologin', 'Owns every object of the retail database; no caller becomes it'),
      ('store_managers', 'nologin', 'Callers of one store'),
      ('regional_managers', 'nologin', 'Callers of several stores'),
      ('headquarters', 'nologin', 'Callers of all stores'),
      ('retail_loader', 'nologin', 'Loads sample and catalogue data'),
      ('retail_app', 'login noinherit', 'Login of the callers'' pool: becomes one of the three caller roles, nothing else'),
      ('retail_service', 'login', 'Login of the service pool: audit, principals, embeddings and jobs'),
      ('retail_maintenance', 'login', 'Login of maintenance and migrations: member of retail_owner')
    ) as role (name, attributes, purpose)
  loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
        execute format('create role %I %s', wanted.name, wanted.attributes);
        execute format('comment on role %I is %L', wanted.name, wanted.purpose);
      end if;
    exception when duplicate_object or unique_violation then
      null;
    end;
  end loop;

  select string_agg(rolname, ', ') into unfit
  from pg_catalog.pg_roles
  where (rolsuper or rolbypassrls)
    and rolname in ('retail_owner', 'store_managers', 'regional_managers', 'headquarters',
                    'retail_loader', 'retail_app', 'retail_service', 'retail_maintenance');
  if unfit is not null then
    raise exception 'row-level security would not bind these roles: %', unfit
      using hint = 'Run "alter role … nosuperuser nobypassrls" for each, then migrate again.';
  end if;

  -- A login that inherited the caller roles would see rows without becoming one of them.
  if exists (select from pg_catalog.pg_roles where rolname = 'retail_app' and rolinherit) then
    alter role retail_app noinherit;
  end if;

  for wanted in
    select * from (values
      ('store_managers', 'retail_app', 'member'),
      ('regional_managers', 'retail_app', 'member'),
      ('headquarters', 'retail_app', 'member'),
      ('retail_owner', 'retail_maintenance', 'usage'),
      ('retail_loader', 'retail_maintenance', 'usage'),
      -- An administrator who is no superuser must be able to hand objects to their owner.
      ('retail_owner', current_user, 'usage'),
      ('retail_loader', current_user, 'usage')
    ) as membership (role_name, member, privilege)
  loop
    begin
      if not pg_has_role(wanted.member, wanted.role_name, wanted.privilege) then
        execute format('grant %I to %I', wanted.role_name, wanted.member);
      end if;
    exception when unique_violation then
      null;
    end;
  end loop;
end
$$;

create schema if not exists retail authorization retail_owner;
create schema if not exists extensions authorization retail_owner;
-- pgcrypto stands apart: no caller can name its functions, which matters where its owner is not us
-- and EXECUTE cannot be revoked from PUBLIC.
create schema if not exists cryptography authorization retail_owner;
alter schema extensions owner to retail_owner; -- where an administrator made it beforehand
alter schema security owner to retail_owner;
alter table security.schema_migrations owner to retail_owner;

do $$
declare
  wanted record;
begin
  for wanted in
    select name, placement.schema, nspname as present_schema
    from (values ('vector', 'extensions'), ('pg_trgm', 'extensions'), ('pgcrypto', 'cryptography'))
      as placement (name, schema)
    left join pg_catalog.pg_extension on extname = name
    left join pg_catalog.pg_namespace on pg_namespace.oid = extnamespace
  loop
    if wanted.present_schema is null then
      execute format('create extension %I schema %I', wanted.name, wanted.schema);
    elsif wanted.present_schema <> wanted.schema then
      raise exception 'extension % is in schema "%", not in "%"',
          wanted.name, wanted.present_schema, wanted.schema
        using hint = format('Run "alter extension %I set schema %I", then migrate again.',
          wanted.name, wanted.schema);
    end if;
  end loop;
exception when insufficient_privilege then
  raise exception '%', sqlerrm using errcode = sqlstate, hint = format(
    'Let a superuser run "create schema %I authorization %I; create extension %I schema %1$I", then migrate again.',
    wanted.schema, current_user, wanted.name);
end
$$;

do $$
begin
  -- Both take the database's owner (or a superuser); elsewhere they are the administrator's to do.
  if pg_has_role((select datdba from pg_catalog.pg_database where datname = current_database()), 'usage') then
    execute format('revoke create, temporary on database %I from public', current_database());
  end if;
  if pg_has_role((select nspowner from pg_catalog.pg_namespace where nspname = 'public'), 'usage') then
    revoke create on schema public from public;
  end if;
end
$$;

comment on schema retail is 'Stores, their products, customers and sales; every row belongs to a store';
comment on schema security is 'Who may see what: context keys, principals, revocations; readable by no caller role';
comment on schema extensions is 'Types, operators and functions that callers may use: vector, pg_trgm';
comment on schema cryptography is 'pgcrypto, for the context check alone';

grant usage on schema retail, extensions
  to store_managers, regional_managers, headquarters, retail_service, retail_loader;
grant usage on schema security to retail_service, retail_loader;

alter default privileges for role retail_owner revoke execute on functions from public;

comment on table security.schema_migrations is 'Migrations of sql/migrations that this database has had';
comment on column security.schema_migrations.version is 'Number at the start of the file''s name';
comment on column security.schema_migrations.name is 'Subject in the file''s name';
comment on column security.schema_migrations.md5 is 'Checksum of the file when it ran; a file that has run is never edited';
comment on column security.schema_migrations.run_at is 'When it ran';
grant select on security.schema_migrations to retail_service;
