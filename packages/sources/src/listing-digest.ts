/** A revision for sources that name none: what was listed, as one digest. Pure. */
import { createHash } from 'node:crypto';
import type { RemoteFile } from './source.ts';

/** `listing:` + sha256 over `<path>\t<bytes>\t<etag or hash>` lines, sorted by path; it changes when any file does. */
export function listingDigest(
  files: readonly (Pick<RemoteFile, 'path' | 'bytes' | 'etag' | 'hash'> & { version?: string | null })[],
): string {
  const lines = files.map(({ path, bytes, etag, hash, version }) => {
    const mark = hash === null ? (etag ?? '') : `${hash.algorithm}:${hash.value}`;
    return `${[path, bytes ?? '', mark, version ?? ''].join('\t')}\n`;
  });
  return `listing:${createHash('sha256').update(lines.sort().join('')).digest('hex')}`;
}
