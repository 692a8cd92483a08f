/**
 * Whether a rollout's pods can be scheduled, before anything is touched, with the arithmetic in words. Pure.
 *
 * `surge`: the canary's pods come on top of the stable's. `none`: the stable gives up one pod for each that the canary
 * gets. What is reckoned: room of each resource, taints, node selector and affinity, quotas, and the weights against the
 * memory that node labels tell. What isn't: affinity between pods, volumes bound to a zone; there the scheduler's own word
 * comes later, and the rollout ends in stable.
 */
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import type { ClusterFacts } from './cluster-facts.ts';
import { memoryFault } from './gpu-memory.ts';
import { nodeTexts } from './gpu-plan-text.ts';
import type { Resources } from './quantities.ts';
import { add, isDevice, resourcesOf } from './quantities.ts';
import { quotaFault } from './quotas.ts';
import { holdsRoom, nodeFault, nodeOf, requestsOf } from './scheduling.ts';

export interface GpuQuestion {
  /** Input `gpu-surge`. */
  asked: 'auto' | 'surge' | 'none';
  /** Of the canary's pods. */
  template: PodTemplate;
  namespace: string;
  /** The canary's pods at its largest, on top of the stable's, with `surge`. */
  extra: number;
  /** The stable's pods at this moment, by name. */
  stablePods: readonly string[];
  /** The stable's pods when it is whole. */
  total: number;
  facts: ClusterFacts;
  /** Of the weights, where the record knows them. */
  weightsBytes?: number;
}

export type GpuPlan =
  /** `giveUp` (with none): the stable pod whose place the canary fits in. */
  { mode: 'surge' | 'none'; text: string; giveUp?: string } | { mode: 'refused'; text: string };

export interface NodeRoom {
  node: KubeObject;
  /** Why no pod of the template can go there; undefined where it can. */
  fault: string | undefined;
  free: Resources;
  pods: KubeObject[];
}

export function planGpus(question: GpuQuestion): GpuPlan {
  const { asked, template, facts, extra, total } = question;
  const needs = requestsOf(template.spec);
  const device = Object.keys(needs).find((name) => isDevice(name) && (needs[name] ?? 0) > 0);
  const each = `each new pod needs ${textOf(needs, device)}`;
  if (facts.nodes === undefined) return unknownPlan(question, device, each);
  const rooms = roomsOf(facts, template, question.weightsBytes, needs, device);
  const placed = place(rooms, needs, extra);
  const quota = quotaFault(facts.quotas, template.spec, extra);
  const surge = placed === extra && quota === undefined;
  const where = nodeTexts(rooms, needs, device).join('; ');
  const short =
    quota ??
    `${extra} more pod${extra === 1 ? '' : 's'} of it ${placed === 0 ? "can't be placed" : `can't all be placed (${placed} can)`}`;
  if (surge && asked !== 'none')
    return { mode: 'surge', text: `gpu-surge surge: ${each}; there is room for ${extra} more (${where})` };
  const none = givingUp(question, rooms, needs);
  const capacity =
    total > 1
      ? `the stable gives up one of ${total} pods first, so at least ${total - 1} of ${total} serve during the rollout`
      : 'the only pod ends before the new one is ready: nothing serves meanwhile';
  if (asked === 'surge')
    return {
      mode: 'refused',
      text: `gpu-surge surge: ${each}, and ${short}: ${where}. ${'giveUp' in none ? `gpu-surge: none can do it: ${capacity}` : `gpu-surge: none can't either: ${none.fault}`}`,
    };
  if (!('giveUp' in none))
    return { mode: 'refused', text: `gpu-surge ${asked}: ${each}, and ${short}; ${none.fault}: ${where}` };
  if (asked === 'auto' && total === 1)
    return {
      mode: 'refused',
      text: `gpu-surge auto: ${each}, and ${short}: ${where}. gpu-surge: none can do it, but ${capacity}`,
    };
  const why = surge ? 'as asked' : `${short}: ${where}`;
  return { mode: 'none', giveUp: none.giveUp, text: `gpu-surge none (${why}): ${each}; ${capacity}` };
}

