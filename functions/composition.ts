import { guardByCatalog } from '../shared/data/catalog-guard.ts';
import { databaseVersions, unreadyReason } from '../shared/data/database-health.ts';
import { closePools, createPools, poolState } from '../shared/data/pool.ts';
import { readSchemaCatalog } from '../shared/data/schema-catalog.ts';
import { createTenantTransaction } from '../shared/data/tenant-transaction.ts';
import { cached } from '../shared/infrastructure/cached.ts';
import type { Settings } from '../shared/infrastructure/config.ts';
import { createMcpEndpoint } from '../shared/protocol/endpoint.ts';
import { registerResources } from '../shared/protocol/resources.ts';
import { registerTools } from '../shared/protocol/tools.ts';
import { localAccess, tokenAccess } from './access.ts';

export type Application = ReturnType<typeof createApplication>;

/**
 * The composition root: builds the long-lived parts, which the callers of `close` own until then.
 * Nothing connects before the first call.
 */
export function createApplication(settings: Settings) {
  const pools = createPools(settings);
  const access = (settings.AUTH_MODE === 'local' ? localAccess : tokenAccess)(settings, pools);
  const tenantTransaction = createTenantTransaction({
    pool: pools.callers,
    contextKey: settings.CONTEXT_SIGNING_KEY,
    timeoutMs: settings.QUERY_TIMEOUT_MS,
    acquireTimeoutMs: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
  });
  const schemaCatalog = cached(
    () => tenantTransaction(nobody, readSchemaCatalog),
    catalogLifetimeMs,
  );
  const endpoint = createMcpEndpoint({
    services: {
      tenantTransaction: access.share(tenantTransaction),
      schemaCatalog,
      guardQuery: guardByCatalog(schemaCatalog),
      queryLimits: {
        maxRows: settings.QUERY_MAX_ROWS,
        maxBytes: settings.QUERY_MAX_BYTES,
        maxSqlBytes: settings.QUERY_MAX_SQL_BYTES,
      },
      scopePrefix: access.scopePrefix,
    },
    features: [registerTools, registerResources],
    identify: access.identify,
    resourceMetadataUrl: access.resourceMetadataUrl,
    admit: access.admit,
    limits: {
      maxBytes: settings.REQUEST_MAX_BYTES,
      maxDepth: settings.REQUEST_MAX_JSON_DEPTH,
      maxHeaderBytes: settings.REQUEST_MAX_HEADER_BYTES,
    },
    allowedHosts: settings.ALLOWED_HOSTS,
    allowedOrigins: settings.ALLOWED_ORIGINS,
  });
  return {
    endpoint,
    resourceMetadata: access.resourceMetadata,
    health: {
      unreadyReason: () =>
        unreadyReason(pools, settings.CONTEXT_SIGNING_KEY, settings.DATABASE_ENGINE),
      databaseVersions: () => databaseVersions(pools.service),
      pool: () => poolState(pools.callers),
    },
    maySeeHealthDetail: access.isOperator,
    async close() {
      await endpoint.close();
      await access.close();
      await closePools(pools);
    },
  };
}

/** A caller of no store: enough to read what the tables look like. */
const nobody = { userId: 'schema', role: 'store_manager', storeIds: [], scopes: [] } as const;

const catalogLifetimeMs = 300_000;
