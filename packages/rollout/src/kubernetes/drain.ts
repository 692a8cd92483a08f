/** Open answers of pods that get no new requests any more are waited for. */
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { parsePrometheusText } from '@sluice/metrics/prometheus-text';
import { formatDuration } from '@sluice/runtime/units';
import type { KubeSite } from './site.ts';
import { POLL_MS } from './workload.ts';

/** Gauges of requests under way, by server; a server that shows none of them is waited for the whole time. */
const OPEN_REQUESTS = [
  'sluice_open_streams',
  'vllm:num_requests_running',
  'vllm:num_requests_waiting',
  'sglang:num_running_reqs',
  'sglang:num_queue_reqs',
  'tgi_batch_current_size',
  'tgi_queue_size',
  'llamacpp:requests_processing',
  'llamacpp:requests_deferred',
];

/** A gateway may send a last request after it observed the change: at so many looks nothing must have been open since. */
const QUIET_POLLS = 2;

/** @param drainMs the longest wait; what is open then is cut off, and said */
export async function drain(
  site: KubeSite,
  pods: readonly KubeObject[],
  port: number,
  drainMs: number,
): Promise<void> {
  if (pods.length === 0) return;
  const { pollMs = POLL_MS } = site;
  const end = site.now() + drainMs;
  let quietSince: number | undefined;
  let told = '';
  for (;;) {
    site.driving.throwIfAborted();
    const open = await openRequests(site.api, pods, port);
    if (open === 0) {
      quietSince ??= site.now();
      if (site.now() - quietSince >= QUIET_POLLS * pollMs) return;
    } else quietSince = undefined;
    if (site.now() >= end) {
      if (open !== undefined && open > 0)
        site.log.warning(
          `${open} answers were still on their way after \`drain\` (${formatDuration(drainMs)}) and are cut off`,
        );
      return;
    }
    const line =
      open === undefined
        ? `draining ${formatDuration(drainMs)}: the server doesn't tell how many answers are open`
        : `draining: ${open} answers open`;
    if (line !== told) site.log.info(line);
    told = line;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** undefined: at least one pod doesn't tell. A pod that is gone has none. */
async function openRequests(
  api: KubeApi,
  pods: readonly KubeObject[],
  port: number,
): Promise<number | undefined> {
  let sum = 0;
  for (const { metadata } of pods) {
    const target = {
      kind: 'pods' as const,
      namespace: metadata.namespace ?? api.namespace,
      name: metadata.name,
      port,
    };
    try {
      const answer = await api.proxy(target, '/metrics', { signal: AbortSignal.timeout(5_000) });
      const text = await answer.text();
      if (answer.status === 404 && /pods .* not found/.test(text)) continue;
      const gauges = answer.ok
        ? parsePrometheusText(text).filter(({ name }) => OPEN_REQUESTS.includes(name))
        : [];
      if (gauges.length === 0) return undefined;
      sum += gauges.reduce((all, { value }) => all + value, 0);
    } catch {
      return undefined;
    }
  }
  return sum;
}
