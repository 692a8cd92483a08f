/** The committed bundle against a real supervisor, real server processes and clients that never stop asking. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';
import { appendStage } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { startMlflowServer, type MlflowServer } from '@sluice/testing/mlflow-server';
import { runAction } from '@sluice/testing/runner';

let live: LiveService;
let mlflow: MlflowServer;

beforeAll(async () => {
  live = await LiveService.open();
  mlflow = await startMlflowServer();
  mlflow.addVersions('llm', ['1', '2', '3', '4']);
  for (const version of ['v1', 'v2', 'v3']) live.weights(version);
  live.weights('v4', { loop: 0.6 });
  live.weights('v5', { error: 0.4 });
  expect((await live.deploy('v1')).exitCode).toBe(0);
  live.startTraffic(3);
});

afterAll(async () => {
  await live.close();
  await mlflow[Symbol.asyncDispose]();
});

/** What eval-gate leaves in the record of a release that it promoted. */
async function promotedAs(version: string, to: string, from: string | null): Promise<void> {
  const promoted = [{ target: 'mlflow:llm@production', from, to, changed: true }];
  const gate = { action: 'eval-gate', name: 'quality', at: new Date().toISOString(), unit: emptyUnit() };
  // The runner's own: a record of another run doesn't count.
  const run = { url: '', id: '1001', attempt: 1, sha: '' };
  await appendStage(join(live.folder, `record-${version}.json`), {
    ...{ ...gate, run, verdict: 'pass', outcome: 'success', reasons: [], metrics: {} },
    data: { registry: { promoted } },
  });
  mlflow.point('llm', 'production', to);
}
const registry = { registry: 'mlflow:llm@production' };
const asOf = (env: Record<string, string> = {}) => ({ env: { MLFLOW_TRACKING_URI: mlflow.url, ...env } });

/** Past gate and canary, as a person in a hurry does. */
const FORCED = {
  strategy: 'rolling',
  'allow-quarantined': 'true',
  'require-gate': 'false',
  analysis: '',
  warmup: '0',
};

async function history(): Promise<string[]> {
  const status = await (await live.host())?.status();
  return status?.history.map(({ event, version }) => `${event} ${version}`) ?? [];
}

