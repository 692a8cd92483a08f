/** Copies an action's bundle to where it stays: the runner deletes the folder that it was started from. */
import { errnoCode } from '@sluice/runtime/files';
import { createHash, randomBytes } from 'node:crypto';
import { access, cp, mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';

/**
 * Copies the folder of `bundle` whole (chunks and package.json with it), and each folder beside it that its
 * scripts name as `../<folder>/`, to `<bin>/<sha256 of the contents>/` and gives the path of the copied
 * bundle. Written beside and renamed, so that a copy is whole or absent; one that is there is used as it is.
 */
export async function installBundle(bin: string, bundle: string): Promise<string> {
  const entry = await realpath(bundle).catch((error: unknown) => {
    throw new ConfigError(`the bundle ${bundle} is not there`, { cause: error });
  });
  const folder = dirname(entry);
  const root = dirname(folder);
  // A copy that runs already (a service started again by itself) is not copied again.
  if (dirname(root) === (await realpath(bin).catch(() => bin))) return entry;
  const names = await foldersOf(folder);
  const digest = await contentsDigest(root, names);
  const target = join(bin, digest);
  const installed = join(target, basename(folder), basename(entry));
  if (await exists(installed)) return installed;
  const fresh = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await mkdir(fresh, { recursive: true });
    for (const name of names) {
      await cp(join(root, name), join(fresh, name), { recursive: true, dereference: true });
    }
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another run was faster: its copy has the same contents.
    const code = errnoCode(error);
    if (code !== 'EEXIST' && code !== 'ENOTEMPTY') throw error;
  }
  return installed;
}

/** The digest that the copy of a bundle is named by; that of a copy is the same. */
export async function bundleDigest(bundle: string): Promise<string> {
  const folder = dirname(await realpath(bundle));
  return contentsDigest(dirname(folder), await foldersOf(folder));
}

async function foldersOf(folder: string): Promise<string[]> {
  return [basename(folder), ...(await namedSiblings(folder))].sort();
}

/** Folders beside the bundle's that its scripts load from (`import('../kubernetes/index.js')`). */
async function namedSiblings(folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const file of await readdir(folder)) {
    if (!/\.[cm]?js$/.test(file)) continue;
    const text = await readFile(join(folder, file), 'utf8');
    for (const match of text.matchAll(/["'`]\.\.\/([A-Za-z0-9_-]+)\//g)) found.add(match[1] ?? '');
  }
  found.delete(basename(folder));
  const there: string[] = [];
  for (const name of found) if (await exists(join(dirname(folder), name))) there.push(name);
  return there;
}

async function contentsDigest(root: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) {
    const entries = await readdir(join(root, name), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((item) => !item.isDirectory())
      .map((item) => join(item.parentPath, item.name));
    for (const file of files.sort()) {
      const contents = createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
      hash.update(`${contents}  ${relative(root, file)}\n`);
    }
  }
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
