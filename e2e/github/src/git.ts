/** Git refs, commits, files of a branch, and events sent to it. A commit here is its whole list of files: small repositories only. */
import { inRepository } from './deployments.ts';
import { listPage, notFound, refuse, type Answer, type Call, type Handler } from './types.ts';
import { viewCommit, viewFile, viewRef } from './views.ts';
import { objectSha, resolveRef, timestamp, type Commit, type Repository } from './world.ts';

function answerRef(call: Call, repository: Repository, ref: string, status = 200): Answer {
  const sha = repository.refs[ref];
  return sha === undefined ? notFound() : { status, body: viewRef(call.base, repository, ref, sha) };
}

const createRef = inRepository((call, repository) => {
  const ref = String(call.body['ref']);
  const sha = String(call.body['sha']);
  if (!ref.startsWith('refs/') || ref.split('/').length < 3) {
    return refuse(422, "Reference name must start with 'refs/' and have at least two slashes");
  }
  if (repository.refs[ref] !== undefined) return refuse(422, 'Reference already exists');
  if (repository.commits[sha] === undefined) return refuse(422, 'Object does not exist');
  repository.refs[ref] = sha;
  return answerRef(call, repository, ref, 201);
});

function isAncestor(repository: Repository, ancestor: string, of: string): boolean {
  if (ancestor === of) return true;
  return (repository.commits[of]?.parents ?? []).some((parent) => isAncestor(repository, ancestor, parent));
}

const updateRef = inRepository((call, repository) => {
  const ref = `refs/${call.params['ref']}`;
  const sha = String(call.body['sha']);
  const now = repository.refs[ref];
  if (now === undefined) return refuse(422, 'Reference does not exist');
  if (repository.commits[sha] === undefined) return refuse(422, 'Object does not exist');
  if (call.body['force'] !== true && !isAncestor(repository, now, sha)) {
    return refuse(422, 'Update is not a fast forward');
  }
  repository.refs[ref] = sha;
  return answerRef(call, repository, ref);
});

const deleteRef = inRepository((call, repository) => {
  const ref = `refs/${call.params['ref']}`;
  if (repository.refs[ref] === undefined) return refuse(422, 'Reference does not exist');
  Reflect.deleteProperty(repository.refs, ref);
  return { status: 204 };
});

const listMatchingRefs = inRepository((call, repository) => {
  const start = `refs/${call.params['ref']}`;
  const found = Object.entries(repository.refs).filter(([ref]) => ref.startsWith(start));
  return listPage(call, found, ([ref, sha]) => viewRef(call.base, repository, ref, sha));
});

/** Puts a commit with these files on top of the branch. */
function commitOnto(repository: Repository, branch: string, message: string, files: Commit['files']): Commit {
  const parent = repository.refs[`refs/heads/${branch}`] ?? '';
  const sha = objectSha('commit', JSON.stringify([parent, message, files]));
  const commit = { sha, message, parents: [parent], files, date: timestamp() };
  repository.commits[sha] = commit;
  repository.refs[`refs/heads/${branch}`] = sha;
  return commit;
}

/** The branch that a contents change names, and its files; undefined when there is none such. */
function branchOf(
  call: Call,
  repository: Repository,
): { branch: string; files: Commit['files'] } | undefined {
  const named = call.body['branch'];
  const branch = typeof named === 'string' ? named : repository.default_branch;
  const head = repository.refs[`refs/heads/${branch}`];
  const files = head === undefined ? undefined : repository.commits[head]?.files;
  return files === undefined ? undefined : { branch, files };
}

/** GitHub refuses a change that does not name the blob it replaces: two writers then can't undo each other. */
function staleBlob(now: string | undefined, sha: unknown): Answer | undefined {
  if (now === undefined) return undefined;
  if (sha === undefined) return refuse(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  return objectSha('blob', now) === sha ? undefined : refuse(409, `file does not match ${String(sha)}`);
}

const getContent = inRepository((call, repository) => {
  const ref = call.query.get('ref') ?? repository.default_branch;
  const sha = resolveRef(repository, ref);
  const files = sha === undefined ? undefined : repository.commits[sha]?.files;
  if (files === undefined) return refuse(404, `No commit found for the ref ${ref}`);
  const path = call.params['path'] ?? '';
  const text = files[path];
  if (text !== undefined) return { status: 200, body: viewFile(call.base, repository, path, text, ref) };
  const below = Object.entries(files).filter(([name]) => name.startsWith(path === '' ? '' : `${path}/`));
  if (below.length === 0) return notFound();
  // Folders answer with their files; sub-folders are left out (nothing asks for them yet).
  const depth = path === '' ? 1 : path.split('/').length + 1;
  const entries = below.filter(([name]) => name.split('/').length === depth);
  return {
    status: 200,
    body: entries.map(([name, item]) => viewFile(call.base, repository, name, item, ref)),
  };
});

const putContent = inRepository((call, repository) => {
  const target = branchOf(call, repository);
  if (target === undefined) return refuse(404, `Branch ${String(call.body['branch'])} not found`);
  const path = call.params['path'] ?? '';
  const now = target.files[path];
  const stale = staleBlob(now, call.body['sha']);
  if (stale !== undefined) return stale;
  const text = Buffer.from(String(call.body['content']), 'base64').toString('utf8');
  const files = { ...target.files, [path]: text };
  const commit = commitOnto(repository, target.branch, String(call.body['message']), files);
  return {
    status: now === undefined ? 201 : 200,
    body: {
      content: viewFile(call.base, repository, path, text, target.branch),
      commit: viewCommit(call.base, repository, commit),
    },
  };
});

const deleteContent = inRepository((call, repository) => {
  const target = branchOf(call, repository);
  const path = call.params['path'] ?? '';
  const now = target?.files[path];
  if (target === undefined || now === undefined) return notFound();
  const stale = staleBlob(now, call.body['sha']);
  if (stale !== undefined) return stale;
  const files = Object.fromEntries(Object.entries(target.files).filter(([name]) => name !== path));
  const commit = commitOnto(repository, target.branch, String(call.body['message']), files);
  return { status: 200, body: { content: null, commit: viewCommit(call.base, repository, commit) } };
});

export const gitHandlers: Record<string, Handler> = {
  'git/get-ref': inRepository((call, repository) =>
    answerRef(call, repository, `refs/${call.params['ref']}`),
  ),
  'git/list-matching-refs': listMatchingRefs,
  'git/create-ref': createRef,
  'git/update-ref': updateRef,
  'git/delete-ref': deleteRef,
  'git/get-commit': inRepository((call, repository) => {
    const commit = repository.commits[call.params['commit_sha'] ?? ''];
    return commit === undefined
      ? notFound()
      : { status: 200, body: viewCommit(call.base, repository, commit) };
  }),
  'repos/get-content': getContent,
  'repos/create-or-update-file-contents': putContent,
  'repos/delete-file': deleteContent,
  'repos/create-dispatch-event': inRepository((call, repository) => {
    const payload = (call.body['client_payload'] ?? {}) as Record<string, unknown>;
    if (Object.keys(payload).length > 10) return refuse(422, 'No more than 10 properties are allowed');
    repository.dispatches.push({ event: String(call.body['event_type']), payload });
    return { status: 204 };
  }),
};
