/** Distances and a test between two samples of vectors, such as embeddings of texts. */
import { createRandom } from './xoshiro.ts';

export interface MeanDiscrepancy {
  /** Unbiased estimate of MMD²: around 0 for two samples of one distribution (it may lie below), at most 2. */
  statistic: number;
  /** By permutation, never below 1 / (draws + 1). */
  p: number;
  /** Width of the kernel, in the vectors' unit. */
  width: number;
}

/** Draws that keep p-values down to 0.0002 apart. */
export const PERMUTATIONS = 4999;

/**
 * Maximum mean discrepancy of two samples of vectors (Gretton et al. 2012, "A kernel two-sample test", Lemma 6): with
 * k(a, b) = exp(−|a − b|² / (2σ²)) and σ the median distance within both samples together (their section 8),
 *
 * MMD² = Σ_{i≠j} k(xᵢ, xⱼ) / m(m−1) + Σ_{i≠j} k(yᵢ, yⱼ) / n(n−1) − 2 Σ k(xᵢ, yⱼ) / mn.
 *
 * The p-value counts random divisions of all vectors into m and n that are as far apart, p = (hits + 1)/(draws + 1)
 * (Phipson and Smyth 2010).
 *
 * @param x vectors of one length
 * @param y vectors of the same length
 * @returns undefined when a side has fewer than two
 */
export function meanDiscrepancy(
  x: readonly Float64Array[],
  y: readonly Float64Array[],
  { draws = PERMUTATIONS, seed = 1 }: { draws?: number; seed?: number } = {},
): MeanDiscrepancy | undefined {
  if (x.length < 2 || y.length < 2) return undefined;
  // The smaller sample's pairs are what a draw has to sum; the statistic is the same from either side.
  const [few, many] = x.length <= y.length ? [x, y] : [y, x];
  const { kernel, width } = kernelOf([...few, ...many]);
  const sums = new PairSums(kernel, few.length, many.length);
  const order = Int32Array.from({ length: sums.size }, (_, at) => at);
  const statistic = sums.discrepancy(order);
  const random = createRandom(seed);
  // Rounding alone must not tell a division from itself.
  const bar = statistic - 1e-12;
  let hits = 0;
  for (let draw = 0; draw < draws; draw++) {
    for (let at = 0; at < few.length; at++) {
      const other = at + random.below(sums.size - at);
      const moved = order[at] as number;
      order[at] = order[other] as number;
      order[other] = moved;
    }
    if (sums.discrepancy(order) >= bar) hits++;
  }
  return { statistic, p: (hits + 1) / (draws + 1), width };
}

/** Sums of a kernel within and between two groups; what doesn't depend on the division is summed once. */
class PairSums {
  readonly size: number;
  private readonly kernel: Float64Array;
  private readonly few: number;
  private readonly many: number;
  /** Per vector: its kernel with all others. */
  private readonly rows: Float64Array;
  private readonly all: number;

  constructor(kernel: Float64Array, few: number, many: number) {
    this.size = few + many;
    [this.kernel, this.few, this.many] = [kernel, few, many];
    this.rows = new Float64Array(this.size);
    for (let i = 0; i < this.size; i++) {
      let sum = 0;
      for (let j = 0; j < this.size; j++) if (j !== i) sum += kernel[i * this.size + j] as number;
      this.rows[i] = sum;
    }
    this.all = this.rows.reduce((sum, row) => sum + row, 0) / 2;
  }

  /** Of the division whose smaller group is the first of `order`; sorted, so that memory is read in order. */
  discrepancy(order: Int32Array): number {
    const { kernel, few, many, rows, size } = this;
    const group = order.slice(0, few).sort();
    let within = 0;
    let touching = 0;
    for (let a = 0; a < few; a++) {
      const i = group[a] as number;
      touching += rows[i] as number;
      const start = i * size;
      for (let b = 0; b < a; b++) within += kernel[start + (group[b] as number)] as number;
    }
    const between = touching - 2 * within;
    const rest = this.all - within - between;
    return (2 * within) / (few * (few - 1)) + (2 * rest) / (many * (many - 1)) - (2 * between) / (few * many);
  }
}

/** All pairs' kernel, of the width that the median of their distances gives; vectors that are all alike have width 0. */
function kernelOf(vectors: readonly Float64Array[]): { kernel: Float64Array; width: number } {
  const size = vectors.length;
  const kernel = new Float64Array(size * size);
  const squares = new Float64Array((size * (size - 1)) / 2);
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const square = squaredDistance(vectors[i] as Float64Array, vectors[j] as Float64Array);
      kernel[i * size + j] = kernel[j * size + i] = squares[at++] = square;
    }
  }
  const width = medianDistance(squares);
  // Where more than half of all pairs are the same vector, only the same are alike.
  const scale = width > 0 ? -1 / (2 * width * width) : -Infinity;
  for (let i = 0; i < kernel.length; i++)
    kernel[i] = kernel[i] === 0 ? 1 : Math.exp((kernel[i] as number) * scale);
  return { kernel, width };
}

function medianDistance(squares: Float64Array): number {
  const sorted = squares.slice().sort();
  const middle = sorted.length >> 1;
  const high = Math.sqrt(sorted[middle] as number);
  return sorted.length % 2 === 1 ? high : (Math.sqrt(sorted[middle - 1] as number) + high) / 2;
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/**
 * Cosine distance of the two samples' mean vectors, 1 − cos: 0 for the same direction, 2 for the opposite one.
 *
 * @returns undefined when a side is empty or its mean is 0
 */
export function meanCosineDistance(
  x: readonly Float64Array[],
  y: readonly Float64Array[],
): number | undefined {
  const [a, b] = [meanVector(x), meanVector(y)];
  if (a === undefined || b === undefined) return undefined;
  let [dot, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    const other = b[i] as number;
    dot += value * other;
    aa += value * value;
    bb += other * other;
  });
  return aa === 0 || bb === 0 ? undefined : 1 - dot / Math.sqrt(aa * bb);
}

function meanVector(vectors: readonly Float64Array[]): Float64Array | undefined {
  const [first] = vectors;
  if (first === undefined) return undefined;
  const mean = new Float64Array(first.length);
  for (const vector of vectors)
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (vector[i] as number);
  return mean.map((sum) => sum / vectors.length);
}
