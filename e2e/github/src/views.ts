/** Answers as GitHub's schemas have them, made from the emulator's plain state. */
import {
  objectSha,
  type CheckRun,
  type Comment,
  type Approval,
  type CommitComment,
  type Commit,
  type Deployment,
  type DeploymentStatus,
} from './world.ts';
import type { Artifact, Environment, Issue, Repository } from './world.ts';

/** Node ids are opaque to clients; this one only has to be stable. */
function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64url');
}

function repositoryUrl(base: string, repository: Repository): string {
  return `${base}/repos/${repository.owner}/${repository.name}`;
}

function htmlUrl(repository: Repository, path: string): string {
  return `https://github.com/${repository.owner}/${repository.name}/${path}`;
}

/** The account behind a job's token. */
export const JOB_LOGIN = 'github-actions[bot]';

function account(base: string, login: string): Record<string, unknown> {
  const isBot = login.endsWith('[bot]');
  const id = isBot ? 41898282 : 583231;
  const url = `${base}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id,
    node_id: nodeId('User', id),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}`,
    gravatar_id: '',
    url,
    html_url: isBot ? 'https://github.com/apps/github-actions' : `https://github.com/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: isBot ? 'Bot' : 'User',
    site_admin: false,
  };
}

function bot(base: string): Record<string, unknown> {
  return account(base, JOB_LOGIN);
}

/** What `/user` answers to a person's token. */
export function viewUser(base: string, login: string): object {
  const unknown = {
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
  };
  const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
  const time = '2020-01-01T00:00:00Z';
  return { ...account(base, login), ...unknown, ...counts, created_at: time, updated_at: time };
}

export function viewDeployment(base: string, repository: Repository, deployment: Deployment): object {
  const url = `${repositoryUrl(base, repository)}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: bot(base),
    created_at: deployment.created_at,
    updated_at: deployment.statuses.at(-1)?.created_at ?? deployment.created_at,
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(base, repository),
    transient_environment: deployment.transient_environment,
    production_environment: deployment.production_environment,
  };
}

export function viewStatus(
  base: string,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
): object {
  const url = `${repositoryUrl(base, repository)}/deployments/${deployment.id}`;
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: bot(base),
    description: status.description,
    environment: status.environment,
    target_url: status.log_url,
    log_url: status.log_url,
    environment_url: status.environment_url,
    created_at: status.created_at,
    updated_at: status.created_at,
    deployment_url: url,
    repository_url: repositoryUrl(base, repository),
  };
}

export function viewEnvironment(base: string, repository: Repository, environment: Environment): object {
  return {
    id: environment.id,
    node_id: nodeId('Environment', environment.id),
    name: environment.name,
    url: `${repositoryUrl(base, repository)}/environments/${encodeURIComponent(environment.name)}`,
    html_url: htmlUrl(
      repository,
      `deployments/activity_log?environments_filter=${encodeURIComponent(environment.name)}`,
    ),
    created_at: environment.created_at,
    updated_at: environment.updated_at,
    protection_rules: [],
    deployment_branch_policy: null,
  };
}

export function viewRef(base: string, repository: Repository, ref: string, sha: string): object {
  const url = `${repositoryUrl(base, repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', ref),
    url: `${url}/${ref}`,
    object: { type: 'commit', sha, url: `${url}/commits/${sha}` },
  };
}

/** What `git/commits` answers, and the `commit` half of a contents change. */
export function viewCommit(base: string, repository: Repository, commit: Commit): Record<string, unknown> {
  const url = `${repositoryUrl(base, repository)}/git`;
  const person = { name: 'github-actions[bot]', email: 'bot@example.invalid', date: commit.date };
  const tree = objectSha('tree', JSON.stringify(commit.files));
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url: `${url}/commits/${commit.sha}`,
    html_url: htmlUrl(repository, `commit/${commit.sha}`),
    author: person,
    committer: person,
    message: commit.message,
    tree: { sha: tree, url: `${url}/trees/${tree}` },
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: htmlUrl(repository, `commit/${sha}`),
    })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

/** A file as `contents` answers it. In the answer to a change GitHub leaves the text out. */
export function viewFile(
  base: string,
  repository: Repository,
  path: string,
  text: string,
  ref: string,
): object {
  const url = repositoryUrl(base, repository);
  const sha = objectSha('blob', text);
  const self = `${url}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const git = `${url}/git/blobs/${sha}`;
  const html = htmlUrl(repository, `blob/${ref}/${path}`);
  return {
    type: 'file',
    name: path.split('/').at(-1),
    path,
    sha,
    size: Buffer.byteLength(text),
    encoding: 'base64',
    content: Buffer.from(text).toString('base64'),
    url: self,
    git_url: git,
    html_url: html,
    download_url: `https://raw.githubusercontent.com/${repository.owner}/${repository.name}/${ref}/${path}`,
    _links: { self, git, html },
  };
}

