/**
 * What a W&B server takes: runs, and new versions of artifacts by the mutations of its official client (core/pkg/artifacts/saver.go).
 * The store compares each upload with the md5 that it was announced by; a version is committed when its manifest and files agree.
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Arguments } from './graphql.ts';
import type { Seen, TestServer } from './serve.ts';
import type { WandbEntry, WandbOptions, WandbVersion } from './wandb-server.ts';

interface Pending {
  version: WandbVersion;
  aliases: string[];
  /** By name, base64. */
  announced: Map<string, string>;
  manifest?: string;
}

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();
type Described = (entries: Record<string, WandbEntry>) => { text: string; digest: string };

export class WandbUploads {
  readonly #options: WandbOptions;
  readonly #store: Pick<TestServer, 'url'>;
  readonly #manifestOf: Described;
  readonly #pending = new Map<string, Pending>();
  /** What the signed addresses got. */
  readonly #got = new Map<string, Buffer>();

  constructor(options: WandbOptions, store: Pick<TestServer, 'url'>, describe: Described) {
    this.#options = options;
    this.#store = store;
    this.#manifestOf = describe;
  }

  put({ url, headers, bytes }: Seen, response: ServerResponse): void {
    if (url.searchParams.get('X-Goog-Signature') !== 'put') {
      response.writeHead(403).end();
    } else if (headers['content-md5'] !== md5(bytes).toString('base64')) {
      response.writeHead(400).end('BadDigest');
    } else {
      this.#got.set(decodeURIComponent(url.pathname), bytes);
      response.writeHead(200, { etag: `"${md5(bytes).toString('hex')}"` }).end();
    }
  }

  endRun(id: string, body: string): object {
    const { complete, exitcode } = JSON.parse(body) as { complete?: boolean; exitcode?: number };
    const run = this.#options.runs?.[id];
    if (run && complete === true) run.state = exitcode === 0 ? 'finished' : 'failed';
    return { exitcode: null, limits: {} };
  }

