/** What people read: check runs, issues and their comments. */
import { inRepository } from './deployments.ts';
import { listPage, notFound, refuse, type Answer, type Call, type Handler } from './types.ts';
import { viewApproval, viewCheck, viewComment, viewCommitComment, viewIssue, viewUser } from './views.ts';
import {
  nextId,
  resolveRef,
  timestamp,
  type CheckRun,
  type Comment,
  type Issue,
  type Repository,
} from './world.ts';

function textOr<T>(value: unknown, otherwise: T): string | T {
  return typeof value === 'string' ? value : otherwise;
}

/** Takes over what the body of a create or an update names, and leaves the rest as it is. */
function writeCheck(check: CheckRun, body: Record<string, unknown>): void {
  check.name = textOr(body['name'], check.name);
  check.details_url = textOr(body['details_url'], check.details_url);
  check.external_id = textOr(body['external_id'], check.external_id);
  check.status = textOr(body['status'], check.status);
  if (typeof body['conclusion'] === 'string') {
    check.conclusion = body['conclusion'];
    check.status = 'completed';
    check.completed_at = textOr(body['completed_at'], timestamp());
  }
  const output = body['output'];
  if (typeof output !== 'object' || output === null) return;
  const given = output as Record<string, unknown>;
  check.output.title = textOr(given['title'], check.output.title);
  check.output.summary = textOr(given['summary'], check.output.summary);
  check.output.text = textOr(given['text'], check.output.text);
  // Annotations add up over updates, 50 a request.
  if (Array.isArray(given['annotations']))
    check.annotations.push(...(given['annotations'] as Record<string, unknown>[]));
}

function withCheck(handler: (call: Call, repository: Repository, check: CheckRun) => Answer): Handler {
  return inRepository((call, repository) => {
    const check = repository.checks.find((item) => item.id === Number(call.params['check_run_id']));
    return check === undefined ? notFound() : handler(call, repository, check);
  });
}

const createCheck = inRepository((call, repository) => {
  const sha = String(call.body['head_sha']);
  if (repository.commits[sha] === undefined) return refuse(422, `No commit found for SHA: ${sha}`);
  const check: CheckRun = {
    id: nextId(call.world),
    name: '',
    head_sha: sha,
    status: 'queued',
    conclusion: null,
    details_url: null,
    external_id: '',
    started_at: timestamp(),
    completed_at: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
  };
  writeCheck(check, call.body);
  repository.checks.push(check);
  return { status: 201, body: viewCheck(call.base, repository, check) };
});

const listChecks = inRepository((call, repository) => {
  const sha = resolveRef(repository, call.params['ref'] ?? '');
  const name = call.query.get('check_name');
  const found = repository.checks.filter(
    (item) => item.head_sha === sha && (name === null || item.name === name),
  );
  const view = (item: CheckRun): object => viewCheck(call.base, repository, item);
  return listPage(call, found, view, (list) => ({ total_count: found.length, check_runs: list }));
});

function withIssue(handler: (call: Call, repository: Repository, issue: Issue) => Answer): Handler {
  return inRepository((call, repository) => {
    const issue = repository.issues.find((item) => item.number === Number(call.params['issue_number']));
    return issue === undefined ? notFound() : handler(call, repository, issue);
  });
}

function withComment(handler: (call: Call, repository: Repository, comment: Comment) => Answer): Handler {
  return inRepository((call, repository) => {
    const comment = repository.comments.find((item) => item.id === Number(call.params['comment_id']));
    return comment === undefined ? notFound() : handler(call, repository, comment);
  });
}

/** Label names from the two forms GitHub takes: names, or objects with a name. */
function labelsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) =>
    typeof item === 'string' ? item : String((item as { name?: unknown } | null)?.name ?? ''),
  );
}

const createIssue = inRepository((call, repository) => {
  const now = timestamp();
  const issue: Issue = {
    id: nextId(call.world),
    number: repository.issues.length + 1,
    title: String(call.body['title']),
    body: textOr(call.body['body'], null),
    state: 'open',
    labels: labelsOf(call.body['labels']),
    comments: 0,
    created_at: now,
    updated_at: now,
    closed_at: null,
  };
  repository.issues.push(issue);
  return { status: 201, body: viewIssue(call.base, repository, issue) };
});

