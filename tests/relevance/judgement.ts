import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A query as a customer would type it, with every SKU of the catalogue that answers it. */
export type JudgedQuery = {
  kind: 'plain' | 'misspelt' | 'synonym' | 'need';
  query: string;
  relevant: readonly string[];
};

export type Half = 'tuning' | 'held-out';

/** Ranks SKUs for a query, the best first; at least ten where there are ten. */
export type Search = (query: string) => Promise<readonly string[]>;

export type Relevance = {
  queries: number;
  /** The share of queries with a relevant SKU among the first five. */
  hitAt5: number;
  /** The mean of 1 / rank of the first relevant SKU, 0 where it is not among the first ten. */
  meanReciprocalRank: number;
  hitAt5ByKind: Record<string, number>;
  missed: string[];
};

export const judgedQueries: readonly JudgedQuery[] = JSON.parse(
  readFileSync(new URL('judged-queries.json', import.meta.url), 'utf8'),
);

/**
 * Which half a query belongs to, by the hash of its text, so that nobody chooses. Look at the
 * queries of the tuning half as much as you like; of the held-out half look at the sums alone.
 */
export function halfOf({ query }: JudgedQuery): Half {
  const [first = 0] = createHash('sha256').update(query).digest();
  return first % 2 === 0 ? 'tuning' : 'held-out';
}

export async function judge(search: Search, half: Half): Promise<Relevance> {
  const queries = judgedQueries.filter((judged) => halfOf(judged) === half);
  const ranked = await Promise.all(
    queries.map(async ({ kind, query, relevant }) => {
      const skus = await search(query);
      const rank = 1 + skus.slice(0, 10).findIndex((sku) => relevant.includes(sku));
      return { kind, query, rank };
    }),
  );
  const hit = (rank: number) => (rank >= 1 && rank <= 5 ? 1 : 0);
  const kinds = Map.groupBy(ranked, ({ kind }) => kind);
  return {
    queries: queries.length,
    hitAt5: mean(ranked.map(({ rank }) => hit(rank))),
    meanReciprocalRank: mean(ranked.map(({ rank }) => (rank > 0 ? 1 / rank : 0))),
    hitAt5ByKind: Object.fromEntries(
      [...kinds].map(([kind, of]) => [kind, mean(of.map(({ rank }) => hit(rank)))]),
    ),
    missed: ranked.filter(({ rank }) => hit(rank) === 0).map(({ query }) => query),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
