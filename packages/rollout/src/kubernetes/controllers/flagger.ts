/**
 * Flagger: a Canary whose target is a Deployment gets one of our steps at a time as its `stepWeights`, with gates (its
 * `confirm-traffic-increase` and `confirm-promotion` webhooks) that nobody opens: it goes that far and waits. A gate is opened by
 * taking it away. Back is Flagger's own way too: its failed checks reach the threshold (pkg/controller/scheduler.go).
 */
import type { KubeObject, ObjectRef, PodTemplate } from '@sluice/kubernetes/types';
import { changeObject } from '@sluice/kubernetes/change-object';
import { gitOwner } from '@sluice/kubernetes/owners';
import { describeError, InfraError } from '@sluice/runtime/errors';
import { Workload, type Found } from '../workload.ts';
import { before, borrow, giveBack } from './borrowed.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { CANARY } from './kinds.ts';
import { untilTold, type Told } from './told.ts';

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };
const ANALYSIS = '/spec/analysis';
const TEMPLATE = '/spec/template';
/** The shortest that Flagger takes (GetAnalysisInterval). */
const INTERVAL = '10s';
/** Three of them. */
const SEEN_MS = 30_000;
/** Discard: nobody answers there, so the gate stays closed. */
const NOBODY = 'http://127.0.0.1:9/';

interface Analysis {
  interval?: string;
  threshold?: number;
  stepWeights?: number[];
  iterations?: number;
  match?: object[];
  mirror?: boolean;
  webhooks?: { type?: string; name: string; url: string }[];
}

interface Spec {
  suspend?: boolean;
  skipAnalysis?: boolean;
  provider?: string;
  targetRef?: { kind?: string; name?: string };
  service?: { name?: string };
  analysis?: Analysis;
}

interface Status {
  phase?: string;
  canaryWeight?: number;
  failedChecks?: number;
  /** Hashes of templates. */
  lastAppliedSpec?: string;
  lastPromotedSpec?: string;
  conditions?: { type: string; message?: string }[];
}

const specOf = (canary: KubeObject): Spec => canary['spec'] ?? {};
const statusOf = (canary: KubeObject): Status => canary['status'] ?? {};
const percentOf = (share: number): number =>
  share <= 0 ? 0 : Math.min(100, Math.max(1, Math.round(share * 100)));
const isAtRest = ({ phase = '' }: Status): boolean => /^(?:Initialized|Succeeded|Failed)$/.test(phase);

/**
 * Percents of the users. Flagger forgets its weight in its status when it comes to a closed gate (pkg/canary/status.go), though the
 * route keeps it: that is then the first of the steps that it was given.
 */
function weightOf(canary: KubeObject): number {
  const { phase, canaryWeight = 0 } = statusOf(canary);
  const atGate = phase === 'WaitingPromotion' && canaryWeight === 0;
  return atGate ? (specOf(canary).analysis?.stepWeights?.[0] ?? 0) : canaryWeight;
}

type Gate = 'confirm-traffic-increase' | 'confirm-promotion';

/** What Flagger may do by itself: no more than its next weight. Pure. */
export function analysisFor(
  threshold: number,
  stepWeights: readonly number[],
  closed: readonly Gate[],
): object {
  const webhooks = closed.map((type) => ({ name: `sluice-${type}`, type, url: NOBODY, muteAlert: true }));
  return { interval: INTERVAL, threshold, stepWeights, metrics: [], webhooks };
}

export class Flagger implements Controller {
  readonly name = 'flagger';
  readonly stable: Workload;
  readonly canary: Workload;
  readonly services: { stable: string; canary: string };
  readonly #ref: ObjectRef;
  readonly #target: ObjectRef;
  readonly #context: ControllerContext;

