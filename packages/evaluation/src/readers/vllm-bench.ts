/** `vllm bench serve --save-result` (keys of vllm/benchmarks/serve.py, 0.11 to 0.19): one object a run, one a line with --append-result. */
import { finite, type EvalMetric } from '../model.ts';
import { asFields, countOf, type Fields, type ReadContext } from './fields.ts';
import { LoadMetrics, statisticName } from './load.ts';

export function isVllmBench(data: Fields): boolean {
  return 'completed' in data && 'request_throughput' in data && 'total_input_tokens' in data;
}

/**
 * vLLM's names to ours. Its ITL is every gap between chunks, which is our `inter_chunk_ms`; its TPOT is
 * (latency - TTFT)/(n - 1), which is our `tpot_ms`; its TTFT ends at the first chunk with `choices`, even an empty one.
 */
const TIMES: Readonly<Record<string, string>> = {
  ttft: 'ttft_ms',
  tpot: 'tpot_ms',
  itl: 'inter_chunk_ms',
  e2el: 'e2e_ms',
};
const RATES: Readonly<Record<string, string>> = {
  request_throughput: 'requests_per_second',
  output_throughput: 'tokens_per_second',
  total_token_throughput: 'total_tokens_per_second',
  request_goodput: 'goodput',
};

/** Several runs of one file are told apart by their load, in brackets. */
export function readVllmBench(runs: readonly Fields[], context: ReadContext): EvalMetric[] {
  return runs.flatMap((run) => readRun(run, context, runs.length > 1 ? loadOf(run) : undefined));
}

function readRun(run: Fields, context: ReadContext, selector: string | undefined): EvalMetric[] {
  const succeeded = countOf(run['completed']);
  const asked = countOf(run['num_prompts']);
  // Versions before `failed` only tell how many were asked.
  const failed =
    countOf(run['failed']) ??
    (asked === undefined || succeeded === undefined ? undefined : Math.max(0, asked - succeeded));
  if (succeeded === undefined) throw new Error(`field completed is no count of requests`);
  const load = new LoadMetrics(
    { succeeded, failed: failed ?? 0, ...(selector === undefined ? {} : { selector }) },
    context,
  );
  for (const [field, raw] of Object.entries(run)) {
    const [, statistic = '', time = ''] =
      /^(mean|median|p[\d.]+)_(ttft|tpot|itl|e2el)_ms$/u.exec(field) ?? [];
    const name = TIMES[time];
    const suffix = statisticName(statistic);
    if (name !== undefined && suffix !== undefined)
      load.add(`${name}.${suffix}`, raw, field, 1, suffix === 'mean' ? run[`std_${time}_ms`] : undefined);
    const rate = Object.hasOwn(RATES, field) ? RATES[field] : undefined;
    // null: no goodput was asked for.
    if (rate !== undefined && raw !== null) load.add(rate, raw, field);
  }
  return load.metrics;
}

function loadOf(run: Fields): string {
  const parts = { rate: run['request_rate'], concurrency: run['max_concurrency'] };
  return Object.entries(asFields(parts))
    .filter(([, value]) => typeof value === 'string' || finite(value) !== null)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(',');
}
