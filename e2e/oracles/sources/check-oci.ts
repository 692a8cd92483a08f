/** `oci://` against Debian's docker-registry, with a login: raw, packed and Docker layers pushed by plain HTTP. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from '@sluice/process/run';
import { Checks, hashFolder, readAll, resolveText } from './checks.ts';
import { REGISTRY_LOGIN as TOKEN, startOciRegistry } from './oci-registry.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

export async function checkOci(folder: string): Promise<Checks> {
  const checks = new Checks('oci');
  await using server = await startOciRegistry(folder);
  const { host } = new URL(server.url);
  const push = new Pusher(server.url);
  const weights = Buffer.alloc(5_000_000, 'weights');
  const layer = await push.blob(weights, 'application/vnd.cncf.model.weight.v1.raw', {
    'org.cncf.model.filepath': 'weights/model.safetensors',
  });
  const json = await push.blob(Buffer.from('{}'), 'application/json', {
    'org.opencontainers.image.title': 'config.json',
  });
  const gguf = await push.blob(Buffer.from('GGUF'), 'application/vnd.docker.ai.gguf.v3');
  const plain = join(folder, 'packed');
  await mkdir(join(plain, 'tokenizer'), { recursive: true });
  await writeFile(join(plain, 'tokenizer/vocab.json'), '{"a": 0}');
  await writeFile(join(plain, `${'long-name-'.repeat(14)}.txt`), 'long');
  const tar = join(folder, 'packed.tar');
  await run('tar', ['-cf', tar, '-C', plain, '.'], { timeoutMs: 60_000 });
  const archive = await push.blob(
    gzipSync(await readFile(tar)),
    'application/vnd.cncf.model.weight.config.v1.tar+gzip',
  );
  const digest = await push.manifest('v1', [layer, json, gguf, archive]);
  const name = `oci://${host}/org/model`;
  const env = { HOME: folder, RUNNER_TEMP: folder };
  const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
  const expected = {
    'weights/model.safetensors': sha256(weights),
    'config.json': sha256('{}'),
    'model.gguf': sha256('GGUF'),
    ...(await hashFolder(plain)),
  };
  const byTag = await resolveText(`${name}:v1`, { env, token: TOKEN });
  checks.equal('raw, titled, Docker and packed layers', await readAll(byTag), expected);
  checks.equal('a tag becomes a digest', byTag.revision, digest);
  const byDigest = await resolveText(`${name}@${digest}`, { env, token: TOKEN });
  checks.equal('by digest', byDigest.revision, digest);
  await checks.refused('no login', resolveText(`${name}:v1`, { env }), 'without a login');
  await checks.refused('a wrong login', resolveText(`${name}:v1`, { env, token: 'oracle:no' }), 'may not be');
  await checks.refused('no such tag', resolveText(`${name}:v2`, { env, token: TOKEN }), 'does not exist');
  const auth = Buffer.from(TOKEN).toString('base64');
  await mkdir(join(folder, '.docker'), { recursive: true });
  await writeFile(join(folder, '.docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
  checks.equal('what docker login left', (await resolveText(`${name}:v1`, { env })).revision, digest);
  return checks;
}

class Pusher {
  readonly #url: string;
  readonly #headers = { authorization: `Basic ${Buffer.from(TOKEN).toString('base64')}` };

  constructor(url: string) {
    this.#url = `${url}/v2/org/model`;
  }

  async blob(bytes: Buffer, mediaType: string, annotations?: Record<string, string>): Promise<Descriptor> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const started = await fetch(`${this.#url}/blobs/uploads/`, { method: 'POST', headers: this.#headers });
    const place = new URL(started.headers.get('location') ?? '', this.#url);
    place.searchParams.set('digest', digest);
    const headers = { ...this.#headers, 'content-type': 'application/octet-stream' };
    const done = await fetch(place, { method: 'PUT', headers, body: new Uint8Array(bytes) });
    if (done.status !== 201) throw new Error(`the registry took no blob: ${done.status}`);
    return { mediaType, digest, size: bytes.length, ...(annotations && { annotations }) };
  }

  async manifest(tag: string, layers: Descriptor[]): Promise<string> {
    const config = await this.blob(Buffer.from('{}'), 'application/vnd.cncf.model.config.v1+json');
    const body = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers });
    const headers = { ...this.#headers, 'content-type': MANIFEST };
    const done = await fetch(`${this.#url}/manifests/${tag}`, { method: 'PUT', headers, body });
    if (done.status !== 201) throw new Error(`the registry took no manifest: ${done.status}`);
    return done.headers.get('docker-content-digest') ?? '';
  }
}
