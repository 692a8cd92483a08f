/** Files for stores that name them by md5: hashed once, and held to the sha256 that was judged. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ConfigError } from '@sluice/runtime/errors';

export interface JudgedFile {
  /** Among the weights. */
  path: string;
  /** On this machine. */
  absolute: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

export interface HashedFile extends JudgedFile {
  /** Hex. */
  md5: string;
  /** Hex, one a part. */
  parts: string[];
}

/**
 * @param partBytes of all parts but the last, which may be smaller; without it the file is one part
 * @throws ConfigError where it is another file by now
 */
export async function hashJudged(file: JudgedFile, partBytes = Infinity): Promise<HashedFile> {
  const { absolute, bytes, sha256 } = file;
  const [whole, judged] = [createHash('md5'), createHash('sha256')];
  const parts: string[] = [];
  for (let start = 0; start < bytes; start += partBytes) {
    const part = createHash('md5');
    const end = Math.min(start + partBytes, bytes) - 1;
    for await (const chunk of createReadStream(absolute, { start, end }))
      for (const hash of [whole, judged, part]) hash.update(chunk as Buffer);
    parts.push(part.digest('hex'));
  }
  if (judged.digest('hex') !== sha256)
    throw new ConfigError(
      `${absolute} has changed since it was judged; run again, and leave it alone meanwhile`,
    );
  return { ...file, md5: whole.digest('hex'), parts };
}
