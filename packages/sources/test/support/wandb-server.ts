/**
 * A W&B server by the queries of its official client (wandb 0.31): GraphQL for artifacts, Basic `api:<key>`, pages of files,
 * and an object store at an origin of its own whose signed addresses run out. The official client itself downloads from it in
 * e2e/oracles.
 */
import { createHash } from 'node:crypto';
import { execute } from './graphql.ts';
import type { Arguments } from './graphql.ts';
import { sendBytes, serve } from './serve.ts';
import type { TestServer } from './serve.ts';
import { runOf, WandbUploads } from './wandb-uploads.ts';

export interface WandbEntry {
  bytes?: Buffer;
  /** Written into the manifest as it is; a reference has `ref` and `digest`. */
  more?: Record<string, unknown>;
}

export interface WandbVersion {
  aliases: string[];
  entries: Record<string, WandbEntry>;
  state?: string;
  /** JSON. */
  metadata?: string;
  description?: string;
}

export interface WandbRun {
  state: string;
  /** JSON in Python's spelling. */
  summaryMetrics: string;
}

export interface WandbOptions {
  entity: string;
  project: string;
  key: string;
  /** By name; the place in the list is the version. */
  collections: Record<string, WandbVersion[]>;
  pageSize?: number;
  /** By id. */
  runs?: Record<string, WandbRun>;
}

export interface WandbServer extends TestServer {
  store: TestServer;
  /** Every signed address handed out so far stops working. */
  expire(): void;
}

const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();

export function manifestOf(entries: Record<string, WandbEntry>): { text: string; digest: string } {
  const contents = Object.fromEntries(
    Object.entries(entries).map(([path, { bytes, more }]) => [
      path,
      {
        ...(bytes && { digest: md5(bytes).toString('base64'), size: bytes.length, birthArtifactID: 'b' }),
        ...more,
      },
    ]),
  );
  const lines = Object.keys(contents)
    .sort()
    .map((path) => `${path}:${String((contents[path] as { digest?: unknown }).digest)}\n`);
  const digest = md5(Buffer.from(`wandb-artifact-manifest-v1\n${lines.join('')}`)).toString('hex');
  const policy = { storagePolicy: 'wandb-storage-policy-v1', storagePolicyConfig: { storageLayout: 'V2' } };
  return { text: JSON.stringify({ version: 1, ...policy, contents }), digest };
}

