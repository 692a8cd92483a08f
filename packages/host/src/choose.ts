/** Which server takes the next request: pure, so that the shares can be tested exactly. */

export interface Candidate {
  version: string;
  /** Share that the operator set, 0 to 1. */
  weight: number;
  ready: boolean;
}

/** Inverse golden ratio. */
const STEP = 0.618_033_988_749_894_9;

/**
 * Points in [0, 1) that fill it evenly (additive recurrence with the golden ratio): 5 % of any 100 requests
 * in a row is 5 give or take one, where plain random numbers give 0 to 11. Since the step is irrational, every
 * k-th request is spread just as evenly, so clients that take turns don't end up on one side.
 */
export function makeSequence(start: number = Math.random()): () => number {
  let point = start % 1;
  return () => {
    point = (point + STEP) % 1;
    return point;
  };
}

/**
 * The version at `point` of the healthy servers' weights, laid end to end and scaled to 1: the share of a
 * server that isn't ready goes to the others in proportion. Undefined when no ready server has a weight:
 * one at weight 0 never gets a user's request, not even then.
 */
export function chooseVersion(candidates: readonly Candidate[], point: number): string | undefined {
  const able = candidates.filter((candidate) => candidate.ready && candidate.weight > 0);
  const total = able.reduce((sum, candidate) => sum + candidate.weight, 0);
  let end = 0;
  for (const candidate of able) {
    end += candidate.weight / total;
    if (point < end) return candidate.version;
  }
  // Rounding may leave the last end a hair below 1.
  return able.at(-1)?.version;
}
