/** The kinds that the emulator serves, and how they are found. */

export interface KindEntry {
  group: string;
  /** The first one is preferred; all are one object. */
  versions: string[];
  kind: string;
  plural: string;
  namespaced: boolean;
  status?: boolean;
  scale?: boolean;
  /** A CustomResourceDefinition: no strategic merge patch, no update without resourceVersion. */
  custom?: boolean;
}

const core = (kind: string, plural: string, more: Partial<KindEntry> = {}): KindEntry => ({
  group: '',
  versions: ['v1'],
  kind,
  plural,
  namespaced: true,
  ...more,
});

function of(
  group: string,
  versions: string,
  kind: string,
  plural: string,
  more: Partial<KindEntry> = {},
): KindEntry {
  return { group, versions: versions.split(' '), kind, plural, namespaced: true, ...more };
}

const custom = (
  group: string,
  versions: string,
  kind: string,
  plural: string,
  more: Partial<KindEntry> = {},
): KindEntry => of(group, versions, kind, plural, { custom: true, status: true, ...more });

const CLUSTER = { namespaced: false };
const WORKLOAD = { status: true, scale: true };
const RBAC = 'rbac.authorization.k8s.io';
const GATEWAY = 'gateway.networking.k8s.io';
const ISTIO = 'networking.istio.io';

export const KINDS: readonly KindEntry[] = [
  core('Namespace', 'namespaces', CLUSTER),
  core('Node', 'nodes', { ...CLUSTER, status: true }),
  core('Pod', 'pods', { status: true }),
  core('Service', 'services', { status: true }),
  core('ConfigMap', 'configmaps'),
  core('Secret', 'secrets'),
  core('Event', 'events'),
  core('ServiceAccount', 'serviceaccounts'),
  core('PersistentVolumeClaim', 'persistentvolumeclaims', { status: true }),
  core('ResourceQuota', 'resourcequotas', { status: true }),
  core('LimitRange', 'limitranges'),
  core('Endpoints', 'endpoints'),
  of('apps', 'v1', 'Deployment', 'deployments', WORKLOAD),
  of('apps', 'v1', 'StatefulSet', 'statefulsets', WORKLOAD),
  of('apps', 'v1', 'ReplicaSet', 'replicasets', WORKLOAD),
  of('apps', 'v1', 'DaemonSet', 'daemonsets', { status: true }),
  of('apps', 'v1', 'ControllerRevision', 'controllerrevisions'),
  of('batch', 'v1', 'Job', 'jobs', { status: true }),
  of('coordination.k8s.io', 'v1', 'Lease', 'leases'),
  of('events.k8s.io', 'v1', 'Event', 'events'),
  of('autoscaling', 'v2 v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', { status: true }),
  of('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { status: true }),
  of('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices'),
  of('networking.k8s.io', 'v1', 'Ingress', 'ingresses', { status: true }),
  of('networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses', CLUSTER),
  of(RBAC, 'v1', 'Role', 'roles'),
  of(RBAC, 'v1', 'RoleBinding', 'rolebindings'),
  of(RBAC, 'v1', 'ClusterRole', 'clusterroles', CLUSTER),
  of(RBAC, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', CLUSTER),
  of('authorization.k8s.io', 'v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', CLUSTER),
  of('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    ...CLUSTER,
    status: true,
  }),
  custom(GATEWAY, 'v1 v1beta1', 'GatewayClass', 'gatewayclasses', CLUSTER),
  custom(GATEWAY, 'v1 v1beta1', 'Gateway', 'gateways'),
  custom(GATEWAY, 'v1 v1beta1', 'HTTPRoute', 'httproutes'),
  custom(GATEWAY, 'v1', 'GRPCRoute', 'grpcroutes'),
  custom('inference.networking.k8s.io', 'v1', 'InferencePool', 'inferencepools'),
  custom('traefik.io', 'v1alpha1', 'TraefikService', 'traefikservices', { status: false }),
  custom('traefik.io', 'v1alpha1', 'IngressRoute', 'ingressroutes', { status: false }),
  custom('traefik.io', 'v1alpha1', 'Middleware', 'middlewares', { status: false }),
  custom('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'),
  custom('argoproj.io', 'v1alpha1', 'Rollout', 'rollouts', { scale: true }),
  custom('flagger.app', 'v1beta1', 'Canary', 'canaries'),
  custom('rollouts.kruise.io', 'v1beta1', 'Rollout', 'rollouts'),
  custom(ISTIO, 'v1 v1beta1 v1alpha3', 'VirtualService', 'virtualservices'),
  custom(ISTIO, 'v1 v1beta1 v1alpha3', 'DestinationRule', 'destinationrules'),
  custom(ISTIO, 'v1 v1beta1 v1alpha3', 'Gateway', 'gateways'),
];

/** The APIResourceList of a group version; undefined when nothing is served there. */
export function resourceList(
  kinds: readonly KindEntry[],
  group: string,
  version: string,
): object | undefined {
  const served = kinds.filter((entry) => entry.group === group && entry.versions.includes(version));
  if (served.length === 0) return undefined;
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
  const resources = served.flatMap((entry) => {
    const { kind, plural, namespaced } = entry;
    const base = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs };
    const sub = (name: string, subKind = kind): object => ({
      ...base,
      name: `${plural}/${name}`,
      kind: subKind,
      verbs,
    });
    return [
      base,
      ...(entry.status === true ? [sub('status')] : []),
      ...(entry.scale === true ? [sub('scale', 'Scale')] : []),
      ...(kind === 'Pod' ? [sub('log'), sub('proxy', 'PodProxyOptions')] : []),
    ];
  });
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources,
  };
}

export function groupList(kinds: readonly KindEntry[]): object {
  const groups = new Map<string, string[]>();
  for (const { group, versions } of kinds) {
    if (group !== '') groups.set(group, [...new Set([...(groups.get(group) ?? []), ...versions])]);
  }
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groups].map(([name, versions]) => {
      const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
      return { name, versions: listed, preferredVersion: listed[0] };
    }),
  };
}
