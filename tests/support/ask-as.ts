import type { ClientBase, QueryResultRow } from 'pg';
import { signTenantContext } from '../../shared/data/tenant-context.ts';
import type { Identity, Role } from '../../shared/infrastructure/identity.ts';
import { testContextKey } from './template.ts';

export const databaseRoles: Record<Role, string> = {
  store_manager: 'store_managers',
  regional_manager: 'regional_managers',
  headquarters: 'headquarters',
};

export const contextOf = (identity: Identity, secondsLeft = 60, key = testContextKey) =>
  signTenantContext(identity, key, new Date(Date.now() + secondsLeft * 1000));

/**
 * The rows that a caller gets for SQL that nothing has checked: the transaction as the server opens
 * it, and neither guard nor wrapping. `context` stands in for the identity's own.
 */
export async function askAs<Row extends QueryResultRow>(
  client: ClientBase,
  identity: Identity,
  sql: string,
  context = contextOf(identity),
): Promise<Row[]> {
  await client.query('begin read only');
  try {
    await client.query(`set local role ${databaseRoles[identity.role]}`);
    await client.query(`set local app.tenant_context = '${context.replaceAll("'", "''")}'`);
    const { rows } = await client.query<Row>(sql);
    return rows;
  } finally {
    await client.query('rollback');
  }
}
