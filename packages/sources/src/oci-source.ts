/** `oci://host/repository:tag`: the files of a model artifact in a registry, each named by its sha256. */
import type { OtherSource } from './grammar.ts';
import { chooseManifest, readLayers, readLineage } from './oci-layers.ts';
import type { OciLayer } from './oci-layers.ts';
import { parseOciReference } from './oci-reference.ts';
import { chooseLogin, OciRegistry } from './oci-registry.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export async function resolveOci(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const reference = parseOciReference(parsed.rest, context.revision, context.endpoint);
  const registry = new OciRegistry(reference, await chooseLogin(reference.host, context), context);
  const name = `oci://${reference.host}/${reference.repository}`;
  let manifest = await registry.manifest(reference.reference);
  if (Array.isArray(manifest.content['manifests'])) {
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    manifest = await registry.manifest(chooseManifest(manifest.content, name, architecture));
  }
  const layers = readLayers(manifest.content, name);
  const files: RemoteFile[] = [];
  for (const layer of layers) {
    if (layer.archive === null) files.push(blobFile(registry, layer));
    else {
      const { unpackLayer } = await import('./oci-archive.ts');
      files.push(...(await unpackLayer(registry, layer, context)));
    }
  }
  const lineage = readLineage(manifest.content, name);
  return {
    source: `${name}:${reference.reference}`.replace(':sha256:', '@sha256:'),
    revision: manifest.digest,
    files: checkedFiles(files, name),
    lineage,
  };
}

function blobFile(registry: OciRegistry, layer: OciLayer): RemoteFile {
  const { digest, bytes, path } = layer;
  return {
    path,
    bytes,
    hash: { algorithm: 'sha256', value: digest.slice('sha256:'.length) },
    etag: digest,
    acceptsRanges: true,
    open: (range, signal) => registry.blob({ digest, bytes, name: path }, range, signal),
    locate: (signal) => registry.locate({ digest, bytes }, signal),
  };
}
