/** Synonyms out of WordNet's own files (wndb(5WN)): an index by words for each part of speech, and sets of synonyms. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';

const PARTS = ['noun', 'verb', 'adj', 'adv'];
/** The longest set has some 13,000 bytes. */
const MOST_BYTES = 64 * 1024;

/** The indexes are read once, 6 MB; of the sets only what is asked for. */
const opened = new Map<string, WordNet>();

/** @param folder with index.noun, data.noun and the others. Throws when one isn't there. */
export function openWordNet(folder: string): WordNet {
  const known = opened.get(folder);
  if (known !== undefined) return known;
  const fresh = new WordNet(folder);
  opened.set(folder, fresh);
  return fresh;
}

export class WordNet {
  readonly #folder: string;
  readonly #indexes: readonly Buffer[];
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(folder: string) {
    this.#folder = folder;
    this.#indexes = PARTS.map((part) => readFileSync(join(folder, `index.${part}`)));
  }

  /** All words that share a set with this one; those of several words are none. */
  synonyms(word: string): ReadonlySet<string> {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    const found = new Set<string>();
    this.#indexes.forEach((index, at) => {
      for (const offset of offsetsOf(index, word))
        for (const one of this.#wordsAt(`data.${PARTS[at] ?? ''}`, offset))
          if (!one.includes('_')) found.add(one);
    });
    this.#known.set(word, found);
    return found;
  }

  /** `offset file type count word id word id …`; the count is hexadecimal. */
  #wordsAt(name: string, offset: number): string[] {
    const file = openSync(join(this.#folder, name), 'r');
    try {
      const bytes = Buffer.alloc(MOST_BYTES);
      const length = readSync(file, bytes, 0, MOST_BYTES, offset);
      const [line = ''] = bytes.toString('utf8', 0, length).split('\n');
      const tokens = line.split(' ');
      if (Number(tokens[0]) !== offset)
        throw new Error(`WordNet's ${name} is another release than its index`);
      const count = Number.parseInt(tokens[3] ?? '', 16);
      return Array.from({ length: count }, (_, at) => tokens[4 + 2 * at] ?? '');
    } finally {
      closeSync(file);
    }
  }
}

/** `lemma pos count pointers symbols… senses tagged offsets…`; lines are sorted by bytes. */
function offsetsOf(index: Buffer, word: string): number[] {
  // The licence's lines begin with blanks.
  if (word === '') return [];
  const key = Buffer.from(`${word} `);
  let low = 0;
  let high = index.length;
  while (low < high) {
    const start = index.lastIndexOf(10, Math.max(0, ((low + high) >> 1) - 1)) + 1;
    const found = index.indexOf(10, start);
    const end = found < 0 ? index.length : found;
    const order = key.compare(index, start, Math.min(end, start + key.length));
    if (order === 0) {
      const tokens = index.toString('utf8', start, end).trim().split(/\s+/);
      return tokens.slice(-Number(tokens[2])).map(Number);
    }
    if (order < 0) high = Math.min(start, high - 1);
    else low = end + 1;
  }
  return [];
}
