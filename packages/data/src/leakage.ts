/**
 * Rows of an evaluation set that the training data hold too.
 *
 * Exact: the row's words (small letters, no punctuation, NFKC) are those of a training row, or one of its texts of at least
 * 5 words is a text of a training row. Near: they share a run of N words, where N is the length below which 5 % of the
 * evaluation rows lie, at least 8 and at most 13 (Brown et al. 2020, "Language Models are Few-Shot Learners", appendix C). A
 * run that more than 10 evaluation rows share is their template and says nothing. (There, runs in more than 10 training
 * documents were let go; here they count, since a row that is trained on twenty times has leaked.)
 */
import { hash } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import { textsIn, type Row } from './rows.ts';
import { Reservoir } from './sketches.ts';
import { sortedQuantile } from '@sluice/statistics/drift';
import { wordsOf } from './words.ts';

const SHORTEST_TEXT = 5;
const SHORTEST_RUN = 8;
const LONGEST_RUN = 13;
const TEMPLATE_ROWS = 10;
/** The evaluation set lies in memory; training data of any size pass by. */
export const MOST_EVALUATION_ROWS = 200_000;
const MOST_RUNS = 2_000_000;
const EXAMPLES = 5;

export interface Leakage {
  rows: number;
  exact: number;
  /** Rows that are exact or share a run. */
  near: number;
  /** Rows with fewer words than a run: only looked for as a whole. */
  tooShort: number;
  /** Words of a run. */
  run: number;
  /** Share of runs that were kept; below 1 a near row may be overlooked, and it is said. */
  keptRuns: number;
  trainingRows: number;
  examples: { row: number; trainingRow: number; how: 'exact' | 'near' }[];
}

/** Chooses the length of runs from the evaluation rows' own lengths: the first of two passes. */
export class RunLength {
  private readonly lengths = new Reservoir(20_000);

  add(row: Row): void {
    const { length } = rowWords(row);
    if (length > 0) this.lengths.add(length);
  }

  choose(): number {
    const fifth = Math.floor(sortedQuantile(this.lengths.sorted(), 0.05));
    return Math.min(LONGEST_RUN, Math.max(SHORTEST_RUN, Number.isNaN(fifth) ? SHORTEST_RUN : fifth));
  }
}

export class LeakageFinder {
  private readonly run: number;
  private readonly mostRuns: number;
  /** Row or text to its evaluation rows, by a hash of 128 bits. */
  private readonly whole = new Map<string, number[]>();
  private runIds = new Map<number, number>();
  private runRows: number[][] = [];
  /** Runs are kept whose hash is divisible by this; doubled when they are too many. */
  private stride = 1;
  private readonly numbers: number[] = [];
  private readonly exact = new Set<number>();
  private readonly near = new Set<number>();
  private tooShort = 0;
  private trainingRows = 0;
  private readonly examples: Leakage['examples'] = [];

  constructor(run: number, mostRuns = MOST_RUNS) {
    this.run = run;
    this.mostRuns = mostRuns;
  }

  /** A row of the evaluation set; rows without any word are left out. */
  addEvaluation(row: Row): void {
    const words = rowWords(row);
    if (words.length === 0) return;
    if (this.numbers.length >= MOST_EVALUATION_ROWS) {
      throw new ConfigError(
        `input \`data\` has more than ${MOST_EVALUATION_ROWS} rows; \`leakage-against\` keeps them in memory, so give the evaluation set alone`,
      );
    }
    const at = this.numbers.push(row.number) - 1;
    for (const key of keysOf(row, words)) {
      const rows = this.whole.get(key);
      if (rows === undefined) this.whole.set(key, [at]);
      else if (rows.at(-1) !== at) rows.push(at);
    }
    if (words.length < this.run) this.tooShort++;
    for (const code of runsOf(words, this.run)) this.addRun(code, at);
  }

  addTraining(row: Row): void {
    this.trainingRows++;
    const words = rowWords(row);
    for (const key of keysOf(row, words)) {
      for (const at of this.whole.get(key) ?? []) this.mark(this.exact, at, row.number, 'exact');
    }
    for (const code of runsOf(words, this.run)) {
      const id = this.runIds.get(code);
      if (id === undefined) continue;
      const rows = this.runRows[id] ?? [];
      if (rows.length > TEMPLATE_ROWS) continue;
      for (const at of rows) this.mark(this.near, at, row.number, 'near');
    }
  }

