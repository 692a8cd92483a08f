import { meanInterval, moments } from '@sluice/statistics/mean';
import { proportionBounds, samplesForProportion } from '@sluice/statistics/non-inferiority';
import { normalQuantile } from '@sluice/statistics/normal';
import { wilsonOneSided } from '@sluice/statistics/proportion';
import { unpairedDifference } from './compare.ts';
import { corpusBounds } from './corpus.ts';
import { knownFacts } from './metrics-table.ts';
import type { EvalMetric } from './model.ts';
import type { Fold } from './rules.ts';

/** What the samples behind a metric allow to say of it. */
export interface MetricBounds {
  /** One-sided, each alone at the confidence asked for. */
  low: number;
  high: number;
  method: 'clopper-pearson' | 'wilson' | 't' | 'normal' | 'slices' | 'bootstrap (BCa)';
  /** The count behind a share, where there is one. */
  successes?: number;
}

/**
 * One-sided bounds: Clopper-Pearson where value × n is a count, Wilson where it is a half count (ties) or where a standard
 * error of 0 pretends certainty, t over items, BCa over a corpus, or a given standard error else. Undefined where nothing is known of the spread.
 */
export function metricBounds(metric: EvalMetric, confidence: number): MetricBounds | undefined {
  const { value, n, stderr, items } = metric;
  if (value === null) return undefined;
  if (metric.folded !== undefined) return foldBounds(metric.folded, confidence);
  if (metric.share === true && n !== undefined && n > 0) {
    const count = countBehind(value, n);
    // A count is only taken for one where items, if there are any, are all 0 or 1, or 0.5 where that is a tie.
    const kind = kindOfScores(items?.scores);
    if (count !== undefined && kind === 'halves' && knownFacts(metric.name)?.ties === true)
      return { ...wilsonOneSided(count, n, confidence), method: 'wilson', successes: count };
    if (count !== undefined && kind === 'binary')
      return { ...proportionBounds(count, n, confidence), successes: count };
  }
  if (items) {
    const spread = moments([...items.scores.values()]);
    const bounds = meanInterval({ ...spread, mean: value }, confidence, 'one');
    if (Number.isFinite(bounds.low)) return clamp({ ...bounds, method: 't' }, metric);
  }
  if (metric.corpus) {
    const { low, high } = corpusBounds(metric.corpus, confidence);
    if (Number.isFinite(low)) return clamp({ low, high, method: 'bootstrap (BCa)' }, metric);
  }
  if (stderr !== undefined && stderr > 0) {
    const df = (n ?? 0) - 1;
    if (df > 0)
      return clamp(
        { ...meanInterval({ n: df + 1, mean: value, se: stderr }, confidence, 'one'), method: 't' },
        metric,
      );
    const half = normalQuantile(confidence) * stderr;
    return clamp({ low: value - half, high: value + half, method: 'normal' }, metric);
  }
  if (metric.share === true && n !== undefined && n > 0) {
    return { ...wilsonOneSided(value * n, n, confidence), method: 'wilson' };
  }
  return undefined;
}

/**
 * Bounds of the least or greatest slice, or of the gap between the two. The true extreme is one fixed slice (or pair), so
 * the end that claims "no further out" holds at the confidence of one slice (intersection-union: Berger 1982); the other
 * end looks at all of them, and each gets its share of the error (Bonferroni).
 */
function foldBounds(
  { fold, slices }: { fold: Fold; slices: readonly EvalMetric[] },
  confidence: number,
): MetricBounds | undefined {
  const shared = (claims: number): number => 1 - (1 - confidence) / claims;
  if (fold === 'gap') {
    const pairs = slices.flatMap((one) => slices.flatMap((other) => (one === other ? [] : [{ one, other }])));
    const at = pairs.map(({ one, other }) => ({
      once: differenceBounds(one, other, confidence),
      all: differenceBounds(one, other, shared(pairs.length)),
    }));
    const highs = at.flatMap(({ once }) => once?.high ?? []);
    const lows = at.flatMap(({ all }) => all?.low ?? []);
    if (highs.length < pairs.length || lows.length < pairs.length) return undefined;
    return { low: Math.max(0, ...lows), high: Math.max(...highs), method: 'slices' };
  }
  const once = slices.flatMap((slice) => metricBounds(slice, confidence) ?? []);
  const all = slices.flatMap((slice) => metricBounds(slice, shared(slices.length)) ?? []);
  if (once.length < slices.length || all.length < slices.length) return undefined;
  return fold === 'min'
    ? {
        low: Math.min(...once.map(({ low }) => low)),
        high: Math.min(...all.map(({ high }) => high)),
        method: 'slices',
      }
    : {
        low: Math.max(...all.map(({ low }) => low)),
        high: Math.max(...once.map(({ high }) => high)),
        method: 'slices',
      };
}

function differenceBounds(
  one: EvalMetric,
  other: EvalMetric,
  confidence: number,
): { low: number; high: number } | undefined {
  const compared = unpairedDifference(one, other, confidence);
  return compared.kind === 'difference' ? compared.difference : undefined;
}

/** A whole or half number of successes behind a share; files round to 4 digits or so, which 0.02 of a sample forgives. */
function countBehind(value: number, n: number): number | undefined {
  const doubled = value * n * 2;
  const nearest = Math.round(doubled);
  if (Math.abs(doubled - nearest) > Math.min(0.04, 0.00012 * n + 1e-9)) return undefined;
  return nearest / 2;
}

function kindOfScores(scores: ReadonlyMap<string, number> | undefined): 'binary' | 'halves' | 'finer' {
  const kinds = new Set(scores?.values());
  for (const kind of [0, 1]) kinds.delete(kind);
  if (kinds.size === 0) return 'binary';
  return kinds.size === 1 && kinds.has(0.5) ? 'halves' : 'finer';
}

function clamp(bounds: MetricBounds, metric: EvalMetric): MetricBounds {
  if (metric.share !== true) return bounds;
  return { ...bounds, low: Math.max(0, bounds.low), high: Math.min(1, bounds.high) };
}

/**
 * Samples in all that would decide the bar at the value seen, or undefined where no number would or none is known.
 * Exact for shares; for means the half width shrinks with the root of n.
 */
export function samplesNeeded(
  metric: EvalMetric,
  bounds: MetricBounds,
  bar: number,
  confidence: number,
): number | undefined {
  const { value, n } = metric;
  if (value === null || n === undefined || n < 1 || value === bar) return undefined;
  const side = value > bar ? 'above' : 'below';
  if (bounds.successes !== undefined) return samplesForProportion(value, bar, side, confidence, n + 1);
  const half = side === 'above' ? value - bounds.low : bounds.high - value;
  if (!(half > 0) || !Number.isFinite(half)) return undefined;
  const needed = Math.ceil(n * (half / Math.abs(value - bar)) ** 2);
  return needed <= 1e8 ? Math.max(needed, n + 1) : undefined;
}
