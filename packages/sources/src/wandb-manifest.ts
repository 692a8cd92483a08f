/** An artifact's manifest: `wandb_manifest.json`, version 1, as the official client writes and reads it. Pure. */
import { createHash } from 'node:crypto';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { bytesOf, fieldsOf, textOf } from './json-fields.ts';

export interface ManifestEntry {
  path: string;
  bytes: number | null;
  /** Hex; null for a reference, and for a file that was hashed by XXH128. */
  md5: string | null;
  /** Of a reference: where the bytes are. */
  ref: string | null;
  /** As it stands in the manifest: base64 of a hash, or a reference's ETag. */
  digest: string;
  /** Version of a reference's object, where the store has versions. */
  versionId: string | null;
}

export interface Manifest {
  entries: ManifestEntry[];
  /** Some entries are hashed by XXH128: neither they nor the artifact's digest can be recomputed. */
  otherHash: boolean;
}

/**
 * @param digest the artifact's, which binds paths and content: md5 over a header and `path:digest` lines sorted by path
 * @throws InfraError when the manifest isn't the one that the digest names
 */
export function readManifest(text: string, digest: string, what: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new InfraError(`${what}: its manifest is no JSON`);
  }
  const manifest = fieldsOf(value, what);
  if (manifest['version'] !== 1)
    throw new ConfigError(
      `${what}: its manifest has version ${JSON.stringify(manifest['version'])}; 1 is known`,
    );
  const entries = Object.entries(fieldsOf(manifest['contents'], what)).map(([path, each]): ManifestEntry => {
    const entry = fieldsOf(each, `${what}: ${path}`);
    const extra = fieldsOf(entry['extra'] ?? {}, what);
    const own = textOf(entry['digest'], `${what}: ${path}`, 'digest');
    const ref = typeof entry['ref'] === 'string' ? entry['ref'] : null;
    // `DIGEST_ALGORITHM_EXTRA_KEY` of the client; without it the hash is md5.
    const foreign = ref === null && extra['alg'] === 'XXH128';
    return {
      path,
      bytes: bytesOf(entry['size']),
      md5: ref === null && !foreign ? md5Hex(own, `${what}: ${path}`) : null,
      ref,
      digest: own,
      versionId: typeof extra['versionID'] === 'string' ? extra['versionID'] : null,
    };
  });
  const otherHash = entries.some(({ ref, md5 }) => ref === null && md5 === null);
  if (!otherHash && manifestDigest(entries) !== digest)
    throw new InfraError(
      `${what}: its manifest does not have the digest ${JSON.stringify(digest)} that W&B names`,
    );
  return { entries, otherHash };
}

/** The client's `ArtifactManifestV1.digest`. */
export function manifestDigest(entries: readonly Pick<ManifestEntry, 'path' | 'digest'>[]): string {
  const hash = createHash('md5').update('wandb-artifact-manifest-v1\n');
  // Python sorts texts by code points, which is the order of their UTF-8 bytes.
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { path, digest } of sorted) hash.update(`${path}:${digest}\n`);
  return hash.digest('hex');
}

function md5Hex(digest: string, what: string): string {
  const bytes = Buffer.from(digest, 'base64');
  if (bytes.length !== 16) throw new InfraError(`${what}: its digest ${JSON.stringify(digest)} is no md5`);
  return bytes.toString('hex');
}
