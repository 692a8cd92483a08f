/** How many pods each side needs for a share, with and without spare GPUs. */
import type { RolloutState, RolloutStep } from '@sluice/host/types';

export type GpuSurge = 'surge' | 'none';

export interface Pods {
  stable: number;
  canary: number;
}

/**
 * The share of pods that a step needs. Without spare GPUs those of a preview, or for copies, would be taken from users who are
 * all on the stable side: there they get what their share of users is worth, one pod at least.
 */
export function roomFor(step: RolloutStep | undefined, mode: GpuSurge): number {
  const { weight, pods = weight } = step ?? { weight: 1 };
  return mode === 'surge' ? pods : weight;
}

/** Found once, before the rollout: whoever goes on with it, or ends it, has the same room. */
export function surgeOf({ surge }: { surge: GpuSurge }, { data }: RolloutState): GpuSurge {
  const kept = data['surge'];
  return kept === 'surge' || kept === 'none' ? kept : surge;
}

/**
 * `surge`: the stable side stays whole and the canary comes on top. `none`: both together never exceed `total`, and the
 * stable side keeps one pod while it has users.
 *
 * @param weight the canary's share, 0 to 1
 * @param total pods of the stable side before the rollout
 */
export function podsFor(weight: number, total: number, mode: GpuSurge): Pods {
  // 0.1 * 10 pods is 1.0000000000000002 in floating point, and no reason for a second pod.
  const wanted = Math.max(1, Math.ceil(weight * total - 1e-9));
  if (mode === 'surge') return { stable: total, canary: wanted };
  const canary = Math.min(wanted, Math.max(1, total - 1));
  return { stable: total - canary, canary };
}
