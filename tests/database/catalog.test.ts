import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';

// What the catalog says about every object there is, so that one added later cannot be forgotten.
// Each query names the offenders: the right answer is none.

let database: TestDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  await seedThreeStores(database); // so that there are partitions of stores
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await database?.close();
});

async function offenders(sql: string): Promise<string[]> {
  const { rows } = await admin.query<{ offender: string }>(sql);
  return rows.map(({ offender }) => offender);
}

/** Tables of schema retail with a store_id, partitioned ones and partitions among them. */
const tenantTables = `
  select c.oid, c.oid::regclass::text as name, relispartition, relrowsecurity, relforcerowsecurity
  from pg_class c
  where c.relnamespace = 'retail'::regnamespace and c.relkind in ('r', 'p')
    and exists (select from pg_attribute where attrelid = c.oid and attname = 'store_id')`;
const callerRoles = `(values
  ('store_managers', 'store_manager'), ('regional_managers', 'regional_manager'), ('headquarters', 'headquarters')
) as caller (role, kind)`;
const retailRoles = `('retail_owner', 'store_managers', 'regional_managers', 'headquarters',
  'retail_app', 'retail_service', 'retail_maintenance', 'retail_loader')`;

test('the walk meets the tenant tables and their partitions', async () => {
  const { rows } = await admin.query(`select name from (${tenantTables}) t order by name`);
  expect(rows.map(({ name }) => name)).toEqual([
    'retail.customer_contacts',
    'retail.customers',
    'retail.embedding_jobs',
    'retail.product_embeddings',
    'retail.product_embeddings_online',
    'retail.product_embeddings_seattle',
    'retail.product_embeddings_tacoma',
    'retail.products',
    'retail.sales_transaction_items',
    'retail.sales_transactions',
    'retail.stores',
  ]);
});

describe('tenant tables', () => {
  test('enable and force row-level security', async () => {
    expect(
      await offenders(`select name as offender from (${tenantTables}) t
        where not relrowsecurity or not relforcerowsecurity`),
    ).toEqual([]);
  });

  test('have one policy for each caller role, that wants a context of the role’s kind', async () => {
    const { rows } = await admin.query<Record<'name' | 'role' | 'command' | 'condition', string>>(`
      select name, role, polcmd as command, pg_get_expr(polqual, polrelid) as condition
      from (${tenantTables}) t cross join ${callerRoles}
      left join pg_policy on polrelid = t.oid and exists (
        select from unnest(polroles) as named (oid) where named.oid = 0 or pg_has_role(role, named.oid, 'member'))
      order by name, role`);
    const { rows: tables } = await admin.query(
      `select name from (${tenantTables}) t order by name`,
    );
    const conditions = {
      headquarters: `SELECT security.tenant_context('headquarters') = '*'`,
      regional_managers: `store_id = ANY SELECT string_to_array(security.tenant_context('regional_manager'), ',')`,
      store_managers: `store_id = SELECT security.tenant_context('store_manager')`,
    };
    // As PostgreSQL prints it, without what differs from release to release.
    const essence = (condition: string) =>
      condition
        .replace(/ AS \w+|::text(\[\])?/g, '')
        .replace(/[\s()]+/g, ' ')
        .trim();
    expect(
      rows.map(({ condition, ...row }) => ({ ...row, condition: essence(condition ?? '') })),
    ).toEqual(
      tables.flatMap(({ name }) =>
        Object.entries(conditions).map(([role, condition]) => {
          return { name, role, command: 'r', condition: essence(condition) };
        }),
      ),
    );
  });

  test('have keys, and references to tenant tables, that begin with store_id', async () => {
    expect(
      await offenders(`
        select format('%s: %s', conrelid::regclass, conname) as offender
        from pg_constraint
        join (${tenantTables}) t on t.oid = conrelid
        join pg_attribute on attrelid = conrelid and attnum = conkey[1]
        where (contype in ('p', 'u')
            or contype = 'f' and confrelid in (select oid from (${tenantTables}) r))
          and attname <> 'store_id'`),
    ).toEqual([]);
  });

  test('check the form of a store id where stores are made', async () => {
    await expect(
      admin.query(
        `insert into retail.stores (store_id, store_name, store_type, region) values ('a,b', '', 'standard', '')`,
      ),
    ).rejects.toMatchObject({ code: '23514' });
  });
});