/** Least RBAC sees no nodes: what needs none of them is chosen, and the scheduler has the last word. */
function unknownPlan(
  { asked, facts, template, extra, total, stablePods }: GpuQuestion,
  device: string | undefined,
  each: string,
): GpuPlan {
  const quota = quotaFault(facts.quotas, template.spec, extra);
  const blind = 'nodes may not be listed, so that free room is not known';
  const careful = device !== undefined || quota !== undefined;
  const mode = asked === 'auto' ? (careful && total > 1 ? 'none' : 'surge') : asked;
  if (mode === 'surge' && quota !== undefined)
    return { mode: 'refused', text: `gpu-surge ${asked}: ${each}, and ${quota}` };
  const [giveUp] = stablePods;
  const text = `gpu-surge ${mode}: ${each}; ${blind}${mode === 'none' ? `: one of ${total} stable pods is given up first` : ''}`;
  return mode === 'none' && giveUp !== undefined ? { mode, giveUp, text } : { mode, text };
}

/** Free room of each node as the scheduler reckons it: what is allocatable, less what its pods ask. */
export function roomsOf(
  { nodes = [], pods }: ClusterFacts,
  template: PodTemplate,
  weightsBytes: number | undefined,
  needs: Resources,
  device: string | undefined,
): NodeRoom[] {
  return nodes.map((node) => {
    const own = pods.filter((pod) => nodeOf(pod) === node.metadata.name && holdsRoom(pod));
    const { allocatable } = (node['status'] ?? {}) as { allocatable?: unknown };
    const free = own.reduce(
      (left, pod) => add(left, requestsOf((pod['spec'] ?? {}) as Record<string, unknown>), -1),
      resourcesOf(allocatable),
    );
    const fault =
      nodeFault(node, template) ??
      (device === undefined ? undefined : memoryFault(node, device, needs[device] ?? 1, weightsBytes));
    return { node, fault, free, pods: own };
  });
}

/** How many of `count` equal pods find a place, each on the first node that has room. */
function place(rooms: readonly NodeRoom[], needs: Resources, count: number): number {
  let left = count;
  for (const { fault, free } of rooms) {
    if (fault !== undefined) continue;
    const here = Object.entries(needs)
      .filter(([, value]) => value > 0)
      .map(([name, value]) => Math.floor(((free[name] ?? 0) + 1e-9) / value));
    left -= Math.max(Math.min(left, ...here), 0);
  }
  return count - left;
}

/** The stable pod whose place lets the first canary pod in, where all of them in the end let all in as well. */
function givingUp(
  { stablePods, total, facts, template }: GpuQuestion,
  rooms: readonly NodeRoom[],
  needs: Resources,
): { giveUp: string } | { fault: string } {
  const without = (names: readonly string[]): NodeRoom[] =>
    rooms.map((room) => {
      const gone = room.pods.filter(({ metadata }) => names.includes(metadata.name));
      const free = gone.reduce(
        (sum, pod) => add(sum, requestsOf((pod['spec'] ?? {}) as Record<string, unknown>)),
        room.free,
      );
      return { ...room, free };
    });
  const stable = facts.pods.find(({ metadata }) => stablePods.includes(metadata.name));
  const stableSpec = (stable?.['spec'] ?? template.spec) as Record<string, unknown>;
  const quota = quotaFault(facts.quotas, template.spec, 1, stableSpec);
  if (quota !== undefined) return { fault: quota };
  // One that shares its node with the others leaves the most room at once.
  const giveUp = stablePods.find((name) => place(without([name]), needs, 1) === 1);
  if (giveUp === undefined)
    return { fault: `giving up one stable pod (of ${stablePods.length}) makes no room for a new one` };
  const all = place(without(stablePods), needs, total);
  if (all < total) return { fault: `in place of all ${total} stable pods only ${all} new ones fit` };
  return { giveUp };
}

function textOf(needs: Resources, device: string | undefined): string {
  if (device !== undefined) return `${needs[device] ?? 0} ${device}`;
  const { cpu = 0, memory = 0 } = needs;
  const parts = [
    ...(cpu > 0 ? [`${Math.round(cpu * 1000) / 1000} cpu`] : []),
    ...(memory > 0 ? [`${Math.round(memory / 2 ** 20)} MiB memory`] : []),
  ];
  return parts.length === 0 ? 'no GPU and asks for nothing' : parts.join(' and ');
}
