/** A Lease as a lock: had by one, renewed while the work goes on, taken over when its holder has died. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { KubeConflictError } from './errors.ts';
import { decideLease, type LeaseSpec, observe, type Observation } from './lease-decision.ts';
import type { KubeApi, KubeObject, OwnerReference } from './types.ts';

export interface LeaseOptions {
  name: string;
  /** Default: the connection's. */
  namespace?: string;
  /** Names this run to people and to other runs; no two alike. */
  holder: string;
  /** How long the lease outlives its holder, milliseconds; default 30 s. */
  durationMs?: number;
  /** How long another holder is waited for; default until it is seen to live, or its lease has run out. */
  waitMs?: number;
  labels?: Record<string, string>;
  owners?: OwnerReference[];
  log: Logger;
  signal: AbortSignal;
}

/** Somebody else holds it, and lives. */
export class LeaseHeldError extends InfraError {
  override readonly name: string = 'LeaseHeldError';
  readonly holder: string;

  constructor(lease: string, holder: string) {
    super(`lease ${lease} is held by ${holder}, which is at work`);
    this.holder = holder;
  }
}

const DURATION_MS = 30_000;
/** Another one is looked at so often. */
const POLL_MS = 2_000;
/** Of its duration; after this long without a renewal the work ends, before anybody can take over. */
const SAFE_SHARE = 5 / 6;
const REF = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };

/**
 * Runs `work` while the lease is held, and releases it. The signal that `work` is given is aborted when the lease is lost.
 * @throws LeaseHeldError when another one holds it; InfraError when it is lost meanwhile
 */
