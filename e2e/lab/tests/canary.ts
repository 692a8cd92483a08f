/** canary-deploy on the cluster, by the committed bundle, under streaming traffic: a good release goes through, nothing is lost. */
import { join } from 'node:path';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../objects.ts';
import { until } from '../until.ts';

/** Requests a second of every test here. */
const RATE = 20;

export interface Scene {
  lab: Lab;
  namespace: string;
  deploy(inputs: Record<string, string>): Promise<ActionOutcome>;
}

interface Deployed {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
}

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  await lab.inNamespace('canary', async (namespace) => {
    const env = { CHUNK_MS: '1' };
    await lab.kubectl.apply([
      deployment(lab, { namespace, name: 'llm', version: 'v1', replicas: 2, env }),
      service({ namespace, name: 'llm' }),
      httpRoute(lab, namespace, 'llm', { llm: 1 }),
    ]);
    await rolledOut(lab, namespace, 'llm');
    const deploy = (inputs: Record<string, string>): Promise<ActionOutcome> =>
      runAction('canary-deploy', {
        cwd: folder,
        inputs: {
          target: 'kubernetes',
          kubeconfig: lab.kubeconfig,
          namespace,
          workload: 'deployment/llm',
          'release-record': join(folder, 'release.json'),
          drain: '20s',
          ...inputs,
        },
        timeoutMs: 240_000,
      });
    await served(lab, namespace);
    await good(checks, { lab, namespace, deploy });
  });
}

async function served(lab: Lab, namespace: string): Promise<void> {
  await until('the route is served', 30_000, async () => {
    const probe = lab.traffic({ host: hostOf(namespace), rate: RATE });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await probe.stop()).whole > 0;
  });
}

async function good(checks: Checks, scene: Scene): Promise<void> {
  const { lab, namespace } = scene;
  const traffic = lab.traffic({ host: hostOf(namespace), rate: RATE });
  const outcome = await scene.deploy({
    image: `server=${lab.image('v2')}`,
    version: 'v2',
    strategy: 'rolling',
  });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const summary = await traffic.stop();
  checks.tell('a good v2 is promoted', outcome.exitCode === 0, outcome.stdout + outcome.stderr);
  checks.tell(
    `${summary.requests} requests: none lost, none cut off`,
    summary.whole === summary.requests && summary.requests > 100,
    JSON.stringify(summary),
  );
  const { spec } = await lab.kubectl.json<Deployed>('get', 'deployment', 'llm', '-n', namespace);
  checks.tell(
    'the workload has the new image and all its pods',
    spec.template.spec.containers[0]?.image === lab.image('v2') && spec.replicas === 2,
    JSON.stringify(spec),
  );
  const rest = await lab.kubectl.run(['get', 'deployment,service', '-n', namespace, '-o', 'name']);
  checks.tell('no canary is left', !/canary/.test(rest), rest);
}