describe('views', () => {
  test('run as their caller', async () => {
    expect(
      await offenders(`
        select oid::regclass::text as offender from pg_class
        where relnamespace in ('retail'::regnamespace, 'security'::regnamespace)
          and (relkind = 'm' or relkind = 'v' and not coalesce(reloptions, '{}') @> '{security_invoker=true}')`),
    ).toEqual([]);
  });
});

describe('caller roles', () => {
  test('read these tables and views, and do nothing else to any', async () => {
    const { rows } = await admin.query(`
      select distinct role, c.oid::regclass::text as object, privilege
      from ${callerRoles}
      cross join pg_class c
      cross join (values ('select'), ('insert'), ('update'), ('delete'), ('truncate'), ('references'), ('trigger')) as p (privilege)
      where c.relnamespace in ('retail'::regnamespace, 'security'::regnamespace, 'extensions'::regnamespace)
        and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and (has_table_privilege(role, c.oid, privilege)
          or privilege in ('select', 'insert', 'update', 'references')
            and has_any_column_privilege(role, c.oid, privilege))`);
    const readable = [
      'retail.customers',
      'retail.order_items',
      'retail.orders',
      'retail.product_categories',
      'retail.product_embeddings',
      'retail.products',
      'retail.sales_transaction_items',
      'retail.sales_transactions',
      'retail.stores',
    ];
    const expected = ['store_managers', 'regional_managers', 'headquarters'].flatMap((role) =>
      readable.map((object) => ({ role, object, privilege: 'select' })),
    );
    const byName = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
    expect(rows.toSorted(byName)).toEqual(expected.toSorted(byName));
  });

  test('use the schemas retail and extensions and create in none', async () => {
    const { rows } = await admin.query(`
      select distinct nspname, privilege from ${callerRoles}
      cross join pg_namespace
      cross join (values ('usage'), ('create')) as p (privilege)
      where nspname !~ '^pg_' and nspname <> 'information_schema' and has_schema_privilege(role, oid, privilege)
      order by nspname`);
    expect(rows).toEqual([
      { nspname: 'extensions', privilege: 'usage' },
      { nspname: 'public', privilege: 'usage' },
      { nspname: 'retail', privilege: 'usage' },
    ]);
  });

  test('execute no function of ours but the context check', async () => {
    expect(
      await offenders(`
        select distinct p.oid::regprocedure::text as offender
        from pg_proc p, ${callerRoles}
        where (pronamespace in ('retail'::regnamespace, 'security'::regnamespace) or prosecdef)
          and has_function_privilege(role, p.oid, 'execute')`),
    ).toEqual(['security.tenant_context(text)']);
  });

  test('reach no function of pgcrypto, whose owner alone could withhold it', async () => {
    for (const role of ['store_managers', 'regional_managers', 'headquarters']) {
      await admin.query('begin');
      await admin.query(`set local role ${role}`);
      await expect(admin.query(`select cryptography.digest('a', 'sha256')`)).rejects.toMatchObject({
        code: '42501',
      });
      await admin.query('rollback');
    }
  });

  test('make no temporary objects', async () => {
    expect(
      await offenders(`select role as offender from ${callerRoles}
        where has_database_privilege(role, current_database(), 'temporary')`),
    ).toEqual([]);
  });

  test('own nothing', async () => {
    expect(
      await offenders(`
        select format('%s: %s', role, classid::regclass) as offender
        from pg_shdepend, ${callerRoles}
        where deptype = 'o' and refclassid = 'pg_authid'::regclass and refobjid = role::regrole`),
    ).toEqual([]);
  });
});

