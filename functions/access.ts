import { localIdentity } from '../shared/business/local-identity.ts';
import { tokenIdentity } from '../shared/business/token-identity.ts';
import { createAccessSnapshot, isRevoked } from '../shared/data/access-snapshot.ts';
import { limitConcurrency } from '../shared/data/caller-concurrency.ts';
import type { Pools } from '../shared/data/pool.ts';
import { createPrincipals } from '../shared/data/principals.ts';
import { createStoreIdentities } from '../shared/data/store-identities.ts';
import type { TenantTransaction } from '../shared/data/tenant-transaction.ts';
import type { Settings } from '../shared/infrastructure/config.ts';
import type { Identity } from '../shared/infrastructure/identity.ts';
import {
  createRateLimiter,
  type RateClass,
} from '../shared/infrastructure/rate-limit/rate-limiter.ts';
import { createAccessTokenVerifier } from '../shared/infrastructure/tokens/access-token.ts';
import { createIssuerKeys } from '../shared/infrastructure/tokens/issuer-keys.ts';
import { tokenPolicy } from '../shared/infrastructure/tokens/token-policy.ts';
import { createBearerAuthentication } from '../shared/protocol/bearer-authentication.ts';
import {
  resourceMetadataResponse,
  resourceMetadataUrl,
} from '../shared/protocol/resource-metadata.ts';

/** The part of the composition root that knows callers: who they are, and how much they may do. */
export type Access = Readonly<{
  identify(request: Request): Promise<Identity | Response>;
  admit(identity: Identity, calls: ReadonlyMap<RateClass, number>): Promise<void>;
  /** Bounds how much of the database one caller has at a time. */
  share(tenantTransaction: TenantTransaction): TenantTransaction;
  /** Whether the one who asks operates the server. */
  isOperator(request: Request): Promise<boolean>;
  scopePrefix: string;
  resourceMetadataUrl?(request: Request): string;
  resourceMetadata(request: Request): Response;
  close(): Promise<void>;
}>;

/** AUTH_MODE=local: whoever reaches the server is its developer; there is nobody to be held back. */
export function localAccess({ LOCAL_IDENTITY }: Settings, pools: Pools): Access {
  const identities = createStoreIdentities(pools.service);
  return {
    identify: (request) =>
      localIdentity(request.headers.get('x-rls-user-id'), LOCAL_IDENTITY, identities),
    admit: async () => {},
    share: (tenantTransaction) => tenantTransaction,
    isOperator: async () => true,
    scopePrefix: '',
    resourceMetadata: () => new Response(null, { status: 404 }),
    close: async () => {},
  };
}

/** AUTH_MODE=jwt: a token says who is asking, the database which stores that means. */
export function tokenAccess(settings: Settings, pools: Pools): Access {
  const { PUBLIC_URL: publicUrl } = settings;
  const policy = tokenPolicy(settings);
  const { authorizationServer, scopePrefix, jwksUrl } = policy;
  const readAccess = createAccessSnapshot(pools.service);
  const findPrincipal = createPrincipals(pools.service);
  const metadataUrl = (request: Request) => resourceMetadataUrl(publicUrl, request);
  const tokenOf = createBearerAuthentication({
    verify: createAccessTokenVerifier({
      policy,
      keys: createIssuerKeys({ issuer: authorizationServer, jwksUrl }),
      isRevoked: async (token) => isRevoked(token, await readAccess()),
    }),
    scopes: [`${scopePrefix}retail.read`],
    resourceMetadataUrl: metadataUrl,
  });
  const limiter = createRateLimiter({
    rates: {
      read: settings.RATE_LIMIT_READ,
      query: settings.RATE_LIMIT_QUERY,
      contacts: settings.RATE_LIMIT_CONTACTS,
    },
    redisUrl: settings.REDIS_URL,
  });
  return {
    async identify(request) {
      const token = await tokenOf(request);
      if (token instanceof Response) return token;
      const userId = request.headers.get('x-rls-user-id');
      return tokenIdentity(token, userId, await readAccess(), findPrincipal);
    },
    async admit({ userId }, calls) {
      for (const [rateClass, count] of calls) await limiter.take(userId, rateClass, count);
    },
    share: (tenantTransaction) =>
      limitConcurrency(tenantTransaction, {
        perCaller: settings.CALLER_MAX_CONCURRENT,
        waitMs: settings.DATABASE_ACQUIRE_TIMEOUT_MS,
      }),
    async isOperator(request) {
      if (!request.headers.has('authorization')) return false;
      const token = await tokenOf(request);
      return !(token instanceof Response) && token.scopes.includes('retail.admin');
    },
    scopePrefix,
    resourceMetadataUrl: metadataUrl,
    resourceMetadata: (request) =>
      resourceMetadataResponse(request, { publicUrl, authorizationServer, scopePrefix }),
    close: () => limiter.close(),
  };
}
