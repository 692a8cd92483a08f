import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import type { ModelCard } from '@sluice/release/model-card';
import { openCard } from '../src/card-door.ts';
import { fullName, parseImageChange, withImages } from '../src/images.ts';
import { parseManifest, workloadIn } from '../src/manifest.ts';
import { isModelDeployment } from '../src/model-deployment.ts';
import { setFields } from '../src/set-fields.ts';

const WORKLOAD: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'llm' },
  spec: {
    replicas: 2,
    template: {
      spec: {
        initContainers: [{ name: 'fetch', image: 'fetch:1' }],
        containers: [
          { name: 'llm-container', image: 'llm:1', env: [{ name: 'A', value: '1' }], args: ['--x'] },
          { name: 'sidecar', image: 's:1' },
        ],
      },
    },
  },
};
const container = (object: KubeObject): Record<string, unknown> =>
  (object['spec'] as { template: { spec: { containers: [Record<string, unknown>] } } }).template.spec
    .containers[0];

describe('set', () => {
  const POD = 'spec.template.spec.containers[llm-container]';
  test.each<[string, Record<string, unknown>]>([
    [`${POD}.resources.limits.nvidia.com/gpu=1`, { resources: { limits: { 'nvidia.com/gpu': '1' } } }],
    [`${POD}.env[A].value=2`, { env: [{ name: 'A', value: '2' }] }],
    [
      `${POD}.env[B].value=3=4`,
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '3=4' },
        ],
      },
    ],
    [`${POD}.args=["--y","--z=1"]`, { args: ['--y', '--z=1'] }],
    [`spec.template.spec.containers[0].tty=true`, { tty: true }],
    [`${POD}.image=llm:2`, { image: 'llm:2' }],
    [`${POD}.readinessProbe.periodSeconds=7`, { readinessProbe: { periodSeconds: 7 } }],
  ])('%s', (line, expected) => {
    expect(container(setFields(WORKLOAD, [line]))).toMatchObject(expected);
  });

  test('what is text by its place stays text, what is a number stays one', () => {
    const set = setFields(WORKLOAD, [
      'spec.replicas=4',
      'spec.template.metadata.annotations."a.b/c"=5',
      'spec.template.spec.nodeSelector.gpu=true',
    ]);
    expect(set['spec']).toMatchObject({
      replicas: 4,
      template: { metadata: { annotations: { 'a.b/c': '5' } }, spec: { nodeSelector: { gpu: 'true' } } },
    });
    expect(WORKLOAD['spec']).toMatchObject({ replicas: 2 });
  });

  test.each([
    ['replicas=3', 'names no field of spec or metadata'],
    ['spec.replicas', 'has no `=`'],
    [
      'spec.template.spec.containers[gpu].image=x',
      'there is no containers "gpu" (there are llm-container, sidecar)',
    ],
    ['spec.template.spec.containers.image=x', 'stands after a list; name its item in brackets'],
    ['spec.replicas.x=1', 'stands after a plain value'],
    ['spec.template[x]=1', '[x] stands after what is no list'],
    ['metadata.name=other', 'only labels and annotations'],
    ['spec.__proto__.x=1', 'names no field'],
    ['spec.a b=1', "can't be read at"],
  ])('%s', (line, message) => {
    expect(() => setFields(WORKLOAD, [line])).toThrow(message);
  });

  test('all faults are told at once', () => {
    expect(() => setFields(WORKLOAD, ['a=1', 'spec.replicas=3', 'b=2'])).toThrow(/"a=1".*\n.*"b=2"/);
  });
});

describe('images', () => {
  test('a container’s image, an init container’s too', () => {
    const change = ['llm-container=r.example.com:5000/llm@sha256:1', 'fetch=f:2'].map(parseImageChange);
    const changed = withImages(WORKLOAD, change);
    expect(container(changed)['image']).toBe('r.example.com:5000/llm@sha256:1');
    expect(JSON.stringify(changed)).toContain('"f:2"');
  });

  test('faults', () => {
    expect(() => parseImageChange('llm:2')).toThrow('is no container=image');
    expect(() => withImages(WORKLOAD, [{ container: 'x', image: 'y' }])).toThrow(
      'has no container x (it has llm-container, sidecar)',
    );
  });

  test.each([
    ['vllm/vllm-openai:v1', 'docker.io/vllm/vllm-openai:v1'],
    ['redis', 'docker.io/library/redis'],
    ['localhost/a:1', 'localhost/a:1'],
    ['127.0.0.1:5000/a:1', '127.0.0.1:5000/a:1'],
    ['ghcr.io/o/a', 'ghcr.io/o/a'],
  ])('%s is %s', (image, full) => {
    expect(fullName(image)).toBe(full);
  });
});

