import { RetailError } from '../errors.ts';

/** What every vector column of the database is declared with; every provider emits this many. */
export const embeddingDimensions = 1536;

/**
 * Turns texts into vectors. Vectors of two models are never comparable, so `model` is part of the
 * key of whatever is stored.
 */
export type EmbeddingProvider = {
  /** Letters, digits and `._-`; names the vectors in the database and in caches. */
  readonly model: string;
  readonly dimensions: typeof embeddingDimensions;
  /**
   * One unit vector for each text, in the order of the texts.
   *
   * @throws RetailError `invalid_request` for a blank or refused text, `upstream_unavailable` when
   *   the provider is away, with the seconds to wait in the hint; the signal's reason when aborted.
   */
  embed(
    texts: readonly string[],
    options?: { signal?: AbortSignal | undefined },
  ): Promise<EmbeddingResult>;
  status(): ProviderStatus;
};

export type EmbeddingResult = {
  vectors: Float32Array[];
  /** Tokens billed by the provider; 0 where nothing is billed. */
  tokens: number;
  /** Indexes of the texts that were longer than the model reads, and were cut at a word. */
  cut: number[];
};

export type ProviderStatus = {
  /** `open`: calls fail at once; `half_open`: the next call decides. */
  circuit: 'closed' | 'open' | 'half_open';
  /** Milliseconds until calls are let through again; 0 when they are. */
  retryAfterMs: number;
  /** Why the last call failed; absent once one succeeds. Names no text, key or address. */
  problem?: string;
};

/** A blank text has no direction, so no vector could be compared with others. */
export function refuseBlank(texts: readonly string[]): void {
  const blank = texts.findIndex((text) => text.trim() === '');
  if (blank < 0) return;
  throw new RetailError('invalid_request', `Text ${blank + 1} of ${texts.length} is blank.`, {
    hint: 'Say what to look for in at least one word.',
  });
}
