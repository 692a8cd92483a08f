/** The runner at its nastiest: files that are missing or full, pipes that break, signals in a row, secrets in errors. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readCommandFile } from '@sluice/testing/runner';

const FIXTURE = join(import.meta.dirname, 'fixtures/action.ts');
const TOKEN = 'hf_a"b\\c d+e';

interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Without the lines that register masks: those are where the runner must see the secret. */
  stdout: string;
  stderr: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  folder: string;
}

interface Setting {
  env?: Record<string, string>;
  /** Changes the command files before the start. */
  prepare?: (folder: string) => void;
  /** Once stdout says "waiting": milliseconds, signal. */
  signals?: [number, NodeJS.Signals][];
  closeStdout?: boolean;
}

async function act(what: string, { env, prepare, signals = [], closeStdout }: Setting = {}): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'nasty-'));
  const file = (name: string): string => join(folder, name);
  for (const name of ['output', 'summary', 'state']) writeFileSync(file(name), '');
  prepare?.(folder);
  const child = spawn(process.execPath, [FIXTURE], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      GITHUB_OUTPUT: file('output'),
      GITHUB_STEP_SUMMARY: file('summary'),
      GITHUB_STATE: file('state'),
      INPUT_DO: what,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const timers: NodeJS.Timeout[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (closeStdout === true) child.stdout.destroy();
    if (!text.includes('waiting')) return;
    for (const [ms, signal] of signals) timers.push(setTimeout(() => child.kill(signal), ms));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.once('exit', (...exit) => done(exit)),
  );
  timers.forEach(clearTimeout);
  return {
    code,
    signal,
    stdout: stdout.replace(/^::add-mask::.*$/gm, ''),
    stderr,
    outputs: readCommandFile(file('output')),
    state: readCommandFile(file('state')),
    folder,
  };
}

const summaryOf = (ran: Ran): string => readFileSync(join(ran.folder, 'summary'), 'utf8');

test.concurrent.each(['tell', 'print'])('%s: a secret leaves the step nowhere, in no form', async (what) => {
  const ran = await act(what, { env: { INPUT_TOKEN: TOKEN } });
  const everything = [ran.stdout, ran.stderr, summaryOf(ran), JSON.stringify([ran.outputs, ran.state])];
  for (const text of everything) {
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain(encodeURIComponent(TOKEN));
    expect(text.replaceAll('\\', '')).not.toContain(TOKEN.replaceAll('\\', ''));
  }
  expect(ran.stdout).toContain('***');
  expect(what === 'tell' ? ran.outputs['told'] : ran.outputs['answer']).toMatch(/^(token|Bearer) \*\*\*$/);
});

test.concurrent.each([
  ['stray', 'thrown from a timer'],
  ['unhandled', 'nobody waits for this'],
])(
  '%s: what nothing handled ends as infra-error, with outputs and without a stack trace',
  async (what, why) => {
    const ran = await act(what);
    expect([ran.code, ran.outputs['verdict'], ran.outputs['outcome']]).toEqual([1, 'error', 'infra-error']);
    expect(ran.stdout).toContain(`::error::an error that nothing handled: ${why}`);
    expect(ran.stdout + ran.stderr).not.toMatch(/^\s+at .+:\d+/m);
    expect(summaryOf(ran)).toContain(why);
  },
);

test.concurrent('a pipe that breaks does not stop the work', async () => {
  const ran = await act('chatty', { closeStdout: true });
  expect([ran.code, ran.outputs['outcome']]).toEqual([0, 'success']);
});

test.concurrent(
  'an action that never settles at SIGINT is cut off with its outputs written before SIGKILL would come',
  async () => {
    const ran = await act('deaf', {
      signals: [
        [0, 'SIGINT'],
        [7_500, 'SIGTERM'],
        [10_000, 'SIGKILL'],
      ],
    });
    expect([ran.code, ran.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(ran.stdout).toContain('::error::cancelled by SIGINT');
  },
);

test.concurrent('a second signal leaves no more grace', async () => {
  const ran = await act('deaf', {
    signals: [
      [0, 'SIGINT'],
      [1_500, 'SIGTERM'],
      [6_000, 'SIGKILL'],
    ],
  });
  expect([ran.code, ran.outputs['outcome']]).toEqual([1, 'infra-error']);
});

test.concurrent('the time-out says so', async () => {
  const ran = await act('wait', { env: { MAIN_MS: '300' } });
  expect([ran.code, ran.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(ran.stdout).toContain('::error::sample ran into its time-out');
});

test.concurrent('post runs after a crash of main, and is cut off when it hangs', async () => {
  const main = await act('die');
  expect([main.signal, main.outputs['outcome']]).toEqual(['SIGKILL', undefined]);
  const state = Object.fromEntries(Object.entries(main.state).map(([k, v]) => [`STATE_${k}`, v]));
  const post = await act('', { env: state });
  expect([post.code, post.stdout.trim()]).toEqual([0, 'post saw {"pid":7}']);
  const hung = await act('', { env: { ...state, STATE_sluice_server: '"hangs"' } });
  expect(hung.code).toBe(1);
  expect(hung.stdout).toContain("::error::sample's clean-up ran into its time-out");
});

test.concurrent.each(['output', 'state'])(
  'a missing file for %s is an infra-error, not a stack trace',
  async (name) => {
    const ran = await act('pass', { prepare: (folder) => rmSync(join(folder, name)) });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/::error::.*Missing file at path/);
    expect(ran.stdout).toContain('outcome infra-error');
    expect(ran.stderr).toBe('');
  },
);

test.concurrent('without command files (an old runner, a shell) everything goes to the log', async () => {
  const ran = await act('pass', { env: { GITHUB_OUTPUT: '', GITHUB_STATE: '', GITHUB_STEP_SUMMARY: '' } });
  expect(ran.code).toBe(0);
  expect(ran.stdout).toContain('::set-output name=verdict::pass');
});

test.concurrent('a summary that cannot be written is a warning', async () => {
  const ran = await act('pass', {
    prepare: (folder) => {
      rmSync(join(folder, 'summary'));
      mkdirSync(join(folder, 'summary'));
    },
  });
  expect([ran.code, ran.outputs['outcome']]).toEqual([0, 'success']);
  expect(ran.stdout).toContain('::warning::the job summary could not be written');
});

test.concurrent.each([0, 900_000, 1_048_570, 2_000_000])(
  'with %i bytes there already, the summary stays within 1 MiB',
  async (used) => {
    const ran = await act('long', {
      prepare: (folder) => writeFileSync(join(folder, 'summary'), 'x'.repeat(used)),
    });
    expect(ran.code).toBe(0);
    const { size } = statSync(join(ran.folder, 'summary'));
    expect(size).toBeLessThanOrEqual(Math.max(used, 1024 * 1024));
    if (used < 1e6) expect(summaryOf(ran)).toContain('Cut here');
  },
);

test.concurrent('outputs keep delimiters, line breaks and percent signs', async () => {
  const ran = await act('odd');
  const block = readFileSync(join(ran.folder, 'output'), 'utf8');
  expect(block).toContain('\na\r\nb<<EOF\nEOF\nghadelimiter_x\nname=value\n%0A \n');
  expect(ran.outputs['odd']).toBe('a\r\nb<<EOF\nEOF\nghadelimiter_x\nname=value\n%0A ');
  expect(ran.outputs['name']).toBeUndefined();
});
