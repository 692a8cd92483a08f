/** How far a decision is away, for people: requests that are still needed, and what would have been seen by now. */
import { rateDifferenceLogEvidence } from '@sluice/statistics/two-rates';
import { countBound } from './count-bounds.ts';
import type { LiveRule } from './live-rules.ts';
import { boundsOf, decideBy, meansApart, wantsLow, type ArmEvidence, type Budget } from './rule-bounds.ts';

const GROWTH = 1.4;
const FARTHEST = 1e6;

/** Grows both arms at the rates seen until the rule decides: an estimate for people, no promise. */
export function stillNeeded(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  budget: Budget,
): number | null {
  for (let factor = GROWTH; mine.n * factor < FARTHEST; factor *= GROWTH) {
    const more = grown(mine, factor);
    const others = theirs === null ? null : grown(theirs, factor);
    const [c] = boundsOf(rule, more, others, budget);
    if (decideBy(rule, more, others, c, budget) !== 'inconclusive') return Math.ceil(mine.n * (factor - 1));
  }
  return null;
}

function grown(evidence: ArmEvidence, factor: number): ArmEvidence {
  const n = Math.round(evidence.n * factor);
  return evidence.kind === 'count'
    ? { kind: 'count', n, hits: Math.min(n, evidence.hits * factor) }
    : { ...evidence, n };
}

/** Of 10 rollouts that are so much worse, 9 are found: 1.28 standard errors beyond the bound. */
const NINE_OF_TEN = 1.2816;

/**
 * The smallest worsening that, at the requests so far, would have broken the rule with power 0.9 by now: a difference from
 * stable, or from the bar; in the metric's unit, points as a share. null where nothing can be said yet.
 */
export function detectable(
  rule: LiveRule,
  mine: ArmEvidence,
  theirs: ArmEvidence | null,
  budget: Budget,
): number | null {
  const { test } = rule;
  if (rule.measure.kind === 'quantile' || !wantsLow(rule) || mine.n === 0) return null;
  if (mine.kind === 'count') {
    const from = test.kind === 'absolute' ? test.bar : theirs === null ? null : rateOf(theirs);
    if (from === null) return null;
    const proven = (rate: number): boolean => {
      const hits = Math.floor(mine.n * rate - NINE_OF_TEN * Math.sqrt(mine.n * rate * (1 - rate)));
      if (hits <= 0) return false;
      if (test.kind === 'absolute') return countBound('lower', hits, mine.n, budget.fail) > test.bar;
      const margin = test.op === 'no-worse-than' ? test.margin : -test.margin;
      if (theirs?.kind !== 'count') return false;
      return (
        rateDifferenceLogEvidence({ n: mine.n, hits }, theirs, margin, 'above') >= -Math.log(budget.fail)
      );
    };
    return proven(1) ? smallest(from, 1, proven) - from : null;
  }
  if (test.kind !== 'relative' || theirs?.kind !== 'moments') return null;
  const { seen, bar } = meansApart(rule, mine, theirs, budget);
  if (!Number.isFinite(seen.low)) return null;
  const error = Math.sqrt(mine.variance / mine.n + theirs.variance / theirs.n);
  const beyond = bar + (seen.value - seen.low) + NINE_OF_TEN * error;
  return test.marginKind === 'share' ? beyond + test.margin * theirs.mean : beyond;
}

function rateOf(evidence: ArmEvidence): number | null {
  return evidence.kind === 'count' && evidence.n > 0 ? evidence.hits / evidence.n : null;
}

function smallest(from: number, to: number, holds: (value: number) => boolean): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 14; i += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
