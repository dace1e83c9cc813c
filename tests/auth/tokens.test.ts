import { createHmac, createPublicKey } from 'node:crypto';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../end-to-end/requests.ts';
import { localStateFolder, type RunningServer, startServer } from '../end-to-end/server.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';
import { seedThreeStores } from '../support/three-stores.ts';
import { withClient } from '../support/with-client.ts';
import { type Issuer, makeKey, startIssuer, withDefaults } from './issuer.ts';
import { bearer, eras, salesQuery, storesSeen } from './questions.ts';
import { settingsFor } from './served-application.ts';

let database: TestDatabase;
let issuer: Issuer;
let state: Awaited<ReturnType<typeof localStateFolder>>;
let server: RunningServer;
let url: string;
const keys = new Map<string, Awaited<ReturnType<typeof makeKey>>>();

const seattle = { roles: ['store_manager'], stores: ['seattle'] };
const now = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  [database, issuer, state] = await Promise.all([
    freshDatabase(),
    startIssuer(),
    localStateFolder(),
  ]);
  await seedThreeStores(database);
  for (const alg of ['RS256', 'PS256', 'ES256', 'RS384']) {
    keys.set(alg, await issuer.publish(alg));
  }
  await withClient(database.adminUrl, async (client) => {
    await client.query(
      `insert into security.revoked_tokens (jti, subject, revoked_at, expires_at) values
        ('revoked-id', null, now(), now() + interval '1 hour'),
        (null, 'revoked-subject', now() - interval '1 minute', now() + interval '1 hour'),
        ('forgotten-id', null, now(), now() - interval '1 second')`,
    );
  });
  const env = {
    ...settingsFor(database, issuer),
    RATE_LIMIT_READ: '10000+10000',
    RATE_LIMIT_QUERY: '10000+10000',
  };
  server = await startServer(state.path, { env });
  url = server.url;
});

afterAll(async () => {
  await server?.stop();
  await Promise.all([database?.close(), issuer?.stop(), state?.remove()]);
});

const unsigned = (header: object, claims: object) =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

/** What an attacker makes who knows the public key, and hopes that it is taken for a secret. */
async function signedWithPublicKey(): Promise<string> {
  const { publicJwk, kid } = issuer.currentKey();
  const pem = createPublicKey({ key: publicJwk as never, format: 'jwk' });
  const secret = pem.export({ type: 'spki', format: 'pem' });
  const input = unsigned({ alg: 'HS256', kid }, withDefaults(issuer.url, seattle));
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

async function tampered(): Promise<string> {
  const [header, , signature] = (await issuer.sign(seattle)).split('.');
  const claims = { ...withDefaults(issuer.url, seattle), roles: ['headquarters'] };
  return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
}

describe('a call is refused with 401', () => {
  const tokens: Record<string, () => Promise<string>> = {
    'is garbled': async () => 'eyJhbGciOiJSUzI1NiJ9.garbled',
    'is not a JWT': async () => 'secret',
    'was changed after it was signed': tampered,
    'has expired': () => issuer.sign({ ...seattle, exp: now() - 120 }),
    'is not valid yet': () => issuer.sign({ ...seattle, nbf: now() + 120 }),
    'never expires': () => issuer.sign({ ...seattle, exp: undefined }),
    'names another issuer': () => issuer.sign({ ...seattle, iss: 'https://evil.example' }),
    'names no issuer': () => issuer.sign({ ...seattle, iss: undefined }),
    'is for another audience': () => issuer.sign({ ...seattle, aud: 'https://other.example' }),
    'is for nobody': () => issuer.sign({ ...seattle, aud: undefined }),
    'names no subject': () => issuer.sign({ ...seattle, sub: undefined }),
    'has an endless subject': () => issuer.sign({ ...seattle, sub: 'x'.repeat(256) }),
    'is not signed': async () => `${unsigned({ alg: 'none' }, withDefaults(issuer.url, seattle))}.`,
    'is signed with the public key as a secret': signedWithPublicKey,
    'is signed by an unknown key': async () =>
      issuer.sign(seattle, { key: await makeKey('unknown') }),
    'is signed by another key under a known id': async () =>
      issuer.sign(seattle, { key: await makeKey(issuer.currentKey().kid) }),
    'is signed by an algorithm that is not allowed': async () =>
      issuer.sign(seattle, { key: keys.get('RS384') }),
    'demands an extension': () =>
      issuer.sign(seattle, {
        header: { crit: ['urn:example:extension'], 'urn:example:extension': 1 },
      }),
    'brings its own key': async () => {
      const key = await makeKey(issuer.currentKey().kid);
      return issuer.sign(seattle, { key, header: { jwk: key.publicJwk, jku: issuer.url } });
    },
    'was revoked': () => issuer.sign({ ...seattle, jti: 'revoked-id' }),
    'is of a revoked subject': () =>
      issuer.sign({ ...seattle, sub: 'revoked-subject', iat: now() - 600 }),
    'is of a revoked subject and says not when it was issued': () =>
      issuer.sign({ ...seattle, sub: 'revoked-subject', iat: undefined }),
  };

  const metadata = () => new URL('/.well-known/oauth-protected-resource/mcp', url).href;

  describe.each(Object.entries(eras))('on %s', (_era, ask) => {
    it.each(Object.entries(tokens))('when its token %s', async (_what, token) => {
      const { status, headers, json, text } = await ask(
        url,
        'tools/list',
        {},
        bearer(await token()),
      );
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer error="invalid_token", error_description="[^"]+", scope="retail\.read", resource_metadata="[^"]+"$/,
      );
      expect(headers['www-authenticate']).toContain(metadata());
      expect(json.error).toBe('invalid_token');
      expect(text).not.toMatch(/jose|node_modules|Error:|signature verification/i);
    });

    it.each([
      ['has no token', undefined],
      ['has a password', 'Basic c2VhdHRsZTpzZWNyZXQ='],
      ['has an empty token', 'Bearer '],
      ['has two tokens', 'Bearer a, Bearer b'],
      ['names no scheme', 'token'],
    ])('when it %s', async (_what, authorization) => {
      const given = authorization === undefined ? {} : { authorization };
      const { status, headers } = await ask(url, 'tools/list', {}, given);
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toContain(`resource_metadata="${metadata()}"`);
      expect(headers['www-authenticate']).toContain('scope="retail.read"');
    });
  });

  it('without an error where there was no attempt', async () => {
    const { headers } = await eras['2026-07-28'](url, 'tools/list');
    expect(headers['www-authenticate']).not.toContain('error=');
  });

  it('when its token is in the query', async () => {
    const token = await issuer.sign(seattle);
    const { status } = await eras['2026-07-28'](`${url}?access_token=${token}`, 'tools/list');
    expect(status).toBe(401);
  });

  it('before its body is looked at', async () => {
    const { status } = await send(url, { body: '{' });
    expect(status).toBe(401);
  });
});

