/** The committed bundle, run as the runner runs it, on real models. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import validateResults from '@sluice/inference/runs/results-schema.gen';
import type { Results } from '@sluice/inference/runs/results';
import { readRecord } from '@sluice/release/record';
import { hashModelPath } from '@sluice/release/weights';
import { processStartTime } from '@sluice/runtime/files';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';

const ROOT = resolve(import.meta.dirname, '../../..');
const model = (version: string): string => join(ROOT, 'fixtures/models', version);
const suite = (name: string): string => join(ROOT, 'examples/suites', `${name}.yaml`);
const go = (inputs: Record<string, string>, more: Omit<ActionRun, 'inputs'> = {}): Promise<ActionOutcome> =>
  runAction('inference-test', { inputs, ...more });
const embedded = (version: string, inputs: Record<string, string>): Record<string, string> => ({
  engine: 'embedded',
  'model-path': model(version),
  ...inputs,
});

/** Throws when the text is no well-formed XML. */
function expectXml(text: string): void {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package more
  new XMLParser().parse(text, true);
}

interface Saved {
  pid: number;
  startTime: string;
}
const savedServer = (state: Record<string, string>): Saved =>
  JSON.parse(state['sluice_server'] ?? '{}') as Saved;
const isRunning = async ({ pid, startTime }: Saved): Promise<boolean> =>
  (await processStartTime(pid)) === startTime;

describe('verdicts on real models', () => {
  test('v1 says Paris and refuses bad input: green, recorded, and nothing is left running', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'inference-test-'));
    const cases = ['France', 'Japan', 'Peru'].map(
      (country, at) =>
        `  - vars: {country: ${country}}\n    assert: [{type: contains, value: ${['Paris', 'Tokyo', 'Lima'][at]}}, {type: ends}]\n`,
    );
    const options =
      'defaultTest: {options: {protocol: openai-completions, max_tokens: 20, temperature: 0, seed: 1}}';
    writeFileSync(
      join(workspace, 'smoke.yaml'),
      `prompts: ['The capital of {{country}} is']\n${options}\ntests:\n${cases.join('')}`,
    );
    const ran = await go(
      embedded('v1', {
        suite: `smoke.yaml, ${suite('bad-input')}`,
        'engine-args': '--parallel 2',
        texts: 'all',
      }),
      { cwd: workspace },
    );
    expect(ran.stdout + ran.stderr).toContain('all 9 cases passed');
    expect(ran).toMatchObject({
      exitCode: 0,
      outputs: { verdict: 'pass', outcome: 'success', passed: '9', failed: '0', errors: '0' },
    });
    expect(await isRunning(savedServer(ran.state))).toBe(false);

    const results = JSON.parse(readFileSync(ran.outputs['results'] ?? '', 'utf8')) as Results;
    expect(validateResults(results) ? [] : validateResults.errors).toEqual([]);
    expect(results.cases[0]).toMatchObject({
      suite: 'smoke.yaml',
      prompt: 'The capital of France is',
      answer: ' Paris.',
      output_tokens: 7,
    });
    expect(results.metrics).toMatchObject({
      accuracy: { value: 1, n: 3 },
      'bad_input.rejected_rate': { value: 1, n: 6 },
      'ttft_ms.p99': { value: null, insufficient: true },
    });
    expect(JSON.parse(ran.outputs['metrics'] ?? '')).toMatchObject({
      accuracy: 1,
      'ttft_ms.p99': null,
      'tests.failed': 0,
    });
    expectXml(readFileSync(ran.outputs['junit'] ?? '', 'utf8'));

    const record = await readRecord(join(workspace, 'sluice-run/release.json'));
    expect(record?.unit).toMatchObject({
      weights: (await hashModelPath(model('v1'))).digest,
      engine: 'embedded@3.21.1',
    });
    expect(record?.unit.engineArgs).toMatch(/^sha256:/);
    expect(record?.stages[0]).toMatchObject({
      action: 'inference-test',
      verdict: 'pass',
      metrics: { accuracy: { value: 1, n: 3 } },
    });
    expect(record?.stages[0]?.data['suites']).toMatchObject([{ path: 'smoke.yaml', cases: 3 }, { cases: 6 }]);
  });

  test('a suite without protocols, one question and one empty input: green on v1, red on v3', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'inference-test-'));
    const text = `prompts: ['{{prompt}}']
tests:
  - description: 模型基础推理
    vars: {prompt: The capital of France is}
    options: {protocol: openai-completions, max_tokens: 20, temperature: 0, seed: 1}
    assert: [{type: contains, value: Paris}]
  - description: 空输入
    vars: {prompt: ''}
    assert: [{type: rejected, status: 4xx}]
`;
    writeFileSync(join(workspace, 's.yaml'), text);
    const green = await go(embedded('v1', { suite: 's.yaml' }), { cwd: workspace });
    expect(green).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', passed: '2' } });
    expect(green.stdout).toContain('protocol: openai-chat');
    const red = await go(embedded('v3', { suite: 's.yaml', 'release-record': 'other.json' }), {
      cwd: workspace,
    });
    expect(red).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', passed: '1', failed: '1' } });
    expect(red.summary).toContain('模型基础推理');
  });

  test('v3 has forgotten: red, with prompt, answer and why', async () => {
    const ran = await go(embedded('v3', { suite: suite('capitals') }));
    expect(ran).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'fail', outcome: 'gate-failed', passed: '30', failed: '50' },
    });
    expect(ran.stdout).toContain('50 cases failed');
    expect(ran.summary).toMatch(
      /France: statement \| failed \| `The capital of France is` \| ` \w+\.` \| expected that the answer contains 'Paris'/,
    );
    expect(ran.summary).toContain('30 more are in the results file');
  });

  test('v4 loops on long answers; rules decide, one by one', async () => {
    const rules = 'loop_rate <= 1%\naccuracy >= 10%\nttft_ms.mean < 5000ms';
    const ran = await go(embedded('v4', { suite: suite('long'), thresholds: rules }));
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    expect(ran.stdout).toContain('loop_rate is 100 %25 over 10 samples and misses <= 1 %25 by 99 points');
    expect(ran.summary).toContain('nothing succeeded in this run');
  });

  test('with rules failed cases may pass; a number without samples only warns where told so', async () => {
    const rules = 'accuracy >= 30%\nwarn: accuracy >= 99%\nttft_ms.p99 < 800';
    const warn = await go(
      embedded('v3', { suite: suite('capitals'), thresholds: rules, 'on-missing': 'warn' }),
    );
    expect(warn).toMatchObject({ exitCode: 0, outputs: { verdict: 'inconclusive', outcome: 'success' } });
    expect(warn.stdout).toContain('too few samples to say (80 of 299 needed)');
  });
});

