/** Whether the disk can hold what is about to be written, asked before the first byte. */
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InfraError } from '@sluice/runtime/errors';
import { formatBytes } from '@sluice/runtime/units';

/** Bytes that an ordinary user may still write where `path` is or will be. */
export async function freeSpace(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(await nearestFolder(path));
  return bavail * bsize;
}

/** Throws InfraError when less than `keepFree` would be left after writing `bytes`; `input` says where. */
export async function requireSpace(
  path: string,
  bytes: number,
  keepFree: number,
  input = 'cache-dir',
): Promise<void> {
  const free = await freeSpace(path);
  if (free - bytes >= keepFree) return;
  const kept = keepFree > 0 ? ` and \`min-free-space\` keeps ${formatBytes(keepFree)}` : '';
  throw new InfraError(
    `${path} has ${formatBytes(free)} free, ${formatBytes(bytes)} are to be written${kept}: ` +
      `free ${formatBytes(bytes + keepFree - free)} more, or point \`${input}\` at another disk`,
  );
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (await stat(folder).catch(() => undefined)) return folder;
    if (folder === dirname(folder)) return folder;
  }
}
