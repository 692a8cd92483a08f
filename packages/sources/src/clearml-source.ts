/**
 * `clearml:<model id>`: a model of ClearML's registry. ClearML keeps an address; what that names (its file server, S3, GCS,
 * Azure, a web address) is read by the source of that kind. The revision is the model's id and what that source resolved.
 */
import { ConfigError } from '@sluice/runtime/errors';
import { ClearmlClient } from './clearml-client.ts';
import type { ClearmlModel } from './clearml-client.ts';
import type { OtherSource } from './grammar.ts';
import { variable } from './server-address.ts';
import type { DrivenSource, ResolvedSource, SourceContext } from './source.ts';

type Resolve = (parsed: DrivenSource, context: SourceContext) => Promise<ResolvedSource>;

/** @param resolve resolves the address that the model names */
export async function resolveClearml(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
  resolve: Resolve,
): Promise<ResolvedSource> {
  const id = parsed.rest.trim();
  if (!/^[0-9a-fA-F]{32}$/.test(id))
    throw new ConfigError(
      `\`clearml:${id}\` is no model id; write clearml:<32 hex digits>, as the model's page in ClearML shows it`,
    );
  if (context.revision !== undefined)
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} has no meaning for a ClearML model; its id names one`,
    );
  const client = new ClearmlClient(context);
  const model = await client.model(id);
  if (!model.ready)
    context.log.warning(`clearml:${id} is a draft: it may still change; publish it to have it fixed`);
  if (model.packaged)
    context.log.notice(`clearml:${id} is a package: its files come in one zip, as ClearML keeps them`);
  const own = client.isFileServer(model.uri);
  const { env, log, signal, workspace, addSecret, stallTimeoutMs } = context;
  // Endpoint and token that were given are ClearML's: what keeps the weights is asked with its own.
  const resolved = await resolve(pointer(model, env), {
    ...{ env, log, signal, workspace },
    ...(addSecret && { addSecret }),
    ...(stallTimeoutMs !== undefined && { stallTimeoutMs }),
    ...(own && { token: await client.login() }),
  });
  return { ...resolved, source: `clearml:${id}`, revision: `${id}@${resolved.revision}` };
}

/** What a model's address is in the grammar of sources. */
export function pointer({ id, uri }: Pick<ClearmlModel, 'id' | 'uri'>, env: NodeJS.ProcessEnv): OtherSource {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(uri) ?? [];
  switch (scheme.toLowerCase()) {
    case 'http':
    case 'https':
      return { kind: 'https', given: uri, rest };
    case 's3': {
      const plain = withoutServer(id, rest, env);
      return { kind: 's3', given: `s3://${plain}`, rest: plain };
    }
    case 'gs':
      return { kind: 'gs', given: uri, rest };
    case 'azure': {
      // azure://account.blob.core.windows.net/container/blob
      const plain = rest.replace(/^([^./]+)\.[^/]*/, '$1');
      return { kind: 'az', given: `az://${plain}`, rest: plain };
    }
    default:
      throw new ConfigError(
        `clearml:${id} is kept at ${JSON.stringify(uri.slice(0, 80))}, which can't be read from here; upload it to ` +
          "ClearML's file server, S3, GCS, Azure or a web address",
      );
  }
}

/** ClearML writes stores other than AWS as `s3://host:port/bucket/key`; which server that is must be said by us too. */
function withoutServer(id: string, rest: string, env: NodeJS.ProcessEnv): string {
  const server = /^([^/]+:\d+)\/(.+)$/s.exec(rest);
  if (server?.[1] === undefined || server[2] === undefined) return rest;
  const known = variable(env, 'AWS_ENDPOINT_URL_S3') ?? variable(env, 'AWS_ENDPOINT_URL');
  if (URL.parse(known ?? '')?.host === server[1]) return server[2];
  throw new ConfigError(
    `clearml:${id} is kept in S3 at ${server[1]}; set \`AWS_ENDPOINT_URL_S3\` to that server, and its keys`,
  );
}