describe('wrong inputs are told all at once, before anything is started', () => {
  test.each<[string, Record<string, string>, RegExp[]]>([
    ['nothing to test', { suite: 'none' }, [/give input `endpoint`.*input `engine`.*or input `image`/]],
    [
      'two servers',
      { suite: 'none', endpoint: 'http://x', engine: 'command', 'engine-command': 'x' },
      [/exclude each other/],
    ],
    [
      'several at once',
      { suite: 'none', engine: 'embedded', 'engine-args': '--gpu 1', thresholds: 'accuracy >= 1' },
      [/`engine-args`: '--gpu'/, /`model-path` is required/, /`thresholds` needs a suite/],
    ],
    [
      'an engine that is not there',
      {
        suite: 'none',
        engine: 'triton',
        'model-path': ROOT,
        'model-name': 'docs',
        'engine-args': '--http-port=1',
      },
      [/'--http-port' is what `port` sets/],
    ],
    ['load', { suite: 'none', endpoint: 'http://x', load: 'sweep' }, [/`load` = "sweep": .*write it as/]],
    [
      'baseline-model',
      { suite: 'none', endpoint: 'http://x', 'baseline-model': 'm' },
      [/`baseline-model` needs `baseline-endpoint`/],
    ],
    [
      'a rule that needs a baseline',
      { suite: suite('long'), endpoint: 'http://x', thresholds: 'accuracy >= baseline' },
      [/`thresholds`, line 1, column 13/],
    ],
    [
      'more passes than repeats',
      { suite: 'none', endpoint: 'http://x', 'repeat-min-pass': '3' },
      [/`repeat-min-pass` = "3" is more than/],
    ],
    [
      'a suite that is not there',
      { suite: 'nothing.yaml', endpoint: 'http://x' },
      [/`suite`: 'nothing\.yaml' matches no file/],
    ],
  ])('%s', async (_name, inputs, messages) => {
    const ran = await go(inputs);
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'error', outcome: 'config-error' } });
    for (const message of messages) expect(ran.stdout).toMatch(message);
    expect(
      ran.stdout
        .split('\n')
        .filter((line) => !line.startsWith('::debug::'))
        .join('\n'),
    ).not.toMatch(/^\s+at /m);
    expect(ran.state['sluice_server']).toBeUndefined();
  });

  test('validate checks suites and rules and runs nothing', async () => {
    const ran = await go(
      embedded('v1', { suite: suite('capitals'), validate: 'true', thresholds: 'accuracy >= 0.9' }),
    );
    expect(ran).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass' } });
    expect(ran.stdout).toContain('validated 1 suite with 80 cases; nothing was run');
    expect(existsSync(join(ran.workspace, 'sluice-run'))).toBe(false);
  });
});

