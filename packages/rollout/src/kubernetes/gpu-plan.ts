/** Whether there is room for the canary beside the stable pods, before anything is touched. */
import { readClusterFacts } from '@sluice/model-deployment/cluster-facts';
import { planGpus, type GpuQuestion } from '@sluice/model-deployment/gpu-plan';
import { GateError } from '@sluice/runtime/errors';
import type { Step } from '../steps.ts';
import { podsFor, type GpuSurge } from './capacity.ts';
import type { Cluster } from './cluster.ts';
import type { KubeSpec } from './kube-spec.ts';
import { Workload } from './workload.ts';

/** @throws GateError with the arithmetic where no plan can be scheduled */
export async function gpuPlanOf(
  inputs: { gpuSurge?: GpuQuestion['asked'] | undefined },
  cluster: Cluster,
  spec: KubeSpec,
  steps: readonly Step[],
): Promise<{ surge: GpuSurge; lines: string[] }> {
  const { api, namespace, workload, live } = cluster;
  const stable = live === undefined ? undefined : await new Workload(api, workload).state();
  const largest = Math.max(...steps.map(({ weight }) => podsFor(weight, spec.replicas, 'surge').canary));
  const plan = planGpus({
    asked: inputs.gpuSurge ?? 'auto',
    template: spec.template,
    namespace,
    extra: stable === undefined ? spec.replicas : largest,
    stablePods: (stable?.pods ?? []).map(({ metadata }) => metadata.name),
    total: spec.replicas,
    facts: await readClusterFacts(api, namespace),
  });
  if (plan.mode === 'refused') throw new GateError(plan.text);
  if (plan.mode === 'none' && spec.replicas < 2)
    throw new GateError(
      `${plan.text}; with one pod, giving it up first would leave users without an answer while the new one loads: free a GPU, or use two pods`,
    );
  return { surge: plan.mode, lines: [plan.text] };
}
