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
import { prepareVenv } from '../hub/venv.ts';

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
  const python = await prepareVenv(join(import.meta.dirname, `../hub/requirements-${version}.txt`));
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

let passed = 0;
let failed = 0;
function tell(what: string, faults: readonly string[]): void {
  if (faults.length === 0) passed += 1;
  else failed += 1;
  process.stdout.write(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${[what, ...faults].join(': ')}\n`);
}

/** What is wrong in a snapshot. */
async function compare(snapshot: string): Promise<string[]> {
  const faults: string[] = [];
  for (const [path, bytes] of Object.entries(files)) {
    const found = await readFile(join(snapshot, path)).catch(() => Buffer.alloc(0));
    if (sha256(found) !== sha256(bytes)) faults.push(`${path} is wrong`);
  }
  return faults;
}

try {
  const names = [
    'ours',
    'ours',
    'ours',
    'ours',
    'ours',
    'ours',
    'huggingface_hub 0.36',
    'huggingface_hub 2.4',
  ];
  const jobs = [...Array.from({ length: 6 }, ours), theirs('0.36.2'), theirs('2.4.0')];
  for (const [index, job] of (await Promise.allSettled(jobs)).entries()) {
    const faults = job.status === 'rejected' ? [describeError(job.reason)] : await compare(job.value);
    tell(`job ${index + 1} of 8 at once (${names[index]}) has the right files`, faults);
  }
  const left = await readdir(cache, { recursive: true });
  const stale = left.filter((name) => /\.(incomplete|journal|tmp)$/.test(name));
  tell('nothing stale is left', stale);
  const total = Object.values(files).reduce((sum, bytes) => sum + bytes.byteLength, 0);
  const sent = hub.requests.reduce((sum, { origin, bytes }) => sum + (origin === 'cdn' ? bytes : 0), 0);
  const twice = sent > total * 1.01 ? [`${sent} bytes were sent for ${total}`] : [];
  tell(`no file came twice (${((100 * sent) / total).toFixed(0)} % of the bytes were sent)`, twice);
} finally {
  await hub.close();
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
