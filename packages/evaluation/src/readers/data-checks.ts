/** Checks of data: Great Expectations, TFDV and WhyLogs. Each gives `tests.*`; `schema.violations` counts what failed. */
import { finite, isObject, type EvalMetric } from '../model.ts';
import {
  asFields,
  contentId,
  countOf,
  fieldMetric,
  listOf,
  shorten,
  textOf,
  type Fields,
  type ReadContext,
} from './fields.ts';
import { testMetrics } from './items.ts';

type Run = { id: string; status: 'passed' | 'failed' | 'errors' };

/** A validation result (great_expectations 0.18 and 1.x), or a checkpoint's, which holds several. */
export function isGreatExpectations(data: Fields): boolean {
  return isValidation(data) || isObject(data['run_results']) || isDescription(data);
}

function isValidation(data: Fields): boolean {
  return (
    typeof data['success'] === 'boolean' &&
    isObject(data['statistics']) &&
    'evaluated_expectations' in data['statistics']
  );
}

/** What a checkpoint's `describe()` of 1.x gives. */
function isDescription(data: Fields): boolean {
  const results = data['validation_results'];
  return Array.isArray(results) && results.length > 0 && results.every((one) => isValidation(asFields(one)));
}

/** `success: true` over no expectation at all is what Great Expectations says of an empty suite: no test, and missing. */
export function readGreatExpectations(data: Fields, context: ReadContext): EvalMetric[] {
  const validations = isValidation(data)
    ? [data]
    : isDescription(data)
      ? listOf(data['validation_results'])
      : Object.values(asFields(data['run_results'])).map((entry) =>
          asFields(asFields(entry)['validation_result'] ?? entry),
        );
  const runs = validations.flatMap((validation, index): Run[] => {
    const results = listOf(validation['results'] ?? validation['expectations']);
    const told = countOf(asFields(validation['statistics'])['evaluated_expectations']);
    if (told !== undefined && told !== results.length)
      throw new Error(
        `field statistics.evaluated_expectations is ${told}, but results holds ${results.length}; it isn't whole`,
      );
    return results.map((result) => {
      const expectation = asFields(result['expectation_config'] ?? result);
      const id = contentId(
        index,
        expectation['type'] ?? expectation['expectation_type'],
        expectation['kwargs'],
      );
      const raised = hasRaised(result['exception_info']);
      return { id, status: raised ? 'errors' : result['success'] === true ? 'passed' : 'failed' };
    });
  });
  return checks(runs, 'results', context);
}

/** Itself, or in 1.x an object for each metric that it was computed from. */
function hasRaised(info: unknown): boolean {
  const all = [info, ...Object.values(asFields(info))].map(asFields);
  return all.some((one) => one['raised_exception'] === true);
}

/** TFDV's anomalies as JSON (`MessageToJson`, tensorflow_metadata anomalies.proto), in either of protobuf's spellings. */
export function isTfdv(data: Fields): boolean {
  return (
    ['anomalyInfo', 'anomaly_info', 'driftSkewInfo', 'drift_skew_info', 'dataMissing', 'data_missing'].some(
      (key) => key in data,
    ) ||
    (isObject(data['baseline']) && 'feature' in data['baseline'])
  );
}

