/**
 * TFDV's own files: statistics and anomalies as protobuf's bytes (`.pb`), text (`.pbtxt`) or in a TFRecord, by
 * tensorflow_metadata/proto/v0/{statistics,anomalies,path}.proto.
 */
import type { EvalMetric } from '../model.ts';
import { columnMetrics, type ColumnStatistics } from './column-statistics.ts';
import { readTfdv } from './data-checks.ts';
import type { Fields, ReadContext } from './fields.ts';
import {
  decodeProto,
  first,
  firstNumber,
  messages,
  type ProtoFields,
  type ProtoShape,
} from './proto-message.ts';

const PATH: ProtoShape = { 1: ['step', 'text'] };
const COMMON: ProtoShape = {
  1: ['num_non_missing', 'uint'],
  2: ['num_missing', 'uint'],
  8: ['tot_num_values', 'uint'],
};
const WITH_COMMON: ProtoShape = { 1: ['common_stats', COMMON] };
const STATISTICS: ProtoShape = {
  1: [
    'datasets',
    {
      1: ['name', 'text'],
      2: ['num_examples', 'uint'],
      3: [
        'features',
        {
          1: ['name', 'text'],
          8: ['path', PATH],
          3: [
            'num_stats',
            {
              1: ['common_stats', COMMON],
              2: ['mean', 'double'],
              3: ['std_dev', 'double'],
              5: ['min', 'double'],
              6: ['median', 'double'],
              7: ['max', 'double'],
              8: ['histograms', { 1: ['num_nan', 'uint'] }],
            },
          ],
          4: ['string_stats', WITH_COMMON],
          5: ['bytes_stats', WITH_COMMON],
          7: ['struct_stats', WITH_COMMON],
        },
      ],
    },
  ],
};
const INFO: ProtoShape = { 5: ['severity', ['UNKNOWN', 'WARNING', 'ERROR']] };
const MEASURED: ProtoShape = {
  1: ['type', ['UNKNOWN', 'L_INFTY', 'JENSEN_SHANNON_DIVERGENCE', 'NORMALIZED_ABSOLUTE_DIFFERENCE']],
  2: ['value', 'double'],
};
const ANOMALIES: ProtoShape = {
  1: ['baseline', { 1: ['feature', {}] }],
  2: ['anomaly_info', { 1: ['key', 'text'], 2: ['value', INFO] }],
  3: ['data_missing', 'uint'],
  8: ['dataset_anomaly_info', INFO],
  9: [
    'drift_skew_info',
    { 1: ['path', PATH], 2: ['drift_measurements', MEASURED], 3: ['skew_measurements', MEASURED] },
  ],
};
/** TFDV's name for the whole, beside slices. */
const WHOLE = 'All Examples';

/** Whether a text is one of the two, by its first field. */
export function isTfdvText(text: string): boolean {
  return /^(?:\s|#[^\n]*\n)*(?:datasets|anomaly_info|dataset_anomaly_info|baseline|drift_skew_info|anomaly_name_format|data_missing)\s*[:{<]/u.test(
    text,
  );
}

export async function readTfdvText(text: string, context: ReadContext): Promise<EvalMetric[]> {
  const { parseProtoText } = await import('./proto-text.ts');
  return readFields(parseProtoText(text), context);
}

/** Of a message's bytes; undefined when they are neither. @throws Error for records that are cut, or that are several */
export async function readTfdvBytes(bytes: Buffer, context: ReadContext): Promise<EvalMetric[] | undefined> {
  const { isTfRecord, readTfRecords } = await import('./tf-record.ts');
  if (!isTfRecord(bytes)) return readMessage(bytes, context);
  const records = readTfRecords(bytes);
  const [record] = records;
  if (record === undefined || records.length > 1)
    throw new Error(
      `holds ${records.length} records; name one of statistics, which TFDV writes as a single one`,
    );
  const read = readMessage(record, context);
  if (read === undefined) throw new Error("is a TFRecord, but its record is none of TFDV's statistics");
  return read;
}

/** Both begin with field 1: statistics have features, all else is tried as anomalies. */
function readMessage(bytes: Buffer, context: ReadContext): EvalMetric[] | undefined {
  for (const shape of [STATISTICS, ANOMALIES]) {
    const fields = decoded(bytes, shape);
    if (fields !== undefined && (hasFeatures(fields) || isAnomalies(fields)))
      return readFields(fields, context);
  }
  return undefined;
}

