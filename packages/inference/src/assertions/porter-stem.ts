/** The stem of an English word by Porter's algorithm ("An algorithm for suffix stripping", Program 14, 1980). */

/** Suffixes with what takes their place where the rest has a measure above 0; the longest that fits is the one. */
const STEP_2: readonly [string, string][] = [
  ['ational', 'ate'], ['tional', 'tion'], ['enci', 'ence'], ['anci', 'ance'], ['izer', 'ize'], ['bli', 'ble'], ['alli', 'al'],
  ['entli', 'ent'], ['eli', 'e'], ['ousli', 'ous'], ['ization', 'ize'], ['ation', 'ate'], ['ator', 'ate'], ['alism', 'al'],
  ['iveness', 'ive'], ['fulness', 'ful'], ['ousness', 'ous'], ['aliti', 'al'], ['iviti', 'ive'], ['biliti', 'ble'], ['logi', 'log'],
]; // prettier-ignore
const STEP_3: readonly [string, string][] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];
const STEP_4 =
  /^(.+?)(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|al|er|ic|ou|(?<=[st])ion)$/;

export function porterStem(word: string): string {
  const lower = word.toLowerCase();
  if (lower.length < 3) return lower;
  const plain = lower.replace(/(ss|i)es$/, '$1').replace(/([^s])s$/, '$1');
  const tensed = withoutTense(plain);
  const yless = /y$/.test(tensed) && hasVowel(tensed.slice(0, -1)) ? tensed.replace(/y$/, 'i') : tensed;
  const bare = replaceSuffix(replaceSuffix(yless, STEP_2), STEP_3);
  const root = STEP_4.exec(bare)?.[1];
  const short = root !== undefined && measure(root) > 1 ? root : bare;
  return withoutEnd(short);
}

/** -eed, -ed and -ing. */
function withoutTense(word: string): string {
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const rest = word.replace(/(?:ed|ing)$/, '');
  if (rest === word || !hasVowel(rest)) return word;
  if (/(?:at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/([^aeiou])\1$/.test(rest) && !/[lsz]$/.test(rest)) return rest.slice(0, -1);
  return measure(rest) === 1 && endsShort(rest) ? `${rest}e` : rest;
}

/** A silent -e, and one of two l. */
function withoutEnd(word: string): string {
  const bare = word.replace(/e$/, '');
  const count = measure(bare);
  const short = bare !== word && (count > 1 || (count === 1 && !endsShort(bare))) ? bare : word;
  return measure(short) > 1 ? short.replace(/ll$/, 'l') : short;
}

function replaceSuffix(word: string, suffixes: readonly (readonly [string, string])[]): string {
  const found = suffixes
    .filter(([suffix]) => word.endsWith(suffix))
    .reduce<readonly [string, string] | undefined>(
      (longest, one) => (longest === undefined || one[0].length > longest[0].length ? one : longest),
      undefined,
    );
  if (found === undefined) return word;
  const rest = word.slice(0, -found[0].length);
  return measure(rest) > 0 ? rest + found[1] : word;
}

/** c for a consonant, v for a vowel; y is one behind a consonant. */
function shapeOf(word: string): string {
  let shape = '';
  for (const char of word)
    shape += 'aeiou'.includes(char) || (char === 'y' && shape.endsWith('c')) ? 'v' : 'c';
  return shape;
}

/** Porter's m: how often vowels are followed by consonants. */
const measure = (word: string): number => (shapeOf(word).match(/v+c+/g) ?? []).length;
const hasVowel = (word: string): boolean => shapeOf(word).includes('v');
/** Consonant, vowel, consonant, the last none of w, x, y. */
const endsShort = (word: string): boolean => shapeOf(word).endsWith('cvc') && !/[wxy]$/.test(word);