describe('a call is accepted', () => {
  it.each(['RS256', 'PS256', 'ES256'])('with a token signed by %s', async (alg) => {
    const token = await issuer.sign(seattle, { key: keys.get(alg) });
    expect(await storesSeen(url, bearer(token))).toEqual(['seattle']);
  });

  it.each([
    ['expired within the leeway', { exp: now() - 20 }],
    ['begins within the leeway', { nbf: now() + 20 }],
    ['has several audiences', { aud: ['https://other.example', 'https://retail.example/mcp'] }],
    [
      'has its scopes as an array',
      { scp: undefined, permissions: ['retail.read', 'retail.query'] },
    ],
    ['has the id of a revocation that has expired', { jti: 'forgotten-id' }],
    ['was issued after its subject was revoked', { sub: 'revoked-subject' }],
  ])('whose token %s', async (_what, claims) => {
    const token = await issuer.sign({ ...seattle, ...claims });
    expect(await storesSeen(url, bearer(token))).toEqual(['seattle']);
  });

  it('with the scheme in any case', async () => {
    const authorization = `bearer ${await issuer.sign(seattle)}`;
    expect(await storesSeen(url, { authorization })).toEqual(['seattle']);
  });
});

describe('headers over the bound', () => {
  it('are refused before the token is looked at', async () => {
    const { status } = await eras['2026-07-28'](
      url,
      'tools/list',
      {},
      bearer(await issuer.sign({ ...seattle, groups: 'x'.repeat(20_000) })),
    );
    expect(status).toBe(431);
  });
});

