/** What would be done on the cluster, a line each. */
import type { RolloutStep } from '@sluice/host/types';
import { stepLine } from '../strategies.ts';
import { scalersOf } from './autoscaling.ts';
import { podsFor, roomFor } from './capacity.ts';
import type { KubeSpec } from './kube-spec.ts';
import type { KubeSite } from './site.ts';
import { nameOf } from './workload.ts';

export async function planLines(
  site: Pick<KubeSite, 'api' | 'stable' | 'canary' | 'router' | 'surge' | 'controller'>,
  stable: string | null,
  spec: KubeSpec,
  steps: readonly RolloutStep[],
): Promise<string[]> {
  const { version, releaseDigest, replicas } = spec;
  const workload = nameOf(site.stable.ref);
  if (stable === null) {
    const objects = spec.objects.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
    return [
      `make ${objects.join(', ')}: ${version} (${releaseDigest}), the first release of ${workload}, ${replicas} pods`,
      'wait until all pods are ready, warm up',
      `${version} is stable`,
    ];
  }
  if (site.controller !== null)
    return [
      `${workload} gets the template of ${version} (${releaseDigest}) beside ${stable}, without users; warm up`,
      await site.router.describe(),
      ...steps.map((step) => stepLine(step, version)),
      `${site.controller.name} makes ${version} stable; its own settings are as they were again`,
    ];
  const scalers = await scalersOf(site);
  const first = podsFor(roomFor(steps[0], site.surge), replicas, site.surge);
  const lines = [
    ...scalers.map(({ ref }) => `hold ${nameOf(ref)} while pods are moved; it is given back as it was`),
    ...(site.surge === 'none'
      ? [
          `no spare GPU: ${workload} gives up ${replicas - first.stable} of ${replicas} pods first; at least ${replicas - 1} serve all the while`,
        ]
      : []),
    `start ${nameOf(site.canary.ref)}: ${version} (${releaseDigest}) beside ${stable}, ${first.canary} pods, without users; warm up`,
    await site.router.describe(),
  ];
  for (const step of steps) {
    const pods = podsFor(roomFor(step, site.surge), replicas, site.surge);
    lines.push(`${stepLine(step, version)} (pods: ${pods.canary} new, ${pods.stable} stable)`);
  }
  if (steps.at(-1)?.ends === 'report')
    return [...lines, `drain and delete ${nameOf(site.canary.ref)}: no traffic is moved`];
  lines.push(
    `${workload} gets the template of ${version} while the canary carries all users; it gets them back when ${replicas} pods are ready`,
    `drain and delete ${nameOf(site.canary.ref)}`,
  );
  return lines;
}
