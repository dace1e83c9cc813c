import type { Settings } from '../config.ts';

/** Whose tokens are accepted, for whom, and which claim says what. */
export type TokenPolicy = Readonly<{
  /** A token names one of them. */
  issuers: readonly string[];
  /** A token is for one of them. */
  audiences: readonly string[];
  /** Where a client gets a token: the issuer as its metadata names it. */
  authorizationServer: string;
  /** Where the issuer's keys are; absent, its metadata says. */
  jwksUrl: string | undefined;
  /** Before a scope's name, where a client asks the issuer for it. */
  scopePrefix: string;
  claims: Readonly<{
    subject: string;
    roles: string;
    stores: string;
    regions: string;
    scopes: readonly string[];
  }>;
}>;

/** The policy of AUTH_MODE=jwt. Settings are checked before (settings/authentication.ts). */
export function tokenPolicy(settings: Settings): TokenPolicy {
  const { ENTRA_TENANT_ID: tenant, ENTRA_CLIENT_ID: client } = settings;
  const issuer = tenant && client ? entra(tenant, client) : anyIssuer(settings.AUTH_ISSUER ?? '');
  return {
    ...issuer,
    audiences: [...issuer.audiences, ...(settings.AUTH_AUDIENCE ?? [])],
    jwksUrl: settings.AUTH_JWKS_URL ?? issuer.jwksUrl,
    scopePrefix: settings.AUTH_SCOPE_PREFIX ?? issuer.scopePrefix,
    claims: {
      subject: settings.AUTH_SUBJECT_CLAIM ?? issuer.subject,
      roles: settings.AUTH_ROLES_CLAIM,
      stores: settings.AUTH_STORES_CLAIM,
      regions: settings.AUTH_REGIONS_CLAIM,
      scopes: settings.AUTH_SCOPES_CLAIM,
    },
  };
}

/**
 * Entra ID issues tokens of two shapes, by the registration of the API and not of the client: v1
 * names sts.windows.net and the identifier URI, v2 names login.microsoftonline.com and the client id
 * (https://learn.microsoft.com/entra/identity-platform/access-tokens#token-formats). A user's `sub`
 * differs from app to app; `oid` is what an administrator sees.
 */
function entra(tenant: string, client: string) {
  const authority = `https://login.microsoftonline.com/${tenant}`;
  return {
    issuers: [`${authority}/v2.0`, `https://sts.windows.net/${tenant}/`],
    audiences: [client, `api://${client}`],
    authorizationServer: `${authority}/v2.0`,
    jwksUrl: `${authority}/discovery/v2.0/keys`,
    scopePrefix: `api://${client}/`,
    subject: 'oid',
  };
}

function anyIssuer(issuer: string) {
  return {
    issuers: [issuer],
    audiences: [],
    authorizationServer: issuer,
    jwksUrl: undefined,
    scopePrefix: '',
    subject: 'sub',
  };
}
