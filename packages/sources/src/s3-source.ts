/** `s3://bucket/key` (one object) or `s3://bucket/prefix` (a folder), on AWS or what speaks like it. */
import { basename } from 'node:path/posix';
import { ConfigError } from '@sluice/runtime/errors';
import { chooseS3Access } from './aws-access.ts';
import type { S3Settings } from './aws-access.ts';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { mapWide } from './map-wide.ts';
import { describePathFault } from '@sluice/runtime/safe-path';
import { checkedFiles } from './safe-path.ts';
import { S3Client } from './s3-client.ts';
import type { S3Object } from './s3-client.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

const WIDTH = 16;

export async function resolveS3(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { bucket, key } = parseS3Address(parsed.rest);
  const client = await openS3({ endpoint: context.endpoint }, context);
  const source = `s3://${bucket}/${key}`;
  if (key !== '' && !key.endsWith('/')) {
    const object = await client.head(bucket, key, context.revision);
    if (object) {
      const file = s3File(client, bucket, object, basename(key));
      const revision = object.versionId ?? listingDigest([file]);
      return { source, revision, files: checkedFiles([file], source) };
    }
  }
  if (context.revision !== undefined) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} is no version id of an object ${source}; ` +
        'a folder has no version of its own',
    );
  }
  return resolveFolder(client, bucket, key, source);
}

async function resolveFolder(
  client: S3Client,
  bucket: string,
  key: string,
  source: string,
): Promise<ResolvedSource> {
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  const listed = (await client.list(bucket, prefix))
    // An empty object that ends in a slash is what consoles write for a folder.
    .filter((entry) => entry.key.startsWith(prefix) && !entry.key.endsWith('/'))
    .map((entry) => ({ path: entry.key.slice(prefix.length), key: entry.key }));
  if (listed.length === 0) {
    throw new ConfigError(
      `${source} does not exist: there is neither an object of this name nor one below it`,
    );
  }
  const files = await mapWide(checkedFiles(listed, source), WIDTH, async ({ path, key: own }) => {
    const object = await client.head(bucket, own);
    if (!object) throw new ConfigError(`s3://${bucket}/${own} is listed, and may not be read`);
    return { file: s3File(client, bucket, object, path), version: object.versionId };
  });
  const revision = listingDigest(files.map(({ file, version }) => ({ ...file, version })));
  return { source, revision, files: files.map(({ file }) => file) };
}

/** An object as a file that can be opened at any byte. */
export function s3File(client: S3Client, bucket: string, object: S3Object, path: string): RemoteFile {
  return {
    path,
    bytes: object.bytes,
    hash: object.hash,
    etag: object.etag,
    acceptsRanges: true,
    open: (range, signal) => client.open(bucket, object, range, signal),
    locate: () => Promise.resolve(client.locate(bucket, object)),
  };
}

/** A client by inputs and environment, its secrets masked. */
export async function openS3(settings: S3Settings, context: SourceContext): Promise<S3Client> {
  const access = await chooseS3Access(settings, context.env);
  if (access.credentials) {
    context.addSecret?.(access.credentials.secretAccessKey);
    if (access.credentials.sessionToken !== undefined) context.addSecret?.(access.credentials.sessionToken);
  }
  return new S3Client(access, context);
}

/** `bucket/key`, the key perhaps empty or ending in a slash. */
export function parseS3Address(rest: string): { bucket: string; key: string } {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]{0,254})(?:\/(.*))?$/s.exec(rest);
  const key = match?.[2] ?? '';
  const fault = key === '' ? undefined : describePathFault(key.replace(/\/$/, ''));
  if (!match?.[1] || fault !== undefined) {
    throw new ConfigError(
      `\`s3://${rest}\` is no S3 address${fault === undefined ? '' : ` (${fault})`}; write s3://bucket/key or s3://bucket/folder/`,
    );
  }
  return { bucket: match[1], key };
}
