import type { BenchDatabase } from './database.ts';

/** One measure: ours, and what it is held against in the same run. */
export type Measure = Readonly<{
  measure: string;
  unit: string;
  ours: number;
  /** The same by other means: what the ratio is taken to. */
  beside?: number;
  /** What `ours`, or `ours / beside`, should be at the most or at the least. */
  target?: Readonly<{ of: 'ours' | 'ratio' } & ({ most: number } | { least: number })>;
}>;

export type BenchRun = Readonly<{
  database: BenchDatabase;
  /** Tells a person who waits what is going on. */
  progress(text: string): void;
}>;

export type Bench = Readonly<{
  name: string;
  /** What `ours` and `beside` are. */
  title: string;
  run(run: BenchRun): Promise<readonly Measure[]>;
}>;

/** Runs that stand for the whole on a machine that does other things too: neither mean nor one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
