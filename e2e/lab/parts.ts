/**
 * The lab's processes. Each carries the lab's mark in its environment, as do the processes that it starts: they are found
 * again whatever became of who started them, and nobody else's is ever ended.
 */
import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';
import { readFileIfThere } from '@sluice/runtime/files';
import { WORK } from './layout.ts';

const MARK = 'SLUICE_LAB_PART';

export interface Part {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

const fileOf = (name: string): string => join(WORK, 'parts', `${name}.json`);
export const logOf = (name: string): string => join(WORK, 'log', `${name}.log`);

/** Starts a part that outlives us; how it was started is kept, so that `restartPart` can do it again. */
export async function startPart(part: Part): Promise<void> {
  await mkdir(join(WORK, 'parts'), { recursive: true });
  await mkdir(join(WORK, 'log'), { recursive: true });
  await writeFile(fileOf(part.name), JSON.stringify(part), { mode: 0o600 });
  const env = { ...(part.env ?? process.env), [MARK]: `${WORK}:${part.name}` };
  await start(part.command, part.args, { detached: true, logFile: logOf(part.name), env, cwd: WORK });
}

/** Starts a part again as it was started before. */
export async function restartPart(name: string): Promise<void> {
  await startPart(JSON.parse(await readFile(fileOf(name), 'utf8')) as Part);
}

/** The processes of one part, or of all: those it was started as and those they started, but for what runs in containers. */
export async function pidsOf(name?: string): Promise<number[]> {
  const wanted = `${MARK}=${WORK}:${name ?? ''}`;
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    const isOurs = environment
      .split('\0')
      .some((line) => (name === undefined ? line.startsWith(wanted) : line === wanted));
    if (isOurs && (await readFileIfThere(`/proc/${entry}/cmdline`)) !== '') found.push(Number(entry));
  }
  return found;
}

/** Parts that were started and don't run. */
export async function endedParts(): Promise<string[]> {
  const names = (await readdir(join(WORK, 'parts'))).map((file) => file.replace(/\.json$/, ''));
  const running = await Promise.all(names.map(pidsOf));
  return names.filter((_, index) => running[index]?.length === 0);
}

/** Processes in containers of the lab's containerd: their own mount namespace, and a root out of the work folder. */
async function containerPids(): Promise<number[]> {
  const own = await readlink('/proc/self/ns/mnt');
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const theirs = await readlink(`/proc/${entry}/ns/mnt`).catch(() => own);
    if (theirs === own) continue;
    const mounts = await readFile(`/proc/${entry}/mountinfo`, 'utf8').catch(() => '');
    if (mounts.split('\n').some((line) => / \/ \S+ .*- overlay /.test(line) && line.includes(`${WORK}/`))) {
      found.push(Number(entry));
    }
  }
  return found;
}

export async function endPart(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  await endAll(() => pidsOf(name), signal, 15_000);
}

export const endContainers = (): Promise<void> => endAll(containerPids, 'SIGKILL', 5_000);
export const endAllParts = (): Promise<void> => endAll(() => pidsOf(), 'SIGTERM', 1_000);

/** Signals until nobody is left; SIGKILL after the grace time. */
async function endAll(find: () => Promise<number[]>, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  let asked = new Set<number>();
  for (;;) {
    const left = await find();
    if (left.length === 0) return;
    const isLate = Date.now() > deadline;
    if (Date.now() > deadline + 10_000) throw new Error(`processes ${left.join(', ')} of the lab do not end`);
    for (const pid of left) {
      if (!isLate && asked.has(pid)) continue;
      try {
        process.kill(pid, isLate ? 'SIGKILL' : signal);
      } catch {
        // It has ended by itself.
      }
    }
    asked = new Set(left);
    await sleep(100);
  }
}
