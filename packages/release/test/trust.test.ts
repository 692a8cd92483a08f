import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '@sluice/process/run';
import { newRecord, withStage, type ReleaseRecord } from '../src/record.ts';
import { judgeTrust, recordProvenance } from '../src/trust.ts';
import { emptyUnit } from '../src/unit.ts';

function recordOf(...runIds: string[]): ReleaseRecord {
  return runIds.reduce(
    (record, id) =>
      withStage(record, {
        action: 'eval-gate',
        name: 'quality',
        at: '2026-01-02T03:04:05Z',
        run: { url: '', id, attempt: 1, sha: '' },
        unit: emptyUnit(),
        verdict: 'pass',
        outcome: 'success',
        reasons: [],
        metrics: {},
        data: {},
      }),
    newRecord(),
  );
}

const here = { runId: '7', fromFork: false, inDefaultBranch: false };

test.each([
  ['this run', recordOf('7', '7'), here, true],
  ['another run', recordOf('6'), here, false],
  ['a stage of another run among ours', recordOf('6', '7'), here, false],
  ['another run, committed on the default branch', recordOf('6'), { ...here, inDefaultBranch: true }, true],
  ['a fork, whatever it says', recordOf('7'), { ...here, fromFork: true, inDefaultBranch: true }, false],
  ['an empty record', newRecord(), here, false],
])('%s', (_, record, provenance, trusted) => {
  expect(judgeTrust(record, provenance).trusted).toBe(trusted);
});

type Json = Record<string, unknown>;

/** A repository with a committed record; asks for the provenance under an event and an environment. */
async function checkout(): Promise<{
  folder: string;
  record: string;
  sha: string;
  git: (...args: string[]) => Promise<{ stdout: string }>;
  ask: (event: Json | undefined, env?: Record<string, string>) => ReturnType<typeof recordProvenance>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'trust-'));
  const git = (...args: string[]): Promise<{ stdout: string }> =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: folder });
  const record = join(folder, 'release.json');
  writeFileSync(record, '{}');
  await git('init', '-q');
  await git('add', 'release.json');
  await git('commit', '-qm', 'x');
  const sha = (await git('rev-parse', 'HEAD')).stdout.trim();
  const path = join(folder, 'event.json');
  const ask = (event: Json | undefined, env: Record<string, string> = {}) => {
    if (event === undefined) rmSync(path, { force: true });
    else writeFileSync(path, JSON.stringify(event));
    return recordProvenance(record, {
      GITHUB_EVENT_PATH: path,
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_REPOSITORY: 'a/b',
      GITHUB_RUN_ID: '7',
      GITHUB_SHA: sha,
      ...env,
    });
  };
  return { folder, record, sha, git, ask };
}

const repository = { default_branch: 'main' };

test('a record counts as committed when it is the one of this run, on the default branch', async () => {
  const { record, git, ask } = await checkout();
  expect(await ask({ repository })).toEqual({ runId: '7', fromFork: false, inDefaultBranch: true });
  for (const GITHUB_REF of ['refs/heads/x', 'refs/tags/main', 'refs/heads/gh-readonly-queue/main/pr-1-x']) {
    expect((await ask({ repository }, { GITHUB_REF })).inDefaultBranch).toBe(false);
  }
  const dispatched = { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF: 'refs/heads/feature' };
  expect((await ask({ repository, ref: 'refs/heads/feature' }, dispatched)).inDefaultBranch).toBe(false);
  // A schedule's event may lack the repository.
  expect((await ask({}, { GITHUB_EVENT_NAME: 'schedule' })).inDefaultBranch).toBe(true);
  expect((await ask({}, {})).inDefaultBranch).toBe(false);

  writeFileSync(record, '{"changed": 1}');
  expect((await ask({ repository })).inDefaultBranch).toBe(false);
  // Committed, but in a commit that is not this run's: pull_request_target with the head checked out.
  await git('commit', '-qam', 'of the pull request');
  expect((await ask({ repository }, { GITHUB_EVENT_NAME: 'pull_request_target' })).inDefaultBranch).toBe(
    false,
  );
});

const pull = (head: Json | null): Json => ({ pull_request: { head: { repo: head } } });
const triggered = (head: Json | null): Json => ({ workflow_run: { id: 5, head_repository: head } });
const ours = { full_name: 'a/b' };
const fork = { full_name: 'evil/b' };

test.each<[event: string, payload: Json | undefined, fromFork: boolean]>([
  ['pull_request', pull(ours), false],
  ['pull_request', pull(fork), true],
  ['pull_request', pull(null), true],
  ['pull_request', undefined, true],
  ['pull_request_target', pull(fork), true],
  ['pull_request_target', pull(ours), false],
  ['pull_request_review', pull(fork), true],
  ['workflow_run', triggered(ours), false],
  ['workflow_run', triggered(fork), true],
  ['workflow_run', triggered(null), true],
  ['workflow_run', undefined, true],
  ['merge_group', { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-1' } }, false],
  ['workflow_dispatch', {}, false],
  ['push', undefined, false],
])('%s with %j: from a fork is %s', async (name, payload, fromFork) => {
  const { ask } = await checkout();
  expect((await ask(payload, { GITHUB_EVENT_NAME: name })).fromFork).toBe(fromFork);
});

test('a second attempt of a run goes on with the record of the first', () => {
  const record = recordOf('7');
  const again = {
    ...record,
    stages: record.stages.map((stage) => ({ ...stage, run: { ...stage.run, attempt: 1 } })),
  };
  expect(judgeTrust(again, here)).toEqual({ trusted: true, why: 'written by this run' });
});
