import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import { canaryOf } from '../src/canary-objects.ts';
import { readModelDeployment } from '../src/model-deployment.ts';
import { renderModelDeployment } from '../src/render.ts';
import { schemaFaults } from './published-schema.ts';

const DIGEST = `registry.example.com/llm@sha256:${'a'.repeat(64)}`;

async function render(text: string, ...values: string[]): Promise<KubeObject[]> {
  const files = [text, ...values].map((each, index) => ({ path: `f${index}.yaml`, text: each }));
  return renderModelDeployment(await readModelDeployment(files), { weights: 'sha256:w' });
}

/** The shape that deploy controllers read (field/examples, E16). */
const PRINTED = `
metadata: {name: llama-finetuned}
spec: {modelName: llama-finetuned, image: '${DIGEST}', replicas: 2, gpus: 1, memory: 16Gi}
`;

describe('a model deployment as Kubernetes objects', () => {
  test('the printed one', async () => {
    const objects = await render(PRINTED);
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'PodDisruptionBudget']);
    for (const object of objects) expect(schemaFaults(object)).toEqual([]);
    expect(objects[0]).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'llama-finetuned',
        labels: {
          'app.kubernetes.io/name': 'llama-finetuned',
          'app.kubernetes.io/component': 'model-server',
          'app.kubernetes.io/managed-by': 'sluice',
        },
      },
      spec: {
        replicas: 2,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 1800,
        selector: { matchLabels: { 'app.kubernetes.io/name': 'llama-finetuned' } },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        template: {
          metadata: {
            labels: {
              'app.kubernetes.io/name': 'llama-finetuned',
              'app.kubernetes.io/component': 'model-server',
              'app.kubernetes.io/managed-by': 'sluice',
            },
            annotations: { 'sluice/weights': 'sha256:w' },
          },
          spec: {
            terminationGracePeriodSeconds: 130,
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
            tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
            containers: [
              {
                name: 'server',
                image: DIGEST,
                ports: [{ name: 'http', containerPort: 8000, protocol: 'TCP' }],
                resources: {
                  requests: { memory: '16Gi', 'nvidia.com/gpu': '1' },
                  limits: { memory: '16Gi', 'nvidia.com/gpu': '1' },
                },
                startupProbe: {
                  httpGet: { path: '/health', port: 'http' },
                  periodSeconds: 10,
                  timeoutSeconds: 5,
                  failureThreshold: 120,
                },
                readinessProbe: {
                  httpGet: { path: '/health', port: 'http' },
                  periodSeconds: 5,
                  timeoutSeconds: 5,
                  failureThreshold: 3,
                },
                livenessProbe: {
                  httpGet: { path: '/health', port: 'http' },
                  periodSeconds: 15,
                  timeoutSeconds: 10,
                  failureThreshold: 8,
                },
                lifecycle: { preStop: { sleep: { seconds: 10 } } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              },
            ],
          },
        },
      },
    });
    expect(objects[1]).toMatchObject({
      spec: {
        selector: { 'app.kubernetes.io/name': 'llama-finetuned' },
        ports: [{ name: 'http', port: 8000, targetPort: 'http' }],
      },
    });
  });

  test('everything that may be said, and a values file of the environment', async () => {
    const objects = await render(
      `
apiVersion: llm/v1
kind: ModelDeployment
metadata: {name: llm, version: "2.0.0", labels: {team: nlp}}
spec:
  modelName: llm
  image: vllm/vllm-openai:v0.9.1
  gpus: 4
  gpuResource: nvidia.com/mig-1g.10gb
  memory: 64
  cpu: 8
  port: 9000
  args: ['--model', '/models/llm']
  env: {HF_HUB_OFFLINE: '1', TOKEN: {secretKeyRef: {name: hub, key: token}}}
  probes: {liveness: false, readiness: {path: /ready, periodSeconds: 2}}
  startupTimeout: 30m
  drain: 15m
  scaling: {maxReplicas: 6, target: 2.5}
  nodeSelector: {nvidia.com/gpu.product: NVIDIA-H200}
  volumes: [{name: models, persistentVolumeClaim: {claimName: models}}]
  volumeMounts: [{name: models, mountPath: /models, readOnly: true}]
  imagePullSecrets: [registry]
  runAsUser: 1000
`,
      'spec: {replicas: 4, env: {HF_HUB_OFFLINE: null, REGION: eu}, args: [--model, /models/eu]}',
    );
    for (const object of objects) expect(schemaFaults(object)).toEqual([]);
    const [workload, , , scaler] = objects;
    expect(workload).toMatchObject({
      metadata: { labels: { team: 'nlp', 'app.kubernetes.io/version': '2.0.0' } },
      spec: {
        replicas: 4,
        progressDeadlineSeconds: 2400,
        template: {
          spec: {
            terminationGracePeriodSeconds: 910,
            securityContext: { runAsUser: 1000, runAsNonRoot: true },
            imagePullSecrets: [{ name: 'registry' }],
            volumes: [{ name: 'models' }, { name: 'dshm', emptyDir: { medium: 'Memory', sizeLimit: '2Gi' } }],
            containers: [
              {
                args: ['--model', '/models/eu'],
                env: [
                  { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'hub', key: 'token' } } },
                  { name: 'REGION', value: 'eu' },
                ],
                resources: { requests: { memory: '64', cpu: '8', 'nvidia.com/mig-1g.10gb': '4' } },
                startupProbe: { failureThreshold: 180 },
                readinessProbe: { httpGet: { path: '/ready' }, periodSeconds: 2, failureThreshold: 3 },
              },
            ],
          },
        },
      },
    });
    expect(JSON.stringify(workload)).not.toContain('livenessProbe');
    // A version in the selector would make each release another workload.
    expect(workload?.['spec']).toHaveProperty('selector', {
      matchLabels: { 'app.kubernetes.io/name': 'llm' },
    });
    expect(scaler).toMatchObject({
      kind: 'HorizontalPodAutoscaler',
      spec: {
        minReplicas: 4,
        maxReplicas: 6,
        metrics: [
          {
            type: 'Pods',
            pods: {
              metric: { name: 'vllm:num_requests_waiting' },
              target: { type: 'AverageValue', averageValue: '2500m' },
            },
          },
        ],
      },
    });
  });

  test.each([
    ['gpus: 0', { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
    ['gpus: 8', { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }],
  ])('%s: a surge that fits', async (line, strategy) => {
    const [workload] = await render(PRINTED, `spec: {${line}}`);
    expect(workload?.['spec']).toMatchObject({ strategy });
  });

  test('KEDA by a query', async () => {
    const objects = await render(
      PRINTED,
      'spec: {engine: vllm, scaling: {by: keda, minReplicas: 0, maxReplicas: 3, prometheus: "http://prometheus:9090"}}',
    );
    expect(objects.at(-1)).toMatchObject({
      apiVersion: 'keda.sh/v1alpha1',
      spec: {
        minReplicaCount: 0,
        maxReplicaCount: 3,
        triggers: [
          {
            type: 'prometheus',
            metadata: {
              serverAddress: 'http://prometheus:9090',
              query: 'sum(vllm:num_requests_waiting{service="llama-finetuned"})',
              threshold: '4',
            },
          },
        ],
      },
    });
  });

  test('its canary fits the published schema too', async () => {
    const [stable, service] = await render(PRINTED);
    if (stable === undefined || service === undefined) throw new Error('nothing rendered');
    const { template } = stable['spec'] as { template: { spec: Record<string, unknown> } };
    const canary = canaryOf({ stable, service, template, version: 'v2', weights: null, replicas: 1 });
    expect(schemaFaults(canary.workload)).toEqual([]);
    expect(canary.service && schemaFaults(canary.service)).toEqual([]);
  });

  test('the schema finds a field that Kubernetes doesn’t know', async () => {
    const [workload] = await render(PRINTED);
    const broken = { ...workload, spec: { ...(workload?.['spec'] as object), replica: 2 } };
    expect(schemaFaults(broken as unknown as KubeObject)).toEqual([expect.stringContaining('"replica"')]);
  });
});

