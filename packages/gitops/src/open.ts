/** `apply: gitops`: opens the repository, finds who carries it out, and gives the cluster's API whose writes are commits. */
import { createHash } from 'node:crypto';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import type { KubeApi, KubeObject, ObjectRef, PodTemplate } from '@sluice/kubernetes/types';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, describeError, InfraError } from '@sluice/runtime/errors';
import type { Wish } from './carries.ts';
import { Carrier } from './carrier.ts';
import { editedFor, type CommitPlace } from './commit.ts';
import type { FieldEdit } from './delta.ts';
import { findControllers } from './find-controller.ts';
import { basic } from './git.ts';
import { gitopsApi, type Landing } from './gitops-api.ts';
import { readGitopsInputs, type GitopsInputs } from './inputs.ts';
import { PullRequests } from './pull-requests.ts';
import { RefObjects } from './ref-objects.ts';
import { revertOf } from './revert.ts';
import { Repository, type Edited } from './repository.ts';

export interface OpenGitops {
  api: KubeApi;
  /** What would keep a rollout from ending, each with its mend. */
  faults(): Promise<string[]>;
  /** Waits until the branch as it is now is carried out: what is decided by the cluster must not be overtaken by an older commit. */
  settle(): Promise<void>;
  /**
   * Takes back the commit that brought this image, and waits until that is carried out.
   *
   * @returns its subject; undefined: no commit is known that did
   */
  revert(image: string, reason: string): Promise<string | undefined>;
  /** For people: where commits go, and who carries them out. */
  says: string;
  /** How long the lease outlives its holder: each renewal is a push. */
  leaseMs: number;
}

export interface GitopsOptions {
  cluster: KubeApi;
  workload: ObjectRef & { namespace: string };
  /** undefined before the first deployment. */
  live: KubeObject | undefined;
  /** One commit, from the push to what the cluster says. */
  carryMs: number;
  /** A pull request, until it is merged. */
  mergeMs: number;
  isStuck?: (ref: ObjectRef) => Promise<boolean>;
  pollMs?: number;
}

const LEASE_MS = 2 * 60_000;

