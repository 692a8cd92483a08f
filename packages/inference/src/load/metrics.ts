/** The numbers of a load run, level by level: `load.c4.ttft_ms.p95`. */
import type { LoadLevel } from './run-load.ts';
import { distribution, share, type RunMetric } from '../runs/metrics.ts';

/** Requests and tokens per second are of what ended in the measured time, times and errors of what began in it. */
export function computeLoadMetrics(levels: readonly LoadLevel[]): Record<string, RunMetric> {
  return Object.fromEntries(
    levels.flatMap((level) =>
      Object.entries(levelMetrics(level)).map(([name, metric]) => [
        `load.c${level.concurrency}.${name}`,
        metric,
      ]),
    ),
  );
}

function levelMetrics({ samples, durationMs }: LoadLevel): Record<string, RunMetric> {
  const began = samples.filter((sample) => sample.began);
  const complete = began.filter(({ answer }) => answer.complete);
  const done = samples.filter(({ answer, ended }) => ended && answer.complete);
  const tokens = done.map(({ answer }) => answer.outputTokens).filter((count) => count !== null);
  const perSecond = (count: number): number => count / (durationMs / 1000);
  const times = (name: 'ttftMs' | 'e2eMs'): (number | null)[] =>
    complete.map(({ answer }) => answer.timings[name]);
  return {
    requests: { value: began.length, n: began.length },
    requests_per_second: {
      value: done.length === 0 ? null : perSecond(done.length),
      unit: 'requests/s',
      n: done.length,
    },
    tokens_per_second: {
      value:
        done.length === 0 || tokens.length < done.length
          ? null
          : perSecond(tokens.reduce((sum, count) => sum + count, 0)),
      unit: 'tokens/s',
      n: tokens.length,
    },
    error_rate: share(began.length - complete.length, began.length),
    ...distribution('ttft_ms', times('ttftMs')),
    ...distribution('e2e_ms', times('e2eMs')),
  };
}
