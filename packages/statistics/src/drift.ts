/** Distances and tests between two distributions: of counts in the same bins, or of two samples of numbers. */
import { chiSquareTail } from './gamma.ts';

/** An empty bin counts as this share, so that PSI stays finite (as Evidently and whylogs do). */
export const PSI_FLOOR = 1e-4;

/**
 * Population stability index of counts in the same bins: Σ (q − p) ln(q / p), with p the reference's shares and q the
 * current ones (Siddiqi, "Credit Risk Scorecards", 2006). Shares below `PSI_FLOOR` are raised to it.
 *
 * @returns undefined when a side is empty
 */
export function populationStability(
  reference: readonly number[],
  current: readonly number[],
): number | undefined {
  const [p, q] = [shares(reference), shares(current)];
  if (p === undefined || q === undefined) return undefined;
  return p.reduce((sum, share, i) => {
    const [a, b] = [Math.max(share, PSI_FLOOR), Math.max(q[i] ?? 0, PSI_FLOOR)];
    return sum + (b - a) * Math.log(b / a);
  }, 0);
}

/**
 * Jensen–Shannon distance: the root of the divergence to base 2, from 0 to 1 (Endres and Schindelin 2003), as
 * scipy.spatial.distance.jensenshannon(p, q, base=2).
 *
 * @returns undefined when a side is empty
 */
export function jensenShannon(reference: readonly number[], current: readonly number[]): number | undefined {
  const [p, q] = [shares(reference), shares(current)];
  if (p === undefined || q === undefined) return undefined;
  const towards = (a: number, m: number): number => (a === 0 ? 0 : a * Math.log2(a / m));
  const divergence = p.reduce((sum, a, i) => {
    const b = q[i] ?? 0;
    return sum + towards(a, (a + b) / 2) + towards(b, (a + b) / 2);
  }, 0);
  return Math.sqrt(Math.max(0, divergence / 2));
}

function shares(counts: readonly number[]): number[] | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total > 0 ? counts.map((count) => count / total) : undefined;
}

/**
 * Pearson's chi-square test that two rows of counts have one distribution, without continuity correction; columns that
 * are empty on both sides are left out. As scipy.stats.chi2_contingency(correction=False).
 *
 * @returns undefined when a side is empty or only one column is left
 */
export function chiSquareHomogeneity(
  reference: readonly number[],
  current: readonly number[],
): { statistic: number; df: number; p: number } | undefined {
  const n = reference.reduce((sum, count) => sum + count, 0);
  const m = current.reduce((sum, count) => sum + count, 0);
  let statistic = 0;
  let columns = 0;
  reference.forEach((a, i) => {
    const b = current[i] ?? 0;
    if (a + b === 0) return;
    columns++;
    const [expectedA, expectedB] = [((a + b) * n) / (n + m), ((a + b) * m) / (n + m)];
    statistic += (a - expectedA) ** 2 / expectedA + (b - expectedB) ** 2 / expectedB;
  });
  if (n === 0 || m === 0 || columns < 2) return undefined;
  return { statistic, df: columns - 1, p: chiSquareTail(statistic, columns - 1) };
}

/** Above this many pairs the exact distribution costs too much. */
const EXACT_PAIRS = 25_000_000;

/**
 * Two-sample Kolmogorov–Smirnov test, two-sided, of two sorted samples. The p-value is exact by counting lattice paths
 * (Hodges 1958; ties make it conservative) up to 25 million pairs, beyond that Kolmogorov's limit of √(nm/(n+m))·D.
 */
