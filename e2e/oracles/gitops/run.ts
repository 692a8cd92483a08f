/**
 * Whole rollouts by commits: a real bare repository, an API server that the driver may only read, and a controller that applies
 * what the branch says. `node e2e/oracles/gitops/run.ts` prints a line per check, then `N passed, N failed`.
 */
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '@sluice/kubernetes/types';
import { GitopsScene } from '../../../packages/gitops/test/gitops-scene.ts';
import { mortal } from '../../../packages/rollout/test/kube-kills.ts';
import { deploymentRef, routeRef } from '../../../packages/rollout/test/kube-scene.ts';
import { Checks } from '../sources/checks.ts';
import { runGroups } from '../sources/groups.ts';

interface Seen {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

await runGroups('gitops', async ({ all, group }) => {
  const on = (
    name: string,
    kind: 'flux' | 'argo' | 'none',
    work: (scene: GitopsScene, checks: Checks) => Promise<void>,
  ) =>
    group(name, async () => {
      const checks = new Checks(name);
      all.push(checks);
      const scene = await GitopsScene.open();
      try {
        await scene.start(kind);
        await work(scene, checks);
      } finally {
        await scene.close();
      }
    });
  await on('flux', 'flux', good);
  await on('argo', 'argo', bad);
  for (const after of [2, 5, 9, 13, 17, 21, 26])
    for (const second of ['same', 'abort'] as const)
      await on(`killed-${after}-${second}`, after % 2 === 0 ? 'flux' : 'none', (scene, checks) =>
        killed(scene, checks, after, second),
      );
});

async function good(scene: GitopsScene, checks: Checks): Promise<void> {
  const { result } = await scene.kube.rollOut(await scene.driver(), 'v2');
  checks.tell('a good release is promoted by commits alone', result === 'promoted', result);
  const weights = scene.subjects().filter((subject) => subject.includes('.weight'));
  checks.tell('every weight is a commit', weights.length >= 4, weights.join('\n'));
  await settled(scene, checks, 'llm:v2');
}

async function bad(scene: GitopsScene, checks: Checks): Promise<void> {
  const rolling = scene.kube.rollOut(await scene.driver('one', ['v3']), 'v3');
  for (const at of [1, 2, 3]) await scene.push(`apps/llm/notes-${at}.yaml`, `# ${at}\n`);
  const { result, state } = await rolling;
  checks.tell(
    'a bad release is taken back by evidence',
    state.data['abortKind'] === 'evidence',
    `${result}: ${state.reason}`,
  );
  const people = scene.subjects().filter((subject) => subject.includes('notes'));
  checks.tell('what people pushed meanwhile is all there', people.length === 3, scene.subjects().join('\n'));
  await settled(scene, checks, 'llm:v1', 3);
}

/** The driver dies after so many writes; another finds all in the repository. */
async function killed(
  scene: GitopsScene,
  checks: Checks,
  after: number,
  second: 'same' | 'abort',
): Promise<void> {
  const first = mortal((await scene.gitops()).api, after);
  const died = await scene.kube.rollOut(scene.kube.targetOf(first.api, 'surge'), 'v2').then(
    () => false,
    (error: unknown) => String(error).includes('Killed'),
  );
  const opened = await scene.gitops();
  await opened.settle();
  const made = scene.kube.targetOf(opened.api, 'surge', 'two');
  if (second === 'same') await scene.kube.rollOut(made, 'v2');
  else await scene.kube.abort(made);
  const { stable, rollout } = await made.target.status();
  checks.tell(
    `killed after ${first.writes.at(-1) ?? ''}: ${stable ?? ''}, ${rollout?.phase ?? 'no rollout'}`,
    died,
    first.writes.join('\n'),
  );
  checks.tell(
    'stable or finished, never between',
    ['done', 'aborted', undefined].includes(rollout?.phase),
    rollout?.phase ?? '',
  );
  await settled(scene, checks, `llm:${stable ?? ''}`);
}

/** Git and the cluster say the same, and nothing is left beside. */
async function settled(scene: GitopsScene, checks: Checks, image: string, notes = 0): Promise<void> {
  const { api } = scene.kube;
  const live = (await api.get({ ...deploymentRef, name: 'llm' })) as unknown as Seen;
  const [said] = parseAllDocuments(scene.show('apps/llm/workload.yaml')).map((each) => each.toJS() as Seen);
  const images = [live, said].map(
    (each) => `${each?.spec.template.spec.containers[0]?.image} x ${each?.spec.replicas}`,
  );
  checks.tell(
    `cluster and Git have ${image}`,
    images.every((each) => each === `${image} x 2`),
    images.join(', '),
  );
  const files = scene.git(scene.bare, 'ls-tree', '--name-only', 'main:apps/llm').trim().split('\n');
  checks.tell('no file is left beside', files.length === 2 + notes, files.join(', '));
  const canary = await api.get({ ...deploymentRef, name: 'llm-canary' });
  const route = JSON.stringify(((await api.get(routeRef)) as KubeObject)['spec']);
  checks.tell('no canary is left', canary === undefined && !route.includes('canary'), route);
  const failure = scene.controller?.failure();
  checks.tell('the controller met no error', failure === undefined, String(failure));
}
