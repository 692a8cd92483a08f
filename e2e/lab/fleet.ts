/** A GitOps repository for the lab: a base, an overlay, people who push, and Kustomize to render it. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '@sluice/kubernetes/types';
import type { Lab } from './lab.ts';
import { deployment, httpRoute, service } from './objects.ts';

const ROLE = new URL('../../examples/kubernetes/role-gitops.yaml', import.meta.url);
export const OVERLAY = 'overlays/prod';

/** The Role that we tell people to copy, and nothing else. */
export async function mayRead({ kubectl }: Lab, namespace: string): Promise<void> {
  const text = (await readFile(ROLE, 'utf8')).replaceAll('namespace: models', `namespace: ${namespace}`);
  const subjects = [{ kind: 'User', name: 'releaser', apiGroup: 'rbac.authorization.k8s.io' }];
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  await kubectl.apply(
    objects
      .filter(({ kind }) => kind === 'Role' || kind === 'RoleBinding')
      .map((object) => (object.kind === 'Role' ? object : { ...object, subjects })),
  );
}

/** A base that other overlays could share, and the overlay of this environment, which pins the image. */
export async function fleet(lab: Lab, namespace: string, folder: string): Promise<void> {
  const workload = { namespace, name: 'llm', version: 'v1' as const, replicas: 2, env: { CHUNK_MS: '1' } };
  const [name = '', tag = ''] = lab.image('v1').split(/:(?=[^:/]*$)/);
  const written = structuredClone(deployment(lab, workload)) as unknown as Workload;
  for (const container of written.spec.template.spec.containers) container.image = 'llm';
  await commit(folder, 'the fleet', {
    'base/kustomization.yaml': stringify({ resources: ['llm.yaml'] }),
    'base/llm.yaml': [written, service(workload), httpRoute(lab, namespace, 'llm', { llm: 1 })]
      .map((each) => stringify(each))
      .join('---\n'),
    [`${OVERLAY}/kustomization.yaml`]: `# of production
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
images:
  - name: llm # pinned by releases
    newName: ${name}
    newTag: ${tag}
`,
  });
}

export interface Workload {
  spec: { template: { spec: { containers: { image: string }[] } } };
}

/** As a person does it: on top of whatever was pushed meanwhile. */
export async function commit(folder: string, message: string, files: Record<string, string>): Promise<void> {
  const clone = join(folder, 'people');
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(clone, file)), { recursive: true });
    await writeFile(join(clone, file), text);
  }
  git(clone, 'add', '-A');
  git(clone, 'commit', '-q', '-m', message);
  for (let tried = 0; ; tried += 1) {
    try {
      git(clone, 'push', '-q', 'origin', 'HEAD:main');
      return;
    } catch (error) {
      // Overtaken by a release.
      if (tried > 8) throw error;
      git(clone, 'pull', '-q', '--rebase', 'origin', 'main');
    }
  }
}

export function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=people', '-c', 'user.email=people@lab.test'];
  return execFileSync('git', [...who, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** What the overlay says, by Kustomize itself. */
export async function kustomized(
  { kubectl }: Lab,
  folder: string,
  files: ReadonlyMap<string, string>,
): Promise<KubeObject[]> {
  const at = await mkdtemp(join(folder, 'render-'));
  try {
    for (const [file, text] of files) {
      await mkdir(dirname(join(at, file)), { recursive: true });
      await writeFile(join(at, file), text);
    }
    const text = await kubectl.run(['kustomize', join(at, OVERLAY)]);
    return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  } finally {
    await rm(at, { recursive: true });
  }
}
