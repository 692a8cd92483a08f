/** Evidently's snapshot JSON (`snapshot.save_json`/`.json()`, evidently 0.7: `metrics[].{metric_name, config, value}`, `tests[]`). */
import { isObject, type EvalMetric } from '../model.ts';
import {
  asFields,
  fieldMetric,
  listOf,
  shorten,
  slug,
  textOf,
  type Fields,
  type ReadContext,
} from './fields.ts';
import { testMetrics } from './items.ts';

export function isEvidently(data: Fields): boolean {
  const [first] = listOf(data['metrics']);
  return first !== undefined && ('metric_name' in first || 'metric_id' in first) && 'value' in first;
}

/**
 * `<metric>[<column>]` by the metric's type in small letters: `row_count`, `mean_value[age]`, `drifted_columns_count.share`.
 * A column's drift is `drift.p_value[<column>]` where the method gives a p-value (low is drift) and `drift.distance[<column>]`
 * where it gives a distance (high is drift): one number under one name would mean both.
 */
export function readEvidently(data: Fields, { source }: ReadContext): EvalMetric[] {
  const metrics = listOf(data['metrics']).flatMap((entry, index) => metricsOf(entry, index, source));
  const tests = listOf(data['tests']);
  if (tests.length === 0) return metrics;
  const runs = tests.map((test) => {
    const status = String(test['status']).split('.').at(-1)?.toUpperCase();
    return {
      id: textOf(test['name']) ?? shorten(test['id']),
      status:
        status === 'SUCCESS'
          ? ('passed' as const)
          : status === 'FAIL' || status === 'WARNING'
            ? ('failed' as const)
            : ('errors' as const),
    };
  });
  return [...testMetrics(runs, { source, what: 'tests' }), ...metrics];
}

function metricsOf(entry: Fields, index: number, source: string): EvalMetric[] {
  const shown = textOf(entry['metric_name']) ?? textOf(entry['metric_id']) ?? `metric ${index + 1}`;
  const config = asFields(entry['config']);
  const type = textOf(config['type'])?.split(':').at(-1) ?? shown.replace(/\(.*$/su, '');
  const column = textOf(config['column']);
  const selector = column === undefined ? {} : { selector: column };
  const value = entry['value'];
  const field = `metrics[${index}].value`;
  if (type === 'ValueDrift')
    return [
      driftOf(value, {
        source,
        field,
        column,
        method: textOf(config['method']) ?? /method=([^,)]+)/u.exec(shown)?.[1],
      }),
    ];
  const name = snake(type);
  if (!isObject(value)) return [fieldMetric(name, value, { source, field, ...selector })];
  return leaves(value).map(({ path, raw }) =>
    fieldMetric(`${name}.${path.map(slug).join('.')}`, raw, {
      source,
      field: `${field}.${path.join('.')}`,
      ...selector,
    }),
  );
}

/** Numbers, and counts with shares, two levels deep: `{count, share}`, `{values: {a: {count, share}}}`. */
function leaves(value: Fields, path: string[] = []): { path: string[]; raw: unknown }[] {
  return Object.entries(value).flatMap(([key, inner]) => {
    if (isObject(inner)) return path.length < 2 ? leaves(inner, [...path, key]) : [];
    return typeof inner === 'number' || inner === 'NaN' || inner === null
      ? [{ path: [...path, key], raw: inner }]
      : [];
  });
}

interface Drift {
  source: string;
  field: string;
  column: string | undefined;
  method: string | undefined;
}

/** Methods that give a p-value (evidently/legacy/calculations/stattests); all others give distances. */
const P_VALUES =
  /p[_ -]?value|^(?:ks|z|chisquare|cramer_von_mises|anderson|fisher_exact|mannw|t_test|g_test|TVD|es|perc_text_content_drift_p)$/iu;

function driftOf(value: unknown, { source, field, column, method }: Drift): EvalMetric {
  const isP = method !== undefined && P_VALUES.test(method);
  if (method === undefined)
    return {
      ...fieldMetric('drift', null, { source, field }),
      value: null,
      missing: `${field} is a p-value or a distance, and no method says which`,
    };
  return fieldMetric(isP ? 'drift.p_value' : 'drift.distance', value, {
    source,
    field,
    share: false,
    direction: isP ? 'higher' : 'lower',
    ...(column === undefined ? {} : { selector: column }),
  });
}

function snake(type: string): string {
  return slug(type.replace(/(?<=[a-z0-9])(?=[A-Z])/gu, '_'));
}
