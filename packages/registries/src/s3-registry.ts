/**
 * A bucket as a registry. Below the prefix lie `<hex>/…`, the files of one digest, `versions/<hex>.json`, written once
 * (`If-None-Match: *`) when all of them are there, and `aliases/<alias>.json`, which moves by compare-and-set (`If-Match`).
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { fieldsOf, type Fields } from '@sluice/sources/json-fields';
import type { S3Client } from '@sluice/sources/s3-client';
import { openS3 } from '@sluice/sources/s3-source';
import { lostRace } from './lost-race.ts';
import { neededFiles } from './needed-files.ts';
import type { Comment, Registered, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';
import { uploadToS3 } from './s3-upload.ts';
import { VersionPointer } from './version-pointer.ts';

export interface S3Place {
  given: string;
  bucket: string;
  /** Without slashes at its ends; may be empty. */
  prefix: string;
}

export async function registerInS3(
  place: S3Place,
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  const client = await openS3({}, context);
  const { bucket } = place;
  const hex = hexOf(subject.digest);
  const done = {
    target: place.given,
    version: subject.digest,
    address: `s3://${bucket}/${keyOf(place, hex)}`,
  };
  const key = keyOf(place, `versions/${hex}.json`);
  if ((await client.head(bucket, key)) !== undefined) return { ...done, changed: false };
  const { root, files } = neededFiles(place.given, subject);
  for (const { path, bytes, sha256 } of files) {
    const at = [bucket, keyOf(place, `${hex}/${path}`)] as const;
    const there = await client.head(...at);
    const same = there?.bytes === bytes && there.hash?.algorithm === 'sha256' && there.hash.value === sha256;
    if (same) continue;
    context.log.info(`${place.given}: uploading ${path} (${bytes} bytes)`);
    const open = (start: number, end: number) => createReadStream(join(root, path), { start, end });
    await uploadToS3(client, at, { bytes, sha256, open });
  }
  const { digest, source, revision, description, tags, comment } = subject;
  const facts = { schemaVersion: 1, digest, source, revision, description, tags, files };
  const made = await putJson(client, [bucket, key], { ...facts, comment: commentLine(comment) }, null);
  // Another run of the same digest was first: its files are the same ones.
  return { ...done, changed: made };
}

export class S3Alias extends VersionPointer {
  readonly #client: S3Client;
  readonly #place: S3Place;
  readonly #key: string;
  /** Of the document that `observe` saw last; null: there was none. */
  #etag: string | null = null;
  #seen: Fields = {};

  constructor(client: S3Client, place: S3Place, alias: string) {
    super(place.given);
    this.#client = client;
    this.#place = place;
    this.#key = keyOf(place, `aliases/${alias}.json`);
  }

  async observe(): Promise<string | null> {
    const { bucket } = this.#place;
    const read = await this.#client.readTagged(bucket, this.#key);
    this.#etag = read?.etag ?? null;
    this.#seen = read === undefined ? {} : this.#parse(read.text);
    const { version } = this.#seen;
    return typeof version === 'string' ? version : null;
  }

  protected async versionOf({ digest }: Subject): Promise<string> {
    const { bucket, prefix } = this.#place;
    const known = await this.#client.head(bucket, keyOf(this.#place, `versions/${hexOf(digest)}.json`));
    if (known !== undefined) return digest;
    const where = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    throw new ConfigError(
      `${where} has no version of ${digest}; add \`register: ${where}\`, which makes one`,
    );
  }

  protected async move(version: string | null, from: string | null, comment: Comment): Promise<void> {
    const { bucket } = this.#place;
    const address = version === null ? null : `s3://${bucket}/${keyOf(this.#place, hexOf(version))}`;
    const document = {
      ...{ schemaVersion: 1, version, address, from, movedAt: new Date().toISOString() },
      comment: commentLine(comment),
    };
    if (!(await putJson(this.#client, [bucket, this.#key], document, this.#etag)))
      throw lostRace(this.target, from, await this.observe());
  }

  protected override remembered(): Promise<string | null> {
    const { from } = this.#seen;
    return Promise.resolve(typeof from === 'string' ? from : null);
  }

  #parse(text: string): Fields {
    try {
      return fieldsOf(JSON.parse(text) as unknown, this.target);
    } catch {
      throw new InfraError(`${this.target}: s3://${this.#place.bucket}/${this.#key} is no pointer of ours`);
    }
  }
}

/**
 * Writes a document where `etag` still stands (null: where nothing stands yet).
 *
 * @returns false when that isn't so any more
 */
async function putJson(
  client: S3Client,
  at: readonly [string, string],
  document: unknown,
  etag: string | null,
): Promise<boolean> {
  const body = `${JSON.stringify(document, null, 2)}\n`;
  const sha256 = createHash('sha256').update(body).digest('hex');
  const condition: Record<string, string> = etag === null ? { 'if-none-match': '*' } : { 'if-match': etag };
  const headers = { 'content-type': 'application/json', ...condition };
  // 409: two conditional writes at the same moment; 404: deleted since it was read.
  const lost = [404, 409, 412];
  const response = await client.send('PUT', at, { headers }, { body, sha256 }, lost);
  response.body.resume();
  return response.status < 300;
}

function keyOf({ prefix }: S3Place, name: string): string {
  return prefix === '' ? name : `${prefix}/${name}`;
}

function hexOf(digest: string): string {
  return digest.replace(/^sha256:/u, '');
}
