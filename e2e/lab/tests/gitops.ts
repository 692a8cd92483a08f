/**
 * `apply: gitops` on the cluster, by the committed bundle, with credentials that can only read: every step is a commit to a
 * Kustomize overlay, which a loop renders (`kubectl kustomize`) and applies as a GitOps controller does. Under streaming traffic.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeObject } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { startGitopsController, type GitopsController } from '@sluice/testing/gitops-controller';
import type { Checks } from '../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../deployer.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../objects.ts';
import { LONG, type TrafficSummary } from '../traffic.ts';
import { until } from '../until.ts';

/** Requests a second: what is looked at is the order of things, not their number. */
const RATE = 5;
const OVERLAY = 'overlays/prod';
/** Every step is a commit that is waited for. */
const LONGER = { timeoutMs: 600_000 };

interface Scene {
  lab: Lab;
  namespace: string;
  folder: string;
  bare: string;
  deploy: Deploy;
  controller: GitopsController;
}

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  if (lab.releaser === undefined) return;
  const { releaser } = lab;
  const bare = join(folder, 'fleet.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
  git(folder, 'clone', '-q', bare, 'people');
  await lab.inNamespace('gitops', async (namespace) => {
    await mayRead(lab, namespace);
    await fleet(lab, namespace, folder);
    const api = await connect({
      kubeconfig: lab.kubeconfig,
      namespace,
      log: plainLogger(() => undefined),
      signal: new AbortController().signal,
    });
    const controller = startGitopsController({
      api,
      bare,
      branch: 'main',
      path: '',
      everyMs: 500,
      render: (files) => kustomized(lab, folder, files),
    });
    try {
      await until(
        'the fleet is applied',
        60_000,
        async () => (await api.get({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm' })) !== undefined,
      );
      await rolledOut(lab, namespace, 'llm');
      const deploy = deployer(lab, namespace, folder, {
        ...{
          kubeconfig: releaser,
          apply: 'gitops',
          'gitops-repository': `file://${bare}`,
          'gitops-path': OVERLAY,
        },
        ...{
          strategy: 'canary',
          steps: '25% 8s, 50% 8s, 100%',
          interval: '2s',
          'min-samples': '20',
          'max-duration': '8m',
          drain: '6s',
        },
        analysis: 'error_rate <= 15%\nloop_rate <= 25%\nempty_rate <= 25%',
      });
      const scene: Scene = { lab, namespace, folder, bare, deploy, controller };
      await served(scene);
      await good(checks, scene);
      await bad(checks, scene);
    } finally {
      await controller.stop();
      await api.close();
    }
  });
}

/** Looking, and nothing else: no pods/proxy either. */
async function mayRead({ kubectl }: Lab, namespace: string): Promise<void> {
  const metadata = { name: 'reader', namespace };
  const rbac = 'rbac.authorization.k8s.io';
  const rules = [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }];
  const subjects = [{ kind: 'User', name: 'releaser', apiGroup: rbac }];
  await kubectl.apply([
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      subjects,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'reader' },
    },
  ]);
}

/** A base that other overlays could share, and the overlay of this environment, which pins the image. */
async function fleet(lab: Lab, namespace: string, folder: string): Promise<void> {
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

interface Workload {
  spec: { template: { spec: { containers: { image: string }[] } } };
}

async function commit(folder: string, message: string, files: Record<string, string>): Promise<void> {
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

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=people', '-c', 'user.email=people@lab.test'];
  return execFileSync('git', [...who, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function kustomized(
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

async function served({ lab, namespace }: Scene): Promise<void> {
  await until('the route is served', 30_000, async () => {
    const probe = lab.traffic({ host: hostOf(namespace), rate: RATE });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await probe.stop()).whole > 0;
  });
}

async function good(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace, folder, bare } = scene;
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE });
  const deploying = scene.deploy({ image: `server=${lab.image('v2')}`, version: 'v2' }, LONGER);
  // People push meanwhile, and none of theirs is lost.
  for (let at = 0; at < 4; at += 1) {
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await commit(folder, `people ${at}`, { [`notes/${at}.md`]: `${at}\n` });
  }
  const outcome = await deploying;
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const summary = await traffic.stop();
  checks.tell(
    'a good v2 is promoted by commits, with credentials that can only read',
    outcome.exitCode === 0,
    outcome.stdout + outcome.stderr,
  );
  whole(checks, summary);
  await settled(checks, scene, lab.image('v2'));
  const log = git(bare, 'log', '--reverse', '--format=%an: %s', 'main').trim().split('\n');
  const ours = log.filter((line) => line.startsWith('github-actions[bot]'));
  checks.tell(
    `${ours.length} commits of ours between ${log.length - ours.length} of people, none forced`,
    ours.length >= 8 && log.filter((line) => /people \d/.test(line)).length === 4,
    log.join('\n'),
  );
  const { images } = parse(git(bare, 'show', `main:${OVERLAY}/kustomization.yaml`)) as {
    images: { newTag?: string; newName: string }[];
  };
  const kept = git(bare, 'show', `main:${OVERLAY}/kustomization.yaml`);
  checks.tell(
    'the image is pinned where the overlay pinned it, beside its comments',
    `${images[0]?.newName}:${images[0]?.newTag}` === lab.image('v2') &&
      kept.includes('# pinned by releases') &&
      kept.includes('# of production'),
    kept,
  );
}

/** v4 loops on long answers. */
async function bad(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace, bare } = scene;
  const before = git(bare, 'ls-tree', '-r', '--name-only', 'main');
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE, prompt: LONG, maxTokens: 120 });
  const outcome = await scene.deploy({ image: `server=${lab.image('v4')}`, version: 'v4' }, LONGER);
  const summary = await traffic.stop();
  checks.tell(
    'a bad v4 is taken back by evidence, by commits too',
    outcome.exitCode === 1 && /broken: loop_rate/.test(outcome.stdout),
    outcome.stdout + outcome.stderr,
  );
  whole(checks, summary);
  await settled(checks, scene, lab.image('v2'));
  const after = git(bare, 'ls-tree', '-r', '--name-only', 'main');
  checks.tell('the repository holds the files that it held', before === after, `${before}\n---\n${after}`);
  const again = await scene.deploy({ image: `server=${lab.image('v4')}`, version: 'v4' }, LONGER);
  checks.tell(
    'and is quarantined, by the state in the repository',
    again.exitCode === 1 && /quarantined since/.test(again.stdout),
    again.stdout,
  );
}

/** Cluster and Git say the same; nothing is left beside, and nothing of ours lies in the cluster. */
async function settled(checks: Checks, { lab, namespace, controller }: Scene, image: string): Promise<void> {
  const { spec } = await lab.kubectl.json<Workload & { spec: { replicas: number } }>(
    'get',
    'deployment',
    'llm',
    '-n',
    namespace,
  );
  checks.tell(
    'the workload has the image and all its pods',
    `${spec.template.spec.containers[0]?.image} x ${spec.replicas}` === `${image} x 2`,
    JSON.stringify(spec),
  );
  const rest = await lab.kubectl.run([
    'get',
    'deployment,service,configmap,lease',
    '-n',
    namespace,
    '-o',
    'name',
  ]);
  checks.tell('no canary and no state of ours is in the cluster', !/canary|sluice/.test(rest), rest);
  checks.tell(
    'the controller met no error',
    controller.failure() === undefined,
    String(controller.failure()),
  );
}

function whole(checks: Checks, summary: TrafficSummary): void {
  checks.tell(
    `${summary.requests} requests: none lost, none cut off`,
    summary.whole === summary.requests && summary.requests > 100,
    JSON.stringify(summary),
  );
}
