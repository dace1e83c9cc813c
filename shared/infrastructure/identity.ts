/** The roles of `sql/migrations`: each is a database role and a kind of signed tenant context. */
export const roles = ['store_manager', 'regional_manager', 'headquarters'] as const;
export type Role = (typeof roles)[number];

/** What a caller may do; the names are OAuth scopes. */
export const scopes = ['retail.read', 'retail.query', 'retail.pii', 'retail.admin'] as const;
export type Scope = (typeof scopes)[number];

/**
 * Who is asking. A store manager has one store, a regional manager any number; headquarters sees
 * every store and lists none. A manager with no store sees no row at all.
 */
export type Identity = Readonly<{
  userId: string;
  role: Role;
  storeIds: readonly string[];
  scopes: readonly Scope[];
}>;
