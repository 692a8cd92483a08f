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
import type { Arm } from './evidence.ts';
import { judgeGauge } from './judge-gauge.ts';
import type { LiveRule } from './live-rules.ts';
import { boundsOf, decideBy, evidenceOf, type ArmEvidence, type Budget } from './rule-bounds.ts';

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
  if (rule.measure.kind === 'gauge') {
    const read = judgeGauge(rule, canary, stable, budget);
    return { ...base, ...read, needed: null };
  }
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