  finish(): Leakage {
    const { exact, near, tooShort, run, trainingRows, examples } = this;
    const all = new Set([...exact, ...near]);
    return {
      rows: this.numbers.length,
      exact: exact.size,
      near: all.size,
      tooShort,
      run,
      keptRuns: 1 / this.stride,
      trainingRows,
      examples,
    };
  }

  private addRun(code: number, at: number): void {
    if (code % this.stride !== 0) return;
    const id = this.runIds.get(code);
    if (id === undefined) {
      this.runIds.set(code, this.runRows.push([at]) - 1);
      if (this.runIds.size > this.mostRuns) this.thin();
      return;
    }
    const rows = this.runRows[id];
    // One more than a template has is enough to know it as one.
    if (rows !== undefined && rows.at(-1) !== at && rows.length <= TEMPLATE_ROWS) rows.push(at);
  }

  /** Half of the runs go, chosen by their hash: what is left is a fair sample that training rows meet alike. */
  private thin(): void {
    this.stride *= 2;
    const kept = [...this.runIds].filter(([code]) => code % this.stride === 0);
    this.runRows = kept.map(([, id]) => this.runRows[id] ?? []);
    this.runIds = new Map(kept.map(([code], id) => [code, id]));
  }

  private mark(set: Set<number>, at: number, trainingRow: number, how: 'exact' | 'near'): void {
    if (set.has(at)) return;
    set.add(at);
    if (this.exact.has(at) && how === 'near') return;
    if (this.examples.length < EXAMPLES) this.examples.push({ row: this.numbers[at] ?? 0, trainingRow, how });
  }
}

function rowWords(row: Row): string[] {
  return wordsOf([...row.values.values()].flatMap((cell) => textsIn(cell)).join('\n'));
}

/** Of the whole row, and of each longer text in it. */
function keysOf(row: Row, words: readonly string[]): Set<string> {
  const keys = new Set<string>();
  if (words.length > 0) keys.add(keyOf(words));
  for (const cell of row.values.values()) {
    for (const text of textsIn(cell)) {
      const own = wordsOf(text);
      if (own.length >= SHORTEST_TEXT) keys.add(keyOf(own));
    }
  }
  return keys;
}

function keyOf(words: readonly string[]): string {
  return hash('sha256', words.join(' '), 'buffer').toString('latin1', 0, 16);
}

const BASES = [0x01000193, 0x85ebca6b] as const;

/** A hash of 53 bits for each run of `length` words, rolled on word by word (Karp and Rabin 1987). */
function* runsOf(words: readonly string[], length: number): Generator<number> {
  const codes = words.map(wordCodes);
  let [high, low] = [0, 0];
  let [highOut, lowOut] = [1, 1];
  for (let i = 0; i < length; i++) {
    highOut = Math.imul(highOut, BASES[0]);
    lowOut = Math.imul(lowOut, BASES[1]);
  }
  for (let i = 0; i < codes.length; i++) {
    const [a = 0, b = 0] = codes[i] ?? [];
    const [c = 0, d = 0] = codes[i - length] ?? [];
    high = (Math.imul(high, BASES[0]) + a - Math.imul(c, highOut)) | 0;
    low = (Math.imul(low, BASES[1]) + b - Math.imul(d, lowOut)) | 0;
    if (i >= length - 1) yield (mix(high) >>> 11) * 2 ** 32 + (mix(low) >>> 0);
  }
}

/** Two hashes of a word of 32 bits each: FNV-1a with two beginnings. */
function wordCodes(word: string): [number, number] {
  let [a, b] = [0x811c9dc5, 0x2f0b4c47];
  for (let i = 0; i < word.length; i++) {
    a = Math.imul(a ^ word.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ word.charCodeAt(i), 0x01000193);
  }
  return [a, b];
}

/** MurmurHash3's finaliser: every bit of the sum reaches every bit of the code. */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
