/**
 * The pods' images, one a version, written as an OCI layout without any container engine: Node and the libraries that it is
 * linked with, the embedded engine, the committed bundle with the front, and on top the model. Layers below are shared.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { run } from '@sluice/process/run';
import { ensureEngine, once, ROOT } from '../act/tools.ts';
import { ensureBuilt } from './binaries.ts';
import { CACHE, imageOf, PAUSE_IMAGE, VERSIONS } from './layout.ts';

interface Blob {
  digest: string;
  size: number;
}

async function digestOf(file: string): Promise<Blob> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(file)).size };
}

class Layout {
  readonly #folder: string;
  readonly #images: object[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A layer of what `fill` puts into a folder; the same files give the same bytes. */
  async layer(fill: (root: string) => Promise<void>): Promise<Blob> {
    const root = join(this.#folder, '..', 'layer');
    await mkdir(root);
    await fill(root);
    const tar = join(this.#folder, '..', 'layer.tar');
    const steady = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    await run('tar', [...steady, '-C', root, '-cf', tar, '.']);
    await rm(root, { recursive: true });
    return this.#keep(tar);
  }

  /** Returns the manifest's digest. */
  async image(name: string, layers: readonly Blob[], config: object): Promise<string> {
    const diffs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    const configBlob = await this.#json({ architecture, os: 'linux', config, rootfs: diffs });
    const manifest = await this.#json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...configBlob },
      layers: layers.map((layer) => ({ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer })),
    });
    this.#images.push({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      ...manifest,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
    });
    return manifest.digest;
  }

  async finish(): Promise<void> {
    await writeFile(join(this.#folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    await writeFile(
      join(this.#folder, 'index.json'),
      JSON.stringify({ schemaVersion: 2, mediaType, manifests: this.#images }),
    );
  }

  async #json(content: object): Promise<Blob> {
    const file = join(this.#folder, '..', 'blob.json');
    await writeFile(file, JSON.stringify(content));
    return this.#keep(file);
  }

  async #keep(file: string): Promise<Blob> {
    const blob = await digestOf(file);
    const folder = join(this.#folder, 'blobs/sha256');
    await mkdir(folder, { recursive: true });
    await rename(file, join(folder, blob.digest.slice('sha256:'.length)));
    return blob;
  }
}

/** What is read from the checkout: a change of any of it makes new images. */
const SOURCES = [
  'dist/inference-test',
  'packages/host/src',
  'packages/host/package.json',
  'packages/inference/src/assertions',
  'packages/inference/package.json',
  'e2e/lab/image',
  ...VERSIONS.map((version) => `fixtures/models/${version}/model.gguf`),
];

async function keyOf(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(import.meta.filename))
    .update(process.version);
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    const files = (await stat(path)).isDirectory()
      ? (await readdir(path, { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [path];
    for (const file of files) hash.update(`${relative(ROOT, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 12);
}

/** Node with every library that it and the engine load, at the paths where the loader looks. */
async function fillNode(root: string, engine: string): Promise<void> {
  const node = await realpath(process.execPath);
  await mkdir(join(root, 'tmp'), { mode: 0o777 });
  await mkdir(join(root, 'usr/local/bin'), { recursive: true });
  await cp(node, join(root, 'usr/local/bin/node'));
  const bins = join(
    engine,
    'node_modules/@node-llama-cpp',
    `linux-${process.arch}`,
    'bins',
    `linux-${process.arch}`,
  );
  const { stdout } = await run('ldd', [node, join(bins, 'llama-addon.node')]);
  const libraries = new Set([...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path = '']) => path));
  for (const library of libraries) {
    if (library.startsWith(engine)) continue;
    await mkdir(join(root, dirname(library)), { recursive: true });
    await cp(await realpath(library), join(root, library));
  }
}

async function fillApp(root: string): Promise<void> {
  const app = join(root, 'app');
  for (const source of SOURCES) {
    if (!source.startsWith('fixtures/')) await cp(join(ROOT, source), join(app, source), { recursive: true });
  }
  await writeFile(join(app, 'package.json'), '{"type":"module"}');
  for (const name of ['host', 'inference']) {
    // Packages by their own name, as in a checkout: real paths outside node_modules, where Node takes TypeScript.
    await mkdir(join(app, 'node_modules/@sluice'), { recursive: true });
    await run('ln', ['-s', `../../packages/${name}`, join(app, 'node_modules/@sluice', name)]);
  }
}

/** Each version's manifest digest, as the node knows it too. */
export async function digestsOf(archive: string): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(dirname(archive), 'digests.json'), 'utf8')) as Record<string, string>;
}

/** The archive for `ctr images import`: all versions and the pause image. Some 230 MB, made in seconds, once. */
export async function ensureImages(): Promise<string> {
  const engine = await ensureEngine();
  const pause = join(await ensureBuilt('pause'), 'pause');
  const name = `images-${await keyOf()}`;
  const folder = await once(join(CACHE, name), async (into) => {
    const layout = join(into, 'layout');
    await mkdir(layout);
    const images = new Layout(layout);
    const base = [
      await images.layer((root) => fillNode(root, engine)),
      await images.layer((root) => cp(engine, join(root, 'engine'), { recursive: true })),
      await images.layer(fillApp),
    ];
    const digests: Record<string, string> = {};
    for (const version of VERSIONS) {
      const model = await images.layer(async (root) => {
        await mkdir(join(root, 'model'));
        await cp(join(ROOT, 'fixtures/models', version, 'model.gguf'), join(root, 'model/model.gguf'));
      });
      digests[version] = await images.image(imageOf(version), [...base, model], {
        Env: ['PATH=/usr/local/bin', `SLUICE_VERSION=${version}`, 'HOME=/tmp'],
        Cmd: ['/usr/local/bin/node', '--disable-warning=ExperimentalWarning', '/app/e2e/lab/image/front.ts'],
        WorkingDir: '/app',
        ExposedPorts: { '8000/tcp': {} },
      });
    }
    const pauseLayer = await images.layer((root) => cp(pause, join(root, 'pause')));
    await images.image(PAUSE_IMAGE, [pauseLayer], { Entrypoint: ['/pause'] });
    await images.finish();
    await writeFile(join(into, 'digests.json'), JSON.stringify(digests));
    await run('tar', ['-C', layout, '-cf', join(into, 'images.tar'), '.']);
    await rm(layout, { recursive: true });
  });
  // One of each change would fill the disk; they are made in seconds.
  for (const other of await readdir(CACHE)) {
    if (/^images-[0-9a-f]+$/.test(other) && other !== name) await rm(join(CACHE, other), { recursive: true });
  }
  return join(folder, 'images.tar');
}
