/** The hub's JSON API below `/api/models/`: info, tree, paths-info, refs, commits. */
import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import type { Answer } from './answer.ts';
import { failure, json } from './answer.ts';
import type { StoredCommit, StoredFile, StoredRepository } from './repository.ts';
import { findCommit } from './repository.ts';

export interface ApiRequest {
  repository: StoredRepository;
  /** What follows the repository's id, split at `/` before it was unescaped. */
  segments: string[];
  query: URLSearchParams;
  /** Absolute address of this request: `Link` headers must be absolute for the JS client. */
  url: URL;
  body: string;
  contentType: string;
  /** Entries in one page of a tree. */
  pageSize: number;
}

export function answerApi(request: ApiRequest): Answer {
  const [verb, revision, ...rest] = request.segments;
  const { repository } = request;
  if (verb === undefined || verb === 'revision') {
    return withCommit(repository, revision ?? 'main', (commit) => json(repositoryInfo(repository, commit)));
  }
  if (verb === 'refs') return json(references(repository));
  if (verb === 'commits') {
    return withCommit(repository, revision ?? 'main', (commit) => json(history(repository, commit)));
  }
  if (verb === 'tree' && revision !== undefined) {
    return withCommit(repository, revision, (commit) => tree(request, commit, rest.join('/')));
  }
  if (verb === 'paths-info' && revision !== undefined) {
    return withCommit(repository, revision, (commit) => pathsInfo(request, commit));
  }
  return failure(404, null, 'Sorry, we cannot find the page you are looking for.');
}

export function withCommit(
  repository: StoredRepository,
  revision: string,
  use: (commit: StoredCommit) => Answer,
): Answer {
  const commit = findCommit(repository, revision);
  return commit ? use(commit) : failure(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
}

function repositoryInfo(repository: StoredRepository, commit: StoredCommit): unknown {
  return {
    _id: createHash('sha1').update(repository.id).digest('hex').slice(0, 24),
    id: repository.id,
    modelId: repository.id,
    author: repository.id.split('/')[0],
    sha: commit.id,
    lastModified: commit.date,
    createdAt: repository.commits[0]?.date,
    private: repository.private,
    gated: repository.gated ? 'auto' : false,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: ['text-generation'],
    pipeline_tag: 'text-generation',
    library_name: 'transformers',
    ...cardData(commit),
    siblings: [...commit.files.keys()].map((path) => ({ rfilename: path })),
  };
}

/** The head of README.md as the Hub reads it: nothing when it isn't YAML. */
function cardData(commit: StoredCommit): { cardData?: unknown } {
  const readme = commit.files.get('README.md')?.bytes.toString('utf8') ?? '';
  const head = /^---\n(.*?)\n---\n/s.exec(readme)?.[1];
  if (head === undefined) return {};
  const document = parseDocument(head);
  return document.errors.length > 0 ? {} : { cardData: document.toJS() as unknown };
}

function references(repository: StoredRepository): unknown {
  const list = (kind: string, names: Map<string, string>) =>
    [...names].map(([name, id]) => ({ name, ref: `refs/${kind}/${name}`, targetCommit: id }));
  return { branches: list('heads', repository.branches), converts: [], tags: list('tags', repository.tags) };
}

function history(repository: StoredRepository, until: StoredCommit): unknown {
  const commits = repository.commits.slice(0, repository.commits.indexOf(until) + 1).reverse();
  return commits.map((commit) => ({
    id: commit.id,
    title: commit.title,
    message: '',
    authors: [{ user: 'acme', avatar: '' }],
    date: commit.date,
  }));
}

function fileEntry(file: StoredFile, commit: StoredCommit, expand: boolean): Record<string, unknown> {
  const { size } = file;
  return {
    type: 'file',
    oid: file.oid,
    size,
    path: file.path,
    ...(file.lfs && { lfs: { oid: file.lfs.sha256, size, pointerSize: file.lfs.pointerSize } }),
    ...(file.xetHash !== undefined && { xetHash: file.xetHash }),
    ...(expand && {
      lastCommit: { id: commit.id, title: commit.title, date: commit.date },
      securityFileStatus: { status: commit.scans[file.path] ?? 'unscanned' },
    }),
  };
}

function folderEntry(path: string): Record<string, unknown> {
  return { type: 'directory', oid: createHash('sha1').update(path).digest('hex'), size: 0, path };
}

function tree(request: ApiRequest, commit: StoredCommit, folder: string): Answer {
  const recursive = request.query.get('recursive') === 'true' || request.query.get('recursive') === '1';
  const expand = request.query.get('expand') === 'true';
  const prefix = folder === '' ? '' : `${folder}/`;
  const entries = new Map<string, unknown>();
  for (const file of commit.files.values()) {
    if (!file.path.startsWith(prefix)) continue;
    const below = file.path.slice(prefix.length).split('/');
    for (let depth = 1; depth < (recursive ? below.length : Math.min(below.length, 2)); depth++) {
      const path = prefix + below.slice(0, depth).join('/');
      entries.set(path, folderEntry(path));
    }
    if (recursive || below.length === 1) entries.set(file.path, fileEntry(file, commit, expand));
  }
  if (folder !== '' && entries.size === 0) {
    return failure(404, 'EntryNotFound', `${folder} does not exist on "${commit.name}"`, {
      'X-Repo-Commit': commit.id,
    });
  }
  const start = Number(request.query.get('cursor') ?? 0);
  // The Hub gives 50 expanded entries a page.
  const size = expand ? Math.min(50, request.pageSize) : request.pageSize;
  const page = [...entries.values()].slice(start, start + size);
  const next = start + size;
  if (next >= entries.size) return json(page, 200, { 'X-Repo-Commit': commit.id });
  const link = new URL(request.url);
  link.searchParams.set('cursor', String(next));
  return json(page, 200, { 'X-Repo-Commit': commit.id, Link: `<${link.href}>; rel="next"` });
}

/** The JS client sends JSON, the Python one a form. */
function pathsInfo(request: ApiRequest, commit: StoredCommit): Answer {
  let paths: string[];
  let expand: boolean;
  if (request.contentType.includes('json')) {
    const body: unknown = JSON.parse(request.body);
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    paths = Array.isArray(fields['paths']) ? fields['paths'].map(String) : [];
    expand = fields['expand'] === true;
  } else {
    const form = new URLSearchParams(request.body);
    paths = form.getAll('paths');
    expand = form.get('expand')?.toLowerCase() === 'true';
  }
  const found = paths.flatMap((path) => {
    const file = commit.files.get(path);
    if (file) return [fileEntry(file, commit, expand)];
    const isFolder = [...commit.files.keys()].some((name) => name.startsWith(`${path}/`));
    return isFolder ? [folderEntry(path)] : [];
  });
  return json(found);
}
