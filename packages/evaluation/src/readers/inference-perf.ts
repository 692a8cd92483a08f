/** kubernetes-sigs/inference-perf: `summary_lifecycle_metrics.json` and `stage_N_lifecycle_metrics.json`. Its times are seconds. */
import { isObject, type EvalMetric } from '../model.ts';
import { asFields, countOf, type Fields, type ReadContext } from './fields.ts';
import { LoadMetrics, statisticName } from './load.ts';

export function isInferencePerf(data: Fields): boolean {
  return isObject(data['load_summary']) && isObject(data['successes']) && isObject(data['failures']);
}

/** Its ITL is raw gaps, our `inter_chunk_ms`; NTPOT (the whole time by tokens) is nobody else's. */
const TIMES: Readonly<Record<string, string>> = {
  request_latency: 'e2e_ms',
  time_to_first_token: 'ttft_ms',
  time_per_output_token: 'tpot_ms',
  inter_token_latency: 'inter_chunk_ms',
  normalized_time_per_output_token: 'normalized_tpot_ms',
};
const RATES: Readonly<Record<string, string>> = {
  requests_per_sec: 'requests_per_second',
  output_tokens_per_sec: 'tokens_per_second',
  total_tokens_per_sec: 'total_tokens_per_second',
};

export function readInferencePerf(data: Fields, context: ReadContext): EvalMetric[] {
  const successes = asFields(data['successes']);
  const succeeded = countOf(successes['count']);
  const failed = countOf(asFields(data['failures'])['count']);
  if (succeeded === undefined || failed === undefined)
    throw new Error('fields successes.count and failures.count are no counts');
  const load = new LoadMetrics({ succeeded, failed }, context);
  const latency = asFields(successes['latency']);
  for (const [field, name] of Object.entries(TIMES)) {
    if (!(field in latency)) continue;
    const at = `successes.latency.${field}`;
    // Without a success the group is null: its mean is owed all the same.
    if (!isObject(latency[field])) load.add(`${name}.mean`, latency[field], at);
    for (const [statistic, value] of Object.entries(asFields(latency[field]))) {
      const suffix = statisticName(statistic);
      if (suffix !== undefined) load.add(`${name}.${suffix}`, value, `${at}.${statistic}`, 1000);
    }
  }
  const throughput = asFields(successes['throughput']);
  for (const [field, name] of Object.entries(RATES))
    if (field in throughput) load.add(name, throughput[field], `successes.throughput.${field}`);
  return load.metrics;
}
