/** What serves after a release was taken back in Git, by no rollout of ours: put on record as it was found. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import type { GoodRelease } from '../rollback.ts';
import type { Undone } from '../target.ts';
import { foundRecord, knownStable } from './adopt.ts';
import type { Memory } from './memory.ts';
import { KEPT, quarantined } from './on-record.ts';

/** Puts it on record, and what was undone in quarantine. @param live the workload as it is now */
export async function recordRestored(
  memory: Memory,
  undone: Undone,
  live: KubeObject,
  at: number,
): Promise<GoodRelease> {
  const stable = knownStable({ ...(await memory.read()), stable: null }, live);
  if (stable === null) throw new InfraError('the workload is gone');
  const { spec } = stable;
  const good = { version: spec.version, releaseDigest: spec.releaseDigest, record: foundRecord(spec), at };
  const { version, releaseDigest, weights, reason, record } = undone;
  await memory.update((now) => ({
    ...now,
    stable,
    history: [
      ...now.history,
      { at, event: 'rolled-back' as const, version, releaseDigest, reason, record },
      { ...good, event: 'restored' as const, reason },
    ].slice(-KEPT),
    quarantine: quarantined(now, { releaseDigest, weights, reason, at }),
  }));
  return { ...good, spec };
}
