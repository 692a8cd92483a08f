/** Candidate against baseline on every metric that both have, for the record, the summary and the output. Pure. */
import { compareMetric } from '@sluice/evaluation/compare';
import type { EvalMetric } from '@sluice/evaluation/model';
import { metricLabel } from '@sluice/evaluation/rules';

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
  /** Why the two can't be compared fairly. */
  note?: string;
  share?: boolean;
  unit?: string;
}

export function compareAll(
  candidate: readonly EvalMetric[],
  baseline: readonly EvalMetric[],
  confidence: number,
): ComparedMetric[] {
  const there = new Map(baseline.map((metric) => [metricLabel(metric), metric]));
  return candidate.flatMap((metric): ComparedMetric[] => {
    const other = there.get(metricLabel(metric));
    if (other === undefined || other.value === null || metric.value === null) return [];
    const compared = compareMetric(metric, other, confidence);
    const base = {
      metric: metricLabel(metric),
      candidate: metric.value,
      baseline: other.value,
      difference: metric.value - other.value,
      ...(metric.share === undefined ? {} : { share: metric.share }),
      ...(metric.unit === undefined ? {} : { unit: metric.unit }),
    };
    if (compared.kind !== 'difference') return [{ ...base, note: compared.reason }];
    const { low, high, n, method } = compared.difference;
    const bounded = Number.isFinite(low) && Number.isFinite(high);
    return [{ ...base, ...(bounded ? { low, high } : {}), n, method }];
  });
}
