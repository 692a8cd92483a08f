/** The numbers of a load run, level by level: `load.c4.ttft_ms.p95`. What isn't measured is null, never 0. */
import { moments } from '@sluice/statistics/mean';
import { distribution, share, type RunMetric } from '../runs/metrics.ts';
import { comparisonMetrics } from './compare.ts';
import type { LoadLevel } from './level.ts';
import { chunkGaps, ERROR_KINDS, sinceDue, timePerToken, tokenRate, type LoadSample } from './sample.ts';
import { isGood } from './slo.ts';

/**
 * Requests and tokens per second are of what ended in the measured time, times and errors of what began in it.
 *
 * @param pricePerHour of the machine: gives `cost.per_mtok`, the price of a million answer tokens
 * @param baseline the same levels of the server that is compared with, run by turns
 */
export function computeLoadMetrics(
  levels: readonly LoadLevel[],
  {
    pricePerHour,
    baseline = [],
  }: { pricePerHour?: number | undefined; baseline?: readonly LoadLevel[] } = {},
): Record<string, RunMetric> {
  return Object.fromEntries(
    levels.flatMap((level, index) => {
      const other = baseline[index];
      const metrics = {
        ...levelMetrics(level, pricePerHour),
        ...(other === undefined ? {} : comparisonMetrics(level, other)),
      };
      return Object.entries(metrics).map(([name, metric]) => [`load.${level.name}.${name}`, metric]);
    }),
  );
}

function levelMetrics(level: LoadLevel, pricePerHour: number | undefined): Record<string, RunMetric> {
  const { samples, durationMs, slos } = level;
  const began = samples.filter((sample) => sample.began);
  const complete = began.filter((sample) => sample.complete);
  const done = samples.filter((sample) => sample.ended && sample.complete);
  const seconds = durationMs / 1000;
  const tokensPerSecond = tokenRate(done, seconds);
  const good = began.filter((sample) => isGood(sample, slos)).length;
  const rate = (count: number, unit: string): RunMetric => ({
    value: done.length === 0 || seconds === 0 ? null : count / seconds,
    unit,
    n: done.length,
  });
  return {
    requests: { value: began.length, n: began.length },
    requests_per_second: rate(done.length, 'requests/s'),
    tokens_per_second: { value: tokensPerSecond, unit: 'tokens/s', n: done.length },
    // What one user sees: the inverse of the time per token, request by request.
    tokens_per_second_per_user: meanOf(
      complete.map(timePerToken).map((time) => (time === null || time === 0 ? null : 1000 / time)),
      'tokens/s',
    ),
    error_rate: share(began.length - complete.length, began.length),
    ...Object.fromEntries(
      ERROR_KINDS.map((kind) => [
        `errors.${kind}`,
        {
          value: began.length === 0 ? null : began.filter(({ errorKind }) => errorKind === kind).length,
          n: began.length,
        },
      ]),
    ),
    ...distribution(
      'ttft_ms',
      complete.map((sample) => sinceDue(sample, sample.ttftMs)),
    ),
    ...distribution(
      'ttfb_ms',
      complete.map((sample) => sinceDue(sample, sample.ttfbMs)),
    ),
    ...distribution('tpot_ms', complete.map(timePerToken)),
    ...distribution('inter_chunk_ms', complete.flatMap(chunkGaps)),
    ...distribution(
      'e2e_ms',
      complete.map((sample) => sinceDue(sample, sample.e2eMs)),
    ),
    ...turnMetrics(level, began),
    'prompt_tokens.mean': meanOf(
      complete.map(({ promptTokens }) => promptTokens),
      'tokens',
    ),
    'output_tokens.mean': meanOf(
      complete.map(({ outputTokens }) => outputTokens),
      'tokens',
    ),
    ...(level.open
      ? distribution(
          'schedule_error_ms',
          began.map(({ lateMs }) => lateMs),
        )
      : {}),
    ...(slos.length === 0
      ? {}
      : { goodput_share: share(good, began.length), goodput: rate(good, 'requests/s') }),
    ...(level.name === 'sweep'
      ? { rate: { value: level.sweep?.best ?? null, unit: 'requests/s', n: began.length } }
      : {}),
    'cost.per_mtok': {
      value:
        tokensPerSecond === null || tokensPerSecond === 0 || pricePerHour === undefined
          ? null
          : (pricePerHour / 3600 / tokensPerSecond) * 1e6,
      n: done.length,
    },
    ...observedMetrics(level, tokensPerSecond),
  };
}

/** Of conversations: later turns carry a longer history, of which a prefix cache may know the beginning. */
function turnMetrics({ turns }: LoadLevel, began: readonly LoadSample[]): Record<string, RunMetric> {
  const numbers = turns < 2 ? [] : Array.from({ length: turns }, (_, at) => at + 1);
  return Object.assign(
    {},
    ...numbers.map((turn) => {
      const mine = began.filter((sample) => sample.turn === turn);
      const complete = mine.filter((sample) => sample.complete);
      const since = (of: 'ttftMs' | 'e2eMs'): (number | null)[] =>
        complete.map((sample) => sinceDue(sample, sample[of]));
      return {
        [`turn${turn}.requests`]: { value: mine.length, n: mine.length },
        ...distribution(`turn${turn}.ttft_ms`, since('ttftMs')),
        ...distribution(`turn${turn}.e2e_ms`, since('e2eMs')),
        [`turn${turn}.prompt_tokens.mean`]: meanOf(
          complete.map(({ promptTokens }) => promptTokens),
          'tokens',
        ),
      };
    }),
  ) as Record<string, RunMetric>;
}

function observedMetrics(level: LoadLevel, tokensPerSecond: number | null): Record<string, RunMetric> {
  const { observed } = level;
  const most = (values: (number | null | undefined)[]): number | null => {
    const known = values.filter((value) => typeof value === 'number');
    return known.length === 0 || known.length < values.length ? null : Math.max(...known);
  };
  const mean = (values: (number | null | undefined)[]): number | null => {
    const known = values.filter((value) => typeof value === 'number');
    return known.length === 0 || known.length < values.length ? null : moments(known).mean;
  };
  const watts = mean(
    observed.map(({ gpu, cpuJoules, seconds }) => {
      const joules = gpu === null ? cpuJoules : gpu.joules;
      return joules === null ? null : joules / seconds;
    }),
  );
  const bytes = most(observed.map(({ gpu }) => gpu?.memoryMaxBytes));
  const n = observed.length;
  return {
    // Of the GPUs where there are any, else of the processor packages; power over the whole run, tokens of its measured part.
    'energy.j_per_token': {
      value:
        watts === null || tokensPerSecond === null || tokensPerSecond === 0 ? null : watts / tokensPerSecond,
      unit: 'J/token',
      n,
    },
    'queue.max': { value: most(observed.map(({ queueMax }) => queueMax)), n },
    'running.max': { value: most(observed.map(({ runningMax }) => runningMax)), n },
    'kv_cache.max': { value: most(observed.map(({ kvCacheMax }) => kvCacheMax)), n },
    prefix_cache_hit_rate: { value: mean(observed.map(({ prefixHitRate }) => prefixHitRate)), n },
    'gpu_memory_gb.max': { value: bytes === null ? null : bytes / 1e9, unit: 'GB', n },
    gpu_utilization: { value: mean(observed.map(({ gpu }) => gpu?.utilizationMean)), n },
  };
}

/** Over what is known. */
function meanOf(values: readonly (number | null)[], unit: string): RunMetric {
  const known = values.filter((value) => value !== null);
  return { value: known.length === 0 ? null : moments(known).mean, unit, n: known.length };
}
