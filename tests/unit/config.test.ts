import { describe, expect, it } from 'vitest';
import { ConfigurationError, readSettings } from '../../shared/infrastructure/config.ts';

const whole = {
  DATABASE_URL: 'postgresql://retail_app@localhost/retail',
  CONTEXT_SIGNING_KEY: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
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
  it('have defaults for all but the database and the key', () => {
    expect(readSettings(whole)).toMatchObject({
      AUTH_MODE: 'local',
      LOCAL_IDENTITY: { role: 'store_manager', place: 'seattle' },
      DATABASE_POOL_MIN: 2,
      DATABASE_POOL_MAX: 10,
      QUERY_TIMEOUT_MS: 30_000,
    });
  });

  it('name every missing one at once, with the remedy', () => {
    const problems = problemsOf({ QUERY_MAX_ROWS: 'many' });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'CONTEXT_SIGNING_KEY',
      'DATABASE_URL',
      'QUERY_MAX_ROWS',
    ]);
    expect(problems.join()).toContain('base64');
  });

  it.each(['WEBSITE_SITE_NAME', 'WEBSITE_SKU', 'CONTAINER_NAME', 'WEBSITE_INSTANCE_ID'])(
    'refuse to answer without tokens where %s names Azure',
    (mark) => {
      expect(problemsOf({ ...whole, AUTH_MODE: 'local', [mark]: 'x' })).toEqual([
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
});
