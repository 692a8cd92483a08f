import { mkdtempSync, writeFileSync } from 'node:fs';
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

test('provenance is read from the event and from Git', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trust-'));
  const git = (...args: string[]): Promise<unknown> =>
    run('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: folder });
  const record = join(folder, 'release.json');
  const event = join(folder, 'event.json');
  writeFileSync(record, '{}');
  await git('init', '-q');
  await git('add', 'release.json');
  await git('commit', '-qm', 'x');
  writeFileSync(event, JSON.stringify({ repository: { default_branch: 'main' } }));
  const env = {
    GITHUB_EVENT_PATH: event,
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'a/b',
    GITHUB_RUN_ID: '7',
  };
  expect(await recordProvenance(record, env)).toEqual({ runId: '7', fromFork: false, inDefaultBranch: true });
  expect((await recordProvenance(record, { ...env, GITHUB_REF: 'refs/heads/x' })).inDefaultBranch).toBe(
    false,
  );
  writeFileSync(record, '{"changed": 1}');
  expect((await recordProvenance(record, env)).inDefaultBranch).toBe(false);
  writeFileSync(event, JSON.stringify({ pull_request: { head: { repo: { full_name: 'evil/b' } } } }));
  expect((await recordProvenance(record, env)).fromFork).toBe(true);
});
