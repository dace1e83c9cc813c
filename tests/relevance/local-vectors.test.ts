import { expect, it } from 'vitest';
import { createLocalProvider } from '../../shared/infrastructure/embeddings/local-provider.ts';
import { type CatalogueProduct, catalogueMissing, readCatalogue } from './catalogue.ts';
import { type Half, judge, type Relevance, type Search } from './judgement.ts';

/** Exact search by cosine in memory: the vectors alone, with no database to help or to hinder. */
async function searchByVector(products: readonly CatalogueProduct[]): Promise<Search> {
  const provider = createLocalProvider();
  const embed = async (texts: readonly string[]) => (await provider.embed(texts)).vectors;
  const vectors = await embed(products.map(textOf));
  return async (query) => {
    const [asked = new Float32Array()] = await embed([query]);
    return products
      .map(({ sku }, at) => ({ sku, similarity: dot(asked, vectors[at] ?? new Float32Array()) }))
      .sort((one, other) => other.similarity - one.similarity)
      .map(({ sku }) => sku);
  };
}

function textOf({ name, main_category, subcategory, description }: CatalogueProduct): string {
  return `${name}\n${main_category} > ${subcategory}\n${description}`;
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
}

it.skipIf(catalogueMissing)(
  `local vectors find what customers ask for ${catalogueMissing ?? ''}`,
  async () => {
    const search = await searchByVector(readCatalogue());
    const tuning = await judge(search, 'tuning');
    const heldOut = await judge(search, 'held-out');
    console.log(report('tuning', tuning), `\n  missed: ${tuning.missed.join(', ')}`);
    console.log(report('held-out', heldOut));
    expect(heldOut.hitAt5).toBeGreaterThanOrEqual(0.8);
    expect(heldOut.meanReciprocalRank).toBeGreaterThanOrEqual(0.7);
  },
);

function report(half: Half, { queries, hitAt5, meanReciprocalRank, hitAt5ByKind }: Relevance) {
  const kinds = Object.entries(hitAt5ByKind).map(([kind, hits]) => `${kind} ${hits.toFixed(2)}`);
  return `${half}: ${queries} queries, hit@5 ${hitAt5.toFixed(3)}, MRR ${meanReciprocalRank.toFixed(3)} (hit@5 ${kinds.join(', ')})`;
}
