/** What the API server fills in, as far as ours reads it: pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import type { KindEntry } from './kinds.ts';
import { isFields, type Fields } from './patches.ts';

/** Adds the defaults in place. `before`: values that the server assigned once. */
export function withDefaults(
  entry: KindEntry,
  object: KubeObject,
  service: number,
  before?: KubeObject,
): KubeObject {
  const spec = object['spec'];
  switch (entry.kind) {
    case 'Deployment':
      if (isFields(spec)) {
        defaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
        defaults(spec, { strategy: { type: 'RollingUpdate' } });
        const strategy = spec['strategy'] as Fields;
        defaults(strategy, { type: 'RollingUpdate' });
        if (strategy['type'] === 'RollingUpdate') {
          defaults(strategy, { rollingUpdate: {} });
          defaults(strategy['rollingUpdate'] as Fields, { maxSurge: '25%', maxUnavailable: '25%' });
        }
        templateDefaults(spec['template']);
      }
      break;
    case 'StatefulSet':
    case 'ReplicaSet':
      if (isFields(spec)) {
        defaults(spec, { replicas: 1 });
        templateDefaults(spec['template']);
      }
      break;
    case 'Service':
      if (isFields(spec)) {
        const old = before?.['spec'] as Fields | undefined;
        defaults(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
        defaults(spec, { clusterIP: old?.['clusterIP'] ?? `10.96.0.${service}` });
        for (const port of (spec['ports'] ?? []) as Fields[]) {
          defaults(port, { protocol: 'TCP', targetPort: port['port'] });
        }
      }
      break;
    case 'HTTPRoute':
      if (isFields(spec)) routeDefaults(spec);
      break;
    case 'Pod':
      if (isFields(spec)) podDefaults(spec);
      break;
    default:
  }
  return object;
}

function defaults(target: Fields, values: Fields): void {
  for (const [key, value] of Object.entries(values)) target[key] ??= value;
}

function templateDefaults(template: unknown): void {
  if (isFields(template) && isFields(template['spec'])) podDefaults(template['spec']);
}

function podDefaults(spec: Fields): void {
  defaults(spec, { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst' });
  for (const container of (spec['containers'] ?? []) as Fields[]) {
    defaults(container, {
      imagePullPolicy: /@sha256:|:(?!latest$)[^/]+$/.test(String(container['image']))
        ? 'IfNotPresent'
        : 'Always',
    });
    for (const port of (container['ports'] ?? []) as Fields[]) defaults(port, { protocol: 'TCP' });
  }
}

/** Defaults of the Gateway API's CustomResourceDefinition. */
function routeDefaults(spec: Fields): void {
  for (const rule of (spec['rules'] ?? []) as Fields[]) {
    defaults(rule, { matches: [{ path: { type: 'PathPrefix', value: '/' } }] });
    for (const backend of (rule['backendRefs'] ?? []) as Fields[]) {
      defaults(backend, { group: '', kind: 'Service', weight: 1 });
    }
  }
  for (const parent of (spec['parentRefs'] ?? []) as Fields[]) {
    defaults(parent, { group: 'gateway.networking.k8s.io', kind: 'Gateway' });
  }
}
