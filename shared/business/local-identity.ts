import type { StoreIdentities } from '../data/store-identities.ts';
import type { Identity, Role } from '../infrastructure/identity.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const scopes = ['retail.read', 'retail.query'] as const;

/**
 * Who is asking in local mode, where no token is: the store of the labs' `x-rls-user-id`, or the
 * configured identity. An id that is not known belongs to no store and so sees no row; there is no
 * id that means every store.
 */
export async function localIdentity(
  userId: string | null,
  configured: Readonly<{ role: Role; place: string | undefined }>,
  identities: StoreIdentities,
): Promise<Identity> {
  if (userId !== null) {
    const storeId = uuid.test(userId) ? await identities.storeOf(userId) : undefined;
    return {
      userId: uuid.test(userId) ? userId.toLowerCase() : 'unknown',
      role: 'store_manager',
      storeIds: storeId === undefined ? [] : [storeId],
      scopes,
    };
  }
  const { role, place } = configured;
  const name = place === undefined ? `local:${role}` : `local:${role}:${place}`;
  return { userId: name, role, storeIds: await storesOf(role, place, identities), scopes };
}

async function storesOf(
  role: Role,
  place: string | undefined,
  identities: StoreIdentities,
): Promise<readonly string[]> {
  if (role === 'headquarters' || place === undefined) return [];
  return role === 'store_manager' ? [place] : identities.storesOf(place);
}
