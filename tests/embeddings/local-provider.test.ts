import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLocalProvider } from '../../shared/infrastructure/embeddings/local-provider.ts';

const provider = createLocalProvider();

async function vectorOf(text: string): Promise<Float32Array> {
  const { vectors } = await provider.embed([text]);
  return vectors[0] ?? new Float32Array();
}

/** For unit vectors the cosine. */
async function similarity(one: string, other: string): Promise<number> {
  const [a, b] = [await vectorOf(one), await vectorOf(other)];
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

describe('the local provider', () => {
  it('says that nothing was billed or cut, and is always there', async () => {
    const { tokens, cut } = await provider.embed(['hammer']);
    expect({ tokens, cut }).toEqual({ tokens: 0, cut: [] });
    expect(provider.status()).toEqual({ circuit: 'closed', retryAfterMs: 0 });
  });

  it('yields a unit vector of 1536 for every text that is not blank', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        text.filter((given) => given.trim() !== ''),
        async (given) => {
          const vector = await vectorOf(given);
          expect(vector.length).toBe(1_536);
          expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
        },
      ),
    );
  });

  it.each(['constructor', 'toString', '__proto__', 'the', '?!', '電動ドリル', '👷🏽‍♀️'])(
    'has a vector even for %s',
    async (given) => {
      expect(Math.hypot(...(await vectorOf(given)))).toBeCloseTo(1, 5);
    },
  );

  it('refuses a blank text, and says which', async () => {
    await expect(provider.embed(['hammer', ' '])).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'Text 2 of 2 is blank.',
    });
  });

  it('knows a text whatever its company, its case and its accents', async () => {
    const { vectors } = await provider.embed(['nail', 'Crème brûlée torch', 'saw']);
    expect(vectors[1]).toEqual(await vectorOf('creme BRULEE torch'));
  });

  it('knows a measure however it is written', async () => {
    expect(await vectorOf('hose 50ft')).toEqual(await vectorOf('hose, 50-foot'));
    expect(await vectorOf('hose 50 feet')).toEqual(await vectorOf('hose, 50 foot'));
  });

  /**
   * Vectors are stored and compared with later ones. When this fails because the provider computes
   * something else on purpose, give it another `model` name first, then put the new values here.
   */
  it('computes what it always has under this model name', async () => {
    const vector = await vectorOf('Claw hammer, 16 oz');
    const places = [...vector.entries()].filter(([, value]) => value !== 0);
    expect(provider.model).toBe('local-ngrams-v1');
    expect(places.map(([at, value]) => [at, Number(value.toFixed(4))])).toMatchInlineSnapshot(`
      [
        [
          287,
          -0.3536,
        ],
        [
          291,
          0.3536,
        ],
        [
          519,
          -0.3536,
        ],
        [
          649,
          -0.3536,
        ],
        [
          1072,
          0.1443,
        ],
        [
          1178,
          0.1443,
        ],
        [
          1211,
          -0.25,
        ],
        [
          1233,
          0.1443,
        ],
        [
          1238,
          -0.1768,
        ],
        [
          1276,
          -0.25,
        ],
        [
          1286,
          0.1443,
        ],
        [
          1315,
          0.25,
        ],
        [
          1399,
          -0.1443,
        ],
        [
          1404,
          0.25,
        ],
        [
          1410,
          -0.1768,
        ],
        [
          1430,
          0.1443,
        ],
        [
          1431,
          0.1768,
        ],
        [
          1479,
          0.1768,
        ],
      ]
    `);
  });
});

describe('local vectors are near for', () => {
  it.each([
    ['another form of a word', 'hammers', 'hammer'],
    ['a misspelt word', 'hamer', 'hammer'],
    ['words in another order', 'cordless drill', 'drill, cordless'],
    ['words among function words', 'a drill for the wall', 'wall drill'],
  ])('%s', async (_, asked, product) => {
    const unrelated = await similarity(asked, 'interior latex paint');
    expect(await similarity(asked, product)).toBeGreaterThan(unrelated + 0.25);
  });

  it('words, not meanings', async () => {
    expect(await similarity('spanner', 'wrench')).toBeLessThan(0.2);
  });
});
