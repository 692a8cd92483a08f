import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { register } from '@sluice/registries/open';
import type { Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import { uploadToS3 } from '@sluice/registries/s3-upload';
import { parsePromote, parseRegister } from '@sluice/registries/targets';
import { openS3 } from '@sluice/sources/s3-source';
import { serveS3, type StoredObject } from '../../sources/test/support/s3-server.ts';
import { sha256Hex, type TestServer } from '../../sources/test/support/serve.ts';
import { BACK, contextWith, pointerTo, Weights } from './support/subjects.ts';

let server: TestServer;
let objects: Map<string, StoredObject>;
let context: RegistryContext;
let weights: Weights;
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
beforeEach(async () => {
  objects = new Map();
  server = await serveS3({ bucket: 'models', objects, credentials });
  context = contextWith({
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  weights = new Weights();
});
afterEach(async () => {
  weights.remove();
  await server[Symbol.asyncDispose]();
});

const llm = { kind: 's3', given: 's3://models/llm', bucket: 'models', prefix: 'llm' } as const;
const put = (subject: Subject) => register(llm, subject, context);
const pointer = (alias = 'production'): Promise<Pointer> => pointerTo(`s3://models/llm@${alias}`, context);
const textAt = (key: string): Record<string, unknown> =>
  JSON.parse(objects.get(key)?.bytes.toString() ?? '{}') as Record<string, unknown>;

test('one digest is one version: its files below its own name, told of once', async () => {
  const subject = await weights.subject({ 'model.gguf': 'GGUF', 'sub/config.json': '{}' });
  const hex = subject.digest.slice('sha256:'.length);
  const address = `s3://models/llm/${hex}`;
  expect(await put(subject)).toEqual({
    ...{ target: llm.given, address, changed: true },
    version: subject.digest,
  });
  expect(objects.get(`llm/${hex}/sub/config.json`)?.bytes.toString()).toBe('{}');
  expect(textAt(`llm/versions/${hex}.json`)).toMatchObject({
    source: 's3://elsewhere/llm',
    tags: { 'sluice.verdict': 'pass' },
    comment: 'octocat: gate passed (https://ci.example/1)',
  });
  server.seen.length = 0;
  expect(await put(subject)).toMatchObject({ changed: false });
  expect(server.seen.map(({ method }) => method)).toEqual(['HEAD']);
  // A run that died on its way goes on: what lies there by its sha256 isn't sent again.
  objects.delete(`llm/versions/${hex}.json`);
  server.seen.length = 0;
  await put(subject);
  expect(server.seen.filter(({ method }) => method === 'PUT')).toHaveLength(1);
});

test('an alias moves by compare-and-set, remembers from where, and is put back', async () => {
  const [a, b] = [await weights.subject({ m: 'a' }), await weights.subject({ m: 'b' })];
  const alias = await pointer();
  expect(await alias.observe()).toBeNull();
  await expect(alias.promote(a, null)).rejects.toThrow('add `register: s3://models/llm`');
  await put(a);
  await put(b);
  await alias.promote(a, null);
  expect(await alias.promote(b, a.digest)).toMatchObject({ from: a.digest, to: b.digest, changed: true });
  expect(await alias.promote(b, b.digest)).toMatchObject({ from: a.digest, changed: false });
  await expect(alias.restore(null, a.digest, BACK)).rejects.toThrow(`points at ${b.digest} now`);
  expect(await alias.restore(a.digest, b.digest, BACK)).toMatchObject({ changed: true });
  expect(textAt('llm/aliases/production.json')).toMatchObject({
    version: a.digest,
    address: `s3://models/llm/${a.digest.slice(7)}`,
    comment: 'octocat: broken',
  });
  expect(await alias.restore(a.digest, b.digest, BACK)).toMatchObject({ changed: false });
  expect((await alias.restore(null, a.digest, BACK)).to).toBe('nothing');
  expect(await alias.observe()).toBeNull();
});

test('whoever moves it between the look and the write is not overwritten', async () => {
  const [a, b] = [await weights.subject({ m: 'a' }), await weights.subject({ m: 'b' })];
  await put(a);
  await put(b);
  const alias = await pointer();
  const theirs = { version: b.digest };
  const set = objects.set.bind(objects);
  let asked = 0;
  // Between our own look and our write: the server lets another writer in at the second GET's end.
  objects.get = (key) => {
    const found = Map.prototype.get.call(objects, key) as StoredObject | undefined;
    if (key === 'llm/aliases/production.json' && (asked += 1) === 1)
      set(key, { bytes: Buffer.from(JSON.stringify(theirs)) });
    return found;
  };
  await expect(alias.promote(a, null)).rejects.toMatchObject({
    name: 'GateError',
    message: expect.stringContaining(`points at ${b.digest} now`),
  });
  expect(textAt('llm/aliases/production.json')).toEqual(theirs);
});

test('files without a place, other keys, and large files in parts', async () => {
  const subject = await weights.subject({ m: 'a' });
  await expect(put({ ...subject, local: undefined })).rejects.toThrow('set input `model-path`');
  const client = await openS3({}, context);
  const bytes = Buffer.from('0123456789');
  const open = (start: number, end: number) => Readable.from([bytes.subarray(start, end + 1)]);
  const file = { bytes: bytes.length, sha256: sha256Hex(bytes), open };
  await uploadToS3(client, ['models', 'big'], file, 4, 4);
  expect(objects.get('big')?.bytes.toString()).toBe('0123456789');
  expect([...objects.keys()]).toEqual(['big']);
  const wrong = { ...context, env: { ...context.env, AWS_SECRET_ACCESS_KEY: 'wrong' } };
  await expect(register(llm, subject, wrong)).rejects.toThrow(
    'AWS_SECRET_ACCESS_KEY that allow s3:PutObject',
  );
});

test('what may be named', () => {
  const place = { kind: 's3', bucket: 'models', prefix: 'a/b' };
  expect(parsePromote('s3://models/a/b@x')).toMatchObject({ target: { ...place, alias: 'x' } });
  expect(parseRegister('s3://models/a/b/')).toMatchObject({ target: place });
  for (const given of ['s3://models/../x@a', 's3://m/a@a', 's3://models/a@../x'])
    expect(parsePromote(given)).toMatchObject({ fault: expect.any(String) });
});
