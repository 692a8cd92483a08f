/** What one rule over values that are read at looks says; see paired-series.ts for what is assumed of them. */
import { meanBounds, type Bounds } from '@sluice/statistics/sequential';
import type { RuleStatus, Seen } from './analysis.ts';
import type { Arm } from './evidence.ts';
import { betterOf, type LiveRule } from './live-rules.ts';
import { differences, readingsOf, type Readings } from './paired-series.ts';
import { above, below, type Budget } from './rule-bounds.ts';

/** Below it a mean over time is not judged. */
const FEWEST = 20;

export interface GaugeVerdict {
  status: RuleStatus;
  canary: Seen | null;
  stable: Seen | null;
}

export function judgeGauge(rule: LiveRule, canary: Arm, stable: Arm | null, budget: Budget): GaugeVerdict {
  const mine = canary.series[rule.metric] ?? [];
  const { test } = rule;
  const nothing: GaugeVerdict = { status: 'no-data', canary: null, stable: null };
  if (mine.length === 0) return nothing;
  if (test.kind === 'absolute') {
    const read = readingsOf(mine.map(([, value]) => value));
    const low = test.op === '<' || test.op === '<=';
    const bounds = boundsAt(read, test.bar, low ? 'below' : 'above', budget);
    const seen: Seen = { n: read.read, value: read.mean, ...bounds };
    const status = read.read < FEWEST ? 'inconclusive' : (low ? below : above)(seen, test.bar, test.bar);
    return { status, canary: seen, stable: null };
  }
  const lower = betterOf(rule) === 'lower';
  const sign = (lower ? 1 : -1) * (test.op === 'no-worse-than' ? 1 : -1);
  const share = test.marginKind === 'share';
  const theirs = stable?.series[rule.metric] ?? [];
  const read = readingsOf(differences(mine, theirs, share ? 1 + sign * test.margin : 1));
  if (read.read === 0) return nothing;
  const bar = share ? 0 : sign * test.margin;
  const bounds = boundsAt(read, bar, lower ? 'below' : 'above', budget);
  const apart: Seen = { n: read.read, value: read.mean, ...bounds };
  const status = read.read < FEWEST ? 'inconclusive' : (lower ? below : above)(apart, bar, bar);
  const [mean, other] = [meanOf(mine), meanOf(theirs)];
  return {
    status,
    canary: {
      n: mine.length,
      value: mean,
      low: mean + bounds.low - read.mean,
      high: mean + bounds.high - read.mean,
    },
    stable: { n: theirs.length, value: other, low: -Infinity, high: Infinity },
  };
}

/** Each end at the chance of the decision that uses it, as for counted requests. */
function boundsAt(read: Readings, bar: number, wants: 'below' | 'above', budget: Budget): Bounds {
  const [low, high] = wants === 'below' ? [budget.fail, budget.pass] : [budget.pass, budget.fail];
  // Equal readings have no spread of their own: as if one more had stood at the bar.
  const variance = Math.max(read.variance, (read.mean - bar) ** 2 / Math.max(1, read.read));
  const summary = { n: Math.max(2, read.n), mean: read.mean, variance };
  const options = { minSamples: 2 };
  return {
    low: meanBounds(summary, low, undefined, { ...options, side: 'lower' }).low,
    high: meanBounds(summary, high, undefined, { ...options, side: 'upper' }).high,
  };
}

function meanOf(points: readonly [number, number][]): number {
  return points.reduce((sum, [, value]) => sum + value, 0) / Math.max(1, points.length);
}
