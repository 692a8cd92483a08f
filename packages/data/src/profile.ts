/** A column's profile, built while rows pass and fixed in size. */
import { CommonKeys, FirstKeys, Moments, Reservoir } from './sketches.ts';
import { cellText, isNull, textsIn, type Cell, type Row } from './rows.ts';
import { lengthOf, wordsOf } from './words.ts';

export type ColumnKind = 'number' | 'category' | 'text' | 'empty';

/** Values kept per column for quantiles and comparisons; later columns of wide tables keep fewer. */
const SAMPLE = 20_000;
const WIDE_FROM = 100;
const WIDE_SAMPLE = 2_000;
const MOST_VALUES = 1_000;
const MOST_WORDS = 5_000;
/** Values longer than this are texts, never categories. */
const CATEGORY_CHARACTERS = 100;
const CATEGORIES = 50;

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
  seen = 0;
  long = false;
  private readonly name: string;

  constructor(name: string, sample: number) {
    this.name = name;
    this.numberSample = new Reservoir(sample);
    this.lengthSample = new Reservoir(sample);
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
    const text = typeof cell === 'string' ? cell : textsIn(cell).join('\n') || cellText(cell);
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
    const { name, numbers, numberSample, lengths, lengthSample, values, words } = this;
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
    };
  }

  private kind(): ColumnKind {
    const filled = this.numbers.count + this.texts;
    if (filled === 0) return 'empty';
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
  rows = 0;

  add(row: Row, typed: boolean): void {
    this.rows++;
    for (const [name, cell] of row.values) {
      let column = this.columns.get(name);
      if (column === undefined) {
        column = new ColumnBuilder(name, this.columns.size < WIDE_FROM ? SAMPLE : WIDE_SAMPLE);
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
