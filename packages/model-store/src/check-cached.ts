/** What the cache has of one file: by what we noted of it, or by its bytes. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import type { BlobIdentity } from './blob-file.ts';
import { expectedHash, hashFile, isExpected } from './content-hash.ts';
import type { RepoFolder } from './layout.ts';
import { lstatIfThere, pointerPath } from './snapshot-files.ts';
import type { VerifiedBlobs } from './verified.ts';

export type CacheState =
  { kind: 'hit'; sha256: string; bytes: number } | { kind: 'absent' } | { kind: 'spoilt'; why: string };

export interface CheckOptions {
  /** `fast`: a blob that looks as it did when it was hashed counts as verified. */
  verify: 'fast' | 'full';
  verified: VerifiedBlobs;
  signal: AbortSignal;
}

/** Looks at the blob, then at what the snapshot shows (where links are off, the only copy may be there). */
export async function checkCached(
  folder: RepoFolder,
  commit: string,
  file: BlobIdentity,
  { verify, verified, signal }: CheckOptions,
): Promise<CacheState> {
  const blob = join(folder.blobs, file.etag);
  if (file.unbound === true) return { kind: 'absent' };
  // A blob may itself be a link, into the shared store of huggingface_hub 2.x: it is read through, never written.
  const info = await stat(blob).catch(() => undefined);
  if (!info) {
    if (await lstatIfThere(blob)) return { kind: 'spoilt', why: 'is a link that leads nowhere' };
    const pointer = await lstatIfThere(pointerPath(folder, commit, file.path));
    return pointer?.isFile() ? { kind: 'spoilt', why: 'is no link to a blob' } : { kind: 'absent' };
  }
  try {
    if (file.bytes !== null && info.size !== file.bytes)
      return { kind: 'spoilt', why: `has ${info.size} bytes instead of ${file.bytes}` };
    const known = verify === 'fast' ? verified.find(file.etag, info) : undefined;
    if (known !== undefined) return { kind: 'hit', sha256: known, bytes: info.size };
    // Where the source names no hash, the one that the bytes had when they came is as good.
    const hash = expectedHash(file) ?? verified.recorded(file.etag);
    if (hash === null) return { kind: 'absent' };
    const expected = { bytes: info.size, etag: file.etag, hash };
    const result = await hashFile(blob, expected, signal);
    if (!isExpected(expected, result))
      return { kind: 'spoilt', why: 'has the right size and the wrong hash' };
    verified.add(file.etag, info, result.sha256, true);
    return { kind: 'hit', sha256: result.sha256, bytes: info.size };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'spoilt', why: `can't be read (${describeError(error)})` };
  }
}
