import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const FIXTURE = join(import.meta.dirname, 'fixtures/action.ts');

interface Ran {
  code: number | null;
  stdout: string;
  output: string;
  summary: string;
  state: string;
  ms: number;
}

/** Runs the sample action as a child process with the runner's command files. */
async function sample(
  env: Record<string, string>,
  args: string[] = [],
  signal?: NodeJS.Signals,
): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'action-'));
  const file = (name: string): string => join(folder, name);
  for (const name of ['output', 'summary', 'state']) writeFileSync(file(name), '');
  const started = Date.now();
  const child = spawn(process.execPath, [FIXTURE, ...args], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      GITHUB_OUTPUT: file('output'),
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_STATE: file('state'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (signal !== undefined && text.includes('waiting')) child.kill(signal);
  });
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  return {
    code,
    stdout,
    output: read('output'),
    summary: read('summary'),
    state: read('state'),
    ms: Date.now() - started,
  };
}

const value = (ran: Ran, name: string): string | undefined =>
  new RegExp(`^${name}<<(.+)\\n([\\s\\S]*?)\\n\\1$`, 'm').exec(ran.output)?.[2];

test.each([
  ['pass', 0, 'pass', 'success'],
  ['fail', 1, 'fail', 'gate-failed'],
  ['unsure', 1, 'inconclusive', 'gate-failed'],
  ['config', 1, 'error', 'config-error'],
  ['gate', 1, 'fail', 'gate-failed'],
  ['crash', 1, 'error', 'infra-error'],
  ['leak', 1, 'error', 'infra-error'],
])('%s: exit %i, verdict %s, outcome %s', async (what, exit, verdict, outcome) => {
  const ran = await sample({ INPUT_DO: what, INPUT_TOKEN: 'hunter2hunter2' });
  expect([ran.code, value(ran, 'verdict'), value(ran, 'outcome'), value(ran, 'early')]).toEqual([
    exit,
    verdict,
    outcome,
    'yes',
  ]);
  expect(ran.state).not.toContain('hunter2');
});

test('config faults are one line each, without a stack trace; hostile reasons are disarmed', async () => {
  const config = await sample({ INPUT_DO: 'config' });
  expect(config.stdout).toContain('::error::input `a` is bad; mend it\n::error::input `b` is bad; mend it\n');
  expect(config.stdout).not.toMatch(/\bat .+\.ts:\d+/);
  const pass = await sample({ INPUT_DO: 'pass' });
  expect(pass.stdout).not.toContain('::error::x');
  expect(pass.summary).toContain('&lt;b&gt;because');
  expect(pass.summary).toContain('| table |');
});

test('enforce: report keeps the step green and the verdict', async () => {
  const ran = await sample({ INPUT_DO: 'fail', INPUT_ENFORCE: 'report' });
  expect([ran.code, value(ran, 'verdict'), value(ran, 'outcome')]).toEqual([0, 'fail', 'gate-failed']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s: outputs are written before the end', async (signal) => {
  const ran = await sample({ INPUT_DO: 'wait' }, [], signal);
  expect([ran.code, value(ran, 'outcome')]).toEqual([1, 'infra-error']);
  expect(ran.stdout).toContain(`cancelled by ${signal}`);
});

test('an open handle does not hang the job', async () => {
  const ran = await sample({ INPUT_DO: 'hang' });
  expect(ran.code).toBe(0);
  expect(ran.ms).toBeLessThan(8_000);
});

test('post sees what main saved; a role runs alone', async () => {
  const post = await sample({ STATE_sluice_phase: '"main"', STATE_sluice_server: '{"pid":7}' });
  expect([post.code, post.stdout.trim()]).toEqual([0, 'post saw {"pid":7}']);
  const role = await sample({}, ['--role=helper', '--port', '1']);
  expect([role.code, role.stdout.trim(), role.output]).toEqual([0, 'helper --port 1', '']);
});

test('a red end is told where `notify` says, after the outputs; a green one, an address that is wrong and one that is down are not in the way', async () => {
  const got: { verdict: string; reasons: string[] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      got.push(JSON.parse(body) as { verdict: string; reasons: string[] });
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/secret-path`;
  const red = await sample({ INPUT_DO: 'gate', INPUT_NOTIFY: url });
  expect(red.stdout).toContain(`::add-mask::/hook/secret-path`);
  expect(red.stdout).toContain('told (fail)');
  expect(got).toMatchObject([{ verdict: 'fail', reasons: ['the bar was missed'] }]);
  await sample({ INPUT_DO: 'pass', INPUT_NOTIFY: url });
  expect(got).toHaveLength(1);
  server.close();
  const wrong = await sample({ INPUT_DO: 'pass', INPUT_NOTIFY: 'slack:nonsense' });
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain('input `notify`, entry 1, has no http(s) URL behind slack:');
});
