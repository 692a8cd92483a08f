/**
 * Who may hold a Lease, as client-go's leaderelection decides: by how long the record has stood unchanged before our own
 * eyes, never by the holder's clock against ours. Pure.
 */

/** coordination.k8s.io/v1 LeaseSpec. */
export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  /** RFC 3339 with microseconds. */
  acquireTime?: string | null;
  renewTime?: string | null;
  leaseTransitions?: number | null;
}

/** A record, and since when it has been seen so; milliseconds of a clock that only goes forward. */
export interface Observation {
  record: string;
  at: number;
}

export type LeaseDecision = { take: true; transitions: number } | { take: false; waitMs: number };

/** Keeps the time of the first sight of a record as long as it says the same. */
export function observe(last: Observation | undefined, spec: LeaseSpec, now: number): Observation {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  const record = JSON.stringify([
    holderIdentity,
    leaseDurationSeconds,
    acquireTime,
    renewTime,
    leaseTransitions,
  ]);
  return last?.record === record ? last : { record, at: now };
}

/** Free, our own, or unchanged for longer than it says: take it; else wait until it would have run out. */
export function decideLease(spec: LeaseSpec, me: string, seen: Observation, now: number): LeaseDecision {
  const holder = spec.holderIdentity ?? '';
  const transitions = spec.leaseTransitions ?? 0;
  if (holder === me) return { take: true, transitions };
  const left = seen.at + (spec.leaseDurationSeconds ?? 0) * 1000 - now;
  if (holder === '' || left <= 0) return { take: true, transitions: transitions + 1 };
  return { take: false, waitMs: left };
}
