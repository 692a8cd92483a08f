/** A place that is open for one run: a rollout can be driven there. */
import type { DriverOptions } from './driver.ts';
import type { Owner } from './owner.ts';
import type { RolloutTarget } from './target.ts';

export interface DrivingSite {
  readonly target: RolloutTarget;
  readonly owner: Owner;
  readonly exclusive: DriverOptions['exclusive'];
  /** Aborted when the job is cancelled, or when this run must not go on driving. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}
