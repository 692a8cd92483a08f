import { describe, expect, test } from '@jest/globals';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import type { GpuQuestion } from '../src/gpu-plan.ts';
import { planGpus } from '../src/gpu-plan.ts';
import { parseQuantity } from '../src/quantities.ts';
import { requestsOf } from '../src/scheduling.ts';

type Fields = Record<string, unknown>;

function node(
  name: string,
  gpus: number,
  more: {
    spec?: Fields;
    labels?: Record<string, string>;
    device?: string;
    ready?: string;
    memory?: string;
  } = {},
): KubeObject {
  const { spec = {}, labels = {}, device = 'nvidia.com/gpu', ready = 'True', memory = '64Gi' } = more;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec,
    status: {
      allocatable: { cpu: '16', memory, pods: '110', ...(gpus > 0 ? { [device]: String(gpus) } : {}) },
      conditions: [{ type: 'Ready', status: ready }],
    },
  };
}

const podSpec = (gpus: number, device = 'nvidia.com/gpu', more: Fields = {}): Fields => ({
  containers: [
    {
      name: 'server',
      resources: { requests: { memory: '16Gi' }, limits: gpus > 0 ? { [device]: String(gpus) } : {} },
    },
  ],
  ...more,
});

function pod(name: string, nodeName: string | undefined, gpus = 1, phase = 'Running'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ml' },
    spec: { ...podSpec(gpus), ...(nodeName === undefined ? {} : { nodeName }) },
    status: { phase },
  };
}

const quota = (hard: Fields, used: Fields, spec: Fields = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team', namespace: 'ml' },
  spec,
  status: { hard, used },
});

const template = (spec: Fields): PodTemplate => ({ spec });

/** Two stable pods, one GPU each, on nodes that have `gpus` in all. */
function ask(gpus: number[], more: Partial<GpuQuestion> = {}, quotas: KubeObject[] = []): GpuQuestion {
  const nodes = gpus.map((count, index) => node(`n${index}`, count));
  return {
    asked: 'auto',
    template: template(podSpec(1)),
    namespace: 'ml',
    extra: 1,
    stablePods: ['llm-a', 'llm-b'],
    total: 2,
    facts: { nodes, pods: [pod('llm-a', 'n0'), pod('llm-b', gpus.length > 1 ? 'n1' : 'n0')], quotas },
    ...more,
  };
}