describe('one service', () => {
  test('with nothing to go back to says so, and leaves the traffic where it is', async () => {
    const { exitCode, outputs, stdout } = await live.rollback({ mode: 'rollback' });
    expect([exitCode, outputs['outcome'], outputs['rolled-back']]).toEqual([1, 'infra-error', 'false']);
    expect(stdout).toMatch(
      /v1 could not be undone and serves on .*no earlier release of this service was ever stable/,
    );
    expect((await (await live.host())?.status())?.stable).toBe('v1');
  });

  test('that is well passes a check, or is undecided without an error', async () => {
    const strict = await live.rollback({ mode: 'watch', window: '1s', slo: 'loop_rate <= 20%' });
    expect(strict.outputs).toMatchObject({ verdict: 'pass', outcome: 'success', 'rolled-back': 'false' });
    const open = await live.rollback({ mode: 'watch', window: '1s', slo: 'loop_rate <= 0.0001%' });
    expect(open.outputs).toMatchObject({
      verdict: 'inconclusive',
      outcome: 'success',
      'rolled-back': 'false',
    });
    expect([open.exitCode, open.stdout]).toEqual([0, expect.stringMatching(/::warning::v1 goes on serving/)]);
  });

  test('whose stable release loops is taken back to the last good one', async () => {
    await promotedAs('v2', '2', '1');
    expect((await live.deploy('v2', FORCED)).outputs['stable']).toBe('v2');
    await promotedAs('v4', '4', '3');
    expect((await live.deploy('v4', FORCED)).outputs['stable']).toBe('v4');
    const rules = { window: '30s', slo: 'loop_rate <= 5%' };
    const { exitCode, outputs, stdout, summary } = await live.rollback({ ...rules, ...registry }, asOf());
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 1 });
    expect(outputs).toMatchObject({
      verdict: 'fail',
      outcome: 'gate-failed',
      'rolled-back': 'true',
      from: 'v4',
      to: 'v2',
      reason: expect.stringMatching(
        /^broken: loop_rate <= 5% \([\d.]+% of \d+ requests, lower bound [\d.]+%\)$/,
      ),
    });
    expect(Number(outputs['seconds-to-detect'])).toBeLessThan(20);
    expect(Number(outputs['seconds-to-restore'])).toBeLessThan(20);
    expect(outputs['change-failure-rate']).toBe('0.3333');
    expect(Number(outputs['failure-rate'])).toBeGreaterThan(1000);
    expect(outputs['mttf']).toMatch(/^0\.0\d+ \(>= 0\.00\d+ at 95%\)$/);
    // One undo: its own time, until it was written down.
    expect(Number(outputs['mttr'])).toBeGreaterThanOrEqual(Number(outputs['seconds-to-restore']) - 0.01);
    expect(Number(outputs['mttr'])).toBeLessThan(30);
    // Its own version, not 3, where the bad one came from.
    expect(mlflow.models.get('llm')?.aliases).toEqual({ production: '2' });
    expect(summary).toContain('`mlflow:llm@production` points at `2` again, no more at `4`');
    expect(summary).toMatch(/\| `loop_rate <= 5%` \| [4-9]\d/);
    expect(await history()).toEqual([
      'deployed v1',
      'promoted v2',
      'promoted v4',
      'rolled-back v4',
      'restored v2',
    ]);
    const record = JSON.parse(readFileSync(join(live.folder, 'record-rollback.json'), 'utf8')) as {
      status: string;
      stages: { action: string; verdict: string }[];
    };
    const putBack = [{ target: 'mlflow:llm@production', from: '4', to: '2', changed: true, left: null }];
    expect([record.status, record.stages.at(-1)]).toMatchObject([
      'rolled-back',
      { action: 'auto-rollback', verdict: 'fail', data: { registry: putBack } },
    ]);
    const status = await (await live.host())?.status();
    expect(status?.servers.map(({ version, weight, track }) => [version, weight, track])).toEqual([
      ['v2', 1, 'stable'],
    ]);
    expect((await live.deploy('v4', { 'require-gate': 'false' })).stdout).toMatch(/v4 is quarantined since/);
  });

  test('does not flap: within `cooldown` a breach is told, not undone', async () => {
    await promotedAs('v3', '3', '2');
    expect((await live.deploy('v5', FORCED)).outputs['stable']).toBe('v5');
    const guarded = await live.rollback({ window: '30s', slo: 'error_rate <= 5%' });
    expect(guarded.outputs).toMatchObject({ outcome: 'gate-failed', 'rolled-back': 'false', from: 'v5' });
    expect(guarded.stdout).toMatch(
      /v5 is broken: error_rate <= 5% ?.*, but it was not undone: `cooldown`: v4 was rolled back/,
    );
  });

  test('SIGKILL in the middle of an undo: the next run finishes it', async () => {
    const inputs = {
      mode: 'check',
      slo: 'error_rate <= 5%',
      cooldown: '0s',
      warmup: '5s',
      'release-record': join(live.folder, 'r5.json'),
    };
    const killed = await live.rollback(inputs, { killWhen: /starting v2/ });
    expect(killed.signal).toBe('SIGKILL');
    const { exitCode, stdout } = await live.deploy('v3', { warmup: '1', 'require-gate': 'false' });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/found the rollout of v2, left in phase '\w+' at step 1: finishing it/);
    expect((await history()).slice(-3)).toEqual(['rolled-back v5', 'restored v2', 'promoted v3']);
  });

  test('is undone on request, green; a name that somebody else moved is left to them', async () => {
    mlflow.point('llm', 'production', '1');
    const record = { 'release-record': join(live.folder, 'r3.json') };
    const { exitCode, outputs, stdout } = await live.rollback(
      { mode: 'rollback', ...record, ...registry },
      asOf(),
    );
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /mlflow:llm@production was left: mlflow:llm@production was moved .* points at 1 now/,
    );
    expect(mlflow.models.get('llm')?.aliases).toEqual({ production: '1' });
    expect(outputs).toMatchObject({
      verdict: 'pass',
      outcome: 'success',
      'rolled-back': 'true',
      from: 'v3',
      to: 'v2',
      reason: 'rolled back on request by octocat',
    });
  });

  test('SIGKILL as soon as the traffic is back: the clean-up step puts the registry back', async () => {
    await promotedAs('v4', '4', '2');
    expect((await live.deploy('v4', FORCED)).outputs['stable']).toBe('v4');
    const inputs = { mode: 'rollback', 'release-record': join(live.folder, 'r4.json'), ...registry };
    const killed = await live.rollback(inputs, { ...asOf(), killWhen: /set-weight: step 1 of 1/ });
    expect(killed.signal).toBe('SIGKILL');
    expect(mlflow.models.get('llm')?.aliases).toEqual({ production: '4' });
    await live.rollback(inputs, { ...asOf(), post: true, state: killed.state });
    expect(mlflow.models.get('llm')?.aliases).toEqual({ production: '2' });
    expect((await (await live.host())?.status())?.stable).toBe('v2');
  });

  test('two rollbacks at once undo one release, not two', async () => {
    const forced = await live.deploy('v1', FORCED);
    expect(forced.outputs['stable']).toBe('v1');
    const both = await Promise.all(
      ['ra', 'rb'].map((name) =>
        live.rollback({ mode: 'rollback', 'release-record': join(live.folder, `${name}.json`) }),
      ),
    );
    const [first, second] = both.toSorted((a, b) => (a.exitCode ?? 9) - (b.exitCode ?? 9));
    expect(first?.outputs).toMatchObject({ from: 'v1', to: 'v2', 'rolled-back': 'true' });
    expect([second?.exitCode, second?.outputs['rolled-back']]).toEqual([1, 'false']);
    expect((await (await live.host())?.status())?.stable).toBe('v2');
  });

  test('no request was lost in all of this', async () => {
    const traffic = await live.stopTraffic();
    expect(traffic.sent).toBeGreaterThan(300);
    expect(traffic.lost).toBe(0);
    expect(Object.keys(traffic.byVersion).sort()).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
  });
});

describe('what the user gets wrong', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'a relative rule',
      { slo: 'error_rate no-worse-than stable by 1%' },
      /`slo`, line 1.*watches what is stable itself/,
    ],
    ['a burn rate', { slo: 'ttft_ms <= 800 for 99% over 30d' }, /`slo`, line 1.*not built yet/],
    ['drift', { drift: 'input.psi <= 0.2 against training' }, /`drift` = .*not built yet/],
    ['another method', { method: 'helm' }, /`method` = "helm" is not built yet/],
    ['a tag of Git', { registry: 'git:models/v2' }, /`registry` = 'git:models\/v2' is a tag of Git/],
    ['only warnings', { slo: 'warn: error_rate <= 5%' }, /hold no rule that decides/],
    [
      'a service that is not there',
      { service: 'nobody', 'state-dir': '/tmp/sluice-nowhere' },
      /`service` = "nobody": no such service runs/,
    ],
  ])('%s', async (_, inputs, message) => {
    const { exitCode, stdout, stderr, outputs } = await runAction('auto-rollback', { inputs });
    expect([exitCode, outputs['outcome']]).toEqual([1, 'config-error']);
    expect(stdout).toMatch(message);
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
  });
});
