/**
 * Both ends of a rollout. Every step looks at the cluster first and does only what is left to do, so that whoever comes
 * after a dead driver goes on where it fell.
 */
import type { RolloutState } from '@sluice/host/types';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeObject } from '@sluice/kubernetes/change-object';
import { arrangeNothing } from './arrange-route.ts';
import { releaseScalers } from './autoscaling.ts';
import { bringUp, reserve, specOf } from './bring-up.ts';
import { surgeOf } from './capacity.ts';
import { drain } from './drain.ts';
import type { KubeSpec } from './kube-spec.ts';
import { rolloutData } from '../target.ts';
import type { KubeSite } from './site.ts';
import { untilServed } from './served.ts';
import { stableTemplate } from './template.ts';
import { isHopeless, nameOf, POLL_MS, type Waiting, type WorkloadState } from './workload.ts';
import { InfraError } from '@sluice/runtime/errors';

/** Annotation of the workload: the rollout whose template it took over last, written together with the template. */
const ROLLOUT_ANNOTATION = 'sluice/rollout';

/**
 * The stable workload takes over the new template while the canary carries all users, and gets them back when it is
 * ready. Without spare GPUs its pods and the canary's change places one by one.
 */
export async function promotePods(site: KubeSite, state: RolloutState, drainMs: number): Promise<void> {
  if (state.from === null) return;
  const spec = specOf(state);
  const before = await need(site);
  if (before.object.metadata.annotations?.[ROLLOUT_ANNOTATION] !== state.id) {
    await carryAll(site, state);
    await untilServed(site, 'canary');
    await site.router.set(1);
    await unmark(site, state);
    await drain(site, (await need(site)).ready, spec.port, drainMs);
    await replaceTemplate(site, state, spec);
  }
  await changePlaces(site, spec, drainMs);
  await removeCanary(site, spec.port, drainMs);
  await releaseScalers(site);
}

/** The canary has the pods for all users; one that somebody deleted meanwhile is made again. */
async function carryAll(site: KubeSite, state: RolloutState): Promise<void> {
  if ((await site.canary.state()) === undefined) await bringUp(site, state);
  const { timeoutMs, pollMs = POLL_MS } = waiting(site);
  const end = site.now() + timeoutMs * specOf(state).replicas;
  while (!(await reserve(site, state, 1))) {
    site.driving.throwIfAborted();
    const canary = await site.canary.state();
    if (canary !== undefined && (isHopeless(canary) || site.now() > end))
      throw new InfraError(
        `${nameOf(site.canary.ref)} does not get the pods that carry all users: ${canary.status.said}; ${await site.canary.explain(canary)}`,
      );
    await sleep(pollMs);
  }
}

/** Old pods have no users any more: they go first, so that the new ones never need room beside them. */
async function replaceTemplate(site: KubeSite, state: RolloutState, spec: KubeSpec): Promise<void> {
  const { log } = site;
  log.info(
    `${spec.version} becomes the template of the stable workload; its canary carries all users meanwhile`,
  );
  await site.stable.scale(0);
  await site.stable.until('no old pod left', (now) => now.pods.length === 0, waiting(site));
  const held = (await site.canary.state())?.wanted ?? 0;
  const replicas = surgeOf(site, state) === 'surge' ? spec.replicas : Math.max(1, spec.replicas - held);
  await changeObject(
    site.api,
    site.stable.ref,
    () => ({
      fields: { '/spec/template': stableTemplate(spec), '/spec/replicas': replicas },
      annotations: { [ROLLOUT_ANNOTATION]: state.id },
    }),
    site.driving,
  );
}

async function changePlaces(site: KubeSite, spec: KubeSpec, drainMs: number): Promise<void> {
  for (;;) {
    const stable = await site.stable.until(
      'the new template ready',
      (now) => now.status.rolledOut && now.wanted > 0,
      waiting(site),
    );
    await untilServed(site, 'stable');
    if (stable.wanted >= spec.replicas) return;
    const canary = await site.canary.state();
    // Room for one more of the stable's; a driver that died in between may have made it already.
    const left = Math.max(0, Math.min(canary?.wanted ?? 0, spec.replicas - stable.wanted - 1));
    if (canary !== undefined) {
      // The new stable pods take their share before the canary loses a pod.
      if (left === 0) await allToStable(site);
      else await shareAtMost(site, left / (left + stable.wanted));
      if (left === 0) await drain(site, canary.ready, spec.port, drainMs);
      if (canary.wanted > left) await site.canary.scale(left);
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
  const { replicas, port } = specOf(state);
  const before = await need(site);
  await unmark(site, state);
  if (isHealthy(state) && before.wanted > 0 && before.status.rolledOut)
    await changePlaces(site, specOf(state), drainMs);
  await removeCanary(site, port, drainMs);
  const stable = await need(site);
  if (stable.wanted < replicas) await site.stable.scale(replicas);
  await releaseScalers(site);
  try {
    await site.stable.until(
      'all pods ready',
      (now) => now.status.rolledOut && now.ready.length >= replicas,
      waiting(site),
    );
  } catch (error) {
    if (site.driving.aborted || !(error instanceof InfraError)) throw error;
    // It has its template, its pods and its users again; a rollout that never ended would keep its mend from being deployed.
    site.log.warning(`what was stable has all traffic again, but is not whole: ${error.message}`);
  }
}

/** The canary's workload goes last: as long as it is there, whoever comes next knows that there is more to take away. */
async function removeCanary(site: KubeSite, port: number, drainMs: number): Promise<void> {
  await allToStable(site);
  await site.router.remove();
  const canary = await site.canary.state();
  if (canary !== undefined) await drain(site, canary.ready, port, drainMs);
  if (site.services !== null)
    await site.api.delete({ apiVersion: 'v1', kind: 'Service', name: site.services.canary });
  if (canary === undefined) return;
  await site.api.delete(site.canary.ref, { propagation: 'Foreground' });
  // A GPU is free only when the pod is gone.
  while ((await site.canary.state()) !== undefined) {
    site.driving.throwIfAborted();
    await sleep((site.pollMs ?? POLL_MS) / 2);
  }
}

/** Nothing speaks against it: the stable side gets its pods back before it gets all users. Else they are back at once. */
function isHealthy(state: RolloutState): boolean {
  const { abortKind } = rolloutData(state);
  return abortKind === 'superseded' || abortKind === 'undecided';
}

async function shareAtMost({ router }: KubeSite, share: number): Promise<void> {
  if (((await router.read()) ?? 0) > share) await router.set(share);
}

async function allToStable(site: KubeSite): Promise<void> {
  if (((await site.router.read()) ?? 0) > 0 && (await canBeRouted(site))) await site.router.set(0);
}

/** Nobody is sent to the canary by a mark, and no copy is, before its pods go. */
async function unmark(site: KubeSite, state: RolloutState): Promise<void> {
  if (await canBeRouted(site)) await arrangeNothing(site.router, state);
}

/** A route to a Service that is gone is taken as it is by no router: `remove` takes the canary out of it. */
async function canBeRouted({ api, services }: KubeSite): Promise<boolean> {
  if (services === null) return true;
  return (await api.get({ apiVersion: 'v1', kind: 'Service', name: services.canary })) !== undefined;
}

async function need(site: KubeSite): Promise<WorkloadState> {
  const state = await site.stable.state();
  if (state === undefined)
    throw new InfraError(`${nameOf(site.stable.ref)} is gone; it can't get the users back`);
  return state;
}

function waiting({ startupTimeoutMs, driving, log, pollMs }: KubeSite): Waiting {
  return { timeoutMs: startupTimeoutMs, signal: driving, log, pollMs };
}
