/** Pulls that are killed by SIGKILL at a random moment and run again: what the promise of resuming is worth. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundlePath } from './runner.ts';

export interface KillPlan {
  /** Input `endpoint`. */
  hubUrl: string;
  /** Input `model`. */
  repo: string;
  file: { path: string; sha256: string };
  scratch: string;
  pulls: number;
  /** Pulls at once. */
  width: number;
  /** The kill comes at random within this time: of the start in every fourth pull, of the first byte in others. */
  withinMs: number;
  inputs?: Record<string, string>;
  env?: Record<string, string>;
}

export interface KillResult {
  /** What went wrong, a line each; empty: all ended right. */
  faults: string[];
  /** Kills that struck before the end. */
  struck: number;
  /** Second runs that found something to go on with. */
  resumed: number;
}

export async function killPulls(plan: KillPlan): Promise<KillResult> {
  const result: KillResult = { faults: [], struck: 0, resumed: 0 };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < plan.pulls) await killOne(plan, next++, result);
  };
  await Promise.all(Array.from({ length: plan.width }, worker));
  return result;
}

async function killOne(plan: KillPlan, index: number, result: KillResult): Promise<void> {
  const folder = await mkdtemp(join(plan.scratch, 'pull-'));
  try {
    const first = await pull(plan, folder, { afterMs: Math.random() * plan.withinMs, bytes: index % 4 > 0 });
    if (first.code === null) result.struck += 1;
    const second = await pull(plan, folder, undefined);
    const fault = (text: string): void => void result.faults.push(`pull ${index}: ${text}`);
    if (second.code !== 0) fault(`the second run ended with ${second.code}: ${second.output.slice(-1500)}`);
    if (second.output.includes('that an ended download left')) result.resumed += 1;
    const names = await readdir(join(folder, 'cache'), { recursive: true });
    const stale = names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name));
    if (stale.length > 0) fault(`stale files: ${stale.join(', ')}`);
    const path = names.find((name) => name.includes('snapshots') && name.endsWith(`/${plan.file.path}`));
    const hash = path === undefined ? 'no file' : await sha256(join(folder, 'cache', path));
    if (hash !== plan.file.sha256) fault(`the file's sha256 is ${hash}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pull(
  plan: KillPlan,
  folder: string,
  kill: { afterMs: number; bytes: boolean } | undefined,
): Promise<{ code: number | null; output: string }> {
  await mkdir(folder, { recursive: true });
  const output = join(folder, 'output');
  await writeFile(output, '');
  const child = spawn(process.execPath, [bundlePath('model-pull')], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GITHUB_WORKSPACE: folder,
      GITHUB_OUTPUT: output,
      INPUT_MODEL: plan.repo,
      INPUT_ENDPOINT: plan.hubUrl,
      'INPUT_CACHE-DIR': 'cache',
      INPUT_CONNECTIONS: '4',
      INPUT_SAFETY: 'off',
      INPUT_SUMMARY: 'false',
      INPUT_TIMEOUT: '30s',
      INPUT_VERIFY: 'fast',
      'INPUT_MIN-FREE-SPACE': '0B',
      'INPUT_RELEASE-RECORD': join(folder, 'release.json'),
      ...plan.inputs,
      ...plan.env,
    },
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  child.stderr.on('data', (part: Buffer) => (text += part.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  if (kill) {
    const begun = async (): Promise<void> => {
      while (child.exitCode === null && !(await hasWritten(folder))) await sleep(5);
    };
    if (kill.bytes) await begun();
    await Promise.race([sleep(kill.afterMs), ended]);
    child.kill('SIGKILL');
  }
  return { code: await ended, output: text };
}

/** Whether a journal in `folder`/cache names a first range: a kill from now on leaves something to go on with. */
export async function hasWritten(folder: string): Promise<boolean> {
  const locks = join(folder, 'cache/.locks');
  const names = await readdir(locks, { recursive: true }).catch(() => []);
  const journal = names.find((name) => name.endsWith('.journal'));
  if (journal === undefined) return false;
  const text = await readFile(join(locks, journal), 'utf8').catch(() => '');
  return text.split('\n').length > 2;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
