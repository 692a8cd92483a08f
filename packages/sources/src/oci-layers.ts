/** From an OCI manifest to files: ModelPack, Docker model and ORAS artifacts each name theirs differently. Pure. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { arrayOf, bytesOf, fieldsOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';

export interface OciLayer {
  digest: string;
  bytes: number;
  /** Name of the file, or of the archive that holds files. */
  path: string;
  /** How the files are wrapped; null: the blob is the file. */
  archive: 'tar' | 'tar+gzip' | 'tar+zstd' | null;
}

/** The names a file goes by, the first that is there counts: ModelPack, its forerunner, ORAS. */
const NAME_ANNOTATIONS = [
  'org.cncf.model.filepath',
  'org.cnai.model.filepath',
  'org.opencontainers.image.title',
] as const;

/** Docker models name their layers by media type alone; shards of one type are numbered. */
const DOCKER_NAMES: Record<string, { stem: string; extension: string }> = {
  'application/vnd.docker.ai.gguf.v3': { stem: 'model', extension: '.gguf' },
  'application/vnd.docker.ai.gguf.v3.lora': { stem: 'adapter', extension: '.gguf' },
  'application/vnd.docker.ai.gguf.v3.mmproj': { stem: 'mmproj', extension: '.gguf' },
  'application/vnd.docker.ai.safetensors': { stem: 'model', extension: '.safetensors' },
  'application/vnd.docker.ai.license': { stem: 'LICENSE', extension: '' },
  'application/vnd.docker.ai.chat.template.jinja': { stem: 'chat_template', extension: '.jinja' },
};

export function readLayers(manifest: Fields, what: string): OciLayer[] {
  const layers = arrayOf(manifest['layers'], what).map((value) => {
    const layer = fieldsOf(value, what);
    const { digest, size, mediaType } = layer;
    const bytes = bytesOf(size);
    if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest) || bytes === null)
      throw new InfraError(`${what}: a layer has no sha256 digest or no size`);
    const type = typeof mediaType === 'string' ? mediaType : '';
    const annotations = fieldsOf(layer['annotations'] ?? {}, what);
    const title = NAME_ANNOTATIONS.map((name) => annotations[name]).find((name) => typeof name === 'string');
    return { digest, bytes, type, title, archive: archiveOf(type, annotations) };
  });
  if (layers.length === 0) throw new ConfigError(`${what} holds no layers: no model, no files`);
  return layers.map(({ digest, bytes, type, title, archive }) => {
    const alike = layers.filter((layer) => layer.type === type && layer.title === undefined);
    const index = alike.findIndex((layer) => layer.digest === digest);
    const path =
      title?.replace(/^\.\//, '') ?? dockerName(type, index, alike.length) ?? (archive ? digest : undefined);
    if (path === undefined) {
      throw new ConfigError(
        `${what}: the layer ${digest.slice(0, 19)}… (${JSON.stringify(type)}) names no file; ` +
          'ModelPack, Docker model and ORAS artifacts are known',
      );
    }
    return { digest, bytes, path, archive };
  });
}

function dockerName(type: string, index: number, count: number): string | undefined {
  const known = DOCKER_NAMES[type];
  if (!known) return undefined;
  const pad = (number: number): string => String(number).padStart(5, '0');
  return `${known.stem}${count > 1 ? `-${pad(index + 1)}-of-${pad(count)}` : ''}${known.extension}`;
}

/** By media type: `….v1.tar`, `….tar+gzip`, an image's layer; ORAS marks a packed folder by an annotation. */
function archiveOf(type: string, annotations: Fields): OciLayer['archive'] {
  if (/[.+]tar[.+]zstd$/.test(type) || type.endsWith('tar.zst')) return 'tar+zstd';
  if (/[.+]tar[.+]gzip$/.test(type) || type.endsWith('tar.gz') || type.endsWith('rootfs.diff.tar.gzip'))
    return 'tar+gzip';
  if (/[.+]tar$/.test(type)) return annotations['io.deis.oras.content.unpack'] === 'false' ? null : 'tar';
  return null;
}

/**
 * The one manifest of an index that holds the model: without attestations, of this platform where several are left.
 *
 * @returns its digest
 */
export function chooseManifest(index: Fields, what: string, architecture: string): string {
  const all = arrayOf(index['manifests'], what).map((value) => {
    const entry = fieldsOf(value, what);
    const platform = fieldsOf(entry['platform'] ?? {}, what);
    return { digest: entry['digest'], os: platform['os'], architecture: platform['architecture'] };
  });
  const real = all.filter(({ os }) => os !== 'unknown');
  const mine = real.filter((entry) => entry.architecture === architecture && entry.os === 'linux');
  const chosen = real.length === 1 ? real[0] : mine.length === 1 ? mine[0] : undefined;
  if (typeof chosen?.digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(chosen.digest)) return chosen.digest;
  const names = real.map(
    ({ digest, os, architecture: arch }) => `${String(digest)} (${String(os)}/${String(arch)})`,
  );
  throw new ConfigError(
    `${what} is an index of ${real.length} manifests: name one by its digest, of ${names.join(', ')}`,
  );
}

export function readLineage(manifest: Fields, what: string): { baseModel?: string; licence?: string } {
  const annotations = fieldsOf(manifest['annotations'] ?? {}, what);
  const licence = annotations['org.opencontainers.image.licenses'];
  const base = annotations['org.opencontainers.image.base.name'];
  return {
    ...(typeof base === 'string' && { baseModel: base }),
    ...(typeof licence === 'string' && { licence }),
  };
}
