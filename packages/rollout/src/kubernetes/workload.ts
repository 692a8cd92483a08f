/** One workload and its pods: read, scaled, waited for. */
import type { KubeApi, KubeObject, ObjectRef } from '@sluice/kubernetes/types';
import { describeTroubles, explainPods, podsOf } from '@sluice/kubernetes/pods';
import { isReady, podTroubles, type Trouble } from '@sluice/kubernetes/pod-troubles';
import { workloadStatus, type WorkloadStatus } from '@sluice/kubernetes/workload-status';
import { InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';

export interface WorkloadState {
  object: KubeObject;
  /** Owns the pods: the object itself, but for sides that a controller makes. */
  counted: KubeObject;
  status: WorkloadStatus;
  /** `spec.replicas`. */
  wanted: number;
  /** Every pod that still is there, those that are ending too. */
  pods: KubeObject[];
  ready: KubeObject[];
  /** What keeps pods from getting ready, the evicted ones among them. */
  troubles: Trouble[];
  /** How often containers of its pods were started again. */
  restarts: number;
}

export interface Waiting {
  timeoutMs: number;
  signal: AbortSignal;
  log: Logger;
  /** Between two looks; default 1 s. */
  pollMs?: number | undefined;
}

export const POLL_MS = 1_000;
/** So often a container may fall over at its start before it counts as broken. */
const CRASHES = 3;
const NEVER = ['ErrImageNeverPull', 'InvalidImageName', 'CreateContainerConfigError'];
const NO_SUCH_IMAGE = /not found|not exist|denied|unauthorized|forbidden|manifest unknown|invalid reference/i;

/** A side of a rollout whose pods belong to another object than the one that users name. */
export interface Found {
  object: KubeObject;
  /** Owns the pods, and tells how many there are. */
  counted: KubeObject;
}

export class Workload {
  readonly ref: ObjectRef;
  readonly #api: KubeApi;
  readonly #find: () => Promise<Found | undefined>;

  constructor(api: KubeApi, ref: ObjectRef, find?: () => Promise<Found | undefined>) {
    this.#api = api;
    this.ref = ref;
    this.#find = find ?? (() => this.#itself());
  }

  async #itself(): Promise<Found | undefined> {
    const object = await this.#api.get(this.ref);
    return object === undefined ? undefined : { object, counted: object };
  }

  async object(): Promise<KubeObject | undefined> {
    return (await this.#find())?.object;
  }

  async state(): Promise<WorkloadState | undefined> {
    const found = await this.#find();
    if (found === undefined) return undefined;
    const { object, counted } = found;
    const all = await podsOf(this.#api, counted);
    const pods = all.filter((pod) => !isOver(pod));
    const status = workloadStatus(counted);
    return {
      object,
      counted,
      status,
      wanted: status.wanted,
      pods,
      ready: pods.filter(isReady),
      troubles: all.flatMap((pod) => podTroubles(pod)),
      restarts: restartsOf(pods),
    };
  }

  async scale(replicas: number): Promise<void> {
    const body = { spec: { replicas } };
    await this.#api.patch(this.ref, { type: 'merge', body }, { subresource: 'scale' });
  }

  /** For people: what keeps pods from being ready, with the last lines of those that crash; hostile text. */
  async explain({ pods }: WorkloadState): Promise<string> {
    return describeTroubles(await explainPods(this.#api, pods));
  }

  /**
   * Waits until `holds`; what keeps it from that is told when it changes.
   *
   * @throws InfraError after `timeoutMs`, or at once where it can't get better by waiting
   */
  async until(
    what: string,
    holds: (state: WorkloadState) => boolean,
    { timeoutMs, signal, log, pollMs = POLL_MS }: Waiting,
  ): Promise<WorkloadState> {
    const end = Date.now() + timeoutMs;
    const name = nameOf(this.ref);
    let told = '';
    for (;;) {
      signal.throwIfAborted();
      const state = await this.state();
      if (state === undefined) throw new InfraError(`${name} is gone while waiting for ${what}`);
      if (holds(state)) return state;
      const hopeless = isHopeless(state);
      if (hopeless || Date.now() >= end) {
        const why = await this.explain(state);
        const time = hopeless ? '' : ` in ${Math.round(timeoutMs / 1000)} s`;
        throw new InfraError(
          `${name}: ${what} not reached${time}: ${state.status.said}${why === '' ? '' : `; ${why}`}`,
        );
      }
      const line = `${name}: ${state.status.said}${troubleText(state.troubles)}`;
      if (line !== told) log.info(line);
      told = line;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

/** No waiting makes it better. */
export function isHopeless({ troubles, restarts }: Pick<WorkloadState, 'troubles' | 'restarts'>): boolean {
  return troubles.some(({ kind, reason, message }) => {
    if (NEVER.includes(reason)) return true;
    if (kind === 'image') return NO_SUCH_IMAGE.test(message);
    return (kind === 'crash' || kind === 'memory') && restarts >= CRASHES;
  });
}

/** The first trouble that is one, beside pods that merely start. */
export function troubleText(troubles: readonly Trouble[]): string {
  const first = troubles.find(({ kind }) => kind !== 'starting') ?? troubles[0];
  if (first === undefined) return '';
  return `; pod ${first.pod}: ${first.reason}${first.message === '' ? '' : `, ${first.message}`}`;
}

export function nameOf({ kind, name }: ObjectRef): string {
  return `${kind.toLowerCase()}/${name}`;
}

interface PodStatus {
  phase?: string;
  containerStatuses?: { restartCount?: number }[];
}

function statusOf(pod: KubeObject): PodStatus {
  return pod['status'] ?? {};
}

/** Evicted and finished pods stay listed, and hold nothing any more. */
function isOver(pod: KubeObject): boolean {
  const { phase } = statusOf(pod);
  return phase === 'Failed' || phase === 'Succeeded';
}

function restartsOf(pods: readonly KubeObject[]): number {
  const counts = pods.flatMap((pod) => statusOf(pod).containerStatuses ?? []);
  return counts.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}
