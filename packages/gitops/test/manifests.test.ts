/** What a change of an object does to the files of a GitOps path, in each form that they come in. */
import { expect, test } from '@jest/globals';
import type { KubeObject } from '@sluice/kubernetes/types';
import * as yaml from 'yaml';
import { delta } from '../src/delta.ts';
import { Manifests } from '../src/manifests.ts';

interface Read {
  metadata: { name: string };
  images: Record<string, string>[];
  resources: string[];
  spec: {
    rules: unknown;
    values: { image: object };
    postRenderers: { kustomize: { patches: { target: object; patch: string }[] } }[];
  };
}

function parsed(text: unknown): Read {
  return yaml.parse(String(text)) as Read;
}

const DIGEST = `sha256:${'2'.repeat(64)}`;
const V2 = `registry.test/llm@${DIGEST}`;

function deployment(image = 'registry.test/llm:v1', replicas = 2): KubeObject {
  const labels = { app: 'llm' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'llm', namespace: 'models' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'server', image, imagePullPolicy: 'IfNotPresent' }] },
      },
    },
  };
}

function route(stable: number, canary?: number): KubeObject {
  const ref = { group: '', kind: 'Service', port: 80 };
  const backendRefs = [
    { ...ref, name: 'llm', weight: stable },
    ...(canary === undefined ? [] : [{ ...ref, name: 'llm-canary', weight: canary }]),
  ];
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'llm', namespace: 'models' },
    spec: { rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs }] },
  };
}

function changed(
  root: string,
  files: Record<string, string>,
  ...changes: [KubeObject, KubeObject][]
): Record<string, string | null> {
  const manifests = new Manifests(yaml, root, new Map(Object.entries(files)));
  for (const [before, after] of changes) manifests.edit(after, delta(before, after));
  return Object.fromEntries(manifests.changes);
}

const PLAIN = `# serves the model
apiVersion: apps/v1
kind: Deployment
metadata:
  name: llm # ours
spec:
  replicas: 2   # two GPUs
  selector:
    matchLabels: {app: llm}
  template:
    metadata:
      labels: {app: llm}
    spec:
      containers:
      - name: server
        image: 'registry.test/llm:v1' # by tag
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: llm
spec:
  rules:
  - backendRefs:
    # the users' way
    - name: llm
      port: 80
`;

test('plain manifests: image and pods change in place, every other byte stays', () => {
  const { 'apps/llm.yaml': text } = changed('apps', { 'apps/llm.yaml': PLAIN }, [
    deployment(),
    deployment(V2, 3),
  ]);
  expect(text).toBe(
    PLAIN.replace("'registry.test/llm:v1'", `'${V2}'`).replace('replicas: 2 ', 'replicas: 3 '),
  );
});

test('plain manifests: a route that says no weights gets them, and a canary behind the stable', () => {
  const { 'apps/llm.yaml': text } = changed('apps', { 'apps/llm.yaml': PLAIN }, [route(1), route(9, 1)]);
  const [first, second] = yaml.parseAllDocuments(String(text));
  expect(first?.toString()).toContain('replicas: 2 # two GPUs');
  expect(String(text)).toContain("# the users' way");
  expect(String(text).startsWith(PLAIN.slice(0, PLAIN.indexOf('---')))).toBe(true);
  const { spec } = second?.toJS() as { spec: { rules: { backendRefs: object[] }[] } };
  expect(spec.rules[0]?.backendRefs).toMatchObject([
    { name: 'llm', weight: 9 },
    { name: 'llm-canary', weight: 1, port: 80 },
  ]);
  const again = changed('apps', { 'apps/llm.yaml': String(text) }, [route(9, 1), route(5, 5)]);
  expect(String(again['apps/llm.yaml'])).toBe(
    String(text).replace('weight: 9', 'weight: 5').replace('weight: 1', 'weight: 5'),
  );
});

test('what somebody else changed meanwhile is no silent overwrite', () => {
  const files = { 'apps/llm.yaml': PLAIN.replace('replicas: 2 ', 'replicas: 7 ') };
  expect(() =>
    changed('apps', files, [deployment('registry.test/llm:v1', 2), deployment('registry.test/llm:v1', 0)]),
  ).toThrow(/replicas is 7 there, and 2 in the cluster/);
  const variable = { 'apps/llm.yaml': PLAIN.replace('registry.test/llm:v1', 'registry.test/llm:${VERSION}') };
  expect(() => changed('apps', variable, [deployment(), deployment(V2)])).toThrow(
    /image is "registry.test\/llm:\$\{VERSION\}" there/,
  );
});

