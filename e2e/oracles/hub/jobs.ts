/**
 * Eight jobs at once on one empty cache, two of them huggingface_hub (0.36 and 2.4): all eight must end right, and ours
 * must fetch no file twice. `node e2e/oracles/hub/jobs.ts`
 */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { startHub } from '@sluice/testing/hub/server';
import { runAction } from '@sluice/testing/runner';
import { prepareVenv } from './venv.ts';

const REPO = 'acme/big';
const files: Record<string, Buffer> = { 'config.json': Buffer.from('{}') };
for (let index = 1; index <= 4; index++) {
  files[`model-0000${index}-of-00004.safetensors`] = randomFillSync(Buffer.alloc(40_000_000));
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const hub = await startHub({
  repos: [{ id: REPO, revisions: [{ name: 'v1', files }] }],
  bytesPerSecond: 20_000_000,
});
const scratch = await mkdtemp(join(tmpdir(), 'sluice-jobs-'));
const cache = join(scratch, 'cache');

async function ours(): Promise<string> {
  const inputs = { model: REPO, endpoint: hub.url, 'cache-dir': cache, safety: 'off' };
  const result = await runAction('model-pull', { inputs });
  if (result.exitCode !== 0) throw new Error(result.stdout.slice(-1000));
  return result.outputs['path'] ?? '';
}

async function theirs(version: string): Promise<string> {
  const python = await prepareVenv(join(import.meta.dirname, `requirements-${version}.txt`));
  const script = `import sys, huggingface_hub; print(huggingface_hub.snapshot_download(sys.argv[1], cache_dir=sys.argv[2]))`;
  const { stdout } = await run(python, ['-c', script, REPO, cache], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: scratch,
      HF_HOME: join(scratch, version),
      HF_ENDPOINT: hub.url,
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
    },
  });
  return stdout.trim();
}

const faults: string[] = [];
try {
  const jobs = [...Array.from({ length: 6 }, ours), theirs('0.36.2'), theirs('2.4.0')];
  for (const [index, job] of (await Promise.allSettled(jobs)).entries()) {
    if (job.status === 'rejected') {
      faults.push(`job ${index}: ${describeError(job.reason)}`);
      continue;
    }
    for (const [path, bytes] of Object.entries(files)) {
      const found = await readFile(join(job.value, path)).catch(() => Buffer.alloc(0));
      if (sha256(found) !== sha256(bytes)) faults.push(`job ${index}: ${path} is wrong`);
    }
  }
  const names = await readdir(cache, { recursive: true });
  const stale = names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name));
  if (stale.length > 0) faults.push(`stale files: ${stale.join(', ')}`);
  // Ours ask the CDN for ranges, Python asks for whole files.
  const total = Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const sent = hub.requests.reduce((sum, { origin, bytes }) => sum + (origin === 'cdn' ? bytes : 0), 0);
  process.stdout.write(
    `8 jobs, ${((100 * sent) / total).toFixed(0)} % of the bytes sent, ${faults.length} faults\n`,
  );
  if (sent > total * 1.01) faults.push(`${sent} bytes were sent for ${total}`);
} finally {
  await hub.close();
  await rm(scratch, { recursive: true, force: true });
}
for (const fault of faults) process.stdout.write(`FAIL ${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