const updateIssue = withIssue((call, repository, issue) => {
  const { body } = call;
  if (body['title'] !== undefined && body['title'] !== null) issue.title = String(body['title']);
  issue.body = textOr(body['body'], issue.body);
  if (body['labels'] !== undefined) issue.labels = labelsOf(body['labels']);
  issue.state = textOr(body['state'], issue.state);
  issue.closed_at = issue.state === 'closed' ? timestamp() : null;
  issue.updated_at = timestamp();
  return { status: 200, body: viewIssue(call.base, repository, issue) };
});

const createComment = withIssue((call, repository, issue) => {
  const now = timestamp();
  const comment: Comment = {
    id: nextId(call.world),
    issue: issue.number,
    login: call.login,
    body: String(call.body['body']),
    created_at: now,
    updated_at: now,
  };
  // GitHub's limit, counted in characters.
  if (comment.body.length > 65_536)
    return refuse(422, 'Validation Failed', ['body is too long (maximum is 65536 characters)']);
  repository.comments.push(comment);
  issue.comments += 1;
  return { status: 201, body: viewComment(call.base, repository, comment) };
});

const createCommitComment = inRepository((call, repository) => {
  const sha = call.params['commit_sha'] ?? '';
  if (repository.commits[sha] === undefined) return refuse(422, `No commit found for SHA: ${sha}`);
  const body = String(call.body['body']);
  const comment = { id: nextId(call.world), sha, login: call.login, body, created_at: timestamp() };
  repository.commitComments.push(comment);
  return { status: 201, body: viewCommitComment(call.base, repository, comment) };
});

export const talkHandlers: Record<string, Handler> = {
  'checks/create': createCheck,
  'checks/get': withCheck((call, repository, check) => ({
    status: 200,
    body: viewCheck(call.base, repository, check),
  })),
  'checks/update': withCheck((call, repository, check) => {
    writeCheck(check, call.body);
    return { status: 200, body: viewCheck(call.base, repository, check) };
  }),
  'checks/list-for-ref': listChecks,
  'repos/create-commit-comment': createCommitComment,
  'repos/list-comments-for-commit': inRepository((call, repository) => {
    const found = repository.commitComments.filter(({ sha }) => sha === call.params['commit_sha']);
    return listPage(call, found, (item) => viewCommitComment(call.base, repository, item));
  }),
  'actions/get-reviews-for-run': inRepository((call, repository) => ({
    status: 200,
    body: repository.approvals
      .filter(({ run }) => run === call.params['run_id'])
      .map((approval) => viewApproval(call.base, repository, approval)),
  })),
  // A job's token is an installation's, which is nobody.
  'users/get-authenticated': (call) =>
    call.login.endsWith('[bot]')
      ? refuse(403, 'Resource not accessible by integration')
      : { status: 200, body: viewUser(call.base, call.login) },
  'issues/create': createIssue,
  'issues/get': withIssue((call, repository, issue) => ({
    status: 200,
    body: viewIssue(call.base, repository, issue),
  })),
  'issues/update': updateIssue,
  'issues/list-for-repo': inRepository((call, repository) => {
    const state = call.query.get('state') ?? 'open';
    const labels = (call.query.get('labels') ?? '').split(',').filter((label) => label !== '');
    const found = repository.issues
      .filter((item) => state === 'all' || item.state === state)
      .filter((item) => labels.every((label) => item.labels.includes(label)))
      .toReversed();
    return listPage(call, found, (item) => viewIssue(call.base, repository, item));
  }),
  'issues/create-comment': createComment,
  'issues/list-comments': withIssue((call, repository, issue) => {
    const found = repository.comments.filter((item) => item.issue === issue.number);
    return listPage(call, found, (item) => viewComment(call.base, repository, item));
  }),
  'issues/get-comment': withComment((call, repository, comment) => ({
    status: 200,
    body: viewComment(call.base, repository, comment),
  })),
  'issues/update-comment': withComment((call, repository, comment) => {
    comment.body = String(call.body['body']);
    comment.updated_at = timestamp();
    return { status: 200, body: viewComment(call.base, repository, comment) };
  }),
  'issues/delete-comment': withComment((_call, repository, comment) => {
    repository.comments.splice(repository.comments.indexOf(comment), 1);
    return { status: 204 };
  }),
};
