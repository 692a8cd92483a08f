/** A Python virtual environment per lock file, outside the checkout, made once. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';

/** Returns the environment's python; the folder is named by the lock's hash, so a new lock is a new one. */
export async function prepareVenv(lockFile: string): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex').slice(0, 16);
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
  const folder = join(cache, 'venvs', hash);
  const python = join(folder, 'bin', 'python');
  const done = join(folder, '.complete');
  if (await stat(done).catch(() => undefined)) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder], { timeoutMs: 120_000 });
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', lockFile];
  await run(python, args, { timeoutMs: 300_000 });
  await writeFile(done, '');
  return python;
}
