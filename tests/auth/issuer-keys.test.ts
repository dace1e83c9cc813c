import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../shared/infrastructure/config.ts';
import { createAccessTokenVerifier } from '../../shared/infrastructure/tokens/access-token.ts';
import { createIssuerKeys } from '../../shared/infrastructure/tokens/issuer-keys.ts';
import { tokenPolicy } from '../../shared/infrastructure/tokens/token-policy.ts';
import { audience, type Issuer, makeKey, startIssuer } from './issuer.ts';

let issuer: Issuer;

beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(() => issuer.stop());

const anHour = 3_600_000;

function verifier({
  cooldownMs = anHour,
  jwksUrl,
}: {
  cooldownMs?: number;
  jwksUrl?: string;
} = {}) {
  const policy = tokenPolicy(
    readSettings({
      AUTH_ISSUER: issuer.url,
      AUTH_AUDIENCE: audience,
      DATABASE_URL: 'postgresql://retail_app@localhost/retail',
      CONTEXT_SIGNING_KEY: `k:${Buffer.alloc(32, 1).toString('base64')}`,
    }),
  );
  return createAccessTokenVerifier({
    policy,
    keys: createIssuerKeys({ issuer: issuer.url, cooldownMs, ...(jwksUrl && { jwksUrl }) }),
    isRevoked: async () => false,
  });
}

const unauthenticated = expect.objectContaining({ code: 'unauthenticated' });
const unavailable = expect.objectContaining({ code: 'upstream_unavailable' });
const accepted = expect.objectContaining({ subject: 'test-subject' });

describe('the keys of an issuer', () => {
  it('are found through its metadata, and asked for once by many calls', async () => {
    const verify = verifier();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.sign()));
    await Promise.all(tokens.map((token) => verify(token)));
    expect(issuer.asked).toEqual({ metadata: 1, keys: 1 });
  });

  it('need no metadata where their address is set', async () => {
    await expect(verifier({ jwksUrl: `${issuer.url}/keys` })(await issuer.sign())).resolves.toEqual(
      accepted,
    );
    expect(issuer.asked.metadata).toBe(0);
  });

  it('are asked for again when a token names one that is not known', async () => {
    const verify = verifier({ cooldownMs: 0 });
    await verify(await issuer.sign());
    issuer.rotateTo(await issuer.publish());
    await expect(verify(await issuer.sign())).resolves.toEqual(accepted);
    expect(issuer.asked.keys).toBe(2);
  });

  it('are not asked for by tokens of no issuer, however many', async () => {
    const verify = verifier();
    await verify(await issuer.sign());
    const forged = await makeKey('forged');
    for (let kid = 0; kid < 200; kid += 1) {
      const token = await issuer.sign({}, { key: forged, header: { kid: `forged-${kid}` } });
      await expect(verify(token)).rejects.toEqual(unauthenticated);
    }
    expect(issuer.asked).toEqual({ metadata: 1, keys: 1 });
  });

  it('rotate under load without a failed call', async () => {
    const verify = verifier({ cooldownMs: 0 });
    let rotating = true;
    const caller = async () => {
      while (rotating) await verify(await issuer.sign());
    };
    const calls = Promise.all(Array.from({ length: 8 }, caller));
    for (let rotation = 0; rotation < 10; rotation += 1) {
      const next = await issuer.publish();
      await Promise.race([calls, sleep(20)]);
      issuer.rotateTo(next);
    }
    rotating = false;
    await calls;
  });
});

describe.each(['down', 'nonsense'] as const)('an issuer that is %s', (state) => {
  it('does not matter to tokens under a key that is known', async () => {
    const verify = verifier({ cooldownMs: 0 });
    await verify(await issuer.sign());
    issuer.become(state);
    await expect(verify(await issuer.sign())).resolves.toEqual(accepted);
    const token = await issuer.sign({}, { key: await makeKey('new') });
    await expect(verify(token)).rejects.toEqual(unauthenticated);
    await expect(verify(await issuer.sign())).resolves.toEqual(accepted);
  });

  it('makes a server without keys unavailable, until it is back', async () => {
    issuer.become(state);
    const verify = verifier({ cooldownMs: 0 });
    await expect(verify(await issuer.sign())).rejects.toEqual(unavailable);
    issuer.become('up');
    await expect(verify(await issuer.sign())).resolves.toEqual(accepted);
  });

  it('is left alone for the cool-down', async () => {
    issuer.become(state);
    const verify = verifier();
    for (let call = 0; call < 20; call += 1) {
      await expect(verify(await issuer.sign())).rejects.toEqual(unavailable);
    }
    expect(issuer.asked.metadata + issuer.asked.keys).toBe(1);
  });
});

describe('an issuer that does not answer', () => {
  it('holds up no token under a key that is known', async () => {
    const verify = verifier({ cooldownMs: 0 });
    await verify(await issuer.sign());
    issuer.delay(60_000);
    const unknown = await issuer.sign({}, { key: await makeKey('new') });
    let refused = false;
    const refusal = verify(unknown).catch(() => {
      refused = true;
    });
    await expect(verify(await issuer.sign())).resolves.toEqual(accepted);
    expect(refused).toBe(false);
    await refusal;
  });

  it('does not make a call wait for ever', async () => {
    issuer.delay(60_000);
    await expect(verifier()(await issuer.sign())).rejects.toEqual(unavailable);
  });
});
