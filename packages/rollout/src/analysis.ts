/**
 * The sequential judgement of a rollout. Every look may be the last one: bounds are confidence sequences, which
 * hold at all looks together, so looking often costs nothing (no "peeking").
 *
 * Error budget: alpha = 1 - confidence is the chance that a release which meets every rule is ever failed, and,
 * separately, that one which breaks a rule is ever passed. To fail, one rule is enough, so each rule gets an equal
 * part of alpha (Bonferroni); to pass, all must, so each may use the whole of it (an intersection-union test,
 * Berger 1982). A comparison of two versions is one test of both: of shares by e-values (two-rates.ts), of means by a
 * confidence sequence of their difference. Valid whatever the rules share; a little wide.
 */
import type { Arm } from './evidence.ts';
import { judgeGauge } from './judge-gauge.ts';
import type { ReadingsJudge } from './judge-readings.ts';
import type { LiveRule } from './live-rules.ts';
import { boundsOf, decideBy, evidenceOf, type Budget } from './rule-bounds.ts';
import { detectable, stillNeeded } from './still-needed.ts';

/** `not-broken`: of a rule that can only fail, and did not. */
export type RuleStatus = 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'not-asked' | 'not-broken';

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
  /** It chooses between both versions, and judges neither. */
  decides?: true;
  /** What was seen of the version under judgement, with its one-sided bounds; null without data. */
  canary: Seen | null;
  /** The reference arm; null for absolute rules and without data. */
  stable: Seen | null;
  /** About how many more requests of the new version decide it at the rates seen; null when decided or unknowable. */
  needed: number | null;
  /** Whose answers decided it, where both users and a probe were heard; absent: users'. */
  source?: 'probe';
  /** With power 0.9 a worsening of so much against stable, or the bar, would have broken the rule by now. */
  detectable?: number;
}

export interface Verdict {
  overall: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  rules: RuleVerdict[];
  /** Requests of each arm. */
  canaryRequests: number;
  stableRequests: number;
  /** Questions of the probe that both versions were asked, by each; absent without a probe. */
  probed?: number;
  /** `min-samples` is reached by the version under judgement. */
  enough: boolean;
  /** What the rule of `decide` chose; absent without one. */
  decision?: 'new' | 'stable' | 'open';
  /** Why the split can't be learned from: it isn't the one that was asked for. */
  mismatch?: string;
  /** Of Kayenta's judge, 0 to 100, once a step's time is up. */
  score?: number;
  /** Why a source of evidence has nothing, or nothing fresh, to say: neither for nor against the version. */
  problems: string[];
}

export interface JudgePolicy {
  /** 0.95: see the error budget above. */
  confidence: number;
  /** Below it nothing passes and no step advances; a proven breach still fails. */
  minSamples: number;
  /** Another judge than the sequential one. */
  by?: ReadingsJudge;
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
  const enough = canary.requests >= policy.minSamples;
  return {
    overall: overallOf(verdicts, enough),
    ...decisionOf(rules, verdicts, enough),
    rules: verdicts,
    canaryRequests: canary.requests,
    stableRequests: stable?.requests ?? 0,
    enough,
    problems: [],
  };
}

/** The rule that decides between two versions says nothing of whether the new one may serve. */
export function decisionOf(
  rules: readonly LiveRule[],
  verdicts: readonly RuleVerdict[],
  enough: boolean,
): Pick<Verdict, 'decision'> {
  const index = rules.findIndex(({ decides }) => decides === true);
  if (index === -1) return {};
  const status = verdicts[index]?.status;
  if (!enough || (status !== 'pass' && status !== 'fail')) return { decision: 'open' };
  return { decision: status === 'pass' ? 'new' : 'stable' };
}

export function overallOf(rules: readonly RuleVerdict[], enough: boolean): Verdict['overall'] {
  const asked = rules.filter(
    ({ warn, decides, status }) =>
      !warn && decides !== true && status !== 'not-asked' && status !== 'not-broken',
  );
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
  const base = {
    ...{ rule: rule.text, metric: rule.metric, warn: rule.warn },
    ...(rule.decides === true ? { decides: true as const } : {}),
  };
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
    const unasked = rule.optional && nowhere && canary.requests >= Math.max(1, policy.minSamples);
    const notAsked = unasked || rule.failOnly === true;
    return { ...base, status: notAsked ? 'not-asked' : 'no-data', canary: null, stable: null, needed: null };
  }
  const [c, s] = boundsOf(rule, mine, theirs, budget);
  const decided = decideBy(rule, mine, theirs, c, budget);
  const status: RuleStatus = rule.failOnly === true && decided !== 'fail' ? 'not-broken' : decided;
  const open = status === 'inconclusive' && policy.estimate === true;
  const needed = open ? stillNeeded(rule, mine, theirs, budget) : null;
  const seeable = policy.estimate === true ? detectable(rule, mine, theirs, budget) : null;
  const seen = { ...base, status, canary: c, stable: s, needed };
  return seeable === null ? seen : { ...seen, detectable: seeable };
}
