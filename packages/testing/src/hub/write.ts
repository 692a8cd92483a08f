/** What changes a repository of the fixture hub: tags, LFS uploads, commits, new repositories; only with the token. */
import { createHash } from 'node:crypto';
import type { Answer } from './answer.ts';
import { failure, json } from './answer.ts';
import {
  commitId,
  findCommit,
  isLfs,
  storeFile,
  type StoredFile,
  type StoredRepository,
} from './repository.ts';

export interface WriteRequest {
  method: string;
  repository: StoredRepository;
  /** What follows the repository's id. */
  rest: string[];
  body: string;
  known: boolean;
  cdnUrl: string;
  /** LFS files by sha256. */
  contents: Map<string, StoredFile>;
}

const CALLS: Record<string, (asked: WriteRequest) => Answer> = {
  'POST tag': createTag,
  'DELETE tag': deleteTag,
  'POST preupload': preupload,
  'POST info': offerUploads,
  'POST commit': commit,
};

/** undefined for what changes nothing. */
export function answerWrite(asked: WriteRequest): Answer | undefined {
  const call = CALLS[`${asked.method} ${asked.rest[0] ?? ''}`];
  if (call === undefined) return undefined;
  return asked.known ? call(asked) : failure(401, null, 'Invalid username or password.');
}

/** With a first commit, as the Hub makes it. */
export function createRepository(repositories: Map<string, StoredRepository>, body: string): Answer {
  const { organization, name } = JSON.parse(body) as { organization?: string; name?: string };
  const id = `${organization ?? 'me'}/${name ?? ''}`;
  if (repositories.has(id)) return failure(409, null, 'You already created this model repo');
  const repository: StoredRepository = {
    ...{ id, private: true, gated: false, commits: [], branches: new Map(), tags: new Map() },
  };
  addCommit(
    repository,
    'initial commit',
    new Map([['.gitattributes', storeFile('.gitattributes', Buffer.from('*.gguf filter=lfs\n'))]]),
  );
  repositories.set(id, repository);
  return json({ id, name: id, url: `/${id}` });
}

/** A signed upload: what comes must be what was announced. */
export function takeUpload(url: URL, bytes: Buffer, contents: Map<string, StoredFile>): Answer {
  const sha256 = url.pathname.slice('/upload/'.length);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) return { status: 400 };
  contents.set(sha256, storeFile('upload.bin', bytes));
  return { status: 200, headers: { ETag: `"${sha256}"` } };
}

function createTag({ repository, rest, body }: WriteRequest): Answer {
  const { tag = '' } = JSON.parse(body) as { tag?: string };
  const target = findCommit(repository, rest[1] ?? 'main');
  if (!target) return failure(404, 'RevisionNotFound', `Invalid rev id: ${rest[1] ?? ''}`);
  if (repository.tags.has(tag)) return failure(409, null, 'Tag reference exists already');
  repository.tags.set(tag, target.id);
  return json({});
}

function deleteTag({ repository, rest }: WriteRequest): Answer {
  const found = repository.tags.delete(rest.slice(1).join('/'));
  return found ? json({}) : failure(404, 'RevisionNotFound', 'Tag reference does not exist');
}

function preupload({ body }: WriteRequest): Answer {
  const { files = [] } = JSON.parse(body) as { files?: { path: string }[] };
  return json({
    files: files.map(({ path }) => ({
      path,
      uploadMode: isLfs(path) ? 'lfs' : 'regular',
      shouldIgnore: false,
      oid: null,
    })),
  });
}

function offerUploads({ body, cdnUrl, contents }: WriteRequest): Answer {
  const { objects = [] } = JSON.parse(body) as { objects?: { oid: string; size: number }[] };
  const offered = objects.map(({ oid, size }) => ({
    ...{ oid, size },
    ...(contents.has(oid) ? {} : { actions: { upload: { href: `${cdnUrl}/upload/${oid}` } } }),
  }));
  return json({ transfer: 'basic', objects: offered });
}

function commit({ repository, rest, body, contents }: WriteRequest): Answer {
  const branch = rest[1] ?? 'main';
  const head = findCommit(repository, branch);
  const files = new Map(head?.files);
  let title = '';
  for (const line of body.trim().split('\n')) {
    const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
    const { path = '' } = value;
    if (key === 'header') {
      title = value['summary'] ?? '';
      if (value['parentCommit'] !== undefined && value['parentCommit'] !== head?.id)
        return failure(412, null, 'A commit has happened since. Please refresh and try again.');
    } else if (key === 'deletedFile') files.delete(path);
    else if (key === 'file') files.set(path, storeFile(path, Buffer.from(value['content'] ?? '', 'base64')));
    else {
      const held = contents.get(value['oid'] ?? '');
      if (held === undefined) return failure(400, null, `LFS pointer of ${path} points to nothing`);
      files.set(path, { ...held, path });
    }
  }
  const made = addCommit(repository, title, files, branch);
  return json({ success: true, commitOid: made, commitUrl: `/${repository.id}/commit/${made}` });
}

function addCommit(
  repository: StoredRepository,
  title: string,
  files: Map<string, StoredFile>,
  branch = 'main',
): string {
  const id = commitId(repository.id, `${title} ${repository.commits.length}`, files);
  const date = new Date(Date.UTC(2026, 5, 1 + repository.commits.length)).toISOString();
  repository.commits.push({ id, name: branch, title, date, files, scans: {} });
  repository.branches.set(branch, id);
  return id;
}