  /** @param found as it is, for what never changes in it */
  constructor(context: ControllerContext, found: KubeObject) {
    const { api, namespace, name } = context;
    const { targetRef, service } = specOf(found);
    const target = targetRef?.name ?? name;
    const apex = service?.name ?? target;
    this.services = { stable: `${apex}-primary`, canary: `${apex}-canary` };
    this.#context = context;
    this.#ref = { ...CANARY, namespace, name };
    this.#target = { ...DEPLOYMENT, namespace, name: target };
    this.stable = new Workload(api, this.#ref, () => this.#stableSide());
    this.canary = new Workload(api, this.#ref, () => this.#canarySide());
  }

  async check(): Promise<string[]> {
    const canary = await this.#read();
    const what = `Canary ${this.#ref.name}`;
    const { suspend, skipAnalysis, provider, targetRef, analysis } = specOf(canary);
    const status = statusOf(canary);
    const faults: string[] = [];
    if (targetRef?.kind !== 'Deployment')
      faults.push(`${what} rolls out a ${targetRef?.kind ?? ''}; only a Deployment is driven`);
    if (provider === 'kubernetes') faults.push(`${what} has the provider kubernetes, which knows no weights`);
    if (suspend === true) faults.push(`${what} is suspended (\`spec.suspend\`); take that away`);
    if (skipAnalysis === true)
      faults.push(`${what} has \`skipAnalysis\`: it would promote at once; take that away`);
    if (before(canary) !== undefined) return faults;
    if (analysis?.iterations !== undefined || analysis?.match !== undefined || analysis?.mirror === true)
      faults.push(`${what} has \`iterations\`, \`match\` or \`mirror\`; only weights are driven`);
    if (!isAtRest(status))
      faults.push(`${what} is in phase ${status.phase ?? 'unknown'}: let it come to an end first`);
    const git = gitOwner(canary, ['spec', 'analysis']);
    if (git !== undefined && !git.leaves)
      this.#context.log.warning(
        `${what} comes from Git by ${git.controller}: let it ignore spec.analysis, and the template of Deployment ${this.#target.name}, or it puts them back in mid-rollout`,
      );
    return faults;
  }

  async begin(template: PodTemplate): Promise<void> {
    const { api, signal } = this.#context;
    // The gates first: no weight may move between the two changes.
    const analysis = analysisFor(1, [1], ['confirm-traffic-increase', 'confirm-promotion']);
    if (before(await this.#read()) === undefined)
      await borrow(api, this.#ref, { [ANALYSIS]: analysis }, signal);
    await borrow(api, this.#target, { [TEMPLATE]: template }, signal);
    await this.#until('the new pods without users', (canary) => {
      const status = statusOf(canary);
      if (status.phase === 'Progressing') return true;
      return `phase ${status.phase ?? ''}`;
    });
  }

  async read(): Promise<number | undefined> {
    const canary = await this.#read();
    return before(canary) === undefined ? undefined : weightOf(canary) / 100;
  }

  async set(share: number): Promise<void> {
    const percent = percentOf(share);
    const { api, signal } = this.#context;
    const told = (canary: KubeObject): Told => {
      const { phase = '', conditions } = statusOf(canary);
      const weight = weightOf(canary);
      if (isAtRest({ phase }))
        throw new InfraError(`Flagger has ended it (${phase}): ${conditions?.[0]?.message ?? ''}`);
      return weight === percent || `weight ${weight}, phase ${phase}`;
    };
    const now = await this.#read();
    if (told(now) === true) return;
    const at = weightOf(now);
    const next = analysisFor(1, at === 0 ? [percent] : [at, percent], ['confirm-promotion']);
    await changeObject(api, this.#ref, () => ({ fields: { [ANALYSIS]: next } }), signal);
    await this.#until(`${percent} % of the users`, told);
  }

  /** At the last of its weights, with the gate open. */
  async promote(): Promise<void> {
    const { api, signal } = this.#context;
    const canary = await this.#read();
    if (statusOf(canary).phase === 'Succeeded') return;
    const open = analysisFor(1, [Math.max(1, weightOf(canary))], []);
    await changeObject(api, this.#ref, () => ({ fields: { [ANALYSIS]: open } }), signal);
    await this.#until('the promotion', (now) => {
      const status = statusOf(now);
      if (status.phase === 'Failed')
        throw new InfraError(`Flagger has taken it back: ${status.conditions?.[0]?.message ?? ''}`);
      return status.phase === 'Succeeded' || `phase ${status.phase ?? ''}`;
    });
  }

  async abort(): Promise<void> {
    const canary = await this.#read();
    const target = await this.#context.api.get(this.#target);
    const begun = target !== undefined && before(target) !== undefined;
    if (!begun || statusOf(canary).phase === 'Failed') return;
    await this.#until('the users on the stable side', async (now) => {
      const { phase = '', failedChecks = 0 } = statusOf(now);
      if (phase === 'Failed') return true;
      const threshold = specOf(now).analysis?.threshold ?? 1;
      // It forgets them when it sees a new template only now.
      if (!isAtRest({ phase }) && failedChecks < threshold) await this.#fail(threshold);
      return `weight ${weightOf(now)}, phase ${phase}`;
    });
  }

  async #fail(failedChecks: number): Promise<void> {
    const patch = { type: 'merge' as const, body: { status: { failedChecks } } };
    await this.#context.api.patch(this.#ref, patch, { subresource: 'status' });
  }

  /**
   * The template that is promoted starts nothing (pkg/canary/spec.go): it is put back first. Flagger has to see that, by our
   * short interval, or it would take the same release for one that it knows when it comes again.
   */
  async settle(end: 'promoted' | 'aborted'): Promise<void> {
    const { api, signal, log } = this.#context;
    await giveBack(api, this.#target, end === 'promoted' ? [TEMPLATE] : [], signal);
    const look = async (): Promise<Told> => {
      const { phase, lastAppliedSpec, lastPromotedSpec } = statusOf(await this.#read());
      return phase !== 'Failed' || lastAppliedSpec === lastPromotedSpec || 'it has the old one on record';
    };
    const patience = { signal, startupTimeoutMs: SEEN_MS };
    await untilTold(patience, `Canary ${this.#ref.name}: a look at the template`, look).catch(
      (error: unknown) => {
        if (signal.aborted) throw error;
        log.warning(describeError(error));
      },
    );
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
      `Flagger moves pods and requests, one of our steps at a time (each takes it up to ${INTERVAL}); its own analysis rests meanwhile`,
    );
  }

  async #read(): Promise<KubeObject> {
    const found = await this.#context.api.get(this.#ref);
    if (found === undefined) throw new InfraError(`Canary ${this.#ref.name} is gone`);
    return found;
  }

  async #until(what: string, look: (canary: KubeObject) => Told | Promise<Told>): Promise<void> {
    await untilTold(this.#context, `Canary ${this.#ref.name}: ${what}`, async () => look(await this.#read()));
  }

  /** The users' pods are the primary's, which Flagger makes from the target. */
  async #stableSide(): Promise<Found | undefined> {
    const { api } = this.#context;
    const target = await api.get(this.#target);
    const counted = await api.get({ ...this.#target, name: `${this.#target.name}-primary` });
    if (target === undefined || counted === undefined) return undefined;
    const { replicas } = counted['spec'] as { replicas?: number };
    const kept = before(target)?.[TEMPLATE];
    const spec = {
      ...(target['spec'] as object),
      replicas,
      ...(kept === undefined ? {} : { template: kept }),
    };
    return { object: { ...target, spec }, counted };
  }

  async #canarySide(): Promise<Found | undefined> {
    const target = await this.#context.api.get(this.#target);
    return target === undefined || before(target) === undefined
      ? undefined
      : { object: target, counted: target };
  }
}
