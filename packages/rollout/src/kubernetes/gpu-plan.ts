/** Whether there is room for the canary beside the stable pods, before anything is touched. */
import type { RolloutState } from '@sluice/host/types';
import { readClusterFacts } from '@sluice/model-deployment/cluster-facts';
import { planGpus, type GpuQuestion } from '@sluice/model-deployment/gpu-plan';
import { GateError } from '@sluice/runtime/errors';
import { isUnderWay } from '../begin.ts';
import type { Step } from '../steps.ts';
import { podsFor, roomFor, type GpuSurge } from './capacity.ts';
import type { Cluster } from './cluster.ts';
import type { KubeSpec } from './kube-spec.ts';

/** @throws GateError with the arithmetic where no plan can be scheduled */
export async function gpuPlanOf(
  inputs: { gpuSurge?: GpuQuestion['asked'] | undefined },
  cluster: Cluster,
  spec: KubeSpec,
  rollout: RolloutState | null,
  steps: readonly Step[],
): Promise<{ surge: GpuSurge; lines: string[] }> {
  const { api, namespace, live } = cluster;
  const facts = await readClusterFacts(api, namespace);
  const stable = live === undefined ? undefined : await cluster.stable.state();
  const largest = Math.max(
    ...steps.map((step) => podsFor(roomFor(step, 'surge'), spec.replicas, 'surge').canary),
  );
  // A rollout that was left half-done is ended first: its pods go, and those that the stable side gave up come back.
  const leftover = rollout?.from !== null && isUnderWay(rollout) ? await podsOfCanary(cluster) : [];
  const missing = isUnderWay(rollout) ? Math.max(0, spec.replicas - (stable?.pods.length ?? 0)) : 0;
  const plan = planGpus({
    asked: inputs.gpuSurge ?? 'auto',
    template: spec.template,
    namespace,
    extra: stable === undefined ? spec.replicas : largest + missing,
    stablePods: (stable?.pods ?? []).map(({ metadata }) => metadata.name),
    total: spec.replicas,
    facts: { ...facts, pods: facts.pods.filter(({ metadata }) => !leftover.includes(metadata.uid)) },
  });
  if (plan.mode === 'refused') throw new GateError(plan.text);
  if (plan.mode === 'none' && cluster.controllerOver !== undefined)
    throw new GateError(
      `${plan.text}; the controller that rolls this workload out gives no pod up first: free GPUs`,
    );
  if (plan.mode === 'none' && spec.replicas < 2)
    throw new GateError(
      `${plan.text}; with one pod, giving it up first would leave users without an answer while the new one loads: free a GPU, or use two pods`,
    );
  const switches = steps.some(({ weight }, index) => weight === 0 && steps[index + 1]?.weight === 1);
  if (plan.mode === 'none' && switches && spec.replicas > 2)
    throw new GateError(
      `${plan.text}; this strategy moves all users at once, so both versions need all their pods at that moment, and with one GPU to spare at a time the users of ${spec.replicas} pods would be left on one: free GPUs for the surge, or use \`strategy: canary\``,
    );
  return { surge: plan.mode, lines: [plan.text] };
}

async function podsOfCanary({ canary }: Cluster): Promise<(string | undefined)[]> {
  return ((await canary.state())?.pods ?? []).map(({ metadata }) => metadata.uid);
}
