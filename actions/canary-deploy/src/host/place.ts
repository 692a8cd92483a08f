/** One machine: a supervisor that starts servers behind its weighted router. */
import type { HostClient } from '@sluice/host/client';
import { hostLayout } from '@sluice/host/layout';
import type { ServerSpec } from '@sluice/host/types';
import { HostTarget, planLines } from '@sluice/rollout/host-target';
import { thisOwner } from '@sluice/rollout/owner';
import { rolloutLock } from '@sluice/rollout/rollout-lock';
import type { Step } from '@sluice/rollout/steps';
import type { TargetStatus, VersionSpec } from '@sluice/rollout/target';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { InfraError } from '@sluice/runtime/errors';
import type { Inputs } from '../inputs.gen.ts';
import { hostInputs, type HostInputs } from './inputs.ts';
import type { Place, Site } from '../place.ts';
import type { Release } from '../release.ts';

interface Address {
  stateDir: string;
  service: string;
}

export class HostPlace implements Place {
  readonly kind = 'host';
  readonly name: string;
  readonly #inputs: HostInputs;
  readonly #context: ActionContext;
  readonly #stateDir: string;

  private constructor(inputs: HostInputs, context: ActionContext, stateDir: string) {
    this.name = inputs.service;
    this.#inputs = inputs;
    this.#context = context;
    this.#stateDir = stateDir;
  }

  static async open(inputs: Inputs, context: ActionContext): Promise<HostPlace> {
    const { defaultStateDir } = await import('@sluice/host/layout');
    return new HostPlace(hostInputs(inputs), context, inputs.stateDir ?? (await defaultStateDir()));
  }

  get #address(): Address {
    return { stateDir: this.#stateDir, service: this.#inputs.service };
  }

  /** A service whose supervisor has died is brought back first, with its history and quarantine; not for a dry run. */
  async before(): Promise<TargetStatus | undefined> {
    const client = await (this.#inputs.dryRun ? this.#connect() : this.#revive());
    return client === undefined ? statusOnDisk(this.#address) : new HostTarget(client).status();
  }

  async readRelease(before: TargetStatus | undefined): Promise<Release> {
    const { readRelease } = await import('./release.ts');
    return readRelease(this.#inputs, this.#context, before, hostLayout(this.#stateDir, this.name));
  }

  plan(release: Release, before: TargetStatus | undefined, steps: readonly Step[]): Promise<string[]> {
    return Promise.resolve(planLines(before?.stable ?? null, release.spec, steps));
  }

  async begin(): Promise<Site> {
    const { ensureHost } = await import('@sluice/host/client');
    const { listen } = this.#inputs;
    const { log, signal, bundle } = this.#context;
    const client = await ensureHost({ ...this.#address, listen, bundle, log, signal });
    return siteOf(client, this.#address, this.#context);
  }

  async find(): Promise<Site | undefined> {
    const client = await this.#revive();
    return client === undefined ? undefined : siteOf(client, this.#address, this.#context);
  }

  async nothingThere(): Promise<ActionResult> {
    const { nothingThere } = await import('./status.ts');
    return nothingThere(this.#inputs, this.#stateDir);
  }

  async tellStatus(): Promise<ActionResult> {
    const { tellStatus } = await import('./status.ts');
    const client = await this.#connect();
    return client === undefined ? this.nothingThere() : tellStatus(await client.status(), this.#stateDir);
  }

  async remove(): Promise<ActionResult> {
    const { remove } = await import('./status.ts');
    const client = await this.#connect();
    return client === undefined ? this.nothingThere() : remove(client, this.#inputs, this.#context);
  }

  async #connect(): Promise<HostClient | undefined> {
    const { connectHost } = await import('@sluice/host/client');
    return connectHost(this.#address);
  }

  async #revive(): Promise<HostClient | undefined> {
    const { findHost } = await import('@sluice/host/client');
    const { log, signal, bundle } = this.#context;
    return findHost({ ...this.#address, listen: this.#inputs.listen, bundle, log, signal });
  }
}

/** For `post`, which has nothing but what main saved. */
export async function hostSiteAgain(
  saved: Record<string, unknown>,
  context: ActionContext,
): Promise<Site | undefined> {
  const address = { stateDir: String(saved['stateDir']), service: String(saved['service']) };
  const { findHost } = await import('@sluice/host/client');
  const { log, signal, bundle } = context;
  const client = await findHost({ ...address, bundle, log, signal });
  return client === undefined ? undefined : siteOf(client, address, context);
}

async function siteOf(client: HostClient, address: Address, context: ActionContext): Promise<Site> {
  const { log, run, signal } = context;
  const target = new HostTarget(client, Date.now, (text) => log.warning(text));
  return {
    target,
    owner: await thisOwner(run.url),
    exclusive: rolloutLock(address.stateDir, address.service),
    signal,
    saved: { ...address },
    previewOf: async (mark) => `http://${(await client.status()).listen} with ${mark}`,
    publicRoute: async () => {
      const { listen } = await client.status();
      const { askAt } = await import('@sluice/rollout/ask-at');
      return askAt(`http://${listen.replace(/^(0\.0\.0\.0|\[::\])/, '127.0.0.1')}`);
    },
    install: (spec) => installed(target, spec, context, address.stateDir),
    // It may be down just now: this waits until its supervisor has it up again, or says why not.
    ensureServing: async (version) => {
      const server = (await client.status()).servers.find((one) => one.version === version);
      if (server !== undefined) await client.startServer(server.spec, 'stable');
    },
    close: () => Promise.resolve(),
  };
}

/** The server runs from the installed copy of the bundle: the runner deletes the action's own folder. */
async function installed(
  target: HostTarget,
  given: VersionSpec,
  { bundle, log }: ActionContext,
  stateDir: string,
): Promise<ServerSpec> {
  const spec = target.readSpec(given);
  if (spec === undefined) throw new InfraError(`${given.version} doesn't say how to start its server`);
  if (!spec.args.includes(bundle)) return spec;
  const { installBundle } = await import('@sluice/host/install');
  const { installNode } = await import('@sluice/host/node-copy');
  const { bin } = hostLayout(stateDir, 'any');
  const copy = await installBundle(bin, bundle);
  return {
    ...spec,
    // So does an update of the runner with its Node.
    command: spec.command === process.execPath ? await installNode(bin, log) : spec.command,
    args: spec.args.map((word) => (word === bundle ? copy : word)),
  };
}

/** For a dry run beside a dead supervisor, and for the history of a service that was removed. */
async function statusOnDisk({ stateDir, service }: Address): Promise<TargetStatus | undefined> {
  const { readStoredState } = await import('@sluice/host/state');
  const state = await readStoredState(hostLayout(stateDir, service).state, service);
  if (state === undefined) return undefined;
  const versions = state.servers.map(({ spec, track, weight }) => ({
    version: spec.version,
    releaseDigest: spec.releaseDigest,
    track,
    phase: 'stopped',
    weight,
    spec,
  }));
  return { ...state, versions };
}
