/** How the figures that rules are about went from release to release. */
import type { RuleOutcome } from '@sluice/evaluation/judge';
import type { Metric } from '@sluice/release/record';
import { html, type RawHtml } from '@sluice/report/html';
import { trendChart, type TrendPoint } from '@sluice/report/trend';
import type { PastRelease } from './trend.ts';

const MOST_CHARTS = 12;

/** Undefined where no earlier release measured any of them. */
export function trendSection(
  outcomes: readonly RuleOutcome[],
  past: readonly PastRelease[],
): RawHtml | undefined {
  const known = [...new Map(outcomes.map((outcome) => [outcome.metric, outcome])).values()].filter(
    ({ metric }) => past.some(({ metrics }) => typeof metrics[metric]?.value === 'number'),
  );
  if (known.length === 0) return undefined;
  return html`<h2>Over the last releases</h2>
    ${known.slice(0, MOST_CHARTS).map((outcome) => {
      const { metric, bar, share, unit } = outcome;
      const per = share === true ? 100 : 1;
      return trendChart({
        title: `${metric}${bar === null ? '' : '; the dashed line is the bar'}`,
        points: [
          ...past.map(({ label, metrics }) => pointOf(label, metrics[metric], per)),
          pointOf('this release', nowOf(outcome), per),
        ],
        unit: share === true ? ' %' : unit === undefined ? '' : ` ${unit}`,
        ...(bar === null ? {} : { bar: bar * per }),
      });
    })}
    ${known.length > MOST_CHARTS ? html`<p class="soft">and ${known.length - MOST_CHARTS} more metrics</p>` : null}`;
}

/** Bounds of a comparison are of a difference, not of the value. */
function nowOf({ value, bar, low, high }: RuleOutcome): Metric {
  const bounded = bar !== null && low !== undefined && high !== undefined;
  return { value, ...(bounded ? { low, high } : {}) };
}

function pointOf(label: string, metric: Metric | undefined, per: number): TrendPoint {
  const { value = null, low, high } = metric ?? {};
  if (value === null) return { label, value: null };
  const bounded = typeof low === 'number' && typeof high === 'number';
  return { label, value: value * per, ...(bounded ? { low: low * per, high: high * per } : {}) };
}
