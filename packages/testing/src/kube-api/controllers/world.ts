/** What the emulator's controllers share. */
import type { KubeObject } from '@sluice/kubernetes/types';
import type { Fields } from '../patches.ts';
import type { KubeApiServer } from '../server.ts';

/** What becomes of a pod's first container. */
export type Fate =
  | { is: 'ready'; afterMs?: number }
  /** Runs, but its probe fails. */
  | { is: 'never-ready'; said?: string }
  | { is: 'crash-loop'; exitCode?: number; log?: string; restarts?: number }
  | { is: 'out-of-memory' }
  | { is: 'image'; said?: string }
  | { is: 'evicted'; said?: string };

export interface ControllerOptions {
  /** What becomes of a pod; default: Ready after `readyMs`. */
  fate?: (pod: KubeObject) => Fate | undefined;
  /** From scheduled to Ready, milliseconds; default 20. */
  readyMs?: number;
  /** From deletion to gone, milliseconds; default 20. */
  terminateMs?: number;
  /** Free extended resources of the one node (`{'nvidia.com/gpu': 2}`); a pod that asks for more stays Pending. */
  capacity?: Record<string, number>;
  /** Until a route's status says that it was seen, milliseconds; default 10. */
  routeMs?: number;
}

export interface World {
  server: KubeApiServer;
  options: ControllerOptions;
  /** Looks at everything again after `ms`. */
  again(ms: number): void;
  /** False until `ms` after the first call with this key; everything is looked at again then. */
  passed(key: string, ms: number): boolean;
  list(apiVersion: string, kind: string): KubeObject[];
  save(object: KubeObject): void;
  setStatus(object: KubeObject, status: object): void;
  create(object: KubeObject): void;
  remove(object: KubeObject): void;
}

export function specOf(object: KubeObject): Fields {
  return (object['spec'] ?? {}) as Fields;
}

export function statusOf(object: KubeObject): Fields {
  return (object['status'] ?? {}) as Fields;
}

export function ownedBy(owner: KubeObject, objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(
    ({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true,
  );
}

export function ownerReference({
  apiVersion,
  kind,
  metadata,
}: KubeObject): KubeObject['metadata']['ownerReferences'] {
  return [
    {
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid ?? '',
      controller: true,
      blockOwnerDeletion: true,
    },
  ];
}

export function isReady(pod: KubeObject): boolean {
  const conditions = (statusOf(pod)['conditions'] ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}
