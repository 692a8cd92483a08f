/** The quality gate of docs and examples, whole: judge, baseline and registry in one step, against a real MLflow. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appendStage } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { startJudge, winner } from '@sluice/testing/judge-server';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import { startMlflow } from '../registries/check-mlflow.ts';
import { Checks } from '../sources/checks.ts';

type Fields = Record<string, unknown>;
const THRESHOLDS = `judge.win_rate > 75% with 95%
accuracy >= 0.90
perplexity <= baseline * 1.02
toxicity.rate <= 1%
`;
const PAIRS = 200;

export async function checkE10(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('E10');
  await using mlflow = await startMlflow(python, folder);
  const api = caller(mlflow.url);
  await putProduction(api);
  const judge = await startJudge(({ a, b }) =>
    winner(a.startsWith('good') === b.startsWith('good') ? 'tie' : a.startsWith('good') ? 'A' : 'B'),
  );
  const slack = await startReceiver();
  try {
    const gate = async (wins: number): Promise<ActionOutcome> => {
      slack.got.length = 0;
      return runGate(join(folder, `wins-${wins}`), wins, {
        ...{ mlflow: mlflow.url, judge: judge.origin, slack: slack.url },
      });
    };
    const versions = async (): Promise<Fields[]> => {
      const found = await api('GET', 'model-versions/search', { filter: "name='llm'" });
      return (found['model_versions'] ?? []) as Fields[];
    };

    const even = await gate(160);
    checks.equal('160 of 200: inconclusive', even.outputs['verdict'], 'inconclusive');
    checks.equal('… red', [even.exitCode, even.outputs['outcome']], [1, 'gate-failed']);
    const told = even.stdout.replaceAll('%25', '%');
    checks.tell('… its bound is 74.8 %', told.includes('74.8 %'), told.slice(0, 600));
    checks.tell('… 220 comparisons needed', told.includes('220 samples needed'), told.slice(0, 600));
    const less = await gate(140);
    checks.equal('140 of 200: inconclusive', less.outputs['verdict'], 'inconclusive');
    checks.tell(
      '… its upper bound is 75.3 %',
      less.stdout.replaceAll('%25', '%').includes('75.3 %'),
      less.stdout,
    );
    const red = await gate(130);
    checks.equal('130 of 200: red', [red.exitCode, red.outputs['verdict']], [1, 'fail']);
    checks.tell('… upper bound 70.6 %', red.stdout.replaceAll('%25', '%').includes('70.6 %'), red.stdout);
    checks.equal(
      '… told once, by name of who started it',
      slack.got.map(({ run }) => (run as Fields)['actor']),
      ['octocat'],
    );
    checks.equal('nothing registered so far', (await versions()).length, 1);

    const done = await gate(165);
    checks.equal('165 of 200: pass', [done.exitCode, done.outputs['verdict']], [0, 'pass']);
    checks.tell('… without an error line', !done.stdout.includes('::error'), done.stdout.slice(0, 2000));
    checks.equal(
      '… registered and promoted',
      [done.outputs['registered'], done.outputs['promoted']],
      ['models:/llm/2', 'mlflow:llm/Staging'],
    );
    const made = (await versions()).find(({ version }) => version === '2') ?? {};
    checks.equal('… the server has it in Staging', made['current_stage'], 'Staging');
    checks.tell(
      '… with who and why',
      /octocat/u.test(JSON.stringify(made)) && /gate/u.test(JSON.stringify(made)),
      JSON.stringify(made).slice(0, 600),
    );
    checks.equal('… whose perplexity was compared with production’s', asMetrics(done)['perplexity'], 10.1);
    const alias = await api('GET', 'registered-models/alias', { name: 'llm', alias: 'production' });
    checks.equal('… production is where it was', (alias['model_version'] as Fields)['version'], '1');
    const again = await runGate(
      join(folder, 'wins-165'),
      165,
      { mlflow: mlflow.url, judge: judge.origin, slack: slack.url },
      false,
    );
    checks.equal(
      'a second run registers nothing',
      [(await versions()).length, again.outputs['verdict']],
      [2, 'pass'],
    );
  } finally {
    await judge.close();
    await slack.close();
  }
  return checks;
}

function asMetrics({ outputs }: ActionOutcome): Record<string, number> {
  return JSON.parse(outputs['metrics'] ?? '{}') as Record<string, number>;
}

async function runGate(
  workspace: string,
  wins: number,
  at: { mlflow: string; judge: string; slack: string },
  isFirst = true,
): Promise<ActionOutcome> {
  await mkdir(join(workspace, 'results'), { recursive: true });
  const put = (path: string, text: string): Promise<void> => writeFile(join(workspace, path), text);
  const rows = Array.from({ length: PAIRS }, (_, i) => ({
    ...{ id: `p${i}`, prompt: `question ${i}` },
    ...{
      candidate: `${i < wins ? 'good' : 'bad'} answer ${i}`,
      baseline: `${i < wins ? 'bad' : 'good'} reply ${i}`,
    },
  }));
  await put('results/answers.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const measured = {
    accuracy: { value: 0.93, n: 1000 },
    perplexity: 10.1,
    'toxicity.rate': { value: 0.004, n: 1000 },
  };
  await put('results/eval.json', JSON.stringify(measured));
  if (isFirst) await seedRecord(workspace, wins);
  return runAction('eval-gate', {
    cwd: workspace,
    env: {
      MLFLOW_TRACKING_URI: at.mlflow,
      GITHUB_ACTOR: 'octocat',
      GITHUB_REPOSITORY: 'acme/llm',
      GITHUB_RUN_ID: '7',
    },
    inputs: {
      ...{ results: 'results/*.json', baseline: 'mlflow:models:/llm@production' },
      ...{ pairwise: 'results/answers.jsonl', 'judge-endpoint': at.judge, 'judge-model': 'judge-70b' },
      ...{ thresholds: THRESHOLDS, register: 'mlflow:llm', promote: 'mlflow:llm/Staging', notify: at.slack },
    },
    timeoutMs: 120_000,
  });
}

/** What model-pull leaves: the weights that are judged. */
async function seedRecord(workspace: string, wins: number): Promise<void> {
  const digest = `sha256:${String(wins).padStart(64, '0')}`;
  const stage = { action: 'model-pull', name: 'pull', at: new Date().toISOString(), unit: emptyUnit() };
  await appendStage(
    join(workspace, 'sluice-run/release.json'),
    {
      ...{ ...stage, run: { url: '', id: '', attempt: 1, sha: '' }, verdict: 'pass', outcome: 'success' },
      ...{ reasons: [], metrics: {}, data: {} },
    },
    { model: { source: 'acme/llm', revision: 'a'.repeat(40), digest, files: [] } },
  );
}

