/** The bill of materials, written beside the manifest. */
import { dirname, join } from 'node:path';
import { modelBom } from '@sluice/release/bom';
import type { Lineage } from '@sluice/release/lineage';
import { writeFileAtomic } from '@sluice/runtime/files';
import type { Pulled } from './pulled.ts';
import type { Wanted } from './wanted.ts';

export interface BomOptions {
  recordPath: string;
  wanted: Wanted;
  pulled: Pulled;
  digest: string;
  lineage: Lineage;
  signer: string | null;
  /** The record's time of the pull. */
  at: string;
}

/** Returns its path. */
export async function writeBom(options: BomOptions): Promise<string> {
  const { wanted, pulled, digest, lineage, signer, at } = options;
  const path = join(dirname(options.recordPath), 'bom.json');
  const bom = modelBom({
    name: wanted.name,
    revision: pulled.revision,
    digest,
    files: [...pulled.files].sort((a, b) => (a.path < b.path ? -1 : 1)),
    url: addressOf(wanted, pulled.revision),
    lineage,
    signer,
    at,
  });
  await writeFileAtomic(path, `${JSON.stringify(bom, null, 2)}\n`);
  return path;
}

/** Null for this machine's own files, whose place says nothing elsewhere. */
function addressOf({ source, name, endpoint }: Wanted, revision: string): string | null {
  if (source.kind === 'file') return null;
  if (source.kind !== 'hub') return URL.canParse(name) ? name : null;
  const kind = source.repoType === 'model' ? '' : `${source.repoType}s/`;
  return `${endpoint.value}/${kind}${source.repo}/tree/${revision}`;
}
