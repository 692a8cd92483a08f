/** The numbers of a run. What has too few samples is null and says so; nothing missing is ever 0. */
import { percentile, samplesForPercentile } from '@sluice/statistics/percentile';
import { wilson } from '@sluice/statistics/proportion';
import type { Attempt, RunResult } from './run-cases.ts';

/** As in the release record; `insufficient` marks a number that the samples don't carry. */
export interface RunMetric {
  value: number | null;
  unit?: string;
  n?: number;
  low?: number | null;
  high?: number | null;
  insufficient?: true;
  needed?: number;
}

const PERCENTILES = [50, 95, 99] as const;
/** A percentile is told when the samples could carry a claim about it at this confidence. */
export const CONFIDENCE = 0.95;

/** `pricePerHour` of the machine gives the cost of a million answer tokens; without it that has no value. */
export function computeMetrics(
  { cases: all, wallMs }: RunResult,
  pricePerHour?: number,
): Record<string, RunMetric> {
  const cases = all.filter(({ test }) => test.kind !== 'perturbed');
  const functional = cases.filter((result) => result.test.kind === 'functional');
  const badInput = cases.filter((result) => result.test.kind === 'bad-input');
  const attempts = functional.flatMap((result) => result.attempts);
  // A case that was asked once agrees with itself.
  const repeated = cases.filter((result) => result.attempts.length > 1).length;
  const complete = attempts.filter((entry) => entry.answer.complete);
  const count = (status: string): RunMetric => ({
    value: cases.filter((result) => result.status === status).length,
    n: cases.length,
  });
  const passed = (list: typeof cases): number => list.filter((result) => result.status === 'passed').length;
  const kind = (name: Attempt['kind']): number => complete.filter((entry) => entry.kind === name).length;
  const tokens = complete.map((entry) => entry.answer.outputTokens);
  const known = tokens.filter((value) => value !== null);
  const isKnown = known.length > 0 && known.length === tokens.length && wallMs > 0;
  const perSecond = isKnown ? (sum(known) / wallMs) * 1000 : null;
  return {
    'tests.passed': count('passed'),
    'tests.failed': count('failed'),
    'tests.errors': count('error'),
    'tests.total': { value: cases.length, n: cases.length },
    accuracy: share(passed(functional), functional.length),
    'bad_input.rejected_rate': share(passed(badInput), badInput.length),
    flaky_rate: share(cases.filter((result) => result.flaky).length, repeated),
    error_rate: share(attempts.length - complete.length, attempts.length),
    empty_rate: share(kind('empty'), complete.length),
    loop_rate: share(kind('looping'), complete.length),
    refusal_rate: share(kind('refused'), complete.length),
    ...distribution(
      'ttft_ms',
      complete.map((entry) => entry.answer.timings.ttftMs),
    ),
    ...distribution(
      'e2e_ms',
      complete.map((entry) => entry.answer.timings.e2eMs),
    ),
    ...distribution('tpot_ms', complete.map(timePerToken)),
    // Of the server under this load, not of one request: all answer tokens over the time of the whole run.
    tokens_per_second: { value: perSecond, unit: 'tokens/s', n: known.length },
    'cost.per_mtok': {
      value:
        perSecond === null || perSecond === 0 || pricePerHour === undefined
          ? null
          : (pricePerHour / 3600 / perSecond) * 1e6,
      n: known.length,
    },
  };
}

/** (last content - first content) / (tokens - 1); null with fewer than two tokens or without `usage`. */
export function timePerToken({ answer }: Attempt): number | null {
  const { chunksMs } = answer.timings;
  const first = chunksMs[0];
  const last = chunksMs.at(-1);
  const { outputTokens } = answer;
  // All tokens in one chunk: there is no time between them to be seen.
  if (first === undefined || last === undefined || chunksMs.length < 2) return null;
  return outputTokens === null || outputTokens < 2 ? null : (last - first) / (outputTokens - 1);
}

export function distribution(name: string, measured: readonly (number | null)[]): Record<string, RunMetric> {
  const values = measured.filter((value) => value !== null);
  const n = values.length;
  const metrics: Record<string, RunMetric> = {
    [`${name}.mean`]: { value: n === 0 ? null : sum(values) / n, unit: 'ms', n },
  };
  for (const p of PERCENTILES) {
    const needed = samplesForPercentile(p, CONFIDENCE);
    metrics[`${name}.p${p}`] =
      n >= needed
        ? { value: percentile(values, p) ?? null, unit: 'ms', n }
        : { value: null, unit: 'ms', n, insufficient: true, needed };
  }
  return metrics;
}

/** With Wilson's 95 % interval; null of nothing. */
export function share(part: number, whole: number): RunMetric {
  if (whole === 0) return { value: null, n: 0 };
  return { value: part / whole, n: whole, ...wilson(part, whole, CONFIDENCE) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
