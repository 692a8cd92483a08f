/** WhyLogs' profiles as `profile.write()` leaves them (`.bin`, whylogs 1.x: core/view/dataset_profile_view.py). */
import type { EvalMetric } from '../model.ts';
import { columnMetrics, type ColumnStatistics } from './column-statistics.ts';
import type { ReadContext } from './fields.ts';
import { readKll } from './kll-sketch.ts';
import {
  Cursor,
  decodeProto,
  first,
  firstNumber,
  messages,
  takeDelimited,
  type ProtoFields,
  type ProtoShape,
} from './proto-message.ts';

const MAGIC = 'WHY1';
const SEGMENTS: ProtoShape = { 1: ['has_segments', 'uint'] };
const HEADER: ProtoShape = {
  2: ['columns', { 1: ['key', 'text'], 2: ['value', { 1: ['offsets', 'uint'] }] }],
  4: ['length', 'uint'],
  5: ['paths', { 1: ['key', 'uint'], 2: ['value', 'text'] }],
};
const CHUNK_HEADER: ProtoShape = { 1: ['type', 'uint'], 3: ['length', 'uint'] };
const CHUNK: ProtoShape = {
  1: [
    'components',
    {
      1: ['key', 'uint'],
      2: ['value', { 2: ['n', 'uint'], 3: ['d', 'double'], 6: ['kll', { 1: ['sketch', 'bytes'] }] }],
    },
  ],
};
const QUANTILES = { p01: 0.01, p05: 0.05, p25: 0.25, median: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 };

/** @throws Error for a profile that is cut, or holds segments */
export function readWhyLogsProfile(bytes: Buffer, { source }: ReadContext): EvalMetric[] {
  const cursor = new Cursor(bytes.subarray(MAGIC.length));
  if (firstNumber(decodeProto(takeDelimited(cursor), SEGMENTS), 'has_segments') === 1)
    throw new Error('holds segments; write the profile of one of them, or of all without segments');
  const header = decodeProto(takeDelimited(cursor), HEADER);
  const body = cursor.take(cursor.left);
  const length = firstNumber(header, 'length') ?? 0;
  if (length > body.length)
    throw new Error(`is cut: its header tells of ${length} bytes, ${body.length} are there`);
  const paths = new Map(
    messages(header, 'paths').map((entry) => [firstNumber(entry, 'key') ?? 0, first(entry, 'value')]),
  );
  const columns = messages(header, 'columns').map((entry): ColumnStatistics => {
    const offsets = messages(entry, 'value')[0]?.['offsets'] ?? [0];
    const parts = new Map(
      offsets.flatMap((offset) => [...componentsAt(body, typeof offset === 'number' ? offset : 0, paths)]),
    );
    return statisticsOf(String(first(entry, 'key') ?? ''), parts);
  });
  if (columns.length === 0) throw new Error('holds no column');
  return columnMetrics(columns, Math.max(...columns.map(({ rows }) => rows)), source);
}

/** A column's metrics by their paths: `counts/n`, `distribution/mean`. */
function componentsAt(
  body: Buffer,
  offset: number,
  paths: ReadonlyMap<number, unknown>,
): Map<string, ProtoFields> {
  const cursor = new Cursor(body);
  cursor.take(offset);
  const { length = [] } = decodeProto(takeDelimited(cursor), CHUNK_HEADER);
  const chunk = decodeProto(cursor.take(Number(length[0] ?? 0)), CHUNK);
  return new Map(
    messages(chunk, 'components').flatMap((entry) => {
      const path = paths.get(firstNumber(entry, 'key') ?? 0);
      return typeof path === 'string' ? [[path, messages(entry, 'value')[0] ?? {}] as const] : [];
    }),
  );
}

/** Variance is m2 / (n − 1). WhyLogs counts NaN among the nulls, and a column with one has the mean NaN. */
function statisticsOf(name: string, parts: ReadonlyMap<string, ProtoFields>): ColumnStatistics {
  // proto3 leaves zeros out.
  const count = (path: string): number => firstNumber(parts.get(path), 'n') ?? 0;
  const real = (path: string): number => firstNumber(parts.get(path), 'd') ?? 0;
  const sketched = messages(parts.get('distribution/kll'), 'kll')[0];
  const bytes = first(sketched, 'sketch');
  const kll = Buffer.isBuffer(bytes) ? readKll(bytes) : undefined;
  const base = { name, field: name, rows: count('counts/n'), nulls: count('counts/null') };
  if (kll === undefined) return base;
  const deviation = kll.n > 1 ? Math.sqrt(real('distribution/m2') / (kll.n - 1)) : undefined;
  const quantiles = Object.entries(QUANTILES).map(([key, q]) => [key, kll.quantile(q)]);
  return {
    ...base,
    numbers: {
      count: kll.n,
      mean: real('distribution/mean'),
      deviation,
      others: { min: kll.min, max: kll.max, ...(Object.fromEntries(quantiles) as Record<string, number>) },
    },
  };
}
