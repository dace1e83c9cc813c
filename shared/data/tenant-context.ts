import { createHmac, type KeyObject } from 'node:crypto';
import type { Identity } from '../infrastructure/identity.ts';

/** The key that signs tenant contexts; its twin is the row of the same `kid` in `security.context_keys`. */
export type ContextKey = Readonly<{ kid: string; secret: Buffer }>;

const storeIdPattern = /^[a-z0-9_]+$/;

/**
 * Signs `kid.expiry.kind.stores` with HMAC-SHA256: the value of `app.tenant_context` that every
 * row-level policy verifies (`security.tenant_context` in sql/migrations). SQL can set the setting,
 * but cannot make a value that verifies.
 *
 * - `expiry`: Unix time in whole seconds.
 * - `kind`: the caller's role.
 * - `stores`: store ids joined by commas; `*` for headquarters; empty for no store.
 */
export function signTenantContext(
  identity: Identity,
  key: Readonly<{ kid: string; secret: Buffer | KeyObject }>,
  expiresAt: Date,
): string {
  const expiry = Math.ceil(expiresAt.getTime() / 1000);
  const claim = `${key.kid}.${expiry}.${identity.role}.${storesClaim(identity)}`;
  return `${claim}.${createHmac('sha256', key.secret).update(claim).digest('hex')}`;
}

function storesClaim({ role, storeIds }: Identity): string {
  if (role === 'headquarters') return '*';
  if (role === 'store_manager' && storeIds.length > 1) {
    throw new TypeError('a store manager has one store');
  }
  for (const storeId of storeIds) {
    if (!storeIdPattern.test(storeId)) throw new TypeError('a store id has other characters');
  }
  return storeIds.join(',');
}
