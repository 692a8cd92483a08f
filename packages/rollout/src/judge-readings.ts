/**
 * Two judges for who wants them, beside the sequential one: plain bars with a number of failures that is allowed, as Argo
 * Rollouts and Flagger count them, and Kayenta's. Neither bounds false alarms over many looks; README says what that costs.
 */
import { classify, score, type Label } from '@sluice/statistics/kayenta';
import { seededRandom } from '@sluice/statistics/random';
import { overallOf, type RuleStatus, type RuleVerdict, type Seen, type Verdict } from './analysis.ts';
import type { Arm } from './evidence.ts';
import { betterOf, type LiveRule } from './live-rules.ts';
import { keeps, type Reading, type Readings } from './readings.ts';

export type ReadingsJudge =
  /** A rule is broken by more failed readings than `failureLimit`. */
  | { kind: 'thresholds'; failureLimit: number }
  /** Scores from 0 to 100: below `marginal` a step fails, from `pass` on all traffic may go over. */
  | { kind: 'kayenta'; marginal: number; pass: number };

interface Look {
  canary: Arm;
  stable: Arm | null;
  readings: Readings;
  minSamples: number;
  /** The step's time is up. */
  isOver: boolean;
}

export function judgeReadings(judge: ReadingsJudge, rules: readonly LiveRule[], look: Look): Verdict {
  const judged = rules.map((rule) =>
    judge.kind === 'thresholds'
      ? byFailures(rule, look, judge.failureLimit)
      : byKayenta(rule, look, rules.indexOf(rule)),
  );
  const verdicts = judged.map(({ verdict }) => verdict);
  const enough = look.canary.requests >= look.minSamples;
  const base = {
    rules: verdicts,
    canaryRequests: look.canary.requests,
    stableRequests: look.stable?.requests ?? 0,
    enough,
    problems: [],
  };
  if (judge.kind === 'thresholds') return { ...base, overall: overallOf(verdicts, enough) };
  const counted = judged.filter(({ verdict }) => !verdict.warn && verdict.status !== 'not-asked');
  const labels = counted.flatMap(({ label, verdict }) =>
    label === undefined ? [] : [{ groups: [verdict.metric], label, critical: false }],
  );
  if (!look.isOver || !enough || labels.length === 0) return { ...base, overall: waiting(verdicts) };
  const points = score(labels, {});
  const overall = points < judge.marginal ? 'fail' : points >= judge.pass ? 'pass' : 'inconclusive';
  return { ...base, overall, score: points };
}

function waiting(rules: readonly RuleVerdict[]): Verdict['overall'] {
  return rules.length > 0 && rules.every(({ status }) => status === 'no-data') ? 'no-data' : 'inconclusive';
}

interface Judged {
  verdict: RuleVerdict;
  label?: Label;
}

function byFailures(rule: LiveRule, look: Look, limit: number): Judged {
  const kept = (look.readings[rule.text]?.readings ?? []).flatMap((reading) => keeps(rule, reading) ?? []);
  const failed = kept.filter((one) => !one).length;
  const status: RuleStatus = kept.length === 0 ? missing(rule, look) : failed > limit ? 'fail' : 'pass';
  return { verdict: verdictOf(rule, look, status) };
}

/** Both versions' readings of the same looks; margins in percent are Kayenta's `allowedIncrease`. */
function byKayenta(rule: LiveRule, look: Look, index: number): Judged {
  const both = (look.readings[rule.text]?.readings ?? []).filter(
    (reading): reading is [number, number] => !reading.includes(null),
  );
  if (both.length === 0) return { verdict: verdictOf(rule, look, missing(rule, look)), label: 'Nodata' };
  if (!look.isOver) return { verdict: verdictOf(rule, look, 'inconclusive') };
  const lower = betterOf(rule) === 'lower';
  const margin = rule.test.kind === 'relative' && rule.test.marginKind === 'share' ? rule.test.margin : 0;
  const { label } = classify(
    both.map(([, stable]) => stable),
    both.map(([canary]) => canary),
    {
      direction: lower ? 'increase' : 'decrease',
      allowedIncrease: 1 + margin,
      allowedDecrease: 1 - margin,
    },
    // The same verdict whenever it is made again.
    seededRandom(index + 1),
  );
  return { verdict: verdictOf(rule, look, label === 'Pass' ? 'pass' : 'fail'), label };
}

function missing({ optional }: LiveRule, { canary, minSamples }: Look): RuleStatus {
  return optional && canary.requests >= Math.max(1, minSamples) ? 'not-asked' : 'no-data';
}

function verdictOf(rule: LiveRule, look: Look, status: RuleStatus): RuleVerdict {
  const readings = look.readings[rule.text]?.readings ?? [];
  const seen = (side: 0 | 1): Seen | null => {
    const values = readings.flatMap((reading: Reading) => reading[side] ?? []);
    const value = values.reduce((sum, one) => sum + one, 0) / values.length;
    return values.length === 0 ? null : { n: values.length, value, low: -Infinity, high: Infinity };
  };
  const stable = rule.test.kind === 'relative' ? seen(1) : null;
  return {
    rule: rule.text,
    metric: rule.metric,
    status,
    warn: rule.warn,
    canary: seen(0),
    stable,
    needed: null,
  };
}

/** What these judges can't be asked, each with its mend. */
export function readingsFaults(judge: ReadingsJudge, rules: readonly LiveRule[]): string[] {
  if (judge.kind === 'thresholds') return [];
  return rules.flatMap(({ text, test }) =>
    test.kind === 'relative' &&
    test.op === 'no-worse-than' &&
    (test.marginKind === 'share' || test.margin === 0)
      ? []
      : [
          `input \`analysis\`: '${text}': with \`judge: kayenta\` each rule compares with stable: '<metric> no-worse-than stable', with a margin in percent of a value or none`,
        ],
  );
}
