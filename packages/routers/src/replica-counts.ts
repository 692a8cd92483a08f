/** How many pods of each side a share needs. Pure. */

export interface Counts {
  stable: number;
  canary: number;
}

/**
 * The nearest that a ratio of pods comes to a share: of `total` pods, or one more with surge. Between 0 and 1 neither side
 * is left without a pod where there are two or more.
 *
 * Argo Rollouts' approximateWeightedCanaryStableReplicaCounts (utils/replicaset/canary.go, v1.10.1), which its own table
 * tests; a share where it knows whole percents.
 */
export function approximateCounts(total: number, share: number, surge: boolean): Counts {
  if (total === 0) return { stable: 0, canary: 0 };
  const exact = rounded(total * share);
  const up = Math.ceil(exact);
  const down = Math.floor(exact);
  const zeroAllowed = share === 1 || share === 0 || (total === 1 && !surge);
  const options: { canary: number; of: number }[] = [];
  const add = (canary: number, of: number): void => void options.push({ canary, of });
  if (up < total || zeroAllowed) add(up, total);
  if (!tied(share, total) && (down !== 0 || zeroAllowed)) add(down, total);
  if (surge) {
    add(up, total + 1);
    if (!tied(share, total + 1) && (down !== 0 || zeroAllowed)) add(down, total + 1);
  }
  const distance = ({ canary, of }: { canary: number; of: number }): number => Math.abs(canary / of - share);
  // The first of equals wins, as there.
  const best = options.reduce<{ canary: number; of: number }>(
    (one, other) => (distance(other) < distance(one) - 1e-12 ? other : one),
    options[0] ?? { canary: 0, of: total },
  );
  return { stable: best.of - best.canary, canary: best.canary };
}

function tied(share: number, total: number): boolean {
  return rounded((total * share) % 1) === 0.5;
}

/** 10 × 0.29 is 2.9000000000000004: its ceiling must not depend on that. */
function rounded(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}

export interface CountsMode {
  /** A spare pod can be scheduled: the stable stays whole. Otherwise it gives up as many as the canary gets. */
  surge: boolean;
  /** A router weighs requests; without one the pods' ratio is the share. */
  routed: boolean;
}

/**
 * Pods of each side at a share of the requests. The canary has at least one from the start (at share 0 it warms up).
 * The caller keeps the order: with surge first up, then down; without, first down, wait until gone, then up.
 */
export function replicasFor(share: number, total: number, { surge, routed }: CountsMode): Counts {
  if (total <= 0) return { stable: 0, canary: 1 };
  if (!routed) {
    const counts = approximateCounts(total, share, surge);
    if (counts.canary > 0) return counts;
    return { stable: surge ? counts.stable : Math.max(counts.stable - 1, 0), canary: 1 };
  }
  const canary = Math.min(Math.max(Math.ceil(rounded(total * share)), 1), total);
  if (surge) return { stable: total, canary };
  if (share >= 1) return { stable: 0, canary: total };
  // While it still has users, the stable keeps a pod.
  const given = Math.min(canary, Math.max(total - 1, 1));
  return { stable: total - given, canary: given };
}
