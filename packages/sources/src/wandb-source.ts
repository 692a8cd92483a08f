/**
 * `wandb:entity/project/name:alias`: a W&B artifact, of a project or a registry. The revision is `v<n>@<digest>`, the
 * digest binding every path and md5 of the manifest. Entries that refer elsewhere are followed to S3 (by version and ETag)
 * and https (by ETag); any other place is refused by name.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { OtherSource } from './grammar.ts';
import { bareEtag, fetchRemote, rangeHeader, takeBody } from './remote-http.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';
import type { WandbName } from './wandb-client.ts';
import { shown, WandbClient } from './wandb-client.ts';
import { readManifest } from './wandb-manifest.ts';
import type { ManifestEntry } from './wandb-manifest.ts';
import { mapWide } from './map-wide.ts';

export interface WandbAddress extends WandbName {
  alias: string;
  /** `…:v3@<digest>`, as our own revisions are written. */
  digest: string | null;
}

const REFERENCES_AT_ONCE = 8;

export async function resolveWandb(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const address = parseWandbAddress(parsed.rest, context.revision);
  const name: WandbName = {
    entity: address.entity,
    project: address.project,
    collection: address.collection,
  };
  const client = new WandbClient(context);
  const { id, version, digest } = await client.artifact(name, address.alias);
  const source = shown(name, version);
  if (address.digest !== null && address.digest !== digest)
    throw new ConfigError(`${source} has the digest ${digest}, not ${address.digest} as was asked`);
  const { entries, otherHash } = readManifest(await client.manifest(id, source), digest, source);
  if (entries.length === 0) throw new ConfigError(`${source} exists, and holds no file`);
  if (otherHash)
    context.log.warning(`${source} is hashed by XXH128: sizes are checked, its own hashes can't be`);
  const own = entries.filter(({ ref }) => ref === null);
  const urls = own.length > 0 ? await client.fileUrls(name, version) : new Map<string, string>();
  const files = await mapWide(entries, REFERENCES_AT_ONCE, (entry) => {
    if (entry.ref !== null) return followReference(entry, entry.ref, source, context);
    const url = urls.get(entry.path);
    if (url === undefined)
      throw new InfraError(`${source}: W&B names no address for ${JSON.stringify(entry.path)}`);
    return Promise.resolve(storedFile(client, name, version, entry, url, context));
  });
  return { source, revision: `${version}@${digest}`, files: checkedFiles(files, source) };
}

/** A file in W&B's own store: signed addresses, which get no key, and which run out. */
function storedFile(
  client: WandbClient,
  name: WandbName,
  version: string,
  entry: ManifestEntry,
  first: string,
  context: SourceContext,
): RemoteFile {
  const { path, bytes, md5 } = entry;
  let url = first;
  let handedOut = false;
  const refresh = async (): Promise<void> => {
    url = (await client.freshUrl(name, version, path)) ?? url;
  };
  const expected = { name: `${shown(name, version)} ${path}`, bytes, etag: null, encodingIsMetadata: true };
  return {
    path,
    bytes,
    hash: md5 === null ? null : { algorithm: 'md5', value: md5 },
    // The content's own name, in whatever hash it is.
    etag: md5 === null ? entry.digest : null,
    acceptsRanges: true,
    open: async (range, signal) => {
      const ask = () => fetchRemote({ url, headers: rangeHeader(range) }, { ...context, signal });
      let response = await ask();
      if ([400, 401, 403].includes(response.status)) {
        response.body.on('error', () => undefined).destroy();
        await refresh();
        response = await ask();
      }
      return takeBody(response, range, expected);
    },
    locate: async () => {
      if (handedOut) await refresh();
      handedOut = true;
      return { url, headers: () => ({}), etag: null };
    },
  };
}

/** An entry whose bytes are not W&B's. Endpoint and token that were given are W&B's: no other server gets them. */
async function followReference(
  entry: ManifestEntry,
  ref: string,
  source: string,
  { env, log, signal, workspace, addSecret }: SourceContext,
): Promise<RemoteFile> {
  const own: SourceContext = { env, log, signal, workspace, ...(addSecret && { addSecret }) };
  const what = `${source}: ${JSON.stringify(entry.path)} refers to ${JSON.stringify(ref.replace(/\?.*$/s, ''))}`;
  const [file, etag] = ref.startsWith('s3://')
    ? await openS3Reference(entry, ref, own, what)
    : ref.startsWith('https://')
      ? await openWebReference(ref, own)
      : [];
  if (!file) throw new ConfigError(`${what}, which is not followed; s3:// and https:// references are`);
  // An artifact made with checksum=False repeats the address where the ETag would stand.
  if (entry.digest !== ref && etag !== undefined && etag !== entry.digest)
    throw new ConfigError(
      `${what}, which changed since the artifact was made (ETag ${etag}, was ${entry.digest})`,
    );
  if (entry.bytes !== null && file.bytes !== null && entry.bytes !== file.bytes)
    throw new ConfigError(`${what}, which has ${file.bytes} bytes now and had ${entry.bytes}`);
  return { ...file, path: entry.path };
}

async function openS3Reference(
  { versionId }: ManifestEntry,
  ref: string,
  context: SourceContext,
  what: string,
): Promise<[RemoteFile, string]> {
  const { openS3, parseS3Address, s3File } = await import('./s3-source.ts');
  const { bucket, key } = parseS3Address(ref.slice('s3://'.length).replace(/\?versionId=[^&]*$/, ''));
  const client = await openS3({ endpoint: undefined }, context);
  const object = await client.head(bucket, key, versionId ?? undefined);
  if (!object) throw new ConfigError(`${what}, which does not exist`);
  return [s3File(client, bucket, object, 'object'), bareEtag(object.etag ?? '')];
}

async function openWebReference(
  ref: string,
  context: SourceContext,
): Promise<[RemoteFile, string | undefined]> {
  const { resolveWeb } = await import('./web-source.ts');
  const [file] = (await resolveWeb({ given: ref }, context)).files;
  if (!file) throw new InfraError(`${ref} holds no file`);
  return [file, file.etag === null ? undefined : bareEtag(file.etag)];
}

/** `revision` stands in for the alias; without either it is `latest`, as in W&B's own client. */
export function parseWandbAddress(rest: string, revision: string | undefined): WandbAddress {
  const part = '[^/:@\\s]+';
  const match = new RegExp(`^(${part})/(${part})/(${part})(?::([^/:@\\s]+)(?:@([0-9a-f]{32}))?)?$`).exec(
    rest,
  );
  const [, entity, project, collection, said, saidDigest] = match ?? [];
  if (entity === undefined || project === undefined || collection === undefined)
    throw new ConfigError(
      `\`wandb:${rest}\` is no W&B artifact; write wandb:entity/project/name:alias, such as wandb:acme/llm/weights:production`,
    );
  const given = /^([^/@\s]+?)(?:@([0-9a-f]{32}))?$/.exec(revision ?? '');
  if (revision !== undefined && !given)
    throw new ConfigError(
      `\`revision\` = ${JSON.stringify(revision)} is no alias or version of a W&B artifact`,
    );
  const alias = said ?? given?.[1] ?? 'latest';
  if (given && given[1] !== alias)
    throw new ConfigError(
      `wandb:${rest} says one version and \`revision\` = ${JSON.stringify(revision)} another; give one of them`,
    );
  return { entity, project, collection, alias, digest: saidDigest ?? given?.[2] ?? null };
}
