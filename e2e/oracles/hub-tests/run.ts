/**
 * huggingface_hub's own tests, from its source archive, on caches that model-pull's bundle wrote: where a test downloads,
 * the bundle does. Tests that say nothing about our caches are named with the reason (not-ours.ts).
 * `node e2e/oracles/hub-tests/run.ts` prints a line per test, then `N passed, N failed`; exit 1 when one failed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { gitSha1 } from '@sluice/testing/hub/repository';
import { startHub } from '@sluice/testing/hub/server';
import { bundlePath } from '@sluice/testing/runner';
import { prepareVenv } from '../hub/venv.ts';
import { FILES, NOT_OURS } from './not-ours.ts';
import { README, repositories } from './repositories.ts';

const VERSION = '2.4.0';
const SHA256 = '13a6158b9e3393d9d3f248ce99074d50c2a0a1449fb9d8e2f710751e2084c188';
const HERE = import.meta.dirname;

/** The source archive, unpacked once in $SLUICE_CACHE: its tests aren't in the wheel. The folder's name is a Python package's. */
async function prepareTests(python: string): Promise<string> {
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
  const folder = join(cache, `huggingface_hub_${VERSION.replaceAll('.', '_')}_tests`);
  if (await stat(folder).catch(() => undefined)) return folder;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, 'sdist-'));
  const what = [
    '--no-deps',
    '--no-binary',
    'huggingface_hub',
    `huggingface_hub==${VERSION}`,
    '--dest',
    scratch,
  ];
  try {
    await run(python, ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', ...what], {
      timeoutMs: 300_000,
    });
    const archive = join(scratch, `huggingface_hub-${VERSION}.tar.gz`);
    const found = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    if (found !== SHA256) throw new Error(`${archive} has the sha256 ${found} instead of ${SHA256}`);
    await run('tar', ['-xzf', archive, '-C', scratch, '--no-same-owner']);
    const tests = join(scratch, `huggingface_hub-${VERSION}`, 'tests');
    await writeFile(join(tests, '__init__.py'), '');
    await rename(tests, folder).catch(async (error: unknown) => {
      if (!(await stat(folder).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return folder;
}

const python = await prepareVenv(join(HERE, 'requirements.txt'));
const tests = await prepareTests(python);
const scratch = await mkdtemp(join(tmpdir(), 'sluice-hub-tests-'));
const hub = await startHub({ repos: repositories('before') });
const later = await startHub({ repos: repositories('after') });
try {
  const facts = join(scratch, 'facts.json');
  await writeFile(
    facts,
    JSON.stringify({
      node: process.execPath,
      bundle: bundlePath('model-pull'),
      hubs: [hub.url, later.url],
      commits: ['first', 'second', 'other'].map((name) => hub.commit('acme/snapshot', name)),
      constants: { REPO_A_MAIN_README_BLOB_HASH: gitSha1(Buffer.from(README)) },
      notOurs: NOT_OURS,
      inputs: {
        CONNECTIONS: '4',
        SAFETY: 'off',
        SUMMARY: 'false',
        TIMEOUT: '30s',
        VERIFY: 'fast',
        'MIN-FREE-SPACE': '0B',
      },
    }),
  );
  const names = await readdir(tests);
  const absent = FILES.filter((file) => !names.includes(file));
  if (absent.length > 0) throw new Error(`the archive has no ${absent.join(', ')}`);
  const options = [
    '-q',
    '-p',
    'ours',
    '-p',
    'no:cacheprovider',
    '-c',
    '/dev/null',
    '--rootdir',
    dirname(tests),
  ];
  const child = spawn(python, ['-m', 'pytest', ...options, ...FILES.map((file) => join(tests, file))], {
    cwd: scratch,
    stdio: 'inherit',
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      TMPDIR: scratch,
      HF_HOME: join(scratch, 'home'),
      HF_ENDPOINT: hub.url,
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      PYTHONPATH: HERE,
      PYTHONDONTWRITEBYTECODE: '1',
      SLUICE_FACTS: facts,
    },
  });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
} finally {
  await Promise.all([hub.close(), later.close()]);
  await rm(scratch, { recursive: true, force: true });
}
