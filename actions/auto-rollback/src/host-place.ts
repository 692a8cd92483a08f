/** A service on one machine: its supervisor, and a router that sees every request. */
import { findHost, type HostClient } from '@sluice/host/client';
import { defaultStateDir } from '@sluice/host/layout';
import { HostTarget } from '@sluice/rollout/host-target';
import { thisOwner } from '@sluice/rollout/owner';
import { rolloutLock } from '@sluice/rollout/rollout-lock';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { serviceOf } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Place } from './place.ts';

interface Address {
  stateDir: string;
  service: string;
}

/** @throws ConfigError where no such service runs */
export async function openHostPlace(inputs: Inputs, context: ActionContext): Promise<Place> {
  const stateDir = inputs.stateDir ?? (await defaultStateDir());
  const address = { stateDir, service: serviceOf(inputs) };
  const client = await connect(address, context);
  if (client === undefined) {
    throw new ConfigError(
      `input \`service\` = "${address.service}": no such service runs in ${stateDir}; check \`service\` and \`state-dir\`, or deploy it`,
    );
  }
  return placeOf(client, address, context);
}

export async function hostPlaceAgain(
  saved: Record<string, unknown>,
  context: ActionContext,
): Promise<Place | undefined> {
  const address = { stateDir: String(saved['stateDir']), service: String(saved['service']) };
  const client = await connect(address, context);
  return client === undefined ? undefined : placeOf(client, address, context);
}

function connect(address: Address, { log, signal, bundle }: ActionContext): Promise<HostClient | undefined> {
  return findHost({ ...address, bundle, log, signal });
}

function placeOf(client: HostClient, address: Address, { log, run, signal }: ActionContext): Place {
  const target = new HostTarget(client, Date.now, (text) => log.warning(text));
  return {
    kind: 'host',
    name: address.service,
    target,
    check: () => Promise.resolve([]),
    begin: async () => ({
      target,
      owner: await thisOwner(run.url),
      exclusive: rolloutLock(address.stateDir, address.service),
      signal,
      saved: { ...address },
      ready: (spec) => Promise.resolve({ spec }),
      close: () => Promise.resolve(),
    }),
  };
}
