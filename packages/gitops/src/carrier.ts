/** Waits until a commit is carried out: by the GitOps controller's own word, and by what the cluster's objects say. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi, ObjectRef } from '@sluice/kubernetes/types';
import { InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { formatDuration } from '@sluice/runtime/units';
import { missingIn, type Wish } from './carries.ts';
import type { Controller, Progress } from './controller.ts';
import { refOf } from './manifest-shapes.ts';
import type { Repository } from './repository.ts';

export interface CarrierOptions {
  /** The cluster itself, for looking. */
  cluster: KubeApi;
  repository: Repository;
  /** `refs/heads/main`. */
  ref: string;
  controllers: readonly Controller[];
  /** For one commit. */
  timeoutMs: number;
  /** Waiting doesn't help it any more; who asked for the commit looks why. */
  isStuck?: (ref: ObjectRef) => Promise<boolean>;
  log: Logger;
  signal: AbortSignal;
  pollMs?: number;
}

const POLL_MS = 2_000;
/** The controller is done, and the object still says something else. */
const IGNORED_MS = 60_000;

export class Carrier {
  readonly #options: CarrierOptions;
  readonly #known = new Map<string, boolean>();
  #nudges = true;

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  /**
   * @param sha of the commit, as it stands on the branch
   * @throws InfraError when it isn't carried out in time, with what is missing in the controller's own words
   */
  async wait(sha: string, wishes: readonly Wish[]): Promise<void> {
    const { controllers, timeoutMs, log, signal, pollMs = POLL_MS } = this.#options;
    const end = Date.now() + timeoutMs;
    const contains = (revision: string): Promise<boolean> => this.#contains(sha, revision);
    const touched = wishes.filter(({ gone }) => !gone).map(({ object }) => object);
    await this.#nudge();
    let told = '';
    let doneAt: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      const progress: Progress[] = [];
      for (const controller of controllers) progress.push(await controller.progress(contains, touched));
      const missing = await this.#missing(wishes);
      const late = progress.filter(({ done }) => !done);
      if (late.length === 0 && missing === undefined) return;
      const why = [...late.map((each) => each.why), ...(missing === undefined ? [] : [missing])].join('; ');
      const failed = late.find((each) => each.failed === true);
      if (failed !== undefined)
        throw new InfraError(`commit ${sha.slice(0, 12)} is not carried out: ${failed.why}`);
      if (missing === undefined && (await this.#isStuck(wishes))) return;
      doneAt = late.length === 0 && controllers.length > 0 ? (doneAt ?? Date.now()) : undefined;
      if (doneAt !== undefined && Date.now() - doneAt > IGNORED_MS)
        throw new InfraError(
          `${controllers.map(({ what }) => what).join(' and ')} has carried out commit ${sha.slice(0, 12)}, and still ${missing}: does it ignore this field (ignoreDifferences), apply another path, or does somebody else write it?`,
        );
      if (Date.now() > end)
        throw new InfraError(
          `commit ${sha.slice(0, 12)} was not carried out in ${formatDuration(timeoutMs)}: ${why}`,
        );
      if (why !== told) log.info(`waiting for commit ${sha.slice(0, 12)}: ${why}`);
      told = why;
      await sleep(pollMs, undefined, { signal });
    }
  }

  async #missing(wishes: readonly Wish[]): Promise<string | undefined> {
    for (const wish of wishes) {
      const missing = missingIn(await this.#options.cluster.get(refOf(wish.object)), wish);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  async #isStuck(wishes: readonly Wish[]): Promise<boolean> {
    for (const { object, gone } of wishes)
      if (!gone && (await this.#options.isStuck?.(refOf(object))) === true) return true;
    return false;
  }

  async #contains(sha: string, revision: string): Promise<boolean> {
    if (revision === '') return false;
    if (revision === sha) return true;
    const { repository, ref } = this.#options;
    const key = `${sha} ${revision}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // A revision after ours may have come by others' pushes.
    const tip = await repository.fetch(ref);
    const there = tip !== undefined && (await repository.contains(revision, tip));
    const held = there && (await repository.contains(sha, revision));
    if (there) this.#known.set(key, held);
    return held;
  }

  /** Once refused, never asked again: credentials that can only read suffice. */
  async #nudge(): Promise<void> {
    if (!this.#nudges) return;
    for (const controller of this.#options.controllers)
      await controller.nudge().catch(() => {
        this.#nudges = false;
      });
  }
}
