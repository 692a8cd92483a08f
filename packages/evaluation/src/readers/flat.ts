import { finite, isObject, type EvalMetric } from '../model.ts';
import { knownFacts } from '../metrics-table.ts';
import { readMetricTable } from './ours.ts';

const MISSING_WORDS = ['NaN', 'Infinity', '-Infinity', 'N/A', ''];

/** `{"accuracy": 0.95, "f1": 0.92}`, or with counts `{"judge.win_rate": {"value": 0.825, "n": 200}}`. */
export function isFlat(data: Record<string, unknown>): boolean {
  // A file whose only number is NaN is one whose metric is missing, not an unknown format.
  return Object.values(data).some(
    (value) =>
      typeof value === 'number' ||
      isMeasured(value) ||
      (typeof value === 'string' && (/^(?:NaN|-?Infinity)$/u.test(value) || isQuoted(value))),
  );
}

/** A number in quotes: not taken for one, but not passed over either. */
function isQuoted(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

function isMeasured(value: unknown): value is Record<string, unknown> {
  return isObject(value) && 'value' in value && !isObject(value['value']) && !Array.isArray(value['value']);
}

/**
 * Numbers become metrics without a sample count. NaN, null and "N/A" are metrics that are missing; what else isn't a
 * number (names, nested objects, W&B's `_step`) is no metric and is named in the notes.
 */
export function readFlat(data: Record<string, unknown>, source: string, notes: string[]): EvalMetric[] {
  const metrics: EvalMetric[] = [];
  const ignored: string[] = [];
  for (const [key, raw] of Object.entries(data)) {
    if (isMeasured(raw)) {
      metrics.push(...readMetricTable({ [key]: raw }, source));
      continue;
    }
    const isMissing =
      raw === null || (typeof raw === 'string' && (MISSING_WORDS.includes(raw) || isQuoted(raw)));
    if (key.startsWith('_') || (typeof raw !== 'number' && !isMissing)) {
      ignored.push(key);
      continue;
    }
    const value = finite(raw);
    const metric: EvalMetric = { name: key, value, source, ...knownFacts(key) };
    if (value === null) {
      metric.missing = `its value is ${raw === null ? 'null' : String(raw) || 'empty'}`;
      if (typeof raw === 'string' && isQuoted(raw))
        metric.missing = `its value is the text "${raw}", not a number`;
    }
    metrics.push(metric);
  }
  if (ignored.length > 0)
    notes.push(`${source}: not numbers, so not metrics: ${ignored.slice(0, 8).join(', ')}`);
  return metrics;
}
