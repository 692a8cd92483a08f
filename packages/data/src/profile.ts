/** A column's profile, built while rows pass and fixed in size. */
import { CommonKeys, FirstKeys, ItemReservoir, Moments, Reservoir } from './sketches.ts';
import { cellText, isNull, textsIn, type Cell, type Row } from './rows.ts';
import { isFraction, vectorOf, VectorSample } from './vectors.ts';
import { lengthOf, wordsOf } from './words.ts';

export type ColumnKind = 'number' | 'category' | 'text' | 'vector' | 'empty';

/** Values kept per column for quantiles and comparisons; later columns of wide tables keep fewer. */
const SAMPLE = 20_000;
const WIDE_FROM = 100;
const WIDE_SAMPLE = 2_000;
const MOST_VALUES = 1_000;
const MOST_WORDS = 5_000;
/** Values longer than this are texts, never categories. */
const CATEGORY_CHARACTERS = 100;
const CATEGORIES = 50;
/** Vectors and texts kept for distances of embeddings; wide tables keep fewer. */
const ITEMS = 400;
const WIDE_ITEMS = 50;

export interface ColumnProfile {
  name: string;
  kind: ColumnKind;
  rows: number;
  nulls: number;
  /** Of a number: all values; of a text or category none. */
  numbers: Moments;
  numberSample: Reservoir;
  /** Of texts: characters. */
  lengths: Moments;
  lengthSample: Reservoir;
  values: FirstKeys;
  words: CommonKeys;
  /** Lists of numbers, all of one length in a column of kind vector. */
  vectors: VectorSample;
  /** Texts themselves, only of columns that were asked for. */
  texts: ItemReservoir<string> | undefined;
}

class ColumnBuilder {
  nulls = 0;
  texts = 0;
  readonly numbers = new Moments();
  readonly numberSample: Reservoir;
  readonly lengths = new Moments();
  readonly lengthSample: Reservoir;
  readonly values = new FirstKeys(MOST_VALUES);
  readonly words = new CommonKeys(MOST_WORDS);
  readonly vectors: VectorSample;
  readonly kept: ItemReservoir<string> | undefined;
  seen = 0;
  long = false;
  private readonly name: string;

  constructor(name: string, sample: number, items: number, keepsTexts: boolean) {
    this.name = name;
    this.numberSample = new Reservoir(sample);
    this.lengthSample = new Reservoir(sample);
    this.vectors = new VectorSample(items);
    this.kept = keepsTexts ? new ItemReservoir(items) : undefined;
  }

  add(cell: Cell | undefined, typed: boolean): void {
    this.seen++;
    if (isNull(cell)) {
      this.nulls++;
      return;
    }
    const number = numberOf(cell, typed);
    if (number !== undefined) {
      this.numbers.add(number);
      this.numberSample.add(number);
      this.values.add(String(number));
      return;
    }
    this.texts++;
    if (typeof cell === 'boolean') {
      this.values.add(String(cell));
      return;
    }
    const vector = cell === undefined ? undefined : vectorOf(cell, typed);
    if (vector !== undefined) {
      this.vectors.add(vector);
      // Fractions have no vocabulary; whole numbers may be a text's tokens.
      if (vector.some(isFraction)) return;
    }
    const text = typeof cell === 'string' ? cell : textsIn(cell).join('\n') || cellText(cell);
    this.kept?.add(() => text);
    this.addText(text);
  }

  private addText(text: string): void {
    const length = lengthOf(text);
    this.lengths.add(length);
    this.lengthSample.add(length);
    if (length > CATEGORY_CHARACTERS) this.long = true;
    else this.values.add(text);
    for (const word of wordsOf(text)) this.words.add(word);
  }

  /** Rows in which the column never came are null too. */
  finish(rows: number): ColumnProfile {
    const { name, numbers, numberSample, lengths, lengthSample, values, words, vectors, kept } = this;
    const nulls = this.nulls + rows - this.seen;
    return {
      name,
      kind: this.kind(),
      rows,
      nulls,
      numbers,
      numberSample,
      lengths,
      lengthSample,
      values,
      words,
      vectors,
      texts: kept,
    };
  }

  private kind(): ColumnKind {
    const filled = this.numbers.count + this.texts;
    if (filled === 0) return 'empty';
    if (this.vectors.areEmbeddings && this.vectors.count === filled) return 'vector';
    // A few texts among numbers (`n/a`) leave it a column of numbers.
    if (this.numbers.count >= 0.95 * filled) return 'number';
    const distinct = this.values.distinct;
    const few = distinct !== undefined && distinct <= CATEGORIES && (distinct <= 2 || distinct <= filled / 2);
    return !this.long && few ? 'category' : 'text';
  }
}

/** A cell as a number: numbers themselves, instants in milliseconds since 1970; in CSV also a text that is written as one. */
export function numberOf(cell: Cell | undefined, typed: boolean): number | undefined {
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : undefined;
  if (typeof cell === 'bigint') return Number(cell);
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? undefined : cell.getTime();
  if (typed || typeof cell !== 'string' || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/u.test(cell))
    return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

export class ProfileBuilder {
  private readonly columns = new Map<string, ColumnBuilder>();
  private readonly keep: ReadonlySet<string>;
  rows = 0;

  /** @param keep columns of which texts are kept, a sample of each */
  constructor(keep: ReadonlySet<string> = new Set()) {
    this.keep = keep;
  }

  add(row: Row, typed: boolean): void {
    this.rows++;
    for (const [name, cell] of row.values) {
      let column = this.columns.get(name);
      if (column === undefined) {
        const isWide = this.columns.size >= WIDE_FROM;
        const [sample, items] = isWide ? [WIDE_SAMPLE, WIDE_ITEMS] : [SAMPLE, ITEMS];
        column = new ColumnBuilder(name, sample, items, this.keep.has(name));
        this.columns.set(name, column);
      }
      column.add(cell, typed);
    }
  }

  get width(): number {
    return this.columns.size;
  }

  finish(): ColumnProfile[] {
    return [...this.columns.values()].map((column) => column.finish(this.rows));
  }
}
