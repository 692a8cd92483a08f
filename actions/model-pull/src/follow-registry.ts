/** Names in registries that stand for weights elsewhere: MLflow's versions that a hub keeps, and aliases in a bucket. */
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource, type OtherSource } from '@sluice/sources/grammar';
import { chooseEndpoint, chooseToken } from '@sluice/sources/hub-address';
import type { SourceContext } from '@sluice/sources/source';
import type { Inputs } from './inputs.gen.ts';
import type { Wanted } from './wanted.ts';

/**
 * `wanted` as it is, or what it stands for, by commit and digest. Token and address that were given are the registry's; a hub's
 * own come from the environment.
 *
 * @throws ConfigError for an address at the hub that can't be, or an alias that points nowhere
 */
export async function followRegistry(
  wanted: Wanted,
  inputs: Inputs,
  context: Pick<ActionContext, 'env' | 'log' | 'signal' | 'addSecret'>,
): Promise<Wanted> {
  const { source } = wanted;
  if ((source.kind !== 'mlflow' && source.kind !== 's3') || wanted.offline) return wanted;
  const { env, log, signal } = context;
  const asked: SourceContext = {
    ...{ env, log, signal, workspace: wanted.workspace, stallTimeoutMs: inputs.timeout },
    addSecret: (value) => context.addSecret(value),
    ...(wanted.token && { token: wanted.token.value }),
    ...(inputs.endpoint !== undefined && { endpoint: inputs.endpoint }),
    ...(wanted.revision !== '' && { revision: wanted.revision }),
  };
  const followed =
    source.kind === 's3' ? await followS3(wanted, source, asked) : await followMlflow(wanted, source, asked);
  if (followed === undefined) return wanted;
  const token = followed.source.kind === 'hub' ? chooseToken(undefined, env) : wanted.token;
  if (token) context.addSecret(token.value);
  log.info(`${followed.reference.path} is ${followed.name}`);
  return { ...wanted, ...followed, token };
}

type Followed = Pick<Wanted, 'source' | 'name' | 'revision' | 'endpoint'> & {
  reference: NonNullable<Wanted['reference']>;
};

async function followS3(
  wanted: Wanted,
  { given, rest }: OtherSource,
  context: SourceContext,
): Promise<Followed | undefined> {
  const { findS3Version } = await import('@sluice/sources/s3-alias');
  const found = await findS3Version(rest, context);
  if (found === undefined) return undefined;
  return {
    source: parseSource(found.uri, wanted.input) as OtherSource,
    name: found.uri,
    ...{ revision: wanted.revision, endpoint: wanted.endpoint },
    reference: { path: given, digest: found.digest, sha256: null, lineage: {} },
  };
}

async function followMlflow(
  wanted: Wanted,
  { given }: OtherSource,
  context: SourceContext,
): Promise<Followed | undefined> {
  const { findHubVersion } = await import('@sluice/sources/mlflow-source');
  const found = await findHubVersion(given, context);
  if (found === undefined) return undefined;
  const hub = parseSource(found.uri, wanted.input);
  if (hub.kind !== 'hub' || !/^[0-9a-f]{40}$/.test(hub.revision ?? ''))
    throw new ConfigError(
      `${found.address} stands for ${found.uri}, which names no commit: it may be another model by now; register it anew with one`,
    );
  return {
    source: hub,
    name: `hf://${hub.repo}`,
    revision: hub.revision ?? '',
    endpoint: chooseEndpoint(undefined, context.env),
    reference: { path: found.address, digest: found.digest, sha256: null, lineage: {} },
  };
}
