import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** The bundle over results that no file of a known tool holds: runs of MLflow, and files that a map speaks for. */

const GOOD = 'a'.repeat(32);
const NAN = 'b'.repeat(32);
const FAILED = 'c'.repeat(32);
const TOKEN = 'mlflow-token-of-this-test';
const run = (id: string, status: string, accuracy: unknown) => ({
  run: {
    info: { run_id: id, run_uuid: id, status, artifact_uri: 'mlflow-artifacts:/1' },
    data: {
      metrics: [
        { key: 'accuracy', value: accuracy, timestamp: 1, step: 0 },
        { key: 'perplexity', value: 3, timestamp: 1, step: 0 },
      ],
    },
  },
});
const ANSWERS: Record<string, object> = {
  [`/api/2.0/mlflow/runs/get?run_id=${GOOD}`]: run(GOOD, 'FINISHED', 0.93),
  [`/api/2.0/mlflow/runs/get?run_id=${NAN}`]: run(NAN, 'FINISHED', 'NaN'),
  [`/api/2.0/mlflow/runs/get?run_id=${FAILED}`]: run(FAILED, 'FAILED', 0.93),
  '/api/2.0/mlflow/registered-models/alias?name=llm&alias=production': {
    model_version: { name: 'llm', version: '4' },
  },
  '/api/2.0/mlflow/model-versions/get?name=llm&version=4': {
    model_version: { name: 'llm', version: '4', run_id: GOOD },
  },
};

