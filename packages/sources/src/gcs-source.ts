/** `gs://bucket/object` (one object) or `gs://bucket/prefix` (a folder) on Google Cloud Storage. */
import { basename } from 'node:path/posix';
import { ConfigError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';
import { GcsClient } from './gcs-client.ts';
import type { GcsObject } from './gcs-client.ts';
import { chooseGoogleAccess } from './google-access.ts';
import type { GoogleSettings } from './google-access.ts';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export async function resolveGcs(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { bucket, name } = parseGcsAddress(parsed.rest);
  const { revision } = context;
  const source = `gs://${bucket}/${name}`;
  if (revision !== undefined && !/^\d{1,20}$/.test(revision))
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(revision)} is no generation of an object ${source}; a generation is a number`,
    );
  const client = await openGcs({ endpoint: context.endpoint, token: context.token }, context);
  if (name !== '' && !name.endsWith('/')) {
    const object = await client.stat(bucket, name, revision);
    if (object) {
      const file = gcsFile(client, bucket, object, basename(name));
      warnPacked([object], bucket, context);
      return { source, revision: object.generation, files: checkedFiles([file], source) };
    }
  }
  if (revision !== undefined)
    throw new ConfigError(
      `input \`revision\` = ${revision} is no generation of an object ${source}, or none that may be read; ` +
        'a folder has no generation of its own',
    );
  const prefix = name === '' || name.endsWith('/') ? name : `${name}/`;
  const objects = (await client.list(bucket, prefix))
    // An object that ends in a slash is what consoles write for a folder.
    .filter((object) => object.name.startsWith(prefix) && !object.name.endsWith('/'));
  if (objects.length === 0)
    throw new ConfigError(
      `${source} does not exist: there is no object under it in the bucket, and none of this name`,
    );
  warnPacked(objects, bucket, context);
  const files = objects.map((object) => gcsFile(client, bucket, object, object.name.slice(prefix.length)));
  const checked = checkedFiles(files, source);
  const revisionOf = listingDigest(checked.map((file) => ({ ...file, version: file.etag })));
  return { source, revision: revisionOf, files: checked };
}

/** An object as a file that can be opened at any byte; its etag is its generation. */
export function gcsFile(client: GcsClient, bucket: string, object: GcsObject, path: string): RemoteFile {
  return {
    path,
    bytes: object.bytes,
    hash: object.hash,
    etag: object.generation,
    acceptsRanges: true,
    open: (range, signal) => client.open(bucket, object, range, signal),
    locate: () => client.locate(bucket, object),
  };
}

/** A client by inputs and environment, its secrets masked. */
export async function openGcs(settings: GoogleSettings, context: SourceContext): Promise<GcsClient> {
  return new GcsClient(await chooseGoogleAccess(settings, context), context);
}

/** `bucket/name`, the name perhaps empty or ending in a slash. */
export function parseGcsAddress(rest: string): { bucket: string; name: string } {
  const match = /^([a-z0-9][a-z0-9._-]{1,221})(?:\/(.*))?$/s.exec(rest);
  const name = match?.[2] ?? '';
  const fault = name === '' ? undefined : describePathFault(name.replace(/\/$/, ''));
  if (!match?.[1] || fault !== undefined)
    throw new ConfigError(
      `\`gs://${rest}\` is no address in Google Cloud Storage${fault === undefined ? '' : ` (${fault})`}; ` +
        'write gs://bucket/object or gs://bucket/folder/',
    );
  return { bucket: match[1], name };
}

function warnPacked(objects: readonly GcsObject[], bucket: string, { log }: SourceContext): void {
  const packed = objects.filter((object) => object.packed);
  if (packed[0])
    log.untrusted(
      `gs://${bucket}/${packed[0].name}${packed.length > 1 ? ` and ${packed.length - 1} more` : ''}: stored packed ` +
        '(Content-Encoding gzip), and kept as stored',
    );
}
