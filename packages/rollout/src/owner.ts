/** Who drives a rollout: a process by pid and start time, so that a dead driver is told from a recycled pid. */
import type { RolloutState } from '@sluice/host/types';
import { InfraError } from '@sluice/runtime/errors';
import { processStartTime } from '@sluice/runtime/files';

export type Owner = NonNullable<RolloutState['owner']>;

/** Of a target: it alone knows how a living driver shows. */
export type IsDriving = (owner: Owner) => Promise<boolean>;

/** This process, as the owner of a rollout; `run` is the address of the workflow run, for people. */
export async function thisOwner(run: string): Promise<Owner> {
  return { pid: process.pid, startTime: (await processStartTime(process.pid)) ?? '', run };
}

export function sameOwner(a: Owner | null, b: Owner | null): boolean {
  return a !== null && b !== null && a.pid === b.pid && a.startTime === b.startTime && a.holder === b.holder;
}

/** Of a driver on this machine. */
export async function isAlive(owner: Owner | null): Promise<boolean> {
  return owner !== null && (await processStartTime(owner.pid)) === owner.startTime;
}

/**
 * Refuses to touch a rollout that a living process drives. `post` runs after main has ended, and the next run
 * after the runner died: both find a dead owner.
 */
export async function refuseLivingOwner(
  state: RolloutState,
  self: Owner | null,
  isDriving: IsDriving,
): Promise<void> {
  if (state.owner === null || sameOwner(state.owner, self) || !(await isDriving(state.owner))) return;
  throw new InfraError(
    `the rollout of ${state.to} is driven by ${ownerText(state.owner)}, which is alive; ` +
      'let it end, cancel it, or put both jobs into one `concurrency` group',
  );
}

/** For people: the process of a host, the run anywhere else. */
export function ownerText({ pid, run, holder }: Owner): string {
  if (holder !== undefined) return run === '' ? holder : run;
  return `process ${pid}${run === '' ? '' : ` of ${run}`}`;
}
