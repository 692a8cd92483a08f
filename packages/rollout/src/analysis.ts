/**
 * The sequential judgement of a rollout. Every look may be the last one: bounds are confidence sequences, which
 * hold at all looks together, so looking often costs nothing (no "peeking").
 *
 * Error budget: alpha = 1 - confidence is the chance that a release which meets every rule is ever failed, and,
 * separately, that one which breaks a rule is ever passed. To fail, one rule is enough, so each rule gets an equal
 * part of alpha (Bonferroni); to pass, all must, so each may use the whole of it (an intersection-union test,
 * Berger 1982). A comparison of two shares is one test of both arms; one of two means splits its part over the arms
 * (union bound). Valid whatever the rules share; a little wide.
 */
import { meanBounds } from '@sluice/statistics/sequential';
import { rateDifferenceLogEvidence } from '@sluice/statistics/two-rates';
import { countBound } from './count-bounds.ts';
import { watchKey, type Arm, type Count, type Moments } from './evidence.ts';
import { LIVE_METRICS, type Better } from './live-metrics.ts';
import { watchOf, type LiveRule } from './live-rules.ts';

export type RuleStatus = 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'not-asked';

export interface Seen {
  n: number;
  value: number;
  low: number;
  high: number;
}

export interface RuleVerdict {
  rule: string;
  metric: string;
  status: RuleStatus;
  warn: boolean;
  /** What was seen of the version under judgement, with its one-sided bounds; null without data. */
  canary: Seen | null;
  /** The reference arm; null for absolute rules and without data. */
  stable: Seen | null;
  /** About how many more requests of the new version decide it at the rates seen; null when decided or unknowable. */
  needed: number | null;
}

export interface Verdict {
  overall: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  rules: RuleVerdict[];
  /** Requests of each arm. */
  canaryRequests: number;
  stableRequests: number;
  /** `min-samples` is reached by the version under judgement. */
  enough: boolean;
  /** Why a source of evidence has nothing, or nothing fresh, to say: neither for nor against the version. */
  problems: string[];
}

export interface JudgePolicy {
  /** 0.95: see the error budget above. */
  confidence: number;
  /** Below it nothing passes and no step advances; a proven breach still fails. */
  minSamples: number;
  /** Also work out `needed`, for people; off in simulations, where it would cost most of the time. */
  estimate?: boolean;
}

/**
 * Judges a version (`canary`) by the rules; `stable` is its reference arm, of the same span of time, or null when
 * there is none (relative rules have no data then).
 */
export function judge(
  rules: readonly LiveRule[],
  canary: Arm,
  stable: Arm | null,
  policy: JudgePolicy,
): Verdict {
  const deciding = rules.filter((rule) => !rule.warn).length;
  const alpha = 1 - policy.confidence;
  const budget = { fail: alpha / Math.max(1, deciding), pass: alpha, minSamples: policy.minSamples };
  const verdicts = rules.map((rule) => judgeRule(rule, canary, stable, budget, policy));
  const asked = verdicts.filter((verdict) => !verdict.warn && verdict.status !== 'not-asked');
  const enough = canary.requests >= policy.minSamples;
  return {
    overall: overallOf(asked, enough),
    rules: verdicts,
    canaryRequests: canary.requests,
    stableRequests: stable?.requests ?? 0,
    enough,
    problems: [],
  };
}

function overallOf(asked: readonly RuleVerdict[], enough: boolean): Verdict['overall'] {
  if (asked.some((rule) => rule.status === 'fail')) return 'fail';
  if (asked.length > 0 && asked.every((rule) => rule.status === 'no-data')) return 'no-data';
  if (asked.some((rule) => rule.status !== 'pass')) return 'inconclusive';
  return enough ? 'pass' : 'inconclusive';
}

function judgeRule(
  rule: LiveRule,
  canary: Arm,
  stable: Arm | null,
  budget: Budget,
  policy: JudgePolicy,
): RuleVerdict {
  const base = { rule: rule.text, metric: rule.metric, warn: rule.warn };
  const relative = rule.test.kind === 'relative';
  const mine = evidenceOf(rule, canary);
  const theirs = relative && stable !== null ? evidenceOf(rule, stable) : null;
  const missing = mine.n === 0 || (relative && (theirs === null || theirs.n === 0));
  if (missing) {
    const nowhere = mine.n === 0 && (theirs === null || theirs.n === 0);
    const notAsked = rule.optional && nowhere && canary.requests >= Math.max(1, policy.minSamples);
    return { ...base, status: notAsked ? 'not-asked' : 'no-data', canary: null, stable: null, needed: null };
  }
  const [c, s] = boundsOf(rule, mine, theirs, budget);
  const status = decideBy(rule, mine, theirs, c, s, budget);
  const open = status === 'inconclusive' && policy.estimate === true;
  const needed = open ? stillNeeded(rule, mine, theirs, budget) : null;
  return { ...base, status, canary: c, stable: s, needed };
}

