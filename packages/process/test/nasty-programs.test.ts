/** Programs at their nastiest: daemons that keep our pipes, closed stdin, floods of output, zombies. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { endGroup } from '../src/group.ts';
import { run } from '../src/run.ts';

const node = process.execPath;
/** Starts a daemon of a session of its own that inherits stdout, and says its pid. */
const LEAVES_DAEMON = `const c = require('child_process').spawn(process.execPath,
  ['-e', 'setTimeout(()=>0, 20000)'], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  c.unref(); console.log(c.pid);`;

const endDaemon = (pid: string): void => void process.kill(Number(pid), 'SIGKILL');

test('a daemon that keeps our pipes open is not waited for', async () => {
  const started = Date.now();
  const { stdout } = await run(node, ['-e', LEAVES_DAEMON]);
  expect(Date.now() - started).toBeLessThan(10_000);
  endDaemon(stdout);
});

test('nor does it keep a time limit from ending', async () => {
  const started = Date.now();
  const failing = run(node, ['-e', `${LEAVES_DAEMON} setInterval(()=>0,1000)`], { timeoutMs: 600 });
  const error = await failing.catch((caught: unknown) => caught as Error & { stdout: string });
  expect(error).toMatchObject({ message: expect.stringContaining('ran longer than 600 ms') });
  expect(Date.now() - started).toBeLessThan(10_000);
  endDaemon((error as { stdout: string }).stdout);
});

test('a program that closes its stdin, or ends before reading it, is no error', async () => {
  const input = 'x'.repeat(5_000_000);
  const closing = 'process.stdin.destroy(); setTimeout(() => console.log("done"), 50)';
  expect((await run(node, ['-e', closing], { input })).stdout).toBe('done\n');
  expect((await run('true', [], { input })).stdout).toBe('');
});

test('a flood without line ends comes in pieces, and only so much of it is kept', async () => {
  let longest = 0;
  let total = 0;
  const flood = 'const b = "x".repeat(1<<20); for (let i = 0; i < 80; i++) require("fs").writeSync(1, b)';
  const { stdout } = await run(node, ['-e', flood], {
    onLine: (line) => {
      longest = Math.max(longest, line.length);
      total += line.length;
    },
  });
  expect(total).toBe(80 * 2 ** 20);
  expect(longest).toBeLessThan(1_000_000);
  expect(stdout.length).toBeGreaterThanOrEqual(64 * 2 ** 20);
  expect(stdout.length).toBeLessThan(66 * 2 ** 20);
});

test('a group whose leader is a zombie is ended without waiting for its parent', async () => {
  // The shell starts a group leader that ends at once, and never reaps it.
  const parent = spawn('python3', [
    '-c',
    'import os,time\npid=os.fork()\nif pid==0:\n os.setsid(); os._exit(0)\ntime.sleep(0.2); print(pid, flush=True); time.sleep(30)',
  ]);
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const started = Date.now();
  await endGroup(Number(text.toString()), 8_000);
  expect(Date.now() - started).toBeLessThan(6_000);
  parent.kill('SIGKILL');
});
