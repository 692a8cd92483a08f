/**
 * A pod that is ready stands in its Service's EndpointSlices a moment later, and a gateway that is sent to a Service
 * without any answers 500: nobody gets users before that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { servedPods } from '@sluice/routers/endpoints';
import type { KubeSite } from './site.ts';
import { POLL_MS } from './workload.ts';

const PATIENCE_MS = 30_000;
/** Gateways watch Services, EndpointSlices and routes by streams of their own. */
const BEHIND_MS = 1_000;

/** Waits until the side's Service has all of its ready pods; what it hasn't after 30 s is told, and no reason to stop. */
export async function untilServed(site: KubeSite, track: 'stable' | 'canary'): Promise<void> {
  const { services, api, driving, log, pollMs = POLL_MS } = site;
  if (services === null || site.router.name === 'replicas') return;
  const { namespace = api.namespace } = site[track].ref;
  const end = site.now() + PATIENCE_MS;
  for (;;) {
    driving.throwIfAborted();
    const served = await servedPods(api, namespace, services[track]);
    const ready = (await site[track].state())?.ready ?? [];
    const missing = ready.filter(({ metadata }) => !served.has(metadata.name));
    if (missing.length === 0) break;
    if (site.now() >= end) {
      log.warning(
        `Service ${services[track]} does not send requests to ${missing.map(({ metadata }) => metadata.name).join(', ')}, which are ready; does its selector match them?`,
      );
      return;
    }
    await sleep(pollMs / 2);
  }
  await sleep(Math.min(BEHIND_MS, pollMs));
}