describe('a scope', () => {
  it.each(Object.entries(eras))('that is missing is asked for on %s', async (_era, ask) => {
    const token = await issuer.sign({ ...seattle, scp: 'retail.read' });
    const { status, headers, json } = await ask(
      url,
      'tools/call',
      salesQuery('select 1'),
      bearer(token),
    );
    expect(status).toBe(403);
    expect(json.error).toBe('insufficient_scope');
    expect(headers['www-authenticate']).toMatch(/^Bearer error="insufficient_scope"/);
    expect(headers['www-authenticate']).toContain('scope="retail.query"');
    expect(headers['www-authenticate']).toContain('/.well-known/oauth-protected-resource/mcp"');
  });

  it('is asked for when the answer would be a stream', async () => {
    const token = await issuer.sign({ ...seattle, scp: 'retail.read' });
    const params = { ...salesQuery('select 1'), _meta: { progressToken: 'p' } };
    const { status } = await eras['2025-06-18'](url, 'tools/call', params, bearer(token));
    expect(status).toBe(403);
  });

  it('is asked for when one call of a batch needs it', async () => {
    const token = await issuer.sign({ ...seattle, scp: 'retail.read' });
    const call = (id: number, params: object) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params,
    });
    const { status, headers } = await send(url, {
      headers: {
        ...bearer(token),
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-03-26',
      },
      body: JSON.stringify([
        call(1, { name: 'list_tables', arguments: {} }),
        call(2, salesQuery('select 1')),
      ]),
    });
    expect(status).toBe(403);
    expect(headers['www-authenticate']).toContain('scope="retail.query"');
  });

  it.each([
    ['a tool', 'tools/call', { name: 'list_tables', arguments: {} }],
    ['a resource', 'resources/read', { uri: 'zava://schema' }],
    ['a resource of a template', 'resources/read', { uri: 'zava://schema/customers' }],
  ])('is needed for %s that only reads', async (_what, method, params) => {
    for (const ask of Object.values(eras)) {
      const without = await issuer.sign({ ...seattle, scp: 'openid' });
      const refused = await ask(url, method, params, bearer(without));
      expect(refused.status).toBe(403);
      expect(refused.headers['www-authenticate']).toContain('scope="retail.read"');
      const answered = await ask(url, method, params, bearer(await issuer.sign(seattle)));
      expect(answered.status).toBe(200);
      expect(answered.json.error).toBeUndefined();
    }
  });

  it.each(Object.values(eras))('hides no tool from the list', async (ask) => {
    const token = await issuer.sign({ ...seattle, scp: '' });
    const { json } = await ask(url, 'tools/list', {}, bearer(token));
    expect(json.result.tools.map(({ name }: { name: string }) => name)).toContain(
      'execute_sales_query',
    );
  });
});

describe('the metadata of the resource', () => {
  it.each(['', '/mcp'])('stands open at /.well-known/oauth-protected-resource%s', async (path) => {
    const address = new URL(`/.well-known/oauth-protected-resource${path}`, url).href;
    const { status, json, headers } = await send(address, { method: 'GET' });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      resource: url,
      authorization_servers: [issuer.url],
      bearer_methods_supported: ['header'],
      scopes_supported: ['retail.read', 'retail.query', 'retail.pii', 'retail.admin'],
    });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect((await send(address, { method: 'OPTIONS' })).status).toBe(204);
  });
});

describe('health', () => {
  const ask = (path: string, headers = {}) =>
    send(new URL(path, url).href, { method: 'GET', headers });

  it('is alive and ready without a token', async () => {
    expect((await ask('/health/live')).status).toBe(200);
    expect((await ask('/health/ready')).status).toBe(200);
  });

  it.each([
    ['nobody', async () => ({})],
    ['a caller who is no operator', async () => bearer(await issuer.sign(seattle))],
    [
      'a forged operator',
      async () => bearer(await issuer.sign({ scp: 'retail.admin' }, { key: await makeKey('x') })),
    ],
    [
      'a revoked operator',
      async () => bearer(await issuer.sign({ scp: 'retail.admin', jti: 'revoked-id' })),
    ],
  ])('shows no component to %s', async (_who, headers) => {
    const { status, json } = await ask('/health', await headers());
    expect(status).toBe(200);
    expect(json).toEqual({ status: 'healthy', failed_components: [] });
  });

  it('shows its components to an operator, of whatever store', async () => {
    const token = await issuer.sign({ scp: 'retail.admin' });
    const { json } = await ask('/health', bearer(token));
    expect(json.components.database.status).toBe('healthy');
  });
});

it('keeps every answer to its caller, as what it says it is, and to TLS', async () => {
  const token = bearer(await issuer.sign(seattle));
  const get = (path: string) => send(new URL(path, url).href, { method: 'GET' });
  const answers = [
    await eras['2026-07-28'](url, 'tools/list', {}, token),
    await eras['2025-06-18'](
      url,
      'tools/call',
      { ...salesQuery('select 1'), _meta: { progressToken: 1 } },
      token,
    ),
    await eras['2026-07-28'](url, 'tools/list'),
    await send(url, { method: 'DELETE' }),
    await eras['2026-07-28'](url, 'tools/list', {}, { host: 'evil.example' }),
    await get('/.well-known/oauth-protected-resource'),
    await get('/health'),
    await get('/health/live'),
  ];
  for (const { headers } of answers) {
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['cache-control']).toContain('no-store');
  }
});

it('goes on with a connection whose last request was refused unread', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = (headers: Record<string, string>, body: string, chunked = false) => {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const outgoing = request(url, {
      method: 'POST',
      agent,
      headers: chunked
        ? headers
        : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      signal: AbortSignal.timeout(20_000),
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode));
    });
    for (let at = 0; at < body.length; at += 60_000) outgoing.write(body.slice(at, at + 60_000));
    outgoing.end();
    return promise;
  };
  const token = bearer(await issuer.sign(seattle));
  try {
    expect(await post({}, 'x'.repeat(300_000))).toBe(401);
    expect(await post({ host: 'evil.example' }, 'x'.repeat(300_000))).toBe(403);
    expect(await post(token, 'x'.repeat(2_000_000), true)).toBe(413);
    expect(await post(token, '{')).toBe(400);
  } finally {
    agent.destroy();
  }
});
