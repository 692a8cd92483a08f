/**
 * Both ends of a rollout. Every step looks at the cluster first and does only what is left to do, so that whoever comes
 * after a dead driver goes on where it fell.
 */
import type { RolloutState } from '@sluice/host/types';
import { specOf } from './bring-up.ts';
import { drain } from './drain.ts';
import type { KubeSpec } from './kube-spec.ts';
import type { KubeSite } from './site.ts';
import { carries, stableTemplate } from './template.ts';
import { nameOf, type Waiting, type WorkloadState } from './workload.ts';
import { InfraError } from '@sluice/runtime/errors';

/**
 * The stable workload takes over the new template while the canary carries all users, and gets them back when it is
 * ready. Without spare GPUs its pods and the canary's change places one by one.
 */
export async function promotePods(site: KubeSite, state: RolloutState, drainMs: number): Promise<void> {
  const canary = await site.canary.state();
  if (state.from === null || canary === undefined) return;
  const spec = specOf(state);
  const stable = await need(site);
  if (!carries(stable.object, spec)) {
    await site.router.set(1);
    await drain(site, stable.ready, specOf(state).port, drainMs);
    await replaceTemplate(site, spec);
  }
  await changePlaces(site, spec, drainMs);
  await site.router.set(0);
  await removeCanary(site, spec.port, drainMs);
}

/** Old pods have no users any more: they go first, so that the new ones never need room beside them. */
async function replaceTemplate(site: KubeSite, spec: KubeSpec): Promise<void> {
  const { log } = site;
  log.info(
    `${spec.version} becomes the template of the stable workload; its canary carries all users meanwhile`,
  );
  await site.stable.scale(0);
  await site.stable.until('no old pod left', (now) => now.pods.length === 0, waiting(site));
  const current = await need(site);
  const replicas = site.surge === 'surge' ? spec.replicas : 1;
  await site.api.patch(site.stable.ref, {
    type: 'json',
    operations: [
      { op: 'test', path: '/metadata/resourceVersion', value: current.object.metadata.resourceVersion },
      { op: 'replace', path: '/spec/template', value: stableTemplate(spec) },
      { op: 'replace', path: '/spec/replicas', value: replicas },
    ],
  });
}

async function changePlaces(site: KubeSite, spec: KubeSpec, drainMs: number): Promise<void> {
  for (;;) {
    const stable = await site.stable.until(
      'the new template ready',
      (now) => now.status.rolledOut && now.wanted > 0,
      waiting(site),
    );
    if (stable.wanted >= spec.replicas) return;
    const canary = await site.canary.state();
    const left = Math.max(0, (canary?.wanted ?? 0) - 1);
    // The new stable pods take their share before the canary loses a pod.
    await site.router.set(left / (left + stable.wanted));
    if (canary !== undefined) {
      if (left === 0) await drain(site, canary.ready, spec.port, drainMs);
      await site.canary.scale(left);
      await site.canary.until('one pod less', (now) => now.pods.length <= left, waiting(site));
    }
    await site.stable.scale(Math.min(spec.replicas, stable.wanted + 1));
  }
}

/** All traffic to what was stable; then the canary goes, and the stable side is whole again. */
export async function takeBackPods(site: KubeSite, state: RolloutState, drainMs: number): Promise<void> {
  if (state.from === null) {
    for (const object of specOf(state).objects.toReversed())
      await site.api.delete({ apiVersion: object.apiVersion, kind: object.kind, name: object.metadata.name });
    return;
  }
  const canary = await site.canary.state();
  if (canary !== undefined) await site.router.set(0);
  const { replicas, port } = specOf(state);
  await removeCanary(site, port, drainMs);
  const stable = await need(site);
  if (stable.wanted < replicas) await site.stable.scale(replicas);
  await site.stable.until(
    'all pods ready',
    (now) => now.status.rolledOut && now.ready.length >= replicas,
    waiting(site),
  );
}

async function removeCanary(site: KubeSite, port: number, drainMs: number): Promise<void> {
  const canary = await site.canary.state();
  await site.router.remove();
  if (canary === undefined) return;
  await drain(site, canary.ready, port, drainMs);
  await site.api.delete(site.canary.ref, { propagation: 'Foreground' });
  if (site.services !== null)
    await site.api.delete({ apiVersion: 'v1', kind: 'Service', name: site.services.canary });
  await gone(site);
}

/** A GPU is free only when the pod is gone. */
async function gone(site: KubeSite): Promise<void> {
  while ((await site.canary.state()) !== undefined) {
    site.driving.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function need(site: KubeSite): Promise<WorkloadState> {
  const state = await site.stable.state();
  if (state === undefined)
    throw new InfraError(`${nameOf(site.stable.ref)} is gone; it can't get the users back`);
  return state;
}

function waiting({ startupTimeoutMs, driving, log }: KubeSite): Waiting {
  return { timeoutMs: startupTimeoutMs, signal: driving, log };
}
