/** Autoscalers of the stable workload keep still while a rollout moves its pods. */
import {
  findAutoscalers,
  holdAutoscalers,
  releaseAutoscalers,
  type Autoscaler,
} from '@sluice/model-deployment/autoscalers';
import type { GpuSurge } from './capacity.ts';
import type { KubeSite } from './site.ts';

export function scalersOf({ api, stable }: Pick<KubeSite, 'api' | 'stable'>): Promise<Autoscaler[]> {
  const { kind, name, namespace = api.namespace } = stable.ref;
  return findAutoscalers(api, namespace, { kind, name });
}

/** Where the stable side has to give pods up, nothing may bring them back; elsewhere it only must not shrink. */
export async function holdScalers(site: KubeSite, surge: GpuSurge): Promise<void> {
  const found = await scalersOf(site);
  const mode = surge === 'none' || site.router.name === 'replicas' ? 'pause' : 'hold';
  await holdAutoscalers(site.api, found, mode, site.driving);
}

export async function releaseScalers(site: KubeSite): Promise<void> {
  await releaseAutoscalers(site.api, await scalersOf(site), site.driving);
}
