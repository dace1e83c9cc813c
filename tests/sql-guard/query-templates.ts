import fc from 'fast-check';

/**
 * A query with its relations and some of its values left open, so that one tree renders as a caller
 * writes it, with the boundary written out, or with something hostile in any of those places. Its
 * answer is one and the same whatever plan runs it, up to the order of rows.
 */
export type Query = readonly Piece[];
export type Piece =
  | string
  | Readonly<{ relation: string; alias: string }>
  | Readonly<{ value: Query }>;

/** As a caller writes it. */
export function render(query: Query): string {
  return renderWith(query, ({ relation, alias }) => `retail.${relation} ${alias}`);
}

/** With every relation held to these stores, for a connection that sees all. */
export function renderForStores(query: Query, storeIds: readonly string[]): string {
  const stores = storeIds.map((storeId) => `'${storeId}'`).join(', ');
  return renderWith(query, ({ relation, alias }) =>
    relation === 'product_categories'
      ? `retail.${relation} ${alias}`
      : `(select * from retail.${relation} where store_id in (${stores})) ${alias}`,
  );
}

/** With the relation, or value, at one place replaced; `place` counts round. */
export function renderWithHostile(
  query: Query,
  hostile: Readonly<{ relation: string } | { value: string }>,
  place: number,
): string {
  const kind = 'relation' in hostile ? 'relation' : 'value';
  const target = place % countPlaces(query, kind);
  let seen = 0;
  const walk = (piece: Piece): string => {
    if (typeof piece === 'string') return piece;
    const isTarget = kind in piece && seen++ === target;
    if ('relation' in piece) {
      const { relation, alias } = piece;
      return `${isTarget && 'relation' in hostile ? hostile.relation : `retail.${relation}`} ${alias}`;
    }
    // Walked even where replaced, so that the places after it keep their numbers.
    const text = piece.value.map(walk).join('');
    return isTarget && 'value' in hostile ? hostile.value : text;
  };
  return query.map(walk).join('');
}

function countPlaces(query: Query, kind: 'relation' | 'value'): number {
  return query.reduce((sum, piece) => {
    if (typeof piece === 'string') return sum;
    return sum + (kind in piece ? 1 : 0) + ('value' in piece ? countPlaces(piece.value, kind) : 0);
  }, 0);
}

function renderWith(
  query: Query,
  relation: (relation: Readonly<{ relation: string; alias: string }>) => string,
): string {
  return query
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      return 'relation' in piece ? relation(piece) : renderWith(piece.value, relation);
    })
    .join('');
}

type Part = string | Piece | fc.Arbitrary<Query>;

/** A template whose holes are pieces, or arbitraries of queries. */
export function sql(texts: TemplateStringsArray, ...parts: Part[]): fc.Arbitrary<Query> {
  const arbitraries = texts.flatMap((text, index) => {
    const part = parts[index];
    const fixed = fc.constant<Query>([text]);
    if (part === undefined) return [fixed];
    return [fixed, part instanceof fc.Arbitrary ? part : fc.constant<Query>([part])];
  });
  return fc.tuple(...arbitraries).map((pieces) => pieces.flat());
}

export const value = (arbitrary: fc.Arbitrary<Query>) =>
  arbitrary.map((query): Query => [{ value: query }]);
export const oneOf = (...texts: string[]) => fc.constantFrom(...texts).map((text): Query => [text]);
export const from = (relation: string, alias: string): Piece => ({ relation, alias });
