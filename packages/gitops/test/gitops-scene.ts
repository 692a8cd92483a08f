/** A workload whose manifests stand in a bare repository, a controller that applies them, and credentials that can only read. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi } from '@sluice/kubernetes/types';
import type { Logger } from '@sluice/runtime/logger';
import { startGitopsController, type GitopsController } from '@sluice/testing/gitops-controller';
import { deploymentRef, KubeScene, workloadObjects, type Made } from '../../rollout/test/kube-scene.ts';
import { openGitops, type OpenGitops } from '../src/open.ts';

const never = new AbortController().signal;
const KINDS = [
  ['kustomize.toolkit.fluxcd.io', 'v1', 'Kustomization', 'kustomizations'],
  ['source.toolkit.fluxcd.io', 'v1', 'GitRepository', 'gitrepositories'],
  ['helm.toolkit.fluxcd.io', 'v2', 'HelmRelease', 'helmreleases'],
  ['argoproj.io', 'v1alpha1', 'Application', 'applications'],
] as const;

export class GitopsScene {
  readonly kube: KubeScene;
  readonly bare: string;
  readonly lines: string[] = [];
  controller: GitopsController | undefined;
  readonly #folder: string;
  readonly #reader: KubeApi;

  private constructor(kube: KubeScene, folder: string, reader: KubeApi) {
    this.kube = kube;
    this.#folder = folder;
    this.bare = join(folder, 'fleet.git');
    this.#reader = reader;
  }

  static async open(): Promise<GitopsScene> {
    const kube = await KubeScene.open();
    const folder = await mkdtemp(join(tmpdir(), 'gitops-scene-'));
    for (const [group, version, kind, plural] of KINDS)
      kube.server.addKind({
        group,
        versions: [version],
        kind,
        plural,
        namespaced: true,
        custom: true,
        status: true,
      });
    const rbac = 'rbac.authorization.k8s.io';
    const metadata = { name: 'reader', namespace: 'default' };
    const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
    await kube.api.create({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules });
    await kube.api.create({
      ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: 'default' }],
    });
    const kubeconfig = await kube.server.writeKubeconfig({
      token: kube.server.tokenFor('default', 'reader'),
    });
    const reader = await connect({ kubeconfig, log: quiet(), signal: never });
    const scene = new GitopsScene(kube, folder, reader);
    scene.git(folder, 'init', '-q', '--bare', '-b', 'main', scene.bare);
    scene.git(folder, 'clone', '-q', scene.bare, 'people');
    return scene;
  }

  async close(): Promise<void> {
    await this.controller?.stop();
    await this.#reader.close();
    await this.kube.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  git(cwd: string, ...args: string[]): string {
    const who = ['-c', 'user.name=people', '-c', 'user.email=p@test'];
    return execFileSync('git', [...who, ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** As a person does it. */
  async push(file: string, text: string): Promise<void> {
    const clone = join(this.#folder, 'people');
    this.git(clone, 'pull', '-q', '--rebase', 'origin', 'main');
    await mkdir(dirname(join(clone, file)), { recursive: true });
    await writeFile(join(clone, file), text);
    this.git(clone, 'add', '-A');
    this.git(clone, 'commit', '-q', '-m', `people change ${file}`);
    this.git(clone, 'push', '-q', 'origin', 'HEAD:main');
  }

  show(file: string): string {
    return this.git(this.bare, 'show', `main:${file}`);
  }

  subjects(): string[] {
    return this.git(this.bare, 'log', '--reverse', '--format=%s', 'main').trim().split('\n');
  }

  /** The workload of the scene, in Git and in the cluster. */
  async start(kind: 'flux' | 'argo' | 'none'): Promise<void> {
    const [deployment, service, route] = workloadObjects('llm', 'llm:v1');
    const clone = join(this.#folder, 'people');
    await writeFile(join(clone, 'README.md'), 'the fleet\n');
    this.git(clone, 'add', '-A');
    this.git(clone, 'commit', '-q', '-m', 'fleet');
    this.git(clone, 'push', '-q', 'origin', 'HEAD:main');
    const scaler = {
      ...{
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'llm', namespace: 'default' },
      },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' },
        minReplicas: 2,
        maxReplicas: 9,
      },
    };
    const texts = [deployment, service, scaler].map((object) => stringify(object));
    await this.push('apps/llm/workload.yaml', `# the model\n${texts.join('---\n')}`);
    await this.push('apps/llm/route.yaml', `# the users' way\n${stringify(route)}`);
    await this.kube.cluster();
    if (kind !== 'none') await this.#makeController(kind);
    this.controller = startGitopsController({
      ...{ api: this.kube.api, bare: this.bare, branch: 'main', path: 'apps/llm', everyMs: 10 },
      ...(kind === 'none' ? {} : { reports: { kind, name: 'llm', namespace: 'default' } }),
    });
  }

  async #makeController(kind: 'flux' | 'argo'): Promise<void> {
    const metadata = { name: 'llm', namespace: 'default' };
    const url = `file://${this.bare}`;
    await this.kube.api.create(
      kind === 'flux'
        ? {
            ...{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata },
            spec: { path: './apps/llm', prune: true, sourceRef: { kind: 'GitRepository', name: 'fleet' } },
          }
        : {
            ...{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata },
            spec: { source: { repoURL: url, path: 'apps/llm' }, syncPolicy: { automated: { prune: true } } },
          },
    );
    if (kind === 'flux')
      await this.kube.api.create({
        ...{
          apiVersion: 'source.toolkit.fluxcd.io/v1',
          kind: 'GitRepository',
          metadata: { ...metadata, name: 'fleet' },
        },
        spec: { url, ref: { branch: 'main' } },
      });
  }

  async gitops(gitopsPath = 'apps/llm'): Promise<OpenGitops> {
    const workload = { ...deploymentRef, name: 'llm' };
    return openGitops(
      { gitopsRepository: `file://${this.bare}`, gitopsPath },
      {
        cluster: this.#reader,
        workload,
        live: await this.#reader.get(workload),
        carryMs: 10_000,
        mergeMs: 10_000,
        pollMs: 10,
      },
      {
        log: {
          ...quiet(),
          info: (line) => void this.lines.push(line),
          warning: (line) => void this.lines.push(line),
        },
        ...{ signal: never, env: process.env, addSecret: () => undefined },
        run: {
          url: 'https://ci.test/run/1',
          id: '1',
          attempt: 1,
          sha: '',
          repository: '',
          actor: '',
          eventName: '',
          ref: '',
        },
      },
    );
  }

  async driver(run = 'one', bad: readonly string[] = []): Promise<Made> {
    return this.kube.targetOf((await this.gitops()).api, 'surge', run, bad);
  }
}

function quiet(): Logger {
  return {
    ...{ debug() {}, info() {}, notice() {}, warning() {}, error() {}, untrusted() {} },
    group: (_, fn) => fn(),
  };
}
