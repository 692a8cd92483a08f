/**
 * Argo Rollouts: a Rollout with `strategy.canary.trafficRouting` gets our steps, each with a pause without an end, and is moved
 * on by its status, as its own command line does (pkg/kubectl-argo-rollouts/cmd/{promote,abort}).
 */
import type { KubeObject, ObjectRef, PodTemplate } from '@sluice/kubernetes/types';
import { gitOwner } from '@sluice/kubernetes/owners';
import { InfraError } from '@sluice/runtime/errors';
import { Workload, type Found } from '../workload.ts';
import { before, borrow, giveBack } from './borrowed.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { ROLLOUT } from './kinds.ts';
import { untilTold, type Told } from './told.ts';

const HASH = 'rollouts-pod-template-hash';
const CANARY = '/spec/strategy/canary';
const TEMPLATE = '/spec/template';

type Step = { setWeight?: number; pause?: object; setCanaryScale?: object };

interface Spec {
  paused?: boolean;
  replicas?: number;
  template?: PodTemplate;
  workloadRef?: { kind?: string; name?: string };
  strategy?: {
    canary?: {
      steps?: Step[];
      stableService?: string;
      canaryService?: string;
      trafficRouting?: Record<string, unknown>;
    };
  };
}

interface Status {
  observedGeneration?: string;
  currentPodHash?: string;
  stableRS?: string;
  currentStepIndex?: number;
  pauseConditions?: object[];
  abort?: boolean;
  phase?: string;
  message?: string;
  canary?: { weights?: { canary?: { weight?: number } } };
}

const specOf = (rollout: KubeObject): Spec => rollout['spec'] ?? {};
const statusOf = (rollout: KubeObject): Status => rollout['status'] ?? {};
/** Whole percents: `setWeight` has no finer ones. */
const percentOf = (share: number): number =>
  share <= 0 ? 0 : Math.min(100, Math.max(1, Math.round(share * 100)));

export class ArgoRollouts implements Controller {
  readonly name = 'argo-rollouts';
  readonly stable: Workload;
  readonly canary: Workload;
  readonly services: { stable: string; canary: string };
  readonly #ref: ObjectRef;
  readonly #context: ControllerContext;

  /** @param found as it is, for what never changes in it */
  constructor(context: ControllerContext, found: KubeObject) {
    const { api, namespace, name } = context;
    const { stableService = '', canaryService = '' } = specOf(found).strategy?.canary ?? {};
    this.services = { stable: stableService, canary: canaryService };
    this.#context = context;
    this.#ref = { ...ROLLOUT, namespace, name };
    this.stable = new Workload(api, this.#ref, () => this.#stableSide());
    this.canary = new Workload(api, this.#ref, () => this.#canarySide());
  }

  async check(): Promise<string[]> {
    const rollout = await this.#read();
    const what = `Rollout ${this.#ref.name}`;
    const { strategy, workloadRef, paused } = specOf(rollout);
    const { currentPodHash, stableRS } = statusOf(rollout);
    const canary = strategy?.canary;
    if (canary === undefined) return [`${what} has no \`strategy.canary\`; other strategies are not driven`];
    const faults: string[] = [];
    if (canary.trafficRouting === undefined || this.services.stable === '' || this.services.canary === '')
      faults.push(
        `${what} has no \`trafficRouting\` with stableService and canaryService: its new pods have users as soon as they are there, before anybody could warm them up; give it one`,
      );
    if (workloadRef !== undefined)
      faults.push(
        `${what} takes its template from ${workloadRef.kind ?? ''} ${workloadRef.name ?? ''} (\`workloadRef\`); only a template of its own is driven`,
      );
    if (paused === true) faults.push(`${what} is paused (\`spec.paused\`); take that away`);
    if (before(rollout) === undefined && currentPodHash !== stableRS)
      faults.push(`${what} is in the middle of a rollout that is not ours; promote or abort it first`);
    const git = gitOwner(rollout, ['spec', 'template']);
    if (git !== undefined && !git.leaves)
      this.#context.log.warning(
        `${what} comes from Git by ${git.controller}: let it ignore spec.template and spec.strategy.canary.steps, or it puts them back in mid-rollout`,
      );
    return faults;
  }

  async begin(template: PodTemplate, shares: readonly number[], replicas: number): Promise<void> {
    const first = Math.max(1, Math.ceil((shares[0] ?? 1) * replicas));
    const { signal, api } = this.#context;
    const fields = {
      [`${CANARY}/steps`]: stepsFor(shares, first),
      // Who decides has to be one: its own analysis rests meanwhile.
      [`${CANARY}/analysis`]: undefined,
      // To a version that it knows it would go at once, past every step.
      '/spec/rollbackWindow': undefined,
      [TEMPLATE]: template,
    };
    await borrow(api, this.#ref, fields, signal);
    await this.#until('the new pods without users', (rollout) => {
      const { abort, message = '', currentPodHash, stableRS, currentStepIndex } = statusOf(rollout);
      if (abort === true) throw new InfraError(`Argo Rollouts has aborted it: ${message}`);
      if (!isObserved(rollout) || currentPodHash === stableRS) return 'it has not begun';
      return (currentStepIndex ?? 0) >= 1 || `step ${currentStepIndex ?? 0}: ${message}`;
    });
  }

  async read(): Promise<number | undefined> {
    const rollout = await this.#read();
    const { currentPodHash, stableRS, canary } = statusOf(rollout);
    if (before(rollout) === undefined || currentPodHash === stableRS) return undefined;
    return (canary?.weights?.canary?.weight ?? 0) / 100;
  }

