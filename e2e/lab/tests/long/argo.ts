/** Argo Rollouts rolls this lab's Deployments out: the ground of bench/delivery. */
import type { Checks } from '../../../oracles/sources/checks.ts';
import type { Lab } from '../../lab.ts';
import { deployment, service, type Workload } from '../../objects.ts';
import { phaseOf, startArgo } from '../../peers.ts';
import { until } from '../../until.ts';

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await startArgo(lab);
  await lab.inNamespace('argo', (namespace) => argo(lab, checks, namespace));
}

/** The user's Deployment in another shape of the same. */
interface DeploymentLike {
  metadata: object;
  spec: { replicas: number; selector: object; template: object };
}

async function versions(lab: Lab, namespace: string): Promise<string[]> {
  const { items } = await lab.kubectl.json<{ items: { spec: { containers: { image: string }[] } }[] }>(
    'get', 'pods', '-n', namespace, '--field-selector=status.phase=Running',
  ); // prettier-ignore
  return items.map(({ spec }) => spec.containers[0]?.image ?? '');
}

/** A basic canary: shares by the number of pods. */
async function argo(lab: Lab, checks: Checks, namespace: string): Promise<void> {
  const workload: Workload = { namespace, name: 'llm', version: 'v1', replicas: 4 };
  const rollout = (version: 'v1' | 'v2', env: Record<string, string> = {}): object => {
    const { metadata, spec } = deployment(lab, { ...workload, version, env }) as DeploymentLike;
    const steps = [
      { setWeight: 25 },
      { pause: { duration: '3s' } },
      { setWeight: 50 },
      { pause: { duration: '3s' } },
    ];
    return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec: { ...spec, strategy: { canary: { steps } } } }; // prettier-ignore
  };
  await lab.kubectl.apply([rollout('v1'), service(workload)]);
  await phaseOf(lab, namespace, 'rollout', /^Healthy$/);
  checks.tell('Argo Rollouts brings a Rollout up', true);
  await lab.kubectl.apply([rollout('v2')]);
  await phaseOf(lab, namespace, 'rollout', /^(?:Progressing|Paused)$/);
  await phaseOf(lab, namespace, 'rollout', /^Healthy$/);
  const images = await until('the old pods are gone', 90_000, async () => {
    const now = await versions(lab, namespace);
    return now.length === 4 && now;
  });
  checks.tell('Argo Rollouts takes it to v2 by a basic canary', images.every((image) => image === lab.image('v2')), images.join()); // prettier-ignore
}
