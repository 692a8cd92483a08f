/** The HTML report: one file without script or network. Every prompt, answer and reason in it is hostile text. */
import { html, htmlTable, page, type RawHtml } from '@sluice/report/html';
import { histogram } from '@sluice/report/svg';
import { timeline } from '@sluice/report/timeline';
import type { ResultCase, Results } from '@sluice/inference/runs/results';
import type { LoadResult } from '@sluice/inference/load/run-load';
import { loadSection } from './load-html.ts';
import { countSkipped, formatMetric } from './report.ts';
import type { Decision } from './verdict.ts';

export interface HtmlParts {
  /** error: of a cancelled step. */
  decided: Omit<Decision, 'verdict'> & { verdict: Decision['verdict'] | 'error' };
  load: LoadResult;
  /** What was tested and how; name and value. */
  environment: readonly (readonly [string, string])[];
}

/** Beyond this a browser has trouble with the page; the rest is in the results file, and the page says so. */
const MOST_CASES = 500;
const MOST_SPANS = 3_000;
const CLASSES = { pass: 'good', fail: 'bad', inconclusive: 'warn', error: 'warn' } as const;
const KINDS = { passed: 'good', failed: 'bad', error: 'warn', skipped: 'warn' } as const;

export function renderHtml(results: Results, { decided, environment, load }: HtmlParts): string {
  const { cases, metrics } = results;
  const value = (name: string): number => metrics[name]?.value ?? 0;
  const bad = cases.filter(
    ({ status, kind }) => status === 'error' || (status === 'failed' && kind !== 'perturbed'),
  );
  const cards = ['passed', 'failed', 'errors', 'skipped'].map(
    (name) => html`<div class="card"><b>${value(`tests.${name}`)}</b>${name}</div>`,
  );
  return page(
    `inference-test: ${decided.verdict}`,
    html`<h1>inference-test: <span class="${CLASSES[decided.verdict]}">${decided.verdict}</span></h1>
      ${decided.reasons.map((reason) => html`<p>${reason}</p>`)}
      ${decided.advice === undefined ? null : html`<p><b>What to do:</b> ${decided.advice}.</p>`}
      <div class="cards">${cards}</div>
      ${renderBad(bad)} ${renderSkipped(cases)}
      <h2>Metrics</h2>
      ${htmlTable(
        ['metric', 'value', 'n'],
        Object.entries(metrics)
          // Those of the load stand with its charts, level by level.
          .filter(([name, metric]) => !name.startsWith('load.') && (metric.n !== 0 || metric.value !== null))
          .map(([name, metric]) => [html`<code>${name}</code>`, formatMetric(metric), metric.n ?? '']),
        [1, 2],
      )}
      <h2>Times</h2>
      ${renderTimes(cases)} ${loadSection(load, metrics)}
      <h2>Environment</h2>
      ${htmlTable(
        ['', ''],
        environment.map((row) => [...row]),
      )}`,
  );
}

function renderBad(bad: readonly ResultCase[]): RawHtml {
  if (bad.length === 0) return html`<p class="good">No case failed.</p>`;
  const rest = bad.length - MOST_CASES;
  return html`<h2>What did not pass</h2>
    ${bad.slice(0, MOST_CASES).map(renderCase)}
    ${rest > 0 ? html`<p>${rest} more are in the results file.</p>` : null}`;
}

function renderCase(test: ResultCase, index: number): RawHtml {
  // The first few are open: a reader of a red run looks for them.
  const open = index < 5 ? html` open` : html``;
  return html`<details${open}>
    <summary><span class="${KINDS[test.status]}">${test.status}</span> ${test.description}
      <span class="soft">${test.suite}${test.tags.length === 0 ? '' : ` · ${test.tags.join(', ')}`}</span></summary>
    ${test.reasons.map((reason) => html`<p>${reason}</p>`)}
    ${field('Prompt', test.prompt)} ${field('Answer', test.answer)}
  </details>`; // prettier-ignore
}

function field(name: string, text: string | null): RawHtml {
  return text === null
    ? html``
    : html`<p class="soft">${name}</p>
        <pre>${text}</pre>`;
}

function renderSkipped(cases: readonly ResultCase[]): RawHtml {
  const skipped = countSkipped(cases);
  if (skipped.length === 0) return html``;
  return html`<h2>What was not asked</h2>
    ${htmlTable(
      ['why', 'cases'],
      skipped.map(({ why, count }) => [why, count]),
      [1],
    )}`;
}

/** Distributions of what was answered, and when what was asked. */
function renderTimes(cases: readonly ResultCase[]): RawHtml {
  const asked = cases.filter(({ kind }) => kind === 'functional');
  const values = (pick: (test: ResultCase) => number | null): number[] =>
    asked.map(pick).filter((value) => value !== null);
  const spans = cases.flatMap((test) =>
    test.started_ms === null || test.e2e_ms === null || test.kind === 'hostile'
      ? []
      : [
          {
            start: test.started_ms,
            length: test.e2e_ms,
            kind: KINDS[test.status],
            label: `${test.description}: ${test.e2e_ms.toFixed(0)} ms`,
          },
        ],
  );
  const charts = [
    histogram({ title: 'Time to the first content', xLabel: 'ms', values: values(({ ttft_ms: ms }) => ms) }),
    histogram({ title: 'Time to the end of the answer', xLabel: 'ms', values: values(({ e2e_ms: ms }) => ms) }),
  ]; // prettier-ignore
  const cut = spans.length > MOST_SPANS ? `, the first ${MOST_SPANS} of ${spans.length}` : '';
  return html`${charts} ${timeline(`When each case was asked${cut}`, spans.slice(0, MOST_SPANS))}`;
}
