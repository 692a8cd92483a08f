/**
 * `lakefs://repository/ref/path`: an object or all below a path, of the commit that the ref stands for. The revision is
 * the commit's id, and every object is read by it: what a branch holds uncommitted is no part of it.
 */
import { basename } from 'node:path/posix';
import { ConfigError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';
import type { OtherSource } from './grammar.ts';
import { chooseLakefsServer } from './lakefs-access.ts';
import type { LakefsObject } from './lakefs-client.ts';
import { LakefsClient } from './lakefs-client.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export interface LakefsAddress {
  repository: string;
  ref: string;
  /** Without slashes at its ends; empty for the whole repository. */
  path: string;
  /** It ended in a slash, or is empty: a folder alone is meant. */
  folder: boolean;
}

export async function resolveLakefs(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { repository, ref, path, folder } = parseLakefsAddress(parsed.rest);
  const client = new LakefsClient(await chooseLakefsServer(context), context);
  const commit = await client.commitOf(repository, ref);
  const source = `lakefs://${repository}/${ref}${path === '' ? '' : `/${path}`}`;
  checkRevision(context.revision, ref, commit, source);
  if (commit !== ref && (await client.hasUncommitted(repository, ref)))
    context.log.warning(`${source} has changes that are not committed; they are no part of ${commit}`);
  const single = folder ? undefined : await client.stat(repository, commit, path);
  const file = (object: LakefsObject, name: string): RemoteFile =>
    lakefsFile(client, [repository, commit], object, name);
  if (single)
    return { source, revision: commit, files: checkedFiles([file(single, basename(path))], source) };
  const prefix = path === '' ? '' : `${path}/`;
  const files = (await client.list(repository, commit, prefix))
    // An empty object that ends in a slash is what S3 tools write for a folder.
    .filter((object) => object.path.startsWith(prefix) && !object.path.endsWith('/'))
    .map((object) => file(object, object.path.slice(prefix.length)));
  if (files.length === 0)
    throw new ConfigError(
      `${source} does not exist at commit ${commit}: no object of this name, and none below it`,
    );
  return { source, revision: commit, files: checkedFiles(files, source) };
}

/** `revision` beside a ref is what a card pins: the ref must be at it. */
function checkRevision(revision: string | undefined, ref: string, commit: string, source: string): void {
  if (revision === undefined || revision === ref) return;
  if (/^[0-9a-f]{6,64}$/.test(revision) && commit.startsWith(revision)) return;
  throw new ConfigError(
    `${source} is at commit ${commit}, not at \`revision\` = ${JSON.stringify(revision)}; ` +
      'write that commit or tag in the address instead of the branch',
  );
}

function lakefsFile(
  client: LakefsClient,
  [repository, commit]: [string, string],
  object: LakefsObject,
  path: string,
): RemoteFile {
  const { checksum, bytes } = object;
  return {
    path,
    bytes,
    hash: /^[0-9a-f]{32}$/.test(checksum) ? { algorithm: 'md5', value: checksum } : null,
    etag: checksum,
    acceptsRanges: true,
    open: (range, signal) => client.open([repository, commit], object, range, signal),
    locate: () => {
      const url = client.objectUrl(repository, commit, object.path);
      return Promise.resolve({ url, headers: () => client.authorize(new URL(url)), etag: checksum });
    },
  };
}

export function parseLakefsAddress(rest: string): LakefsAddress {
  const match = /^([a-z0-9][a-z0-9-]{2,62})\/([^/\s]+)(?:\/(.*))?$/s.exec(rest);
  const given = match?.[3] ?? '';
  const path = given.replace(/\/+$/, '');
  const fault = path === '' ? undefined : describePathFault(path);
  if (!match?.[1] || !match[2] || fault !== undefined) {
    throw new ConfigError(
      `\`lakefs://${rest}\` is no lakeFS address${fault === undefined ? '' : ` (${fault})`}; ` +
        'write lakefs://repository/ref/path, the ref a branch, tag or commit',
    );
  }
  return { repository: match[1], ref: match[2], path, folder: path !== given || path === '' };
}
