/** Data of a remote source, brought to this machine and held against the hash that the source names. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { resolveSource } from '@sluice/sources/resolve-source';
import { createSourceHash } from '@sluice/sources/source-hash';
import type { DrivenSource, RemoteFile, SourceContext } from '@sluice/sources/source';
import { dataOnly, FORMATS, formatOfName } from './formats.ts';
import type { DataFile } from './read-rows.ts';

const TRIES = 3;

/** @param place names input and source in messages */
export async function fetchFiles(
  parsed: DrivenSource,
  place: string,
  context: SourceContext & { folder: string },
): Promise<{ source: string; revision: string; files: DataFile[] }> {
  const { source, revision, files } = await resolveSource(parsed, context);
  const [only] = files;
  // A single file may be named anyhow: its content tells.
  const chosen =
    files.length === 1 && only !== undefined ? [only.path] : dataOnly(files.map(({ path }) => path));
  if (chosen.length === 0)
    throw new ConfigError(`${place}: none of its ${files.length} files is data; there has to be ${FORMATS}`);
  const brought: DataFile[] = [];
  for (const path of chosen) {
    const file = files.find((one) => one.path === path);
    if (file === undefined) continue;
    const target = join(context.folder, path);
    await fetchFile(file, target, place, context.signal);
    brought.push({
      path: target,
      shown: formatOfName(source) !== undefined || chosen.length > 1 ? path : `${source} (${path})`,
    });
  }
  return { source, revision, files: brought };
}

async function fetchFile(
  file: RemoteFile,
  target: string,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    try {
      await fetchOnce(file, target, place, signal);
      return;
    } catch (error) {
      // Refusals name their mend; what broke under way is asked for again.
      if (error instanceof ConfigError || signal.aborted || attempt === TRIES) throw error;
    }
  }
}

async function fetchOnce(
  file: RemoteFile,
  target: string,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  const { body, bytes: announced } = await file.open(undefined, signal);
  const size = file.bytes ?? announced;
  const hash = file.hash !== null && size !== null ? createSourceHash(file.hash.algorithm, size) : undefined;
  let bytes = 0;
  const watch = new Transform({
    transform(chunk: Uint8Array, _, done) {
      bytes += chunk.length;
      hash?.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(body, watch, createWriteStream(target), { signal });
  if (size !== null && bytes !== size) {
    throw new InfraError(`${place}: ${file.path} came with ${bytes} of ${size} bytes`);
  }
  if (hash !== undefined && hash.digest() !== file.hash?.value) {
    throw new InfraError(
      `${place}: ${file.path} isn't what its source says: its ${file.hash?.algorithm ?? ''} differs`,
    );
  }
}
