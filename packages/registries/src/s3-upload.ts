/** A file into a bucket: at once, or in parts where it is too large for that. Streamed; memory doesn't grow with it. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { InfraError } from '@sluice/runtime/errors';
import type { S3Client } from '@sluice/sources/s3-client';

export interface Upload {
  bytes: number;
  /** Hex. */
  sha256: string;
  /** Bytes from `start` to `end`, both counted in. */
  open: (start: number, end: number) => Readable;
}

/** S3 takes 5 GiB in one request, and at most 10,000 parts. */
export const AT_ONCE_BYTES = 5 * 1024 ** 3;
const PART_BYTES = 512 * 1024 ** 2;
const MOST_PARTS = 10_000;

/** @param atOnce files up to this size go in one request */
export async function uploadToS3(
  client: S3Client,
  at: readonly [string, string],
  file: Upload,
  atOnce = AT_ONCE_BYTES,
  partBytes = PART_BYTES,
): Promise<void> {
  const { bytes, sha256 } = file;
  if (bytes <= atOnce) {
    // The server compares what came with this, and names it to whoever pulls.
    const headers = { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
    const body = bytes === 0 ? '' : { bytes, open: () => file.open(0, bytes - 1) };
    (await client.send('PUT', at, { headers }, { body, sha256 })).body.resume();
    return;
  }
  await uploadInParts(client, at, file, Math.max(partBytes, Math.ceil(bytes / MOST_PARTS)));
}

async function uploadInParts(
  client: S3Client,
  at: readonly [string, string],
  { bytes, open }: Upload,
  partBytes: number,
): Promise<void> {
  const begun = await (await client.send('POST', at, { query: { uploads: '' } })).text();
  const uploadId = /<UploadId>([^<]{1,1024})<\/UploadId>/u.exec(begun)?.[1];
  if (uploadId === undefined)
    throw new InfraError(`s3://${at.join('/')}: the server began no upload in parts`);
  try {
    const parts: string[] = [];
    for (let start = 0; start < bytes; start += partBytes) {
      const end = Math.min(start + partBytes, bytes) - 1;
      const hash = createHash('sha256');
      for await (const chunk of open(start, end)) hash.update(chunk as Buffer);
      const query = { partNumber: String(parts.length + 1), uploadId };
      const body = { bytes: end - start + 1, open: () => open(start, end) };
      const response = await client.send('PUT', at, { query }, { body, sha256: hash.digest('hex') });
      response.body.resume();
      parts.push(response.headers['etag'] ?? '');
    }
    const listed = parts.map(
      (etag, index) =>
        `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`;
    const sha256 = createHash('sha256').update(body).digest('hex');
    const ended = await (await client.send('POST', at, { query: { uploadId } }, { body, sha256 })).text();
    // A completion that fails late is a 200 with an error in it.
    if (!ended.includes('<CompleteMultipartUploadResult'))
      throw new InfraError(`s3://${at.join('/')}: the parts were not put together`);
  } catch (error) {
    // Parts that nobody ends are paid for.
    await client.send('DELETE', at, { query: { uploadId } }).catch(() => undefined);
    throw error;
  }
}
