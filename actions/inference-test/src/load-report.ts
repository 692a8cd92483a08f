/** The load in the job summary: a table, level by level, and what more users at once bring. */
import type { LoadLevel } from '@sluice/inference/load/run-load';
import type { RunMetric } from '@sluice/inference/runs/metrics';
import { codeBlock, table } from '@sluice/report/markdown';

const COLUMNS = [
  'requests', 'requests_per_second', 'tokens_per_second', 'ttft_ms.p50', 'ttft_ms.p95', 'ttft_ms.p99', 'e2e_ms.p50',
  'e2e_ms.p95', 'e2e_ms.p99', 'error_rate',
]; // prettier-ignore

/** Empty without load. */
export function renderLoad(
  levels: readonly LoadLevel[],
  metrics: Readonly<Record<string, RunMetric>>,
): string {
  if (levels.length === 0) return '';
  const of = (concurrency: number, name: string): RunMetric | undefined =>
    metrics[`load.c${concurrency}.${name}`];
  const rows = levels.map(({ concurrency }) => [
    concurrency,
    ...COLUMNS.map((name) => shown(of(concurrency, name), name)),
  ]);
  const seconds = (levels[0]?.durationMs ?? 0) / 1000;
  return [
    '#### Load',
    `${seconds} s at each level, warm-up left out. Times are in ms, from sending to the first content (ttft) and to the end (e2e); a number is left out where the requests are too few to claim it (p99 needs 299).`,
    table(['at once', ...COLUMNS.map((name) => name.replace('_per_second', '/s').replace('_ms', ''))], rows),
    chart(levels.map(({ concurrency }) => [concurrency, of(concurrency, 'tokens_per_second')?.value])),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function shown(metric: RunMetric | undefined, name: string): string {
  if (metric?.value === undefined || metric.value === null)
    return metric?.insufficient === true ? `insufficient (${metric.n ?? 0} of ${metric.needed})` : '–';
  if (name === 'error_rate') return `${Number((metric.value * 100).toFixed(2))} %`;
  return Number.isInteger(metric.value)
    ? String(metric.value)
    : metric.value.toFixed(metric.value < 100 ? 1 : 0);
}

/** A line of at least two points; nothing where one is missing. */
function chart(points: readonly (readonly [number, number | null | undefined])[]): string {
  const known = points.flatMap(([level, value]) =>
    typeof value === 'number' ? [[level, value] as const] : [],
  );
  if (known.length < 2 || known.length < points.length) return '';
  const lines = [
    'xychart-beta',
    '  title "Tokens per second by requests at once"',
    `  x-axis "at once" [${known.map(([level]) => `"${level}"`).join(', ')}]`,
    '  y-axis "tokens/s"',
    `  line [${known.map(([, value]) => value.toFixed(1)).join(', ')}]`,
  ];
  return codeBlock(lines.join('\n'), 'mermaid');
}
