/**
 * `apply: gitops` on the cluster, by the committed bundle, with credentials that can only read: every step is a commit to a
 * Kustomize overlay, which a loop renders (`kubectl kustomize`) and applies as a GitOps controller does. Under streaming traffic.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { connect } from '@sluice/kubernetes/connect';
import { without } from '@sluice/kubernetes/without';
import { plainLogger } from '@sluice/runtime/logger';
import { startGitopsController, type GitopsController } from '@sluice/testing/gitops-controller';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import type { Checks } from '../../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../../deployer.ts';
import type { Lab } from '../../lab.ts';
import { commit, fleet, git, kustomized, mayRead, OVERLAY, type Workload } from '../../fleet.ts';
import { deployment, hostOf, rolledOut, service } from '../../objects.ts';
import { LONG, type TrafficSummary } from '../../traffic.ts';
import { served } from '../../served.ts';
import { until } from '../../until.ts';

/** Requests a second: what is looked at is the order of things, not their number. */
const RATE = 5;
/** Every step is a commit that is waited for. */
const LONGER = { timeoutMs: 600_000 };

interface Scene {
  /** Where and how it is written to Git. */
  inputs: Record<string, string>;
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
      const inputs = {
        ...{ kubeconfig: releaser, apply: 'gitops' },
        ...{ 'gitops-repository': `file://${bare}`, 'gitops-path': OVERLAY },
      };
      const deploy = deployer(lab, namespace, folder, {
        ...{ strategy: 'canary', steps: '25% 8s, 50% 8s, 100%', interval: '2s', 'min-samples': '20' },
        ...{ 'max-duration': '8m', drain: '6s', ...inputs },
        analysis: 'error_rate <= 15%\nloop_rate <= 25%\nempty_rate <= 25%',
      });
      const scene: Scene = { inputs, lab, namespace, folder, bare, deploy, controller };
      await served(scene.lab, scene.namespace);
      await good(checks, scene);
      await bad(checks, scene);
      await undone(checks, scene);
      await fresh(checks, scene);
    } finally {
      await controller.stop();
      await api.close();
    }
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

/** auto-rollback: back to v1, by commits too. */
async function undone(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace, folder, inputs } = scene;
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE });
  const outcome = await runAction('auto-rollback', {
    cwd: folder,
    inputs: {
      ...{ mode: 'rollback', method: 'gitops', target: 'kubernetes', namespace, workload: 'deployment/llm' },
      ...{
        drain: '6s',
        'release-record': join(folder, 'release.json'),
        'github-token': '',
        ...without(inputs, 'apply'),
      },
    },
    ...LONGER,
  });
  const summary = await traffic.stop();
  checks.tell('v2 is rolled back to v1 by commits', outcome.exitCode === 0, outcome.stdout + outcome.stderr);
  whole(checks, summary);
  await settled(checks, scene, lab.image('v1'));
}

/** A workload that isn't there yet comes by a commit; a plain Secret beside it doesn't. */
async function fresh(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace, folder, bare } = scene;
  const workload = { namespace, name: 'fresh', version: 'v1' as const, replicas: 1 };
  const objects = [deployment(lab, workload), service(workload)];
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'key', namespace },
    stringData: { a: 'b' },
  };
  const manifest = join(folder, 'fresh.yaml');
  const run = async (given: readonly object[]): Promise<ActionOutcome> => {
    await writeFile(manifest, given.map((each) => stringify(each)).join('---\n'));
    return scene.deploy(
      { manifest, workload: 'deployment/fresh', version: 'v1', strategy: 'rolling', analysis: '' },
      LONGER,
    );
  };
  const refused = await run([...objects, secret]);
  checks.tell(
    'a plain Secret is refused',
    refused.exitCode === 1 && /Secret key would stand readable in Git/.test(refused.stdout),
    refused.stdout,
  );
  const outcome = await run(objects);
  checks.tell(
    'a first deployment comes by a commit',
    outcome.exitCode === 0,
    outcome.stdout + outcome.stderr,
  );
  const files = git(bare, 'ls-tree', '--name-only', `main:${OVERLAY}`);
  checks.tell(
    'its manifests stand in the overlay',
    files.includes('fresh-deployment.yaml') && files.includes('fresh-service.yaml'),
    files,
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
