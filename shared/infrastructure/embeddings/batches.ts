export type BatchLimits = Readonly<{ inputs: number; tokens: number }>;

/**
 * Packs inputs into as few requests as their order allows, none of them over either limit.
 *
 * @param tokens The tokens of each input, none above `limits.tokens`.
 * @returns For each request the indexes of its inputs: every index once, in order.
 */
export function packBatches(tokens: readonly number[], limits: BatchLimits): number[][] {
  const batches: number[][] = [];
  let batch: number[] = [];
  let filled = 0;
  tokens.forEach((size, index) => {
    if (batch.length === limits.inputs || (batch.length > 0 && filled + size > limits.tokens)) {
      batches.push(batch);
      batch = [];
      filled = 0;
    }
    batch.push(index);
    filled += size;
  });
  return batch.length > 0 ? [...batches, batch] : batches;
}
