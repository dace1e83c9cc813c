import { expect, it } from 'vitest';
import { signTenantContext } from '../../shared/data/tenant-context.ts';
import type { Identity } from '../../shared/infrastructure/identity.ts';

const key = { kid: 'k1', secret: Buffer.alloc(32, 7) };
const expiresAt = new Date('2026-01-31T00:00:00Z');
const sign = (identity: Pick<Identity, 'role' | 'storeIds'>) =>
  signTenantContext({ userId: 'u', scopes: [], ...identity }, key, expiresAt);

it('names the key, the expiry, the role and its stores, and signs them all', () => {
  const context = sign({ role: 'regional_manager', storeIds: ['seattle', 'tacoma'] });
  expect(context).toMatch(/^k1\.1769817600\.regional_manager\.seattle,tacoma\.[0-9a-f]{64}$/);
  const signatures = [
    context,
    sign({ role: 'regional_manager', storeIds: ['seattle'] }),
    sign({ role: 'store_manager', storeIds: ['seattle'] }),
    sign({ role: 'store_manager', storeIds: [] }),
    sign({ role: 'headquarters', storeIds: [] }),
  ].map((text) => text.split('.').at(-1));
  expect(new Set(signatures).size).toBe(5);
});

it('gives every store to headquarters alone', () => {
  expect(sign({ role: 'headquarters', storeIds: [] })).toContain('.headquarters.*.');
  expect(sign({ role: 'regional_manager', storeIds: [] })).toContain('.regional_manager..');
});

it.each(["x'; reset role; --", '*', 'a,b', 'a.b', 'Seattle', ''])(
  'signs nothing for the store id "%s"',
  (storeId) => {
    expect(() => sign({ role: 'store_manager', storeIds: [storeId] })).toThrow(TypeError);
  },
);

it('signs one store for a store manager, not two', () => {
  expect(() => sign({ role: 'store_manager', storeIds: ['seattle', 'tacoma'] })).toThrow(TypeError);
});
