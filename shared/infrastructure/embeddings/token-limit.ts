/** A text as it may be sent, with no fewer tokens counted than the model will count. */
export type FittedText = { text: string; tokens: number; cut: boolean };

/** The tokenizer's time is quadratic in the length of a word: what is longer is not a word. */
const longestWord = 200;

/**
 * Fits a text to the tokens that a model reads of one input, cutting a longer one at a word.
 *
 * A token of the byte-pair encoding stands for one byte at least: a text of no more bytes than the
 * limit fits, and needs no tokenizer. That is 465 kB compressed and 42 MB once loaded, so it is
 * only loaded for texts that may not fit.
 */
export async function fitTokens(text: string, limit: number): Promise<FittedText> {
  const bytes = Buffer.byteLength(text);
  if (bytes <= limit) return { text, tokens: bytes, cut: false };

  const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base');
  // A text that spells a special token, such as <|endoftext|>, is still only a text.
  const asText = { disallowedSpecial: new Set<string>() };
  const written = text.trim();
  let tokens = 0;
  let end = 0;
  for (const { 0: word, index } of written.matchAll(/\s*\S+/g)) {
    const size = word.length > longestWord ? Buffer.byteLength(word) : countTokens(word, asText);
    if (tokens + size > limit) {
      return end > 0
        ? { text: written.slice(0, end), tokens, cut: true }
        : { text: headOf(written, limit), tokens: limit, cut: true };
    }
    tokens += size;
    end = index + word.length;
  }
  return { text: written, tokens, cut: false };
}

/**
 * Of one endless word as much as surely fits: a UTF-16 code unit has no more than three bytes, so
 * no more than three tokens. Half a surrogate pair at the end is no character.
 */
function headOf(word: string, limit: number): string {
  return word.slice(0, Math.floor(limit / 3)).replace(/[\uD800-\uDBFF]$/, '');
}
