/** What one rule over counted requests says: its evidence of each arm, the bounds of it, and what they decide. */
import { meanBounds } from '@sluice/statistics/sequential';
import { rateDifferenceLogEvidence } from '@sluice/statistics/two-rates';
import type { Seen } from './analysis.ts';
import { countBound } from './count-bounds.ts';
import { watchKey, type Arm, type Count, type Moments } from './evidence.ts';
import { betterOf, watchOf, type LiveRule } from './live-rules.ts';

/** How much chance of error each decision may use, and from how many samples on a mean may be judged. */
export interface Budget {
  fail: number;
  pass: number;
  minSamples: number;
}

export type ArmEvidence = ({ kind: 'count' } & Count) | ({ kind: 'moments' } & Moments);

export function evidenceOf(rule: LiveRule, arm: Arm): ArmEvidence {
  const watch = watchOf(rule);
  if (watch !== undefined) return { kind: 'count', ...(arm.beyond[watchKey(watch)] ?? { n: 0, hits: 0 }) };
  return rule.measure.kind === 'rate'
    ? { kind: 'count', ...(arm.shares[rule.metric] ?? { n: 0, hits: 0 }) }
    : { kind: 'moments', ...(arm.values[rule.metric] ?? { n: 0, mean: 0, variance: 0 }) };
}

/**
 * Each end is a one-sided bound at the chance of the decision that uses it: where lower is better, the new version
 * fails by its lower end against the upper end of stable, and passes by the two other ends.
 */
export function boundsOf(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  budget: Budget,
): [Seen, Seen | null] {
  const arms = theirs === null ? 1 : 2;
  const fail = budget.fail / arms;
  const pass = budget.pass / arms;
  const [low, high] = wantsLow(rule) ? [fail, pass] : [pass, fail];
  return [
    bound(mine, low, high, budget.minSamples),
    theirs === null ? null : bound(theirs, high, low, budget.minSamples),
  ];
}

export function wantsLow(rule: LiveRule): boolean {
  if (rule.test.kind === 'relative') return betterOf(rule) !== 'higher';
  // A quantile rule is judged by the share that breaks its bar, and that share shall be low.
  return rule.measure.kind === 'quantile' || rule.test.op === '<' || rule.test.op === '<=';
}

function bound(evidence: ArmEvidence, lowAlpha: number, highAlpha: number, minSamples: number): Seen {
  if (evidence.kind === 'count') {
    const { hits, n, atMost = hits } = evidence;
    const low = countBound('lower', hits, n, lowAlpha);
    // Where a source can't tell exactly, neither end profits from it.
    return { n, value: hits / n, low, high: countBound('upper', atMost, n, highAlpha) };
  }
  const few = Math.max(30, minSamples);
  const low = meanBounds(evidence, lowAlpha, undefined, { side: 'lower', minSamples: few }).low;
  const high = meanBounds(evidence, highAlpha, undefined, { side: 'upper', minSamples: few }).high;
  return { n: evidence.n, value: evidence.mean, low, high };
}

type Decision = 'pass' | 'fail' | 'inconclusive';

/** Two versions are compared by one test of both; a bar by the bounds of one. */
export function decideBy(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  c: Seen,
  budget: Budget,
): Decision {
  const { test } = rule;
  if (test.kind !== 'relative') return decide(rule, c);
  if (mine.kind === 'moments' && theirs?.kind === 'moments') {
    const { seen, bar } = meansApart(rule, mine, theirs, budget);
    return wantsLow(rule) ? below(seen, bar, bar) : above(seen, bar, bar);
  }
  if (mine.kind !== 'count' || theirs?.kind !== 'count') return 'inconclusive';
  const lower = betterOf(rule) !== 'higher';
  const margin = (lower === (test.op === 'no-worse-than') ? 1 : -1) * test.margin;
  // Where a source can't tell exactly, each side is proven against what speaks for the other.
  const least = ({ n, hits }: Count): Count => ({ n, hits });
  const most = ({ n, hits, atMost = hits }: Count): Count => ({ n, hits: atMost });
  const proven = (side: 'above' | 'below', alpha: number): boolean => {
    const [c, s] = side === 'above' ? [least(mine), most(theirs)] : [most(mine), least(theirs)];
    return rateDifferenceLogEvidence(c, s, margin, side) >= -Math.log(alpha);
  };
  if (proven(lower ? 'above' : 'below', budget.fail)) return 'fail';
  return proven(lower ? 'below' : 'above', budget.pass) ? 'pass' : 'inconclusive';
}

/**
 * The distance of two means, as one mean with a confidence sequence of its own: over all requests of both arms it has the
 * variance n (v1/n1 + v2/n2), as a difference of randomly split requests does (Waudby-Smith et al. 2024, section 3.2).
 * Narrower than what two sequences leave between them. A margin in percent weighs stable's mean by it.
 */
export function meansApart(
  rule: LiveRule,
  mine: Moments,
  theirs: Moments,
  budget: Budget,
): { seen: Seen; bar: number } {
  const { test } = rule;
  if (test.kind !== 'relative') throw new TypeError('two means are compared by a relative rule');
  const sign = (wantsLow(rule) ? 1 : -1) * (test.op === 'no-worse-than' ? 1 : -1);
  const share = test.marginKind === 'share';
  const factor = share ? 1 + sign * test.margin : 1;
  const bar = share ? 0 : sign * test.margin;
  const n = mine.n + theirs.n;
  const mean = mine.mean - factor * theirs.mean;
  const few = Math.max(30, budget.minSamples);
  const spread = mine.variance > 0 && theirs.variance > 0;
  if (mine.n < few || theirs.n < few || !spread)
    return { seen: { n, value: mean, low: -Infinity, high: Infinity }, bar };
  const variance = n * (mine.variance / mine.n + (factor * factor * theirs.variance) / theirs.n);
  const [low, high] = wantsLow(rule) ? [budget.fail, budget.pass] : [budget.pass, budget.fail];
  const end = (side: 'lower' | 'upper', alpha: number): { low: number; high: number } =>
    meanBounds({ n, mean, variance }, alpha, undefined, { side, minSamples: few });
  return { seen: { n, value: mean, low: end('lower', low).low, high: end('upper', high).high }, bar };
}

/** Proven broken, proven kept, or neither. */
function decide(rule: LiveRule, c: Seen): Decision {
  const test = rule.test;
  if (test.kind === 'absolute') {
    if (rule.measure.kind === 'quantile') {
      // "p99 < 800" says: at most 1 % of requests reach 800. The count watched is of those that break the bar.
      const worst = betterOf(rule) === 'higher' ? rule.measure.q : 1 - rule.measure.q;
      return below(c, worst, worst);
    }
    return test.op === '<' || test.op === '<=' ? below(c, test.bar, test.bar) : above(c, test.bar, test.bar);
  }
  return 'inconclusive';
}

/** The value shall stay below a bar that itself lies between `passBar` and `failBar`. */
export function below(seen: Seen, failBar: number, passBar: number): Decision {
  if (seen.low > failBar) return 'fail';
  return seen.high <= passBar ? 'pass' : 'inconclusive';
}

export function above(seen: Seen, failBar: number, passBar: number): Decision {
  if (seen.high < failBar) return 'fail';
  return seen.low >= passBar ? 'pass' : 'inconclusive';
}
