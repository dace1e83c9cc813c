import { describe, expect, it } from 'vitest';
import { ConfigurationError, readSettings } from '../../shared/infrastructure/config.ts';

const whole = {
  DATABASE_URL: 'postgresql://retail_app@localhost/retail',
  CONTEXT_SIGNING_KEY: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  AUTH_ISSUER: 'https://issuer.example',
  AUTH_AUDIENCE: 'https://retail.example/mcp',
};
const { AUTH_ISSUER, AUTH_AUDIENCE, ...withoutTokens } = whole;
const entra = {
  ENTRA_TENANT_ID: '72f988bf-86f1-41af-91ab-2d7cd011db47',
  ENTRA_CLIENT_ID: '11112222-bbbb-3333-cccc-4444dddd5555',
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('have defaults for all but the database, the key and the issuer', () => {
    expect(readSettings(whole)).toMatchObject({
      AUTH_MODE: 'jwt',
      LOCAL_IDENTITY: { role: 'store_manager', place: 'seattle' },
      DATABASE_POOL_MIN: 2,
      DATABASE_POOL_MAX: 10,
      QUERY_TIMEOUT_MS: 30_000,
      CALLER_MAX_CONCURRENT: 5,
      REQUEST_MAX_BYTES: 1_048_576,
      QUERY_MAX_SQL_BYTES: 65_536,
      RATE_LIMIT_QUERY: { perSecond: 5, burstPerMinute: 60 },
    });
  });

  it('name every missing one at once, with the remedy', () => {
    const problems = problemsOf({ QUERY_MAX_ROWS: 'many' });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'AUTH_ISSUER',
      'CONTEXT_SIGNING_KEY',
      'DATABASE_URL',
      'QUERY_MAX_ROWS',
    ]);
    expect(problems.join()).toContain('base64');
  });

  it.each(['WEBSITE_SITE_NAME', 'WEBSITE_SKU', 'CONTAINER_NAME', 'WEBSITE_INSTANCE_ID'])(
    'refuse to answer without tokens where %s names Azure',
    (mark) => {
      expect(problemsOf({ ...withoutTokens, AUTH_MODE: 'local', [mark]: 'x' })).toEqual([
        expect.stringContaining('AUTH_MODE'),
      ]);
    },
  );

  it.each(['manager:seattle', 'store_manager', 'headquarters:seattle', 'store_manager:a:b'])(
    'refuse the local identity %s',
    (identity) => {
      expect(problemsOf({ ...whole, LOCAL_IDENTITY: identity })).toEqual([
        expect.stringContaining('LOCAL_IDENTITY'),
      ]);
    },
  );

  it.each(['secret', 'k1:c2hvcnQ=', `k.1:${Buffer.alloc(32).toString('base64')}`])(
    'refuse the signing key %s and do not repeat it',
    (key) => {
      const problems = problemsOf({ ...whole, CONTEXT_SIGNING_KEY: key });
      expect(problems).toEqual([expect.stringContaining('CONTEXT_SIGNING_KEY')]);
      expect(problems.join()).not.toContain(key);
    },
  );

  it('refuse a pool whose least is above its most', () => {
    expect(problemsOf({ ...whole, DATABASE_POOL_MIN: '5', DATABASE_POOL_MAX: '2' })).toEqual([
      expect.stringContaining('DATABASE_POOL_MIN'),
    ]);
  });

  it.each([
    ['an issuer with its audience', whole],
    ['an issuer on this machine', { ...whole, AUTH_ISSUER: 'http://127.0.0.1:8080' }],
    ['Entra ID', { ...withoutTokens, ...entra }],
    ['Entra ID with a further audience', { ...withoutTokens, ...entra, AUTH_AUDIENCE }],
    ['no tokens on a developer’s machine', { ...withoutTokens, AUTH_MODE: 'local' }],
  ])('take %s', (_what, environment) => {
    expect(problemsOf(environment)).toEqual([]);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no issuer', withoutTokens, 'AUTH_ISSUER'],
    ['an issuer without its audience', { ...withoutTokens, AUTH_ISSUER }, 'AUTH_AUDIENCE'],
    [
      'a tenant without its client',
      { ...withoutTokens, ENTRA_TENANT_ID: entra.ENTRA_TENANT_ID },
      'ENTRA_CLIENT_ID',
    ],
    [
      'a client without its tenant',
      { ...withoutTokens, ENTRA_CLIENT_ID: entra.ENTRA_CLIENT_ID },
      'ENTRA_TENANT_ID',
    ],
    ['every tenant', { ...withoutTokens, ...entra, ENTRA_TENANT_ID: 'common' }, 'ENTRA_TENANT_ID'],
    ['two issuers', { ...whole, ...entra }, 'AUTH_ISSUER'],
    [
      'an issuer that nobody asks',
      { ...withoutTokens, AUTH_MODE: 'local', AUTH_ISSUER },
      'AUTH_ISSUER',
    ],
    ['an issuer without TLS', { ...whole, AUTH_ISSUER: 'http://issuer.example' }, 'AUTH_ISSUER'],
    [
      'keys without TLS',
      { ...whole, AUTH_JWKS_URL: 'http://issuer.example/keys' },
      'AUTH_JWKS_URL',
    ],
    ['an address without TLS', { ...whole, PUBLIC_URL: 'http://retail.example' }, 'PUBLIC_URL'],
    ['an unknown mode', { ...whole, AUTH_MODE: 'none' }, 'AUTH_MODE'],
    ['a rate in words', { ...whole, RATE_LIMIT_QUERY: 'many' }, 'RATE_LIMIT_QUERY'],
    ['a Redis that is none', { ...whole, REDIS_URL: 'http://redis.example' }, 'REDIS_URL'],
    [
      'a caller that may hold the pool',
      { ...whole, CALLER_MAX_CONCURRENT: '10' },
      'CALLER_MAX_CONCURRENT',
    ],
  ])('refuse %s', (_what, environment, setting) => {
    expect(problemsOf(environment)).toEqual([expect.stringMatching(new RegExp(`^${setting}: `))]);
  });

  it.each([
    [{ PUBLIC_URL: 'https://retail.example/' }, 'https://retail.example'],
    [{ WEBSITE_HOSTNAME: 'retail.azurewebsites.net' }, 'https://retail.azurewebsites.net'],
    // Core Tools name this machine, which has no TLS.
    [{ WEBSITE_HOSTNAME: 'localhost:7071' }, undefined],
    [{}, undefined],
  ])('take from %j the public address %s, and its host', (environment, address) => {
    const settings = readSettings({ ...whole, ...environment });
    expect(settings.PUBLIC_URL).toBe(address);
    if (address) expect(settings.ALLOWED_HOSTS).toContain(new URL(address).hostname);
  });
});
