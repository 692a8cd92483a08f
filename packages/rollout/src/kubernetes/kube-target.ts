/** The six verbs over a Kubernetes workload, its canary beside it, and whatever splits requests between them. */
import type { HistoryEntry, RolloutState, RolloutStep } from '@sluice/host/types';
import { VERSION_LABEL } from '@sluice/kubernetes/tracks';
import type { KubeObject } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import { isUnderWay } from '../begin.ts';
import type { ArmRef, Look, Totals } from '../evidence-source.ts';
import type { View } from '../machine.ts';
import type { Owner } from '../owner.ts';
import {
  rolloutData,
  type Ask,
  type Ending,
  type Plan,
  type RolloutTarget,
  type TargetStatus,
  type VersionSpec,
  type VersionStatus,
} from '../target.ts';
import { knownStable } from './adopt.ts';
import { arrangeRoute } from './arrange-route.ts';
import { specOf } from './bring-up.ts';
import { readKubeSpec, type KubeSpec } from './kube-spec.ts';
import type { Remembered, StableVersion } from './memory.ts';
import { moverOf, type Mover } from './mover.ts';
import { foundEntry, KEPT, ownEntry, quarantined, refuseChanged, told } from './on-record.ts';
import { percent } from '../steps.ts';
import { hasBeside, stepOf, stepText } from '../strategies.ts';
import { planLines } from './plan-lines.ts';
import type { KubeSite } from './site.ts';
import { templateDigest, templateOf } from './template.ts';
import { isHopeless, troubleText, type WorkloadState } from './workload.ts';

export class KubeTarget implements RolloutTarget {
  readonly #site: KubeSite;
  readonly #mover: Mover;
  /** Who drove what when this run last looked: what it puts on record is conditional on that. */
  #seen: RolloutState | null = null;
  /** A share that the router can only approximate: what was asked for, and what it then said. */
  #settled: { asked: number; said: number } | null = null;
  /** What was arranged beside the share, by rollout and step: routers don't tell it back. */
  #arranged = '';
  #turn = 0;

  constructor(site: KubeSite) {
    this.#site = site;
    this.#mover = moverOf(site);
  }

  async status(): Promise<TargetStatus> {
    const [remembered, stable, canary] = await Promise.all([
      this.#site.memory.read(),
      this.#site.stable.state(),
      this.#site.canary.state(),
    ]);
    this.#seen = remembered.rollout;
    const known = knownStable(remembered, stable?.object);
    const share = (canary === undefined ? undefined : await this.#site.router.read()) ?? 0;
    const versions: VersionStatus[] = [];
    if (known !== null) versions.push(versionStatus(known.spec, 'stable', stable, 1 - share));
    const { rollout } = remembered;
    if (canary !== undefined && rollout !== null)
      versions.push(versionStatus(specOf(rollout), 'canary', canary, share));
    return {
      stable: known?.spec.version ?? null,
      canary: canary === undefined ? null : (rollout?.to ?? labelOf(canary.object)),
      versions,
      rollout,
      quarantine: remembered.quarantine,
      history: this.#history(remembered, known, this.#site.now()),
    };
  }

  #history(remembered: Remembered, known: StableVersion | null, at: number): HistoryEntry[] {
    if (known === null || known === remembered.stable) return remembered.history;
    return [...remembered.history, foundEntry(known, at)].slice(-KEPT);
  }

