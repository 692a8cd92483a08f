import { drawBinomial } from './binomial-draw.ts';
import { createRandom, type Random } from './xoshiro.ts';

// Taken out of the global once: where code runs in a realm of its own (tests do), each look-up of a global is slow.
const { imul } = Math;

/** Rows that are resampled together: a column of them stays in the first cache of a core, and ten bits name one. */
const BLOCK = 1024;

/**
 * Column sums of bootstrap resamples: each of `draws` takes n of the n rows with replacement and adds them up.
 *
 * How often each block of 1,024 rows is hit is drawn first (a multinomial, as a chain of binomials), then which rows of it:
 * the joint distribution of the counts is that of n free draws, since a multinomial splits like this exactly. It only
 * saves the memory traffic of jumping about in a large table. No Poisson or normal approximation is made.
 *
 * @param rows n × columns values, row by row
 * @returns draws × columns sums, draw by draw
 */
export function resampleSums(
  rows: Float64Array,
  columns: number,
  draws: number,
  seed: number,
): Float64Array<ArrayBuffer> {
  const n = rows.length / columns;
  if (!Number.isInteger(n) || n < 1) {
    throw new RangeError(`rows of ${columns} columns are needed, got ${rows.length} values`);
  }
  const random = createRandom(seed);
  const sums = new Float64Array(draws * columns);
  const blocks = cutBlocks(rows, columns);
  let chosen = new Uint16Array(2 * BLOCK);
  for (let draw = 0; draw < draws; draw++) {
    let left = n;
    let rest = n;
    for (const block of blocks) {
      const size = block[0]?.length ?? 0;
      const hits = size === rest ? left : drawBinomial(left, size / rest, random);
      left -= hits;
      rest -= size;
      if (columns === 1 && size === BLOCK) {
        sums[draw] = (sums[draw] as number) + sumAtOnce(block[0] as Float64Array, hits, random);
        continue;
      }
      if (hits > chosen.length) chosen = new Uint16Array(2 * hits);
      chooseRows(size, hits, random, chosen);
      for (let column = 0; column < columns; column++) {
        const at = draw * columns + column;
        sums[at] = (sums[at] as number) + sumChosen(block[column] as Float64Array, chosen, hits);
      }
    }
  }
  return sums;
}

/** Blocks of rows, each as one array per column. */
function cutBlocks(rows: Float64Array, columns: number): Float64Array[][] {
  const n = rows.length / columns;
  const blocks: Float64Array[][] = [];
  for (let start = 0; start < n; start += BLOCK) {
    const size = Math.min(BLOCK, n - start);
    const block: Float64Array[] = [];
    for (let column = 0; column < columns; column++) {
      const values = new Float64Array(size);
      for (let i = 0; i < size; i++) values[i] = rows[(start + i) * columns + column] as number;
      block.push(values);
    }
    blocks.push(block);
  }
  return blocks;
}

/** The hot loop: xoshiro128** (xoshiro.ts) in local variables, three rows of a full block out of each 32 bits. */
function chooseRows(size: number, hits: number, random: Random, chosen: Uint16Array): void {
  let i = 0;
  if (size === BLOCK) {
    const { state } = random;
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
    for (; i + 3 <= hits; i += 3) {
      const scaled = imul(b, 5);
      const bits = imul((scaled << 7) | (scaled >>> 25), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
      chosen[i] = bits >>> 22;
      chosen[i + 1] = (bits >>> 12) & 1023;
      chosen[i + 2] = (bits >>> 2) & 1023;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
  }
  for (; i < hits; i++) chosen[i] = random.below(size);
}

/** Choosing and adding in one pass over a full block: for one column, writing down what was chosen costs more than it saves. */
function sumAtOnce(block: Float64Array, hits: number, random: Random): number {
  const { state } = random;
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let one = 0;
  let two = 0;
  let three = 0;
  let i = 0;
  for (; i + 3 <= hits; i += 3) {
    const scaled = imul(b, 5);
    const bits = imul((scaled << 7) | (scaled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    one += block[bits >>> 22] as number;
    two += block[(bits >>> 12) & 1023] as number;
    three += block[(bits >>> 2) & 1023] as number;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  for (; i < hits; i++) one += block[random.below(BLOCK)] as number;
  return one + two + three;
}

/** Four sums side by side, so that one addition needn't wait for the other. */
function sumChosen(values: Float64Array, chosen: Uint16Array, hits: number): number {
  let one = 0;
  let two = 0;
  let three = 0;
  let four = 0;
  let i = 0;
  for (; i + 4 <= hits; i += 4) {
    one += values[chosen[i] as number] as number;
    two += values[chosen[i + 1] as number] as number;
    three += values[chosen[i + 2] as number] as number;
    four += values[chosen[i + 3] as number] as number;
  }
  for (; i < hits; i++) one += values[chosen[i] as number] as number;
  return one + two + (three + four);
}
