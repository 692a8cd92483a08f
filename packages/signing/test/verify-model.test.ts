import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parseDemand } from '../src/demand.ts';
import { verifyModel } from '../src/verify-model.ts';
import type { SignatureResult } from '../src/verify-model.ts';
import { keyBundle, sha256 } from './sign-model.ts';
import { IDENTITY, ISSUER, mockSigstore } from './sigstore-mock.ts';
import type { MockSigstore } from './sigstore-mock.ts';

const FILES = { 'config.json': '{}', 'deep/model.bin': 'weights', 'empty.txt': '' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-signing-'));
  await writeFile(join(folder, 'acme.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What comes of files that lie on disk, as a pull would have hashed them. */
async function verify(
  demand: string,
  bundle: unknown,
  files: Record<string, string> = FILES,
  select = (paths: readonly string[]) => [...paths],
): Promise<SignatureResult> {
  const all = { ...files, ...(bundle !== undefined && { 'model.sig': JSON.stringify(bundle) }) };
  const listed = [];
  for (const [path, content] of Object.entries(all)) {
    const at = join(folder, 'model', path);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
    listed.push({ path, bytes: content.length, sha256: sha256(content), at });
  }
  return verifyModel(parseDemand(demand.split(' '), folder), {
    files: listed,
    select,
    workspace: folder,
    signal: new AbortController().signal,
  });
}
const why = (result: SignatureResult): string => (result.state === 'refused' ? result.why : 'valid');

describe('with a key', () => {
  test.each(['P-256', 'P-384', 'P-521'])('%s', async (namedCurve) => {
    const pair = generateKeyPairSync('ec', { namedCurve });
    await writeFile(join(folder, 'other.pub'), pair.publicKey.export({ type: 'spki', format: 'pem' }));
    expect(await verify('key:other.pub', keyBundle({ files: FILES }, pair.privateKey))).toMatchObject({
      state: 'valid',
      signer: expect.stringMatching(/^key [0-9a-f]{64}$/),
      signed: 3,
      leftOut: [],
    });
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'a changed file',
      { ...FILES, 'deep/model.bin': 'weightz' },
      'changed since they were signed: "deep/model.bin"',
    ],
    ['an added file', { ...FILES, 'evil.py': 'x' }, 'not signed: "evil.py"'],
    ['a missing file', { 'config.json': '{}', 'empty.txt': '' }, 'signed, but missing: "deep/model.bin"'],
    [
      'a renamed file',
      { 'config.json': '{}', 'empty.txt': '', 'deep/other.bin': 'weights' },
      'not signed: "deep/other.bin"; signed, but missing: "deep/model.bin"',
    ],
    [
      'two files that changed places',
      { ...FILES, 'config.json': 'weights', 'deep/model.bin': '{}' },
      'changed',
    ],
  ])('%s is refused', async (_, files, words) => {
    const bundle = keyBundle({ files: FILES }, privateKey);
    expect(await verify('acme.pub', bundle)).toMatchObject({ state: 'valid' });
    expect(why(await verify('acme.pub', bundle, files))).toContain(words);
  });

  test('another key, an altered statement, and none at all are refused', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(why(await verify('acme.pub', keyBundle({ files: FILES }, other)))).toContain('another key');
    const bundle = keyBundle({ files: FILES }, privateKey);
    const forged = keyBundle({ files: { ...FILES, 'evil.py': 'x' } }, other);
    const envelope = {
      ...(bundle['dsseEnvelope'] as object),
      payload: (forged['dsseEnvelope'] as { payload: string }).payload,
    };
    const mixed = { ...bundle, dsseEnvelope: envelope };
    expect(why(await verify('acme.pub', mixed, { ...FILES, 'evil.py': 'x' }))).toContain(
      'not made with the key',
    );
    await rm(join(folder, 'model'), { recursive: true });
    expect(why(await verify('acme.pub', undefined))).toContain('there is no model.sig');
  });

  test('a partial pull proves what was asked for, and no less', async () => {
    const bundle = keyBundle({ files: FILES }, privateKey);
    const part = { 'config.json': '{}', 'empty.txt': '' };
    const noBin = (paths: readonly string[]) => paths.filter((path) => !path.endsWith('.bin'));
    expect(await verify('acme.pub', bundle, part, noBin)).toMatchObject({
      state: 'valid',
      signed: 2,
      notAsked: 1,
    });
    expect(why(await verify('acme.pub', bundle, { 'config.json': '{}' }, noBin))).toContain(
      'missing: "empty.txt"',
    );
  });

  test('shards are hashed part by part, and must cover the file', async () => {
    const shards = (...spans: [number, number][]) =>
      keyBundle(
        {
          files: Object.fromEntries(
            spans.map(([start, end]) => [`w.bin:${start}:${end}`, 'weights'.slice(start, end)]),
          ),
          change: (statement) => {
            const predicate = statement['predicate'] as { serialization: Record<string, unknown> };
            predicate.serialization['method'] = 'shards';
            for (const resource of resources(statement)) resource['algorithm'] = 'sha256-sharded-4';
          },
        },
        privateKey,
      );
    const files = { 'w.bin': 'weights', 'empty.txt': '' };
    expect(await verify('acme.pub', shards([0, 4], [4, 7]), files)).toMatchObject({
      state: 'valid',
      signed: 1,
    });
    for (const spans of [
      [[0, 4]],
      [
        [0, 4],
        [5, 7],
      ],
      [
        [0, 4],
        [3, 7],
      ],
      [[4, 7]],
    ] as [number, number][][])
      expect(why(await verify('acme.pub', shards(...spans), files))).toContain('changed since');
  });

  test('what the signer left out is named; leaving out everything is refused', async () => {
    const files = { ...FILES, 'docs/a.md': '#' };
    const bundle = keyBundle({ files: FILES, ignored: ['model.sig', 'docs'] }, privateKey);
    expect(await verify('acme.pub', bundle, files)).toMatchObject({ state: 'valid', leftOut: ['docs/a.md'] });
    const all = keyBundle({ files: FILES, ignored: ['.'] }, privateKey);
    expect(why(await verify('acme.pub', all, files))).toContain('leaves out the whole model');
  });
});

type Statement = Record<string, unknown>;
const resources = (statement: Statement) =>
  (statement['predicate'] as { resources: Record<string, unknown>[] }).resources;

describe('statements that a signer would not make', () => {
  test.each<[string, (statement: Statement) => void, string]>([
    [
      'another digest of the whole',
      (s) => void (s['subject'] = [{ name: 'm', digest: { sha256: '0'.repeat(64) } }]),
      'where its files hash to',
    ],
    [
      'the format of 0.2',
      (s) => void (s['predicateType'] = 'https://model_signing/Digests/v0.1'),
      'before 1.0',
    ],
    [
      'another predicate',
      (s) => void (s['predicateType'] = 'https://slsa.dev/provenance/v1'),
      'not https://model_signing/signature/v1.0',
    ],
    ['another statement', (s) => void (s['_type'] = 'https://in-toto.io/Statement/v0.1'), 'is of type'],
    ['no files', (s) => void ((s['predicate'] as Statement)['resources'] = []), 'lists no file'],
    ['two subjects', (s) => void (s['subject'] = [1, 2]), 'one subject'],
    ['a path outside', (s) => void Object.assign(resources(s)[0] ?? {}, { name: '../a' }), 'unsafe path'],
    [
      'an unknown hash',
      (s) => void Object.assign(resources(s)[0] ?? {}, { algorithm: 'md5' }),
      'no digest that is known',
    ],
    [
      'an unknown method',
      (s) => void ((s['predicate'] as Statement)['serialization'] = { method: 'x' }),
      'unknown method',
    ],
  ])('%s', async (_, change, words) => {
    const bundle = keyBundle({ files: FILES, change }, privateKey);
    expect(why(await verify('acme.pub', bundle))).toContain(words);
  });

  test.each([
    ['no JSON', 'not json', 'no Sigstore bundle'],
    ['no bundle', {}, 'mediaType'],
    ['two signatures', 'twice', 'one signature'],
  ])('%s', async (_, bundle, words) => {
    const good = keyBundle({ files: FILES }, privateKey);
    const envelope = good['dsseEnvelope'] as { signatures: unknown[] };
    const twice = {
      ...good,
      dsseEnvelope: { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] },
    };
    expect(why(await verify('acme.pub', bundle === 'twice' ? twice : bundle))).toContain(words);
  });
});

