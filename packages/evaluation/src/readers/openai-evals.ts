/** The log of openai/evals' `oaieval` (LocalRecorder of evals/record.py): a `spec` line, events, a `final_report` line. */
import { finite, isObject, itemsThatAddUp, type EvalMetric } from '../model.ts';
import { asFields, fieldMetric, slug, textOf, type Fields, type ReadContext } from './fields.ts';

export function isOpenAiEvals(rows: readonly Fields[]): boolean {
  return isObject(rows[0]?.['spec']) && ('eval_name' in rows[0]['spec'] || 'run_id' in rows[0]['spec']);
}

/**
 * The numbers of the final report, with the samples of `match` and `metrics` events behind them where they add up.
 *
 * @throws Error without a final report (the run broke off), and where an event stands twice
 */
export function readOpenAiEvals(rows: readonly Fields[], { source, notes }: ReadContext): EvalMetric[] {
  const report = rows.findLast((row) => isObject(row['final_report']))?.['final_report'];
  if (!isObject(report)) throw new Error('has no final_report line: the run broke off or the file was cut');
  const scores = scoresOf(rows);
  const errors = rows.filter((row) => row['type'] === 'error').length;
  const spec = asFields(rows[0]?.['spec']);
  const setup = Object.fromEntries(
    ['base_eval', 'split'].flatMap((key) =>
      textOf(spec[key]) === undefined ? [] : [[key, String(spec[key])]],
    ),
  );
  if (errors > 0) notes.push(`${source}: ${errors} events of type error; their samples are in no metric`);
  return Object.entries(report).flatMap(([key, raw]): EvalMetric[] => {
    // `boostrap_std` is how the tool spells it.
    if (
      /^boo?tstrap_std$/u.test(key) ||
      /^boostrap_std$/u.test(key) ||
      (typeof raw === 'object' && raw !== null)
    )
      return [];
    if (typeof raw === 'string' && finite(Number(raw)) === null && !/^(?:NaN|-?Infinity|N\/A)$/u.test(raw))
      return [];
    const metric = fieldMetric(slug(key), raw, {
      source,
      field: `final_report.${key}`,
      ...(Object.keys(setup).length > 0 ? { setup } : {}),
    });
    if (errors > 0 && metric.value !== null) {
      metric.value = null;
      metric.missing = `${errors} samples ended in an error event, and final_report leaves them out`;
    }
    const own = scores.get(key);
    if (own === undefined) return [metric];
    metric.n = own.size;
    const items = itemsThatAddUp(own, metric.value);
    if (items) metric.items = items;
    return [metric];
  });
}

/** Metric -> sample -> score; several events of one sample are averaged. */
function scoresOf(rows: readonly Fields[]): Map<string, Map<string, number>> {
  const found = new Map<string, Map<string, number[]>>();
  const seen = new Set<string>();
  for (const row of rows) {
    const { type, sample_id: sample, event_id: event, run_id: run } = row;
    if (typeof type !== 'string' || typeof sample !== 'string') continue;
    if (seen.has(`${String(run)} ${String(event)}`))
      throw new Error(`holds event ${String(event)} twice (field event_id)`);
    seen.add(`${String(run)} ${String(event)}`);
    const data = asFields(row['data']);
    const entries =
      type === 'match'
        ? [['accuracy', data['correct']] as const]
        : type === 'metrics'
          ? Object.entries(data)
          : [];
    for (const [name, raw] of entries) {
      const score = typeof raw === 'boolean' ? Number(raw) : finite(raw);
      if (score === null) continue;
      const samples = found.get(name) ?? new Map<string, number[]>();
      found.set(name, samples.set(sample, [...(samples.get(sample) ?? []), score]));
    }
  }
  return new Map(
    [...found].map(([name, samples]) => [
      name,
      new Map([...samples].map(([id, all]) => [id, all.reduce((a, b) => a + b, 0) / all.length])),
    ]),
  );
}