function decoded(bytes: Buffer, shape: ProtoShape): ProtoFields | undefined {
  try {
    return decodeProto(bytes, shape);
  } catch {
    return undefined;
  }
}

const hasFeatures = (fields: ProtoFields): boolean =>
  messages(fields, 'datasets').some((dataset) =>
    messages(dataset, 'features').some((feature) => nameOf(feature) !== ''),
  );
const isAnomalies = (fields: ProtoFields): boolean =>
  messages(fields, 'baseline').some((baseline) => messages(baseline, 'feature').length > 0) ||
  messages(fields, 'anomaly_info').length > 0;

function readFields(fields: ProtoFields, context: ReadContext): EvalMetric[] {
  return 'datasets' in fields ? readStatistics(fields, context) : readTfdv(toAnomalies(fields), context);
}

/** As protobuf's JSON has it, which the other reader knows. */
function toAnomalies(fields: ProtoFields): Fields {
  const info = (entry: ProtoFields | undefined): Fields => ({
    severity: first(entry, 'severity') ?? 'UNKNOWN',
  });
  const measured = (entry: ProtoFields, name: string): Fields[] =>
    messages(entry, name).map((one) => ({ type: first(one, 'type'), value: first(one, 'value') ?? 0 }));
  const whole = messages(fields, 'dataset_anomaly_info')[0];
  return {
    anomalyInfo: Object.fromEntries(
      messages(fields, 'anomaly_info').map((entry) => [
        String(first(entry, 'key')),
        info(messages(entry, 'value')[0]),
      ]),
    ),
    ...(whole === undefined ? {} : { datasetAnomalyInfo: info(whole) }),
    dataMissing: first(fields, 'data_missing') === true || first(fields, 'data_missing') === 1,
    driftSkewInfo: messages(fields, 'drift_skew_info').map((entry) => ({
      path: { step: messages(entry, 'path')[0]?.['step'] ?? [] },
      driftMeasurements: measured(entry, 'drift_measurements'),
      skewMeasurements: measured(entry, 'skew_measurements'),
    })),
  };
}

/** Slices beside the whole are left out, and it is said. @throws Error for statistics without an example */
function readStatistics(fields: ProtoFields, { source, notes }: ReadContext): EvalMetric[] {
  const datasets = messages(fields, 'datasets');
  const chosen = datasets.length === 1 ? datasets[0] : datasets.find((one) => first(one, 'name') === WHOLE);
  if (chosen === undefined)
    throw new Error(
      `holds ${datasets.length} data sets and none called '${WHOLE}'; write the statistics of one`,
    );
  if (datasets.length > 1) notes.push(`${source}: TFDV's ${datasets.length - 1} slices are not read`);
  const rows = firstNumber(chosen, 'num_examples') ?? 0;
  if (rows === 0) throw new Error('field num_examples is 0: TFDV saw no data');
  return columnMetrics(messages(chosen, 'features').map(featureOf), rows, source);
}

const nameOf = (feature: ProtoFields): string =>
  (messages(feature, 'path')[0]?.['step'] ?? feature['name'] ?? []).join('.');

/** NaN is left out of TFDV's mean: it counts as null here. */
function featureOf(feature: ProtoFields): ColumnStatistics {
  const name = nameOf(feature);
  const numbers = messages(feature, 'num_stats')[0];
  const stats =
    numbers ?? ['string_stats', 'bytes_stats', 'struct_stats'].flatMap((kind) => messages(feature, kind))[0];
  const common = messages(stats, 'common_stats')[0];
  const there = firstNumber(common, 'num_non_missing') ?? 0;
  const nans = firstNumber(messages(numbers, 'histograms')[0], 'num_nan') ?? 0;
  const missing = firstNumber(common, 'num_missing') ?? 0;
  const base = { name, field: name, rows: there + missing, nulls: Math.min(missing + nans, there + missing) };
  if (numbers === undefined) return base;
  // proto3 leaves zeros out.
  const of = (field: string): number => firstNumber(numbers, field) ?? 0;
  return {
    ...base,
    numbers: {
      count: Math.max(0, (firstNumber(common, 'tot_num_values') ?? there) - nans),
      mean: of('mean'),
      deviation: of('std_dev'),
      others: { min: of('min'), median: of('median'), max: of('max') },
    },
  };
}
