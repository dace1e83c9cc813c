import { type EmbeddingProvider, embeddingDimensions, refuseBlank } from './embedding-provider.ts';
import { type Features, trigramFeatures, wordFeatures, wordsOf } from './text-features.ts';

/**
 * Words and trigrams have their own part of the vector, so that the many trigrams do not drown the
 * words. Sizes, like all else here, were chosen on the tuning half of tests/relevance.
 */
const wordDimensions = 1024;

/**
 * Embeds without a network and without a model's weights: hashed words and letter trigrams. It
 * finds the same words, other forms of them and misspellings of them, not the same meaning.
 *
 * Every change of what it computes needs a new `model` name, which makes the stored vectors stale
 * and has them made anew.
 */
export function createLocalProvider(): EmbeddingProvider {
  return {
    model: 'local-ngrams-v1',
    dimensions: embeddingDimensions,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      refuseBlank(texts);
      return { vectors: texts.map(vectorOf), tokens: 0, cut: [] };
    },
    status: () => ({ circuit: 'closed', retryAfterMs: 0 }),
  };
}

function vectorOf(text: string): Float32Array {
  const words = wordsOf(text);
  const sums = new Float64Array(embeddingDimensions);
  addHashed(wordFeatures(words), sums.subarray(0, wordDimensions));
  addHashed(trigramFeatures(words), sums.subarray(wordDimensions));
  const length = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0));
  return new Float32Array(sums.map((sum) => sum / length));
}

/**
 * Feature hashing (https://arxiv.org/abs/0902.2206): a feature's hash gives its place, and a sign
 * that makes features which share a place cancel on average instead of adding up.
 */
function addHashed(features: Features, sums: Float64Array): void {
  for (const [feature, weight] of features) {
    const hash = hashOf(feature);
    const place = hash % sums.length;
    sums[place] = (sums[place] ?? 0) + (hash >>> 31 === 0 ? weight : -weight);
  }
}

/** FNV-1a over UTF-16 code units, with MurmurHash3's finaliser to spread short words. */
function hashOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < feature.length; at++) {
    hash = Math.imul(hash ^ feature.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
