/** What the cache has of one file: by what we noted of it, or by its bytes. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@sluice/runtime/errors';
import { hashFile } from './content-hash.ts';
import type { RepoFolder } from './layout.ts';
import type { ListedFile } from './snapshot-files.ts';
import { lstatIfThere, pointerPath } from './snapshot-files.ts';
import type { VerifiedBlobs } from './verified.ts';

export type CacheState =
  { kind: 'hit'; sha256: string } | { kind: 'absent' } | { kind: 'spoilt'; why: string };

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
  file: ListedFile,
  { verify, verified, signal }: CheckOptions,
): Promise<CacheState> {
  const blob = join(folder.blobs, file.etag);
  // A blob may itself be a link, into the shared store of huggingface_hub 2.x: it is read through, never written.
  const info = await stat(blob).catch(() => undefined);
  if (!info) {
    if (await lstatIfThere(blob)) return { kind: 'spoilt', why: 'is a link that leads nowhere' };
    const pointer = await lstatIfThere(pointerPath(folder, commit, file.path));
    return pointer?.isFile() ? { kind: 'spoilt', why: 'is no link to a blob' } : { kind: 'absent' };
  }
  try {
    if (info.size !== file.bytes)
      return { kind: 'spoilt', why: `has ${info.size} bytes instead of ${file.bytes}` };
    const known = verify === 'fast' ? verified.find(file.etag, info) : undefined;
    if (known !== undefined) return { kind: 'hit', sha256: known };
    const { etag, sha256 } = await hashFile(blob, file, signal);
    if (etag !== file.etag) return { kind: 'spoilt', why: 'has the right size and the wrong hash' };
    verified.add(file.etag, info, sha256, true);
    return { kind: 'hit', sha256 };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'spoilt', why: `can't be read (${describeError(error)})` };
  }
}
