/** A Python virtual environment per lock file, outside the checkout, made once. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { withFileLock } from '@sluice/runtime/files';

/** Returns the environment's python; the folder is named by the lock's hash, so a new lock is a new one. */
export async function prepareVenv(lockFile: string): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex').slice(0, 16);
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
  const folder = join(cache, 'venvs', hash);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, '.complete');
  if (await stat(done).catch(() => undefined)) return python;
  await mkdir(join(cache, 'venvs'), { recursive: true });
  // Two oracles may want the same one at once.
  await withFileLock(`${folder}.lock`, () => install(lockFile, folder, python, done), { timeoutMs: 600_000 });
  return python;
}

async function install(lockFile: string, folder: string, python: string, done: string): Promise<void> {
  if (await stat(done).catch(() => undefined)) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', lockFile];
  await run(python, args, { timeoutMs: 300_000 });
  await writeFile(done, '');
}
