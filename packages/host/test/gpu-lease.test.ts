/** Model servers that lease the GPUs of a shared machine: real supervisor and servers, nvidia-smi's output in its real shape. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeStubs, renderGpus, type Stubs } from '../../inference/test/servers/stubs.ts';
import type { ServerSpec } from '../src/types.ts';
import { alive, specOf, TestHost, until } from './support.ts';

let host: TestHost;
let stubs: Stubs;
let leases: string;

beforeAll(async () => {
  host = await TestHost.make();
  stubs = makeStubs(['nvidia-smi']);
  const gpus = join(stubs.folder, 'gpus.xml');
  writeFileSync(gpus, renderGpus([{ freeMebibytes: 22_000 }, { freeMebibytes: 21_000 }]));
  leases = join(stubs.folder, 'leases');
  await host.ensure({ env: { ...stubs.env, FAKE_NVIDIA_SMI: gpus, SLUICE_GPU_LEASES: leases } });
});

afterAll(async () => {
  await host.dispose();
  rmSync(stubs.folder, { recursive: true, force: true });
});

const leasing = (version: string, waitMs = 0): ServerSpec => ({
  ...specOf(version),
  gpuLease: { gpus: 1, waitMs, holder: 'service llm' },
});

const held = (): { gpu: string; processes: { pid: number }[]; until: unknown }[] =>
  readdirSync(leases)
    .filter((name) => name.startsWith('gpu-'))
    .map((name) => {
      const holder = JSON.parse(readFileSync(join(leases, name), 'utf8')) as {
        processes: { pid: number }[];
        until: unknown;
      };
      return { gpu: name.slice('gpu-GPU-0000000'.length)[0] ?? '', ...holder };
    });

const pidOf = async (version: string): Promise<number> =>
  (await host.client.status()).servers.find((server) => server.version === version)?.pid ?? 0;

const seenBy = (pid: number): string | undefined =>
  readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .find((line) => line.startsWith('CUDA_VISIBLE_DEVICES='));

test('each version has its own GPU, held without an end; the third is told who holds them, and waits for one', async () => {
  await host.client.startServer(leasing('v1'), 'stable');
  await host.client.startServer(leasing('v2'), 'canary');
  expect([seenBy(await pidOf('v1')), seenBy(await pidOf('v2'))]).toEqual([
    'CUDA_VISIBLE_DEVICES=0',
    'CUDA_VISIBLE_DEVICES=1',
  ]);
  expect(held().map(({ until: end }) => end)).toEqual([null, null]);
  await expect(host.client.startServer(leasing('v3'), 'canary')).rejects.toThrow(
    /no GPU was free within .*held by service llm \(process \d+, \d+\) as long as it serves/,
  );
  const waiting = host.client.startServer(leasing('v3', 20_000), 'canary');
  await until('v3 says that it waits', async () => {
    const { servers } = await host.client.status();
    return servers.some(({ waitingFor }) => waitingFor?.includes('held by service llm') === true);
  });
  await host.client.stopServer('v2', 0);
  await waiting;
  expect(seenBy(await pidOf('v3'))).toBe('CUDA_VISIBLE_DEVICES=1');
  await host.client.stopServer('v3', 0);
  expect(held().map(({ gpu }) => gpu)).toEqual(['0']);
});

test('a crash of the server, and then of the supervisor, leaves the GPU with its version', async () => {
  const first = await pidOf('v1');
  process.kill(first, 'SIGKILL');
  await until('it is started again', async () => {
    const pid = await pidOf('v1');
    return pid !== 0 && pid !== first && held()[0]?.processes.some((one) => one.pid === pid) === true;
  });
  const server = await pidOf('v1');
  expect(seenBy(server)).toBe('CUDA_VISIBLE_DEVICES=0');
  const supervisor = (await host.client.status()).supervisor.pid;
  process.kill(supervisor, 'SIGKILL');
  await until('the supervisor is gone', async () => !(await alive(supervisor)));
  // Others see it held, although its watcher is dead.
  const { processes } = held()[0] ?? { processes: [] };
  expect(processes.map(({ pid }) => pid)).toEqual([supervisor, server]);
  const next = (await host.client.status()).supervisor.pid;
  expect(await pidOf('v1')).toBe(server);
  expect(held().map((lease) => [lease.gpu, lease.processes.map(({ pid }) => pid)])).toEqual([
    ['0', [next, server]],
  ]);
  await host.client.stopServer('v1', 0);
  expect(held()).toEqual([]);
});
