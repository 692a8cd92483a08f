/** The new version's pods, before its first user and while its share grows. */
import type { RolloutState } from '@sluice/host/types';
import type { KubeObject } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import { stepOf } from '../strategies.ts';
import { rolloutData } from '../target.ts';
import { holdScalers } from './autoscaling.ts';
import { podsFor, roomFor, surgeOf } from './capacity.ts';
import { readKubeSpec, type KubeSpec } from './kube-spec.ts';
import type { KubeSite } from './site.ts';
import { untilServed } from './served.ts';
import { stableTemplate } from './template.ts';

export function specOf(state: RolloutState): KubeSpec {
  const spec = readKubeSpec(rolloutData(state).spec);
  if (spec === undefined)
    throw new InfraError(`the rollout of ${state.to} on record doesn't say how it is deployed`);
  return spec;
}

/** Makes the canary beside the stable version, or the workload itself where there is none; waits until it is ready. */
export async function bringUp(site: KubeSite, state: RolloutState): Promise<void> {
  const spec = specOf(state);
  const { stable, canary, log, signal, startupTimeoutMs, pollMs } = site;
  const surge = surgeOf(site, state);
  const waiting = { timeoutMs: startupTimeoutMs, signal, log, pollMs };
  if (state.from === null) {
    for (const object of spec.objects) await site.api.apply(marked(object, spec));
    await stable.until('all pods ready', (now) => now.status.rolledOut, waiting);
    return;
  }
  const before = await stable.state();
  if (before === undefined) throw new InfraError(`the stable workload of ${state.from} is gone`);
  const pods = podsFor(roomFor(state.steps[0], surge), spec.replicas, surge);
  await holdScalers(site, surge);
  if (surge === 'none' && before.wanted > pods.stable) {
    log.info(
      `no spare GPU: the stable side gives up ${before.wanted - pods.stable} of ${before.wanted} pods first`,
    );
    await stable.scale(pods.stable);
    await stable.until('fewer pods', (now) => now.pods.length <= pods.stable, waiting);
  }
  const there = await canary.state();
  const wanted = Math.max(pods.canary, there?.wanted ?? 0);
  for (const object of site.canaryOf(before.object, spec, wanted))
    await site.api.apply(object, { force: true });
  await canary.until(
    `${wanted} pods ready`,
    (now) => now.status.rolledOut && now.ready.length >= wanted,
    waiting,
  );
  await untilServed(site, 'canary');
  // Last: a route that names a Service without endpoints is dropped as a whole by Traefik, at whatever weight.
  await site.router.prepare();
}

/** Whether the canary has the pods that a share needs; asks for them, one after another where no GPU is spare. */
export async function reserve(site: KubeSite, state: RolloutState, weight: number): Promise<boolean> {
  if (state.from === null) return true;
  const { replicas } = specOf(state);
  const surge = surgeOf(site, state);
  const want = podsFor(Math.max(weight, roomFor(stepOf(state), surge)), replicas, surge);
  const canary = await site.canary.state();
  if (canary === undefined) return true;
  if (canary.wanted >= want.canary) return canary.ready.length >= want.canary;
  if (canary.ready.length < canary.wanted) return false;
  if (surge === 'surge') {
    await site.canary.scale(want.canary);
    return false;
  }
  const next = canary.wanted + 1;
  const stable = await site.stable.state();
  if (stable !== undefined && stable.wanted > replicas - next) await site.stable.scale(replicas - next);
  else if ((stable?.pods.length ?? 0) <= replicas - next) await site.canary.scale(next);
  return false;
}

/** The workload among them gets the marks by which its release is known again. */
function marked(object: KubeObject, spec: KubeSpec): KubeObject {
  const fields = object['spec'] as { template?: unknown } | undefined;
  if (fields?.template === undefined || !['Deployment', 'StatefulSet'].includes(object.kind)) return object;
  return { ...object, spec: { ...fields, template: stableTemplate(spec) } };
}
