/** Releases that the target remembers. Another kind of target is one more line here. */
import type { ReleaseRecord } from '@sluice/release/record';
import type { StoredRelease, StoredReleases } from '@sluice/release/stored-releases';
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from './inputs.gen.ts';

export type StoredInputs = Pick<
  Inputs,
  'target' | 'service' | 'stateDir' | 'kubeconfig' | 'context' | 'namespace' | 'workload'
>;

/** Nothing remembered where the target was never deployed to: the first release has none before it. */
export async function readStored(
  inputs: StoredInputs,
  context: Pick<ActionContext, 'log' | 'signal'>,
): Promise<StoredReleases> {
  if (inputs.target === 'kubernetes') {
    const { kubeReleases } = await import('@sluice/rollout/kubernetes/stored-releases');
    return kubeReleases({ ...inputs, service: undefined }, context);
  }
  const { service = 'llm', stateDir } = inputs;
  const { hostReleases } = await import('@sluice/host/stored-releases');
  const { defaultStateDir } = await import('@sluice/host/layout');
  const folder = stateDir ?? (await defaultStateDir());
  const origin = `service ${service} in ${folder}`;
  const known = await hostReleases(folder, service);
  return { ...(known ?? { stable: null, history: [], quarantined: [] }), origin };
}

/** A release that may be compared with, its record checked. */
export interface KnownRelease {
  /** For people: `service llm (v3)`. */
  shown: string;
  record: ReleaseRecord;
}

/**
 * @param what the word for it in the note
 * @returns the release, or a note on why there is none to compare with
 */
export async function knownRelease(
  entry: StoredRelease | undefined,
  { origin }: StoredReleases,
  what: string,
): Promise<KnownRelease | { note: string }> {
  if (entry === undefined)
    return { note: `${origin} has no ${what} on record, so nothing is compared with it` };
  const shown = `${origin.replace(/ in .*$/su, '')} (${entry.version})`;
  if (entry.record === null)
    return {
      note: `${shown}, the ${what}, was deployed without a release record, so nothing is compared with it`,
    };
  const { checkRecord } = await import('@sluice/release/record');
  return { shown, record: checkRecord(entry.record, `of ${shown}`) };
}
