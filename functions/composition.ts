import { localIdentity } from '../shared/business/local-identity.ts';
import { guardByCatalog } from '../shared/data/catalog-guard.ts';
import { databaseVersions, unreadyReason } from '../shared/data/database-health.ts';
import { closePools, createPools, poolState } from '../shared/data/pool.ts';
import { readSchemaCatalog } from '../shared/data/schema-catalog.ts';
import { createStoreIdentities } from '../shared/data/store-identities.ts';
import { createTenantTransaction } from '../shared/data/tenant-transaction.ts';
import type { Settings } from '../shared/infrastructure/config.ts';
import { createMcpEndpoint } from '../shared/protocol/endpoint.ts';
import { registerResources } from '../shared/protocol/resources.ts';
import { registerTools } from '../shared/protocol/tools.ts';

export type Application = ReturnType<typeof createApplication>;

/**
 * The composition root: builds the long-lived parts, which the callers of `close` own until then.
 * Nothing connects before the first call.
 */
export function createApplication(settings: Settings) {
  const pools = createPools(settings);
  const tenantTransaction = createTenantTransaction({
    pool: pools.callers,
    contextKey: settings.CONTEXT_SIGNING_KEY,
    timeoutMs: settings.QUERY_TIMEOUT_MS,
    acquireTimeoutMs: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
  });
  const identities = createStoreIdentities(pools.service);
  const schemaCatalog = cached(() => tenantTransaction(nobody, readSchemaCatalog));
  const endpoint = createMcpEndpoint({
    services: {
      tenantTransaction,
      schemaCatalog,
      guardQuery: guardByCatalog(schemaCatalog),
      queryLimits: { maxRows: settings.QUERY_MAX_ROWS, maxBytes: settings.QUERY_MAX_BYTES },
    },
    features: [registerTools, registerResources],
    identify: (request) =>
      localIdentity(request.headers.get('x-rls-user-id'), settings.LOCAL_IDENTITY, identities),
    allowedHosts: settings.ALLOWED_HOSTS,
    allowedOrigins: settings.ALLOWED_ORIGINS,
  });
  return {
    endpoint,
    health: {
      unreadyReason: () =>
        unreadyReason(pools, settings.CONTEXT_SIGNING_KEY, settings.DATABASE_ENGINE),
      databaseVersions: () => databaseVersions(pools.service),
      pool: () => poolState(pools.callers),
    },
    showHealthDetail: settings.AUTH_MODE === 'local',
    async close() {
      await endpoint.close();
      await closePools(pools);
    },
  };
}

/** A caller of no store: enough to read what the tables look like. */
const nobody = { userId: 'schema', role: 'store_manager', storeIds: [], scopes: [] } as const;

const catalogLifetimeMs = 300_000;

/** Keeps a value for a while; one load at a time, and a failed one is not kept. */
function cached<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let kept: { value: Promise<Value>; until: number } | undefined;
  return () => {
    if (!kept || kept.until < Date.now()) {
      const value = load();
      kept = { value, until: Date.now() + catalogLifetimeMs };
      value.catch(() => {
        kept = undefined;
      });
    }
    return kept.value;
  };
}
