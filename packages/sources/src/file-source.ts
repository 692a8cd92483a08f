/**
 * `file:path`: a file or a folder on this machine. A Git LFS pointer that lies in the place of a file is resolved at
 * the repository's own LFS server, so that a checkout without `lfs: true` still gives weights.
 */
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { FileSource } from './grammar.ts';
import { parseLfsPointer } from './lfs-pointer.ts';
import type { LfsPointer } from './lfs-pointer.ts';
import { listingDigest } from './listing-digest.ts';
import { mapWide } from './map-wide.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

/** Hidden tool folders at the top are no part of a model. */
const LEFT_OUT = new Set(['.git', '.cache']);
/** A pointer is shorter than this (git-lfs, docs/spec.md). */
const MAX_POINTER_BYTES = 1024;

interface Found {
  path: string;
  absolute: string;
  bytes: number;
  mtimeMs: number;
  pointer: LfsPointer | undefined;
}

export async function resolveFile(
  parsed: Pick<FileSource, 'path'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const source = `file:${parsed.path}`;
  if (context.revision !== undefined) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} has no meaning for a file: source; remove it`,
    );
  }
  const root = resolve(context.workspace, parsed.path);
  const found = await findFiles(root, source);
  const pointers = found.flatMap(({ pointer }) => (pointer ? [pointer] : []));
  const fetched = new Map<string, RemoteFile>();
  if (pointers.length > 0) {
    const { resolvePointers } = await import('./lfs-source.ts');
    const folder = (await stat(root)).isDirectory() ? root : dirname(root);
    for (const file of await resolvePointers(pointers, folder, context)) fetched.set(file.path, file);
  }
  const files = found.map((file) => {
    const remote = file.pointer && fetched.get(file.pointer.sha256);
    return remote ? { ...remote, path: file.path } : localFile(file);
  });
  return { source, revision: listingDigest(files), files: checkedFiles(files, source) };
}

/** Files below `root` (or `root` itself), with the pointers among them. */
async function findFiles(root: string, source: string): Promise<Found[]> {
  const info = await stat(root).catch(() => undefined);
  if (!info) throw new ConfigError(`input \`model\` = ${JSON.stringify(source)}: ${root} does not exist`);
  const names = info.isDirectory() ? await listFolder(root) : [basename(root)];
  const folder = info.isDirectory() ? root : dirname(root);
  const found = await mapWide(names, 16, async (path) => {
    const absolute = join(folder, path);
    const facts = await stat(absolute).catch(() => undefined);
    if (!facts?.isFile()) return undefined;
    const pointer = facts.size < MAX_POINTER_BYTES ? await readPointer(absolute) : undefined;
    return { path, absolute, bytes: facts.size, mtimeMs: facts.mtimeMs, pointer };
  });
  const files = found.filter((file) => file !== undefined);
  if (files.length === 0)
    throw new ConfigError(`input \`model\` = ${JSON.stringify(source)}: ${root} holds no file`);
  return files;
}

async function listFolder(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !LEFT_OUT.has(path.split('/')[0] ?? ''));
}

async function readPointer(path: string): Promise<LfsPointer | undefined> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0);
    return parseLfsPointer(buffer.subarray(0, bytesRead).toString('utf8'));
  } finally {
    await handle.close();
  }
}

/** A file of this machine as one that can be opened at any byte; it must stay as it was listed. */
export function localFile(file: {
  path: string;
  absolute: string;
  bytes: number;
  mtimeMs: number;
  hash?: RemoteFile['hash'];
}): RemoteFile {
  return {
    path: file.path,
    bytes: file.bytes,
    hash: file.hash ?? null,
    etag: `${file.bytes}-${file.mtimeMs}`,
    acceptsRanges: true,
    open: async (range, signal) => {
      signal.throwIfAborted();
      const now = await stat(file.absolute).catch(() => undefined);
      if (now?.size !== file.bytes || now.mtimeMs !== file.mtimeMs)
        throw new InfraError(`${file.absolute} changed while it was read; start again`);
      const body = createReadStream(file.absolute, {
        signal,
        highWaterMark: 1 << 20,
        ...(range && { start: range.start, end: range.end }),
      });
      const bytes = range ? Math.max(0, Math.min(range.end, file.bytes - 1) - range.start + 1) : file.bytes;
      return { body, status: range ? 206 : 200, bytes };
    },
  };
}
