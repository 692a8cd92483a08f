import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { InfraError } from '@sluice/runtime/errors';
import { saveFiles } from '@sluice/sources/save-files';
import type { RemoteFile } from '@sluice/sources/source';
import { resolveWeb } from '@sluice/sources/web-source';
import { sendBytes, serve, sha256Hex, testContext } from './support/serve.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-save-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const BYTES = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) & 0xff));
const options = { connections: 2, signal: AbortSignal.timeout(30_000) };

test('a connection that breaks goes on where it stopped; a second time nothing is fetched', async () => {
  let requests = 0;
  await using server = await serve((request, response) => {
    requests += 1;
    const cut = requests === 2;
    if (!cut) sendBytes(request, response, BYTES, '"a"');
    else {
      response.writeHead(200, { etag: '"a"', 'content-length': String(BYTES.length) });
      response.write(BYTES.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
    }
  });
  const given = `${server.url}/m.bin#sha256=${sha256Hex(BYTES)}`;
  const { files } = await resolveWeb({ given }, testContext());
  const saved = await saveFiles(files, folder, options);
  expect(saved).toEqual([{ path: 'm.bin', bytes: BYTES.length, sha256: sha256Hex(BYTES), fromCache: false }]);
  expect(await readFile(join(folder, 'm.bin'))).toEqual(BYTES);
  expect(server.seen.at(-1)?.headers.range).toMatch(/^bytes=[1-9]\d*-299999$/);
  const before = requests;
  expect((await saveFiles(files, folder, options))[0]?.fromCache).toBe(true);
  await writeFile(join(folder, 'm.bin'), Buffer.alloc(BYTES.length));
  expect((await saveFiles(files, folder, options))[0]?.fromCache).toBe(false);
  expect(requests).toBe(before + 1);
});

function fileOf(bytes: Buffer, more: Partial<RemoteFile> = {}): RemoteFile {
  return {
    path: 'a/b.bin',
    bytes: bytes.length,
    hash: null,
    etag: null,
    acceptsRanges: false,
    open: () => Promise.resolve({ body: Readable.from([bytes]), status: 200, bytes: null }),
    ...more,
  };
}

test.each([
  ['another content', { hash: { algorithm: 'md5', value: '0'.repeat(32) } }],
  ['more bytes than it has', { bytes: 3 }],
  [
    'fewer bytes, for ever',
    { bytes: 9, open: () => Promise.resolve({ body: Readable.from([]), status: 200, bytes: null }) },
  ],
] as [string, Partial<RemoteFile>][])('%s never gets the name', async (_what, more) => {
  await expect(saveFiles([fileOf(Buffer.from('abcd'), more)], folder, options)).rejects.toThrow(InfraError);
  expect(await readdir(join(folder, 'a'))).toEqual([]);
});

test('a source’s own hash is held beside sha256; without one nothing is taken for kept', async () => {
  const bytes = Buffer.from('one\r\n');
  const value = createHash('md5').update('one\n').digest('hex');
  const [saved] = await saveFiles(
    [fileOf(bytes, { hash: { algorithm: 'md5-dos2unix', value } })],
    folder,
    options,
  );
  expect(saved?.sha256).toBe(sha256Hex(bytes));
  expect((await saveFiles([fileOf(bytes, { bytes: null })], folder, options))[0]?.fromCache).toBe(false);
});
