/** A level beside the same level of a baseline, run by turns: ratios with bounds, run by run. */
import { bootstrapRatio } from '@sluice/statistics/bootstrap';
import { percentile } from '@sluice/statistics/percentile';
import type { RunMetric } from '../runs/metrics.ts';
import type { LoadLevel } from './level.ts';
import { chunkGaps, sinceDue, timePerToken, tokenRate, type LoadSample } from './sample.ts';
import type { StageResult } from './run-stage.ts';

/** Each end alone. */
const CONFIDENCE = 0.95;

type OfRun = (run: StageResult) => number | undefined;

const times =
  (of: (sample: LoadSample) => (number | null)[], p: number): OfRun =>
  ({ samples }) =>
    percentile(
      samples
        .filter(({ began, complete }) => began && complete)
        .flatMap(of)
        .filter((value) => value !== null),
      p,
    );

/** Medians and means of single runs, which a few dozen requests carry; what a run lacks makes the ratio missing. */
const COMPARED: Readonly<Record<string, OfRun>> = {
  'ttft_ms.p50': times((sample) => [sinceDue(sample, sample.ttftMs)], 50),
  'ttft_ms.p95': times((sample) => [sinceDue(sample, sample.ttftMs)], 95),
  'inter_chunk_ms.p50': times(chunkGaps, 50),
  'tpot_ms.p50': times((sample) => [timePerToken(sample)], 50),
  'e2e_ms.p50': times((sample) => [sinceDue(sample, sample.e2eMs)], 50),
  'e2e_ms.p95': times((sample) => [sinceDue(sample, sample.e2eMs)], 95),
  requests_per_second: ({ samples, durationMs }) => {
    const done = samples.filter(({ ended, complete }) => ended && complete).length;
    return done === 0 ? undefined : done / (durationMs / 1000);
  },
  tokens_per_second: ({ samples, durationMs }) =>
    tokenRate(
      samples.filter(({ ended, complete }) => ended && complete),
      durationMs / 1000,
    ) ?? undefined,
};

/**
 * `vs_baseline.ttft_ms.p95` is the ratio to the baseline (geometric mean over pairs of runs); `.low` and `.high` are its
 * one-sided 95 % bounds by a bootstrap over the pairs, so that `…p95.high <= 1.1` passes only what is shown.
 */
export function comparisonMetrics(level: LoadLevel, baseline: LoadLevel): Record<string, RunMetric> {
  const pairs = Math.min(level.runs.length, baseline.runs.length);
  return Object.fromEntries(
    Object.entries(COMPARED).flatMap(([name, of]) => {
      const values = (runs: readonly StageResult[]): number[] =>
        runs.slice(0, pairs).map((run) => of(run) ?? NaN);
      const ratio = bootstrapRatio(values(level.runs), values(baseline.runs), CONFIDENCE);
      const metric = (value: number | undefined): RunMetric => ({
        value: value ?? null,
        unit: 'ratio',
        n: pairs,
      });
      return [
        [`vs_baseline.${name}`, metric(ratio?.ratio)],
        [`vs_baseline.${name}.low`, metric(ratio?.low)],
        [`vs_baseline.${name}.high`, metric(ratio?.high)],
      ];
    }),
  );
}
