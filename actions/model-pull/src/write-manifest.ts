/** The manifest beside the release record: what was pulled, file by file. */
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '@sluice/runtime/files';
import type { Inputs } from './inputs.gen.ts';
import type { Pulled } from './pulled.ts';
import { totalBytes } from './pulled.ts';
import type { Wanted } from './wanted.ts';

/** Returns its path. */
export async function writeManifest(
  inputs: Inputs,
  wanted: Wanted,
  pulled: Pulled,
  digest: string,
): Promise<string> {
  const path = join(dirname(inputs.releaseRecord), 'manifest.json');
  const files = pulled.files.map(({ path: name, bytes, sha256, etag }) => ({
    path: name,
    bytes,
    sha256,
    etag,
  }));
  const manifest = {
    schemaVersion: 1,
    source: wanted.name,
    revision: pulled.revision,
    digest,
    bytes: totalBytes(files),
    include: inputs.include,
    exclude: inputs.exclude,
    files,
  };
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
  return path;
}
