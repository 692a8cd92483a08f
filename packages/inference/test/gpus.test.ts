/** Leases among real processes, and what lies on a GPU before and after; nvidia-smi's output in its real shape. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseGpus, parseProcesses } from '@sluice/fit/gpus';
import { compareMemory, describeGpus, describeLeftovers } from '../src/gpus/hygiene.ts';
import { parseLease, parseServingLease } from '../src/gpus/lease-request.ts';
import { releaseLease } from '../src/gpus/lease.ts';
import { renderGpus, type FakeProcess } from './servers/stubs.ts';

const JOB = join(import.meta.dirname, 'servers/lease-job.ts');
const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function machine(count: number): { leases: string; gpus: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lease-test-'));
  folders.push(folder);
  const gpus = join(folder, 'gpus.xml');
  writeFileSync(gpus, renderGpus(Array.from({ length: count }, () => ({ freeMebibytes: 22_000 }))));
  return { leases: join(folder, 'leases'), gpus };
}

interface Job {
  child: ChildProcess;
  said(): string;
  says(pattern: RegExp): Promise<string>;
  giveBack(): void;
}

function job({ leases, gpus }: { leases: string; gpus: string }, name: string, text: string): Job {
  const env = { ...process.env, SLUICE_GPU_LEASES: leases };
  const child = spawn(process.execPath, [JOB, name, text, gpus], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (said += part));
  const says = async (pattern: RegExp): Promise<string> => {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const found = pattern.exec(said)?.[0];
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${name} never said ${String(pattern)}: ${said}`);
      await sleep(20);
    }
  };
  return { child, said: () => said, says, giveBack: () => void child.stdin.write('\n') };
}

describe('leases', () => {
  test('two GPUs for two jobs; the third waits, is told for whom, and gets the first that is free', async () => {
    const here = machine(2);
    const first = job(here, 'first', '1');
    const one = await first.says(/took \d/);
    const second = job(here, 'second', '1');
    const two = await second.says(/took \d/);
    expect([one, two].sort()).toEqual(['took 0', 'took 1']);
    const third = job(here, 'third', '1');
    await third.says(
      /waiting for 1 of 2 GPUs: .*held by https:\/\/run\.test\/first \(process \d+\) until 20/,
    );
    expect(third.said()).not.toContain('took');
    second.giveBack();
    expect(await third.says(/took \d/)).toBe(two);
  });

  test('first come, first served: who wants all is not starved by who wants one', async () => {
    const here = machine(2);
    const small = job(here, 'small', '1');
    await small.says(/took/);
    const large = job(here, 'large', 'all');
    await large.says(/waiting/);
    const late = job(here, 'late', '1');
    await late.says(/waiting for 1 of 2 GPUs: 1 before us in the queue/);
    small.giveBack();
    expect(await large.says(/took .*/)).toMatch(/took (?:0,1|1,0)/);
    expect(late.said()).not.toContain('took');
    large.giveBack();
    await late.says(/took/);
  });

  test('what a killed job held or waited for is free again; so is what is over its time', async () => {
    const here = machine(1);
    const killed = job(here, 'killed', '1');
    await killed.says(/took 0/);
    const waited = job(here, 'waited', '1');
    await waited.says(/waiting/);
    for (const { child } of [waited, killed]) child.kill('SIGKILL');
    const next = job(here, 'next', '1 for 800ms');
    await next.says(/took 0/);
    expect(next.said()).toContain('held by https://run.test/killed');
    const after = job(here, 'after', '1');
    await after.says(/over its time/);
    await after.says(/took 0/);
  });

  test('the wait has an end, and leaves no ticket; more than there is is a wrong input', async () => {
    const here = machine(1);
    await job(here, 'holder', '1').says(/took 0/);
    const patient = job(here, 'patient', '1 wait 700ms');
    expect(await patient.says(/failed: .*/)).toMatch(
      /no GPU was free within .* \(`gpu-lease`\): .*run\.test\/holder/,
    );
    expect(readdirSync(join(here.leases, 'queue'))).toEqual([]);
    expect(await job(here, 'greedy', '2').says(/failed: .*/)).toMatch(/`gpu-lease` = "2".*has 1/);
  });

  test('post of a killed main gives back by folder and id, and only that', async () => {
    const here = machine(2);
    await job(here, 'first', '1').says(/took/);
    await job(here, 'second', '1').says(/took/);
    const files = readdirSync(here.leases).filter((name) => name.startsWith('gpu-'));
    const id = files[0]?.split('.')[1] ?? '';
    await releaseLease({ folder: here.leases, id });
    expect(readdirSync(here.leases).filter((name) => name.startsWith('gpu-'))).toEqual([files[1]]);
    expect(existsSync(join(here.leases, 'lock'))).toBe(false);
    expect(readFileSync(join(here.leases, files[1] ?? ''), 'utf8')).toContain('https://run.test/');
  });

  test.each([
    ['1', { gpus: 1, limitMs: 6 * 3_600_000, waitMs: 3_600_000 }],
    ['all for 2h wait 30m', { gpus: 'all', limitMs: 7_200_000, waitMs: 1_800_000 }],
    ['2 wait 0', { gpus: 2, limitMs: 6 * 3_600_000, waitMs: 0 }],
  ])('%s', (text, request) => {
    expect(parseLease(text)).toEqual(request);
  });

  test.each(['0', 'true', '1 for', '1 for soon', '1 wait 2h for 3h', '-1', '1 for 0'])(
    '%s is told',
    (text) => {
      expect(parseLease(text)).toContain(`\`gpu-lease\` = "${text}"`);
    },
  );
});

test('a server that stays holds its GPUs without an end, and says nothing of one', () => {
  expect(parseServingLease('2 wait 30m')).toEqual({ gpus: 2, limitMs: null, waitMs: 1_800_000 });
  expect(parseServingLease('1 for 2h')).toMatch(/as long as it serves/);
  expect(parseServingLease('some')).toMatch(/"some"/);
});

describe('what lies on the GPUs', () => {
  const state = (freeMebibytes: number, processes: FakeProcess[] = []) => {
    const xml = renderGpus([{ freeMebibytes, processes }]);
    return { gpus: parseGpus(xml), processes: parseProcesses(xml) };
  };

  test('free memory, and who holds the rest, with its command', async () => {
    const before = state(9_000, [
      { pid: process.pid, name: 'python3', mebibytes: 13_000 },
      { pid: 999_999_999, name: '::error::VLLM::EngineCore', mebibytes: 500 },
    ]);
    expect(describeGpus(before)).toEqual([
      expect.stringMatching(/^GPU 0 \(NVIDIA L4\): [\d.]+ \S+ of [\d.]+ \S+ free$/),
    ]);
    const [own, gone] = await describeLeftovers(before);
    expect(own).toMatch(new RegExp(`GPU 0 .*process ${process.pid} \\(.*node.*\\) holds 13000 MiB`));
    expect(gone).toMatch(/process 999999999 .*EngineCore\) holds 500 MiB/);
    expect(gone).not.toContain('::');
  });

  test('memory that did not come back is told with who holds it; what was there before is not', () => {
    const old = { pid: 7, name: 'old', mebibytes: 1_000 };
    const held = state(10_000, [old, { pid: 8, name: 'VLLM', mebibytes: 11_000 }]);
    expect(compareMemory(state(21_000, [old]), held)).toEqual([
      expect.stringMatching(/GPU 0 .* less free than before the server started \(process 8, VLLM\)/),
    ]);
    expect(compareMemory(state(21_000), state(20_900))).toEqual([]);
  });
});
