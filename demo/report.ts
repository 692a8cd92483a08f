/** The demo's HTML report: what was released, what users got, and why v3 and v4 did not stay. */
import { formatDuration } from '@sluice/runtime/units';
import { html, htmlTable, page, rawHtml, type RawHtml } from '@sluice/report/html';
import { barChart, histogram, lineChart, type Mark, type Series } from '@sluice/report/svg';
import type { UserRequest } from './client.ts';
import type { Step } from './line.ts';
import { perSecond, type TrafficTotals } from './traffic.ts';

interface DemoData {
  steps: readonly Step[];
  requests: readonly UserRequest[];
  totals: TrafficTotals;
  promises: readonly string[];
  started: number;
}

export function demoReport(data: DemoData): string {
  const undone = data.steps.findLast((step) => step.stage === 'auto-rollback');
  return page(
    'Sluice demo',
    html`<h1>Sluice demo</h1>
      <p class="soft">
        Four tiny real models, one service, users all along. Every step is a committed bundle, called as
        GitHub's runner calls it.
      </p>
      ${data.promises.map((promise) => html`<p class="bad">✗ ${promise}</p>`)} ${cards(data.totals, undone)}
      <h2>Who answered, second by second</h2>
      ${answersChart(data)} ${answersEndedChart(data)}
      <h2>What each step said</h2>
      ${stepsTable(data)}
      <h2>What users felt</h2>
      ${histogram({
        title: 'Time to first token of all requests',
        xLabel: 'ms',
        values: data.requests.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs])),
      })}
      ${barChart({
        title: 'Requests answered by each version',
        bars: Object.entries(data.totals.byVersion).map(([label, value]) => ({ label, value })),
      })}
      <h2>Logs</h2>
      ${data.steps.map(
        (step) =>
          html`<details>
            <summary>${step.version} ${step.stage}: ${step.run.outputs['verdict'] ?? ''}</summary>
            <pre>${step.run.stdout}</pre>
          </details>`,
      )}`,
  );
}

function cards(totals: TrafficTotals, undone: Step | undefined): RawHtml {
  const card = (value: string | number, label: string, tone = ''): RawHtml =>
    html`<div class="card"><b class="${tone}">${value}</b>${label}</div>`;
  const seconds = (name: string): string => `${Number(undone?.run.outputs[name]).toFixed(1)} s`;
  return html`<div class="cards">
    ${card(totals.sent, 'requests sent')} ${card(totals.lost, 'lost', totals.lost === 0 ? 'good' : 'bad')}
    ${card(totals.endless['v4'] ?? 0, 'never-ending answers by v4', 'warn')}
    ${card(seconds('seconds-to-detect'), 'to detect v4 in production')}
    ${card(seconds('seconds-to-restore'), 'to restore v2')}
  </div>`;
}

function answersChart({ steps, requests }: DemoData): RawHtml {
  const from = requests[0]?.at ?? 0;
  const seconds = perSecond(requests, from);
  const versions = [...new Set(requests.map(({ version }) => version))].sort();
  const series: Series[] = versions.map((name) => ({
    name,
    points: seconds.map(({ second, byVersion }) => ({ x: second, y: byVersion[name] ?? 0 })),
  }));
  return lineChart({
    title: 'Requests per second, by the version that answered',
    xLabel: 'seconds since the first request',
    yLabel: 'requests/s',
    series,
    marks: marksOf(steps, from),
  });
}

function answersEndedChart({ steps, requests }: DemoData): RawHtml {
  const from = requests[0]?.at ?? 0;
  const endless = new Map<number, number>();
  for (const request of requests) {
    const second = Math.floor((request.at - from) / 1000);
    endless.set(second, (endless.get(second) ?? 0) + (request.complete && !request.ended ? 1 : 0));
  }
  return lineChart({
    title: 'Answers that never ended and ran into the token limit, per second',
    xLabel: 'seconds since the first request',
    yLabel: 'answers/s',
    series: [{ name: 'never-ending', points: [...endless].map(([x, y]) => ({ x, y })) }],
    marks: marksOf(steps, from),
    height: 180,
  });
}

/** Only what moves traffic. */
function marksOf(steps: readonly Step[], from: number): Mark[] {
  return steps
    .filter((step) => ['canary-deploy', 'auto-rollback'].includes(step.stage) && step.at >= from)
    .map((step) => ({
      x: (step.at - from) / 1000,
      label: markLabel(step),
    }));
}

function markLabel(step: Step): string {
  if (step.stage === 'auto-rollback') return 'watch';
  return `${step.version} ${step.forced ? 'forced' : 'canary'}`;
}

function stepsTable({ steps, started }: DemoData): RawHtml {
  return htmlTable(
    ['at', 'release', 'step', 'verdict', 'took', 'said'],
    steps.map((step) => [
      `${((step.at - started) / 1000).toFixed(0)} s`,
      step.version,
      html`<span class="tight">${step.stage}</span>`,
      html`<span class="${rawHtml(step.run.outputs['outcome'] === 'success' ? 'good' : 'bad')}"
        >${step.run.outputs['verdict'] ?? ''}</span
      >`,
      formatDuration(step.ms),
      step.said,
    ]),
    [0, 4],
  );
}
