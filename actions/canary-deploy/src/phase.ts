/** What the phase of a rollout means for those who look from outside. */
import type { RolloutState } from '@sluice/host/types';
import type { DeploymentState } from '@sluice/rollout/github-deployment';
import { rolloutData } from '@sluice/rollout/target';

/** GitHub's word for a rollout that was taken back: `failure` speaks of the release, `error` of what happened to the run. */
export function endOf(state: RolloutState): DeploymentState {
  const kind = rolloutData(state).abortKind;
  if (kind === 'decided' || kind === 'reported') return 'inactive';
  return kind === 'evidence' || kind === 'verify' || kind === 'died' || kind === 'undecided'
    ? 'failure'
    : 'error';
}

/** The new version's share at the end of a phase. */
export function weightNow(phase: string, last: number): number {
  if (phase === 'done' || phase === 'promoting') return 1;
  return phase === 'aborted' || phase === 'aborting' ? 0 : last;
}
