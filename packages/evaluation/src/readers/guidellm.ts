/**
 * GuideLLM's `benchmarks.json`: report version 2 (guidellm 0.5 to 0.8; shapes of src/guidellm/schemas), and version 1 (0.2 to 0.4;
 * src/guidellm/benchmark/benchmark.py of then), whose first ones don't name their version.
 */
import { finite, type EvalMetric } from '../model.ts';
import { asFields, countOf, listOf, shorten, type Fields, type ReadContext } from './fields.ts';
import { LoadMetrics } from './load.ts';

export function isGuideLlm(data: Fields): boolean {
  return (
    Array.isArray(data['benchmarks']) &&
    (listOf(data['benchmarks'])[0] === undefined || 'metrics' in asFields(listOf(data['benchmarks'])[0])) &&
    ('version' in asFields(data['metadata']) || 'args' in data || isFirst(data))
  );
}

/** Version 1 keeps the counts of its requests among the statistics of the run. */
function isFirst(data: Fields): boolean {
  const { version } = asFields(data['metadata']);
  const runs = listOf(data['benchmarks']);
  return (
    (version === undefined || version === 1) && runs.length > 0 && runs.every((run) => 'run_stats' in run)
  );
}

/**
 * Names as ours where the definition is ours too. GuideLLM's TPOT holds the first token's time and its ITL is weighted by
 * tokens, as no other tool's are: both keep their own names. Its percentiles are nearest rank, not interpolated.
 */
const METRICS: Readonly<Record<string, { name: string; times: number }>> = {
  time_to_first_token_ms: { name: 'ttft_ms', times: 1 },
  time_per_output_token_ms: { name: 'guidellm.time_per_output_token_ms', times: 1 },
  inter_token_latency_ms: { name: 'guidellm.inter_token_latency_ms', times: 1 },
  request_latency: { name: 'e2e_ms', times: 1000 },
};
const RATES: Readonly<Record<string, string>> = {
  requests_per_second: 'requests_per_second',
  output_tokens_per_second: 'tokens_per_second',
  tokens_per_second: 'total_tokens_per_second',
};
const PERCENTILES: Readonly<Record<string, string>> = {
  p50: 'p50',
  p90: 'p90',
  p95: 'p95',
  p99: 'p99',
  p999: 'p99_9',
};

export function readGuideLlm(data: Fields, context: ReadContext): EvalMetric[] {
  const version = asFields(data['metadata'])['version'];
  if (version !== 2 && !isFirst(data))
    throw new Error(
      `field metadata.version is ${shorten(version)}; versions 1 and 2 are read (guidellm 0.2 and later), so write it with such a one`,
    );
  const runs = listOf(data['benchmarks']);
  if (runs.length === 0) throw new Error('field benchmarks is empty: no benchmark ran');
  return runs.flatMap((run, index) =>
    readRun(
      run,
      context,
      `benchmarks[${index}].metrics`,
      runs.length > 1 ? strategyOf(run, index) : undefined,
    ),
  );
}

function readRun(run: Fields, context: ReadContext, at: string, selector: string | undefined): EvalMetric[] {
  const metrics = asFields(run['metrics']);
  const { succeeded, failed } = countsOf(run, metrics, at);
  const load = new LoadMetrics(
    { succeeded, failed, ...(selector === undefined ? {} : { selector }) },
    context,
  );
  for (const [field, { name, times }] of Object.entries(METRICS)) {
    // Of version 1 it leaves the first token's time out: one name would stand for two things.
    if (!(field in metrics) || ('run_stats' in run && field === 'time_per_output_token_ms')) continue;
    const group = asFields(asFields(metrics[field])['successful']);
    const where = `${at}.${field}.successful`;
    load.add(`${name}.mean`, absentIfEmpty(group, 'mean'), `${where}.mean`, times, group['std_dev']);
    const percentiles = asFields(group['percentiles']);
    for (const [key, suffix] of Object.entries(PERCENTILES))
      load.add(
        `${name}.${suffix}`,
        absentIfEmpty(group, key, percentiles),
        `${where}.percentiles.${key}`,
        times,
      );
  }
  for (const [field, name] of Object.entries(RATES)) {
    const group = asFields(asFields(metrics[field])['successful']);
    if (field in metrics) load.add(name, group['mean'], `${at}.${field}.successful.mean`);
  }
  return load.metrics;
}

/** Requests without warm-up and cool-down. Version 1 counts errors with both: too many rather than too few. */
function countsOf(run: Fields, metrics: Fields, at: string): { succeeded: number; failed: number } {
  const isFirstVersion = 'run_stats' in run;
  const made = asFields(asFields(run['run_stats'])['requests_made']);
  const totals = isFirstVersion ? made : asFields(metrics['request_totals']);
  const timed = asFields(asFields(metrics['request_latency'])['successful']);
  const succeeded = countOf(isFirstVersion ? timed['count'] : totals['successful']);
  const field = isFirstVersion ? 'request_latency.successful.count' : 'request_totals.successful';
  if (succeeded === undefined) throw new Error(`field ${at}.${field} is no count`);
  return { succeeded, failed: countOf(totals['errored']) ?? 0 };
}

/** A group without an observation is written as zeros. */
function absentIfEmpty(group: Fields, key: string, inside: Fields = group): unknown {
  return finite(group['count']) === 0 ? undefined : inside[key];
}

/** `concurrent@8`, `constant@2.5`, `synchronous`: how the load was made. */
function strategyOf(run: Fields, index: number): string {
  const strategy = asFields(asFields(run['config'] ?? run['args'])['strategy']);
  const type = strategy['type_'] ?? strategy['kind'];
  const amount =
    finite(strategy['streams']) ?? finite(strategy['rate']) ?? finite(strategy['max_concurrency']);
  return typeof type === 'string'
    ? `${type}${amount === null ? '' : `@${amount}`}`
    : `benchmark ${index + 1}`;
}
