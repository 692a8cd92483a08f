/**
 * One verdict from two kinds of requests that must not be thrown together: users', of which the new version gets a small
 * part, and a probe's, of which both versions get as many. Where the two kinds differ (longer questions, harder ones),
 * their sum would differ between two equal versions, by nothing but the mix (Simpson's paradox).
 *
 * Each kind is judged by itself, at half of the error budget: a rule is broken when either breaks it, and kept when either
 * proves it.
 */
import {
  judge,
  decisionOf,
  overallOf,
  type JudgePolicy,
  type RuleStatus,
  type RuleVerdict,
  type Verdict,
} from './analysis.ts';
import type { Arm } from './evidence.ts';
import type { LiveRule } from './live-rules.ts';

export interface Arms {
  canary: Arm;
  stable: Arm | null;
}

/** The first that either kind has is the rule's. */
const ORDER: readonly RuleStatus[] = ['fail', 'pass', 'inconclusive', 'not-broken', 'not-asked', 'no-data'];

export function judgeBoth(
  rules: readonly LiveRule[],
  users: Arms,
  probe: Arms,
  policy: JudgePolicy,
): Verdict {
  const half = { ...policy, confidence: 1 - (1 - policy.confidence) / 2 };
  const ofUsers = judge(rules, users.canary, users.stable, half);
  const ofProbe = judge(rules, probe.canary, probe.stable, half);
  const together = ofUsers.rules.map((rule, index): RuleVerdict => {
    const probed = ofProbe.rules[index];
    if (probed === undefined || ORDER.indexOf(rule.status) <= ORDER.indexOf(probed.status)) return rule;
    return { ...probed, source: 'probe' };
  });
  const enough = users.canary.requests + probe.canary.requests >= policy.minSamples;
  return {
    ...ofUsers,
    overall: overallOf(together, enough),
    ...decisionOf(rules, together, enough),
    rules: together,
    probed: probe.canary.requests,
    enough,
  };
}
