/**
 * `wandb:entity/project/name`: the files as a new version of an artifact, logged by a run of its own, by the mutations of the
 * official client (wandb 0.31, core/pkg/artifacts/saver.go). A version has the alias `sluice-<hex of the digest>`.
 */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { InfraError } from '@sluice/runtime/errors';
import { arrayOf, fieldsOf, textOf, type Fields } from '@sluice/sources/json-fields';
import { WandbClient, type WandbName } from '@sluice/sources/wandb-client';
import { manifestDigest } from '@sluice/sources/wandb-manifest';
import { neededFiles } from './needed-files.ts';
import type { Registered, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { CLIENT_SIZES, hashForWandb, sendFile, sendText, type WandbFile } from './wandb-upload.ts';
import { changeAlias, collectionOf, digestAlias, versionHere } from './wandb-version.ts';

const CREATE_RUN = `mutation UpsertBucket($input: UpsertBucketInput!) {
  upsertBucket(input: $input) { bucket { id name } }
}`;
const CREATE = `mutation CreateArtifact($input: CreateArtifactInput!) {
  createArtifact(input: $input) {
    artifact { id state artifactSequence { latestArtifact { id } } }
  }
}`;
const CREATE_MANIFEST = `mutation CreateArtifactManifest($input: CreateArtifactManifestInput!) {
  createArtifactManifest(input: $input) {
    artifactManifest { id file { id uploadUrl uploadHeaders } }
  }
}`;
const CREATE_FILES = `mutation CreateArtifactFiles($input: CreateArtifactFilesInput!) {
  createArtifactFiles(input: $input) {
    files {
      edges {
        node {
          storagePath uploadUrl uploadHeaders
          uploadMultipartUrls { uploadID uploadUrlParts { partNumber uploadUrl } }
          artifact { id }
        }
      }
    }
  }
}`;
const COMPLETE = `mutation CompleteMultipartUploadArtifact($input: CompleteMultipartUploadArtifactInput!) {
  completeMultipartUploadArtifact(input: $input) { digest }
}`;
const COMMIT = `mutation CommitArtifact($input: CommitArtifactInput!) {
  commitArtifact(input: $input) { artifact { id digest } }
}`;

/** Signed addresses run out: few are asked at a time. */
const FILES_AT_ONCE = 8;

export async function registerInWandb(
  name: WandbName & { given: string },
  subject: Subject,
  context: RegistryContext,
  sizes = CLIENT_SIZES,
): Promise<Registered> {
  const client = new WandbClient(context);
  const done = (version: string, changed: boolean): Registered => ({
    ...{ target: name.given, version, changed },
    address: `${collectionOf(name)}:${version}`,
  });
  const known = await versionHere(client, name, subject);
  if (known !== undefined) return done(known, false);
  const { root, files } = neededFiles(name.given, subject);
  const hashed: WandbFile[] = [];
  for (const { path, bytes, sha256 } of files)
    hashed.push(await hashForWandb({ path, bytes, sha256, absolute: join(root, path) }, sizes));
  const upload = new Upload(client, name, context);
  await upload.begin(subject);
  try {
    const changed = await upload.send(hashed, subject);
    await upload.end(0);
    return done((await client.artifact(name, digestAlias(subject.digest))).version, changed);
  } catch (error) {
    // A run that nobody ends looks alive.
    await upload.end(1).catch(() => undefined);
    throw error;
  }
}

class Upload {
  readonly #client: WandbClient;
  readonly #name: WandbName & { given: string };
  readonly #context: RegistryContext;
  readonly #run = randomBytes(4).toString('hex');

  constructor(client: WandbClient, name: WandbName & { given: string }, context: RegistryContext) {
    this.#client = client;
    this.#name = name;
    this.#context = context;
  }

  async begin({ comment, description }: Subject): Promise<void> {
    const { entity, project } = this.#name;
    const place = { name: this.#run, modelName: project, entityName: entity };
    const told = { displayName: `register ${this.#name.collection}`, notes: commentLine(comment) };
    const input = { ...place, ...told, jobType: 'sluice-register', description };
    const { bucket } = await this.#ask(CREATE_RUN, input, 'upsertBucket');
    textOf(fieldsOf(bucket, this.#name.given)['id'], this.#name.given, 'id');
  }

  /** The run's last word, as the client's file stream says it. */
  async end(exitcode: number): Promise<void> {
    const { entity, project } = this.#name;
    const path = ['files', entity, project, this.#run, 'file_stream'].map(encodeURIComponent).join('/');
    await this.#client.post(path, { complete: true, exitcode }, this.#name.given);
  }

  /** @returns false where W&B has a version of these very bytes, which then gets the alias */
  async send(files: readonly WandbFile[], subject: Subject): Promise<boolean> {
    const { given } = this.#name;
    const digest = manifestDigest(files.map(({ path, md5 }) => ({ path, digest: md5 })));
    const { artifact } = await this.#ask(CREATE, this.#createInput(digest, subject), 'createArtifact');
    const { id: made, state, artifactSequence } = fieldsOf(artifact, given);
    const id = textOf(made, given, 'id');
    if (state === 'COMMITTED') {
      await changeAlias(this.#client, this.#name, digestAlias(subject.digest), { id, add: true });
      return false;
    }
    const latest = fieldsOf(fieldsOf(artifactSequence ?? {}, given)['latestArtifact'] ?? {}, given)['id'];
    const base = latest === undefined || latest === id ? null : latest;
    const manifest = await this.#manifest(id, base, '');
    const birth = new Map<string, string>();
    for (let at = 0; at < files.length; at += FILES_AT_ONCE)
      await this.#sendBatch(id, manifest.id, files.slice(at, at + FILES_AT_ONCE), birth);
    const contents = Object.fromEntries(
      files.map(({ path, md5, bytes }) => [
        path,
        { digest: md5, birthArtifactID: birth.get(path) ?? id, size: bytes },
      ]),
    );
    const policy = {
      storagePolicy: 'wandb-storage-policy-v1',
      storagePolicyConfig: { storageLayout: 'V2' },
    };
    const text = JSON.stringify({ version: 1, ...policy, contents });
    const md5 = createHash('md5').update(text).digest('base64');
    await sendText(text, (await this.#manifest(id, base, md5)).file, this.#place);
    const committed = await this.#ask(COMMIT, { artifactID: id }, 'commitArtifact');
    if (fieldsOf(committed['artifact'], given)['digest'] !== digest)
      throw new InfraError(`${given}: W&B committed another digest than ${digest}, which was sent`);
    return true;
  }

  async #sendBatch(
    artifactID: string,
    artifactManifestID: string,
    files: readonly WandbFile[],
    birth: Map<string, string>,
  ): Promise<void> {
    const { given } = this.#name;
    const artifactFiles = files.map(({ path, md5, parts }) => ({
      ...{ artifactID, artifactManifestID, name: path, md5 },
      ...(parts && {
        uploadPartsInput: parts.map((hexMD5, index) => ({ partNumber: index + 1, hexMD5 })),
      }),
    }));
    const asked = { artifactFiles, storageLayout: 'V2' };
    const answer = await this.#ask(CREATE_FILES, asked, 'createArtifactFiles');
    const edges = arrayOf(fieldsOf(answer['files'], given)['edges'], given);
    if (edges.length !== files.length)
      throw new InfraError(`${given}: W&B names ${edges.length} addresses for ${files.length} files`);
    for (const [index, file] of files.entries()) {
      const node = fieldsOf(fieldsOf(edges[index], given)['node'], given);
      const owner = textOf(fieldsOf(node['artifact'], given)['id'], given, 'id');
      birth.set(file.path, owner);
      this.#context.log.info(`${given}: uploading ${file.path} (${file.bytes} bytes)`);
      const ending = await sendFile(file, node, this.#place);
      if (ending === undefined) continue;
      await this.#ask(COMPLETE, { ...ending, artifactID: owner }, 'completeMultipartUploadArtifact');
    }
  }

  async #manifest(
    artifactID: string,
    baseArtifactID: unknown,
    digest: string,
  ): Promise<{ id: string; file: Fields }> {
    const { entity, project, given } = this.#name;
    const place = { entityName: entity, projectName: project, runName: this.#run };
    const input = {
      ...{ artifactID, baseArtifactID, digest, ...place },
      ...{ name: 'wandb_manifest.json', type: 'FULL' },
    };
    const { artifactManifest } = await this.#ask(CREATE_MANIFEST, input, 'createArtifactManifest');
    const { id, file } = fieldsOf(artifactManifest, given);
    return { id: textOf(id, given, 'id'), file: fieldsOf(file, given) };
  }

  #createInput(digest: string, { digest: weights, description, tags, comment }: Subject): Fields {
    const { entity, project, collection } = this.#name;
    const place = { entityName: entity, projectName: project, artifactCollectionName: collection };
    const told = { ...tags, 'sluice.digest': weights, 'sluice.comment': commentLine(comment) };
    const ids = {
      clientID: randomBytes(64).toString('hex'),
      sequenceClientID: randomBytes(64).toString('hex'),
    };
    return {
      ...{ ...place, artifactTypeName: 'model', runName: this.#run, ...ids },
      ...{ digest, digestAlgorithm: 'MANIFEST_MD5', enableDigestDeduplication: true },
      ...{ description, metadata: JSON.stringify(told) },
      aliases: ['latest', digestAlias(weights)].map((alias) => ({
        artifactCollectionName: collection,
        alias,
      })),
    };
  }

  get #place() {
    return { origin: this.#client.url, context: this.#context };
  }

  async #ask(query: string, input: Fields, field: string): Promise<Fields> {
    const { given } = this.#name;
    return fieldsOf((await this.#client.query(query, { input }, given))[field], given);
  }
}
