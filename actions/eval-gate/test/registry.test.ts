import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appendStage, parseRecord, type ReleaseRecord } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { hashModelPath } from '@sluice/release/weights';
import { startHub } from '@sluice/testing/hub/server';
import { startMlflowServer, type MlflowServer } from '@sluice/testing/mlflow-server';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import { serveWandb } from '../../../packages/sources/test/support/wandb-server.ts';
import { serveS3, type StoredObject } from '../../../packages/sources/test/support/s3-server.ts';

/** The bundle and a registry: what a pass does there, and what anything else doesn't. */

const DIGEST = `sha256:${'a'.repeat(64)}`;
let workspace: string;
let mlflow: MlflowServer;
beforeEach(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  mlflow = await startMlflowServer();
  await startRecord({ source: 'acme/llm', revision: 'abc', digest: DIGEST, files: [] });
});
const startRecord = async (model: NonNullable<ReleaseRecord['model']>): Promise<void> => {
  const stage = { action: 'model-pull', name: 'pull', at: new Date().toISOString(), unit: emptyUnit() };
  const run = { url: '', id: '', attempt: 1, sha: '' };
  await appendStage(
    join(workspace, 'sluice-run/release.json'),
    { ...stage, run, verdict: 'pass', outcome: 'success', reasons: [], metrics: {}, data: {} },
    { model },
  );
};
afterEach(async () => {
  rmSync(workspace, { recursive: true, force: true });
  await mlflow[Symbol.asyncDispose]();
});

const REGISTRY = { register: 'mlflow:llm', promote: 'mlflow:llm@production', track: 'mlflow:gates' };
const gate = (
  accuracy: number,
  inputs: Record<string, string> = REGISTRY,
  env: Record<string, string> = {},
): Promise<ActionOutcome> => {
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'metrics.json'), JSON.stringify({ accuracy }));
  return runAction('eval-gate', {
    cwd: workspace,
    env: { MLFLOW_TRACKING_URI: mlflow.url, GITHUB_ACTOR: 'octocat', GITHUB_REF: 'refs/heads/main', ...env },
    inputs: { results: 'metrics.json', thresholds: 'accuracy >= 0.9', ...inputs },
  });
};
const lastStage = () =>
  parseRecord(readFileSync(join(workspace, 'sluice-run/release.json'), 'utf8'), 'release.json').stages.at(-1);

test('a pass registers, promotes and tracks; a second run changes nothing and says so', async () => {
  const done = await gate(0.95);
  expect(done.stdout).not.toContain('::error');
  expect(done.exitCode).toBe(0);
  expect(done.outputs).toMatchObject({ registered: 'models:/llm/1', promoted: 'mlflow:llm@production' });
  expect(done.summary).toContain('promoted `mlflow:llm@production` from `nothing` to `1`');
  expect(mlflow.models.get('llm')).toMatchObject({
    aliases: { production: '1' },
    versions: [{ source: 'hf://acme/llm@abc', tags: { 'sluice.digest': DIGEST, 'sluice.by': 'octocat' } }],
  });
  expect(mlflow.runs).toMatchObject([{ metrics: { accuracy: 0.95 }, tags: { 'sluice.verdict': 'pass' } }]);
  expect(lastStage()?.data['registry']).toMatchObject({
    promoted: [{ target: 'mlflow:llm@production', from: null, to: '1', changed: true }],
  });
  const again = await gate(0.95);
  expect(again.summary).toContain('pointed at `1` already: nothing was changed');
  expect(mlflow.models.get('llm')?.versions).toHaveLength(1);
});

test('a red gate registers nothing, and is tracked as what it is', async () => {
  const done = await gate(0.5);
  expect(done.exitCode).toBe(1);
  expect(done.outputs).toMatchObject({ verdict: 'fail', registered: '', promoted: '' });
  expect(mlflow.models.size).toBe(0);
  expect(mlflow.runs).toMatchObject([{ tags: { 'sluice.verdict': 'fail' } }]);
});

test('an alias that moves while the gate judges is not overwritten: the step is red, the verdict stays', async () => {
  await gate(0.95);
  const digest = `sha256:${'b'.repeat(64)}`;
  mlflow.before = (call) => {
    const llm = mlflow.models.get('llm');
    if (call !== 'POST runs/search' || llm === undefined) return;
    const tags = { 'sluice.digest': digest };
    llm.versions.push({ version: '2', source: 's3://b/x', description: '', stage: 'None', tags });
    llm.versions.push({ version: '3', source: 's3://b/y', description: '', stage: 'None', tags: {} });
    llm.aliases = { staging: '3' };
  };
  const done = await gate(0.95, { ...REGISTRY, promote: 'mlflow:llm@staging' });
  expect(done.exitCode).toBe(1);
  expect(done.outputs).toMatchObject({ verdict: 'pass', outcome: 'gate-failed', promoted: '' });
  expect(done.stdout).toContain('mlflow:llm@staging was moved while this run worked');
  expect(mlflow.models.get('llm')?.aliases).toEqual({ staging: '3' });
  expect(lastStage()).toMatchObject({ verdict: 'pass', data: { registry: { failure: expect.any(String) } } });
});

test('a login that is refused is told before anything is judged', async () => {
  mlflow.authorization = 'Bearer right';
  const done = await gate(0.95);
  expect(done.outputs).toMatchObject({ verdict: 'error', outcome: 'config-error' });
  expect(done.stdout).toContain('MLFLOW_TRACKING_TOKEN');
  expect(lastStage()?.action).toBe('model-pull');
});

