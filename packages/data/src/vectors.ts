/** Cells that are lists of numbers, such as embeddings. */
import { ItemReservoir } from './sketches.ts';
import type { Cell } from './rows.ts';

/** Models of embeddings give up to some 12,000 numbers; longer lists are kept as nothing but their count. */
const MAX_LENGTH = 16_384;

/** A list of at least two finite numbers; in CSV also a text that is written as one (`[0.1, 0.2]`). */
export function vectorOf(cell: Cell, typed: boolean): readonly number[] | undefined {
  const list = typed ? cell : listIn(cell);
  if (!isList(list) || list.length < 2 || list.length > MAX_LENGTH) return undefined;
  const isWhole = list.every((entry) => typeof entry === 'number' && Number.isFinite(entry));
  return isWhole ? Array.from(list as ArrayLike<number>) : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
}

function listIn(cell: Cell): unknown {
  if (typeof cell !== 'string' || !/^\s*\[\s*[-\d.]/u.test(cell)) return cell;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return cell;
  }
}

export const isFraction = (value: number): boolean => !Number.isInteger(value);

/** A uniform sample of a column's vectors; whether they are all of one length, it knows of all. */
export class VectorSample {
  private readonly sample: ItemReservoir<Float64Array>;
  private hasFractions = false;
  private isMixed = false;
  /** Of the first; 0 as long as none came. */
  length = 0;

  constructor(capacity: number) {
    this.sample = new ItemReservoir(capacity);
  }

  add(vector: readonly number[]): void {
    if (this.length === 0) this.length = vector.length;
    if (vector.length !== this.length) this.isMixed = true;
    if (!this.hasFractions) this.hasFractions = vector.some(isFraction);
    this.sample.add(() => Float64Array.from(vector));
  }

  get count(): number {
    return this.sample.count;
  }

  get items(): readonly Float64Array[] {
    return this.sample.items;
  }

  /** Of one length and not all whole numbers: those are choices or tokens. */
  get areEmbeddings(): boolean {
    return this.hasFractions && !this.isMixed;
  }

  /** For reports: whether all are compared. */
  how(other: VectorSample): string {
    const kept = [this.items.length, other.items.length];
    const isAll = this.items.length === this.count && other.items.length === other.count;
    return isAll ? 'all vectors' : `random samples of ${kept.join(' and ')} vectors`;
  }
}
