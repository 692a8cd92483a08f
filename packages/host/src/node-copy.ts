/** A Node of the service's own: the runner's is deleted when the runner updates itself, the service runs on. */
import { randomBytes } from 'node:crypto';
import { access, chmod, constants, copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';

/** Folders in `<state-dir>/bin` that hold a Node begin so; the others are bundles, by the sha256 of their contents. */
export const NODE_PREFIX = 'node-';

/**
 * The path of `node` (default: this process's) in `<bin>/node-<version>-<arch>-<bytes>/`, linked or copied there once.
 * Where that can't be (no space, a state-dir mounted `noexec`) it is `node` itself, with a warning.
 */
export async function installNode(
  bin: string,
  log: Pick<Logger, 'warning'>,
  node = process.execPath,
): Promise<string> {
  // A supervisor or server that was started from the copy already.
  if (dirname(dirname(node)) === bin) return node;
  try {
    const { size } = await stat(node);
    const folder = join(bin, `${NODE_PREFIX}${process.version}-${process.arch}-${size}`);
    const target = join(folder, basename(node));
    const there = await stat(target).catch(() => undefined);
    if (there?.size !== size) await place(node, folder, target);
    await access(target, constants.X_OK);
    return target;
  } catch (error) {
    log.warning(
      `Node could not be copied to ${bin} (${describeError(error)}), so the service runs on ${node}: ` +
        'if that is the runner’s own Node, its next update deletes it, and a server that crashes then can’t be started again',
    );
    return node;
  }
}

/** Under another name first: whole or absent. A hard link costs no space and outlives the runner's folder. */
async function place(node: string, folder: string, target: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fresh = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await link(node, fresh).catch(() => copyFile(node, fresh, constants.COPYFILE_FICLONE));
    await chmodIfNeeded(fresh);
    await rename(fresh, target);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function chmodIfNeeded(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o100) === 0) await chmod(path, 0o755);
}
