/** What the cases of the conformance list share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import type { Logger } from '@sluice/runtime/logger';

export interface Scene {
  api: KubeApi;
  kubeconfig: string;
  /** Made for the run, deleted after it. */
  namespace: string;
  log: Logger;
  signal: AbortSignal;
}

export type Case = [what: string, holds: (scene: Scene) => Promise<void>];

/** A Deployment of nothing: its pods never need to run. */
export function deployment(name: string, replicas = 0): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'example.invalid/none:1', imagePullPolicy: 'Never' }] },
      },
    },
  };
}

export function configMap(name: string, data: Record<string, string> = { key: 'value' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: name } }, data };
}

/** Between two looks; a controller writes the status of what is new within some of them. */
const LOOK_MS = 150;

/** The object when nobody writes to it any more: in a real cluster a controller tells the status of what is new or changed. */
export async function settled(api: KubeApi, object: KubeObject): Promise<KubeObject> {
  const { apiVersion, kind, metadata } = object;
  let before = object;
  for (let looks = 0; ; looks += 1) {
    await sleep(LOOK_MS);
    const now = (await api.get({ apiVersion, kind, name: metadata.name })) ?? object;
    const observed = (now['status'] as { observedGeneration?: number } | undefined)?.observedGeneration;
    const isStill = now.metadata.resourceVersion === before.metadata.resourceVersion;
    // Without controllers nobody ever observes it.
    const isObserved = observed === undefined ? looks > 1 : observed === now.metadata.generation;
    if (isStill && (isObserved || looks > 20)) return now;
    before = now;
  }
}
