/** Who brings the new version's pods up and ends them: we do, or a controller of the cluster that does it in its own way. */
import type { RolloutState } from '@sluice/host/types';
import { InfraError } from '@sluice/runtime/errors';
import { bringUp, reserve, specOf } from './bring-up.ts';
import type { Controller } from './controllers/controller.ts';
import { drain } from './drain.ts';
import { promotePods, takeBackPods } from './finish.ts';
import { untilServed } from './served.ts';
import type { KubeSite } from './site.ts';
import { stableTemplate } from './template.ts';

/** Every verb may be repeated, and looks at the cluster first: whoever comes after a dead driver goes on where it fell. */
export interface Mover {
  /** The new version's pods are ready, without users. */
  bringUp(state: RolloutState): Promise<void>;
  /** Whether they could carry this share now; asks for the room it needs, and doesn't wait for it. */
  reserve(state: RolloutState, weight: number): Promise<boolean>;
  promote(state: RolloutState, drainMs: number): Promise<void>;
  takeBack(state: RolloutState, drainMs: number): Promise<void>;
}

export function moverOf(site: KubeSite): Mover {
  if (site.controller !== null) return new ControlledMover(site, site.controller);
  return {
    bringUp: (state) => bringUp(site, state),
    reserve: (state, weight) => reserve(site, state, weight),
    promote: (state, drainMs) => promotePods(site, state, drainMs),
    takeBack: (state, drainMs) => takeBackPods(site, state, drainMs),
  };
}

class ControlledMover implements Mover {
  readonly #site: KubeSite;
  readonly #controller: Controller;

  constructor(site: KubeSite, controller: Controller) {
    this.#site = site;
    this.#controller = controller;
  }

  async bringUp(state: RolloutState): Promise<void> {
    const { canary, log, signal, startupTimeoutMs: timeoutMs, pollMs } = this.#site;
    const spec = specOf(state);
    const shares = state.steps.map(({ weight }) => weight);
    await this.#controller.begin(stableTemplate(spec), shares, spec.replicas);
    const isUp = ({ ready, wanted }: { ready: unknown[]; wanted: number }): boolean =>
      wanted > 0 && ready.length >= wanted;
    await canary.until('pods ready', isUp, { timeoutMs, signal, log, pollMs });
    await untilServed(this.#site, 'canary');
  }

  /** It makes the pods that a share needs before it gives the share. */
  reserve(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async promote(): Promise<void> {
    await this.#controller.promote();
    await this.#controller.settle('promoted');
  }

  async takeBack(state: RolloutState, drainMs: number): Promise<void> {
    const { canary, stable, log, driving: signal, startupTimeoutMs: timeoutMs, pollMs } = this.#site;
    const { port } = specOf(state);
    await this.#controller.abort();
    await drain(this.#site, (await canary.state())?.ready ?? [], port, drainMs);
    await this.#controller.settle('aborted');
    try {
      await stable.until('all pods ready', ({ ready, wanted }) => ready.length >= wanted, {
        ...{ timeoutMs, signal, log, pollMs },
      });
    } catch (error) {
      if (signal.aborted || !(error instanceof InfraError)) throw error;
      log.warning(`what was stable has all traffic again, but is not whole: ${error.message}`);
    }
  }
}
