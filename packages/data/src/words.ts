/** Words of texts, alike wherever texts are compared. Pure. */

/** Only so much of a value is looked at. */
export const READ_CHARACTERS = 100_000;

/**
 * Words in small letters, without punctuation, after NFKC; a Han, Hiragana or Katakana sign is a word of its own, since
 * such texts have no blanks.
 */
export function wordsOf(text: string): string[] {
  const start = text.length > READ_CHARACTERS ? text.slice(0, READ_CHARACTERS) : text;
  return start.normalize('NFKC').toLowerCase().match(SPLIT) ?? [];
}

/** Letters of other scripts only run on to a sign's beginning. */
const SPLIT = new RegExp(
  '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}]|(?:(?![\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}])[\\p{L}\\p{M}\\p{N}])+',
  'gu',
);

/** Characters as people count them: a pair of surrogates is one. */
export function lengthOf(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff](?=[\udc00-\udfff])/g)?.length ?? 0);
}