describe('a plan', () => {
  test.each<[string, GpuQuestion, string, string]>([
    [
      'a free GPU',
      ask([3]),
      'surge',
      'each new pod needs 1 nvidia.com/gpu; there is room for 1 more (node n0: 2 of 3 nvidia.com/gpu taken by ml/llm-a, ml/llm-b)',
    ],
    [
      'two GPUs, both taken',
      ask([2]),
      'none',
      "1 more pod of it can't be placed: node n0: 2 of 2 nvidia.com/gpu taken by ml/llm-a, ml/llm-b",
    ],
    [
      'and what serves meanwhile',
      ask([2]),
      'none',
      'the stable gives up one of 2 pods first, so at least 1 of 2 serve during the rollout',
    ],
    [
      'surge asked for',
      ask([2], { asked: 'surge' }),
      'refused',
      'gpu-surge: none can do it: the stable gives up one of 2',
    ],
    [
      'none asked for, though there is room',
      ask([3], { asked: 'none' }),
      'none',
      'gpu-surge none (as asked)',
    ],
    [
      'one of two extra fits',
      ask([3], { extra: 2 }),
      'none',
      "2 more pods of it can't all be placed (1 can)",
    ],
    [
      'spread over nodes',
      ask([2, 2], { extra: 2 }),
      'surge',
      'node n1: 1 of 2 nvidia.com/gpu taken by ml/llm-b',
    ],
    [
      'a pod that is larger than what is given up',
      ask([2], { template: template(podSpec(2)) }),
      'refused',
      'giving up one stable pod (of 2) makes no room for a new one',
    ],
    [
      'one that fits in place of one, but not of all',
      ask([3], { template: template(podSpec(2)), extra: 1 }),
      'refused',
      'in place of all 2 stable pods only 1 new ones fit',
    ],
    [
      'the only pod',
      ask([1], {
        stablePods: ['llm-a'],
        total: 1,
        facts: { nodes: [node('n0', 1)], pods: [pod('llm-a', 'n0')], quotas: [] },
      }),
      'refused',
      'gpu-surge: none can do it, but the only pod ends before the new one is ready',
    ],
    [
      'the only pod, with none',
      ask([1], {
        asked: 'none',
        stablePods: ['llm-a'],
        total: 1,
        facts: { nodes: [node('n0', 1)], pods: [pod('llm-a', 'n0')], quotas: [] },
      }),
      'none',
      'nothing serves meanwhile',
    ],
    [
      'another kind of GPU',
      ask([3], { template: template(podSpec(1, 'amd.com/gpu')) }),
      'refused',
      '1 node has no amd.com/gpu',
    ],
    [
      'no GPU at all',
      ask([2], { template: template(podSpec(0)) }),
      'surge',
      'each new pod needs 16384 MiB memory',
    ],
    [
      'memory is short',
      ask([9], {
        template: template({
          containers: [{ resources: { requests: { memory: '40Gi' }, limits: { 'nvidia.com/gpu': 1 } } }],
        }),
      }),
      'refused',
      'memory: 32768 MiB free of the 40960 MiB needed',
    ],
    [
      'a quota',
      ask([8], {}, [quota({ 'requests.nvidia.com/gpu': '2' }, { 'requests.nvidia.com/gpu': '2' })]),
      'none',
      'ResourceQuota team allows 2 requests.nvidia.com/gpu, 2 are used, and 1 more pod needs 1',
    ],
    [
      'a quota of limits.memory, which the pods have none of',
      ask([8], {}, [quota({ 'limits.memory': '1Gi' }, {})]),
      'surge',
      'there is room',
    ],
    [
      'a quota of another scope',
      ask([8], {}, [quota({ pods: '2' }, { pods: '2' }, { scopes: ['BestEffort'] })]),
      'surge',
      'there is room',
    ],
    [
      'nodes are not to be seen',
      ask([], { facts: { nodes: undefined, pods: [], quotas: [] } }),
      'none',
      'nodes may not be listed',
    ],
    [
      'not to be seen, and surge asked for',
      ask([], { asked: 'surge', facts: { nodes: undefined, pods: [], quotas: [] } }),
      'surge',
      'nodes may not be listed',
    ],
  ])('%s', (_, question, mode, text) => {
    const plan = planGpus(question);
    expect(plan.text).toContain(text);
    expect(plan.mode).toBe(mode);
  });

  const alone = (one: KubeObject, spec: Fields, weightsBytes?: number) =>
    planGpus(
      ask([], {
        asked: 'surge',
        template: template(spec),
        facts: { nodes: [one], pods: [], quotas: [] },
        ...(weightsBytes === undefined ? {} : { weightsBytes }),
      }),
    );
  const TAINT = { taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }] };
  const affinity = (operator: string, values: string[]): Fields => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
        },
      },
    },
  });
  const DEVICE = 'nvidia.com/gpu';

  test.each<[string, KubeObject, Fields, string]>([
    ['cordoned', node('n', 1, { spec: { unschedulable: true } }), podSpec(1), 'it is cordoned'],
    ['not ready', node('n', 1, { ready: 'Unknown' }), podSpec(1), 'it is not ready'],
    [
      'a taint',
      node('n', 1, { spec: TAINT }),
      podSpec(1),
      'it has the taint nvidia.com/gpu=present:NoSchedule',
    ],
    [
      'a taint of another value',
      node('n', 1, { spec: TAINT }),
      podSpec(1, DEVICE, { tolerations: [{ key: DEVICE, value: 'no' }] }),
      'has the taint',
    ],
    [
      'a tolerated taint',
      node('n', 1, { spec: TAINT }),
      podSpec(1, DEVICE, { tolerations: [{ key: DEVICE, operator: 'Exists' }] }),
      'there is room',
    ],
    [
      'everything tolerated',
      node('n', 1, { spec: TAINT }),
      podSpec(1, DEVICE, { tolerations: [{ operator: 'Exists' }] }),
      'there is room',
    ],
    [
      'a taint that only prefers',
      node('n', 1, { spec: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] } }),
      podSpec(1),
      'there is room',
    ],
    [
      'a selector',
      node('n', 1, { labels: { gpu: 'a100' } }),
      podSpec(1, DEVICE, { nodeSelector: { gpu: 'h200' } }),
      'it is not gpu=h200',
    ],
    [
      'affinity',
      node('n', 1, { labels: { zone: 'a' } }),
      podSpec(1, DEVICE, affinity('In', ['b'])),
      'does not match the node affinity',
    ],
    [
      'affinity that holds',
      node('n', 1, { labels: { zone: 'a' } }),
      podSpec(1, DEVICE, affinity('NotIn', ['b'])),
      'there is room',
    ],
    [
      'MIG slices',
      node('n', 2, { device: 'nvidia.com/mig-1g.10gb' }),
      podSpec(1, 'nvidia.com/mig-1g.10gb'),
      '0 of 2 nvidia.com/mig-1g.10gb taken',
    ],
  ])('%s', (_, one, spec, text) => {
    expect(alone(one, spec).text).toContain(text);
  });

  test('weights against the memory that the node’s label tells', () => {
    const small = node('n', 4, { labels: { 'nvidia.com/gpu.memory': '24576' } });
    expect(alone(small, podSpec(1), 30e9)).toMatchObject({ mode: 'refused' });
    expect(alone(small, podSpec(1), 30e9).text).toContain("it can't hold the model: needs 30.0 GB weights");
    expect(alone(small, podSpec(2), 30e9).mode).toBe('surge');
    expect(alone(node('n', 4), podSpec(1), 30e9).mode).toBe('surge');
  });

  test('pods that are over hold nothing; those on no node neither', () => {
    const facts = {
      nodes: [node('n0', 2)],
      pods: [pod('llm-a', 'n0'), pod('done', 'n0', 1, 'Succeeded'), pod('waits', undefined)],
      quotas: [],
    };
    expect(planGpus(ask([], { facts, stablePods: ['llm-a'] })).mode).toBe('surge');
  });

  test('the pod whose place is large enough is given up', () => {
    const facts = {
      nodes: [node('n0', 1), node('n1', 1, { spec: TAINT })],
      pods: [pod('llm-a', 'n1'), pod('llm-b', 'n0')],
      quotas: [],
    };
    const plan = planGpus(ask([], { facts, total: 1, asked: 'none' }));
    expect(plan).toMatchObject({ mode: 'none', giveUp: 'llm-b' });
  });
});

test.each([
  ['16Gi', 16 * 2 ** 30],
  ['500m', 0.5],
  ['1e3', 1000],
  ['1E', 1e18],
  ['2', 2],
  [3, 3],
  ['1.5G', 1.5e9],
  ['x', 0],
  [undefined, 0],
])('quantity %s', (text, value) => {
  expect(parseQuantity(text)).toBe(value);
});

test('a pod asks for its containers and sidecars, or for its largest init container', () => {
  const of = (cpu: string, more: Fields = {}): Fields => ({ resources: { requests: { cpu } }, ...more });
  expect(
    requestsOf({
      containers: [of('1'), of('500m')],
      initContainers: [of('1', { restartPolicy: 'Always' }), of('4')],
      overhead: { cpu: '100m' },
    }),
  ).toEqual({ cpu: 4.1, pods: 1 });
});