  readonly root = {
    upsertBucket: ({ input }: Arguments) => {
      const { name } = input as { name: string };
      const runs = (this.#options.runs ??= {});
      const inserted = runs[name] === undefined;
      runs[name] ??= { state: 'running', summaryMetrics: '{}' };
      return { bucket: { id: `run:${name}`, name }, inserted };
    },
    createArtifact: ({ input }: Arguments) => this.#create(input as CreateInput),
    createArtifactManifest: ({ input }: Arguments) => {
      const { artifactID, digest, runName } = input as Record<string, string>;
      this.#run(runName);
      const place = `/put/${artifactID}/manifest`;
      const signed = digest === '' ? null : this.#sign(place, digest ?? '');
      const none = { uploadUrl: null, uploadHeaders: [] };
      const id = `manifest:${artifactID}`;
      this.#of(artifactID).manifest = place;
      return { artifactManifest: { id, file: { id: `file:${id}`, ...(signed ?? none) } } };
    },
    createArtifactFiles: ({ input }: Arguments) => {
      const { artifactFiles } = input as { artifactFiles: FileInput[] };
      return { files: { edges: artifactFiles.map((file) => ({ node: this.#file(file) })) } };
    },
    completeMultipartUploadArtifact: ({ input }: Arguments) => {
      const { completedParts, storagePath } = input as {
        completedParts: { partNumber: number; hexMD5: string }[];
        storagePath: string;
      };
      const parts = completedParts.map(({ partNumber, hexMD5 }) => {
        const bytes = this.#got.get(`${storagePath}#${partNumber}`);
        if (!bytes || hexMD5 !== `"${md5(bytes).toString('hex')}"`) throw new Error('InvalidPart');
        return bytes;
      });
      this.#got.set(storagePath, Buffer.concat(parts));
      return { digest: null };
    },
    commitArtifact: ({ input }: Arguments) => this.#commit((input as { artifactID: string }).artifactID),
  };

  #create(input: CreateInput): object {
    const { artifactCollectionName: collection, digest, aliases, metadata, description } = input;
    this.#run(input.runName);
    if (input.entityName !== this.#options.entity || input.projectName !== this.#options.project)
      throw new Error('project not found');
    const versions = (this.#options.collections[collection] ??= []);
    const committed = versions.filter(({ state }) => (state ?? 'COMMITTED') === 'COMMITTED');
    const latest = committed.at(-1);
    const latestArtifact = latest ? { id: `${collection}:${versions.indexOf(latest)}` } : null;
    const artifactSequence = { latestArtifact };
    const same = committed.find(({ entries }) => this.#manifestOf(entries).digest === digest);
    if (same)
      return {
        artifact: { id: `${collection}:${versions.indexOf(same)}`, state: 'COMMITTED', artifactSequence },
      };
    const version: WandbVersion = { aliases: [], entries: {}, state: 'PENDING', metadata, description };
    const id = `${collection}:${versions.push(version) - 1}`;
    this.#pending.set(id, { version, announced: new Map(), aliases: aliases.map(({ alias }) => alias) });
    return { artifact: { id, state: 'PENDING', artifactSequence } };
  }

  #file({ artifactID, name, md5: announced, uploadPartsInput }: FileInput): object {
    this.#of(artifactID).announced.set(name, announced);
    const storagePath = `/put/${artifactID}/files/${name}`;
    return {
      ...{ storagePath, artifact: { id: artifactID } },
      ...this.#sign(storagePath, announced),
      uploadMultipartUrls: uploadPartsInput && {
        uploadID: 'upload',
        uploadUrlParts: uploadPartsInput.map(({ partNumber }) => ({
          partNumber,
          uploadUrl: this.#sign(`${storagePath}#${partNumber}`, '').uploadUrl,
        })),
      },
    };
  }

  #commit(id: string): object {
    const { version, aliases, announced, manifest = '' } = this.#of(id);
    const { contents } = JSON.parse(this.#got.get(manifest)?.toString() ?? '{}') as {
      contents: Record<string, { digest: string }>;
    };
    for (const [name, { digest }] of Object.entries(contents)) {
      const bytes = this.#got.get(`/put/${id}/files/${name}`);
      if (!bytes || md5(bytes).toString('base64') !== digest || announced.get(name) !== digest)
        throw new Error(`${name} is not what the manifest says`);
      version.entries[name] = { bytes };
    }
    version.state = 'COMMITTED';
    for (const alias of aliases) {
      for (const other of this.#options.collections[id.split(':')[0] ?? ''] ?? [])
        other.aliases = other.aliases.filter((own) => own !== alias);
      version.aliases.push(alias);
    }
    return { artifact: { id, digest: this.#manifestOf(version.entries).digest } };
  }

  #of(id: string | undefined): Pending {
    const pending = this.#pending.get(id ?? '');
    if (pending === undefined) throw new Error(`no artifact ${id}`);
    return pending;
  }

  #run(id: string | undefined): void {
    if (this.#options.runs?.[id ?? ''] === undefined) throw new Error(`no run ${id}`);
  }

  #sign(path: string, digest: string): { uploadUrl: string; uploadHeaders: string[] } {
    const shown = path.split('/').map(encodeURIComponent).join('/');
    return {
      uploadUrl: `${this.#store.url}${shown}?X-Goog-Signature=put`,
      uploadHeaders: [`Content-MD5:${digest}`, 'Content-Type:application/octet-stream'],
    };
  }
}

interface CreateInput {
  entityName: string;
  projectName: string;
  artifactCollectionName: string;
  runName: string;
  digest: string;
  aliases: { alias: string }[];
  metadata: string;
  description: string;
}

interface FileInput {
  artifactID: string;
  name: string;
  md5: string;
  uploadPartsInput?: { partNumber: number; hexMD5: string }[];
}

/** As far as the official client asks. */
export function runOf({ runs, entity }: WandbOptions, name: string): object | null {
  const run = runs?.[name];
  if (run === undefined) return null;
  const none = { sweepName: null, group: null, jobType: null, commit: null, description: null, notes: null };
  return {
    ...{ id: `run:${name}`, name, displayName: name, tags: [], projectId: '1', readOnly: false, ...none },
    ...{ createdAt: '2026-01-01T00:00:00Z', heartbeatAt: '2026-01-01T00:00:00Z', historyLineCount: 1 },
    ...{ config: '{}', systemMetrics: '{}', historyKeys: null, user: { name: 'u', username: entity } },
    ...run,
  };
}
