/**
 * `webhdfs://host:port/path` (`swebhdfs://` by TLS): a file or all below a folder of HDFS. HDFS has no versions: the revision
 * is a digest over paths, lengths and modification times, and each file is looked at again when its bytes have come.
 */
import { basename } from 'node:path/posix';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { mapWide } from './map-wide.ts';
import { checkedFiles } from './safe-path.ts';
import { variable, warnOfPlainHttp } from './server-address.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';
import { HdfsClient } from './webhdfs-client.ts';
import type { HdfsServer, HdfsStatus } from './webhdfs-client.ts';

const MAX_DEPTH = 32;
const MAX_FILES = 100_000;
const WIDTH = 8;

interface Found {
  /** Below the folder that was named. */
  path: string;
  full: string;
  status: HdfsStatus;
}

export async function resolveWebhdfs(
  parsed: Pick<OtherSource, 'given'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const { url, path } = parseWebhdfsAddress(parsed.given);
  if (context.revision !== undefined)
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} has no meaning for HDFS, which keeps no versions`,
    );
  const client = new HdfsClient(chooseServer(url, context), context);
  const source = client.shown(path);
  const top = await client.status(path === '' ? '/' : path);
  const found =
    top.type === 'FILE'
      ? [{ path: basename(path), full: path, status: top }]
      : await walk(client, path, source);
  if (found.length === 0) throw new ConfigError(`${source} exists, and holds no file`);
  const files = await mapWide(checkedFiles(found, source), WIDTH, (each) => hdfsFile(client, each));
  const revision = listingDigest(
    found.map(({ path: name, status: { bytes, modified } }) => ({
      ...{ path: name, bytes, etag: null, hash: null },
      version: String(modified),
    })),
  );
  return { source, revision, files };
}

async function walk(client: HdfsClient, root: string, source: string): Promise<Found[]> {
  const found: Found[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const at = [root, folder].filter((part) => part !== '').join('/');
    for (const status of await client.list(at === '' ? '/' : at)) {
      const path = folder === '' ? status.name : `${folder}/${status.name}`;
      const fault = describePathFault(path);
      if (fault !== undefined || status.name.includes('/'))
        throw new InfraError(
          `${source} lists ${JSON.stringify(path)}, refused: ${fault ?? 'it holds a slash'}`,
        );
      if (status.type === 'DIRECTORY') {
        if (path.split('/').length >= MAX_DEPTH)
          throw new InfraError(`${source} has more than ${MAX_DEPTH} levels`);
        folders.push(path);
      } else if (status.type === 'FILE') found.push({ path, full: `${root}/${path}`, status });
      else
        throw new ConfigError(`${source}/${path} is a ${status.type.toLowerCase()}, which is not followed`);
      if (found.length > MAX_FILES) throw new InfraError(`${source} has more than ${MAX_FILES} files`);
    }
  }
  return found;
}

async function hdfsFile(client: HdfsClient, { path, full, status }: Found): Promise<RemoteFile> {
  const checksum = status.bytes === 0 ? null : await client.checksum(full);
  return {
    path,
    bytes: status.bytes,
    hash: null,
    etag: checksum ?? `${status.inode}-${status.modified}-${status.bytes}`,
    acceptsRanges: true,
    open: (range, signal) => client.open(full, status, range, signal),
  };
}

/** `token` is a delegation token; without it `HADOOP_USER_NAME` says who we are, as Hadoop's own tools have it. */
function chooseServer(url: string, context: SourceContext): HdfsServer {
  const { env, token, addSecret } = context;
  if (token !== undefined) {
    addSecret?.(token);
    warnOfPlainHttp(url, 'HDFS’s', context);
    return { url, identity: { delegation: token }, from: 'with the delegation token of input `token`' };
  }
  const user = variable(env, 'HADOOP_USER_NAME');
  return user === undefined
    ? { url, identity: {}, from: 'without a user' }
    : {
        url,
        identity: { 'user.name': user },
        from: `as user ${JSON.stringify(user)} (\`HADOOP_USER_NAME\`)`,
      };
}

/** The web address and the path, which is empty or begins with a slash and ends in none. */
export function parseWebhdfsAddress(given: string): { url: string; path: string } {
  const match = /^(s?)webhdfs:\/\/([^/?#@\s]+)(\/.*)?$/s.exec(given);
  const secure = match?.[1] === 's';
  const host = match?.[2] ?? '';
  const path = (match?.[3] ?? '').replace(/\/+$/, '');
  const server = /:\d+$/.test(host) ? host : `${host}:${secure ? 9871 : 9870}`;
  const url = URL.parse(`${secure ? 'https' : 'http'}://${server}`);
  const fault = path === '' ? undefined : describePathFault(path.slice(1));
  if (!match || !url || fault !== undefined)
    throw new ConfigError(
      `${JSON.stringify(given.replace(/\/\/[^/]*@/, '//***@'))} is no WebHDFS address${fault === undefined ? '' : ` (${fault})`}; ` +
        'write webhdfs://namenode:9870/path, or swebhdfs://namenode:9871/path by TLS',
    );
  return { url: url.origin, path };
}