export function kolmogorovSmirnov(
  x: Float64Array,
  y: Float64Array,
): { statistic: number; p: number; method: 'exact' | 'asymptotic' } | undefined {
  const [n, m] = [x.length, y.length];
  if (n === 0 || m === 0) return undefined;
  // In units of 1/(nm), which are whole numbers: the path count has to compare without rounding.
  let widest = 0;
  for (let i = 0, j = 0; i < n && j < m;) {
    const value = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    while (i < n && (x[i] ?? Infinity) <= value) i++;
    while (j < m && (y[j] ?? Infinity) <= value) j++;
    widest = Math.max(widest, Math.abs(i * m - j * n));
  }
  const statistic = widest / (n * m);
  if (n * m <= EXACT_PAIRS) return { statistic, p: pathsOutside(n, m, widest), method: 'exact' };
  return { statistic, p: kolmogorovTail(Math.sqrt((n * m) / (n + m)) * statistic), method: 'asymptotic' };
}

/** Share of lattice paths from (0,0) to (n,m), all equally likely, that somewhere reach |i·m − j·n| >= widest. */
function pathsOutside(n: number, m: number, widest: number): number {
  if (widest === 0) return 1;
  const row = new Float64Array(m + 1);
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      if (Math.abs(i * m - j * n) >= widest) row[j] = 1;
      else if (i === 0 || j === 0) row[j] = 0;
      // A path to (i,j) came from the left or from below, in proportion to the paths to each.
      else row[j] = ((row[j] ?? 0) * i + (row[j - 1] ?? 0) * j) / (i + j);
    }
  }
  return Math.min(1, row[m] ?? 0);
}

/** Upper tail of Kolmogorov's distribution: 2 Σ (−1)^(k−1) exp(−2k²z²), or its theta transform where that is slow. */
export function kolmogorovTail(z: number): number {
  if (z <= 0) return 1;
  if (z < 1) {
    let sum = 0;
    for (let k = 1; k < 20; k += 2) sum += Math.exp((-(k * k) * Math.PI ** 2) / (8 * z * z));
    return 1 - (Math.sqrt(2 * Math.PI) / z) * sum;
  }
  let sum = 0;
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * z * z);
  return 2 * sum;
}

/**
 * Wasserstein distance of order 1 of two sorted samples, in the unit of the values: the area between their distribution
 * functions, as scipy.stats.wasserstein_distance.
 */
export function wasserstein(x: Float64Array, y: Float64Array): number | undefined {
  const [n, m] = [x.length, y.length];
  if (n === 0 || m === 0) return undefined;
  let [i, j, sum] = [0, 0, 0];
  let before = Math.min(x[0] ?? 0, y[0] ?? 0);
  while (i < n || j < m) {
    const value = Math.min(i < n ? (x[i] ?? 0) : Infinity, j < m ? (y[j] ?? 0) : Infinity);
    sum += Math.abs(i / n - j / m) * (value - before);
    while (i < n && x[i] === value) i++;
    while (j < m && y[j] === value) j++;
    before = value;
  }
  return sum;
}

/**
 * Counts of a sorted sample in the bins between `edges` (ascending): the first bin ends at the first edge, included,
 * the last is what lies above the last edge.
 */
export function countBins(sorted: Float64Array, edges: readonly number[]): number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  let bin = 0;
  for (const value of sorted) {
    while (bin < edges.length && value > (edges[bin] ?? Infinity)) bin++;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

/**
 * Inner edges of `bins` bins that hold equally many of a sorted sample (type 7 quantiles). A value that fills more than
 * a bin gets one of its own, so that a shift off a constant is seen.
 */
export function quantileEdges(sorted: Float64Array, bins: number): number[] {
  const max = sorted.at(-1) ?? -Infinity;
  const quantiles = Array.from({ length: bins - 1 }, (_, k) => sortedQuantile(sorted, (k + 1) / bins));
  const edges = quantiles.flatMap((edge) => {
    if (quantiles.indexOf(edge) !== quantiles.lastIndexOf(edge)) return [nextBelow(edge), edge];
    return edge < max ? [edge] : [];
  });
  return [...new Set(edges)].sort((a, b) => a - b);
}

/** The largest double below a finite one. */
function nextBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

/** The `q`-quantile (0 to 1) of a sorted sample, Hyndman and Fan's type 7; NaN for none. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? NaN;
  return low + (high - low) * (position - below);
}