export function viewCheck(base: string, repository: Repository, check: CheckRun): object {
  const url = `${repositoryUrl(base, repository)}/check-runs/${check.id}`;
  return {
    id: check.id,
    node_id: nodeId('CheckRun', check.id),
    head_sha: check.head_sha,
    external_id: check.external_id,
    url,
    html_url: htmlUrl(repository, `runs/${check.id}`),
    details_url: check.details_url,
    status: check.status,
    conclusion: check.conclusion,
    started_at: check.started_at,
    completed_at: check.completed_at,
    output: {
      ...check.output,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: check.name,
    check_suite: { id: 1 },
    app: null,
    pull_requests: [],
  };
}

export function viewIssue(base: string, repository: Repository, issue: Issue): object {
  const url = `${repositoryUrl(base, repository)}/issues/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: repositoryUrl(base, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: htmlUrl(repository, `issues/${issue.number}`),
    number: issue.number,
    state: issue.state,
    title: issue.title,
    body: issue.body,
    user: bot(base),
    labels: issue.labels.map((name) => ({ name })),
    assignee: null,
    milestone: null,
    locked: false,
    comments: issue.comments,
    closed_at: issue.closed_at,
    created_at: issue.created_at,
    updated_at: issue.updated_at,
  };
}

export function viewComment(base: string, repository: Repository, comment: Comment): object {
  const url = `${repositoryUrl(base, repository)}/issues`;
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${url}/comments/${comment.id}`,
    html_url: htmlUrl(repository, `issues/${comment.issue}#issuecomment-${comment.id}`),
    issue_url: `${url}/${comment.issue}`,
    body: comment.body,
    user: account(base, comment.login),
    author_association: 'NONE',
    created_at: comment.created_at,
    updated_at: comment.updated_at,
  };
}

export function viewArtifact(base: string, repository: Repository, artifact: Artifact): object {
  const url = `${repositoryUrl(base, repository)}/actions/artifacts/${artifact.id}`;
  return {
    id: artifact.id,
    node_id: nodeId('Artifact', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.size,
    url,
    archive_download_url: `${url}/zip`,
    expired: false,
    created_at: artifact.created_at,
    updated_at: artifact.created_at,
    expires_at: new Date(Date.parse(artifact.created_at) + 90 * 86_400_000).toISOString(),
    digest: artifact.digest,
  };
}

export function viewCommitComment(base: string, repository: Repository, comment: CommitComment): object {
  return {
    id: comment.id,
    node_id: nodeId('CommitComment', comment.id),
    url: `${repositoryUrl(base, repository)}/comments/${comment.id}`,
    html_url: htmlUrl(repository, `commit/${comment.sha}#commitcomment-${comment.id}`),
    body: comment.body,
    path: null,
    position: null,
    line: null,
    commit_id: comment.sha,
    user: account(base, comment.login),
    author_association: 'NONE',
    created_at: comment.created_at,
    updated_at: comment.created_at,
  };
}

/** A review of a waiting deployment, as `approvals` of a run lists it. */
export function viewApproval(base: string, repository: Repository, approval: Approval): object {
  const environments = approval.environments.map((name, at) => ({
    id: at + 1,
    node_id: nodeId('Environment', at + 1),
    name,
    url: `${repositoryUrl(base, repository)}/environments/${encodeURIComponent(name)}`,
    html_url: htmlUrl(repository, 'deployments'),
    created_at: repository.created_at,
    updated_at: repository.created_at,
  }));
  return {
    state: approval.state,
    comment: approval.comment,
    user: account(base, approval.login),
    environments,
  };
}