  /** To the step that sets it, and no further: the pause after it has no end. */
  async set(share: number): Promise<void> {
    const percent = percentOf(share);
    const rollout = await this.#read();
    const index = (specOf(rollout).strategy?.canary?.steps ?? []).findIndex(
      ({ setWeight }) => setWeight === percent,
    );
    if (index < 0) throw new InfraError(`Rollout ${this.#ref.name} has no step for ${percent} %`);
    const told = (now: KubeObject): Told => {
      const { abort, message = '', currentStepIndex = 0, canary } = statusOf(now);
      if (abort === true) throw new InfraError(`Argo Rollouts has aborted it: ${message}`);
      const weight = canary?.weights?.canary?.weight ?? 0;
      const there = currentStepIndex === index + 1 && weight === percent;
      return there || `step ${currentStepIndex}, weight ${weight}: ${message}`;
    };
    if (told(rollout) === true) return;
    if ((statusOf(rollout).currentStepIndex ?? 0) !== index)
      await this.#patchStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: index });
    await this.#until(`${percent} % of the users`, told);
  }

  async promote(): Promise<void> {
    await this.#until('a look at its template', (now) => isObserved(now) || 'it has not looked yet');
    const { currentPodHash, stableRS } = statusOf(await this.#read());
    if (currentPodHash === stableRS) return;
    await this.#patchStatus({ promoteFull: true });
    await this.#until('the promotion', (now) => {
      const { abort, message = '', ...status } = statusOf(now);
      if (abort === true) throw new InfraError(`Argo Rollouts has aborted it: ${message}`);
      return status.currentPodHash === status.stableRS || message;
    });
  }

  async abort(): Promise<void> {
    await this.#until('a look at its template', (now) => isObserved(now) || 'it has not looked yet');
    const { currentPodHash, stableRS, abort } = statusOf(await this.#read());
    if (currentPodHash === stableRS) return;
    if (abort !== true) await this.#patchStatus({ abort: true });
    await this.#until('the users on the stable side', (now) => {
      const weight = statusOf(now).canary?.weights?.canary?.weight ?? 0;
      return weight === 0 || `weight ${weight}`;
    });
  }

  /** An aborted Rollout keeps the bad template and would try it again: the one before it ends that. */
  async settle(end: 'promoted' | 'aborted'): Promise<void> {
    const { api, signal } = this.#context;
    await giveBack(api, this.#ref, end === 'promoted' ? [TEMPLATE] : [], signal);
    await this.#until('an end', (now) => {
      const { currentPodHash, stableRS, phase, message = '' } = statusOf(now);
      if (!isObserved(now)) return 'it has not looked yet';
      return (currentPodHash === stableRS && phase === 'Healthy') || `${phase ?? ''} ${message}`;
    });
  }

  /** Its steps are a part of `begin`. */
  prepare(): Promise<void> {
    return Promise.resolve();
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  async describe(): Promise<string> {
    const canary = specOf(await this.#read()).strategy?.canary;
    const by = Object.keys(canary?.trafficRouting ?? {}).join(', ');
    return `Argo Rollouts moves pods and requests (${by}); its steps are ours and its own analysis rests meanwhile`;
  }

  async #read(): Promise<KubeObject> {
    const found = await this.#context.api.get(this.#ref);
    if (found === undefined) throw new InfraError(`Rollout ${this.#ref.name} is gone`);
    return found;
  }

  async #patchStatus(status: Record<string, unknown>): Promise<void> {
    const patch = { type: 'merge' as const, body: { status } };
    await this.#context.api.patch(this.#ref, patch, { subresource: 'status' });
  }

  async #until(what: string, look: (rollout: KubeObject) => Told): Promise<void> {
    await untilTold(this.#context, `Rollout ${this.#ref.name}: ${what}`, async () =>
      look(await this.#read()),
    );
  }

  async #stableSide(): Promise<Found | undefined> {
    const rollout = await this.#context.api.get(this.#ref);
    if (rollout === undefined) return undefined;
    const kept = before(rollout)?.[TEMPLATE] as PodTemplate | undefined;
    const object =
      kept === undefined ? rollout : { ...rollout, spec: { ...specOf(rollout), template: kept } };
    return { object, counted: (await this.#setOf(statusOf(rollout).stableRS)) ?? rollout };
  }

  async #canarySide(): Promise<Found | undefined> {
    const rollout = await this.#context.api.get(this.#ref);
    const { currentPodHash, stableRS } = rollout === undefined ? {} : statusOf(rollout);
    if (currentPodHash === stableRS) return undefined;
    const set = await this.#setOf(currentPodHash);
    return set === undefined ? undefined : { object: set, counted: set };
  }

  async #setOf(hash: string | undefined): Promise<KubeObject | undefined> {
    if (hash === undefined || hash === '') return undefined;
    const { api, namespace, name } = this.#context;
    const sets = await api.list(
      { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
      { namespace, labelSelector: `${HASH}=${hash}` },
    );
    const own = sets.find(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.kind === ROLLOUT.kind && owner.name === name),
    );
    if (own === undefined) return undefined;
    // A ReplicaSet has one template: all its pods are of it.
    const status = (own['status'] ?? {}) as { replicas?: number };
    return { ...own, status: { ...status, updatedReplicas: status.replicas ?? 0 } };
  }
}

function isObserved(rollout: KubeObject): boolean {
  return Number(statusOf(rollout).observedGeneration ?? 0) >= (rollout.metadata.generation ?? 0);
}

/** New pods first, without users, then a pause after every share. Pure. */
export function stepsFor(shares: readonly number[], first: number): Step[] {
  return [
    { setCanaryScale: { replicas: first } },
    { pause: {} },
    { setCanaryScale: { matchTrafficWeight: true } },
    ...shares.flatMap((share) => [{ setWeight: percentOf(share) }, { pause: {} }]),
  ];
}
