/**
 * WebHDFS's published REST API on loopback: a name node, and a data node at another origin where bytes are, as Hadoop 3.4
 * answers (a real cluster is met in e2e/oracles). Exceptions have Hadoop's JSON form.
 */
import { createHash } from 'node:crypto';
import { serve } from './serve.ts';
import type { TestServer } from './serve.ts';

export interface HdfsFile {
  bytes: Buffer;
  modified: number;
}

export interface HdfsOptions {
  files: Map<string, HdfsFile>;
  /** Who may read; a delegation token, when it begins so. */
  who: Record<string, string>;
  pageSize?: number;
  /** Hadoop before 2.8 knows no LISTSTATUS_BATCH. */
  old?: boolean;
  /** Called when a data node is about to answer. */
  onOpen?: (path: string) => void;
}

export interface HdfsCluster extends TestServer {
  dataNode: TestServer;
}

export async function serveHdfs(options: HdfsOptions): Promise<HdfsCluster> {
  const { files } = options;
  const dataNode = await serve((request, response) => {
    const path = decodeURIComponent(request.url.pathname).slice('/webhdfs/v1'.length);
    const query = request.url.searchParams;
    const file = files.get(path);
    if (query.get('delegation') !== 'of-the-block') response.writeHead(401).end();
    else if (!file) response.writeHead(404).end();
    else if (query.get('op') === 'GETFILECHECKSUM') {
      const bytes = `${'0'.repeat(24)}${createHash('md5').update(file.bytes).digest('hex')}`;
      const FileChecksum = { algorithm: 'MD5-of-0MD5-of-512CRC32C', bytes, length: 28 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ FileChecksum }));
    } else {
      options.onOpen?.(path);
      const offset = Number(query.get('offset') ?? 0);
      const body = file.bytes.subarray(offset, offset + Number(query.get('length') ?? file.bytes.length));
      response
        .writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(body.length) })
        .end(body);
    }
  });
  const statusOf = (path: string, name: string) => {
    const file = files.get(path);
    const folder = [...files.keys()].some((each) => each.startsWith(path === '/' ? '/' : `${path}/`));
    if (!file && !folder) return undefined;
    const fileId = 16_386 + [...files.keys()].indexOf(path);
    const common = {
      pathSuffix: name,
      owner: 'hdfs',
      group: 'supergroup',
      permission: '644',
      accessTime: 0,
      fileId,
      storagePolicy: 0,
    };
    return file
      ? {
          ...common,
          type: 'FILE',
          length: file.bytes.length,
          modificationTime: file.modified,
          blockSize: 134_217_728,
          replication: 1,
          childrenNum: 0,
        }
      : {
          ...common,
          type: 'DIRECTORY',
          length: 0,
          modificationTime: 1,
          blockSize: 0,
          replication: 0,
          childrenNum: 1,
        };
  };
  const nameNode = await serve((request, response) => {
    const path = decodeURIComponent(request.url.pathname).slice('/webhdfs/v1'.length) || '/';
    const query = request.url.searchParams;
    const send = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const refuse = (status: number, exception: string, message: string): void =>
      send(status, {
        RemoteException: { exception, javaClassName: `org.apache.hadoop.${exception}`, message },
      });
    const op = query.get('op') ?? '';
    const own = statusOf(path, '');
    const prefix = path === '/' ? '/' : `${path}/`;
    const children = (): unknown[] => {
      const below = [...files.keys()]
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length).split('/')[0] ?? '');
      return [...new Set(below)].sort().map((name) => statusOf(prefix + name, name));
    };
    if (!request.url.pathname.startsWith('/webhdfs/v1')) send(404, {});
    else if (Object.entries(options.who).some(([name, value]) => query.get(name) !== value))
      if ('delegation' in options.who) refuse(401, 'AuthenticationException', 'Authentication required');
      else
        refuse(
          403,
          'AccessControlException',
          `Permission denied: user=${query.get('user.name') ?? 'dr.who'}, access=READ`,
        );
    else if (!own) refuse(404, 'FileNotFoundException', `File does not exist: ${path}`);
    else if (op === 'GETFILESTATUS') send(200, { FileStatus: own });
    else if (op === 'LISTSTATUS') send(200, { FileStatuses: { FileStatus: children() } });
    else if (op === 'LISTSTATUS_BATCH' && options.old !== true) {
      const after = query.get('startAfter') ?? '';
      const rest = children().filter((each) => (each as { pathSuffix: string }).pathSuffix > after);
      const page = rest.slice(0, options.pageSize ?? 1000);
      const partialListing = { FileStatuses: { FileStatus: page } };
      send(200, { DirectoryListing: { partialListing, remainingEntries: rest.length - page.length } });
    } else if (op === 'OPEN' || op === 'GETFILECHECKSUM') {
      const more = ['offset', 'length'].flatMap((name) =>
        query.has(name) ? [`&${name}=${query.get(name)}`] : [],
      );
      const location = `${dataNode.url}${request.url.pathname}?op=${op}&delegation=of-the-block${more.join('')}`;
      response.writeHead(307, { location }).end();
    } else
      refuse(
        400,
        'IllegalArgumentException',
        `Invalid value for webhdfs parameter "op": No enum constant ${op}`,
      );
  });
  return {
    ...nameNode,
    dataNode,
    [Symbol.asyncDispose]: async () => {
      await nameNode[Symbol.asyncDispose]();
      await dataNode[Symbol.asyncDispose]();
    },
  };
}
