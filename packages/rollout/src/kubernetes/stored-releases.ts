/** The releases that a workload's ConfigMaps remember, asked without changing anything. */
import type { StoredReleases } from '@sluice/release/stored-releases';
import type { ActionContext } from '@sluice/runtime/action';
import { knownStable } from './adopt.ts';
import { connectTo, type ClusterInputs } from './cluster.ts';
import type { KubeSpec } from './kube-spec.ts';
import { parseWorkload } from './names.ts';
import { memoryOf } from './open-site.ts';
import { nameOf, Workload } from './workload.ts';

export interface KubeReleases extends StoredReleases {
  /** What runs, by our memory or as it was found; null: there is no such workload. */
  serving: KubeSpec | null;
}

export async function kubeReleases(
  inputs: ClusterInputs & { workload?: string | undefined },
  context: Pick<ActionContext, 'log' | 'signal'>,
): Promise<KubeReleases> {
  const api = await connectTo(inputs, context);
  try {
    const workload = { ...parseWorkload(inputs.workload ?? ''), namespace: api.namespace };
    const [remembered, live] = await Promise.all([
      memoryOf({ api, workload }).read(),
      new Workload(api, workload).object(),
    ]);
    const serving = knownStable(remembered, live)?.spec ?? null;
    return {
      origin: `${nameOf(workload)} in namespace ${api.namespace} of ${api.cluster}`,
      stable: serving?.version ?? null,
      serving,
      history: remembered.history,
      quarantined: remembered.quarantine.map(({ releaseDigest }) => releaseDigest),
    };
  } finally {
    await api.close();
  }
}