  async plan(spec: VersionSpec, steps: readonly RolloutStep[]): Promise<Plan> {
    const { stable } = await this.status();
    return { lines: await planLines(this.#site, stable, this.#read(spec), steps) };
  }

  readSpec(value: unknown): KubeSpec | undefined {
    return readKubeSpec(value);
  }

  #read(value: VersionSpec): KubeSpec {
    const spec = readKubeSpec(value);
    if (spec === undefined) throw new InfraError(`${value.version} doesn't say how it is deployed`);
    return spec;
  }

  async observe(after: number, look?: Look): Promise<{ samples: []; next: number; totals?: Totals }> {
    const { evidence } = this.#site;
    if (evidence === null || look === undefined) return { samples: [], next: after };
    const canary = await this.#arm('canary', look.canary);
    const stable = look.stable === null ? null : await this.#arm('stable', look.stable);
    const totals = await evidence.look({ canary, stable }, look.since, look.watches);
    return { samples: [], next: after, totals };
  }

  /** Everything of what is stable since a moment, judged by itself. */
  async totalsOf(version: string, since: number, watches: Look['watches']): Promise<Totals> {
    const { evidence, router } = this.#site;
    if (evidence === null) return { arms: {}, problems: ['nobody counts: give `prometheus`'], notes: [] };
    const arm = await this.#arm('stable', version);
    // Pods of both versions behind one Service: what a gateway counts of it is of both.
    const shared = router.name === 'replicas' && (await this.#site.canary.object()) !== undefined;
    return evidence.look({ stable: null, canary: shared ? { ...arm, service: '' } : arm }, since, watches);
  }

  async #arm(track: 'stable' | 'canary', version: string): Promise<ArmRef> {
    const { services, api } = this.#site;
    const workload = this.#site[track];
    const state = await workload.state();
    return {
      version,
      track,
      pods: (state?.pods ?? []).map(({ metadata }) => metadata.name),
      service: services?.[track] ?? '',
      namespace: workload.ref.namespace ?? api.namespace,
      workload: state?.counted.metadata.name ?? workload.ref.name,
      ...(state?.counted.kind === 'ReplicaSet' ? { isReplicaSet: true } : {}),
    };
  }

  async reserve(state: RolloutState, weight: number): Promise<boolean> {
    return this.#mover.reserve(state, weight);
  }

  async setWeight(state: RolloutState, weight: number): Promise<void> {
    const { from, to } = state;
    if (weight === 0) {
      await this.#tell('SluiceRolloutStarted', `${to} is started${from === null ? '' : ` beside ${from}`}`);
      return this.#mover.bringUp(state);
    }
    if (from === null) return;
    await this.#site.router.set(weight);
    await this.#tell('SluiceRolloutWeight', `${percent(weight)} of new requests to ${to}`);
    this.#settled = { asked: weight, said: (await this.#site.router.read()) ?? weight };
  }

  async arrange(state: RolloutState): Promise<void> {
    await arrangeRoute(this.#site.router, state);
    this.#arranged = keyOf(state);
    const step = stepOf(state);
    if (hasBeside(step)) await this.#tell('SluiceRolloutWeight', stepText(step, state.to));
  }

  /** For whoever looks at the workload with kubectl. */
  async #tell(reason: string, note: string, type: 'Normal' | 'Warning' = 'Normal'): Promise<void> {
    const { events, stable } = this.#site;
    const workload = events === null ? undefined : await stable.object();
    if (workload !== undefined) await events?.write(workload, { reason, note, type });
  }

  async view(state: RolloutState): Promise<View> {
    const first = state.from === null;
    const pods = await (first ? this.#site.stable : this.#site.canary).state();
    const read = first ? 1 : await this.#site.router.read();
    const said = read ?? 0;
    const weight = this.#settled?.said === said ? this.#settled.asked : said;
    const arranged = !state.steps.some(hasBeside) || this.#arranged === keyOf(state);
    if (pods === undefined) return { canary: 'absent', weight };
    const serving = state.phase === 'stepping';
    const detail = `${pods.status.said}${troubleText(pods.troubles)}`;
    if (isHopeless(pods) || (serving && pods.ready.length === 0)) return { canary: 'failed', weight, detail };
    if (serving && pods.restarts > 0)
      return { canary: 'failed', weight, detail: `its containers were started again ${pods.restarts} times` };
    // The route is the last that is made for it: a driver that died before has left pods that nothing leads to yet.
    const made = state.phase !== 'preparing' || read !== undefined;
    return { canary: made && pods.ready.length > 0 ? 'ready' : 'starting', weight, arranged };
  }

  async askerOf(version: string): Promise<Ask | undefined> {
    const { rollout, stable } = await this.#site.memory.read();
    const own = rollout !== null && rollout.to === version && rollout.from !== null;
    const { ready } = (await (own ? this.#site.canary : this.#site.stable).state()) ?? { ready: [] };
    const spec = rollout?.to === version ? specOf(rollout) : stable?.spec;
    if (ready.length === 0 || spec === undefined) return undefined;
    return (path, init) => {
      const pod = ready[(this.#turn += 1) % ready.length] as KubeObject;
      const { name, namespace = this.#site.api.namespace } = pod.metadata;
      return this.#site.api.proxy({ kind: 'pods', namespace, name, port: spec.port }, path, init);
    };
  }

  isDriving(owner: Owner): Promise<boolean> {
    return this.#site.isDriving(owner);
  }

  async remember(state: RolloutState): Promise<void> {
    const live = isUnderWay(this.#seen) ? undefined : await this.#site.stable.object();
    const seen = this.#seen;
    // Outside, because the change is asked more than once, and a record is found again by its time.
    const at = this.#site.now();
    const kept = { ...state, data: { surge: this.#site.surge, ...state.data } };
    await this.#site.memory.update((now) => {
      refuseChanged(now.rollout, seen, state);
      const known = live === undefined ? now.stable : knownStable(now, live);
      return { ...now, stable: known, history: this.#history(now, known, at), rollout: kept };
    });
    this.#seen = kept;
  }

  async promote(state: RolloutState, done: Ending): Promise<void> {
    await this.#mover.promote(state, done.drainMs);
    const live = await this.#site.stable.object();
    if (live === undefined) throw new InfraError(`the workload of ${state.to} is gone`);
    const stable = { spec: specOf(state), templateDigest: templateDigest(templateOf(live)) };
    const { undone } = rolloutData(state);
    const at = this.#site.now();
    await this.#tell('SluiceRolloutPromoted', `${state.to} is stable: ${state.reason}`);
    await this.#site.memory.update((now) => {
      refuseChanged(now.rollout, this.#seen, state);
      if (undone === null) {
        const event = state.from === null ? 'deployed' : 'promoted';
        return { ...now, stable, history: told(now.history, state, ownEntry(state, event, done, at)) };
      }
      const { version, releaseDigest, weights, reason, record } = undone;
      const off = { at, event: 'rolled-back' as const, version, releaseDigest, reason, record };
      const history = told(told(now.history, state, off), state, ownEntry(state, 'restored', done, at));
      return {
        ...now,
        stable,
        history,
        quarantine: quarantined(now, { releaseDigest, weights, reason, at }),
      };
    });
  }

  async abort(state: RolloutState, done: Ending): Promise<void> {
    await this.#mover.takeBack(state, done.drainMs);
    const at = this.#site.now();
    const { releaseDigest } = rolloutData(state);
    await this.#tell('SluiceRolloutAborted', `${state.to} was taken back: ${state.reason}`, 'Warning');
    await this.#site.memory.update((now) => {
      refuseChanged(now.rollout, this.#seen, state);
      const history = told(now.history, state, ownEntry(state, 'aborted', done, at));
      if (done.quarantine === undefined) return { ...now, history };
      const quarantine = quarantined(now, { releaseDigest, ...done.quarantine, at });
      return { ...now, history, quarantine };
    });
  }
}

/** Another driver's arrangement is made again: it may have died before it was whole. */
function keyOf({ id, stepIndex }: RolloutState): string {
  return `${id} ${stepIndex}`;
}

function versionStatus(
  spec: KubeSpec,
  track: string,
  pods: WorkloadState | undefined,
  weight: number,
): VersionStatus {
  const phase = pods === undefined ? 'stopped' : pods.ready.length > 0 ? 'ready' : 'starting';
  const { version, releaseDigest } = spec;
  return { version, releaseDigest, track, phase, weight, spec };
}

function labelOf(workload: KubeObject): string {
  return templateOf(workload).metadata?.labels?.[VERSION_LABEL] ?? workload.metadata.name;
}
