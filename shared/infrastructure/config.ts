import { z } from 'zod';
import { roles } from './identity.ts';
import {
  authenticationProblems,
  authenticationSettings,
  publicUrl,
} from './settings/authentication.ts';
import { list, whole } from './settings/fields.ts';
import { callerConcurrency, limitProblems, limitSettings } from './settings/limits.ts';

const hostnames = list.transform((names) => names.map((name) => name.toLowerCase()));

const contextKey = z
  .string('set it to <key id>:<base64 of 32 random bytes or more>')
  .transform((value, issues) => {
    const [, kid, secret] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
    const bytes = Buffer.from(secret ?? '', 'base64');
    if (kid === undefined || bytes.length < 32) {
      issues.addIssue({
        code: 'custom',
        message: 'must be <key id>:<base64 of 32 random bytes or more>',
      });
      return z.NEVER;
    }
    return { kid, secret: bytes };
  });

const localIdentity = z
  .string()
  .default('store_manager:seattle')
  .transform((value, issues) => {
    const [role, place, ...rest] = value.split(':');
    const known = roles.find((name) => name === role);
    if (!known || rest.length > 0 || (known === 'headquarters') !== (place === undefined)) {
      issues.addIssue({
        code: 'custom',
        message: 'must be store_manager:<store>, regional_manager:<region> or headquarters',
      });
      return z.NEVER;
    }
    return { role: known, place };
  });

const thisMachine = ['localhost', '127.0.0.1', '[::1]'];

const settings = z.object({
  ...authenticationSettings,
  ...limitSettings,
  LOCAL_IDENTITY: localIdentity,
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .optional(),
  DATABASE_SERVICE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .optional(),
  DATABASE_ENGINE: z.enum(['server', 'embedded']).default('server'),
  DATABASE_TLS: z.enum(['verify-full', 'disable']).optional(),
  DATABASE_CA_FILE: z.string().optional(),
  DATABASE_POOL_MIN: whole(0, 100).default(2),
  DATABASE_POOL_MAX: whole(1, 500).default(10),
  DATABASE_POOL_IDLE_SECONDS: whole(1, 86_400).default(300),
  DATABASE_POOL_LIFETIME_SECONDS: whole(1, 86_400).default(1_800),
  DATABASE_ACQUIRE_TIMEOUT_MS: whole(100, 60_000).default(5_000),
  QUERY_TIMEOUT_MS: whole(100, 200_000).default(30_000),
  QUERY_MAX_ROWS: whole(1, 100_000).default(1_000),
  QUERY_MAX_BYTES: whole(1_024, 16_777_216).default(262_144),
  CONTEXT_SIGNING_KEY: contextKey,
  ALLOWED_HOSTS: hostnames.optional(),
  ALLOWED_ORIGINS: hostnames.default(thisMachine),
  PGHOST: z.string().optional(),
  PGPORT: whole(1, 65_535).optional(),
  PGDATABASE: z.string().optional(),
  PGUSER: z.string().optional(),
  PGPASSWORD: z.string().optional(),
});

export type Settings = ReturnType<typeof withDerived>;

/** Defaults that follow from other settings. */
function withDerived(read: z.infer<typeof settings>) {
  const address = publicUrl(read);
  const ownHost = address === undefined ? [] : [new URL(address).hostname];
  return {
    ...read,
    PUBLIC_URL: address,
    ALLOWED_HOSTS: read.ALLOWED_HOSTS ?? [...thisMachine, ...ownHost],
    CALLER_MAX_CONCURRENT: callerConcurrency(read),
  };
}

/** Reads `<key id>:<base64 secret>`, the form of CONTEXT_SIGNING_KEY; throws a ConfigurationError. */
export function parseContextKey(text: string): Settings['CONTEXT_SIGNING_KEY'] {
  const parsed = contextKey.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ConfigurationError([`CONTEXT_SIGNING_KEY: ${parsed.error.issues[0]?.message}`]);
}

/** Any of these names a process that runs in Azure; on Flex Consumption some of them are empty. */
const azureMarks = [
  'WEBSITE_SITE_NAME',
  'WEBSITE_SKU',
  'CONTAINER_NAME',
  'WEBSITE_INSTANCE_ID',
] as const;

/** Settings that cannot be used. The message names every one of them, with the remedy. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The server cannot start with these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/**
 * Reads the settings of README.md, "Configuration", from the environment.
 *
 * @throws ConfigurationError naming all missing and contradictory settings at once.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);

  if (!given.DATABASE_URL && !given.PGHOST) {
    problems.push(
      'DATABASE_URL: missing; set it (or PGHOST, PGUSER and so on) to the login retail_app, or use `npm start` for an embedded database',
    );
  }
  if (parsed.data && parsed.data.DATABASE_POOL_MIN > parsed.data.DATABASE_POOL_MAX) {
    problems.push('DATABASE_POOL_MIN: must not be above DATABASE_POOL_MAX');
  }
  if (parsed.data) problems.push(...limitProblems(parsed.data));
  problems.push(...authenticationProblems(given));
  const inAzure = azureMarks.find((mark) => environment[mark]);
  if (inAzure && given.AUTH_MODE === 'local') {
    problems.push(
      `AUTH_MODE: local answers without a token and is refused in Azure (${inAzure} is set)`,
    );
  }
  if (inAzure && given.DATABASE_ENGINE === 'embedded') {
    problems.push(`DATABASE_ENGINE: embedded is refused in Azure (${inAzure} is set)`);
  }
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problems);
  return withDerived(parsed.data);
}
