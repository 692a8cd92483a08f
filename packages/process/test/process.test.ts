import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { processStartTime } from '@sluice/runtime/files';
import { endGroup } from '../src/group.ts';
import { ProcessError, run } from '../src/run.ts';
import { start } from '../src/start.ts';
import { runTool } from '../src/tool.ts';

const node = process.execPath;
const alive = async (pid: number): Promise<boolean> => (await processStartTime(pid)) !== undefined;

test('arguments reach the program as they are: there is no shell', async () => {
  const hostile = ['$(touch /tmp/x)', '; ls', '"quoted"', '*'];
  const { stdout } = await run(node, [
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    ...hostile,
  ]);
  expect(JSON.parse(stdout)).toEqual(hostile);
});

test('a non-zero exit is an error with the last lines', async () => {
  const failing = run(node, ['-e', 'console.error("first\\nno such model"); process.exit(3)']);
  await expect(failing).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('no such model'),
  });
  await expect(failing).rejects.toBeInstanceOf(ProcessError);
  await expect(run('/no/such/program', [])).rejects.toThrow('could not be started');
});

test('a tool: its output, its failure, its absence', async () => {
  expect((await runTool('git', ['--version'])).stdout).toMatch(/^git version/);
  await expect(runTool('git', ['no-such-verb'])).rejects.toMatchObject({ exitCode: 1 });
  await expect(runTool('no-such-tool', [])).rejects.toBeInstanceOf(ProcessError);
});

test('stdin, lines, and a time limit that ends the whole group', async () => {
  const lines: string[] = [];
  await run(node, ['-e', 'process.stdin.pipe(process.stdout)'], {
    input: 'a\nb',
    onLine: (line) => lines.push(line),
  });
  expect(lines).toEqual(['a', 'b']);
  const nested = `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(()=>0,1000)'], {stdio:'ignore'}); console.log(c.pid); setInterval(()=>0,1000)`;
  const error = await run(node, ['-e', nested], { timeoutMs: 500 }).catch(
    (caught: unknown) => caught as ProcessError,
  );
  expect(error).toMatchObject({ message: expect.stringContaining('ran longer than 500 ms') });
  expect(await alive(Number((error as ProcessError).stdout))).toBe(false);
});

test('stop: SIGTERM first, SIGKILL for who does not listen, children too', async () => {
  const log = join(mkdtempSync(join(tmpdir(), 'proc-')), 'a.log');
  const stubborn = `process.on('SIGTERM', () => console.log('no')); const c = require('child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>0); setInterval(()=>0,1000)'], {stdio:'ignore'}); console.log(c.pid); setInterval(()=>0,1000)`;
  const running = await start(node, ['-e', stubborn], { logFile: log });
  await sleep(400);
  await running.stop(400);
  const [pid, said] = readFileSync(log, 'utf8').split('\n');
  expect(said).toBe('no');
  expect(running.exit()).toEqual({ code: null, signal: 'SIGKILL' });
  await sleep(50);
  expect(await alive(Number(pid))).toBe(false);
});

test('a recycled pid is left alone', async () => {
  const running = await start(node, ['-e', 'setInterval(()=>0,1000)']);
  expect(await endGroup(running.pid, 1000, 'another start time')).toBe(false);
  expect(running.exit()).toBeUndefined();
  expect(await endGroup(running.pid, 1000, await processStartTime(running.pid))).toBe(true);
  expect((await running.exited).signal).toBe('SIGTERM');
});
