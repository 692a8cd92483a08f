/** `file:` sources: a folder or a file on this machine, hashed where it lies. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { hashFile } from '@sluice/model-store/content-hash';
import { selectPaths } from '@sluice/model-store/patterns';
import { mapPool } from '@sluice/model-store/pool';
import { filesDigest } from '@sluice/release/weights';
import { ConfigError } from '@sluice/runtime/errors';
import { parseLfsPointer } from '@sluice/sources/lfs-pointer';
import type { Inputs } from './inputs.gen.ts';
import type { PullContext } from './pull-plan.ts';
import type { Inspect, Pulled } from './pulled.ts';
import { readFolder } from './read-part.ts';
import type { Wanted } from './wanted.ts';

export async function pullFile(
  path: string,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  const { signal } = context;
  const root = resolve(wanted.workspace, path);
  const info = await stat(root).catch(() => undefined);
  if (!info)
    throw new ConfigError(`input \`model\` = ${JSON.stringify(`file:${path}`)}: ${root} does not exist`);
  const folder = info.isDirectory() ? root : dirname(root);
  const found = info.isDirectory() ? await listFolder(root) : [{ path: basename(root), bytes: info.size }];
  const selected = info.isDirectory() ? selectPaths(found, inputs.include, inputs.exclude) : found;
  if (selected.length === 0) {
    throw new ConfigError(
      `input \`model\` = ${JSON.stringify(`file:${path}`)}: no file in ${root} is selected`,
    );
  }
  if (await holdsPointer(folder, selected)) {
    const { pullSource } = await import('./pull-source.ts');
    return pullSource({ kind: 'file', path }, wanted, inputs, context, inspect);
  }
  await wanted.look?.(selected, readFolder(folder), '');
  const files = await mapPool(selected, inputs.connections, signal, async (file, stop) => {
    // 64 characters ask for sha256: there is no hub here whose Git id could be known.
    const { sha256, bytes } = await hashFile(
      join(folder, file.path),
      { bytes: file.bytes, etag: '0'.repeat(64) },
      stop,
    );
    return { path: file.path, bytes, sha256, etag: sha256, fromCache: true };
  });
  return {
    folder,
    path: root,
    revision: filesDigest(files),
    files,
    downloadedBytes: 0,
    fetchMs: 0,
    repaired: [],
  };
}

/** Whether a Git LFS pointer lies in the place of a file: then its bytes are elsewhere. */
async function holdsPointer(
  folder: string,
  files: readonly { path: string; bytes: number }[],
): Promise<boolean> {
  for (const file of files) {
    if (file.bytes >= MAX_POINTER_BYTES) continue;
    if (parseLfsPointer(await readFile(join(folder, file.path), 'utf8').catch(() => ''))) return true;
  }
  return false;
}

/** A pointer is shorter than this (git-lfs, docs/spec.md). */
const MAX_POINTER_BYTES = 1024;

/** Hidden tool folders at the top are no part of a model. */
const LEFT_OUT = new Set(['.git', '.cache']);

async function listFolder(root: string): Promise<{ path: string; bytes: number }[]> {
  const files: { path: string; bytes: number }[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(root, absolute).split(sep).join('/');
    if (LEFT_OUT.has(path.split('/')[0] ?? '')) continue;
    const info = await stat(absolute).catch(() => undefined);
    if (info?.isFile()) files.push({ path, bytes: info.size });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
