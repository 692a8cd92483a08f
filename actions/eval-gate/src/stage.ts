/** The gate's stage in the release record. */
import type { RulesDecision } from '@sluice/evaluation/decide';
import { metricBounds } from '@sluice/evaluation/bounds';
import type { EvalMetric } from '@sluice/evaluation/model';
import { metricLabel } from '@sluice/evaluation/rules';
import type { ActionContext } from '@sluice/runtime/action';
import { appendStage, type Metric, type RecordStatus, type ReleaseRecord } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';

/** More metrics than this would make the stored record too large (ConfigMaps hold 900 KiB); the digest of the file covers them. */
export const RECORDED_METRICS = 500;

export function recordMetrics(metrics: readonly EvalMetric[], confidence: number): Record<string, Metric> {
  return Object.fromEntries(
    metrics.slice(0, RECORDED_METRICS).map((metric) => {
      const bounds = metric.value === null ? undefined : metricBounds(metric, confidence);
      const entry: Metric = {
        value: metric.value,
        ...(metric.unit === undefined ? {} : { unit: metric.unit }),
        ...(metric.n === undefined ? {} : { n: metric.n }),
        ...(bounds && Number.isFinite(bounds.low) && Number.isFinite(bounds.high)
          ? { low: bounds.low, high: bounds.high }
          : {}),
      };
      return [metricLabel(metric), entry];
    }),
  );
}

/** How each metric was measured (few-shot count, task version …): a later gate compares only with what was measured alike. */
export function recordSetups(
  metrics: readonly EvalMetric[],
): Record<string, Readonly<Record<string, string>>> {
  return Object.fromEntries(
    metrics
      .slice(0, RECORDED_METRICS)
      .flatMap((metric) => (metric.setup === undefined ? [] : [[metricLabel(metric), metric.setup]])),
  );
}

/** Gated when the last stage of every gate let it through, refused as soon as one didn't. */
export function statusWith(record: ReleaseRecord | undefined, name: string, outcome: string): RecordStatus {
  const latest = new Map<string, string>();
  for (const stage of record?.stages ?? [])
    if (stage.action === 'eval-gate') latest.set(stage.name, stage.outcome);
  latest.set(name, outcome);
  return [...latest.values()].every((last) => last === 'success') ? 'gated' : 'refused';
}

export async function appendGate(
  path: string,
  before: ReleaseRecord | undefined,
  name: string,
  decision: RulesDecision,
  metrics: Record<string, Metric>,
  data: Record<string, unknown>,
  run: ActionContext['run'],
): Promise<ReleaseRecord> {
  const { url, id, attempt, sha } = run;
  return appendStage(
    path,
    {
      action: 'eval-gate',
      name,
      at: new Date().toISOString(),
      run: { url, id, attempt, sha },
      unit: before?.unit ?? emptyUnit(),
      verdict: decision.verdict,
      outcome: decision.outcome,
      reasons: decision.reasons,
      metrics,
      data,
    },
    { status: statusWith(before, name, decision.outcome) },
  );
}
