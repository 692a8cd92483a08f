/** What servers, networks and disks do wrong, met by the bundle: a right result or a clear error, never a wrong file. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FixtureHub, HubOptions } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { runAction } from '@sluice/testing/runner';

const bytes = randomFillSync(Buffer.alloc(12_000_000));
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const options: HubOptions = {
  repos: [
    { id: 'acme/m', revisions: [{ name: 'v1', files: { 'a.safetensors': bytes, 'a.json': '{"a":1}' } }] },
  ],
};
let hub: FixtureHub;
let workspace: string;
beforeAll(async () => {
  hub = await startHub(options);
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-faults-'));
  hub.faults.length = 0;
});

function pull(
  inputs: Record<string, string> = {},
  endpoint = hub.url,
  env: Record<string, string> = {},
): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model: 'acme/m', 'cache-dir': 'cache', endpoint, safety: 'off', ...inputs },
    env,
    timeoutMs: 40_000,
  });
}
async function expectRight(run: ActionOutcome): Promise<void> {
  expect([run.exitCode, run.stdout]).toEqual([0, expect.anything()]);
  const found = await readFile(join(run.outputs['path'] ?? '', 'a.safetensors'));
  expect(sha256(found)).toBe(sha256(bytes));
}
/** No file under a final name is wrong, and no half one is left. */
async function expectNothingWrong(cache = join(workspace, 'cache')): Promise<void> {
  const names = await readdir(cache, { recursive: true }).catch(() => []);
  expect(names.filter((name) => /\.(tmp|incomplete|journal)$/.test(name))).toEqual([]);
  for (const name of names.filter((one) => /blobs\/[0-9a-f]{64}$/.test(one)))
    expect(name.endsWith(sha256(await readFile(join(cache, name))))).toBe(true);
}

test('a redirect that leads back to itself ends, and says so', async () => {
  const location = `${hub.cdnUrl}/repos/loop`;
  hub.faults.push({ kind: 'redirect', origin: 'cdn', location, times: 1000 });
  const run = await pull();
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(run.stdout).toMatch(/::error::.*more than 5 redirects/);
  await expectNothingWrong();
});

test('a CDN that ignores ranges, and a body that is cut: the right file', async () => {
  hub.faults.push({ kind: 'ignore-range', origin: 'cdn', times: 1000 });
  hub.faults.unshift({ kind: 'break', origin: 'cdn', afterBytes: 3_000_000 });
  await expectRight(await pull({ connections: '4' }));
  await expectNothingWrong();
});

test('a storm of 429, by hub and CDN, is waited out as asked', async () => {
  hub.faults.push({ kind: 'rate-limit', origin: 'hub', seconds: 0, times: 4 });
  hub.faults.push({ kind: 'rate-limit', origin: 'cdn', seconds: 1, times: 3 });
  const run = await pull();
  await expectRight(run);
  expect(run.stdout).toContain('HTTP 429');
});

test('an etag that is no hash of the bytes: no file gets its name', async () => {
  hub.faults.push({ kind: 'corrupt', origin: 'hub', path: 'resolve', offset: 2, times: 1000 });
  const run = await pull();
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(run.stdout).toMatch(/::error::.*a\.json/);
  expect(run.outputs['path']).toBeUndefined();
  await expectNothingWrong();
});

test('a hub that dies in the middle and comes back at the same place', async () => {
  let slow = await startHub({ ...options, bytesPerSecond: 4_000_000 });
  const [port, cdnPort] = [slow.url, slow.cdnUrl].map((url) => Number(new URL(url).port)) as [number, number];
  try {
    const running = pull({}, slow.url);
    while (!slow.requests.some(({ origin }) => origin === 'cdn')) await sleep(20);
    await sleep(300);
    await slow.close();
    await sleep(400);
    slow = await startHub({ ...options, port, cdnPort });
    const run = await running;
    await expectRight(run);
    expect(run.stdout).toContain('the connection broke off');
    await expectNothingWrong();
  } finally {
    await slow.close();
  }
});

/** A disk of one's own takes the right to mount; without it bundle.test.ts tries `min-free-space` alone. */
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const onDisk = mayMount ? test : () => undefined;
async function withDisk(size: string, use: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(workspace, 'disk');
  await mkdir(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk]);
  try {
    await use(disk);
  } finally {
    execFileSync('umount', [disk]);
  }
}
const ON_DISK = { 'cache-dir': 'disk/cache', 'min-free-space': '0B' };

onDisk('a disk that is too small', () =>
  withDisk('8m', async (disk) => {
    const run = await pull(ON_DISK);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(run.stdout).toMatch(/::error::.*(free|full)/);
    await expectNothingWrong(join(disk, 'cache'));
  }),
);

onDisk('a disk that somebody else fills while the bytes come, and then clears', () =>
  withDisk('40m', async (disk) => {
    await using slow = await startHub({ ...options, bytesPerSecond: 4_000_000 });
    // Without util-linux's fallocate nothing is reserved.
    const env = { PATH: workspace };
    const running = pull(ON_DISK, slow.url, env);
    while (!slow.requests.some(({ origin }) => origin === 'cdn')) await sleep(20);
    await writeFile(join(disk, 'other'), Buffer.alloc(64_000_000)).catch(() => undefined);
    const run = await running;
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(run.stdout).toMatch(/::error::.*full/);
    await expectNothingWrong(join(disk, 'cache'));
    await rm(join(disk, 'other'));
    await expectRight(await pull(ON_DISK, hub.url, env));
  }),
);
