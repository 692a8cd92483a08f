/** The digest of a model's files, and the check that what is served is what the record lists. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import type { FileEntry, ReleaseRecord } from './record.ts';

/**
 * model-pull's `digest`: sha256 over UTF-8 lines `<sha256>  <bytes>  <path>\n`, sorted by the paths' UTF-8 bytes.
 */
export function filesDigest(files: readonly FileEntry[]): string {
  const hash = createHash('sha256');
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const file of sorted) hash.update(`${file.sha256}  ${file.bytes}  ${file.path}\n`);
  return `sha256:${hash.digest('hex')}`;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export interface HashedModel {
  /** The unit's `weights`. */
  digest: string;
  /** The folder that the files' paths are relative to. */
  root: string;
  /** Of one served file that the record lists: all that the record lists. */
  files: FileEntry[];
}

/**
 * Hashes what lies at `modelPath`, a folder or one file.
 *
 * When the record lists files, those are looked up (a folder: each by its path; one file: by the end of its
 * path) and re-hashed: if all that lie there are as listed, the digest is the record's, because the served
 * file is part of the model that was pulled. Otherwise the digest is that of the files as they are, so a
 * changed byte gives another digest and the door stays shut.
 */
export async function hashModelPath(modelPath: string, record?: ReleaseRecord): Promise<HashedModel> {
  const model = record?.model ?? undefined;
  // A digest that is not that of its own list says nothing about the files.
  const listed = model !== undefined && filesDigest(model.files) === model.digest ? model : undefined;
  const info = await stat(modelPath).catch(() => undefined);
  if (info === undefined)
    throw new ConfigError(`model path ${modelPath} does not exist; pull the model first`);
  if (info.isFile()) {
    const file = { path: basename(modelPath), bytes: info.size, sha256: await hashFile(modelPath) };
    const match = listed?.files.find(
      (entry) => entry.sha256 === file.sha256 && basename(entry.path) === file.path,
    );
    if (listed === undefined || match === undefined) {
      return { digest: filesDigest([file]), root: dirname(modelPath), files: [file] };
    }
    const depth = match.path.split('/').length;
    return { digest: listed.digest, root: resolve(modelPath, '../'.repeat(depth)), files: listed.files };
  }
  if (listed !== undefined && listed.files.length > 0) {
    const files = await hashListed(modelPath, listed.files);
    if (files !== undefined) return { digest: filesDigest(files), root: modelPath, files };
  }
  const paths = (await listFiles(modelPath)).map((path) => relative(modelPath, path).split(sep).join('/'));
  const files = await hashListed(
    modelPath,
    paths.map((path) => ({ path })),
  );
  if (files === undefined || files.length === 0) {
    throw new ConfigError(`model path ${modelPath} holds no files; pull the model first`);
  }
  return { digest: filesDigest(files), root: modelPath, files };
}

/** Undefined when one of the files is not there. */
async function hashListed(
  root: string,
  entries: readonly { path: string }[],
): Promise<FileEntry[] | undefined> {
  const files: FileEntry[] = [];
  for (const { path } of entries) {
    const info = await stat(join(root, path)).catch(() => undefined);
    if (info === undefined || !info.isFile()) return undefined;
    files.push({ path, bytes: info.size, sha256: await hashFile(join(root, path)) });
  }
  return files;
}

/** huggingface_hub keeps its book about a folder in here: neither weights nor served. */
const HUB_BOOK = join('.cache', 'huggingface');

/**
 * Every file under a folder. Links are followed, to files (a Hugging Face snapshot is made of
 * them) and to folders (an engine reads through those too); ConfigError for one that leads nowhere or in a circle.
 */
async function listFiles(root: string): Promise<string[]> {
  const visit = async (folder: string, above: readonly string[]): Promise<string[]> => {
    const real = await realpath(folder);
    if (above.includes(real))
      throw new ConfigError(`model path ${root}: the link ${folder} leads in a circle`);
    const nested = await Promise.all(
      (await readdir(folder)).map(async (name) => {
        const path = join(folder, name);
        const info = await stat(path).catch(() => undefined);
        if (info === undefined) throw new ConfigError(`model path ${root}: the link ${path} leads nowhere`);
        if (info.isDirectory()) return relative(root, path) === HUB_BOOK ? [] : visit(path, [...above, real]);
        return info.isFile() ? [path] : [];
      }),
    );
    return nested.flat();
  };
  return visit(root, []);
}

/** The unit's `adapter`: the digest of the adapter's files as they lie at `adapter-path`. */
export async function adapterDigest(adapterPath: string): Promise<string> {
  if ((await stat(adapterPath).catch(() => undefined)) === undefined) {
    throw new ConfigError(
      `input \`adapter-path\` = "${adapterPath}" is not there; pull the adapter first, or correct the path`,
    );
  }
  return (await hashModelPath(adapterPath)).digest;
}
