/** What the lane needs from outside: act, the bundled stand-ins, the embedded engine. Kept outside the checkout. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';

export const ROOT = join(import.meta.dirname, '..', '..');
const ACT_VERSION = '0.2.89';
const MINUTES = 60_000;

/** Where builds are kept between runs: SLUICE_CACHE, or a folder of the user's cache. */
export function cacheFolder(): string {
  return process.env['SLUICE_CACHE'] ?? join(process.env['HOME'] ?? homedir(), '.cache', 'sluice');
}

/** Makes `folder` once: built beside it and renamed, so that a killed build leaves no half of it. */
export async function once(folder: string, build: (into: string) => Promise<void>): Promise<string> {
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const building = await mkdtemp(`${folder}.`);
  try {
    await build(building);
    await rename(building, folder);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}

/** Path of act, built by Go's own tool from its module proxy. */
export async function ensureAct(): Promise<string> {
  const folder = await once(join(cacheFolder(), 'go', `act-${ACT_VERSION}`), async (into) => {
    await run('go', ['install', `github.com/nektos/act@v${ACT_VERSION}`], {
      env: { ...process.env, GOBIN: into },
      timeoutMs: 15 * MINUTES,
    });
  });
  return join(folder, 'act');
}

/** Folder with the stand-ins `upload-artifact` and `download-artifact`, each bundled as a released action would be. */
export async function ensureStandIns(): Promise<string> {
  const source = join(import.meta.dirname, 'actions');
  const files = ['package.json', 'package-lock.json', '.npmrc'];
  const names = ['upload-artifact', 'download-artifact'];
  const hash = createHash('sha256');
  for (const file of [...files, ...names.flatMap((name) => [`${name}/action.yml`, `${name}/index.mjs`])]) {
    hash.update(await readFile(join(source, file)));
  }
  return once(join(cacheFolder(), 'act-stand-ins', hash.digest('hex').slice(0, 16)), async (into) => {
    for (const file of files) await cp(join(source, file), join(into, file));
    await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: into,
      timeoutMs: 10 * MINUTES,
    });
    for (const name of names) {
      await cp(join(source, name), join(into, name), { recursive: true });
      const ncc = join(ROOT, 'node_modules', '@vercel', 'ncc', 'dist', 'ncc', 'cli.js');
      const entry = join(into, name, 'index.mjs');
      await run(process.execPath, [ncc, 'build', entry, '-o', join(into, name, 'dist'), '--no-cache'], {
        timeoutMs: 10 * MINUTES,
      });
    }
    // act reads a whole action into memory at each use: only the bundles stay.
    await rm(join(into, 'node_modules'), { recursive: true });
  });
}

/** Folder of the embedded engine, for SLUICE_EMBEDDED: the run itself has no network to install it from. */
export async function ensureEngine(): Promise<string> {
  const script = join(ROOT, 'packages/inference/src/engines/embedded/install.ts');
  const { stdout } = await run(process.execPath, [script], { timeoutMs: 10 * MINUTES });
  return stdout.trim().split('\n').at(-1) ?? '';
}
