/** The canary beside a stable workload: a workload of the same kind and a Service of its own. Pure. */
import {
  canaryLabel,
  labelValue,
  tellingLabel,
  TRACK_LABEL,
  VERSION_LABEL,
  WORKLOAD_LABEL,
} from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { versionTemplate } from './version-template.ts';

export interface CanaryRequest {
  /** Deployment or StatefulSet, as the API server has it. */
  stable: KubeObject;
  /** undefined where no requests come by a Service. */
  service: KubeObject | undefined;
  /** The new version's, as the stable would carry it. */
  template: PodTemplate;
  version: string;
  /** Digest of the weights; null where it isn't known. */
  weights: string | null;
  replicas: number;
}

/** Annotations of a Service that tell a scraper or a router how to speak to its pods. */
const SPEAKING = ['prometheus.io/', 'traefik.ingress.kubernetes.io/'];
/** What a controller tells its own objects by: on a copy it would take it for one that Git doesn't know, and delete it. */
const TRACKING =
  /^(app\.kubernetes\.io\/(instance|managed-by)|argocd\.argoproj\.io\/.*|(kustomize|helm)\.toolkit\.fluxcd\.io\/.*|helm\.sh\/chart)$/;
/** Of a Service, given by the cluster to each one alone. */
const OWN_ADDRESSES = [
  'clusterIP',
  'clusterIPs',
  'externalIPs',
  'externalName',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'loadBalancerClass',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'allocateLoadBalancerNodePorts',
];

export function canaryName(stable: string): string {
  return canaryLabel(stable);
}

/** What selects a canary's pods, whether or not a router lets them into the stable's Service. */
export function canarySelector(workload: string): Record<string, string> {
  return { [WORKLOAD_LABEL]: labelValue(workload), [TRACK_LABEL]: 'canary' };
}

/**
 * The stable's Service doesn't select the canary's pods; the `replicas` router lets them in afterwards, by the one label
 * that tells them apart. For that reason it stands in no selector of the canary's own.
 */
export function canaryOf(request: CanaryRequest): {
  workload: KubeObject;
  service: KubeObject | undefined;
} {
  const { stable, service, replicas } = request;
  const { name, namespace } = stable.metadata;
  const own = canarySelector(name);
  const metadata = {
    name: canaryName(name),
    ...(namespace === undefined ? {} : { namespace }),
    labels: {
      ...own,
      [VERSION_LABEL]: labelValue(request.version),
      'app.kubernetes.io/managed-by': 'sluice',
    },
    ...ownedBy(stable),
  };
  const spec = stable['spec'] as Record<string, unknown>;
  return {
    workload: {
      apiVersion: stable.apiVersion,
      kind: stable.kind,
      metadata,
      spec: {
        ...(stable.kind === 'StatefulSet'
          ? statefulFields(spec, canaryName(service?.metadata.name ?? name))
          : deploymentFields(spec)),
        replicas,
        selector: { matchLabels: own },
        template: canaryTemplate(request, service === undefined ? labelsOf(spec) : selectorOf(service)),
      },
    },
    service: service === undefined ? undefined : canaryService(service, stable, own),
  };
}

function canaryTemplate(request: CanaryRequest, selector: Record<string, string>): PodTemplate {
  const template = versionTemplate(request.template, request);
  const key = tellingLabel(selector);
  const told = key === undefined ? {} : { [key]: canaryLabel(selector[key] ?? '') };
  const labels = { ...template.metadata?.labels, ...told, ...canarySelector(request.stable.metadata.name) };
  return { ...template, metadata: { ...template.metadata, labels } };
}

function labelsOf(spec: Record<string, unknown>): Record<string, string> {
  return (spec['selector'] as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? {};
}

/** A canary that is replaced gives its pod up first: a second one would need GPUs that nobody planned. */
function deploymentFields(spec: Record<string, unknown>): Record<string, unknown> {
  return {
    ...picked(spec, ['minReadySeconds', 'progressDeadlineSeconds']),
    revisionHistoryLimit: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  };
}

function statefulFields(spec: Record<string, unknown>, serviceName: string): Record<string, unknown> {
  return {
    ...picked(spec, ['minReadySeconds', 'volumeClaimTemplates']),
    revisionHistoryLimit: 1,
    serviceName,
    podManagementPolicy: 'Parallel',
    ...(spec['volumeClaimTemplates'] === undefined
      ? {}
      : { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } }),
  };
}

function picked(spec: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.flatMap((key) => (spec[key] === undefined ? [] : [[key, spec[key]]])));
}

/** Reached from within the cluster only, whatever the stable's is; a monitor that finds the stable's by its labels finds it too. */
function canaryService(service: KubeObject, stable: KubeObject, own: Record<string, string>): KubeObject {
  const { namespace, labels = {}, annotations = {} } = service.metadata;
  const spec = service['spec'] as Record<string, unknown>;
  const key = tellingLabel(labels);
  const kept = Object.entries(labels).filter(([name]) => !TRACKING.test(name));
  const told = key === undefined ? {} : { [key]: canaryLabel(labels[key] ?? '') };
  const spoken = Object.entries(annotations).filter(([name]) =>
    SPEAKING.some((start) => name.startsWith(start)),
  );
  const ports = ((spec['ports'] ?? []) as Record<string, unknown>[]).map((port) =>
    Object.fromEntries(Object.entries(port).filter(([field]) => field !== 'nodePort')),
  );
  const fields = Object.entries(spec).filter(([field]) => !OWN_ADDRESSES.includes(field));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: canaryName(service.metadata.name),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...Object.fromEntries(kept), ...told, ...own, 'app.kubernetes.io/managed-by': 'sluice' },
      ...(spoken.length === 0 ? {} : { annotations: Object.fromEntries(spoken) }),
      ...ownedBy(stable),
    },
    spec: {
      ...Object.fromEntries(fields),
      type: 'ClusterIP',
      ...(spec['clusterIP'] === 'None' ? { clusterIP: 'None' } : {}),
      ports,
      selector: own,
    },
  };
}

/** With the stable goes what stands beside it. */
function ownedBy({ apiVersion, kind, metadata: { name, uid } }: KubeObject): {
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string }[];
} {
  return uid === undefined ? {} : { ownerReferences: [{ apiVersion, kind, name, uid }] };
}

function selectorOf(service: KubeObject): Record<string, string> {
  return ((service['spec'] ?? {}) as { selector?: Record<string, string> }).selector ?? {};
}
