/** The metrics that rules are about, slice by slice. Looked at, never decided on: no rule names them. */
import { metricBounds } from '@sluice/evaluation/bounds';
import type { EvalMetric } from '@sluice/evaluation/model';
import { selectorParts, sliceKeys, sliceOf, slicesBy } from '@sluice/evaluation/slices';
import { html, htmlTable, type RawHtml } from '@sluice/report/html';
import { intervalChart } from '@sluice/report/intervals';
import { formatShown } from '@sluice/evaluation/wording';
import { shown } from './summary.ts';

const MOST_METRICS = 4;
const MOST_SLICES = 40;

export interface SliceTable {
  /** As `accuracy by language`. */
  title: string;
  slices: { slice: EvalMetric; before: EvalMetric | undefined }[];
}

/** @param names of metrics, without brackets */
export function gatherSlices(
  names: readonly string[],
  candidate: readonly EvalMetric[],
  baseline: readonly EvalMetric[],
): SliceTable[] {
  return names.slice(0, MOST_METRICS).flatMap((name) => {
    const tables = sliceKeys(candidate, name).map((key) => ({
      title: `${name} by ${key}`,
      slices: slicesBy(candidate, { name }, key),
    }));
    const tags = tagsOf(candidate, name).flatMap((tag) => sliceOf(candidate, { name, selector: tag }) ?? []);
    return [...tables, { title: `${name} by tag`, slices: tags }]
      .filter(({ slices }) => slices.length > 1)
      .map(({ title, slices }) => ({
        title,
        slices: slices.map((slice) => ({
          slice,
          before: sliceOf(baseline, { name, selector: slice.selector ?? '' }),
        })),
      }));
  });
}

/** Slices without a key, and not the other spelling of one that has it (`language:de`). */
function tagsOf(metrics: readonly EvalMetric[], name: string): string[] {
  const all = metrics
    .filter((metric) => metric.name === name && metric.selector === undefined)
    .flatMap(({ items }) => [...(items?.slices?.values() ?? [])].flat());
  const known = new Set(all);
  return [...known].filter((tag) => !tag.includes('=') && !known.has(tag.replace(':', '='))).sort();
}

/** The worst first. Undefined without any slice. */
export function sliceSection(tables: readonly SliceTable[], confidence: number): RawHtml | undefined {
  if (tables.length === 0) return undefined;
  return html`<h2>Slices</h2>
    <p class="soft">
      For a look only: of many slices some are low by chance. A rule decides on one, as
      <code>accuracy[language=de] &gt;= 85%</code> or <code>accuracy.gap(language) &lt;= 5%</code>.
    </p>
    ${tables.map((table) => renderTable(table, confidence))}`;
}

function renderTable({ title, slices }: SliceTable, confidence: number): RawHtml {
  const sign = slices[0]?.slice.direction === 'lower' ? -1 : 1;
  const ranked = [...slices].sort(
    (a, b) => sign * ((a.slice.value ?? -Infinity) - (b.slice.value ?? -Infinity)),
  );
  const rows = ranked.slice(0, MOST_SLICES).map(({ slice, before }) => ({
    ...{ slice, before, bounds: slice.value === null ? undefined : metricBounds(slice, confidence) },
    label: selectorParts(slice.selector).join(', '),
  }));
  const compared = rows.some(({ before }) => before !== undefined);
  const share = rows.every(({ slice }) => slice.share === true);
  return html`<h3>${title}</h3>
    ${
      share
        ? intervalChart({
            title,
            unit: ' %',
            rows: rows.flatMap(({ slice: { value }, bounds, label }) =>
              value === null
                ? []
                : [
                    {
                      ...{ label, value: value * 100, tone: 'neutral' as const },
                      ...(bounds === undefined ? {} : { low: bounds.low * 100, high: bounds.high * 100 }),
                    },
                  ],
            ),
          })
        : null
    }
    ${htmlTable(
      ['slice', 'value', 'bounds', 'n', ...(compared ? ['baseline', 'difference'] : [])],
      rows.map(({ slice, before, bounds, label }) => [
        label,
        shown(slice.value, slice),
        bounds === undefined ? '' : `${formatShown(bounds.low, slice)} to ${formatShown(bounds.high, slice)}`,
        slice.n ?? '',
        ...(compared ? comparison(slice, before) : []),
      ]),
      [1, 2, 3, 4, 5],
    )}
    ${ranked.length > MOST_SLICES ? html`<p class="soft">and ${ranked.length - MOST_SLICES} more slices</p>` : null}`;
}

function comparison(slice: EvalMetric, before: EvalMetric | undefined): string[] {
  if (before === undefined || before.value === null || slice.value === null) return ['', ''];
  return [shown(before.value, before), formatShown(slice.value - before.value, slice, true)];
}

/** Names of what rules are about, folds (`accuracy.gap(language)`) by what they fold. */
export function slicedNames(ruled: readonly EvalMetric[]): string[] {
  return [...new Set(ruled.map(({ name, folded }) => folded?.slices[0]?.name ?? name))];
}