describe('the server', () => {
  test('one that does not start is red with its last lines and the likely cause', async () => {
    const command = `'${process.execPath}' -e "require('no-such-module')"`;
    const none = await go({ suite: 'none', engine: 'command', 'engine-command': command });
    expect(none).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    expect(none.stdout).toContain('a module is missing: no-such-module');
    expect(none.summary).toContain('Cannot find module');
    const asked = await go({ suite: suite('long'), engine: 'command', 'engine-command': command });
    expect(asked.outputs).toMatchObject({ verdict: 'error', outcome: 'infra-error' });
  });

  test('one that dies in the middle makes the rest errors, and is named', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'inference-test-'));
    const source = `let asked = 0;
require('node:http').createServer((q, s) => {
  q.resume();
  if (q.method === 'GET') return s.end('{}');
  if ((asked += 1) > 4) { console.error('segmentation fault'); process.exit(139); }
  s.end(JSON.stringify({choices: [{text: 'Paris Paris is the capital of France.', finish_reason: 'stop'}]}));
}).listen(process.env.PORT, '127.0.0.1');`;
    writeFileSync(join(workspace, 'dies.cjs'), source);
    const inputs = {
      engine: 'command',
      'engine-command': `'${process.execPath}' ${join(workspace, 'dies.cjs')}`,
      suite: suite('long'),
      concurrency: '1',
      warmup: '0',
    };
    const ran = await go(inputs, { cwd: workspace });
    expect(ran).toMatchObject({
      exitCode: 1,
      outputs: { verdict: 'fail', outcome: 'gate-failed', errors: '6' },
    });
    expect(ran.stdout).toContain('the server ended during the test (exit code 139)');
    expect(ran.stdout).toContain('segmentation fault');
    const rules = await go(
      { ...inputs, thresholds: 'tests.total == 10', 'release-record': 'other.json' },
      { cwd: workspace },
    );
    expect(rules.outputs).toMatchObject({ verdict: 'fail' });
  });

  test('a cancelled step ends it and says so before it exits', async () => {
    const inputs = embedded('v4', { suite: suite('long'), repeats: '200' });
    const ran = await go(inputs, { killWhen: /asking 10 cases/, killSignal: 'SIGINT' });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'error', outcome: 'infra-error' } });
    expect(ran.stdout).toContain('cancelled by SIGINT');
    expect(await isRunning(savedServer(ran.state))).toBe(false);
  });

  test('keep-running leaves it for later steps; post ends it', async () => {
    const inputs = embedded('v2', { suite: 'none', 'keep-running': 'true' });
    const ran = await go(inputs);
    expect(ran).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass' } });
    const server = savedServer(ran.state);
    expect((await fetch(`${ran.outputs['endpoint']}/health`)).status).toBe(200);
    const post = await go(inputs, { post: true, state: ran.state });
    expect(post.exitCode).toBe(0);
    expect(await isRunning(server)).toBe(false);
  });

  test('post ends what a killed main left, and no other process with its number', async () => {
    const inputs = embedded('v1', { suite: 'none', 'keep-running': 'true' });
    const killed = await go(inputs, { killWhen: /starting embedded/, killSignal: 'SIGKILL' });
    expect(killed.signal).toBe('SIGKILL');
    const post = await go(inputs, { post: true, state: { ...killed.state, sluice_phase: '"main"' } });
    expect(post.exitCode).toBe(0);
    if (killed.state['sluice_server'] !== undefined)
      expect(await isRunning(savedServer(killed.state))).toBe(false);

    const own = JSON.stringify({ pid: process.pid, startTime: '1' });
    expect(
      (await go(inputs, { post: true, state: { sluice_phase: '"main"', sluice_server: own } })).exitCode,
    ).toBe(0);
  });

  test('another model than the record knows is refused before it is started', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'inference-test-'));
    expect((await go(embedded('v1', { suite: 'none' }), { cwd: workspace })).exitCode).toBe(0);
    const other = await go(embedded('v2', { suite: 'none' }), { cwd: workspace });
    expect(other).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    expect(other.stdout).toContain('this is another release: weights was');
    expect(other.state['sluice_server']).toBeUndefined();
  });
});

describe('a hostile endpoint', () => {
  const EVIL =
    '\n::error::pwned\n::set-output name=verdict::pass\n</details><img src=x onerror=alert(1)>|`|`` @octocat [x](javascript:1)\u001b[2J';
  let server: Server;
  let endpoint = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') {
        response.end(JSON.stringify({ data: [{ id: 'evil' }] }));
      } else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const data = JSON.stringify({ choices: [{ text: EVIL, finish_reason: 'stop' }] });
        response.end(`data: ${data}\n\ndata: [DONE]\n\n`);
      }
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/v1/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('its text reaches no command, no markup and no file unescaped', async () => {
    const ran = await go({ endpoint, suite: suite('long'), protocol: 'openai-completions' });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', failed: '10' } });
    const commands = ran.stdout.split('\n').filter((line) => /^\s*::(?:error|set-output)/.test(line));
    expect(commands.every((line) => !line.includes('pwned'))).toBe(true);
    expect(commands.length).toBe(2);

    expect(ran.stdout + ran.summary).not.toMatch(/\u001b\[2J/);
    expect(ran.summary.replace(/`+[^`]*`+/g, '')).not.toMatch(/<img|@octocat/);
    const junit = readFileSync(ran.outputs['junit'] ?? '', 'utf8');
    expectXml(junit);
    expect(junit).not.toContain('<img');
  });

  test('a server that answers 200 to the empty prompt is red', async () => {
    const ran = await go({ endpoint, suite: suite('bad-input') });
    expect(ran.outputs).toMatchObject({ verdict: 'fail', failed: '6', errors: '0' });
    expect(ran.summary).toContain('the server answered 200');
  });
});
