/** A version in MLflow's registry whose weights a hub keeps is pulled from there, by commit and digest. */
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource } from '@sluice/sources/grammar';
import { chooseEndpoint, chooseToken } from '@sluice/sources/hub-address';
import type { Inputs } from './inputs.gen.ts';
import type { Wanted } from './wanted.ts';

/**
 * `wanted` as it is, or the hub's repository that it stands for. Token and address that were given are MLflow's; the hub's own
 * come from the environment.
 *
 * @throws ConfigError for an address at the hub that can't be
 */
export async function followRegistry(
  wanted: Wanted,
  inputs: Inputs,
  context: Pick<ActionContext, 'env' | 'log' | 'signal' | 'addSecret'>,
): Promise<Wanted> {
  const { source } = wanted;
  if (source.kind !== 'mlflow' || wanted.offline) return wanted;
  const { env, log, signal } = context;
  const { findHubVersion } = await import('@sluice/sources/mlflow-source');
  const found = await findHubVersion(source.given, {
    ...{ env, log, signal, workspace: wanted.workspace, stallTimeoutMs: inputs.timeout },
    addSecret: (value) => context.addSecret(value),
    ...(wanted.token && { token: wanted.token.value }),
    ...(inputs.endpoint !== undefined && { endpoint: inputs.endpoint }),
    ...(wanted.revision !== '' && { revision: wanted.revision }),
  });
  if (found === undefined) return wanted;
  const hub = parseSource(found.uri, wanted.input);
  if (hub.kind !== 'hub' || !/^[0-9a-f]{40}$/.test(hub.revision ?? ''))
    throw new ConfigError(
      `${found.address} stands for ${found.uri}, which names no commit: it may be another model by now; register it anew with one`,
    );
  const token = chooseToken(undefined, env);
  if (token) context.addSecret(token.value);
  log.info(`${found.address} is ${found.uri}`);
  return {
    ...wanted,
    source: hub,
    name: `hf://${hub.repo}`,
    revision: hub.revision ?? '',
    endpoint: chooseEndpoint(undefined, env),
    token,
    reference: { path: found.address, digest: found.digest, lineage: {} },
  };
}
