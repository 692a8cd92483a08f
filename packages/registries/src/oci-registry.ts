/**
 * `oci://host/repository`: an OCI registry as a registry of models. A version is the digest of a manifest (ModelPack's layers, a file
 * each), which follows from the files alone; its tag `sluice-<hex of the weights' digest>` finds it again. A name is any other tag. Who
 * moved it is told in a manifest that refers to the version (OCI 1.1, `subject`), where the registry takes those.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { parseOciReference } from '@sluice/sources/oci-reference';
import { chooseLogin, OciRegistry } from '@sluice/sources/oci-registry';
import { neededFiles } from './needed-files.ts';
import type { Comment, Registered, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { VersionPointer } from './version-pointer.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const EMPTY = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: `sha256:${createHash('sha256').update('{}').digest('hex')}`,
  size: 2,
};

export async function registerInOci(
  repository: string,
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  const target = `oci://${repository}`;
  const done = (version: string, changed: boolean): Registered => ({
    ...{ target, version, changed, address: `${target}@${version}` },
  });
  const own = ownManifest(repository, subject);
  if (own !== undefined) return done(own, false);
  const registry = await openRegistry(repository, context);
  const tag = digestTag(subject);
  const known = await digestOf(registry, tag);
  if (known !== undefined) return done(known, false);
  const { root, files } = neededFiles(target, subject);
  const layers = [];
  for (const { path, bytes, sha256 } of files) {
    const digest = `sha256:${sha256}`;
    const open = () => createReadStream(join(root, path));
    context.log.info(`${target}: pushing ${path} (${bytes} bytes)`);
    await pushBlob(registry, digest, bytes === 0 ? '' : { bytes, open });
    const annotations = { 'org.cncf.model.filepath': path, 'org.opencontainers.image.title': path };
    layers.push({ mediaType: 'application/vnd.cncf.model.weight.v1.raw', digest, size: bytes, annotations });
  }
  await pushBlob(registry, EMPTY.digest, '{}');
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: MANIFEST },
    artifactType: 'application/vnd.cncf.model.manifest.v1+json',
    ...{ config: EMPTY, layers, annotations: { 'sluice.digest': subject.digest } },
  });
  await putManifest(registry, tag, manifest);
  return done(sha256Of(manifest), true);
}

export async function openOciTag(
  repository: string,
  tag: string,
  context: RegistryContext,
): Promise<VersionPointer> {
  return new OciTag(await openRegistry(repository, context), repository, tag, context);
}

class OciTag extends VersionPointer {
  readonly #registry: OciRegistry;
  readonly #repository: string;
  readonly #tag: string;
  readonly #log: RegistryContext['log'];

  constructor(registry: OciRegistry, repository: string, tag: string, { log }: RegistryContext) {
    super(`oci://${repository}:${tag}`);
    this.#registry = registry;
    this.#repository = repository;
    this.#tag = tag;
    this.#log = log;
  }

  async observe(): Promise<string | null> {
    return (await digestOf(this.#registry, this.#tag)) ?? null;
  }

  protected async versionOf(subject: Subject): Promise<string> {
    const own = ownManifest(this.#repository, subject);
    const version = own ?? (await digestOf(this.#registry, digestTag(subject)));
    if (version !== undefined) return version;
    const where = `oci://${this.#repository}`;
    throw new ConfigError(
      `${where} holds no version of ${subject.digest}; add \`register: ${where}\`, which pushes it`,
    );
  }

  protected async move(version: string | null): Promise<void> {
    if (version === null) {
      const response = await this.#registry.send('DELETE', `manifests/${this.#tag}`, {}, [400, 404, 405]);
      response.body.resume();
      if (response.status === 400 || response.status === 405)
        throw new ConfigError(`${this.target}: this registry takes no tag off (${response.status})`);
      return;
    }
    await putManifest(this.#registry, this.#tag, await this.#read(version));
  }

  protected override async comment(version: string, comment: Comment): Promise<void> {
    const size = Buffer.byteLength(await this.#read(version));
    const manifest = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: MANIFEST, artifactType: 'application/vnd.sluice.promotion.v1' },
      ...{ config: EMPTY, layers: [EMPTY], subject: { mediaType: MANIFEST, digest: version, size } },
      annotations: {
        'org.opencontainers.image.created': new Date().toISOString(),
        ...{ 'sluice.comment': commentLine(comment), 'sluice.target': this.target },
      },
    });
    try {
      await pushBlob(this.#registry, EMPTY.digest, '{}');
      await putManifest(this.#registry, sha256Of(manifest), manifest);
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof InfraError)) throw error;
      this.#log.notice(`${this.target} was moved; this registry takes no note of who and why`);
    }
  }

  /** The manifest's text, which has the digest that it is called by. */
  async #read(version: string): Promise<string> {
    const asked = { headers: { accept: MANIFEST_TYPES } };
    const text = await (await this.#registry.send('GET', `manifests/${version}`, asked)).text();
    if (sha256Of(text) !== version)
      throw new InfraError(`${this.target}: the manifest ${version} has another digest; refused`);
    return text;
  }
}

const MANIFEST_TYPES = [
  MANIFEST,
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

async function openRegistry(repository: string, context: RegistryContext): Promise<OciRegistry> {
  const reference = parseOciReference(repository, undefined, undefined);
  const login = await chooseLogin(reference.host, context);
  return new OciRegistry(reference, login, context, 'pull,push');
}

/** Where a tag points; undefined where there is none. */
async function digestOf(registry: OciRegistry, tag: string): Promise<string | undefined> {
  const asked = { headers: { accept: MANIFEST_TYPES } };
  const response = await registry.send('GET', `manifests/${tag}`, asked, [404]);
  const text = await response.text();
  return response.status === 404 ? undefined : sha256Of(text);
}

async function putManifest(registry: OciRegistry, reference: string, text: string): Promise<void> {
  const { mediaType } = JSON.parse(text) as { mediaType?: string };
  const headers = { 'content-type': mediaType ?? MANIFEST };
  (await registry.send('PUT', `manifests/${reference}`, { headers, body: text })).body.resume();
}

/** What is there already isn't sent. (Distribution spec, "Pushing a blob monolithically": POST then PUT.) */
async function pushBlob(
  registry: OciRegistry,
  digest: string,
  body: string | { bytes: number; open: () => ReturnType<typeof createReadStream> },
): Promise<void> {
  const there = await registry.send('HEAD', `blobs/${digest}`, {}, [404]);
  there.body.resume();
  if (there.status !== 404) return;
  const begun = await registry.send('POST', 'blobs/uploads/', { body: '' });
  begun.body.resume();
  const location = begun.headers['location'];
  if (location === undefined) throw new InfraError('the registry names no place for an upload');
  const url = new URL(location, begun.url);
  url.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  (await registry.send('PUT', url.href, { headers, body })).body.resume();
}

/** Weights that came from this repository are their own version. */
export function ownManifest(
  repository: string,
  { source, revision }: Pick<Subject, 'source' | 'revision'>,
): string | undefined {
  const named = source
    .replace(/^oci:\/\//u, '')
    .replace(/@.*$/u, '')
    .replace(/:[^/:]*$/u, '');
  return source.startsWith('oci://') && named === repository && /^sha256:[0-9a-f]{64}$/u.test(revision)
    ? revision
    : undefined;
}

function digestTag({ digest }: Subject): string {
  return digest.replace(/^sha256:/u, 'sluice-');
}

function sha256Of(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