let server: Server;
let workspace: string;
const asked: { url: string; authorization: string | undefined }[] = [];
beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-remote-'));
  server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', authorization: request.headers.authorization });
    const answer = ANSWERS[request.url ?? ''];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(answer ?? { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run not found' }),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  rmSync(workspace, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

const gate = async (inputs: Record<string, string>): Promise<ActionOutcome> => {
  const env = {
    MLFLOW_TRACKING_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    MLFLOW_TRACKING_TOKEN: TOKEN,
  };
  const done = await runAction('eval-gate', { inputs, cwd: workspace, env });
  return { ...done, stdout: done.stdout.replaceAll('%25', '%') };
};

test('W&B: the summary of a finished run, by its id; NaN is missing, a crashed run refused', async () => {
  const answer = (state: string, summaryMetrics: string): object => ({
    data: { project: { run: { state, summaryMetrics } } },
  });
  const wandb = (): Promise<ActionOutcome> =>
    runAction('eval-gate', {
      cwd: workspace,
      env: {
        WANDB_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        WANDB_API_KEY: 'w'.repeat(40),
      },
      inputs: { results: 'wandb:acme/llm/r1', thresholds: 'accuracy >= 0.9\nwarn: bleu >= 1' },
    });
  ANSWERS['/graphql'] = answer('finished', '{"accuracy": 0.93, "bleu": NaN, "_step": 7}');
  const done = await wandb();
  expect(done.outputs).toMatchObject({ verdict: 'pass', outcome: 'success' });
  expect(JSON.parse(done.outputs['metrics'] ?? '')).toEqual({ accuracy: 0.93, bleu: null });
  expect(asked.at(-1)?.authorization).toBe(
    `Basic ${Buffer.from(`api:${'w'.repeat(40)}`).toString('base64')}`,
  );
  expect(done.stdout.replaceAll(/^::add-mask::.*$/gmu, '')).not.toContain('w'.repeat(40));
  ANSWERS['/graphql'] = answer('crashed', '{"accuracy": 0.93}');
  const crashed = await wandb();
  expect(crashed.outputs['outcome']).toBe('config-error');
  expect(crashed.stdout).toContain('its state is "crashed"');
  ANSWERS['/graphql'] = { data: { project: { run: null } } };
  expect((await wandb()).stdout).toContain('wandb:acme/llm/r1 does not exist');
});

describe('a run of MLflow', () => {
  test('is read with its own log-in, which stays out of the log', async () => {
    const done = await gate({ results: `mlflow:${GOOD}`, thresholds: 'accuracy >= 0.9' });
    expect(done.outputs).toMatchObject({ verdict: 'pass' });
    expect(asked.at(-1)?.authorization).toBe(`Bearer ${TOKEN}`);
    expect((done.stdout + done.stderr).replace(/^::add-mask::.*$/gmu, '')).not.toContain(TOKEN);
  });
  test('is the baseline by the alias of a registered model (E10)', async () => {
    writeFileSync(join(workspace, 'new.json'), JSON.stringify({ perplexity: 3.2 }));
    const inputs = { results: 'new.json', baseline: 'mlflow:models:/llm@production' };
    const worse = await gate({ ...inputs, thresholds: 'perplexity <= baseline * 1.02' });
    expect(worse.outputs).toMatchObject({ verdict: 'fail', baseline: `mlflow:${GOOD}` });
    expect((await gate({ ...inputs, thresholds: 'perplexity <= baseline * 1.1' })).outputs['verdict']).toBe(
      'pass',
    );
  });
  test.each([
    [NAN, "accuracy: field data.metrics 'accuracy' is NaN", 'fail'],
    [FAILED, 'info.status is FAILED', 'error'],
    ['d'.repeat(32), 'does not exist', 'error'],
  ])('%s is no pass', async (id, says, verdict) => {
    const done = await gate({ results: `mlflow:${id}`, thresholds: 'accuracy >= 0.9' });
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain(says);
    expect(done.outputs['verdict']).toBe(verdict);
  });
});

describe('metrics-map', () => {
  const map =
    "math: {path: \"$.report.suites[?(@.name=='math')].score.value\", n: \"$.report.suites[0].score.count\", share: true}\nok: {path: '$.report.rows[*].ok', id: '$.report.rows[*].q', direction: higher}\n";
  beforeAll(() => {
    writeFileSync(
      join(workspace, 'house.json'),
      JSON.stringify({
        report: {
          suites: [{ name: 'math', score: { value: 0.81, count: 150 } }],
          rows: [
            { q: 'a', ok: true },
            { q: 'b', ok: false },
            { q: 'c', ok: true },
          ],
        },
      }),
    );
    writeFileSync(join(workspace, 'map.yaml'), map);
  });
  test('speaks for a file that no tool is known by, from a file of its own', async () => {
    const done = await gate({
      results: 'house.json',
      'metrics-map': '@map.yaml',
      thresholds: 'math >= 80%\nok >= 0.6',
    });
    expect(done.outputs).toMatchObject({ verdict: 'pass' });
    const without = await gate({ results: 'house.json', thresholds: 'math >= 80%' });
    expect(without.stdout).toContain('no known results format');
    expect(without.stdout).toContain('metrics-map');
  });
  test.each([
    ['math: $.report.nothing\nok: $.report.rows[*].ok', 'field $.report.nothing is not there', 'fail'],
    ['math: $.nowhere', 'none of the paths of input `metrics-map` is in it', 'error'],
    ['math: $.report..value', "can't be read at column 9", 'error'],
    ['math: {path: $.a, colour: red}', "'colour' is no key here", 'error'],
    ['- 1', 'maps nothing', 'error'],
  ])('%s', async (text, says, verdict) => {
    const done = await gate({ results: 'house.json', 'metrics-map': text, thresholds: 'math >= 0.8' });
    expect(done.stdout).toContain(says);
    expect(done.outputs['verdict']).toBe(verdict);
  });
});

describe('E21: coverage', () => {
  const cobertura = (valid: number, covered: number): string =>
    `<?xml version="1.0"?><coverage line-rate="1" lines-valid="${valid}" lines-covered="${covered}"></coverage>`;
  test('450 of 500 lines pass 80 % at 90 %; a file that measures nothing is an error', async () => {
    writeFileSync(join(workspace, 'coverage.xml'), cobertura(500, 450));
    const inputs = { results: 'coverage.xml', thresholds: 'coverage.lines >= 80%' };
    const done = await gate(inputs);
    expect(done.outputs).toMatchObject({ verdict: 'pass', metrics: '{"coverage.lines":0.9}' });
    expect(done.summary).toContain('90 %');
    for (const empty of [cobertura(0, 0), '']) {
      writeFileSync(join(workspace, 'coverage.xml'), empty);
      expect((await gate(inputs)).outputs).toMatchObject({ verdict: 'error', outcome: 'config-error' });
    }
  });
});
