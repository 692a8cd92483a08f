/**
 * lakeFS's published REST API (api/swagger.yml, version 1) on loopback: repositories with branches, commits and objects,
 * what a branch holds uncommitted, pages, ranges, Basic credentials or a JWT, and signed addresses of a store.
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendBytes, serve } from './serve.ts';
import type { Seen, TestServer } from './serve.ts';

export interface LakefsRepository {
  /** Branch or tag to commit id. */
  refs: Record<string, string>;
  commits: Record<string, Map<string, Buffer>>;
  /** What a branch holds beyond its commit. */
  uncommitted?: Record<string, Map<string, Buffer>>;
}

export interface LakefsOptions {
  repositories: Record<string, LakefsRepository>;
  /** `authorization` header that is let in. */
  authorization: string;
  pageSize?: number;
  /** Objects are redirected there, as with `presign`. */
  store?: TestServer;
}

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

export function serveLakefs(options: LakefsOptions): Promise<TestServer> {
  return serve((request, response) => {
    const query = request.url.searchParams;
    if (request.headers.authorization !== options.authorization) {
      send(response, 401, { message: 'error authenticating request' });
      return;
    }
    const parts = request.url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [api, version, kind, name = '', section, ref = '', ...call] = parts;
    const repository = options.repositories[name];
    if (`${api}/${version}/${kind}` !== 'api/v1/repositories' || !repository) {
      send(response, 404, { message: 'repository not found' });
      return;
    }
    if (section === 'branches') {
      const body = ref === '' ? branches(repository) : changes(repository, ref);
      send(response, 200, { pagination: page(false, ''), results: body });
      return;
    }
    const commit = repository.commits[ref] ? ref : repository.refs[ref];
    const objects = repository.uncommitted?.[ref] ?? repository.commits[commit ?? ''];
    if (section !== 'refs' || commit === undefined || !objects) {
      send(response, 404, { message: 'ref not found' });
      return;
    }
    if (call.join('/') === 'commits') {
      const results = [
        { id: commit, parents: [], committer: 'x', message: 'm', creation_date: 1, meta_range_id: 'r' },
      ];
      send(response, 200, { pagination: page(true, commit), results });
    } else if (call.join('/') === 'objects/ls') list(query, objects, options.pageSize ?? 1000, response);
    else {
      const path = query.get('path') ?? '';
      const bytes = objects.get(path);
      if (!bytes) send(response, 404, { message: 'not found' });
      else if (call.join('/') === 'objects/stat') send(response, 200, stats(path, bytes));
      else if (options.store)
        response.writeHead(302, { location: `${options.store.url}/${path}?X-Amz-Signature=1` }).end();
      else sendObject(request, response, bytes);
    }
  });
}

function sendObject(request: Seen, response: ServerResponse, bytes: Buffer): void {
  sendBytes(request, response, bytes, `"${md5(bytes)}"`, { 'content-type': 'application/octet-stream' });
}

function list(
  query: URLSearchParams,
  objects: Map<string, Buffer>,
  size: number,
  response: ServerResponse,
): void {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('after') ?? '';
  const found = [...objects]
    .filter(([path]) => path.startsWith(prefix) && path > after)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = found.slice(0, Math.min(size, Number(query.get('amount') ?? '100')));
  const more = found.length > shown.length;
  send(response, 200, {
    pagination: page(more, more ? (shown.at(-1)?.[0] ?? '') : ''),
    results: shown.map(([path, bytes]) => stats(path, bytes)),
  });
}

function stats(path: string, bytes: Buffer): unknown {
  return {
    path,
    path_type: 'object',
    physical_address: `local://data/${md5(bytes)}`,
    checksum: md5(bytes),
    size_bytes: bytes.length,
    mtime: 1_700_000_000,
    content_type: 'application/octet-stream',
  };
}

function branches({ refs }: LakefsRepository): unknown[] {
  return Object.entries(refs).map(([id, commit_id]) => ({ id, commit_id }));
}

function changes({ uncommitted }: LakefsRepository, branch: string): unknown[] {
  return [...(uncommitted?.[branch]?.keys() ?? [])].map((path) => ({
    type: 'changed',
    path,
    path_type: 'object',
  }));
}

function page(hasMore: boolean, next: string): unknown {
  return { has_more: hasMore, next_offset: next, results: 1, max_per_page: 1000 };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
