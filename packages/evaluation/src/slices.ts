/** Slices of a metric: as a file tells them (`accuracy[language=de]`), or cut out of its items. Pure. */
import { moments } from '@sluice/statistics/mean';
import type { EvalMetric, ItemScores } from './model.ts';
import type { Fold, MetricName } from './rules.ts';

/** `strict-match, language=de` as its parts, in the order written. */
export function selectorParts(selector: string | undefined): string[] {
  return (selector ?? '').split(',').flatMap((part) => part.trim() || []);
}

/**
 * The metric that a bracket means: one of the file whose own bracket has the same parts in whatever order, or the items
 * of one with fewer parts that carry the others. Undefined where there is neither, or more than one.
 */
export function sliceOf(
  all: readonly EvalMetric[],
  { name, selector }: Pick<MetricName, 'name' | 'selector'>,
): EvalMetric | undefined {
  const wanted = selectorParts(selector);
  const own = all.filter((metric) => metric.name === name && metric.against === undefined);
  const exact = own.filter(({ selector: theirs }) => isSame(selectorParts(theirs), wanted));
  if (exact.length > 0) return exact.length === 1 ? exact[0] : undefined;
  const cuts = own.flatMap((metric) => {
    const parts = selectorParts(metric.selector);
    if (!parts.every((part) => wanted.includes(part))) return [];
    return (
      cut(
        metric,
        wanted.filter((part) => !parts.includes(part)),
        wanted,
      ) ?? []
    );
  });
  return cuts.length === 1 ? cuts[0] : undefined;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((part) => other.includes(part));
}

/** The mean over the items in all of these slices; undefined where no item is in them. */
function cut(
  metric: EvalMetric,
  slices: readonly string[],
  selector: readonly string[],
): EvalMetric | undefined {
  const { items } = metric;
  if (items?.slices === undefined) return undefined;
  const chosen = [...items.scores].filter(([id]) => {
    const theirs = items.slices?.get(id) ?? [];
    return slices.every((slice) => theirs.includes(slice));
  });
  if (chosen.length === 0) return undefined;
  const scores = new Map(chosen);
  const values = [...scores.values()];
  // The plain sum: 18 of 20 has to be 0.9 to the last bit, or it would miss 0.9.
  const mean = values.reduce((sum, score) => sum + score, 0) / values.length;
  const { se } = moments(values);
  const kept: ItemScores = { scores, ...(items.prompts === undefined ? {} : { prompts: items.prompts }) };
  return { ...metric, selector: selector.join(', '), value: mean, n: scores.size, stderr: se, items: kept };
}

/** Every slice of a metric by one key: `language` finds `[language=de]` and `[language=fr]`, or the items' own. */
export function slicesBy(
  all: readonly EvalMetric[],
  { name, selector }: Pick<MetricName, 'name' | 'selector'>,
  key: string,
): EvalMetric[] {
  const fixed = selectorParts(selector);
  const own = all.filter((metric) => metric.name === name && metric.against === undefined);
  const told = own.filter((metric) => {
    const rest = selectorParts(metric.selector).filter((part) => !fixed.includes(part));
    return rest.length === 1 && rest[0]?.startsWith(`${key}=`) === true && holds(metric, fixed);
  });
  if (told.length > 0) return told;
  const values = new Set(
    own
      .flatMap(({ items }) => [...(items?.slices?.values() ?? [])].flat())
      .filter((slice) => slice.startsWith(`${key}=`)),
  );
  return [...values]
    .sort()
    .flatMap((slice) => sliceOf(all, { name, selector: [...fixed, slice].join(', ') }) ?? []);
}

function holds(metric: EvalMetric, parts: readonly string[]): boolean {
  const theirs = selectorParts(metric.selector);
  return parts.every((part) => theirs.includes(part));
}

/** Keys that a metric has slices by: for messages. */
export function sliceKeys(all: readonly EvalMetric[], name: string): string[] {
  const labels = all
    .filter((metric) => metric.name === name)
    .flatMap(({ selector, items }) => [
      ...selectorParts(selector),
      ...[...(items?.slices?.values() ?? [])].flat(),
    ]);
  return [
    ...new Set(labels.flatMap((label) => (label.includes('=') ? label.slice(0, label.indexOf('=')) : []))),
  ];
}

/**
 * `accuracy.gap(language)`: the greatest slice less the least; `.min(site)` and `.max(site)` are one of them. Missing as soon
 * as a slice has no value, and where there is only one: a gap of one slice is no gap. Undefined without the metric.
 */
export function foldSlices(
  all: readonly EvalMetric[],
  metric: MetricName & { over: { fold: Fold; key: string } },
): EvalMetric | undefined {
  const { fold, key } = metric.over;
  const own = all.filter(({ name }) => name === metric.name);
  const [first] = own;
  if (first === undefined) return undefined;
  const slices = slicesBy(all, metric, key);
  const { source, direction, share, unit, setup } = slices[0] ?? first;
  const better = fold === 'gap' ? 'lower' : direction;
  const folded: EvalMetric = {
    name: `${metric.name}.${fold}(${key})`,
    ...(metric.selector === undefined ? {} : { selector: metric.selector }),
    value: null,
    source,
    ...(better === undefined ? {} : { direction: better }),
    ...(share === undefined ? {} : { share }),
    ...(unit === undefined ? {} : { unit }),
    ...(setup === undefined ? {} : { setup }),
  };
  const keys = sliceKeys(all, metric.name).filter((other) => other !== key);
  if (slices.length < 2) {
    const there = keys.length === 0 ? '' : ` (there are slices by ${keys.join(', ')})`;
    const found =
      slices.length === 0 ? `no slices by '${key}'` : `only one slice by '${key}', ${slices[0]?.selector}`;
    return { ...folded, missing: `${found}${there}` };
  }
  const empty = slices.find(({ value, n }) => value === null || n === 0);
  if (empty !== undefined) return { ...folded, missing: `its slice [${empty.selector}] has no value` };
  const values = slices.map(({ value }) => value ?? NaN);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const value = fold === 'gap' ? most - least : fold === 'min' ? least : most;
  const counts = slices.flatMap(({ n }) => n ?? []);
  const failed = slices.some(({ nothingSucceeded }) => nothingSucceeded === true);
  return {
    ...folded,
    value,
    ...(counts.length === slices.length ? { n: counts.reduce((sum, n) => sum + n, 0) } : {}),
    ...(failed ? { nothingSucceeded: true } : {}),
    folded: { fold, slices },
  };
}
