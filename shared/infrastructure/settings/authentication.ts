import { z } from 'zod';
import { list, secureUrl } from './fields.ts';

const claim = z.string().max(200);

/** Who may call the server: README.md, "Configuration". */
export const authenticationSettings = {
  AUTH_MODE: z
    .enum(['jwt', 'local'], 'must be jwt, or local on a developer’s machine')
    .default('jwt'),
  AUTH_ISSUER: secureUrl.optional(),
  AUTH_AUDIENCE: list.optional(),
  AUTH_JWKS_URL: secureUrl.optional(),
  AUTH_SUBJECT_CLAIM: claim.optional(),
  AUTH_ROLES_CLAIM: claim.default('roles'),
  AUTH_STORES_CLAIM: claim.default('stores'),
  AUTH_REGIONS_CLAIM: claim.default('regions'),
  AUTH_SCOPES_CLAIM: list.default(['scp', 'scope', 'permissions', 'roles']),
  AUTH_SCOPE_PREFIX: z
    .string()
    .regex(/^[!#-[\]-~]*$/, 'must be printable ASCII without space, " and \\')
    .optional(),
  ENTRA_TENANT_ID: z.guid('must be the GUID of the tenant, not its name or "common"').optional(),
  ENTRA_CLIENT_ID: z.guid('must be the GUID of the app registration').optional(),
  PUBLIC_URL: secureUrl.optional(),
  WEBSITE_HOSTNAME: z.string().optional(),
};

const issuerSettings = [
  'AUTH_ISSUER',
  'AUTH_AUDIENCE',
  'AUTH_JWKS_URL',
  'ENTRA_TENANT_ID',
  'ENTRA_CLIENT_ID',
] as const;

type Given = Readonly<Record<string, string | undefined>>;

/** What is missing or contradictory among the settings above, one line for each. */
export function authenticationProblems(given: Given): string[] {
  if (given.AUTH_MODE === 'local') {
    return issuerSettings
      .filter((name) => given[name])
      .map((name) => `${name}: contradicts AUTH_MODE=local, which asks for no token; unset one`);
  }
  const { AUTH_ISSUER, AUTH_AUDIENCE, ENTRA_TENANT_ID, ENTRA_CLIENT_ID } = given;
  const problems: string[] = [];
  if (AUTH_ISSUER && (ENTRA_TENANT_ID || ENTRA_CLIENT_ID)) {
    problems.push(
      'AUTH_ISSUER: contradicts ENTRA_TENANT_ID and ENTRA_CLIENT_ID; set one or the other',
    );
  } else if (AUTH_ISSUER) {
    if (!AUTH_AUDIENCE) {
      problems.push(
        'AUTH_AUDIENCE: missing; set it to the audience that the issuer puts into tokens for this server',
      );
    }
  } else if (ENTRA_TENANT_ID || ENTRA_CLIENT_ID) {
    if (!ENTRA_TENANT_ID) problems.push('ENTRA_TENANT_ID: missing beside ENTRA_CLIENT_ID');
    if (!ENTRA_CLIENT_ID) problems.push('ENTRA_CLIENT_ID: missing beside ENTRA_TENANT_ID');
  } else {
    problems.push(
      'AUTH_ISSUER: missing; set it with AUTH_AUDIENCE, or ENTRA_TENANT_ID with ENTRA_CLIENT_ID, or use `npm start` for a server without tokens on this machine',
    );
  }
  return problems;
}

type PublicAddress = Readonly<{
  PUBLIC_URL?: string | undefined;
  WEBSITE_HOSTNAME?: string | undefined;
}>;

/** Where callers reach the server, without a slash at the end; undefined where it is not known. */
export function publicUrl({ PUBLIC_URL, WEBSITE_HOSTNAME }: PublicAddress): string | undefined {
  if (PUBLIC_URL) return PUBLIC_URL.replace(/\/+$/, '');
  // Core Tools set it too, to this machine, where a request's own host is right and https is not.
  if (!WEBSITE_HOSTNAME || /^(localhost|127\.)/.test(WEBSITE_HOSTNAME)) return undefined;
  return `https://${WEBSITE_HOSTNAME}`;
}
