/**
 * `profile_export_aiperf.json` of NVIDIA aiperf (schema_version 1.x, JsonExportData) and `profile_export_genai_perf.json` of
 * genai-perf: a metric at the top level is `{unit, avg, p1…p99, min, max, std}`.
 */
import { isObject, type EvalMetric } from '../model.ts';
import { asFields, countOf, listOf, type Fields, type ReadContext } from './fields.ts';
import { LoadMetrics, statisticName } from './load.ts';

export function isAiperf(data: Fields): boolean {
  return 'aiperf_version' in data || (isMetric(data['request_count']) && 'schema_version' in data);
}

export function isGenaiPerf(data: Fields): boolean {
  return !isAiperf(data) && isMetric(data['request_throughput']) && isMetric(data['request_latency']);
}

function isMetric(value: unknown): boolean {
  return isObject(value) && 'avg' in value && 'unit' in value;
}

/** Both tools' inter_token_latency is (latency - TTFT)/(n - 1): others' and our TPOT. */
const TIMES: Readonly<Record<string, string>> = {
  time_to_first_token: 'ttft_ms',
  inter_token_latency: 'tpot_ms',
  inter_chunk_latency: 'inter_chunk_ms',
  request_latency: 'e2e_ms',
};
const RATES: Readonly<Record<string, string>> = {
  request_throughput: 'requests_per_second',
  output_token_throughput: 'tokens_per_second',
  goodput: 'goodput',
};
const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, sec: 1000, us: 1e-3, ns: 1e-6 };

/** @throws Error where the run was cancelled, or a time has a unit that isn't one */
export function readAiperf(data: Fields, context: ReadContext): EvalMetric[] {
  if (data['was_cancelled'] === true) throw new Error('field was_cancelled is true: the run was broken off');
  if (data['is_complete'] === false) throw new Error('field is_complete is false: the run was broken off');
  const errors = listOf(data['error_summary']).reduce(
    (sum, error) => sum + (countOf(error['count']) ?? 0),
    0,
  );
  const failed = countOf(asFields(data['error_request_count'])['avg']) ?? errors;
  const counted = countOf(asFields(data['request_count'])['avg']);
  // genai-perf gives no count of requests; each metric then stands without one.
  const load = new LoadMetrics({ succeeded: counted, failed }, context);
  for (const [field, raw] of Object.entries(data)) {
    const name = Object.hasOwn(TIMES, field) ? TIMES[field] : undefined;
    const group = asFields(raw);
    if (name !== undefined) {
      const times = MILLISECONDS[String(group['unit'])];
      if (times === undefined) throw new Error(`field ${field}.unit is no unit of time`);
      for (const [statistic, value] of Object.entries(group)) {
        const suffix = statisticName(statistic);
        if (suffix !== undefined)
          load.add(
            `${name}.${suffix}`,
            value,
            `${field}.${statistic}`,
            times,
            suffix === 'mean' ? group['std'] : undefined,
          );
      }
    }
    const rate = Object.hasOwn(RATES, field) ? RATES[field] : undefined;
    if (rate !== undefined) load.add(rate, group['avg'], `${field}.avg`);
  }
  if (load.metrics.length === 0) throw new Error('holds no metric of requests');
  return load.metrics;
}

/** aiperf's `profile_export.jsonl` is a line a request, the warm-up's among them: its summary is what is read. */
export function isAiperfRecords(rows: readonly Fields[]): boolean {
  return 'benchmark_phase' in asFields(rows[0]?.['metadata']);
}
