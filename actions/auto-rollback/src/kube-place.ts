/** A workload in a cluster, driven from outside; what its users see is counted by Prometheus. */
import type { GpuSurge } from '@sluice/rollout/kubernetes/capacity';
import { openCluster, type Cluster, type ClusterInputs } from '@sluice/rollout/kubernetes/cluster';
import type { GitWriting } from '@sluice/rollout/kubernetes/cluster';
import { withoutTokens, withTokens } from '@sluice/gitops/saved-inputs';
import type { KubeSpec } from '@sluice/rollout/kubernetes/kube-spec';
import { KubeTarget } from '@sluice/rollout/kubernetes/kube-target';
import { parseWorkload } from '@sluice/rollout/kubernetes/names';
import { kubeSite, openSite, type OpenSite, type SiteOptions } from '@sluice/rollout/kubernetes/open-site';
import { imageOf } from '@sluice/rollout/kubernetes/server-container';
import { templateOf } from '@sluice/rollout/kubernetes/template';
import { recordRestored } from '@sluice/rollout/kubernetes/restored';
import { nameOf } from '@sluice/rollout/kubernetes/workload';
import type { GoodRelease } from '@sluice/rollout/rollback';
import type { CheckedSource } from '@sluice/rollout/evidence-source';
import { evidenceOf } from '@sluice/rollout/evidence-input';
import type { Undone, VersionSpec } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, GateError, InfraError } from '@sluice/runtime/errors';
import { BY_CONTROLLER, type CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Place, UndoSite } from './place.ts';

/** All that `post` needs; nothing secret is among them. */
interface Address extends ClusterInputs {
  workload: string;
  traffic: string;
  route?: string | undefined;
  startupTimeout: number;
  surge: GpuSurge;
  /** Of the Lease, when main had it. */
  holder?: string;
}

/** @throws ConfigError where no such workload is there */
export async function openKubePlace(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
): Promise<Place> {
  const { kubeconfig, namespace, service, workload = '', traffic, route, startupTimeout } = inputs;
  const address: Address = {
    ...{ kubeconfig, context: inputs.context, namespace, service, workload, route, startupTimeout },
    traffic: traffic ?? 'auto',
    surge: 'surge',
    git: gitWriting(inputs),
  };
  const evidence = evidenceOf(inputs, checked, context);
  const cluster = await openCluster(address, parseWorkload(workload), context);
  if (cluster.live === undefined)
    throw new ConfigError(
      `input \`workload\` = ${JSON.stringify(workload)}: there is none in namespace ${cluster.namespace} of ${cluster.api.cluster}; check \`workload\` and \`namespace\`, or deploy it`,
    );
  const by = cluster.controllerOver?.({
    ...context,
    api: cluster.api,
    startupTimeoutMs: startupTimeout,
  }).name;
  if (BY_CONTROLLER.includes(inputs.method) && by !== inputs.method)
    throw new ConfigError(
      `input \`method\` = ${inputs.method}, but ${workload} is rolled out by ${by ?? 'no controller'}; name what it knows in \`workload\`, or leave \`method\` out`,
    );
  return placeOf(cluster, address, evidence, context);
}

export async function kubePlaceAgain(
  saved: Record<string, unknown>,
  context: ActionContext,
): Promise<Place | undefined> {
  const known = saved as unknown as Address;
  const address = { ...known, git: withTokens(known.git, context) };
  const cluster = await openCluster(address, parseWorkload(address.workload), context);
  return cluster.live === undefined ? undefined : placeOf(cluster, address, null, context);
}

/** A pull request waits for people. */
const MERGE_MS = 5 * 60 * 60_000;

function gitWriting(inputs: Inputs): GitWriting | undefined {
  if (inputs.method !== 'gitops') return undefined;
  const { gitopsRepository, gitopsBranch, gitopsPath, gitopsMode, gitopsToken, githubToken } = inputs;
  return {
    ...{ gitopsRepository, gitopsBranch, gitopsPath, gitopsMode, gitopsToken, githubToken },
    carryMs: inputs.startupTimeout,
    mergeMs: MERGE_MS,
  };
}

