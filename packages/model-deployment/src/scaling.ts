/** `scaling` of a model deployment as an HPA or a KEDA ScaledObject: by what waits, not by CPU. Pure. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { parseDuration } from '@sluice/runtime/units';
import type { EngineName, ModelDeployment, Scaling } from './model-deployment.ts';
import { guessEngine } from './probes.ts';

/** Requests that wait, as each engine's own metrics name them (a metrics adapter writes `:` as it is told). */
const WAITING: Readonly<Partial<Record<EngineName, string>>> = {
  vllm: 'vllm:num_requests_waiting',
  sglang: 'sglang:num_queue_reqs',
  tgi: 'tgi_queue_size',
  'llama-server': 'llamacpp:requests_deferred',
};
const DEFAULT_TARGET = 4;

export function scalerOf(
  deployment: ModelDeployment,
  labels: Record<string, string>,
): KubeObject | undefined {
  const { metadata, spec } = deployment;
  const { scaling } = spec;
  if (scaling === undefined) return undefined;
  const own = {
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    labels,
  };
  const engine = spec.engine ?? guessEngine(spec.image ?? '');
  const metric = scaling.metric ?? (engine === undefined ? undefined : WAITING[engine]);
  return scaling.by === 'keda' ? scaledObject(own, spec, scaling, metric) : hpa(own, spec, scaling, metric);
}

type Own = KubeObject['metadata'];

/** Without a metric that is known: CPU, which is what a cluster without a metrics adapter has. */
function hpa(
  own: Own,
  spec: ModelDeployment['spec'],
  scaling: Scaling,
  metric: string | undefined,
): KubeObject {
  const target = scaling.target ?? DEFAULT_TARGET;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: own,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: own.name },
      minReplicas: scaling.minReplicas ?? spec.replicas,
      maxReplicas: scaling.maxReplicas,
      behavior: behaviorOf(scaling),
      metrics: [
        metric === undefined
          ? {
              type: 'Resource',
              resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
            }
          : {
              type: 'Pods',
              pods: {
                metric: { name: metric },
                target: { type: 'AverageValue', averageValue: quantity(target) },
              },
            },
      ],
    },
  };
}

function scaledObject(
  own: Own,
  spec: ModelDeployment['spec'],
  scaling: Scaling,
  metric: string | undefined,
): KubeObject {
  const query =
    metric === undefined ? undefined : /[{(]/.test(metric) ? metric : `sum(${metric}{service="${own.name}"})`;
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: own,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: own.name },
      minReplicaCount: scaling.minReplicas ?? spec.replicas,
      maxReplicaCount: scaling.maxReplicas,
      advanced: { horizontalPodAutoscalerConfig: { behavior: behaviorOf(scaling) } },
      triggers: [
        query === undefined
          ? { type: 'cpu', metricType: 'Utilization', metadata: { value: '80' } }
          : {
              type: 'prometheus',
              metadata: {
                serverAddress: scaling.prometheus ?? '',
                query,
                threshold: String(scaling.target ?? DEFAULT_TARGET),
              },
            },
      ],
    },
  };
}

/** A pod that loads for minutes is not given up for a pause of seconds. */
function behaviorOf({ scaleDownAfter = '10m' }: Scaling): Record<string, unknown> {
  const seconds = Math.min(Math.round((parseDuration(scaleDownAfter) ?? 0) / 1000), 3600);
  return {
    scaleDown: {
      stabilizationWindowSeconds: seconds,
      policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
    },
    scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] },
  };
}

/** A quantity has no more than three decimals. */
function quantity(value: number): string {
  return Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
}
