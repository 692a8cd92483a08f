/** The items that got worse, with their texts. All of it is hostile text. */
import type { EvalMetric } from '@sluice/evaluation/model';
import { findRegressions, type Regression } from '@sluice/evaluation/regressions';
import { metricLabel } from '@sluice/evaluation/rules';
import type { Pair } from '@sluice/judge/pairs';
import { html, type RawHtml } from '@sluice/report/html';
import type { Redactor } from '@sluice/report/redact';
import { shown } from './summary.ts';

const MOST_METRICS = 6;
const MOST_ITEMS = 20;
const SHOWN_CHARS = 2_000;

export interface MetricRegressions {
  metric: EvalMetric;
  worst: Regression[];
  total: number;
}

/** Of each metric that both sides have items of; a metric's scored part alone is the same items once more. */
export function gatherRegressions(
  ruled: readonly EvalMetric[],
  candidate: readonly EvalMetric[],
  baseline: readonly EvalMetric[],
): MetricRegressions[] {
  const there = new Map(baseline.map((metric) => [metricLabel(metric), metric]));
  return [...new Set([...ruled, ...candidate])]
    .flatMap((metric) => {
      const other = there.get(metricLabel(metric));
      const all = other === undefined ? [] : findRegressions(metric, other);
      return all.length === 0 ? [] : [{ metric, worst: all.slice(0, MOST_ITEMS), total: all.length }];
    })
    .slice(0, MOST_METRICS);
}

/** @param show undefined: no text is shown (`texts: none`) */
export function regressionSection(
  found: readonly MetricRegressions[],
  lost: readonly Pair[],
  show: Redactor | undefined,
): RawHtml | undefined {
  if (found.length === 0 && lost.length === 0) return undefined;
  return html`<h2>What got worse</h2>
    ${
      show === undefined ? html`<p class="soft">The texts are withheld (<code>texts: none</code>).</p>` : null
    }
    ${found.map(
      ({ metric, worst, total }) =>
        html`<h3>${metricLabel(metric)}: ${total} ${total === 1 ? 'item' : 'items'}</h3>
          ${worst.map((item) => renderItem(item, metric, show))}
          ${total > worst.length ? html`<p class="soft">and ${total - worst.length} more</p>` : null}`,
    )}
    ${
      lost.length === 0
        ? null
        : html`<h3>The judge prefers the baseline: ${lost.length}</h3>
            ${lost.slice(0, MOST_ITEMS).map((pair) => renderPair(pair, show))}
            ${lost.length > MOST_ITEMS ? html`<p class="soft">and ${lost.length - MOST_ITEMS} more</p>` : null}`
    }`;
}

function renderItem(item: Regression, metric: EvalMetric, show: Redactor | undefined): RawHtml {
  const { id, candidate, baseline, text, baselineText, slices } = item;
  return html`<details>
    <summary>
      ${shown(baseline, metric)} to ${shown(candidate, metric)}
      <span class="soft">${[id.slice(0, 80), ...tagsOf(slices).slice(0, 6)].join(' · ')}</span>
    </summary>
    ${field('Prompt', text?.prompt ?? baselineText?.prompt, show)}
    ${field('Expected', text?.expected ?? baselineText?.expected, show)}
    ${field('Answer', text?.answer, show)} ${field("The baseline's answer", baselineText?.answer, show)}
  </details>`;
}

/** `language:de` is a slice `language=de` as well: one of the two is enough to read. */
function tagsOf(slices: readonly string[]): string[] {
  const all = new Set(slices);
  return slices.filter((slice) => !/^[^:=]+:/u.test(slice) || !all.has(slice.replace(':', '=')));
}

function renderPair({ id, prompt, candidate, baseline }: Pair, show: Redactor | undefined): RawHtml {
  return html`<details>
    <summary><span class="soft">${id.slice(0, 80)}</span></summary>
    ${field('Prompt', prompt, show)} ${field('Answer', candidate, show)}
    ${field("The baseline's answer", baseline, show)}
  </details>`;
}

function field(name: string, text: string | undefined, show: Redactor | undefined): RawHtml | null {
  if (text === undefined || show === undefined) return null;
  // Blacked out before it is cut: no half of a match stays at the cut.
  const whole = show(text);
  const cut = whole.length > SHOWN_CHARS ? `${whole.slice(0, SHOWN_CHARS).toWellFormed()} …` : whole;
  return html`<p class="soft">${name}</p>
    <pre>${cut}</pre>`;
}