/** `anomalies.errors`, `anomalies.warnings`, `schema.violations` (both), and the drift and skew measured per feature. */
export function readTfdv(data: Fields, { source }: ReadContext): EvalMetric[] {
  if ((data['dataMissing'] ?? data['data_missing']) === true)
    throw new Error('field dataMissing is true: TFDV saw no data');
  const table = asFields(data['anomalyInfo'] ?? data['anomaly_info']);
  const whole = asFields(data['datasetAnomalyInfo'] ?? data['dataset_anomaly_info']);
  const found = [...Object.values(table), ...(Object.keys(whole).length > 0 ? [whole] : [])];
  const severe = (severity: string): number =>
    found.filter((one) => asFields(one)['severity'] === severity).length;
  const count = (name: string, value: number): EvalMetric => ({
    name,
    value,
    source,
    direction: 'lower',
    share: false,
  });
  const drifts = listOf(data['driftSkewInfo'] ?? data['drift_skew_info']).flatMap((info, index) => {
    const feature = asFields(info['path'])['step'];
    const selector = Array.isArray(feature) ? feature.join('.') : `feature ${index + 1}`;
    return (['drift', 'skew'] as const).flatMap((kind) =>
      listOf(info[`${kind}Measurements`] ?? info[`${kind}_measurements`]).map((measured) =>
        fieldMetric(
          `${kind}.${(textOf(measured['type']) ?? 'distance').toLowerCase()}`,
          measured['value'] ?? 0,
          {
            source,
            field: `driftSkewInfo[${index}].${kind}Measurements`,
            selector,
            direction: 'lower',
            share: false,
          },
        ),
      ),
    );
  });
  return [
    count('anomalies.errors', severe('ERROR')),
    count('anomalies.warnings', severe('WARNING')),
    count('schema.violations', found.length),
    ...drifts,
  ];
}

/** The report of WhyLogs' constraints, `[name, passed, failed, summary]` each (whylogs 1.x, ReportResult), or as objects. */
export function isWhyLogsReport(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every((entry) => reportRow(entry) !== undefined);
}

/** @throws Error naming a constraint that stands twice: WhyLogs keeps them by name */
export function readWhyLogsReport(list: readonly unknown[], context: ReadContext): EvalMetric[] {
  const names = list.map((entry) => reportRow(entry)?.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`holds the constraint '${shorten(twice)}' twice`);
  const runs = list.map((entry): Run => {
    const row = reportRow(entry);
    return { id: row?.name ?? '', status: row?.passed === 1 && row.failed === 0 ? 'passed' : 'failed' };
  });
  return checks(runs, 'the report', context);
}

function reportRow(entry: unknown): { name: string; passed: number; failed: number } | undefined {
  const [name, passed, failed] = Array.isArray(entry)
    ? (entry as unknown[])
    : isObject(entry)
      ? [entry['name'], entry['passed'], entry['failed']]
      : [];
  const [good, bad] = [Number(passed), Number(failed)];
  return typeof name === 'string' && good + bad === 1 && (good === 0 || good === 1)
    ? { name, passed: good, failed: bad }
    : undefined;
}

/** WhyLogs' `calculate_drift_scores`: per column `{algorithm, statistic|pvalue, thresholds, drift_category}`, or null. */
export function isWhyLogsDrift(data: Fields): boolean {
  const values = Object.values(data);
  return values.some(isScore) && values.every((value) => value === null || isScore(value));
}

function isScore(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['algorithm'] === 'string' &&
    ('drift_category' in value || 'thresholds' in value)
  );
}

export function readWhyLogsDrift(data: Fields, { source }: ReadContext): EvalMetric[] {
  return Object.entries(data).flatMap(([column, entry]): EvalMetric[] => {
    const score = asFields(entry);
    if (entry === null)
      return [
        {
          name: 'drift',
          selector: column,
          value: null,
          missing: `field ${shorten(column)} is null: no score was had`,
          source,
          share: false,
        },
      ];
    const algorithm = String(score['algorithm']);
    return (['pvalue', 'statistic'] as const).flatMap((key): EvalMetric[] => {
      const raw = score[key];
      if (raw === undefined || raw === null) return [];
      // A small p-value is drift, a large distance is: never one direction for both.
      return [
        fieldMetric(`drift.${algorithm}${key === 'pvalue' ? '_p' : ''}`, finite(raw) ?? raw, {
          source,
          field: `${column}.${key}`,
          selector: column,
          share: false,
          direction: key === 'pvalue' ? 'higher' : 'lower',
        }),
      ];
    });
  });
}

function checks(runs: readonly Run[], what: string, { source }: ReadContext): EvalMetric[] {
  const violations = runs.filter(({ status }) => status !== 'passed').length;
  return [
    ...testMetrics(runs, { source, what }),
    {
      name: 'schema.violations',
      value: runs.length === 0 ? null : violations,
      ...(runs.length === 0 ? { missing: `${what} holds no check` } : {}),
      n: runs.length,
      source,
      direction: 'lower',
      share: false,
    },
  ];
}
