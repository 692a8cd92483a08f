/** Many jobs, one empty cache; and a disk that is full. */
import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startHub } from '@sluice/testing/hub/server';
import { runAction } from '@sluice/testing/runner';

const withFlock = spawnSync('flock', ['--version']).status === 0 ? test : test.skip;
const big = Buffer.alloc(6 * 1024 * 1024, 'weights');
const other = Buffer.alloc(5 * 1024 * 1024, 'more');

const hubOf = (bytesPerSecond: number) =>
  startHub({
    bytesPerSecond,
    repos: [
      {
        id: 'acme/big',
        revisions: [{ name: 'v1', files: { 'a.safetensors': big, 'b.safetensors': other, 'c.json': '{}' } }],
      },
    ],
  });

function pull(cache: string, endpoint: string) {
  const inputs = { model: 'acme/big', 'cache-dir': cache, endpoint, safety: 'off', 'min-free-space': '0B' };
  return runAction('model-pull', { inputs, timeoutMs: 60_000 });
}

withFlock('four jobs at once fetch each byte once', async () => {
  await using hub = await hubOf(12 * 1024 * 1024);
  const cache = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
  const runs = await Promise.all(Array.from({ length: 4 }, () => pull(cache, hub.url)));
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  const sent = hub.requests.reduce(
    (sum, { origin, bytes }) => sum + (origin === 'cdn' && bytes > 1 ? bytes : 0),
    0,
  );
  expect(sent).toBe(big.byteLength + other.byteLength);
  const digests = new Set(runs.map(({ outputs }) => outputs['digest']));
  expect(digests.size).toBe(1);
  const brought = await readFile(join(runs[0]?.outputs['path'] ?? '', 'a.safetensors'));
  expect(brought.equals(big)).toBe(true);
  const names = await readdir(cache, { recursive: true });
  expect(names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name))).toEqual([]);
  await rm(cache, { recursive: true });
});

const asRoot = process.getuid?.() === 0 && process.platform === 'linux' ? test : test.skip;

asRoot('a disk that fills up: told, and left as it was', async () => {
  await using hub = await hubOf(200 * 1024 * 1024);
  const cache = await mkdtemp(join(tmpdir(), 'sluice-full-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', cache]).status !== 0) {
    // Root in a container without the right to mount.
    await rm(cache, { recursive: true });
    return;
  }
  try {
    const early = await pull(cache, hub.url);
    expect([early.exitCode, early.outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(early.stdout).toMatch(/has \S+ MB free, \S+ MB are to be written/);
    // What another program writes meanwhile is not foreseen: the check is passed by, the disk fills while bytes come.
    const inputs = {
      model: 'acme/big',
      'cache-dir': cache,
      endpoint: hub.url,
      safety: 'off',
      'min-free-space': '0B',
    };
    await mkdir(join(cache, 'x'));
    let late = runAction('model-pull', {
      inputs: { ...inputs, include: 'a.safetensors', 'bandwidth-limit': '8MB' },
      onStdout: (text) => {
        if (text.includes(' to fetch')) spawnSync('fallocate', ['-l', '4m', join(cache, 'x/taken')]);
      },
    });
    const full = await late;
    expect(full.stdout).toMatch(/the disk of .* is full; what was written of it is removed/);
    expect([full.exitCode, full.outputs['outcome']]).toEqual([1, 'infra-error']);
    const names = await readdir(cache, { recursive: true });
    expect(names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name))).toEqual([]);
    await rm(join(cache, 'x'), { recursive: true });
    late = runAction('model-pull', { inputs: { ...inputs, include: 'a.safetensors' } });
    const then = await late;
    expect(then.exitCode).toBe(0);
    expect((await lstat(join(then.outputs['path'] ?? '', 'a.safetensors'))).isSymbolicLink()).toBe(true);
  } finally {
    spawnSync('umount', [cache]);
    await rm(cache, { recursive: true, force: true });
  }
});