describe('faults', () => {
  test.each([
    [
      'metadata: {name: x}\nspec:\n  modelName: m\n  gpu: 1',
      'f0.yaml:4: spec.gpu is no key of a model deployment; did you mean gpus?',
    ],
    ['metadata: {name: ../../x}\nspec: {modelName: m}', 'f0.yaml:1: metadata.name must match pattern'],
    [
      'metadata:\n  name: x\n  version: ../../x\nspec: {modelName: m}',
      'f0.yaml:3: metadata.version must match pattern',
    ],
    ['metadata: {name: x, version: 2.0}\nspec: {modelName: m}', 'quote it: version: "2.0"'],
    ['metadata: {name: x}\nspec: {}', "f0.yaml:2: spec must have required property 'modelName'"],
    ['metadata: {name: x}\nspec: {modelName: m, memory: 16 GB}', 'spec.memory must match pattern'],
    [
      'metadata: {name: x}\nspec: {modelName: m, probes: {ready: {}}}',
      'spec.probes.ready is no key of a model deployment; there are startup, readiness, liveness',
    ],
    [
      'metadata: {name: x}\nspec: {modelName: m, scaling: {maxReplicas: 1}}',
      'spec.scaling.maxReplicas = 1 is below the least, 2',
    ],
    [
      'metadata: {name: x}\nspec: {modelName: m, scaling: {maxReplicas: 3, by: keda}}',
      'spec.scaling.by = keda needs spec.scaling.prometheus',
    ],
    ['metadata: {name: x}\nmetadata: {name: y}', 'f0.yaml:2: Map keys must be unique'],
    ['- a', 'f0.yaml:1: it must be object'],
  ])('%s', async (text, message) => {
    await expect(render(text)).rejects.toThrow(message);
  });

  test('one in a values file is named there', async () => {
    await expect(render(PRINTED, '# production\nspec:\n  replicas: none\n')).rejects.toThrow(
      'f1.yaml:3: spec.replicas must be integer',
    );
  });

  test('no image', async () => {
    await expect(render('metadata: {name: x}\nspec: {modelName: m}')).rejects.toThrow('has no spec.image');
  });
});
