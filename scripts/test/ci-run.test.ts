/** `.ci/run` on machines where things are missing: what cannot run is counted and named, and the count comes last. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../action-metadata.ts';

const LANES = ['test', 'code', 'python', 'act', 'demo', 'cluster', 'long'];

interface Ran {
  code: number | null;
  lines: string[];
}

/** The real `.ci/run` with lanes of our own, in a folder with a blank in its name. */
function ci(
  lanes: Record<string, string>,
  options: { args?: string[]; env?: Record<string, string>; signal?: NodeJS.Signals } = {},
): Promise<Ran> {
  const folder = join(mkdtempSync(join(tmpdir(), 'ci-')), 'a checkout');
  mkdirSync(join(folder, '.ci/lib'), { recursive: true });
  for (const file of ['run', 'lib/checks.sh', 'lib/tools.sh']) {
    cpSync(join(ROOT, '.ci', file), join(folder, '.ci', file));
  }
  for (const lane of LANES) {
    writeFileSync(join(folder, `.ci/lib/lane-${lane}.sh`), lanes[lane] ?? 'check fine true\n');
  }
  const child = spawn('bash', [join(folder, '.ci/run'), ...(options.args ?? [])], {
    env: { PATH: process.env['PATH'], HOME: join(folder, 'home'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (options.signal !== undefined && text.includes('waiting')) child.kill(options.signal);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done({ code, lines: output.trimEnd().split('\n') }));
  });
}

test('all lanes pass', async () => {
  const { code, lines } = await ci({});
  expect([code, lines.at(-1)]).toEqual([0, '6 passed, 0 failed']);
});

test('what failed, did not run or counted nothing is named', async () => {
  const test = [
    'check broken false',
    "missing oracle 'no network'",
    "counted jest echo 'Tests:       1 failed, 4 passed, 5 total'",
    'counted silent true',
    "counted lazy echo 'Tests:       2 skipped, 3 passed, 5 total'",
  ].join('\n');
  const { code, lines } = await ci({ test });
  expect(code).toBe(1);
  expect(lines.slice(-6)).toEqual([
    'not ok: broken',
    'not ok: oracle (could not run: no network)',
    'not ok: jest: 1 failed, exit code 0',
    'not ok: silent: 1 failed, exit code 0',
    'not ok: lazy: 2 failed, exit code 0',
    '12 passed, 6 failed',
  ]);
});

test.each([
  ['no Go', 'if check go ensure_actionlint; then check lint true; else missing lint "no Go"; fi'],
  ['no Python', 'if check venv ensure_venv x; then check lint true; else missing lint "no Python"; fi'],
])('%s: two failures, and the rest still runs', async (_, code) => {
  const bin = mkdtempSync(join(tmpdir(), 'bin-'));
  for (const name of ['go', 'python3']) {
    writeFileSync(join(bin, name), '#!/bin/sh\necho "$0: command not found" >&2\nexit 127\n', {
      mode: 0o755,
    });
  }
  const { lines } = await ci({ code }, { env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` } });
  expect(lines.at(-1)).toBe('5 passed, 2 failed');
});

test.each([
  ['no home', { HOME: '' }],
  ['a home that cannot be written', { HOME: '/proc/nobody' }],
  ['a cache that cannot be made', { SLUICE_CACHE: '/proc/nobody' }],
])('%s: the checks that need none run', async (_, env) => {
  const { code, lines } = await ci({}, { env: { ...env, TMPDIR: mkdtempSync(join(tmpdir(), 'ci-tmp-')) } });
  expect([code, lines.at(-1)]).toEqual([0, '6 passed, 0 failed']);
});

test('a lane that breaks the script, and a signal, end with a count that says so', async () => {
  const broken = await ci({ code: 'echo "$NEVER_SET"' });
  expect([broken.code, broken.lines.at(-1)]).toEqual([1, '1 passed, 1 failed']);
  expect(broken.lines.at(-2)).toContain('all lanes (could not run: it ended early');
  const ended = await ci({ code: 'echo waiting; sleep 2 & wait' }, { signal: 'SIGTERM' });
  expect([ended.code, ended.lines.at(-1)]).toEqual([1, '1 passed, 1 failed']);
});

test('an unknown lane is a failure; `full` has one lane more, whose last result a plain run shows', async () => {
  const unknown = await ci({}, { args: ['elsewhere'] });
  expect([unknown.code, unknown.lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
  const cache = mkdtempSync(join(tmpdir(), 'ci-cache-'));
  const env = { SLUICE_CACHE: cache };
  expect((await ci({}, { env })).lines).toContain('none yet on this machine: .ci/run full');
  const long = 'check slow true\necho "200 pulls, 2 %" > "$SLUICE_CACHE/last-full.txt"\n';
  const full = await ci({ long }, { args: ['full'], env });
  expect([full.code, full.lines.at(-1)]).toEqual([0, '7 passed, 0 failed']);
  expect((await ci({}, { env })).lines).toContain('200 pulls, 2 %');
});
