/**
 * Mean and standard error of values that come in clusters (questions on one passage, repeats of one item):
 * se = sqrt(C/(C−1) · Σ_c (Σ_{i in c} (x_i − mean))²) / n, as Inspect's clustered standard error and Miller 2024 ("Adding
 * error bars to evals", section 2.2), with C − 1 degrees of freedom. Equal to sd/√n where each cluster has one value.
 *
 * @param clusters of each value, in the same order; values of a cluster need not stand together
 * @returns se 0 and df 0 for fewer than two clusters: nothing is known then
 * @throws RangeError when the two aren't of one length
 */
export function clusteredMean(
  values: readonly number[],
  clusters: readonly string[],
): { n: number; mean: number; se: number; df: number } {
  if (values.length !== clusters.length) {
    throw new RangeError(`${values.length} values, but the clusters of ${clusters.length}`);
  }
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const sums = new Map<string, number>();
  values.forEach((value, i) => {
    const cluster = clusters[i] ?? '';
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - mean);
  });
  const count = sums.size;
  if (count < 2) return { n, mean, se: 0, df: 0 };
  const squares = [...sums.values()].reduce((sum, deviation) => sum + deviation * deviation, 0);
  return { n, mean, se: Math.sqrt((count / (count - 1)) * squares) / n, df: count - 1 };
}
