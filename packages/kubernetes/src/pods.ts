/** Pods of a workload, and why they aren't ready, with what their containers said last. */
import { describeError } from '@sluice/runtime/errors';
import { type PodEvent, podTroubles, type Trouble } from './pod-troubles.ts';
import type { KubeApi, KubeObject } from './types.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const REPLICA_SET = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };
const EVENT = { apiVersion: 'events.k8s.io/v1', kind: 'Event' };
const REVISION = 'deployment.kubernetes.io/revision';
/** Of a log that goes into a message. */
const LOG_LINES = 5;
const LOG_BYTES = 4096;

export interface ExplainedTrouble extends Trouble {
  /** Last lines of the container's earlier run; hostile text. */
  log: string | undefined;
}

/** ReplicaSets of a Deployment, the newest revision first. */
export async function replicaSetsOf(api: KubeApi, deployment: KubeObject): Promise<KubeObject[]> {
  const sets = await api.list(REPLICA_SET, within(deployment));
  return sets.filter((set) => isOwnedBy(set, deployment)).sort((a, b) => revisionOf(b) - revisionOf(a));
}

/** Pods that the workload owns: its ReplicaSets' (only the newest one's with `newest`), or its own. By name. */
export async function podsOf(
  api: KubeApi,
  workload: KubeObject,
  options: { newest?: boolean } = {},
): Promise<KubeObject[]> {
  const all = await api.list(POD, within(workload));
  let owners = [workload];
  if (workload.kind === 'Deployment') {
    const sets = await replicaSetsOf(api, workload);
    owners = options.newest === true ? sets.slice(0, 1) : sets;
  }
  return all.filter((pod) => owners.some((owner) => isOwnedBy(pod, owner)));
}

/** What keeps these pods from being ready. Events and logs that may not be read (RBAC) are left out. */
export async function explainPods(api: KubeApi, pods: readonly KubeObject[]): Promise<ExplainedTrouble[]> {
  const unready = pods.filter((pod) => podTroubles(pod).length > 0);
  const [first] = unready;
  if (first === undefined) return [];
  const { namespace } = first.metadata;
  const events = (await api
    .list(EVENT, { fieldSelector: 'regarding.kind=Pod', ...(namespace === undefined ? {} : { namespace }) })
    .catch(() => [])) as readonly PodEvent[];
  const troubles = unready.flatMap((pod) => podTroubles(pod, events));
  return Promise.all(
    troubles.map(async (trouble) => ({ ...trouble, log: await lastLines(api, trouble, namespace) })),
  );
}

/** One line a trouble, the same ones of several pods together; hostile text (log.untrusted). */
export function describeTroubles(troubles: readonly ExplainedTrouble[]): string {
  const groups = new Map<string, ExplainedTrouble[]>();
  for (const trouble of troubles) {
    const key = `${trouble.reason}: ${trouble.message}`;
    groups.set(key, [...(groups.get(key) ?? []), trouble]);
  }
  return [...groups]
    .map(([what, [first, ...more]]) => {
      const others = more.length === 0 ? '' : ` and ${more.length} more`;
      const container = first?.container === undefined ? '' : ` (container ${first.container})`;
      const log = first?.log === undefined ? '' : `\n${first.log.replace(/^/gm, '    | ')}`;
      return `pod ${first?.pod ?? ''}${others}${container}: ${what}${log}`;
    })
    .join('\n');
}

async function lastLines(
  api: KubeApi,
  trouble: Trouble,
  namespace: string | undefined,
): Promise<string | undefined> {
  if (trouble.container === undefined || (trouble.kind !== 'crash' && trouble.kind !== 'memory'))
    return undefined;
  const pod = { name: trouble.pod, ...(namespace === undefined ? {} : { namespace }) };
  try {
    const text = await api.log(pod, {
      container: trouble.container,
      previous: trouble.hasEarlierRun,
      tailLines: LOG_LINES,
      limitBytes: LOG_BYTES,
    });
    return text === undefined || text.trim() === '' ? undefined : text.trimEnd();
  } catch (error) {
    return `(its log can't be read: ${describeError(error)})`;
  }
}

function within({ metadata }: KubeObject): { namespace?: string } {
  return metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
}

function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true;
}

function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[REVISION] ?? 0);
}
