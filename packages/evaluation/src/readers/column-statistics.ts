/** Statistics of columns, as tools that profile data tell them: one set of names for all. */
import { knownFacts } from '../metrics-table.ts';
import { finite, type EvalMetric } from '../model.ts';
import { shorten } from './fields.ts';

export interface ColumnStatistics {
  name: string;
  /** Where in the file, for messages. */
  field: string;
  rows: number;
  nulls: number;
  /** Of the numbers in it, where it holds any; NaN is told as missing. */
  numbers?: {
    count: number;
    mean?: number | undefined;
    deviation?: number | undefined;
    others: Record<string, number | undefined>;
  };
}

/** `rows`, `nulls.rate` of all cells; per column `nulls.rate[name]`, `mean[name]`, `stddev[name]`, `median[name]` … */
export function columnMetrics(
  columns: readonly ColumnStatistics[],
  rows: number,
  source: string,
): EvalMetric[] {
  const cells = columns.reduce((sum, column) => sum + column.rows, 0);
  const nulls = columns.reduce((sum, column) => sum + column.nulls, 0);
  return [
    { name: 'rows', value: rows, n: rows, share: false, source },
    rate('nulls.rate', nulls, cells, source),
    ...columns.flatMap((column) => [
      { ...rate('nulls.rate', column.nulls, column.rows, source), selector: column.name },
      ...numberMetrics(column, source),
    ]),
  ];
}

function rate(name: string, part: number, of: number, source: string): EvalMetric {
  const facts = { ...knownFacts(name), n: of, source };
  return of > 0
    ? { name, value: part / of, ...facts }
    : { name, value: null, missing: 'the profile holds no value', ...facts };
}

function numberMetrics({ name, field, numbers }: ColumnStatistics, source: string): EvalMetric[] {
  if (numbers === undefined || numbers.count === 0) return [];
  const { count, mean, deviation, others } = numbers;
  const spread = finite(deviation);
  return Object.entries({ mean, stddev: deviation, ...others })
    .filter(([, value]) => value !== undefined)
    .map(([statistic, value]) => ({
      name: statistic,
      selector: name,
      value: finite(value),
      ...(finite(value) === null ? { missing: `field ${shorten(`${field}.${statistic}`)} is ${value}` } : {}),
      n: count,
      ...(statistic === 'mean' && spread !== null && count > 1 ? { stderr: spread / Math.sqrt(count) } : {}),
      share: false,
      source,
    }));
}