describe('keyless', () => {
  let sigstore: MockSigstore;
  const demand = (identity = IDENTITY, issuer = ISSUER) =>
    `keyless:${identity}@${issuer} trusted-root=root.json`;
  beforeAll(async () => {
    sigstore = await mockSigstore();
  });
  beforeEach(() => writeFile(join(folder, 'root.json'), JSON.stringify(sigstore.trustedRoot)));

  test('the identity that the authority certified', async () => {
    const bundle = await sigstore.sign({ files: FILES });
    expect(await verify(demand(), bundle)).toMatchObject({
      state: 'valid',
      signer: `${IDENTITY} (${ISSUER})`,
    });
    expect(await verify(demand('https://github.com/acme/*'), bundle)).toMatchObject({ state: 'valid' });
    expect(why(await verify(demand(), bundle, { ...FILES, 'config.json': '[]' }))).toContain('changed');
  });

  test('another identity, issuer or authority', async () => {
    const bundle = await sigstore.sign({ files: FILES });
    // To the library an identity is a pattern: `.` would match any sign.
    expect(why(await verify(demand(IDENTITY.replace('github.com', 'github.co.')), bundle))).toContain(
      'was made by',
    );
    expect(why(await verify(demand(IDENTITY.slice(0, -4)), bundle))).toContain('was made by');
    expect(why(await verify(demand('https://github.com/other/*'), bundle))).toContain('was made by');
    expect(why(await verify(demand(IDENTITY, 'https://other.example.com'), bundle))).toContain('was made by');
    expect(why(await verify(`keyless:${IDENTITY}@${ISSUER}`, bundle))).toContain(
      "sigstore's verifier refuses",
    );
    const other = await mockSigstore();
    expect(why(await verify(demand(), await other.sign({ files: FILES })))).toContain('certificate chain');
  });

  test('a bundle without its log entry, or with another payload', async () => {
    const bundle = (await sigstore.sign({ files: FILES })) as Record<string, Record<string, unknown>>;
    const bare = { ...bundle, verificationMaterial: { ...bundle['verificationMaterial'], tlogEntries: [] } };
    expect(why(await verify(demand(), bare))).toContain("sigstore's verifier refuses");
    const other = (await sigstore.sign({ files: { 'evil.py': 'x' } })) as typeof bundle;
    const mixed = {
      ...bundle,
      dsseEnvelope: { ...bundle['dsseEnvelope'], payload: other['dsseEnvelope']?.['payload'] },
    };
    expect(why(await verify(demand(), mixed, { 'evil.py': 'x' }))).toContain("sigstore's verifier refuses");
  });

  test('a key where an identity was asked, and the other way round', async () => {
    expect(why(await verify(demand(), keyBundle({ files: FILES }, privateKey)))).toContain(
      'with a key signer',
    );
    expect(why(await verify('acme.pub', await sigstore.sign({ files: FILES })))).toContain('not with a key');
  });
});

test.each([
  ['missing.pub', undefined, 'can not be read'],
  ['secret.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }), 'is a private key'],
  ['text.pub', 'hello', 'is no public key'],
  [
    'rsa.pub',
    generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' }),
    'another kind',
  ],
])('%s is a fault of the input', async (name, content, words) => {
  if (content !== undefined) await writeFile(join(folder, name), content);
  const bundle = keyBundle({ files: FILES }, privateKey);
  await expect(verify(name, bundle)).rejects.toThrow(words);
});
