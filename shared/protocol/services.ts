import type { SalesQueryLimits } from '../business/sales-query.ts';
import type { GuardQuery } from '../data/catalog-guard.ts';
import type { SchemaCatalog } from '../data/schema-catalog.ts';
import type { TenantTransaction } from '../data/tenant-transaction.ts';
import type { Identity } from '../infrastructure/identity.ts';

/** The long-lived parts that tools and resources stand on, built once by the composition root. */
export type RetailServices = Readonly<{
  tenantTransaction: TenantTransaction;
  /** What callers may read; cached. */
  schemaCatalog(): Promise<SchemaCatalog>;
  /** Lets a query through, or throws. */
  guardQuery: GuardQuery;
  queryLimits: SalesQueryLimits;
  /** Before a scope's name, where a client asks its issuer for it. */
  scopePrefix: string;
}>;

/** What every tool and resource is given: who asks, with what, and the name of the call in the log. */
export type CallContext = Readonly<{
  identity: Identity;
  services: RetailServices;
  requestId: string;
}>;
