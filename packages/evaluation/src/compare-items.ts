/** Candidate against baseline item by item. Pure. */
import { clusteredMean } from '@sluice/statistics/clustered';
import { meanInterval, moments } from '@sluice/statistics/mean';
import { studentCdf } from '@sluice/statistics/normal';
import { mcnemar, pairedCounts, pairedDifference } from '@sluice/statistics/paired';
import { signFlipTest } from '@sluice/statistics/permutation';
import type { Compared } from './compare.ts';
import { corpusDifference } from './corpus.ts';
import type { EvalMetric } from './model.ts';

/** Share of items that may be in one of the two only: a few cases come and go, another data set doesn't. */
export const UNPAIRED_LIMIT = 0.05;
/** More differences than this are tested by t, which the permutation test has become by then. */
const PERMUTED = 5000;
const PERMUTATIONS = 2000;

/** Ids of the items behind a metric, with what each scored or added. */
function itemsOf(metric: EvalMetric): ReadonlyMap<string, unknown> | undefined {
  return metric.items?.scores ?? metric.corpus?.parts;
}

/** Whether the two can be laid side by side item by item. */
export function canPair(candidate: EvalMetric, baseline: EvalMetric): boolean {
  if (candidate.items && baseline.items) return true;
  return candidate.corpus !== undefined && candidate.corpus.kind === baseline.corpus?.kind;
}

/** Why the items of two metrics aren't the same questions; undefined where they are, or where one has no items. */
export function tooFewShared(candidate: EvalMetric, baseline: EvalMetric): string | undefined {
  const [mine, theirs] = [itemsOf(candidate), itemsOf(baseline)];
  if (!mine || !theirs) return undefined;
  const { shared, unpaired } = sharedItems(mine, theirs);
  const all = shared.length + unpaired;
  if (all > 0 && unpaired / all <= UNPAIRED_LIMIT) return undefined;
  return `${unpaired} of ${all} items are in only one of the two (at most ${UNPAIRED_LIMIT * 100} % may be); measure the baseline on the same items`;
}

function sharedItems(
  mine: ReadonlyMap<string, unknown>,
  theirs: ReadonlyMap<string, unknown>,
): { shared: string[]; unpaired: number } {
  const shared = [...mine.keys()].filter((id) => theirs.has(id)).sort();
  return { shared, unpaired: mine.size + theirs.size - 2 * shared.length };
}

/** Scores of the items that both have, in one order. */
function aligned(
  candidate: EvalMetric,
  baseline: EvalMetric,
): { ids: string[]; ours: number[]; theirs: number[] } {
  const mine = candidate.items?.scores ?? new Map<string, number>();
  const other = baseline.items?.scores ?? new Map<string, number>();
  const ids = sharedItems(mine, other).shared;
  const at = (scores: ReadonlyMap<string, number>): number[] => ids.map((id) => scores.get(id) ?? NaN);
  return { ids, ours: at(mine), theirs: at(other) };
}

/**
 * The difference over the items that both have: Tango's score interval for pass and fail, paired t for other scores, BCa for
 * a corpus metric; with clusters, t over them.
 *
 * @param clusters key of the slices whose items belong together (`passage`), when the user names one
 */
export function pairItems(
  candidate: EvalMetric,
  baseline: EvalMetric,
  confidence: number,
  clusters: string | undefined,
): Compared {
  const apart = tooFewShared(candidate, baseline);
  if (apart !== undefined) return { kind: 'unknown', reason: apart };
  const [mine, theirs] = [itemsOf(candidate) ?? new Map(), itemsOf(baseline) ?? new Map()];
  const { unpaired } = sharedItems(mine, theirs);
  if (candidate.corpus && baseline.corpus && !(candidate.items && baseline.items)) {
    if (clusters !== undefined) {
      return {
        kind: 'unknown',
        reason: 'clusters of a corpus metric are not resampled; leave `clusters` out',
      };
    }
    const { estimate, ...bounds } = corpusDifference(candidate.corpus, baseline.corpus, confidence);
    return {
      kind: 'difference',
      difference: { ...bounds, difference: estimate, unpaired, method: 'paired bootstrap (BCa)' },
    };
  }
  const { ids, ours, theirs: other } = aligned(candidate, baseline);
  if (clusters !== undefined)
    return clustered(
      candidate,
      ids,
      ours.map((score, i) => score - (other[i] ?? NaN)),
      { confidence, clusters, unpaired },
    );
  const d = pairedDifference(ours, other, confidence, candidate.share === true ? 1 : undefined);
  return {
    kind: 'difference',
    difference: { ...d, unpaired, method: d.method === 'score' ? 'paired score' : 'paired t' },
  };
}

function clustered(
  metric: EvalMetric,
  ids: readonly string[],
  differences: readonly number[],
  { confidence, clusters, unpaired }: { confidence: number; clusters: string; unpaired: number },
): Compared {
  const found = ids.flatMap(
    (id) => metric.items?.slices?.get(id)?.find((slice) => slice.startsWith(`${clusters}=`)) ?? [],
  );
  if (found.length < ids.length) {
    return {
      kind: 'unknown',
      reason: `${ids.length - found.length} of ${ids.length} items tell no ${clusters}, which they are to be clustered by`,
    };
  }
  const { n, mean, se, df } = clusteredMean(differences, found);
  const bounds = meanInterval({ n, mean, se }, confidence, 'one', df);
  return {
    kind: 'difference',
    difference: { n, difference: mean, ...bounds, se, unpaired, method: 'clustered t' },
  };
}

/**
 * Two-sided p of "no difference" over the same items: McNemar's mid-p for pass and fail, the sign-flip permutation test
 * for other scores. Undefined where the two can't be paired.
 */
export function pairedP(candidate: EvalMetric, baseline: EvalMetric): number | undefined {
  if (!candidate.items || !baseline.items || tooFewShared(candidate, baseline) !== undefined)
    return undefined;
  const { ours, theirs } = aligned(candidate, baseline);
  const counts = pairedCounts(ours, theirs);
  if (counts !== undefined) return mcnemar(counts.gained, counts.lost).midP;
  const differences = ours.map((score, i) => score - (theirs[i] ?? NaN));
  if (differences.length <= PERMUTED) return signFlipTest(differences, { draws: PERMUTATIONS }).p;
  const { n, mean, se } = moments(differences);
  return se > 0 ? 2 * studentCdf(-Math.abs(mean / se), n - 1) : 1;
}
