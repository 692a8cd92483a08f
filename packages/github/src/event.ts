/** What started the workflow, as far as it says where people look: the pull request and the commit they see. */
import { readFile } from 'node:fs/promises';

export interface EventPlace {
  /** Number of the pull request; undefined for a push, a schedule, a tag. */
  pullRequest: number | undefined;
  /** The commit that people see: a pull request's head, not the merge that GitHub tests. */
  sha: string;
}

/** Reads the event's payload; what isn't there is left open. */
export async function readPlace(env: NodeJS.ProcessEnv): Promise<EventPlace> {
  return placeOf(await readEvent(env), env['GITHUB_SHA'] ?? '');
}

/** Logins of those who made what this run is about: who started it, again or first, who pushed, committed or proposed it. */
export async function readAuthors(env: NodeJS.ProcessEnv): Promise<string[]> {
  return authorsOf(await readEvent(env), [env['GITHUB_ACTOR'], env['GITHUB_TRIGGERING_ACTOR']]);
}

/** Pure. */
export function authorsOf(event: unknown, actors: readonly (string | undefined)[]): string[] {
  const commits = at(event, 'commits');
  const of = (from: unknown, ...path: string[]): unknown => path.reduce(at, from);
  const named = [
    ...actors,
    of(event, 'pusher', 'name'),
    of(event, 'head_commit', 'author', 'username'),
    ...(Array.isArray(commits) ? commits.map((commit: unknown) => of(commit, 'author', 'username')) : []),
    of(event, 'pull_request', 'user', 'login'),
    of(event, 'workflow_run', 'actor', 'login'),
    of(event, 'workflow_run', 'triggering_actor', 'login'),
  ];
  return [...new Set(named.filter((name): name is string => typeof name === 'string' && name !== ''))];
}

async function readEvent(env: NodeJS.ProcessEnv): Promise<unknown> {
  const path = env['GITHUB_EVENT_PATH'] ?? '';
  const text = path === '' ? '' : await readFile(path, 'utf8').catch(() => '');
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Pure. */
export function placeOf(event: unknown, sha: string): EventPlace {
  const pull = at(event, 'pull_request');
  if (pull !== undefined) return { pullRequest: numberIn(pull), sha: textIn(at(pull, 'head')) ?? sha };
  const run = at(event, 'workflow_run');
  if (run !== undefined) {
    // Empty for a fork's pull request: GitHub does not say which it was.
    const pulls = at(run, 'pull_requests');
    const first: unknown = Array.isArray(pulls) ? pulls[0] : undefined;
    const head = at(run, 'head_sha');
    return { pullRequest: numberIn(first), sha: typeof head === 'string' ? head : sha };
  }
  const issue = at(event, 'issue');
  return { pullRequest: at(issue, 'pull_request') === undefined ? undefined : numberIn(issue), sha };
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? ((value as Record<string, unknown>)[key] ?? undefined)
    : undefined;
}

function numberIn(value: unknown): number | undefined {
  const number = at(value, 'number');
  return typeof number === 'number' ? number : undefined;
}

function textIn(value: unknown): string | undefined {
  const sha = at(value, 'sha');
  return typeof sha === 'string' ? sha : undefined;
}