describe('roles', () => {
  test('are not superusers and do not bypass row-level security', async () => {
    expect(
      await offenders(`select rolname as offender from pg_roles
        where rolname in ${retailRoles} and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)`),
    ).toEqual([]);
  });

  test('the callers’ login becomes one of the three and inherits nothing', async () => {
    const { rows } = await admin.query(`
      select rolname from pg_roles
      where rolname <> 'retail_app' and pg_has_role('retail_app', oid, 'member') order by rolname`);
    expect(rows.map(({ rolname }) => rolname)).toEqual([
      'headquarters',
      'regional_managers',
      'store_managers',
    ]);
    expect(
      await offenders(`select rolname as offender from pg_roles
        where rolname <> 'retail_app' and pg_has_role('retail_app', oid, 'usage')`),
    ).toEqual([]);
  });

  test('the service login becomes no other role', async () => {
    expect(
      await offenders(`select rolname as offender from pg_roles
        where rolname <> 'retail_service' and pg_has_role('retail_service', oid, 'member')`),
    ).toEqual([]);
  });
});

describe('objects', () => {
  test('belong to retail_owner', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text as offender from pg_class c
        where relnamespace in ('retail'::regnamespace, 'security'::regnamespace) and relowner <> 'retail_owner'::regrole
        union all
        select p.oid::regprocedure::text from pg_proc p
        where pronamespace in ('retail'::regnamespace, 'security'::regnamespace) and proowner <> 'retail_owner'::regrole
        union all
        select nspname from pg_namespace
        where nspname in ('retail', 'security', 'extensions', 'cryptography') and nspowner <> 'retail_owner'::regrole`),
    ).toEqual([]);
  });

  test('functions pin their search path', async () => {
    expect(
      await offenders(`
        select oid::regprocedure::text as offender from pg_proc
        where pronamespace in ('retail'::regnamespace, 'security'::regnamespace)
          and not exists (select from unnest(proconfig) as setting where setting = 'search_path=pg_catalog, pg_temp')`),
    ).toEqual([]);
  });

  test('the context check is plain SQL, stable, safe in parallel plans, and its owner’s', async () => {
    const { rows } = await admin.query(`
      select lanname, provolatile, proparallel, prosecdef from pg_proc join pg_language on pg_language.oid = prolang
      where pg_proc.oid = 'security.tenant_context(text)'::regprocedure`);
    expect(rows).toEqual([{ lanname: 'sql', provolatile: 's', proparallel: 's', prosecdef: true }]);
  });

  test('tables, views, columns and functions have a comment', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text as offender from pg_class c
        where relnamespace in ('retail'::regnamespace, 'security'::regnamespace) and relkind in ('r', 'p', 'v')
          and obj_description(c.oid, 'pg_class') is null
        union all
        select format('%s.%s', c.oid::regclass, attname) from pg_class c join pg_attribute on attrelid = c.oid
        where relnamespace in ('retail'::regnamespace, 'security'::regnamespace) and relkind in ('r', 'p', 'v')
          and attnum > 0 and not attisdropped and col_description(c.oid, attnum) is null
        union all
        select oid::regprocedure::text from pg_proc
        where pronamespace in ('retail'::regnamespace, 'security'::regnamespace)
          and prorettype <> 'trigger'::regtype and obj_description(oid, 'pg_proc') is null`),
    ).toEqual([]);
  });

  test('foreign keys have an index to follow them back', async () => {
    expect(
      await offenders(`
        select format('%s: %s', conrelid::regclass, conname) as offender
        from pg_constraint
        where contype = 'f' and conparentid = 0
          and connamespace in ('retail'::regnamespace, 'security'::regnamespace)
          and not exists (
            select from pg_index
            where indrelid = conrelid
              and (string_to_array(indkey::text, ' ')::int2[])[1:cardinality(conkey)] @> conkey
          )`),
    ).toEqual([]);
  });
});
