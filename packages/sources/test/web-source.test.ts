import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { bodyFault } from '@sluice/sources/remote-http';
import { parseWebAddress, resolveWeb } from '@sluice/sources/web-source';
import { bytesOfFile, sendBytes, serve, sha256Hex, testContext } from './support/serve.ts';

const BYTES = Buffer.from('weights of a very small model');

describe('a plain web address', () => {
  test('is read whole and by range, bound to its ETag', async () => {
    await using server = await serve((request, response) => sendBytes(request, response, BYTES, '"v1"'));
    const { files, revision, source } = await resolveWeb(
      { given: `${server.url}/a/model%20x.gguf?signature=secret#sha256=${sha256Hex(BYTES)}` },
      testContext(),
    );
    expect(source).toBe(`${server.url}/a/model%20x.gguf`);
    expect(revision).toBe(`sha256:${sha256Hex(BYTES)}`);
    expect(files).toMatchObject([
      {
        path: 'model x.gguf',
        bytes: BYTES.length,
        etag: '"v1"',
        acceptsRanges: true,
        hash: { algorithm: 'sha256', value: sha256Hex(BYTES) },
      },
    ]);
    expect(await bytesOfFile(files[0])).toEqual({ status: 200, bytes: BYTES });
    expect(await bytesOfFile(files[0], { start: 3, end: 6 })).toEqual({
      status: 206,
      bytes: BYTES.subarray(3, 7),
    });
    expect(server.seen.slice(1).map(({ headers }) => headers['if-match'])).toEqual(['"v1"', '"v1"']);
    expect(server.seen.every(({ url }) => url.searchParams.get('signature') === 'secret')).toBe(true);
  });

  test('that changes between listing and reading is an error, never other bytes', async () => {
    let etag = '"v1"';
    await using server = await serve((request, response) => sendBytes(request, response, BYTES, etag));
    const { files, revision } = await resolveWeb({ given: `${server.url}/m.gguf` }, testContext());
    etag = '"v2"';
    await expect(bytesOfFile(files[0], { start: 0, end: 3 })).rejects.toThrow('changed on the server');
    const again = await resolveWeb({ given: `${server.url}/m.gguf` }, testContext());
    expect(revision).toMatch(/^listing:[0-9a-f]{64}$/);
    expect(again.revision).not.toBe(revision);
  });

  test('without ranges is read whole', async () => {
    await using server = await serve((_request, response) => void response.end(BYTES));
    const { files } = await resolveWeb({ given: `${server.url}/m.bin` }, testContext());
    expect(files[0]).toMatchObject({ acceptsRanges: false, bytes: BYTES.length, hash: null });
    expect(await bytesOfFile(files[0], { start: 2, end: 3 })).toEqual({ status: 200, bytes: BYTES });
  });

  test('an empty file has no byte to ask for', async () => {
    await using server = await serve((request, response) =>
      sendBytes(request, response, Buffer.alloc(0), '"e"'),
    );
    const { files } = await resolveWeb({ given: `${server.url}/empty` }, testContext());
    expect(files[0]?.bytes).toBe(0);
    expect((await bytesOfFile(files[0])).bytes).toHaveLength(0);
  });

  test('the token goes to its own origin, and not to where that redirects', async () => {
    await using cdn = await serve((request, response) => sendBytes(request, response, BYTES, '"c"'));
    await using server = await serve(
      (request, response) =>
        void response.writeHead(302, { location: `${cdn.url}${request.url.pathname}` }).end(),
    );
    const { files } = await resolveWeb({ given: `${server.url}/m.gguf` }, testContext({ token: 's3cret' }));
    expect((await bytesOfFile(files[0])).bytes).toEqual(BYTES);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer s3cret',
      'Bearer s3cret',
    ]);
    expect(cdn.seen).toHaveLength(2);
    expect(cdn.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });

  test.each([
    [404, ConfigError, 'does not exist'],
    [403, ConfigError, 'pass a token'],
    [418, InfraError, 'answered 418'],
  ])('%i is told as what it is', async (status, kind, part) => {
    await using server = await serve((_request, response) => void response.writeHead(status).end());
    const failure = resolveWeb({ given: `${server.url}/m.gguf?key=secret` }, testContext());
    await expect(failure).rejects.toThrow(kind);
    await expect(failure).rejects.toThrow(part);
    await expect(failure).rejects.not.toThrow('secret');
  });

  test('a log-in page is no model, and a redirect loop ends', async () => {
    await using server = await serve((request, response) => {
      if (request.url.pathname === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    });
    await expect(resolveWeb({ given: `${server.url}/m.gguf` }, testContext())).rejects.toThrow('web page');
    await expect(resolveWeb({ given: `${server.url}/loop` }, testContext())).rejects.toThrow(
      'redirects more than',
    );
  });

  test.each([
    ['https://u:p@host/x', 'a user name or a password'],
    ['https://host/x#part', 'only #sha256='],
    ['https://host/x#sha256=12', 'only #sha256='],
    ['https://', 'is no web address'],
  ])('%s is refused', (given, part) => {
    expect(() => parseWebAddress(given)).toThrow(ConfigError);
    expect(() => parseWebAddress(given)).toThrow(part);
    expect(() => parseWebAddress(given)).not.toThrow('u:p');
  });

  test.each(['..%2f..%2fetc', '%2e%2e', 'a%00b', 'x%5Cy', 'con%2F..'])(
    'the name %s is refused',
    async (name) => {
      await using server = await serve((request, response) => sendBytes(request, response, BYTES));
      await expect(resolveWeb({ given: `${server.url}/d/${name}` }, testContext())).rejects.toThrow(
        /refused|no file name/,
      );
    },
  );

  test('a token is not sent over plain http to another machine', async () => {
    await expect(
      resolveWeb({ given: 'http://models.example/x' }, testContext({ token: 't' })),
    ).rejects.toThrow('plain http');
  });
});

test('an answer that is not of the bytes that were asked is told apart', () => {
  expect(
    bodyFault(206, { 'content-range': 'bytes 5-9/20' }, { start: 0, end: 4 }, { bytes: 20, etag: null }),
  ).toContain('the server sent others');
  expect(
    bodyFault(206, { 'content-range': 'bytes 0-4/21' }, { start: 0, end: 4 }, { bytes: 20, etag: null }),
  ).toContain('has 21 bytes now');
  expect(bodyFault(200, { 'content-length': '7' }, undefined, { bytes: 8, etag: null })).toContain(
    '7 bytes now',
  );
  expect(bodyFault(200, { etag: '"b"' }, undefined, { bytes: null, etag: 'W/"a"' })).toContain(
    'another ETag',
  );
  expect(bodyFault(200, { 'content-encoding': 'gzip' }, undefined, { bytes: null, etag: null })).toContain(
    'encoded',
  );
  expect(bodyFault(206, {}, undefined, { bytes: null, etag: null })).toContain('from 0 on');
});