test('without a record that knows the weights nothing can be registered', async () => {
  rmSync(join(workspace, 'sluice-run'), { recursive: true });
  const done = await gate(0.95);
  expect(done.outputs['outcome']).toBe('config-error');
  expect(done.stdout).toContain('run model-pull before');
});

test('git: the card of a pass is committed and tagged, that of a red gate is not', async () => {
  const remote = join(workspace, '..', `${basename(workspace)}-remote.git`);
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
      cwd: workspace,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  mkdirSync(join(workspace, 'models/v2.0'), { recursive: true });
  const card =
    'apiVersion: llm/v1\nkind: ModelVersion\nmetadata: {name: m, version: "2.0"}\nspec:\n  status: draft\n';
  writeFileSync(join(workspace, 'models/v2.0/model-card.yaml'), card);
  git('init', '--quiet', '--bare', '--initial-branch=main', remote);
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', remote);
  git('add', 'models');
  git('commit', '--quiet', '-m', 'first');
  git('push', '--quiet', 'origin', 'main');
  const inputs = { promote: 'git:models/v2.0', 'model-card': 'models/v2.0/model-card.yaml' };
  const red = await gate(0.5, inputs);
  expect(red.outputs['promoted']).toBe('');
  const done = await gate(0.95, inputs);
  expect(done.stdout).not.toContain('::error');
  expect(done.outputs).toMatchObject({ verdict: 'pass', promoted: 'git:models/v2.0' });
  const seen = (path: string): string =>
    git(`--git-dir=${remote}`, 'show', `models/v2.0:models/v2.0/${path}`);
  expect(seen('model-card.yaml')).toContain('status: evaluated');
  expect(JSON.parse(seen('eval-results.json'))).toMatchObject({ verdict: 'pass' });
  expect(parseRecord(seen('release.json'), 'release.json').stages.at(-1)).toMatchObject({
    action: 'eval-gate',
  });
  rmSync(remote, { recursive: true, force: true });
});

test('a bucket, a hub, W&B and a DVC remote get the files that were judged, and no others', async () => {
  const model = join(workspace, 'model');
  mkdirSync(model);
  writeFileSync(join(model, 'm.gguf'), 'GGUF');
  const { digest, files } = await hashModelPath(model);
  rmSync(join(workspace, 'sluice-run'), { recursive: true });
  await startRecord({ source: 'file:model', revision: 'abc', digest, files });
  const objects = new Map<string, StoredObject>();
  const s3 = await serveS3({ bucket: 'models', objects });
  const hub = await startHub({ repos: [], token: 'hf_right' });
  const wandb = await serveWandb({ entity: 'acme', project: 'llm', key: 'w'.repeat(40), collections: {} });
  mkdirSync(join(workspace, '.dvc'));
  writeFileSync(
    join(workspace, '.dvc/config'),
    `[core]\n    remote = r\n['remote "r"']\n    url = ${join(workspace, 'objects')}\n`,
  );
  const env = {
    ...{ AWS_ENDPOINT_URL: s3.url, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    ...{ WANDB_BASE_URL: wandb.url, WANDB_API_KEY: 'w'.repeat(40) },
    ...{ HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_right' },
  };
  const inputs = {
    register: 's3://models/llm, hf:acme/llm, wandb:acme/llm/weights, dvc:models/llm',
    promote: 's3://models/llm@production\nhf:acme/llm@production\nwandb:acme/llm/weights:production',
    'model-path': 'model',
  };
  const none = await gate(0.95, { ...inputs, 'model-path': '' }, env);
  expect(none.stdout).toContain('set input `model-path`');
  writeFileSync(join(model, 'm.gguf'), 'FORGED');
  const forged = await gate(0.95, inputs, env);
  expect(forged.outputs).toMatchObject({ outcome: 'config-error' });
  expect(forged.stdout).toMatch(/holds sha256:\w+, and sha256:\w+ is what was judged/);
  expect(objects.size).toBe(0);
  writeFileSync(join(model, 'm.gguf'), 'GGUF');
  const done = await gate(0.95, inputs, env);
  await Promise.all([s3[Symbol.asyncDispose](), wandb[Symbol.asyncDispose](), hub.close()]);
  expect(done.stdout).not.toContain('::error');
  const hex = digest.slice('sha256:'.length);
  const commit = hub.commit('acme/llm', 'production');
  expect(done.outputs).toMatchObject({
    registered: `s3://models/llm/${hex}\nhf://acme/llm@${commit}\nwandb:acme/llm/weights:v0\ndvc:models/llm`,
    promoted: inputs.promote,
  });
  expect(done.stdout.replaceAll('::add-mask::hf_right', '') + done.summary).not.toContain('hf_right');
  expect(objects.get(`llm/${hex}/m.gguf`)?.bytes.toString()).toBe('GGUF');
});

test('targets are checked with all other inputs', async () => {
  const done = await gate(0.95, { register: 'clearml:llm', promote: 'mlflow:llm@v1', track: 'nowhere' });
  expect(done.stdout).toContain("input `register` = 'clearml:llm' names no registry");
  expect(done.stdout).toContain("input `promote` = 'mlflow:llm@v1'");
  expect(done.stdout).toContain("input `track` = 'nowhere' names no registry");
  expect(mlflow.calls).toEqual([]);
});
