/** Runs of trackers: W&B's `wandb-summary.json` and MLflow's run as its REST API tells it. */
import { isObject, type EvalMetric } from '../model.ts';
import { asFields, fieldMetric, listOf, textOf, type Fields, type ReadContext } from './fields.ts';

export function isWandbSummary(data: Fields): boolean {
  return '_wandb' in data || ('_step' in data && '_timestamp' in data);
}

/** Flat numbers, and `{min, max, mean, last, best}` where `define_metric` asked for them; tables and media are no metrics. */
export function readWandbSummary(data: Fields, { source }: ReadContext): EvalMetric[] {
  const metrics = Object.entries(data).flatMap(([key, raw]): EvalMetric[] => {
    if (key.startsWith('_')) return [];
    if (typeof raw === 'number' || raw === null || isNoNumber(raw))
      return [fieldMetric(key, raw, { source, field: key })];
    if (!isObject(raw) || '_type' in raw) return [];
    return Object.entries(raw).flatMap(([statistic, value]) =>
      typeof value === 'number' || isNoNumber(value)
        ? [fieldMetric(`${key}.${statistic}`, value, { source, field: `${key}.${statistic}` })]
        : [],
    );
  });
  if (metrics.length === 0)
    throw new Error('has no metric: the run logged none, or its summary was not written yet');
  return metrics;
}

function isNoNumber(value: unknown): boolean {
  return typeof value === 'string' && /^(?:NaN|-?Infinity|N\/A)$/u.test(value);
}

/** The answer of `runs/get`, or a run as `mlflow` saves it. */
export function isMlflowRun(data: Fields): boolean {
  const run = asFields(data['run'] ?? data);
  return isObject(run['info']) && 'run_id' in run['info'] && isObject(run['data']);
}

/** 1.797e308 stands for Infinity on servers whose database has none. */
const INFINITE = 1.7e308;

/**
 * The latest value of each metric of a finished run. NaN comes as text, Infinity as the largest double.
 *
 * @throws Error for a run that failed, was killed or is still going, and one without a metric
 */
export function readMlflowRun(data: Fields, { source }: ReadContext): EvalMetric[] {
  const run = asFields(data['run'] ?? data);
  const status = textOf(asFields(run['info'])['status']);
  if (status !== 'FINISHED')
    throw new Error(`field info.status is ${status ?? 'not there'}: only a FINISHED run has all its metrics`);
  const entries = listOf(asFields(run['data'])['metrics']);
  if (entries.length === 0) throw new Error('field data.metrics is empty: the run logged no metric');
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const name = textOf(entry['key']) ?? `metric ${index + 1}`;
    if (seen.has(name)) throw new Error(`field data.metrics names '${name}' twice`);
    seen.add(name);
    const raw = entry['value'];
    const endless = typeof raw === 'number' && Math.abs(raw) >= INFINITE;
    return fieldMetric(name, endless ? 'Infinity' : raw, { source, field: `data.metrics '${name}'` });
  });
}
