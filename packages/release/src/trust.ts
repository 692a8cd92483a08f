/** Whose record may open a door (DESIGN section 1): the file's way here decides, not what it says. */
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { ReleaseRecord } from './record.ts';

export interface RecordProvenance {
  /** Empty outside GitHub Actions. */
  runId: string;
  /** The event is a pull request whose head lies in another repository. */
  fromFork: boolean;
  /** The file is committed, unchanged, on the repository's default branch. */
  inDefaultBranch: boolean;
}

export interface Trust {
  trusted: boolean;
  /** Half a sentence for the log: how the record came here, or why it does not count. */
  why: string;
}

/** Pure: does a record file count at a door of this run? */
export function judgeTrust(record: ReleaseRecord, provenance: RecordProvenance): Trust {
  if (provenance.fromFork)
    return { trusted: false, why: "a record from a fork's pull request opens no door" };
  if (provenance.runId === '') return { trusted: true, why: 'no GitHub run: the file is taken as it is' };
  if (record.stages.length > 0 && record.stages.every((stage) => stage.run.id === provenance.runId)) {
    return { trusted: true, why: 'written by this run' };
  }
  if (provenance.inDefaultBranch) return { trusted: true, why: 'committed on the default branch' };
  const runs = [...new Set(record.stages.map((stage) => stage.run.id || 'no run'))].join(', ');
  return {
    trusted: false,
    why: `it was written by another run (${runs}) and did not come by this run's artifact or the default branch; gate it again in this run`,
  };
}

/** Looks up how the record file came here. */
export async function recordProvenance(path: string, env: NodeJS.ProcessEnv): Promise<RecordProvenance> {
  const event = await readEvent(env['GITHUB_EVENT_PATH']);
  return {
    runId: env['GITHUB_RUN_ID'] ?? '',
    fromFork: isFromFork(event, env),
    inDefaultBranch: isOnDefaultBranch(event, env) && (await isCommitted(path, env['GITHUB_SHA'])),
  };
}

/**
 * The events in which code of a fork may have had a part: pull requests in all their kinds, and the run of a workflow
 * that was started by another one (`workflow_run`), which may have been a fork's. An event of these kinds that
 * doesn't name its head (the fork is deleted, the file is missing) counts as a fork's.
 */
function isFromFork(event: unknown, env: NodeJS.ProcessEnv): boolean {
  const name = env['GITHUB_EVENT_NAME'] ?? '';
  const here = env['GITHUB_REPOSITORY'] ?? '';
  if (name === 'workflow_run' || at(event, 'workflow_run') !== undefined) {
    return at(event, 'workflow_run', 'head_repository', 'full_name') !== here;
  }
  if (name.startsWith('pull_request') || at(event, 'pull_request') !== undefined) {
    return at(event, 'pull_request', 'head', 'repo', 'full_name') !== here;
  }
  return false;
}

/** The event of a schedule doesn't always tell the default branch, but a schedule runs on no other. */
function isOnDefaultBranch(event: unknown, env: NodeJS.ProcessEnv): boolean {
  if (env['GITHUB_EVENT_NAME'] === 'schedule') return true;
  const branch = at(event, 'repository', 'default_branch');
  return typeof branch === 'string' && env['GITHUB_REF'] === `refs/heads/${branch}`;
}

async function readEvent(path: string | undefined): Promise<unknown> {
  if (path === undefined || path === '') return undefined;
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  );
}

/**
 * Tracked, the same as in HEAD, and HEAD is the commit of this run: the reference alone says nothing, because
 * `pull_request_target` names the default branch whatever was checked out, and so may another repository's checkout.
 */
async function isCommitted(path: string, sha: string | undefined): Promise<boolean> {
  const { runTool } = await import('@sluice/process/tool');
  try {
    const options = { cwd: dirname(path) };
    const head = await runTool('git', ['rev-parse', 'HEAD'], options);
    if (head.stdout.trim() !== sha) return false;
    await runTool('git', ['ls-files', '--error-unmatch', '--', basename(path)], options);
    await runTool('git', ['diff', '--quiet', 'HEAD', '--', basename(path)], options);
    return true;
  } catch {
    return false;
  }
}
