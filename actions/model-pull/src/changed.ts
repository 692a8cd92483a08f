/** Whether what was pulled differs from what runs: on a host, in a cluster, in a GitHub environment, else by the release record. */
import type { ReleaseRecord } from '@sluice/release/record';
import { targetInputFaults } from '@sluice/rollout/target-inputs';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { Inputs } from './inputs.gen.ts';

/** Of a release, what a pull brings. */
interface Parts {
  weights: string | null;
  adapter: string | null;
}

interface Known {
  /** For people: `service llm (v3)`. */
  origin: string;
  /** null: nothing runs there. */
  parts: Parts | null;
}

/** ConfigError when an input is given that nothing would read, or one is missing. */
export function checkTargetInputs(inputs: Inputs, env: NodeJS.ProcessEnv): void {
  const faults = targetInputFaults(inputs);
  if (inputs.environment !== undefined) {
    if (inputs.githubToken === undefined) {
      faults.push(
        'input `environment` asks GitHub for its deployments; pass `github-token`, with `permissions: {deployments: read}`',
      );
    }
    if (!env['GITHUB_REPOSITORY']?.includes('/'))
      faults.push('input `environment` needs GITHUB_REPOSITORY, as the runner sets it');
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

/** Compared with the target and the environment where they are given; both must have it for "no change". */
export async function isChanged(
  pulled: Parts,
  before: ReleaseRecord | undefined,
  inputs: Inputs,
  context: ActionContext,
): Promise<boolean> {
  const known = [
    await onHost(inputs),
    await inCluster(inputs, context),
    await inEnvironment(inputs, context),
  ].filter((one) => one !== undefined);
  for (const { origin, parts } of known) {
    const same = equal(pulled, parts);
    const what = parts === null ? 'runs nothing' : same ? 'runs this' : `runs ${describe(parts)}`;
    context.log.untrusted(`${origin} ${what}`);
  }
  if (known.length > 0) return known.some(({ parts }) => !equal(pulled, parts));
  const recorded = before?.model ? { weights: before.model.digest, adapter: before.unit.adapter } : null;
  return !equal(pulled, recorded);
}

/** What is not known is no equal. */
function equal(pulled: Parts, running: Parts | null): boolean {
  return running !== null && running.weights === pulled.weights && running.adapter === pulled.adapter;
}

function describe({ weights, adapter }: Parts): string {
  const model = weights ?? 'a model whose digest is not told';
  return adapter === null ? model : `${model} with the adapter ${adapter}`;
}

async function onHost(inputs: Inputs): Promise<Known | undefined> {
  if (inputs.target !== 'host') return undefined;
  const { whatServes } = await import('@sluice/host/what-serves');
  const { defaultStateDir } = await import('@sluice/host/layout');
  const service = inputs.service ?? 'llm';
  const serving = await whatServes(inputs.stateDir ?? (await defaultStateDir()), service);
  if (serving === null) return { origin: `service ${service}`, parts: null };
  const { version, unit } = serving.spec;
  const away = serving.running ? '' : ', whose supervisor is away,';
  return { origin: `service ${service} (${version})${away}`, parts: unit };
}

async function inCluster(inputs: Inputs, context: ActionContext): Promise<Known | undefined> {
  if (inputs.target !== 'kubernetes') return undefined;
  const { kubeReleases } = await import('@sluice/rollout/kubernetes/stored-releases');
  const { origin, serving } = await kubeReleases({ ...inputs, service: undefined }, context);
  return serving === null
    ? { origin, parts: null }
    : { origin: `${origin} (${serving.version})`, parts: serving.unit };
}

async function inEnvironment(
  { environment, githubToken }: Inputs,
  { run }: ActionContext,
): Promise<Known | undefined> {
  if (environment === undefined || githubToken === undefined) return undefined;
  const { lastDeployment } = await import('@sluice/rollout/last-deployment');
  const last = await lastDeployment(environment, run.repository, githubToken);
  if (last === null) return { origin: `environment ${environment}`, parts: null };
  const { weights = null, adapter = null, version = '' } = last.payload ?? {};
  return {
    origin: `environment ${environment} (deployment ${last.id} ${version})`,
    parts: { weights, adapter },
  };
}
