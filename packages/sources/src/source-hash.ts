/** Computes any hash that a source may name, piece by piece. */
import { createHash } from 'node:crypto';
import { crc32cDigest, crc64nvmeDigest } from './crc.ts';
import { Dos2UnixMd5 } from './dos2unix-md5.ts';
import type { SourceHash } from './source.ts';

export interface RunningHash {
  update(chunk: Uint8Array): void;
  /** In the form of `SourceHash.value`; called once, at the end. */
  digest(): string;
}

/** `bytes`, the file's size, is needed by sha1-git, whose first bytes name it. */
export function createSourceHash(algorithm: SourceHash['algorithm'], bytes: number): RunningHash {
  switch (algorithm) {
    case 'sha256':
      return nodeHash('sha256');
    case 'md5':
      return nodeHash('md5');
    case 'sha1-git': {
      const hash = nodeHash('sha1');
      hash.update(Buffer.from(`blob ${bytes}\0`));
      return hash;
    }
    case 'md5-dos2unix':
      return new Dos2UnixMd5();
    case 'crc32c':
      return crc32cDigest();
    case 'crc64nvme':
      return crc64nvmeDigest();
  }
}

function nodeHash(name: string): RunningHash {
  const hash = createHash(name);
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest('hex') };
}