/** Version 1, logged by a run whose perplexity is 10, with the alias production. */
async function putProduction(api: ReturnType<typeof caller>): Promise<void> {
  const { run } = (await api('POST', 'runs/create', { experiment_id: '0', start_time: Date.now() })) as {
    run: { info: { run_id: string } };
  };
  const id = run.info.run_id;
  for (const [key, value] of Object.entries({ perplexity: 10, accuracy: 0.9 }))
    await api('POST', 'runs/log-metric', { run_id: id, key, value, timestamp: Date.now(), step: 0 });
  await api('POST', 'runs/update', { run_id: id, status: 'FINISHED', end_time: Date.now() });
  await api('POST', 'registered-models/create', { name: 'llm' });
  await api('POST', 'model-versions/create', { name: 'llm', source: 's3://models/llm/1', run_id: id });
  await api('POST', 'registered-models/alias', { name: 'llm', alias: 'production', version: '1' });
}

function caller(base: string) {
  return async (method: 'GET' | 'POST', call: string, fields: Fields): Promise<Fields> => {
    const query =
      method === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>).toString()}` : '';
    const answer = await fetch(`${base}/api/2.0/mlflow/${call}${query}`, {
      method,
      ...(method === 'GET'
        ? {}
        : { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }),
    });
    if (!answer.ok) throw new Error(`${call}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Fields;
  };
}

/** Takes what is sent as Slack would. */
async function startReceiver(): Promise<{ url: string; got: Fields[]; close: () => Promise<void> }> {
  const got: Fields[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      got.push(JSON.parse(body) as Fields);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T/B/x`;
  return { url, got, close: () => new Promise((resolve) => void server.close(() => resolve())) };
}
