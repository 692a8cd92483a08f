/** Argo Rollouts and Flagger, really run against the lab's API server, as processes of the machine. */
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { ensureBuilt, moduleFolder } from './binaries.ts';
import type { Lab } from './lab.ts';
import { pidsOf, startPart } from './parts.ts';
import { until } from './until.ts';

/** Argo Rollouts 1.10.1 with its kinds; done twice it is done once. */
export async function startArgo(lab: Lab): Promise<void> {
  const folder = await moduleFolder('argo', 'github.com/argoproj/argo-rollouts');
  const kinds = ['rollout', 'analysis-run', 'analysis-template', 'cluster-analysis-template', 'experiment'];
  await define(
    lab,
    kinds.map((kind) => join(folder, 'manifests/crds', `${kind}-crd.yaml`)),
  );
  const healthz = await freePort();
  await startOnce({
    name: 'argo-rollouts',
    command: join(await ensureBuilt('argo'), 'rollouts-controller'),
    args: [
      `--kubeconfig=${lab.kubeconfig}`,
      '--leader-elect=false',
      `--metricsPort=${await freePort()}`,
      `--healthzPort=${healthz}`,
    ],
  });
}

/** Flagger 1.44.0 on Gateway API, with its kinds and this lab's Prometheus. */
export async function startFlagger(lab: Lab): Promise<void> {
  const folder = await moduleFolder('flagger', 'github.com/fluxcd/flagger');
  await define(lab, [join(folder, 'artifacts/flagger/crd.yaml')]);
  await startOnce({
    name: 'flagger',
    command: join(await ensureBuilt('flagger'), 'flagger'),
    args: [
      `-kubeconfig=${lab.kubeconfig}`,
      '-mesh-provider=gatewayapi:v1',
      `-metrics-server=${lab.prometheus}`,
      `-port=${await freePort()}`,
      '-log-level=info',
    ],
  });
}

async function define(lab: Lab, files: string[]): Promise<void> {
  await lab.kubectl.applyFiles(files);
  await lab.kubectl.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
}

async function startOnce(part: { name: string; command: string; args: string[] }): Promise<void> {
  if ((await pidsOf(part.name)).length > 0) return;
  await startPart(part);
  await until(`${part.name} runs`, 10_000, async () => (await pidsOf(part.name)).length > 0);
}

/** Waits until the peer's own object `llm` says a phase that matches; gives it. */
export async function phaseOf(lab: Lab, namespace: string, kind: string, wanted: RegExp): Promise<string> {
  return until(`${kind} is ${wanted.source}`, 240_000, async () => {
    const { status } = await lab.kubectl.json<{ status?: { phase?: string } }>(
      'get',
      kind,
      'llm',
      '-n',
      namespace,
    );
    return wanted.test(status?.phase ?? '') ? status?.phase : undefined;
  });
}
