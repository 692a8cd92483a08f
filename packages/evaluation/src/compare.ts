import { meanInterval } from '@sluice/statistics/mean';
import { normalQuantile } from '@sluice/statistics/normal';
import { newcombeDifference } from '@sluice/statistics/newcombe';
import type { PairedCounts } from '@sluice/statistics/paired';
import { canPair, pairItems } from './compare-items.ts';
import type { EvalMetric } from './model.ts';

/** Candidate against baseline on one metric. */
export interface Difference {
  difference: number;
  /** One-sided, each alone at the confidence asked for. */
  low: number;
  high: number;
  se: number;
  /** Items compared; the smaller sample where they aren't paired. */
  n: number;
  method:
    | 'paired score'
    | 'paired t'
    | 'paired bootstrap (BCa)'
    | 'clustered t'
    | 'unpaired score'
    | 'unpaired normal';
  /** Gained, lost and same items, where every score is 0 or 1. */
  counts?: PairedCounts;
  /** Items that only one of the two has. */
  unpaired: number;
}

export type Compared =
  | { kind: 'difference'; difference: Difference }
  /** The two weren't measured alike: wrong input, not a weak candidate. */
  | { kind: 'refused'; reason: string }
  /** They could be compared, but the data don't allow it. */
  | { kind: 'unknown'; reason: string };

/** Why two values of a metric mustn't be compared at all; undefined where they may. */
export function mismatch(candidate: EvalMetric, baseline: EvalMetric): string | undefined {
  const ours = candidate.setup ?? {};
  const theirs = baseline.setup ?? {};
  const differing = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    // A part that only one file tells of says nothing either way when the other format has no such field at all.
    .filter(
      (part) => Object.keys(ours).length > 0 && Object.keys(theirs).length > 0 && ours[part] !== theirs[part],
    )
    .map((part) => `${part} ${ours[part] ?? 'none'} and ${theirs[part] ?? 'none'}`);
  if (differing.length > 0) return `measured differently: ${differing.join(', ')} (candidate, baseline)`;
  const [here, there] = [candidate.items?.prompts, baseline.items?.prompts];
  if (!here || !there) return undefined;
  let changed = 0;
  let shared = 0;
  for (const [id, prompt] of here) {
    const other = there.get(id);
    if (other === undefined) continue;
    shared++;
    if (other !== prompt) changed++;
  }
  return changed === 0
    ? undefined
    : `the prompts of ${changed} of ${shared} items differ: the same questions were asked differently`;
}

/**
 * The difference candidate − baseline with one-sided bounds: over items by id where both have them, else from the two
 * counts (Newcombe) or the two standard errors (Welch).
 *
 * @param clusters key of the slices whose items belong together; only with items
 */
export function compareMetric(
  candidate: EvalMetric,
  baseline: EvalMetric,
  confidence: number,
  clusters?: string,
): Compared {
  const reason = mismatch(candidate, baseline);
  if (reason !== undefined) return { kind: 'refused', reason };
  if (canPair(candidate, baseline)) return pairItems(candidate, baseline, confidence, clusters);
  if (clusters !== undefined) {
    return { kind: 'unknown', reason: `without items in both files there is no ${clusters} to cluster by` };
  }
  return unpairedDifference(candidate, baseline, confidence);
}

/** Two independent samples: Newcombe's hybrid of two Wilson intervals for shares, Welch's t for standard errors. */
export function unpairedDifference(
  candidate: EvalMetric,
  baseline: EvalMetric,
  confidence: number,
): Compared {
  const [p, q] = [candidate.value, baseline.value];
  if (p === null || q === null) return { kind: 'unknown', reason: 'one of the two values is missing' };
  const difference = p - q;
  const [n, m] = [candidate.n ?? 0, baseline.n ?? 0];
  const shared = { difference, n: Math.min(n, m), unpaired: n + m };
  if (candidate.share === true && n > 0 && m > 0) {
    const bounds = newcombeDifference({ successes: p * n, n }, { successes: q * m, n: m }, confidence);
    return { kind: 'difference', difference: { ...shared, ...bounds, method: 'unpaired score' } };
  }
  const [s, t] = [candidate.stderr ?? 0, baseline.stderr ?? 0];
  if (s > 0 && t > 0) {
    const se = Math.hypot(s, t);
    // Welch's degrees of freedom where both counts are known, the normal limit otherwise.
    const bounds =
      n > 1 && m > 1
        ? meanInterval(
            { n: n + m, mean: difference, se },
            confidence,
            'one',
            se ** 4 / (s ** 4 / (n - 1) + t ** 4 / (m - 1)),
          )
        : {
            low: difference - normalQuantile(confidence) * se,
            high: difference + normalQuantile(confidence) * se,
          };
    return { kind: 'difference', difference: { ...shared, ...bounds, se, method: 'unpaired normal' } };
  }
  return {
    kind: 'unknown',
    reason: 'no bound: item scores or sample counts are not in both files',
  };
}
