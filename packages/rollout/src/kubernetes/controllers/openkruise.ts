/**
 * OpenKruise Rollouts: a Rollout (rollouts.kruise.io) with an extra Deployment for its canary and a traffic routing gets our steps,
 * each with a pause without an end, and is moved on by its status (StepReady), as its own kubectl plugin does.
 */
import type { KubeObject, ObjectRef, PodTemplate } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import { Workload, type Found } from '../workload.ts';
import { before, borrow, giveBack } from './borrowed.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { KRUISE_ROLLOUT } from './kinds.ts';
import { untilTold, type Told } from './told.ts';

const STEPS = '/spec/strategy/canary/steps';
const TEMPLATE = '/spec/template';
const CANARY_LABEL = 'rollouts.kruise.io/canary-deployment';
/** A header that nobody sends: the first pods are there, apart from the stable's Service, and have no users. */
const NOBODY = { headers: [{ type: 'Exact', name: 'x-sluice-nobody', value: 'nobody' }] };
/** In these the step's own share is in the route. */
const ROUTED = /^(?:StepMetricsAnalysis|StepPaused|StepReady|Completed)$/;

interface Step {
  traffic?: string;
  matches?: object[];
  replicas: number | string;
  pause: object;
}

interface Spec {
  disabled?: boolean;
  workloadRef?: { kind?: string; name?: string };
  strategy?: {
    paused?: boolean;
    canary?: {
      steps?: Step[];
      enableExtraWorkloadForCanary?: boolean;
      disableGenerateCanaryService?: boolean;
      trafficRoutings?: { service?: string }[];
    };
  };
}

interface Status {
  phase?: string;
  message?: string;
  canaryStatus?: {
    currentStepIndex?: number;
    currentStepState?: string;
    canaryRevision?: string;
    stableRevision?: string;
  };
}

const specOf = (rollout: KubeObject): Spec => rollout['spec'] ?? {};
const statusOf = (rollout: KubeObject): Status => rollout['status'] ?? {};
const percentOf = (share: number): number => Math.min(100, Math.max(1, Math.round(share * 100)));
const percentIn = ({ traffic }: Step): number => Number((traffic ?? '0').replace('%', ''));

/** Pods by their number: a last step of `100%` of them would go on without a word. Pure. */
export function kruiseSteps(shares: readonly number[], replicas: number): Step[] {
  const podsFor = (share: number): number => Math.max(1, Math.ceil(share * replicas));
  return [
    { matches: [NOBODY], replicas: podsFor(shares[0] ?? 1), pause: {} },
    ...shares.map((share) => ({ traffic: `${percentOf(share)}%`, replicas: podsFor(share), pause: {} })),
  ];
}

export class OpenKruise implements Controller {
  readonly name = 'openkruise';
  readonly stable: Workload;
  readonly canary: Workload;
  readonly services: { stable: string; canary: string };
  readonly #ref: ObjectRef;
  readonly #workload: ObjectRef;
  readonly #context: ControllerContext;

