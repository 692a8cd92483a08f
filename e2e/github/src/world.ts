/** The emulator's state: plain data, so that a test can read all of it as JSON. */
import { createHash } from 'node:crypto';

export interface DeploymentStatus {
  id: number;
  state: string;
  description: string;
  environment: string;
  environment_url: string;
  log_url: string;
  created_at: string;
}

export interface Deployment {
  id: number;
  sha: string;
  ref: string;
  task: string;
  /** As it was sent: an object, or the text that a string payload was. */
  payload: Record<string, unknown> | string;
  environment: string;
  description: string | null;
  transient_environment: boolean;
  production_environment: boolean;
  created_at: string;
  statuses: DeploymentStatus[];
}

export interface Environment {
  id: number;
  name: string;
  created_at: string;
  updated_at: string;
}

export interface Commit {
  sha: string;
  message: string;
  parents: string[];
  /** Path to text. */
  files: Record<string, string>;
  date: string;
}

export interface CheckRun {
  id: number;
  name: string;
  head_sha: string;
  status: string;
  conclusion: string | null;
  details_url: string | null;
  external_id: string;
  started_at: string;
  completed_at: string | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Record<string, unknown>[];
}

export interface CommitComment {
  id: number;
  sha: string;
  login: string;
  body: string;
  created_at: string;
}

/** Somebody's word on a deployment that waited. */
export interface Approval {
  run: string;
  state: 'approved' | 'rejected' | 'pending';
  login: string;
  comment: string;
  environments: string[];
}

export interface Comment {
  id: number;
  login: string;
  issue: number;
  body: string;
  created_at: string;
  updated_at: string;
}

export interface Issue {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: string;
  labels: string[];
  comments: number;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
}

export interface Artifact {
  id: number;
  name: string;
  run: string;
  size: number;
  digest: string;
  /** The name of its blob. */
  blob: string;
  finalized: boolean;
  created_at: string;
}

/** A `repository_dispatch`. */
export interface Dispatch {
  event: string;
  payload: Record<string, unknown>;
}

export interface Repository {
  id: number;
  owner: string;
  name: string;
  default_branch: string;
  created_at: string;
  /** `refs/heads/main` to a commit's sha. */
  refs: Record<string, string>;
  commits: Record<string, Commit>;
  deployments: Deployment[];
  environments: Environment[];
  checks: CheckRun[];
  issues: Issue[];
  comments: Comment[];
  commitComments: CommitComment[];
  approvals: Approval[];
  dispatches: Dispatch[];
}

export interface LoggedRequest {
  method: string;
  path: string;
  status: number;
}

export interface World {
  lastId: number;
  repositories: Record<string, Repository>;
  artifacts: Artifact[];
  /** Every request, in order, without headers: tokens stay out of it. */
  requests: LoggedRequest[];
  /** Answers of ours that broke GitHub's schema: a fault of the emulator. */
  violations: string[];
}

export function emptyWorld(): World {
  return { lastId: 1000, repositories: {}, artifacts: [], requests: [], violations: [] };
}

export function nextId(world: World): number {
  world.lastId += 1;
  return world.lastId;
}

/** Now, as GitHub writes times: seconds, UTC. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The sha a git object of this kind and content has: stable, 40 hex digits. */
export function objectSha(kind: string, content: string): string {
  return createHash('sha1')
    .update(`${kind} ${Buffer.byteLength(content)}\0${content}`)
    .digest('hex');
}

/** Adds a repository whose default branch holds `files`; its head is `sha`, or made from the files. */
export function addRepository(
  world: World,
  fullName: string,
  options: { branch?: string; sha?: string; files?: Record<string, string> } = {},
): Repository {
  const [owner, name] = fullName.split('/');
  if (!owner || !name) throw new Error(`a repository is written owner/name, not ${fullName}`);
  const branch = options.branch ?? 'main';
  const files = options.files ?? {};
  const sha = options.sha ?? objectSha('commit', JSON.stringify(files));
  const repository: Repository = {
    id: nextId(world),
    owner,
    name,
    default_branch: branch,
    created_at: timestamp(),
    refs: { [`refs/heads/${branch}`]: sha },
    commits: { [sha]: { sha, message: 'first', parents: [], files, date: timestamp() } },
    deployments: [],
    environments: [],
    checks: [],
    issues: [],
    comments: [],
    commitComments: [],
    approvals: [],
    dispatches: [],
  };
  world.repositories[fullName] = repository;
  return repository;
}

/** A commit's sha from a sha, a branch or a tag; undefined when the repository has none such. */
export function resolveRef(repository: Repository, ref: string): string | undefined {
  if (repository.commits[ref] !== undefined) return ref;
  return repository.refs[ref] ?? repository.refs[`refs/heads/${ref}`] ?? repository.refs[`refs/tags/${ref}`];
}
