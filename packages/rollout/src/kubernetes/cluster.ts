/** The cluster, the workload in it, and the Service that its users come by. */
import type { GitopsInputs } from '@sluice/gitops/inputs';
import type { OpenGitops } from '@sluice/gitops/open';
import { connect } from '@sluice/kubernetes/connect';
import { canaryName } from '@sluice/model-deployment/canary-objects';
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { controllerOf, controlling, isControlled } from './controllers/choose.ts';
import type { Controller, ControllerContext } from './controllers/controller.ts';
import { templateOf } from './template.ts';
import { isHopeless, nameOf, Workload } from './workload.ts';

export interface Cluster {
  /** With `gitops`, what is written by it goes to Git. */
  api: KubeApi;
  namespace: string;
  workload: ObjectRef & { namespace: string };
  /** As it is; undefined before the first deployment. */
  live: KubeObject | undefined;
  /** Whose selector matches the workload's pods; undefined where none does. */
  service: KubeObject | undefined;
  /** What can be seen of both sides without driving. */
  stable: Workload;
  canary: Workload;
  /** Of a workload that a controller of the cluster rolls out; made anew over another connection. */
  controllerOver:
    | ((context: Pick<ControllerContext, 'api' | 'log' | 'signal' | 'startupTimeoutMs'>) => Controller)
    | undefined;
  gitops?: Omit<OpenGitops, 'api'>;
}

/** Of `apply: gitops`. */
export interface GitWriting extends GitopsInputs {
  /** How long a commit may take from the push to the cluster. */
  carryMs: number;
  /** How long a pull request may take to be merged. */
  mergeMs: number;
}

/** As the actions' inputs of these names. */
export interface ClusterInputs {
  kubeconfig?: string | undefined;
  context: readonly string[];
  namespace?: string | undefined;
  service?: string | undefined;
  git?: GitWriting | undefined;
}

/** `post` has no inputs but what main saved; nothing secret is among them. */
export async function openCluster(
  inputs: ClusterInputs,
  workload: Omit<ObjectRef, 'namespace'>,
  context: Pick<ActionContext, 'log' | 'signal' | 'env' | 'run' | 'addSecret'>,
): Promise<Cluster> {
  const api = await connectTo(inputs, context);
  const { namespace } = api;
  const ref = { ...workload, namespace };
  const stable = new Workload(api, ref);
  const found = await stable.object();
  const known = await controlling(api, ref, found);
  if (isControlled(ref) && known === undefined)
    throw new ConfigError(
      `there is no ${nameOf(ref)} in namespace ${namespace} of ${api.cluster}; a first deployment is its controller's own work`,
    );
  if (known !== undefined && isControlled(known)) {
    if (inputs.git !== undefined)
      throw new ConfigError(
        `apply: gitops is for workloads that we roll out ourselves; ${nameOf(ref)} has a controller that does, and Git holds what it starts from`,
      );
    const controllerOver: Cluster['controllerOver'] = (ends) => {
      const made = controllerOf({ ...ends, namespace }, known);
      if (made === undefined) throw new Error(`no controller for ${known.kind}`);
      return made;
    };
    const looking = controllerOver({ api, log: context.log, signal: context.signal, startupTimeoutMs: 0 });
    const live = await looking.stable.object();
    if (live === undefined)
      throw new ConfigError(
        `${nameOf(ref)} has no pods of its own yet: let its controller bring it up first`,
      );
    const { stable: users, canary } = looking;
    return { api, namespace, workload: ref, live, service: undefined, stable: users, canary, controllerOver };
  }
  const service = found === undefined ? undefined : await serviceOf(api, found, inputs.service);
  const canary = new Workload(api, { ...ref, name: canaryName(ref.name) });
  const seen = { namespace, workload: ref, live: found, service, stable, canary, controllerOver: undefined };
  if (inputs.git === undefined) return { api, ...seen };
  const { openGitops } = await import('@sluice/gitops/open');
  const { api: writing, ...gitops } = await openGitops(
    inputs.git,
    {
      ...{
        cluster: api,
        workload: ref,
        live: found,
        carryMs: inputs.git.carryMs,
        mergeMs: inputs.git.mergeMs,
      },
      isStuck: async (of) => {
        if (!['Deployment', 'StatefulSet'].includes(of.kind)) return false;
        const state = await new Workload(api, of).state();
        return state !== undefined && isHopeless(state);
      },
    },
    context,
  );
  return { api: writing, ...seen, gitops };
}

export function connectTo(
  inputs: ClusterInputs,
  { log, signal }: Pick<ActionContext, 'log' | 'signal'>,
): Promise<KubeApi> {
  const [context] = inputs.context;
  return connect({
    ...(inputs.kubeconfig === undefined ? {} : { kubeconfig: inputs.kubeconfig }),
    ...(inputs.namespace === undefined ? {} : { namespace: inputs.namespace }),
    ...(context === undefined ? {} : { context }),
    log,
    signal,
  });
}

/** @throws ConfigError where it isn't clear which one users come by */
async function serviceOf(
  api: KubeApi,
  workload: KubeObject,
  asked: string | undefined,
): Promise<KubeObject | undefined> {
  const labels = templateOf(workload).metadata?.labels ?? {};
  const all = await api.list({ apiVersion: 'v1', kind: 'Service' });
  const selecting = all.filter((service) => selects(service, labels));
  const found = asked === undefined ? selecting : selecting.filter(({ metadata }) => metadata.name === asked);
  // A headless one is for finding pods, not for sending requests.
  const weighable = found.filter(
    (service) => (service['spec'] as { clusterIP?: string }).clusterIP !== 'None',
  );
  const candidates = weighable.length > 0 ? weighable : found;
  const named = candidates.find(({ metadata }) => metadata.name === workload.metadata.name);
  const names = selecting.map(({ metadata }) => metadata.name).join(', ') || 'none';
  if (asked !== undefined && found.length === 0)
    throw new ConfigError(
      `input \`service\` = ${JSON.stringify(asked)}: no Service of this name selects the pods of ${workload.metadata.name} (those that do: ${names})`,
    );
  if (named === undefined && candidates.length > 1)
    throw new ConfigError(
      `several Services select the pods of ${workload.metadata.name}: ${names}; name the one that users come by in \`service\``,
    );
  return named ?? candidates[0];
}

function selects(service: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  const { selector } = service['spec'] as { selector?: Record<string, string> };
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
