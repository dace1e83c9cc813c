import { distance } from 'fastest-levenshtein';

const longestList = 12;

/**
 * What to write in place of `name`: the nearest of `candidates`, and all of them where they are few.
 * `what` is their plural, as in "columns". Empty when there is nothing to say.
 */
export function suggest(name: string, candidates: Iterable<string>, what: string): string {
  const known = [...new Set(candidates)];
  const near = nearest(name, known);
  const sentences = near.length > 0 ? [`Did you mean ${near.join(', ')}?`] : [];
  if (known.length > 0 && known.length <= longestList) {
    sentences.push(`The ${what}: ${known.join(', ')}.`);
  }
  return sentences.join(' ');
}

/** At most three candidates within an edit distance of a third of the name, the nearest first. */
function nearest(name: string, candidates: readonly string[]): string[] {
  const within = Math.max(2, Math.floor(name.length / 3));
  return candidates
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate) }))
    .filter(({ edits }) => edits <= within)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
