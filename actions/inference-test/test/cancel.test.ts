/** The committed bundle, cancelled by real signals while it asks: what was measured is kept, and nothing goes on running. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import validateResults from '@sluice/inference/runs/results-schema.gen';
import type { Results } from '@sluice/inference/runs/results';
import { processStartTime } from '@sluice/runtime/files';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** Answers good questions, and never the one that says `slow` or has a temperature of "hot". */
const SERVER = `require('node:http').createServer((q, s) => {
  let body = '';
  q.on('data', (part) => (body += part)).on('end', () => {
    if (q.method === 'GET') return s.end('{}');
    if (/slow|"hot"/.test(body)) return console.error('stuck');
    try { if (typeof JSON.parse(body).prompt === 'string') return s.end(JSON.stringify({choices: [{text: 'Paris', finish_reason: 'stop'}]})); } catch {}
    s.writeHead(400).end('{"error": {"message": "no"}}');
  });
}).listen(process.env.PORT, '127.0.0.1');
`;
const ASSERT = 'assert: [{type: contains, value: Paris}]';
const SUITE = `tests:
  - {vars: {prompt: a}, ${ASSERT}}
  - {vars: {prompt: slow}, ${ASSERT}}
  - {vars: {prompt: c}, ${ASSERT}}
`;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cancel-'));
  writeFileSync(join(folder, 'server.cjs'), SERVER);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The signal comes as soon as the server is stuck, which its log says. */
async function cancel(inputs: Record<string, string>, killSignal: NodeJS.Signals): Promise<ActionOutcome> {
  const cwd = mkdtempSync(join(folder, 'w-'));
  writeFileSync(join(cwd, 's.yaml'), SUITE);
  const log = join(cwd, 'log');
  const stuck = async (): Promise<void> => {
    while (!existsSync(log) || !readFileSync(log, 'utf8').includes('stuck'))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const command = `sh -c 'exec "$0" "$1" 2>"$2"' '${process.execPath}' '${join(folder, 'server.cjs')}' '${log}'`;
  return runAction('inference-test', {
    inputs: {
      engine: 'command',
      'engine-command': command,
      protocol: 'openai-completions',
      concurrency: '1',
      warmup: '0',
      ...inputs,
    },
    cwd,
    killOn: stuck(),
    killSignal,
  });
}

async function expectEnded(ran: ActionOutcome): Promise<Results> {
  expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'error', outcome: 'infra-error' } });
  expect(ran.wallMs).toBeLessThan(15_000);
  const { pid, startTime } = JSON.parse(ran.state['sluice_server'] ?? '{}') as {
    pid: number;
    startTime: string;
  };
  expect(startTime).not.toBe('');
  expect(await processStartTime(pid)).not.toBe(startTime);
  const results = JSON.parse(readFileSync(ran.outputs['results'] ?? '', 'utf8')) as Results;
  expect(validateResults(results) ? [] : validateResults.errors).toEqual([]);
  expect(results.partial).toBe(true);
  expect(readFileSync(ran.outputs['junit'] ?? '', 'utf8')).toContain('name="partial" value="true"');
  expect(readFileSync(ran.outputs['report'] ?? '', 'utf8')).toContain('this is a part only');
  return results;
}

test.concurrent(
  'SIGTERM between the cases: those before are kept, those behind are called not asked',
  async () => {
    const ran = await cancel(
      { suite: 's.yaml, pack:hostile', load: 'concurrency: 1 for 60s', 'request-timeout': '60s' },
      'SIGTERM',
    );
    const results = await expectEnded(ran);
    expect(ran.stdout).toContain('cancelled by SIGTERM');
    expect(results.cases.slice(0, 3).map(({ status }) => status)).toEqual(['passed', 'skipped', 'skipped']);
    // What comes behind is cancelled with it.
    expect(results.cases.length).toBeGreaterThan(40);
    expect(new Set(results.cases.slice(1).map(({ status }) => status))).toEqual(new Set(['skipped']));
    expect(results.cases[2]?.reasons).toEqual(['not asked: the step was cancelled']);
    expect(results.metrics['load.c1.requests_per_second']).toMatchObject({ value: null });
    expect(existsSync(join(ran.workspace, 'sluice-run/release.json'))).toBe(false);
  },
);

test.concurrent(
  'SIGINT in the hostile pack: what was sent is kept, and nobody is called a killer',
  async () => {
    const ran = await cancel({ suite: 'pack:hostile', 'request-timeout': '60s' }, 'SIGINT');
    const results = await expectEnded(ran);
    const at = results.cases.findIndex(({ description }) => description === 'a temperature of "hot"');
    expect(at).toBeGreaterThan(5);
    expect(results.cases.slice(0, at).filter(({ status }) => status === 'skipped')).toEqual([]);
    expect(results.cases[at]?.reasons).toEqual(['not sent to its end: the step was cancelled']);
    expect(new Set(results.cases.slice(at).map(({ status }) => status))).toEqual(new Set(['skipped']));
    expect(ran.stdout).not.toContain('answered no good question');
  },
);