  /** @param found as it is, for what never changes in it */
  constructor(context: ControllerContext, found: KubeObject) {
    const { api, namespace, name } = context;
    const { workloadRef, strategy } = specOf(found);
    const service = strategy?.canary?.trafficRoutings?.[0]?.service ?? '';
    this.services = { stable: service, canary: `${service}-canary` };
    this.#context = context;
    this.#ref = { ...KRUISE_ROLLOUT, namespace, name };
    this.#workload = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace,
      name: workloadRef?.name ?? name,
    };
    this.stable = new Workload(api, this.#workload, () => this.#stableSide());
    this.canary = new Workload(api, this.#workload, () => this.#canarySide());
  }

  async check(): Promise<string[]> {
    const rollout = await this.#read();
    const what = `Rollout ${this.#ref.name} (OpenKruise)`;
    const { workloadRef, strategy, disabled } = specOf(rollout);
    const { phase } = statusOf(rollout);
    const canary = strategy?.canary;
    const faults: string[] = [];
    if (workloadRef?.kind !== 'Deployment')
      faults.push(`${what} rolls out a ${workloadRef?.kind ?? ''}; only a Deployment is driven`);
    if (canary?.enableExtraWorkloadForCanary !== true)
      faults.push(
        `${what} has no \`strategy.canary.enableExtraWorkloadForCanary\`: it would change the stable's own pods one by one; set it`,
      );
    if ((canary?.trafficRoutings ?? []).length !== 1 || canary?.disableGenerateCanaryService === true)
      faults.push(
        `${what} has no traffic routing that tells both versions apart (\`trafficRoutings\`); give it one`,
      );
    if (disabled === true || strategy?.paused === true)
      faults.push(`${what} is disabled or paused; take that away`);
    if (before(rollout) === undefined && phase !== 'Healthy')
      faults.push(`${what} is in phase ${phase ?? 'unknown'}: let it come to an end first`);
    return faults;
  }

  async begin(template: PodTemplate, shares: readonly number[], replicas: number): Promise<void> {
    const { api, signal } = this.#context;
    await borrow(api, this.#ref, { [STEPS]: kruiseSteps(shares, replicas) }, signal);
    await borrow(api, this.#workload, { [TEMPLATE]: template }, signal);
    await this.#until('the new pods without users', (rollout) => {
      const { phase = '', message = '', canaryStatus } = statusOf(rollout);
      const { currentStepIndex = 0, currentStepState = '' } = canaryStatus ?? {};
      const up = currentStepIndex > 1 || currentStepState === 'StepPaused';
      return (phase === 'Progressing' && up) || `${phase} ${currentStepState} ${message}`;
    });
  }

  async read(): Promise<number | undefined> {
    const rollout = await this.#read();
    return before(rollout) === undefined ? undefined : percentAt(rollout) / 100;
  }

  async set(share: number): Promise<void> {
    const percent = percentOf(share);
    const now = await this.#read();
    const index = (specOf(now).strategy?.canary?.steps ?? []).findIndex(
      (step) => percentIn(step) === percent,
    );
    if (index < 0) throw new InfraError(`Rollout ${this.#ref.name} has no step for ${percent} %`);
    const told = (rollout: KubeObject): Told => {
      const { phase = '', message = '', canaryStatus } = statusOf(rollout);
      const { currentStepIndex = 0, currentStepState = '' } = canaryStatus ?? {};
      if (phase !== 'Progressing') throw new InfraError(`OpenKruise has ended it (${phase}): ${message}`);
      const there = currentStepIndex === index + 1 && currentStepState === 'StepPaused';
      return there || `step ${currentStepIndex}, ${currentStepState}: ${message}`;
    };
    if (told(now) === true) return;
    if ((statusOf(now).canaryStatus?.currentStepIndex ?? 0) !== index + 1)
      await this.#patchStatus({ nextStepIndex: index + 1, currentStepState: 'StepReady' });
    await this.#until(`${percent} % of the users`, told);
  }

  async promote(): Promise<void> {
    const { phase } = statusOf(await this.#read());
    if (phase === 'Progressing') {
      const { strategy } = specOf(await this.#read());
      const last = strategy?.canary?.steps?.at(-1);
      if (last !== undefined) await this.set(percentIn(last) / 100);
      await this.#patchStatus({ currentStepState: 'StepReady' });
    }
    await this.#untilHealthy('the promotion');
  }

  /** A template that is the stable's again is a rollback to it: requests go back first, then pods go. */
  async abort(): Promise<void> {
    const { api, signal } = this.#context;
    await giveBack(api, this.#workload, [], signal);
    await this.#until('the users on the stable side', (rollout) => {
      const percent = percentAt(rollout);
      return statusOf(rollout).phase === 'Healthy' || percent === 0 || `${percent} %`;
    });
  }

  async settle(end: 'promoted' | 'aborted'): Promise<void> {
    const { api, signal } = this.#context;
    await this.#untilHealthy('an end');
    await giveBack(api, this.#workload, end === 'promoted' ? [TEMPLATE] : [], signal);
    await giveBack(api, this.#ref, [], signal);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }

  describe(): Promise<string> {
    return Promise.resolve(
      'OpenKruise moves pods and requests, one of our steps at a time; its own steps rest meanwhile',
    );
  }

  async #read(): Promise<KubeObject> {
    const found = await this.#context.api.get(this.#ref);
    if (found === undefined) throw new InfraError(`Rollout ${this.#ref.name} is gone`);
    return found;
  }

  async #patchStatus(canaryStatus: Record<string, unknown>): Promise<void> {
    const patch = { type: 'merge' as const, body: { status: { canaryStatus } } };
    await this.#context.api.patch(this.#ref, patch, { subresource: 'status' });
  }

  async #until(what: string, look: (rollout: KubeObject) => Told): Promise<void> {
    await untilTold(this.#context, `Rollout ${this.#ref.name}: ${what}`, async () =>
      look(await this.#read()),
    );
  }

  #untilHealthy(what: string): Promise<void> {
    return this.#until(what, (rollout) => {
      const { phase = '', message = '' } = statusOf(rollout);
      return phase === 'Healthy' || `${phase} ${message}`;
    });
  }

  async #stableSide(): Promise<Found | undefined> {
    const counted = await this.#context.api.get(this.#workload);
    if (counted === undefined) return undefined;
    const template = before(counted)?.[TEMPLATE];
    const own = counted['spec'] as object;
    return { object: template === undefined ? counted : { ...counted, spec: { ...own, template } }, counted };
  }

  async #canarySide(): Promise<Found | undefined> {
    const { api, namespace } = this.#context;
    const [made] = await api.list(
      { apiVersion: 'apps/v1', kind: 'Deployment' },
      { namespace, labelSelector: `${CANARY_LABEL}=${this.#workload.name}` },
    );
    return made === undefined ? undefined : { object: made, counted: made };
  }
}

/** Percents of the users that the new version has. */
function percentAt(rollout: KubeObject): number {
  const { phase, canaryStatus } = statusOf(rollout);
  if (phase !== 'Progressing') return 0;
  const { currentStepIndex = 0, currentStepState = '' } = canaryStatus ?? {};
  const steps = specOf(rollout).strategy?.canary?.steps ?? [];
  const step = steps[(ROUTED.test(currentStepState) ? currentStepIndex : currentStepIndex - 1) - 1];
  return step === undefined ? 0 : percentIn(step);
}