/** @throws ConfigError for inputs that lead nowhere */
export async function openGitops(
  inputs: GitopsInputs,
  options: GitopsOptions,
  context: Pick<ActionContext, 'log' | 'signal' | 'env' | 'run' | 'addSecret'>,
): Promise<OpenGitops> {
  const { cluster, workload, live, carryMs, pollMs } = options;
  const { log, signal, env, run } = context;
  const { address, branch, path, mode, token } = readGitopsInputs(inputs, env);
  if (token !== undefined) context.addSecret(basic(token));
  // What ends a rollout goes on for a while after a cancel, and its commits with it.
  const repository = await Repository.open({ address, token, env, signal: NEVER });
  const ref = `refs/heads/${branch}`;
  if ((await repository.fetch(ref)) === undefined)
    throw new ConfigError(
      `input \`gitops-branch\` = ${JSON.stringify(branch)}: ${address.shown} has no such branch`,
    );
  const { controllers, notes } = await findControllers(cluster, live, { address, branch, path });
  for (const note of notes) log.warning(note);
  const carrier = new Carrier({
    ...{ cluster, repository, ref, controllers, log, signal: NEVER, timeoutMs: carryMs },
    ...(options.isStuck === undefined ? {} : { isStuck: options.isStuck }),
    ...(pollMs === undefined ? {} : { pollMs }),
  });
  const place: CommitPlace = { repository, ref, branch, path, workload, run: run.url };
  const yaml = await import('yaml');
  const edit =
    (wishes: readonly Wish[]) =>
    (tip: string | undefined): Promise<Edited | undefined> =>
      editedFor(yaml, place, tip, wishes);
  const pulls =
    mode === 'commit'
      ? undefined
      : await PullRequests.open({ address, token, log, signal, deadlineMs: options.mergeMs, ...place });
  const land: Landing = async (wishes) => {
    const { sha, made } =
      pulls === undefined ? await repository.change(ref, edit(wishes)) : await pulls.merge(edit(wishes));
    if (made) log.info(`commit ${sha.slice(0, 12)} on ${branch}: ${wishes.map(said).join(', ')}`);
    await carrier.wait(sha, wishes);
  };
  const state = new RefObjects(repository, stateRef(workload, branch, path));
  const who =
    controllers.map(({ what }) => what).join(' and ') ||
    'whoever applies them (no Flux or Argo CD object was found)';
  return {
    api: gitopsApi(cluster, state, land, log),
    faults: async () => [
      ...(await Promise.all(controllers.map((controller) => controller.faults()))).flat(),
      ...(live === undefined ? [] : await placeFaults(edit(trialsOf(live)), await repository.fetch(ref))),
    ],
    settle: async () => {
      const tip = await repository.fetch(ref);
      if (tip === undefined || controllers.length === 0) return;
      await carrier.wait(tip, []).catch((error: unknown) => {
        if (!(error instanceof InfraError)) throw error;
        log.warning(`${describeError(error)}; what is decided now may be overtaken by it`);
      });
    },
    revert: async (image, reason) => {
      let subject: string | undefined;
      const taken = async (tip: string | undefined): Promise<Edited | undefined> => {
        const found = tip === undefined ? undefined : await revertOf(place, tip, image, reason);
        subject = found?.subject ?? subject;
        return found?.edited;
      };
      const { sha } = pulls === undefined ? await repository.change(ref, taken) : await pulls.merge(taken);
      if (subject === undefined) return undefined;
      log.info(`commit ${sha.slice(0, 12)} on ${branch} takes back: ${subject}`);
      await carrier.wait(sha, []);
      return subject;
    },
    says: `${mode === 'commit' ? 'commits' : 'pull requests'} to ${address.shown}, branch ${branch}, ${path === '' ? 'the whole repository' : path}, carried out by ${who}`,
    leaseMs: LEASE_MS,
  };
}

const NEVER = new AbortController().signal;

/** Changes that change nothing: whether they could be made. */
function trialsOf(live: KubeObject): Wish[] {
  const { replicas, template } = live['spec'] as { replicas?: number; template?: PodTemplate };
  const containers = (template?.spec['containers'] ?? []) as { name: string; image?: string }[];
  const edits: FieldEdit[] = [{ path: ['spec', 'replicas'], op: 'set', from: replicas, to: replicas }];
  for (const { name, image } of containers.slice(0, 1))
    edits.push({
      path: ['spec', 'template', 'spec', 'containers', { name }, 'image'],
      ...{ op: 'set', from: image, to: image },
    });
  const beside = {
    ...live,
    metadata: { ...live.metadata, name: `${live.metadata.name}-sluice-trial` },
    spec: {},
  };
  return [
    { object: live, edits, gone: false },
    { object: beside, edits: undefined, gone: false },
  ];
}

async function placeFaults(
  edit: (tip: string | undefined) => Promise<Edited | undefined>,
  tip: string | undefined,
): Promise<string[]> {
  try {
    await edit(tip);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return [...error.faults];
    if (error instanceof KubeConflictError) return [error.message];
    throw error;
  }
}

function said({ object, gone, edits }: Wish): string {
  return `${object.kind} ${object.metadata.name} ${gone ? 'taken out' : edits === undefined ? 'added' : 'changed'}`;
}

/** Its own for each workload, so that two rollouts don't race for one. */
function stateRef(
  { kind, name, namespace }: ObjectRef & { namespace: string },
  branch: string,
  path: string,
): string {
  const place = createHash('sha256').update([branch, path, namespace].join('\n')).digest('hex').slice(0, 12);
  return `refs/sluice/${kind.toLowerCase()}-${name}-${place}`;
}
