/** What is kept of a column while its rows pass: fixed in size, exact while it fits, and it says whether it was. */

/**
 * Where the next value of a uniform sample of fixed size goes (Vitter's algorithm R), by a generator with a fixed seed: the
 * same rows give the same sample.
 */
class Slots {
  private readonly capacity: number;
  private state = 0x9e3779b9;
  /** Values that came. */
  count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Undefined: the value isn't kept. */
  next(): number | undefined {
    const at = this.count++;
    if (at < this.capacity) return at;
    const slot = Math.floor(this.random() * this.count);
    return slot < this.capacity ? slot : undefined;
  }

  /** xorshift32 (Marsaglia 2003): plenty for a sample, and the same everywhere. */
  private random(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state / 2 ** 32;
  }
}

/** A uniform sample of numbers, exact as long as no more came than it holds. */
export class Reservoir {
  private readonly capacity: number;
  private readonly slots: Slots;
  private values = new Float64Array(64);

  constructor(capacity: number) {
    this.capacity = capacity;
    this.slots = new Slots(capacity);
  }

  add(value: number): void {
    const slot = this.slots.next();
    if (slot === undefined) return;
    if (slot === this.values.length) this.grow();
    this.values[slot] = value;
  }

  /** Values that came. */
  get count(): number {
    return this.slots.count;
  }

  get isExact(): boolean {
    return this.count <= this.capacity;
  }

  /** Sorted ascending. */
  sorted(): Float64Array {
    return this.values.slice(0, Math.min(this.count, this.capacity)).sort();
  }

  private grow(): void {
    const larger = new Float64Array(Math.min(this.capacity, this.values.length * 4));
    larger.set(this.values);
    this.values = larger;
  }
}

/** A uniform sample of whatever it is given. */
export class ItemReservoir<T> {
  readonly items: T[] = [];
  private readonly slots: Slots;

  constructor(capacity: number) {
    this.slots = new Slots(capacity);
  }

  /** @param make only called for what is kept */
  add(make: () => T): void {
    const slot = this.slots.next();
    if (slot !== undefined) this.items[slot] = make();
  }

  /** How many came. */
  get count(): number {
    return this.slots.count;
  }
}

/**
 * The commonest keys with their counts (Misra and Gries 1982): every key of more than total/(capacity+1) is among them,
 * and no count is too low by more than `error`.
 */
export class CommonKeys {
  private readonly capacity: number;
  private readonly counts = new Map<string, number>();
  total = 0;
  /** By how much a count may be too low: 0 as long as all keys fit. */
  error = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  add(key: string): void {
    this.total++;
    const count = this.counts.get(key);
    if (count !== undefined) {
      this.counts.set(key, count + 1);
    } else if (this.counts.size < this.capacity) {
      this.counts.set(key, 1);
    } else {
      this.error++;
      for (const [other, times] of this.counts) {
        if (times === 1) this.counts.delete(other);
        else this.counts.set(other, times - 1);
      }
    }
  }

  count(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  top(most: number): { key: string; count: number }[] {
    return commonest(this.counts, most);
  }
}

/**
 * Exact counts of the keys that come first; keys beyond the capacity are only counted together. Of a column with few
 * values that is all of them.
 */
export class FirstKeys {
  private readonly capacity: number;
  private readonly counts = new Map<string, number>();
  private overflowed = false;
  total = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  add(key: string): void {
    this.total++;
    const count = this.counts.get(key);
    if (count !== undefined || this.counts.size < this.capacity) this.counts.set(key, (count ?? 0) + 1);
    else this.overflowed = true;
  }

  count(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  /** Distinct keys, undefined when there were more than fit. */
  get distinct(): number | undefined {
    return this.overflowed ? undefined : this.counts.size;
  }

  top(most: number): { key: string; count: number }[] {
    return commonest(this.counts, most);
  }
}

/** Commonest first; of equal ones in order of their names. */
function commonest(counts: ReadonlyMap<string, number>, most: number): { key: string; count: number }[] {
  return [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1))
    .slice(0, most);
}

/** Count, mean, standard deviation and ends of numbers, exact over all of them (Welford 1962). */
export class Moments {
  count = 0;
  mean = 0;
  min = Infinity;
  max = -Infinity;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.squares += delta * (value - this.mean);
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  /** With n − 1; undefined below two values. */
  get deviation(): number | undefined {
    return this.count < 2 ? undefined : Math.sqrt(this.squares / (this.count - 1));
  }
}
