/** What was measured of data as plain values: the JSON report, and what the HTML shows. Pure. */
import { sortedQuantile } from '@sluice/statistics/drift';
import type { ColumnDrift } from './drift.ts';
import { cutValue, type Finding } from './findings.ts';
import type { Leakage } from './leakage.ts';
import type { PiiCount } from './pii.ts';
import type { ColumnProfile } from './profile.ts';
import type { DataScan } from './scan.ts';

export interface MeasuredDrift {
  /** As rules write it; undefined for `drift-reference`. */
  against: string | undefined;
  reference: string;
  current: string;
  columns: ColumnDrift[];
}

export interface MeasuredData {
  /** Of the input `data`; undefined when only drift was measured. */
  scan: { source: string; revision: string | null; ageDays: number | null; data: DataScan } | undefined;
  drifts: readonly MeasuredDrift[];
  leakage: { against: string; found: Leakage } | undefined;
}

export interface ColumnReport {
  name: string;
  kind: ColumnProfile['kind'];
  nulls: number;
  distinct: number | null;
  numbers: {
    min: number;
    max: number;
    mean: number;
    deviation: number | null;
    quantiles: number[];
    /** Values behind the quantiles: a sample of the column where that is long. */
    sampled: number;
  } | null;
  lengths: { min: number; max: number; mean: number } | null;
  commonest: { value: string; count: number }[];
  outliers: { robust: number; iqr: number; examples: { row: number; value: number }[] } | null;
}

export interface DataReport {
  schemaVersion: 1;
  tool: 'sluice-eval-gate';
  data: {
    source: string;
    revision: string | null;
    files: string[];
    rows: number;
    brokenRows: number;
    duplicates: number;
    ageDays: number | null;
    columns: ColumnReport[];
    findings: Finding[] | null;
    pii: PiiCount[];
  } | null;
  drift: { against: string | null; reference: string; current: string; columns: ColumnDrift[] }[];
  leakage: ({ against: string } & Leakage) | null;
}

const COMMONEST = 10;
export const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/** What may be shown of a value; undefined: nothing (input `texts: none`). */
export type Show = ((text: string) => string) | undefined;

/** Examples of findings were blacked out when they were found. */
export function toReport({ scan, drifts, leakage }: MeasuredData, show: Show): DataReport {
  return {
    schemaVersion: 1,
    tool: 'sluice-eval-gate',
    data:
      scan === undefined
        ? null
        : {
            source: scan.source,
            revision: scan.revision,
            files: scan.data.files.map(({ shown }) => shown),
            rows: scan.data.rows,
            brokenRows: scan.data.brokenRows,
            duplicates: scan.data.duplicates,
            ageDays: scan.ageDays,
            columns: scan.data.columns.map((column) => columnReport(column, scan.data, show)),
            findings:
              scan.data.schema?.findings.map((finding) =>
                show === undefined ? { ...finding, examples: [] } : finding,
              ) ?? null,
            pii: scan.data.pii
              .list()
              .map((found) => (show === undefined ? { ...found, examples: [] } : found)),
          },
    drift: drifts.map(({ against, columns, ...rest }) => ({
      against: against ?? null,
      ...rest,
      columns: columns.map((column) =>
        column.kind === 'number' ? column : { ...column, bins: shownBins(column, show) },
      ),
    })),
    leakage: leakage === undefined ? null : { against: leakage.against, ...leakage.found },
  };
}

function shownBins({ bins }: ColumnDrift, show: Show): ColumnDrift['bins'] {
  return show === undefined ? [] : bins.map((bin) => ({ ...bin, label: show(bin.label) }));
}

function columnReport(column: ColumnProfile, { outliers }: DataScan, show: Show): ColumnReport {
  const { name, kind, nulls, values, numbers, numberSample, lengths } = column;
  const sorted = numberSample.sorted();
  const found = outliers.find((one) => one.column === name);
  return {
    name,
    kind,
    nulls,
    distinct: values.distinct !== undefined && kind !== 'text' && kind !== 'vector' ? values.distinct : null,
    numbers:
      kind === 'number'
        ? {
            min: numbers.min,
            max: numbers.max,
            mean: numbers.mean,
            deviation: numbers.deviation ?? null,
            quantiles: QUANTILES.map((q) => sortedQuantile(sorted, q)),
            sampled: sorted.length,
          }
        : null,
    lengths: lengths.count > 0 ? { min: lengths.min, max: lengths.max, mean: lengths.mean } : null,
    commonest:
      show !== undefined && kind === 'category'
        ? values.top(COMMONEST).map(({ key, count }) => ({ value: cutValue(show(key)), count }))
        : [],
    outliers:
      found === undefined
        ? null
        : { robust: found.robust, iqr: found.iqr, examples: show === undefined ? [] : found.examples },
  };
}