async function placeOf(
  cluster: Cluster,
  address: Address,
  evidence: CheckedSource | null,
  context: ActionContext,
): Promise<Place> {
  const { traffic, route, startupTimeout: startupTimeoutMs, surge, holder } = address;
  const options: SiteOptions = { surge, traffic, route, startupTimeoutMs, evidence, port: 80 };
  const looking = await kubeSite(cluster, options, context);
  const target = new KubeTarget(looking);
  return {
    kind: 'kubernetes',
    name: nameOf(cluster.workload),
    target,
    totalsOf: (version, since, watches) => target.totalsOf(version, since, watches),
    check: async () => {
      const { stable, services } = looking;
      const { name: workload, namespace = cluster.namespace } = stable.ref;
      const arm = {
        namespace,
        workload,
        service: services?.stable ?? '',
        pods: [],
        track: 'stable' as const,
      };
      return (await evidence?.check({ stable: null, canary: { ...arm, version: 'stable' } })) ?? [];
    },
    begin: async (takes) => {
      const dead = holder === undefined ? undefined : { deadHolder: holder };
      const open = await openSite(cluster, options, context, takes ? 'any' : dead);
      return undoSiteOf(cluster, address, open);
    },
  };
}

function undoSiteOf(cluster: Cluster, address: Address, open: OpenSite): UndoSite {
  const { target, owner, exclusive, signal, holder, site } = open;
  return {
    ...{ target, owner, exclusive, signal },
    get saved() {
      return { ...address, git: withoutTokens(address.git), surge: site.surge, holder };
    },
    ready: (spec) => ready(cluster, open, spec),
    ...(cluster.gitops === undefined ? {} : { revert: (undone) => revertCommit(cluster, open, undone) }),
    close: () => open.close(),
  };
}

/** What the commit before says is rolled out by the workload's own rolling update: there is nothing on record to compare. */
async function revertCommit(
  { gitops, workload }: Cluster,
  { site }: OpenSite,
  undone: Undone,
): Promise<GoodRelease | undefined> {
  const live = await site.stable.object();
  const image = live === undefined ? undefined : imageOf(templateOf(live));
  if (image === undefined || (await gitops?.revert(image, undone.reason)) === undefined) return undefined;
  const { startupTimeoutMs: timeoutMs, signal, log } = site;
  await site.stable.until('the pods of before', ({ status }) => status.rolledOut, { timeoutMs, signal, log });
  const back = await site.stable.object();
  if (back === undefined || imageOf(templateOf(back)) === image)
    throw new InfraError(`${nameOf(workload)} still serves ${image} after its commit was taken back`);
  return recordRestored(site.memory, undone, back, site.now());
}

/** With as many pods as serve now, not as then; and only where there is room and a way for the traffic. */
async function ready(
  cluster: Cluster,
  { target, site }: OpenSite,
  given: VersionSpec,
): Promise<{ spec: KubeSpec } | { fault: string }> {
  const spec = target.readSpec(given);
  const now = await site.stable.state();
  if (spec === undefined || now === undefined) throw new InfraError(`${nameOf(cluster.workload)} is gone`);
  const whole = { ...spec, replicas: Math.max(1, now.wanted) };
  const faults = [...((await cluster.gitops?.faults()) ?? []), ...(await site.router.check())];
  if (faults.length > 0) return { fault: faults.join('; ') };
  const { gpuPlanOf } = await import('@sluice/rollout/kubernetes/gpu-plan');
  try {
    const { rollout } = await target.status();
    const steps = [{ weight: 1, holdMs: 0 }];
    const { surge, lines } = await gpuPlanOf({}, cluster, whole, rollout, steps);
    site.surge = surge;
    for (const line of lines) site.log.info(line);
    return { spec: whole };
  } catch (error) {
    if (error instanceof GateError) return { fault: error.message };
    throw error;
  }
}
