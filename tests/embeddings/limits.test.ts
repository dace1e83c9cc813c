import fc from 'fast-check';
import { countTokens } from 'gpt-tokenizer/encoding/cl100k_base';
import { describe, expect, it } from 'vitest';
import { packBatches } from '../../shared/infrastructure/embeddings/batches.ts';
import { fitTokens } from '../../shared/infrastructure/embeddings/token-limit.ts';

describe('requests packed from inputs', () => {
  const limits = fc.record({
    inputs: fc.integer({ min: 1, max: 20 }),
    tokens: fc.integer({ min: 100, max: 500 }),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 200 });

  it('hold every input once, in order, and none is over a limit', () => {
    fc.assert(
      fc.property(sizes, limits, (tokens, limit) => {
        const batches = packBatches(tokens, limit);
        expect(batches.flat()).toEqual(tokens.map((_, index) => index));
        for (const batch of batches) {
          const total = batch.reduce((sum, index) => sum + (tokens[index] ?? 0), 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(limit.inputs);
          expect(total).toBeLessThanOrEqual(limit.tokens);
        }
      }),
    );
  });

  it('are as few as the order allows: the next input would not have fitted', () => {
    fc.assert(
      fc.property(sizes, limits, (tokens, limit) => {
        const batches = packBatches(tokens, limit);
        for (const [at, batch] of batches.slice(0, -1).entries()) {
          const next = batches[at + 1]?.[0] ?? -1;
          const total = [...batch, next].reduce((sum, index) => sum + (tokens[index] ?? 0), 0);
          expect(batch.length === limit.inputs || total > limit.tokens).toBe(true);
        }
      }),
    );
  });
});

describe('a text fitted to the tokens of an input', () => {
  const exact = (text: string) => countTokens(text, { disallowedSpecial: new Set() });
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      'hammer',
      'galvanised',
      '電動ドリル',
      '👷🏽‍♀️',
      '<|endoftext|>',
      '1/2-inch',
      '\n\n',
      '  ',
    ),
  );
  const text = fc.array(word, { maxLength: 80 }).map((words) => words.join(' ').toWellFormed());

  it('is never counted short, and never longer than the limit', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 20, max: 120 }), async (given, limit) => {
        const fitted = await fitTokens(given, limit);
        expect(exact(fitted.text)).toBeLessThanOrEqual(fitted.tokens);
        expect(fitted.tokens).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('is whole unless told otherwise, and a beginning where it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 20, max: 120 }), async (given, limit) => {
        const fitted = await fitTokens(given, limit);
        if (fitted.cut) expect(given.trim().startsWith(fitted.text)).toBe(true);
        else expect(fitted.text.trim()).toBe(given.trim());
      }),
    );
  });

  it('ends where a word ends', async () => {
    const { text: fitted, cut } = await fitTokens('heavy duty claw hammer '.repeat(50), 42);
    expect(cut).toBe(true);
    expect(fitted).toMatch(/(heavy|duty|claw|hammer)$/);
  });

  it('is not cut for its bytes alone: 30 kB of English may be 5,000 tokens', async () => {
    const given = 'drill '.repeat(5_000).trimEnd();
    expect(await fitTokens(given, 8_191)).toEqual({
      text: given,
      tokens: expect.any(Number),
      cut: false,
    });
  });

  it('takes no time for a word without end', async () => {
    const { text: fitted, cut } = await fitTokens('👷🏽‍♀️'.repeat(100_000), 8_191);
    expect(cut).toBe(true);
    expect(exact(fitted)).toBeLessThanOrEqual(8_191);
    expect(fitted.isWellFormed()).toBe(true);
  });
});
