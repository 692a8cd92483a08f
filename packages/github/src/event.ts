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
  const path = env['GITHUB_EVENT_PATH'] ?? '';
  const text = path === '' ? '' : await readFile(path, 'utf8').catch(() => '');
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    event = undefined;
  }
  return placeOf(event, env['GITHUB_SHA'] ?? '');
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
