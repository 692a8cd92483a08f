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
  const repository = env['GITHUB_REPOSITORY'] ?? '';
  const head = at(event, 'pull_request', 'head', 'repo', 'full_name');
  const defaultBranch = at(event, 'repository', 'default_branch');
  const onDefault = typeof defaultBranch === 'string' && env['GITHUB_REF'] === `refs/heads/${defaultBranch}`;
  return {
    runId: env['GITHUB_RUN_ID'] ?? '',
    fromFork: at(event, 'pull_request') !== undefined && head !== repository,
    inDefaultBranch: onDefault && (await isCommitted(path)),
  };
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

/** Tracked, and the same as in HEAD. */
async function isCommitted(path: string): Promise<boolean> {
  const { runTool } = await import('@sluice/process/tool');
  try {
    const options = { cwd: dirname(path) };
    await runTool('git', ['ls-files', '--error-unmatch', '--', basename(path)], options);
    await runTool('git', ['diff', '--quiet', 'HEAD', '--', basename(path)], options);
    return true;
  } catch {
    return false;
  }
}