describe('a manifest', () => {
  const MANIFEST = `
# weights come by a volume
apiVersion: apps/v1
kind: Deployment
metadata: {name: llm}
---
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: llm}}
  - {apiVersion: bitnami.com/v1alpha1, kind: SealedSecret, metadata: {name: s}}
`;
  const read = (text: string, gitops = false): Promise<KubeObject[]> =>
    parseManifest({ path: 'm.yaml', text }, { gitops });

  test('several documents and lists', async () => {
    const objects = await read(MANIFEST, true);
    expect(objects.map(({ kind }) => kind)).toEqual(['Deployment', 'Service', 'SealedSecret']);
    expect(workloadIn(objects, undefined, 'm.yaml').metadata.name).toBe('llm');
    expect(() => workloadIn(objects, { kind: 'Deployment', name: 'x' }, 'm.yaml')).toThrow(
      'm.yaml holds no Deployment x, which input `workload` names (it holds Deployment llm, Service llm, SealedSecret s)',
    );
  });

  test.each([
    ['a: b', 'm.yaml:1: apiVersion is missing'],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: {generateName: x}',
      'm.yaml:1: Pod: metadata.name is missing; generateName',
    ],
    [
      '{apiVersion: v1, kind: A, metadata: {name: x}}\n---\n{apiVersion: v1, kind: A, metadata: {name: x}}',
      'm.yaml:3: A x stands here twice',
    ],
    ['a: [', 'm.yaml:1: Flow sequence'],
    ['', 'm.yaml holds no Kubernetes object'],
  ])('%j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  test('a plain Secret stays out of Git', async () => {
    const secret = '{apiVersion: v1, kind: Secret, metadata: {name: hub}}';
    await expect(read(secret, true)).rejects.toThrow('Secret hub would stand readable in Git');
    await expect(read(secret)).resolves.toHaveLength(1);
  });

  test.each([
    [{ kind: 'ModelDeployment' }, true],
    [{ metadata: {}, spec: { modelName: 'x' } }, true],
    [{ kind: 'Deployment', spec: { modelName: 'x' } }, false],
    [{ metadata: {}, spec: {} }, false],
    [null, false],
  ])('%j: a model deployment: %s', (value, is) => {
    expect(isModelDeployment(value)).toBe(is);
  });
});

describe('the card beside it', () => {
  const card = (status: string | undefined, approvedBy?: string): ModelCard =>
    ({
      apiVersion: 'llm/v1',
      kind: 'ModelVersion',
      metadata: { name: 'x', version: '1.0' },
      spec: {
        ...(status === undefined ? {} : { status }),
        ...(approvedBy === undefined ? {} : { approvedBy }),
      },
    }) as ModelCard;

  test.each([
    // status, approvedBy, protected, open, message
    ['approved', 'zhang.wei', true, true, 'is approved by zhang.wei'],
    ['approved', 'Alice', true, false, 'who made this release'],
    ['approved', 'alice, zhang.wei', true, true, 'is approved by zhang.wei'],
    ['approved', 'alice', false, true, 'is approved, approved by alice'],
    ['approved', '', true, false, 'approvedBy is empty'],
    ['approved', undefined, false, true, 'is approved'],
    ['deployed', 'zhang.wei', true, true, 'is approved by'],
    [
      'evaluated',
      'zhang.wei',
      true,
      false,
      'is evaluated, not approved, and environment production is protected',
    ],
    ['evaluated', undefined, false, true, 'is evaluated'],
    ['rolled-back', 'zhang.wei', true, false, 'this version was taken back'],
    [undefined, undefined, false, false, 'is draft, not evaluated'],
  ])('%s by %s, protected %s', (status, by, isProtected, open, message) => {
    const door = openCard({
      card: card(status, by),
      path: 'models/v1/model-card.yaml',
      environment: 'production',
      isProtected,
      authors: ['alice', 'bob'],
    });
    expect(door.open).toBe(open);
    expect(door.message).toContain(message);
  });
});
