/** What was measured of data, as metrics that rules may name. Pure. */
import type { EvalMetric } from '@sluice/evaluation/model';
import type { Age } from './age.ts';
import type { ColumnDrift } from './drift.ts';
import type { Leakage } from './leakage.ts';
import { PII_KINDS } from './pii.ts';
import type { DataScan } from './scan.ts';
import type { Likeness } from './serving.ts';

const share = (name: string, part: number, of: number, source: string): EvalMetric => ({
  name,
  ...(of > 0 ? { value: part / of, n: of } : { value: null, missing: 'there is nothing to count' }),
  direction: 'lower',
  share: true,
  source,
});

const count = (name: string, value: number, source: string, direction?: 'lower'): EvalMetric => ({
  name,
  value,
  share: false,
  ...(direction === undefined ? {} : { direction }),
  source,
});

/** `data.rows`, `nulls.rate`, `schema.violations`, `outliers.rate`, `pii.*` and per column `data.nulls.<column>`. */
export function scanMetrics(scan: DataScan, source: string): EvalMetric[] {
  const { rows, columns, outliers, pii } = scan;
  const nulls = columns.reduce((sum, column) => sum + column.nulls, 0);
  const robust = outliers.reduce((sum, column) => sum + column.robust, 0);
  const iqr = outliers.reduce((sum, column) => sum + column.iqr, 0);
  const values = outliers.reduce((sum, column) => sum + column.values, 0);
  return [
    { ...count('data.rows', rows, source), n: rows },
    count('data.columns', columns.length, source),
    count('data.broken_rows', scan.brokenRows, source, 'lower'),
    share('data.duplicates', scan.duplicates, rows, source),
    ...(scan.schema === undefined
      ? []
      : [{ ...count('schema.violations', scan.schema.total, source, 'lower'), n: rows }]),
    share('nulls.rate', nulls, rows * columns.length, source),
    share('outliers.rate', robust, values, source),
    share('outliers.iqr_rate', iqr, values, source),
    share('pii.rate', pii.rowsWithAny, rows, source),
    ...PII_KINDS.map((kind) => count(`pii.${kind}`, pii.totalOf(kind), source, 'lower')),
    ...columns.map((column) => share(`data.nulls.${column.name}`, column.nulls, rows, source)),
    ...outliers.map((column) => share(`${column.column}.outliers`, column.robust, column.values, source)),
  ];
}

/** `data.age_days`. */
export function ageMetric(age: Age, source: string): EvalMetric {
  return {
    name: 'data.age_days',
    ...('days' in age ? { value: age.days } : { value: null, missing: age.missing }),
    share: false,
    direction: 'lower',
    source,
  };
}

/** `leakage.exact`, `leakage.near` (which holds the exact ones) and `leakage.rate`, the same as near. */
export function leakageMetrics({ rows, exact, near }: Leakage, source: string): EvalMetric[] {
  return [
    share('leakage.exact', exact, rows, source),
    share('leakage.near', near, rows, source),
    share('leakage.rate', near, rows, source),
  ];
}

/** `tokenizer.equal`, `chat_template.equal`: 1 or 0. */
export function likenessMetrics(parts: readonly Likeness[], source: string): EvalMetric[] {
  return parts.map(({ part, isEqual, text }) => ({
    name: `${part}.equal`,
    ...(isEqual === undefined ? { value: null, missing: text } : { value: isEqual ? 1 : 0 }),
    direction: 'higher',
    share: false,
    source,
  }));
}

/**
 * `<column>.psi`, `<column>.ks_p` … and `drift.max_psi`, which is missing as soon as one column's is.
 *
 * @param against as a rule writes it; undefined: the metrics of rules that say no `against`
 */
export function driftMetrics(
  drifts: readonly ColumnDrift[],
  source: string,
  against: string | undefined,
): EvalMetric[] {
  const named = against === undefined ? {} : { against };
  const each = drifts.flatMap(({ column, values }) =>
    values.map(({ suffix, value, missing, isP }): EvalMetric => ({
      name: `${column}.${suffix}`,
      ...named,
      value,
      ...(missing === undefined ? {} : { missing }),
      direction: isP ? 'higher' : 'lower',
      share: false,
      source,
    })),
  );
  const own = drifts.flatMap(({ column, values }) =>
    values.filter(({ suffix }) => suffix === 'psi').map((psi) => ({ column, ...psi })),
  );
  const lost = own.find(({ value }) => value === null);
  const worst = own.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const value = own.length === 0 || lost !== undefined ? null : worst;
  const missing =
    lost === undefined
      ? 'there is no column to compare'
      : `column ${JSON.stringify(lost.column)} can't be compared: ${lost.missing ?? ''}`;
  const max: EvalMetric = {
    name: 'drift.max_psi',
    ...named,
    value,
    ...(value === null ? { missing } : {}),
    direction: 'lower',
    share: false,
    source,
  };
  return [max, ...each];
}
