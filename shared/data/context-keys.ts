import { createHash } from 'node:crypto';
import { RetailError } from '../infrastructure/errors.ts';
import type { Queryable } from './pool.ts';
import type { ContextKey } from './tenant-context.ts';

/**
 * Installs the key that signs tenant contexts, unless it is installed already. The connection is
 * one that may write `security.context_keys`: maintenance or an administrator.
 *
 * @throws RetailError when another secret is installed under the same kid: replacing it would
 *   silently end what every running server signs.
 */
export async function installContextKey(client: Queryable, key: ContextKey): Promise<void> {
  await client.query(
    'insert into security.context_keys (kid, secret) values ($1, $2) on conflict (kid) do nothing',
    [key.kid, key.secret],
  );
  if (!(await contextKeyInstalled(client, key))) {
    throw new RetailError(
      'invalid_request',
      `The database has another secret under the context key id "${key.kid}".`,
      {
        hint: 'Give the new key another id in CONTEXT_SIGNING_KEY (<kid>:<base64 of the secret>).',
      },
    );
  }
}

/** Whether the database verifies what this key signs; the service login may ask. */
export async function contextKeyInstalled(client: Queryable, key: ContextKey): Promise<boolean> {
  const fingerprint = createHash('sha256').update(key.secret).digest('hex');
  const { rowCount } = await client.query(
    'select from security.context_keys where kid = $1 and fingerprint = $2',
    [key.kid, fingerprint],
  );
  return rowCount === 1;
}
