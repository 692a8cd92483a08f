/** The load in the job summary: a table, level by level, a chart, and how a baseline compares. */
import type { LoadLevel } from '@sluice/inference/load/level';
import type { LoadResult } from '@sluice/inference/load/run-load';
import type { RunMetric } from '@sluice/inference/runs/metrics';
import { codeBlock, codeSpan, escapeMarkdown, raw, table } from '@sluice/report/markdown';

type Metrics = Readonly<Record<string, RunMetric>>;

const COLUMNS = [
  'requests', 'requests_per_second', 'tokens_per_second', 'ttft_ms.p50', 'ttft_ms.p95', 'ttft_ms.p99', 'tpot_ms.p50',
  'inter_chunk_ms.p99', 'e2e_ms.p50', 'e2e_ms.p99', 'error_rate', 'goodput_share',
]; // prettier-ignore
/** Shown where somebody told them. */
const WATCHED = [
  'schedule_error_ms.p99', 'tokens_per_second_per_user', 'queue.max', 'kv_cache.max', 'prefix_cache_hit_rate',
  'gpu_memory_gb.max', 'gpu_utilization', 'cost.per_mtok', 'energy.j_per_token',
]; // prettier-ignore
const SHARES = new Set([
  'error_rate',
  'goodput_share',
  'kv_cache.max',
  'prefix_cache_hit_rate',
  'gpu_utilization',
]);
const COMPARED = [
  'ttft_ms.p50',
  'ttft_ms.p95',
  'tpot_ms.p50',
  'e2e_ms.p50',
  'e2e_ms.p95',
  'tokens_per_second',
];

/** Empty without load. `samples` is the file of all samples. */
export function renderLoad({ levels, baseline }: LoadResult, metrics: Metrics, samples: string): string {
  if (levels.length === 0) return '';
  return [
    '#### Load',
    loadTable(levels, metrics, COLUMNS),
    `Times are in ms, to the first content (ttft) and to the end (e2e), of an open loop from the moment a request was due; percentiles are linear between samples. A number is missing where the requests are too few to claim it (p99 needs 299). Warm-up is left out; every sample is in ${codeSpan(samples.split('/').at(-1) ?? '')}.`,
    loadTable(levels, metrics, WATCHED),
    ...levels.map(renderSweep),
    chart(levels, metrics),
    baseline.length === 0 ? '' : renderComparison(levels, metrics),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Columns without any value are left out. */
function loadTable(levels: readonly LoadLevel[], metrics: Metrics, columns: readonly string[]): string {
  const of = (level: LoadLevel, name: string): RunMetric | undefined => metrics[`load.${level.name}.${name}`];
  const told = columns.filter((name) =>
    levels.some((level) => {
      const metric = of(level, name);
      return metric?.value !== null && metric?.value !== undefined ? true : metric?.insufficient === true;
    }),
  );
  if (told.length === 0) return '';
  const rows = levels.map((level) => [
    level.partial === true ? `${level.said} (cut short)` : level.said,
    ...told.map((name) => shownMetric(of(level, name), name)),
  ]);
  const head = told.map((name) => name.replace('_per_second', '/s').replace('_ms', ''));
  return table(['load', ...head], rows);
}

export function shownMetric(metric: RunMetric | undefined, name: string): string {
  if (metric?.value === undefined || metric.value === null)
    return metric?.insufficient === true ? `insufficient (${metric.n ?? 0} of ${metric.needed})` : '–';
  if (SHARES.has(name)) return `${Number((metric.value * 100).toFixed(2))} %`;
  if (Number.isInteger(metric.value)) return String(metric.value);
  return metric.value < 1
    ? String(Number(metric.value.toPrecision(3)))
    : metric.value.toFixed(metric.value < 100 ? 1 : 0);
}

function renderSweep({ sweep, said }: LoadLevel): string {
  if (sweep === undefined) return '';
  const found = sweep.best === null ? 'No rate holds' : `**${sweep.best} requests/s** hold`;
  const rows = sweep.tries.map(({ rate, requests, good, holds, why, endedEarly, confirms }) => [
    rate,
    requests,
    good === null ? '–' : `${(good * 100).toFixed(1)} %`,
    holds
      ? `holds${confirms === true ? ', a second time' : ''}`
      : `misses${endedEarly === true ? ', ended early' : ''}: ${why ?? 'cut short'}`,
  ]);
  return `${found} (${escapeMarkdown(said)}; ${escapeMarkdown(sweep.stopped)}).\n\n${table(['rate /s', 'requests', 'good', ''], rows)}`;
}

function renderComparison(levels: readonly LoadLevel[], metrics: Metrics): string {
  const rows = levels.flatMap((level) =>
    COMPARED.flatMap((name) => {
      const of = (end: string): number | null | undefined =>
        metrics[`load.${level.name}.vs_baseline.${name}${end}`]?.value;
      const [ratio, low, high] = [of(''), of('.low'), of('.high')];
      if (typeof ratio !== 'number' || typeof low !== 'number' || typeof high !== 'number') return [];
      return [[level.said, raw(codeSpan(name)), ratio.toFixed(3), `${low.toFixed(3)} to ${high.toFixed(3)}`]];
    }),
  );
  const runs = levels[0]?.runs.length ?? 0;
  return rows.length === 0
    ? '**Against the baseline** nothing can be said: a side lacks what is compared.'
    : `**Against the baseline**, ${runs} runs of each by turns; the bounds (95 % each) are of a bootstrap over runs.\n\n${table(['load', 'metric', 'ratio', 'bounds'], rows)}`;
}

/** A line of at least two points of one kind of load; nothing where one is missing. */
function chart(levels: readonly LoadLevel[], metrics: Metrics): string {
  const closed = levels.filter(({ name }) => /^c\d/.test(name));
  const open = levels.filter(({ name }) => /^r\d/.test(name));
  return [
    mermaid(
      closed,
      'Tokens per second by requests at once',
      'tokens/s',
      (name) => metrics[`load.${name}.tokens_per_second`],
    ),
    mermaid(
      open,
      'Median time to first content by rate',
      'ms',
      (name) => metrics[`load.${name}.ttft_ms.p50`],
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function mermaid(
  levels: readonly LoadLevel[],
  title: string,
  unit: string,
  of: (name: string) => RunMetric | undefined,
): string {
  const known = levels.flatMap(({ name, value }) => {
    const y = of(name)?.value;
    return typeof y === 'number' ? [[value, y] as const] : [];
  });
  if (known.length < 2 || known.length < levels.length) return '';
  const lines = [
    'xychart-beta',
    `  title "${title}"`,
    `  x-axis [${known.map(([level]) => `"${level}"`).join(', ')}]`,
    `  y-axis "${unit}"`,
    `  line [${known.map(([, value]) => value.toFixed(1)).join(', ')}]`,
  ];
  return codeBlock(lines.join('\n'), 'mermaid');
}
