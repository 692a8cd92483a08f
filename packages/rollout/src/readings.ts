/**
 * What each rule showed between one look and the next, for judges that go by readings and not by requests. Totals are what a
 * look brings; a reading is the difference of two. It is kept with the rollout, so that a driver that takes over goes on.
 */
import { LIVE_METRICS } from './live-metrics.ts';
import { betterOf, watchOf, type LiveRule } from './live-rules.ts';
import type { Arm } from './evidence.ts';
import { evidenceOf } from './rule-bounds.ts';

/** Of the new version and of stable; null where nothing was seen in between. */
export type Reading = [canary: number | null, stable: number | null];

/** So many were seen, with this sum; of values that are read, the time of the last and nothing. */
type Total = [n: number, sum: number];

export interface RuleReadings {
  readings: Reading[];
  totals: { canary: Total; stable: Total };
}

/** By the rule's text. */
export type Readings = Record<string, RuleReadings>;

/** A look every ten seconds for some three hours; older ones go. */
const KEPT = 1_000;

/** The readings with this look's. Pure. */
export function withLook(
  before: Readings,
  rules: readonly LiveRule[],
  arms: { canary: Arm; stable: Arm | null },
): Readings {
  return Object.fromEntries(
    rules.map((rule): [string, RuleReadings] => {
      const { readings, totals } = before[rule.text] ?? {
        readings: [],
        totals: { canary: [0, 0], stable: [0, 0] },
      };
      const canary = since(rule, arms.canary, totals.canary);
      const stable = arms.stable === null ? null : since(rule, arms.stable, totals.stable);
      const reading: Reading = [canary.value, stable?.value ?? null];
      const seen = reading.some((value) => value !== null);
      return [
        rule.text,
        {
          readings: seen ? [...readings, reading].slice(-KEPT) : readings,
          totals: { canary: canary.total, stable: stable?.total ?? totals.stable },
        },
      ];
    }),
  );
}

function since(rule: LiveRule, arm: Arm, [n, sum]: Total): { value: number | null; total: Total } {
  if (rule.measure.kind === 'gauge') {
    const fresh = (arm.series[rule.metric] ?? []).filter(([at]) => at > n);
    const value = fresh.length === 0 ? null : fresh.reduce((all, [, one]) => all + one, 0) / fresh.length;
    return { value, total: [fresh.at(-1)?.[0] ?? n, 0] };
  }
  const seen = evidenceOf(rule, arm);
  const total: Total = [seen.n, seen.kind === 'count' ? seen.hits : seen.n * seen.mean];
  const more = total[0] - n;
  return { value: more > 0 ? (total[1] - sum) / more : null, total: more > 0 ? total : [n, sum] };
}

/** The bar of a rule's readings: of a quantile, the share that may lie beyond it. */
export function barOf(rule: LiveRule): { bar: number; below: boolean } | undefined {
  const { test, measure } = rule;
  if (test.kind !== 'absolute') return undefined;
  if (measure.kind === 'quantile' && watchOf(rule) !== undefined) {
    const higher = LIVE_METRICS[rule.metric]?.better === 'higher';
    // 1 - 0.9 is a little less than 0.1.
    return { bar: Number((higher ? measure.q : 1 - measure.q).toFixed(12)), below: true };
  }
  return { bar: test.bar, below: test.op === '<' || test.op === '<=' };
}

/** Whether one reading keeps the rule; undefined where it can't tell. */
export function keeps(rule: LiveRule, [mine, theirs]: Reading): boolean | undefined {
  if (mine === null) return undefined;
  const absolute = barOf(rule);
  if (absolute !== undefined) return absolute.below ? mine <= absolute.bar : mine >= absolute.bar;
  const { test } = rule;
  if (test.kind !== 'relative' || theirs === null) return undefined;
  const lower = betterOf(rule) === 'lower';
  const sign = (lower ? 1 : -1) * (test.op === 'no-worse-than' ? 1 : -1);
  const bar = test.marginKind === 'share' ? theirs * (1 + sign * test.margin) : theirs + sign * test.margin;
  return lower ? mine <= bar : mine >= bar;
}
