/** Whether an A/B split came out as it was set. A split that didn't has lost answers on one side: its numbers mislead. */
import type { RolloutState } from '@sluice/host/types';
import { sampleRatio } from '@sluice/statistics/sample-ratio';
import type { Arms } from './judge-both.ts';
import { percent } from './steps.ts';
import { stepOf } from './strategies.ts';

/** As usual for this check: where it errs, a sound experiment is thrown away. */
const ALPHA = 0.001;

/**
 * @param users of each version, where they are counted: requests of one user hang together
 * @returns the numbers, for people; undefined while nothing speaks against the split
 */
export function mismatchOf(
  state: RolloutState,
  { canary, stable }: Arms,
  users: Readonly<Record<string, number>> | undefined,
): string | undefined {
  const { weight, ends, sticky } = stepOf(state);
  if (ends !== 'decision' || weight <= 0 || weight >= 1 || stable === null || state.from === null)
    return undefined;
  if (sticky !== undefined && users === undefined) return undefined;
  const what = sticky === undefined ? 'requests' : 'users';
  const mine = sticky === undefined ? canary.requests : (users?.[state.to] ?? 0);
  const theirs = sticky === undefined ? stable.requests : (users?.[state.from] ?? 0);
  const { logEvidence, chiSquare, pOfThisLook } = sampleRatio(mine, theirs, weight);
  if (logEvidence < -Math.log(ALPHA)) return undefined;
  return (
    `sample-ratio mismatch: ${state.to} has ${mine} of ${mine + theirs} ${what}, and ${percent(weight)} were meant ` +
    `(chi-square ${chiSquare.toFixed(1)}, p ${pOfThisLook.toExponential(1)}; proven at ${ALPHA} over all looks). Answers of one side get lost, or one side is asked past the split: ` +
    'nothing can be learned from this until that is mended'
  );
}
