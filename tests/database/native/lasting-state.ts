import type { ClientBase } from 'pg';

/** What no attack may change, as a digest; the same text as long as nothing did. */
const catalogs: Readonly<Record<string, string>> = {
  relations: `select oid, relname, relowner, relacl, relrowsecurity, relforcerowsecurity, relkind
    from pg_class where relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_toast')`,
  functions: 'select oid, proname, proowner, proacl, prosrc from pg_proc',
  policies: 'select oid, polname, polqual::text from pg_policy',
  schemas: 'select oid, nspname, nspowner, nspacl from pg_namespace',
  types: 'select oid, typname from pg_type',
  roles: 'select oid, rolname, rolsuper, rolbypassrls, rolcanlogin, rolconfig from pg_roles',
  memberships: 'select roleid, member, admin_option from pg_auth_members',
  databases: "select oid, datname, datacl from pg_database where datname !~ '^retail_test_'",
  settings: 'select setdatabase, setrole, setconfig from pg_db_role_setting',
  largeObjects: 'select oid from pg_largeobject_metadata',
  prepared: 'select gid from pg_prepared_xacts where database = current_database()',
  sequences: 'select schemaname, sequencename, last_value from pg_sequences',
  extensions: 'select extname, extversion from pg_extension',
};

export async function lastingState(admin: ClientBase): Promise<string> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `select format('%I.%I', nspname, relname) as name
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where relkind in ('r', 'p') and not relispartition and nspname in ('retail', 'security', 'public')
     order by 1`,
  );
  const selects = [
    ...tables.map(({ name }) => [name, `select * from ${name}`]),
    ...Object.entries(catalogs),
  ];
  const { rows } = await admin.query<{ state: string }>(
    selects
      .map(
        ([name, select]) =>
          `select '${name}' || ' ' || md5(string_agg(t::text, ',' order by t::text)) as state from (${select}) as t`,
      )
      .join(' union all '),
  );
  return rows.map(({ state }) => state).join('\n');
}
