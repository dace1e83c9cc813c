import type { AccessSnapshot } from '../data/access-snapshot.ts';
import type { FindPrincipal, Principal } from '../data/principals.ts';
import { RetailError } from '../infrastructure/errors.ts';
import { type Identity, type Role, roles } from '../infrastructure/identity.ts';
import type { AccessToken } from '../infrastructure/tokens/access-token.ts';

type Grant = Principal;

/**
 * Who is asking with a token: its role and its stores, by name or by region, or those of
 * `security.principals` where the token names neither. The labs' `x-rls-user-id` narrows that to one
 * store, never widens it.
 *
 * @throws RetailError `forbidden` on any doubt: no role or several, a store that is not known or not
 *   open, a region without a store, a user id of a store that the token does not allow.
 */
export async function tokenIdentity(
  token: AccessToken,
  userId: string | null,
  access: AccessSnapshot,
  findPrincipal: FindPrincipal,
): Promise<Identity> {
  const grant = await grantOf(token, findPrincipal);
  const identity = {
    userId: token.subject,
    role: grant.role,
    storeIds: storesOf(grant, access),
    scopes: token.scopes,
  };
  return userId === null ? identity : narrowed(identity, userId, access);
}

async function grantOf(token: AccessToken, findPrincipal: FindPrincipal): Promise<Grant> {
  const named = roles.filter((role) => token.roles.includes(role));
  if (named.length > 1) throw forbidden('The token has more than one retail role.');
  const [role] = named;
  const { subject, stores, regions } = token;
  if (role !== undefined && (role === 'headquarters' || stores || regions)) {
    return { role, stores: stores ?? [], regions: regions ?? [] };
  }
  if (stores || regions) throw forbidden('The token names stores but no retail role.');

  const principal = await findPrincipal(subject);
  if (!principal) {
    throw forbidden(role ? 'The token names no store.' : 'The token has no retail role.');
  }
  if (role !== undefined && role !== principal.role) {
    throw forbidden('The token’s role is not the one that its subject has here.');
  }
  return principal;
}

const storesOfRole: Record<Role, (grant: Grant, access: AccessSnapshot) => readonly string[]> = {
  store_manager({ stores, regions }, access) {
    if (stores.length !== 1 || regions.length > 0) {
      throw forbidden('A store manager has one store, and no region.');
    }
    return openStores(stores, access);
  },
  regional_manager({ stores, regions }, access) {
    const all = new Set(openStores(stores, access));
    for (const region of regions) {
      for (const store of storesOfRegion(region, access)) all.add(store);
    }
    if (all.size === 0) throw forbidden('A regional manager has a region or a store.');
    return [...all].sort();
  },
  headquarters({ stores, regions }) {
    if (stores.length + regions.length > 0) {
      throw forbidden('Headquarters is every store: the token must not name some.');
    }
    return [];
  },
};

function storesOf(grant: Grant, access: AccessSnapshot): readonly string[] {
  return storesOfRole[grant.role](grant, access);
}

function openStores(stores: readonly string[], { regionOfOpenStore }: AccessSnapshot) {
  if (stores.some((store) => !regionOfOpenStore.has(store))) {
    throw forbidden('A store that was granted is not known, or is closed.');
  }
  return stores;
}

function storesOfRegion(region: string, { regionOfOpenStore }: AccessSnapshot): string[] {
  const stores = [...regionOfOpenStore].filter(([, of]) => of === region).map(([store]) => store);
  if (stores.length === 0) throw forbidden('A region that was granted has no open store.');
  return stores;
}

/** As the manager of the one store, whatever the token would allow beside it. */
function narrowed(identity: Identity, userId: string, access: AccessSnapshot): Identity {
  const store = access.storeOfUserId.get(userId.toLowerCase());
  const allowed =
    store !== undefined &&
    access.regionOfOpenStore.has(store) &&
    (identity.role === 'headquarters' || identity.storeIds.includes(store));
  if (!allowed) throw forbidden('x-rls-user-id names no store that the token allows.');
  return { ...identity, role: 'store_manager', storeIds: [store] };
}

function forbidden(message: string): RetailError {
  return new RetailError('forbidden', message);
}
