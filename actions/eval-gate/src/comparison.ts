/** Candidate against baseline on every metric that both have, for the record, the summary and the output. Pure. */
import { compareMetric } from '@sluice/evaluation/compare';
import { pairedP } from '@sluice/evaluation/compare-items';
import type { EvalMetric } from '@sluice/evaluation/model';
import { metricLabel } from '@sluice/evaluation/rules';
import { holm } from '@sluice/statistics/multiple';

export interface ComparedMetric {
  metric: string;
  candidate: number;
  baseline: number;
  difference: number;
  /** One-sided bounds of the difference; absent where the data allow none. */
  low?: number;
  high?: number;
  n?: number;
  method?: string;
  /** Two-sided p of "no difference" over the same items, adjusted by Holm for all metrics that have one. */
  p?: number;
  /** Why the two can't be compared fairly. */
  note?: string;
  share?: boolean;
  unit?: string;
}

interface Tested {
  row: ComparedMetric;
  p?: number | undefined;
}

export function compareAll(
  candidate: readonly EvalMetric[],
  baseline: readonly EvalMetric[],
  confidence: number,
  clusters?: string,
): ComparedMetric[] {
  const there = new Map(baseline.map((metric) => [metricLabel(metric), metric]));
  const compared = candidate.flatMap((metric): Tested[] => {
    const other = there.get(metricLabel(metric));
    if (other === undefined || other.value === null || metric.value === null) return [];
    const seen = compareMetric(metric, other, confidence, clusters);
    const base = {
      metric: metricLabel(metric),
      candidate: metric.value,
      baseline: other.value,
      difference: metric.value - other.value,
      ...(metric.share === undefined ? {} : { share: metric.share }),
      ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    };
    if (seen.kind !== 'difference') return [{ row: { ...base, note: seen.reason } }];
    const { low, high, n, method } = seen.difference;
    const bounded = Number.isFinite(low) && Number.isFinite(high);
    // Clustered items aren't exchangeable one by one: their p would be too small.
    const p = clusters === undefined ? pairedP(metric, other) : undefined;
    return [{ row: { ...base, ...(bounded ? { low, high } : {}), n, method }, p }];
  });
  return adjust(compared);
}

/** The more metrics are looked at, the more of them differ by chance: Holm's adjustment over all that have a p. */
function adjust(compared: readonly Tested[]): ComparedMetric[] {
  const adjusted = holm(compared.flatMap(({ p }) => p ?? []));
  let next = 0;
  return compared.map(({ row, p }) => {
    if (p === undefined) return row;
    const value = adjusted[next++];
    return value === undefined ? row : { ...row, p: value };
  });
}
