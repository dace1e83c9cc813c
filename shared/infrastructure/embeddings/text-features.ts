import { stemmer } from 'stemmer';

/** A feature of a text and how much it weighs there. */
export type Features = ReadonlyMap<string, number>;

/**
 * Words that say nothing of a product. They stand in for the inverse document frequencies of a
 * catalogue: see the figures in tests/relevance/README.md for why there are none.
 */
const functionWords = new Set(
  `a an and are as at be by can do for from has have how i if in into is it its me my no not of off on
  or our so some something than that the their them then there these they this to up us use used
  using want was we what when where which while who will with without you your`.split(/\s+/),
);

/** Shops and shoppers write one measure in many ways: 8-foot, 8ft, 8 feet. */
const units = new Map([
  ['foot', 'ft'],
  ['feet', 'ft'],
  ['pound', 'lb'],
  ['pounds', 'lb'],
  ['lbs', 'lb'],
  ['ounce', 'oz'],
  ['ounces', 'oz'],
  ['volt', 'v'],
  ['volts', 'v'],
  ['watt', 'w'],
  ['watts', 'w'],
  ['gallon', 'gal'],
  ['gallons', 'gal'],
  ['quart', 'qt'],
  ['quarts', 'qt'],
]);

/**
 * Words, stemmed, weighing 1 + ln(count): the fifth mention says less than the second. Full
 * weight for every word: a field's or a word's weight moved relevance by less than chance.
 */
export function wordFeatures(words: readonly string[]): Features {
  return damped(countOf(words.map(stem)));
}

/**
 * Trigrams of the words as written, which a misspelt word shares with the right one. Each word
 * contributes one unit of length whatever its number of letters.
 */
export function trigramFeatures(words: readonly string[]): Features {
  const features = new Map<string, number>();
  for (const [word, weight] of damped(countOf(words))) {
    const trigrams = trigramsOf(word);
    for (const trigram of trigrams) {
      const share = weight / Math.sqrt(trigrams.length);
      features.set(trigram, (features.get(trigram) ?? 0) + share);
    }
  }
  return features;
}

/** Lower-case words and numbers without accents; function words only where there is nothing else. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}|['’]/gu, '')
    .toLowerCase();
  const written = plain.match(/\d+(?:[./]\d+)?|\p{L}+/gu) ?? [plain.trim()];
  const words = written.map((word) => units.get(word) ?? word);
  const telling = words.filter((word) => !functionWords.has(word));
  return telling.length > 0 ? telling : words;
}

/** Porter's rules are for English; a word of other letters stays as it is. */
function stem(word: string): string {
  return /^[a-z]{4,}$/.test(word) ? stemmer(word) : word;
}

function trigramsOf(word: string): string[] {
  const letters = [' ', ...word, ' '];
  return letters.slice(2).map((letter, at) => `${letters[at]}${letters[at + 1]}${letter}`);
}

function countOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function damped(counts: ReadonlyMap<string, number>): Features {
  return new Map([...counts].map(([word, count]) => [word, 1 + Math.log(count)]));
}
