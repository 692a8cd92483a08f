/** The load in the HTML report: numbers, distributions and the course over time, level by level. */
import { html, htmlTable, type RawHtml } from '@sluice/report/html';
import { loadCharts } from '@sluice/report/load-charts';
import { lineChart } from '@sluice/report/svg';
import type { LoadLevel } from '@sluice/inference/load/level';
import type { LoadResult } from '@sluice/inference/load/run-load';
import { sinceDue } from '@sluice/inference/load/sample';
import type { RunMetric } from '@sluice/inference/runs/metrics';
import { shownMetric } from './load-report.ts';

type Metrics = Readonly<Record<string, RunMetric>>;

/** Empty without load. */
export function loadSection({ levels, partial }: LoadResult, metrics: Metrics): RawHtml {
  if (levels.length === 0) return html``;
  return html`<h2>Load</h2>
    ${partial ? html`<p class="bad">The step was cancelled: this is a part only.</p>` : null}
    <p class="soft">
      Times of an open loop are from the moment a request was due. Percentiles are linear between samples; one
      that the requests are too few for is called insufficient.
    </p>
    ${byLevel(levels, metrics)} ${levels.map((level) => levelSection(level, metrics))}`;
}

/** Of several levels of one kind: how more load changes the times. */
function byLevel(levels: readonly LoadLevel[], metrics: Metrics): RawHtml {
  const kinds = [
    { title: 'Times by requests at once', levels: levels.filter(({ name }) => /^c\d/.test(name)) },
    { title: 'Times by requests per second', levels: levels.filter(({ name }) => /^r\d/.test(name)) },
  ];
  return html`${kinds
    .filter((kind) => kind.levels.length > 1)
    .map(({ title, levels: shown }) =>
      lineChart({
        title,
        xLabel: '',
        yLabel: 'ms',
        series: ['ttft_ms.p50', 'ttft_ms.p95', 'e2e_ms.p50', 'e2e_ms.p95'].map((name) => ({
          name,
          points: [...shown]
            .sort((a, b) => a.value - b.value)
            .map((level) => ({ x: level.value, y: metrics[`load.${level.name}.${name}`]?.value ?? null })),
        })),
      }),
    )}`;
}

function levelSection(level: LoadLevel, metrics: Metrics): RawHtml {
  const prefix = `load.${level.name}.`;
  const rows = Object.entries(metrics)
    .filter(
      ([name, { value, insufficient }]) =>
        name.startsWith(prefix) && (value !== null || insufficient === true),
    )
    .map(([name, metric]) => {
      const bare = name.slice(prefix.length);
      return [html`<code>${bare}</code>`, shownMetric(metric, bare), metric.unit ?? '', metric.n ?? ''];
    });
  const origin = level.runs[0]?.startedAt ?? 0;
  const began = level.samples.filter((sample) => sample.began);
  const points = began.map((sample) => ({
    // Runs of a comparison lie one after the other, as they were.
    at: (level.runs[sample.run]?.startedAt ?? origin) - origin + sample.sentMs - (sample.lateMs ?? 0),
    ttft: sinceDue(sample, sample.ttftMs),
    e2e: sinceDue(sample, sample.e2eMs) ?? 0,
    failed: !sample.complete,
  }));
  return html`<h3>${level.said}${level.partial === true ? ' (cut short)' : ''}</h3>
    ${level.sweep === undefined ? null : sweepTable(level.sweep)}
    ${points.length === 0 ? html`<p class="bad">No request was measured.</p>` : loadCharts(level.name, points)}
    <details>
      <summary>All numbers</summary>
      ${htmlTable(['metric', 'value', 'unit', 'n'], rows, [1, 3])}
    </details>`;
}

function sweepTable(sweep: NonNullable<LoadLevel['sweep']>): RawHtml {
  return html`<p>
      ${sweep.best === null ? 'No rate holds' : `${sweep.best} requests/s hold`}; ${sweep.stopped}.
    </p>
    ${htmlTable(
      ['rate /s', 'requests', 'good', ''],
      sweep.tries.map(({ rate, requests, good, holds, why, confirms }) => [
        rate,
        requests,
        good === null ? '–' : `${(good * 100).toFixed(1)} %`,
        holds
          ? html`<span class="good">holds${confirms === true ? ', a second time' : ''}</span>`
          : html`<span class="bad">${why ?? 'cut short'}</span>`,
      ]),
      [0, 1, 2],
    )}`;
}
