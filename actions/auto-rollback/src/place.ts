/** Where the release serves that is watched and undone: one file a target. The modes know only what stands here. */
import type { DrivingSite } from '@sluice/rollout/driving-site';
import type { Look, Totals } from '@sluice/rollout/evidence-source';
import type { GoodRelease } from '@sluice/rollout/rollback';
import type { RolloutTarget, Undone, VersionSpec } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import type { CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';

export interface Place {
  readonly kind: 'host' | 'kubernetes';
  /** In records and for people: `llm`, `deployment/llm`. */
  readonly name: string;
  /** To look only: nothing is locked. */
  readonly target: RolloutTarget;
  /** What a source that counts knows of the stable version; absent where `target` shows each request. */
  readonly totalsOf?: (version: string, since: number, watches: Look['watches']) => Promise<Totals>;
  /** What a watch would fail at, before it begins. */
  check(): Promise<string[]>;
  /** @param takes away from a driver that lives, whose rollout has no business beside an undo */
  begin(takes: boolean): Promise<UndoSite>;
}

/** A place that is open for an undo. */
export interface UndoSite extends DrivingSite {
  /** What `post` needs to find this place again. */
  readonly saved: Record<string, unknown>;
  /** How a release is brought up again as things are now; or why it can't be. Touches nothing. */
  ready(spec: VersionSpec): Promise<{ spec: VersionSpec } | { fault: string }>;
  /**
   * Undoes a release before which none is on record by taking back the commit that brought it; absent where nothing comes
   * from Git. Fulfilled when what was before serves again; undefined: no such commit is known.
   */
  revert?(undone: Undone): Promise<GoodRelease | undefined>;
}

export async function openPlace(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
): Promise<Place> {
  if (inputs.target === 'kubernetes') {
    const { openKubePlace } = await import('./kube-place.ts');
    return openKubePlace(inputs, checked, context);
  }
  const { openHostPlace } = await import('./host-place.ts');
  return openHostPlace(inputs, context);
}

/** For `post`, which has nothing but what main saved; undefined: it is gone. */
export async function placeAgain(
  kind: Place['kind'],
  saved: Record<string, unknown>,
  context: ActionContext,
): Promise<Place | undefined> {
  if (kind === 'kubernetes') {
    const { kubePlaceAgain } = await import('./kube-place.ts');
    return kubePlaceAgain(saved, context);
  }
  const { hostPlaceAgain } = await import('./host-place.ts');
  return hostPlaceAgain(saved, context);
}
