import { createHash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers; the same seed and subject give the same stream on every machine. */
export type Random = Readonly<{
  /** A whole number between `from` and `to`, both included. */
  integer(from: number, to: number): number;
  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean;
  pick<T>(values: readonly T[]): T;
  /** An index of the weights that `cumulate` summed up; with `count`, one of the first `count`. */
  weighted(cumulated: readonly number[], count?: number): number;
  shuffle<T>(values: readonly T[]): T[];
  /** A version 7 UUID (RFC 9562): rows of one time lie together in an index. */
  uuid(at: number): string;
}>;

/** One stream for each subject, so that more of one thing does not change another. */
export function createRandom(seed: number, subject: string): Random {
  const start = createHash('sha256').update(`${seed} ${subject}`).digest().readInt32BE();
  const generator = xoroshiro128plus(start);
  const integer = (from: number, to: number) => uniformInt(generator, from, to);
  const hex = () => (generator.next() >>> 0).toString(16).padStart(8, '0');

  return {
    integer,
    chance: (percent) => integer(1, 100) <= percent,
    pick: (values) => element(values, integer(0, values.length - 1)),
    weighted(cumulated, count = cumulated.length) {
      const ticket = integer(1, element(cumulated, count - 1));
      let low = 0;
      let high = count - 1;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (element(cumulated, middle) >= ticket) high = middle;
        else low = middle + 1;
      }
      return low;
    },
    shuffle(values) {
      const shuffled = [...values];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = integer(0, last);
        [shuffled[last], shuffled[other]] = [element(shuffled, other), element(shuffled, last)];
      }
      return shuffled;
    },
    uuid(at) {
      const time = at.toString(16).padStart(12, '0');
      const [first, second] = [hex(), hex()];
      const variant = ((Number.parseInt(second.slice(0, 1), 16) & 3) | 8).toString(16);
      const tail = `${variant}${second.slice(1, 4)}-${second.slice(4)}${hex()}`;
      return `${time.slice(0, 8)}-${time.slice(8)}-7${first.slice(0, 3)}-${tail}`;
    },
  };
}

/**
 * Running sums for `weighted`. Weights become whole numbers first: a last bit that another
 * processor computes otherwise then changes nothing.
 */
export function cumulate(weights: readonly number[]): number[] {
  const scale = 1_000_000_000 / weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => {
    sum += Math.round(weight * scale);
    return sum;
  });
}

/** Splits a whole number by weights without losing a unit (largest remainders first). */
export function apportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((running, weight) => running + weight, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const shares = exact.map(Math.floor);
  const missing = total - shares.reduce((running, share) => running + share, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((one, other) => other.remainder - one.remainder || one.index - other.index);
  for (const { index } of byRemainder.slice(0, missing)) shares[index] = (shares[index] ?? 0) + 1;
  return shares;
}

/** The element at an index that is known to exist. */
export function element<T>(values: readonly T[], index: number): T {
  return values[index] as T;
}