export async function withLease<T>(
  api: KubeApi,
  options: LeaseOptions,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await Lease.acquire(api, options);
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

export class Lease {
  /** Aborted when the lease is lost, or the caller's signal is. */
  readonly signal: AbortSignal;
  readonly #api: KubeApi;
  readonly #options: LeaseOptions;
  readonly #lost = new AbortController();
  readonly #stopped = new AbortController();
  readonly #renewing: Promise<void>;
  #object: KubeObject;
  #renewed: { mono: number; wall: number };

  private constructor(api: KubeApi, options: LeaseOptions, object: KubeObject, began: number) {
    this.#api = api;
    this.#options = options;
    this.#object = object;
    this.#renewed = { mono: began, wall: Date.now() - (performance.now() - began) };
    this.signal = AbortSignal.any([options.signal, this.#lost.signal]);
    this.#renewing = this.#keepRenewing();
  }

  static async acquire(api: KubeApi, options: LeaseOptions): Promise<Lease> {
    const durationMs = options.durationMs ?? DURATION_MS;
    const until = performance.now() + (options.waitMs ?? durationMs * 1.5);
    let seen: Observation | undefined;
    let waitedFor: string | null | undefined;
    let told = false;
    for (;;) {
      options.signal.throwIfAborted();
      const began = performance.now();
      const there = await api.get({ ...REF, ...place(options) });
      const spec = specOf(there);
      const before = seen;
      seen = observe(seen, spec, performance.now());
      const lives = before !== undefined && before !== seen && spec.holderIdentity === waitedFor;
      waitedFor = spec.holderIdentity;
      const decision = decideLease(spec, options.holder, seen, performance.now());
      if (decision.take) {
        const made = await take(api, options, there, decision.transitions);
        if (made !== undefined) return new Lease(api, options, made, began);
        continue;
      }
      const holder = spec.holderIdentity ?? '';
      if (performance.now() >= until || (lives && options.waitMs === undefined))
        throw new LeaseHeldError(options.name, holder);
      if (!told) {
        const seconds = Math.ceil(decision.waitMs / 1000);
        options.log.info(
          `lease ${options.name} is held by ${holder}; it is taken over if it isn't renewed for ${seconds} s`,
        );
        told = true;
      }
      const wait = Math.min(
        POLL_MS,
        decision.waitMs + 50,
        durationMs / 4,
        Math.max(50, until - performance.now()),
      );
      await sleep(wait, undefined, { signal: options.signal });
    }
  }

  /** @throws InfraError when the lease is lost: to be asked before what only its holder may do. */
  assertHeld(): void {
    this.#checkAge();
    this.#lost.signal.throwIfAborted();
  }

  /** Done twice it is done once. What can't be released runs out by itself. */
  async release(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    await this.#renewing;
    if (this.#lost.signal.aborted) return;
    const spec: LeaseSpec = {
      ...specOf(this.#object),
      holderIdentity: '',
      leaseDurationSeconds: 1,
      renewTime: micro(),
    };
    try {
      await this.#api.replace({ ...this.#object, spec });
    } catch (error) {
      if (error instanceof KubeConflictError) return;
      this.#options.log.warning(`lease ${this.#options.name} is not released: ${describeError(error)}`);
    }
  }

  get #durationMs(): number {
    return this.#options.durationMs ?? DURATION_MS;
  }

  async #keepRenewing(): Promise<void> {
    const both = AbortSignal.any([this.#stopped.signal, this.#lost.signal, this.#options.signal]);
    const pause = (): Promise<boolean> =>
      sleep(this.#durationMs / 3, true, { signal: both, ref: false }).catch(() => false);
    while (await pause()) {
      // A renewal may be tried again for long inside `replace`: the age is watched meanwhile.
      const watch = setInterval(() => this.#checkAge(), Math.max(20, this.#durationMs / 30)).unref();
      await this.#renew().finally(() => clearInterval(watch));
    }
  }

  async #renew(): Promise<void> {
    const began = { mono: performance.now(), wall: Date.now() };
    try {
      this.#object = await this.#api.replace({
        ...this.#object,
        spec: { ...specOf(this.#object), renewTime: micro() },
      });
      this.#renewed = began;
    } catch (error) {
      if (error instanceof KubeConflictError) await this.#look();
      else this.#options.log.debug(`lease ${this.#options.name} is not renewed: ${describeError(error)}`);
    }
    this.#checkAge();
  }

  /** Changed by another hand: a label does no harm, another holder does. */
  async #look(): Promise<void> {
    const now = await this.#api.get({ ...REF, ...place(this.#options) }).catch(() => this.#object);
    const holder = specOf(now).holderIdentity ?? '';
    if (now === undefined || holder !== this.#options.holder) {
      this.#lose(now === undefined ? 'it was deleted' : `${holder === '' ? 'nobody' : holder} holds it now`);
    } else {
      this.#object = now;
    }
  }

  /** By the longer of two clocks: the one stands still while the machine sleeps, the other may be set. */
  #checkAge(): void {
    const age = Math.max(performance.now() - this.#renewed.mono, Date.now() - this.#renewed.wall);
    if (age > this.#durationMs * SAFE_SHARE && !this.#stopped.signal.aborted) {
      this.#lose(`it could not be renewed for ${(age / 1000).toFixed(0)} s`);
    }
  }

  #lose(why: string): void {
    if (this.#lost.signal.aborted) return;
    this.#lost.abort(new InfraError(`lease ${this.#options.name} is lost: ${why}`));
  }
}

/** undefined when another one was faster. */
async function take(
  api: KubeApi,
  options: LeaseOptions,
  there: KubeObject | undefined,
  leaseTransitions: number,
): Promise<KubeObject | undefined> {
  const spec: LeaseSpec = {
    holderIdentity: options.holder,
    leaseDurationSeconds: Math.max(1, Math.round((options.durationMs ?? DURATION_MS) / 1000)),
    acquireTime: micro(),
    renewTime: micro(),
    leaseTransitions,
  };
  const metadata = {
    ...place(options),
    ...(options.labels === undefined ? {} : { labels: options.labels }),
    ...(options.owners === undefined ? {} : { ownerReferences: options.owners }),
  };
  try {
    return there === undefined
      ? await api.create({ ...REF, metadata, spec })
      : await api.replace({ ...there, spec });
  } catch (error) {
    if (error instanceof KubeConflictError) return undefined;
    throw error;
  }
}

function place({ name, namespace }: LeaseOptions): { name: string; namespace?: string } {
  return { name, ...(namespace === undefined ? {} : { namespace }) };
}

function specOf(object: KubeObject | undefined): LeaseSpec {
  return object?.['spec'] ?? {};
}

/** meta/v1 MicroTime. */
function micro(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