/** How much chance of error each decision may use, and from how many samples on a mean may be judged. */
interface Budget {
  fail: number;
  pass: number;
  minSamples: number;
}

type ArmEvidence = ({ kind: 'count' } & Count) | ({ kind: 'moments' } & Moments);

function evidenceOf(rule: LiveRule, arm: Arm): ArmEvidence {
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
function boundsOf(
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

function wantsLow(rule: LiveRule): boolean {
  if (rule.test.kind === 'relative') return LIVE_METRICS[rule.metric]?.better !== 'higher';
  // A quantile rule is judged by the share that breaks its bar, and that share shall be low.
  return rule.measure.kind === 'quantile' || rule.test.op === '<' || rule.test.op === '<=';
}

function bound(evidence: ArmEvidence, lowAlpha: number, highAlpha: number, minSamples: number): Seen {
  if (evidence.kind === 'count') {
    const { hits, n } = evidence;
    const low = countBound('lower', hits, n, lowAlpha);
    return { n, value: hits / n, low, high: countBound('upper', hits, n, highAlpha) };
  }
  const few = Math.max(30, minSamples);
  const low = meanBounds(evidence, lowAlpha, undefined, { side: 'lower', minSamples: few }).low;
  const high = meanBounds(evidence, highAlpha, undefined, { side: 'upper', minSamples: few }).high;
  return { n: evidence.n, value: evidence.mean, low, high };
}

/** Two shares are compared by one test of both; everything else by its bounds. */
function decideBy(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  c: Seen,
  s: Seen | null,
  budget: Budget,
): 'pass' | 'fail' | 'inconclusive' {
  const { test } = rule;
  const shares = mine.kind === 'count' && theirs?.kind === 'count';
  if (!shares || test.kind !== 'relative' || test.marginKind !== 'absolute') return decide(rule, c, s);
  const lower = LIVE_METRICS[rule.metric]?.better !== 'higher';
  const margin = (lower === (test.op === 'no-worse-than') ? 1 : -1) * test.margin;
  const proven = (side: 'above' | 'below', alpha: number): boolean =>
    rateDifferenceLogEvidence(mine, theirs, margin, side) >= -Math.log(alpha);
  if (proven(lower ? 'above' : 'below', budget.fail)) return 'fail';
  return proven(lower ? 'below' : 'above', budget.pass) ? 'pass' : 'inconclusive';
}

/** Proven broken, proven kept, or neither. */
function decide(rule: LiveRule, c: Seen, s: Seen | null): 'pass' | 'fail' | 'inconclusive' {
  const test = rule.test;
  if (test.kind === 'absolute') {
    if (rule.measure.kind === 'quantile') {
      // "p99 < 800" says: at most 1 % of requests reach 800. The count watched is of those that break the bar.
      const worst = LIVE_METRICS[rule.metric]?.better === 'higher' ? rule.measure.q : 1 - rule.measure.q;
      return below(c, worst, worst);
    }
    return test.op === '<' || test.op === '<=' ? below(c, test.bar, test.bar) : above(c, test.bar, test.bar);
  }
  if (s === null) return 'inconclusive';
  const better: Better = LIVE_METRICS[rule.metric]?.better ?? 'lower';
  const sign = (better === 'lower' ? 1 : -1) * (test.op === 'no-worse-than' ? 1 : -1);
  const shifted = (value: number): number =>
    test.marginKind === 'share' ? value * (1 + sign * test.margin) : value + sign * test.margin;
  return better === 'lower'
    ? below(c, shifted(s.high), shifted(s.low))
    : above(c, shifted(s.low), shifted(s.high));
}

/** The value shall stay below a bar that itself lies between `passBar` and `failBar`. */
function below(seen: Seen, failBar: number, passBar: number): 'pass' | 'fail' | 'inconclusive' {
  if (seen.low > failBar) return 'fail';
  return seen.high <= passBar ? 'pass' : 'inconclusive';
}

function above(seen: Seen, failBar: number, passBar: number): 'pass' | 'fail' | 'inconclusive' {
  if (seen.high < failBar) return 'fail';
  return seen.low >= passBar ? 'pass' : 'inconclusive';
}

const GROWTH = 1.4;
const FARTHEST = 1e6;

/** Grows both arms at the rates seen until the rule decides: an estimate for people, no promise. */
function stillNeeded(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  budget: Budget,
): number | null {
  for (let factor = GROWTH; mine.n * factor < FARTHEST; factor *= GROWTH) {
    const more = grown(mine, factor);
    const others = theirs === null ? null : grown(theirs, factor);
    const [c, s] = boundsOf(rule, more, others, budget);
    if (decideBy(rule, more, others, c, s, budget) !== 'inconclusive')
      return Math.ceil(mine.n * (factor - 1));
  }
  return null;
}

function grown(evidence: ArmEvidence, factor: number): ArmEvidence {
  const n = Math.round(evidence.n * factor);
  return evidence.kind === 'count'
    ? { kind: 'count', n, hits: Math.min(n, evidence.hits * factor) }
    : { ...evidence, n };
}
