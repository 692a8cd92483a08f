/** What the cases of the conformance list share. */
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
