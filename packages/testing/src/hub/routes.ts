/** Which part of the fixture hub answers what, and to whom. */
import type { IncomingMessage } from 'node:http';
import type { Answer } from './answer.ts';
import { failure, json } from './answer.ts';
import { answerApi } from './api.ts';
import type { StoredFile, StoredRepository } from './repository.ts';
import { answerResolve } from './resolve.ts';
import type { HubOptions } from './server.ts';
import { answerWrite, createRepository } from './write.ts';
import type { XetStore } from './xet-store.ts';

export interface HubRequest {
  repositories: Map<string, StoredRepository>;
  /** LFS files by sha256. */
  contents: Map<string, StoredFile>;
  options: HubOptions;
  request: IncomingMessage;
  url: URL;
  body: string;
  cdnUrl: string;
  xet: XetStore;
  xetUrl: string;
}

const REPO_TYPES = ['model', 'dataset', 'space'] as const;

export function repositoryKey(type: (typeof REPO_TYPES)[number], id: string): string {
  return type === 'model' ? id : `${type}s/${id}`;
}

export function answerHub(asked: HubRequest): Answer {
  const { repositories, options, request, url, body, cdnUrl, xet, xetUrl } = asked;
  const raw = url.pathname.split('/').slice(1);
  const api = raw[0] === 'api';
  const typed = raw[api ? 1 : 0] ?? '';
  const type = REPO_TYPES.find((one) => typed === `${one}s`);
  const sent = request.headers.authorization;
  const known = options.token !== undefined && sent === `Bearer ${options.token}`;
  if (url.pathname === '/api/repos/create')
    return known ? createRepository(repositories, body) : failure(401, null, 'Invalid username or password.');
  // Pages of models alone have no type before them.
  if (api && type === undefined) return failure(404, null, 'Not in this fixture');
  const parts = raw.slice((api ? 1 : 0) + (type === undefined ? 0 : 1)).map(decodeURIComponent);
  const id = parts
    .slice(0, 2)
    .join('/')
    .replace(/\.git$/, '');
  const repository = repositories.get(repositoryKey(type ?? 'model', id));
  if (sent !== undefined && !known) {
    return failure(401, null, 'Invalid credentials in Authorization header');
  }
  if (!repository || (repository.private && !known)) {
    // The Hub answers 401 to strangers and 404 to the known, so that names of private repositories don't leak.
    return failure(
      known ? 404 : 401,
      'RepoNotFound',
      known ? 'Repository not found' : 'Invalid username or password.',
    );
  }
  const rest = parts.slice(2);
  const method = request.method ?? 'GET';
  const write = answerWrite({ method, repository, rest, body, known, cdnUrl, contents: asked.contents });
  if (write !== undefined) return write;
  if (api && rest[0] === 'xet-read-token') {
    if (repository.gated && !known) return failure(401, 'GatedRepo', 'Access is restricted.');
    const exp = Math.floor(Date.now() / 1000) + 900;
    // The JS client reads the body, the Python one the headers.
    return json({ casUrl: xetUrl, accessToken: xet.token, exp }, 200, {
      'X-Xet-Cas-Url': xetUrl,
      'X-Xet-Access-Token': xet.token,
      'X-Xet-Token-Expiration': String(exp),
    });
  }
  if (api) {
    const contentType = request.headers['content-type'] ?? '';
    return answerApi({
      repository,
      segments: rest,
      query: url.searchParams,
      url,
      body,
      contentType,
      pageSize: options.pageSize ?? 1000,
    });
  }
  const [verb, revision, ...path] = rest;
  if (verb !== 'resolve' || revision === undefined) return json({ error: 'Not found' }, 404);
  if (repository.gated && !known) {
    const message = `Access to model ${id} is restricted. You must have access to it and be authenticated to access it.`;
    return failure(401, 'GatedRepo', message);
  }
  return answerResolve(repository, revision, path.join('/'), { hubUrl: url.origin, cdnUrl, xetUrl });
}