export async function serveWandb(options: WandbOptions): Promise<WandbServer> {
  let generation = 1;
  const held = new Map<string, Buffer>();
  const store = await serve((request, response) => {
    if (request.method === 'PUT') {
      uploads.put(request, response);
      return;
    }
    const bytes = held.get(decodeURIComponent(request.url.pathname));
    if (!bytes) response.writeHead(404).end();
    else if (request.url.searchParams.get('X-Goog-Signature') !== `s${generation}`)
      response.writeHead(400).end('ExpiredToken');
    else sendBytes(request, response, bytes, '"of-the-store"');
  });
  const sign = (path: string, bytes: Buffer): string => {
    held.set(path, bytes);
    return `${store.url}${path.split('/').map(encodeURIComponent).join('/')}?X-Goog-Signature=s${generation}`;
  };
  const uploads = new WandbUploads(options, store, manifestOf);

  const projectInfo = { id: 'p1', internalId: 'p1', name: options.project, entity: { name: options.entity } };
  const fileNodes = (collection: string, index: number, { entries }: WandbVersion) =>
    Object.entries(entries).flatMap(([name, { bytes }]) => {
      if (!bytes) return [];
      const place = `/${collection}/${index}/${name}`;
      const common = { __typename: 'File', id: place, name, displayName: name, sizeBytes: bytes.length };
      const hash = md5(bytes).toString('base64');
      const more = { url: place, storagePath: place, mimetype: '', updatedAt: null, digest: hash, md5: hash };
      return [{ ...common, ...more, directUrl: sign(place, bytes) }];
    });
  const filesOf = (collection: string, index: number, version: WandbVersion) => (asked: Arguments) => {
    const names = asked['names'] as string[] | null | undefined;
    const all = fileNodes(collection, index, version).filter(({ name }) => names?.includes(name) ?? true);
    const from = Number(asked['after'] ?? 0);
    const shown = all.slice(from, from + Math.min(options.pageSize ?? 5000, Number(asked['first'] ?? 50)));
    const end = from + shown.length;
    return {
      totalCount: all.length,
      pageInfo: { __typename: 'PageInfo', endCursor: String(end), hasNextPage: end < all.length },
      edges: shown.map((node) => ({ node })),
    };
  };
  const artifactOf = (collection: string, index: number, version: WandbVersion) => ({
    __typename: 'Artifact',
    id: `${collection}:${index}`,
    versionIndex: index,
    state: version.state ?? 'COMMITTED',
    digest: manifestOf(version.entries).digest,
    artifactType: { name: 'model' },
    artifactSequence: { __typename: 'ArtifactSequence', name: collection, project: projectInfo },
    ...{
      description: null,
      metadata: version.metadata ?? '{}',
      ttlDurationSeconds: -2,
      ttlIsInherited: false,
      tags: [],
      historyStep: null,
    },
    ...{
      size: 1,
      digestAlgorithm: 'MANIFEST_MD5',
      commitHash: 'abc',
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: null,
    },
    fileCount: Object.keys(version.entries).length,
    aliases: [],
    currentManifest: () => ({
      file: {
        directUrl: sign(`/manifests/${collection}/${index}`, Buffer.from(manifestOf(version.entries).text)),
      },
    }),
  });
  const memberOf = (collection: string, alias: unknown) => {
    const versions = options.collections[collection] ?? [];
    const index = versions.findIndex(
      ({ aliases }, at) => alias === `v${at}` || aliases.includes(String(alias)),
    );
    const version = versions[index];
    if (!version) return null;
    return {
      ...{
        __typename: 'ArtifactCollectionMembership',
        id: `m${index}`,
        versionIndex: index,
        createdAt: '2026-01-01T00:00:00Z',
      },
      aliases: version.aliases.map((each) => ({ __typename: 'ArtifactAlias', id: each, alias: each })),
      artifactCollection: { __typename: 'ArtifactSequence', name: collection, project: projectInfo },
      artifact: artifactOf(collection, index, version),
      files: filesOf(collection, index, version),
    };
  };
  const versionOf = (id: string): WandbVersion => {
    const [collection = '', index] = id.split(':');
    const version = options.collections[collection]?.[Number(index)];
    if (version === undefined) throw new Error(`no artifact ${id}`);
    return version;
  };
  /** An alias is one version's in a collection: who gets it takes it. */
  const changeAliases = (input: unknown, add: boolean) => {
    const { artifactID, aliases } = input as { artifactID: string; aliases: Record<string, string>[] };
    for (const { entityName, projectName, artifactCollectionName = '', alias = '' } of aliases) {
      if (entityName !== options.entity || projectName !== options.project) return { success: false };
      const all = options.collections[artifactCollectionName] ?? [];
      for (const version of all) version.aliases = version.aliases.filter((own) => own !== alias);
      if (add) versionOf(artifactID).aliases.push(alias);
    }
    return { success: true };
  };
  const root = {
    ...uploads.root,
    serverInfo: { features: [] },
    // The client asks who it is before anything else.
    viewer: {
      ...{ id: 'u', entity: options.entity, username: 'u', email: 'u@example.com', name: 'u' },
      ...{ admin: false, flags: '{}', deletedAt: null, teams: { edges: [] }, apiKeys: { edges: [] } },
    },
    project: ({ name, entityName }: Arguments) =>
      name === options.project && entityName === options.entity
        ? {
            ...projectInfo,
            run: ({ name: run }: Arguments) => runOf(options, String(run)),
            artifactCollectionMembership: ({ name: asked }: Arguments) => {
              const [collection = '', alias] = String(asked).split(':');
              return memberOf(collection, alias);
            },
            artifactCollection: ({ name: collection }: Arguments) => ({
              __typename: 'ArtifactSequence',
              artifactMembership: ({ aliasName }: Arguments) => memberOf(String(collection), aliasName),
            }),
          }
        : null,
    addAliases: ({ input }: Arguments) => changeAliases(input, true),
    deleteAliases: ({ input }: Arguments) => changeAliases(input, false),
    updateArtifact: ({ input }: Arguments) => {
      const { artifactID, metadata } = input as { artifactID: string; metadata: string };
      versionOf(artifactID).metadata = metadata;
      return { artifact: { id: artifactID } };
    },
    artifact: ({ id }: Arguments) => {
      const [collection = '', index] = String(id).split(':');
      return memberOf(collection, `v${index}`)?.artifact ?? null;
    },
  };
  const expected = `Basic ${Buffer.from(`api:${options.key}`).toString('base64')}`;
  const server = await serve((request, response) => {
    const send = (status: number, body: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const stream = /^\/files\/[^/]+\/[^/]+\/([^/]+)\/file_stream$/u.exec(request.url.pathname)?.[1];
    if (request.url.pathname !== '/graphql' && stream === undefined) send(404, { error: 'not found' });
    else if (request.headers.authorization !== expected)
      send(401, { errors: [{ message: 'user is not logged in' }] });
    else if (stream !== undefined) send(200, uploads.endRun(stream, request.body));
    else {
      const { query, variables } = JSON.parse(request.body) as { query: string; variables?: Arguments };
      send(200, execute(query, variables ?? {}, root));
    }
  });
  return {
    ...server,
    store,
    expire: () => void (generation += 1),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