test('objects are put beside and taken away again, and a plain Secret is refused', () => {
  const manifests = new Manifests(yaml, 'apps', new Map([['apps/llm.yaml', PLAIN]]));
  const canary = {
    ...deployment(V2, 1),
    metadata: { name: 'llm-canary', namespace: 'models', uid: 'x', ownerReferences: [] },
  };
  manifests.put(canary);
  const file = 'apps/llm-canary-deployment.yaml';
  expect(yaml.parse(String(manifests.changes.get(file)))).toEqual({
    ...deployment(V2, 1),
    metadata: { name: 'llm-canary', namespace: 'models' },
  });
  manifests.put(canary);
  manifests.remove({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm-canary', namespace: 'models' });
  expect(manifests.changes.size).toBe(0);
  const secret = (kind: string, apiVersion: string): KubeObject => ({
    apiVersion,
    kind,
    metadata: { name: 'key' },
    data: { a: 'Yg==' },
  });
  expect(() => manifests.put(secret('Secret', 'v1'))).toThrow(/Secret key would stand readable in Git/);
  manifests.put(secret('SealedSecret', 'bitnami.com/v1alpha1'));
  expect([...manifests.changes.keys()]).toEqual(['apps/key-sealedsecret.yaml']);
});

test('what an object calls itself leads out of no folder', () => {
  const manifests = new Manifests(yaml, 'apps', new Map([['apps/llm.yaml', PLAIN]]));
  for (const name of ['../../.git/hooks/x', '/etc/passwd', '.github/workflows/x'])
    manifests.put({ apiVersion: 'v1', kind: '../Config/Map', metadata: { name } });
  expect([...manifests.changes.keys()]).toEqual([
    'apps/git-hooks-x-..-config-map.yaml',
    'apps/etc-passwd-..-config-map.yaml',
    'apps/github-workflows-x-..-config-map.yaml',
  ]);
});

test('a single file takes new objects as documents of its own', () => {
  const manifests = new Manifests(yaml, 'apps/all.yaml', new Map([['apps/all.yaml', PLAIN]]));
  manifests.put({ ...deployment(V2, 1), metadata: { name: 'llm-canary' } });
  const text = String(manifests.changes.get('apps/all.yaml'));
  expect(text.startsWith(PLAIN)).toBe(true);
  expect(yaml.parseAllDocuments(text)).toHaveLength(3);
  manifests.remove({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm-canary' });
  expect(manifests.changes.size).toBe(0);
});

const KUSTOMIZATION = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namePrefix: prod-
resources:
  - ../../base # shared
images:
  # pinned by CI
  - name: llm
    newName: registry.test/llm
    newTag: v1
`;

function prod(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, name: `prod-${object.metadata.name}` } };
}

test('Kustomize: the image by `images`, all else by a patch of ours, listed once', () => {
  const root = 'overlays/prod';
  const files = { [`${root}/kustomization.yaml`]: KUSTOMIZATION };
  const marked = structuredClone(deployment(V2, 2));
  marked.metadata.annotations = { 'sluice/rollout': 'one' };
  const first = changed(root, files, [prod(deployment()), prod(marked)]);
  const kustomization = String(first[`${root}/kustomization.yaml`]);
  expect(kustomization).toContain('# pinned by CI');
  expect(yaml.parse(kustomization)).toMatchObject({
    resources: ['../../base'],
    images: [{ name: 'llm', newName: 'registry.test/llm', digest: DIGEST }],
    patches: [
      {
        path: 'llm-deployment-sluice-patch.yaml',
        target: { group: 'apps', kind: 'Deployment', name: 'llm' },
      },
    ],
  });
  expect(parsed(kustomization).images[0]?.['newTag']).toBeUndefined();
  const patch = `${root}/llm-deployment-sluice-patch.yaml`;
  expect(yaml.parse(String(first[patch]))).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'llm', annotations: { 'sluice/rollout': 'one' } },
  });
  const next = changed(
    root,
    { ...files, ...(first as Record<string, string>) },
    [prod(route(1)), prod(route(9, 1))],
    [prod(marked), prod({ ...marked, spec: { ...(marked['spec'] as object), replicas: 0 } })],
  );
  expect(yaml.parse(String(next[patch]))).toMatchObject({
    spec: { replicas: 0 },
    metadata: { annotations: { 'sluice/rollout': 'one' } },
  });
  expect(parsed(next[`${root}/llm-httproute-sluice-patch.yaml`]).spec.rules).toEqual(
    (route(9, 1)['spec'] as { rules: unknown }).rules,
  );
});

test('Kustomize: what our patch said and shall not any more goes from it, and the patch with the last of it', () => {
  const root = 'overlays/prod';
  const files = { [`${root}/kustomization.yaml`]: KUSTOMIZATION };
  const marked = structuredClone(deployment());
  marked.metadata.annotations = { 'sluice/rollout': 'one' };
  const first = changed(root, files, [prod(deployment()), prod(marked)]) as Record<string, string>;
  const back = changed(root, { ...files, ...first }, [prod(marked), prod(deployment())]);
  expect(back[`${root}/llm-deployment-sluice-patch.yaml`]).toBeNull();
  expect(parsed(back[`${root}/kustomization.yaml`])).not.toHaveProperty('patches');
});

test('Kustomize: the canary keeps its own image, whatever `images` says of the name, and goes with all it brought', () => {
  const root = 'overlays/prod';
  const manifests = new Manifests(yaml, root, new Map([[`${root}/kustomization.yaml`, KUSTOMIZATION]]));
  const canary = prod({ ...deployment(`llm@${DIGEST}`, 1), metadata: { name: 'llm-canary' } });
  manifests.put(canary);
  manifests.put(canary);
  const { images, resources } = parsed(manifests.changes.get(`${root}/kustomization.yaml`));
  expect(resources).toEqual(['../../base', 'llm-canary-deployment.yaml']);
  expect(images.slice(1)).toEqual([
    { name: 'image.sluice.invalid/llm-canary/server', newName: 'llm', digest: DIGEST },
  ]);
  expect(parsed(manifests.changes.get(`${root}/llm-canary-deployment.yaml`)).metadata.name).toBe(
    'llm-canary',
  );
  manifests.remove({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'prod-llm-canary' });
  expect(manifests.changes.size).toBe(0);
});

const VALUES = `# production
replicaCount: 2
image:
  repository: registry.test/llm # mirrored
  tag: v1
route:
  stable: 100 # sluice: HTTPRoute/llm /spec/rules/0/backendRefs/0/weight
  canary: 0 # sluice: HTTPRoute/llm /spec/rules/0/backendRefs/1/weight
`;

test('Helm values: image, pods, and weights by their comments; what is nobody’s value is named', () => {
  const file = 'environments/production.yaml';
  const text = String(
    changed(file, { [file]: VALUES }, [deployment(), deployment(V2, 3)], [route(100, 0), route(90, 10)])[
      file
    ],
  );
  expect(text).toBe(
    VALUES.replace('replicaCount: 2', 'replicaCount: 3')
      .replace('tag: v1', `tag: v1@${DIGEST}`)
      .replace('stable: 100', 'stable: 90')
      .replace('canary: 0', 'canary: 10'),
  );
  const other = deployment();
  (other['spec'] as { template: { spec: { nodeName?: string } } }).template.spec.nodeName = 'n1';
  expect(() => changed(file, { [file]: VALUES }, [deployment(), other])).toThrow(
    /no value there is its spec.template.spec.nodeName/,
  );
  const manifests = new Manifests(yaml, file, new Map([[file, VALUES]]));
  expect(() => manifests.put({ ...deployment(), metadata: { name: 'llm-canary' } })).toThrow(
    /holds values only/,
  );
});

test('Flux HelmRelease: values where the chart has them, a post-renderer for the rest', () => {
  const file = 'apps/release.yaml';
  const release = `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: llm
spec:
  chart: {spec: {chart: llm}} # of the house
  values:
    image: {repository: registry.test/llm, tag: v1}
`;
  const before = deployment();
  before.metadata.labels = { 'helm.toolkit.fluxcd.io/name': 'llm' };
  const after = structuredClone(before);
  const spec = after['spec'] as { replicas: number; template: { spec: { containers: { image: string }[] } } };
  spec.replicas = 0;
  (spec.template.spec.containers[0] as { image: string }).image = V2;
  const text = String(changed('apps', { [file]: release }, [before, after])[file]);
  expect(text).toContain('# of the house');
  const { spec: now } = parsed(text);
  const patches = now.postRenderers.flatMap(({ kustomize }) => kustomize.patches);
  expect(now.values.image).toEqual({ repository: 'registry.test/llm', tag: `v1@${DIGEST}` });
  expect(patches.map(({ target }) => target)).toEqual([{ kind: 'Deployment', name: 'llm' }]);
  expect(parsed(patches[0]?.patch).spec).toEqual({ replicas: 0 });
});

test('what an anchor says at several places changes at one', () => {
  const file = 'apps/llm.yaml';
  const anchored = PLAIN.replace('matchLabels: {app: llm}', 'matchLabels: &own {app: llm}').replace(
    'labels: {app: llm}\n    spec',
    'labels: *own\n    spec',
  );
  const marked = structuredClone(deployment());
  const { metadata } = (marked['spec'] as { template: { metadata: { labels: Record<string, string> } } })
    .template;
  metadata.labels = { ...metadata.labels, 'sluice/version': 'v2' };
  const text = String(changed('apps', { [file]: anchored }, [deployment(), marked])[file]);
  expect(yaml.parseAllDocuments(text)[0]?.toJS()).toMatchObject({
    spec: {
      selector: { matchLabels: { app: 'llm' } },
      template: { metadata: { labels: { app: 'llm', 'sluice/version': 'v2' } } },
    },
  });
  expect(text).not.toContain('matchLabels: {app: llm, ');
});
