/** A model deployment as Kubernetes objects: Deployment, Service, PodDisruptionBudget and, with `scaling`, an autoscaler. Pure. */
import { labelValue, WEIGHTS_ANNOTATION } from '@sluice/kubernetes/tracks';
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { parseDuration } from '@sluice/runtime/units';
import type { ModelDeployment } from './model-deployment.ts';
import { probesOf } from './probes.ts';
import { scalerOf } from './scaling.ts';

/** Until every router has taken the pod's address out, it goes on serving. */
const LEAVE_S = 10;
const CONTAINER = 'server';

export interface RenderOptions {
  /** Digest of the weights that are served, by the model card or the record; null where neither says. */
  weights: string | null;
}

/** @throws ConfigError without an image */
export function renderModelDeployment(deployment: ModelDeployment, { weights }: RenderOptions): KubeObject[] {
  const { metadata, spec } = deployment;
  if (spec.image === undefined)
    throw new ConfigError(
      `the model deployment ${metadata.name} has no spec.image; write it there, or give input \`image\` = ${CONTAINER}=<image>`,
    );
  const selector = { 'app.kubernetes.io/name': metadata.name };
  const labels = {
    ...metadata.labels,
    ...selector,
    'app.kubernetes.io/component': 'model-server',
    'app.kubernetes.io/managed-by': 'sluice',
    ...(metadata.version === undefined ? {} : { 'app.kubernetes.io/version': labelValue(metadata.version) }),
  };
  const own = {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    labels,
  };
  const annotations = {
    ...metadata.annotations,
    ...(weights === null ? {} : { [WEIGHTS_ANNOTATION]: weights }),
  };
  const startupS = Math.round((parseDuration(spec.startupTimeout) ?? 0) / 1000);
  const workload: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...own,
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
    },
    spec: {
      replicas: spec.replicas,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: startupS + 600,
      selector: { matchLabels: selector },
      // A surge needs GPUs that nobody planned; without GPUs it costs nothing.
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate:
          spec.gpus > 0 ? { maxSurge: 0, maxUnavailable: 1 } : { maxSurge: 1, maxUnavailable: 0 },
      },
      template: {
        metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
        spec: podSpec(deployment, spec.image),
      },
    },
  };
  const service: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: own,
    spec: { selector, ports: [{ name: 'http', port: spec.port, targetPort: 'http', protocol: 'TCP' }] },
  };
  const budget: KubeObject = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: own,
    spec: { maxUnavailable: 1, selector: { matchLabels: selector } },
  };
  const scaler = scalerOf(deployment, labels);
  return [
    workload,
    service,
    ...(spec.replicas > 1 ? [budget] : []),
    ...(scaler === undefined ? [] : [scaler]),
  ];
}

function podSpec(deployment: ModelDeployment, image: string): Record<string, unknown> {
  const { spec } = deployment;
  const drainS = Math.ceil((parseDuration(spec.drain) ?? 0) / 1000);
  const shared = spec.sharedMemory ?? (spec.gpus > 1 ? '2Gi' : undefined);
  const volumes = [
    ...(spec.volumes ?? []),
    ...(shared === undefined ? [] : [{ name: 'dshm', emptyDir: { medium: 'Memory', sizeLimit: shared } }]),
  ];
  const mounts = [
    ...(spec.volumeMounts ?? []),
    ...(shared === undefined ? [] : [{ name: 'dshm', mountPath: '/dev/shm' }]),
  ];
  return {
    terminationGracePeriodSeconds: LEAVE_S + drainS,
    automountServiceAccountToken: spec.serviceAccountName !== undefined,
    enableServiceLinks: false,
    securityContext: {
      seccompProfile: { type: 'RuntimeDefault' },
      ...(spec.runAsUser === undefined ? {} : userOf(spec.runAsUser)),
    },
    ...given({
      serviceAccountName: spec.serviceAccountName,
      runtimeClassName: spec.runtimeClassName,
      nodeSelector: spec.nodeSelector,
      tolerations: tolerationsOf(spec),
      imagePullSecrets: spec.imagePullSecrets?.map((name) => ({ name })),
      volumes: volumes.length === 0 ? undefined : volumes,
    }),
    containers: [
      {
        name: CONTAINER,
        image,
        ...given({
          imagePullPolicy: spec.imagePullPolicy,
          command: spec.command,
          args: spec.args,
          env: envOf(spec.env),
          volumeMounts: mounts.length === 0 ? undefined : mounts,
        }),
        ports: [{ name: 'http', containerPort: spec.port, protocol: 'TCP' }],
        resources: resourcesOf(spec),
        ...probesOf(deployment),
        // The native action: an image without a shell has no `sleep`.
        lifecycle: { preStop: { sleep: { seconds: LEAVE_S } } },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  };
}

function userOf(runAsUser: number): Record<string, unknown> {
  return { runAsUser, runAsNonRoot: runAsUser !== 0, fsGroup: runAsUser };
}

/** Memory is asked as it is limited, so that a pod is not the first to go; CPU is never throttled. */
function resourcesOf({ gpus, gpuResource, memory, cpu }: ModelDeployment['spec']): Record<string, unknown> {
  const gpu = gpus > 0 ? { [gpuResource]: String(gpus) } : {};
  return {
    requests: { memory, ...(cpu === undefined ? {} : { cpu }), ...gpu },
    limits: { memory, ...gpu },
  };
}

/** GPU nodes are tainted by the resource's name as a rule (ExtendedResourceToleration does the same). */
function tolerationsOf({
  gpus,
  gpuResource,
  tolerations = [],
}: ModelDeployment['spec']): unknown[] | undefined {
  const all = [...tolerations];
  if (gpus > 0 && !tolerations.some(({ key }) => key === gpuResource))
    all.push({ key: gpuResource, operator: 'Exists', effect: 'NoSchedule' });
  return all.length === 0 ? undefined : all;
}

function envOf(env: ModelDeployment['spec']['env']): unknown[] | undefined {
  if (env === undefined) return undefined;
  return Object.entries(env).map(([name, value]) =>
    typeof value === 'string' ? { name, value } : { name, valueFrom: value },
  );
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
