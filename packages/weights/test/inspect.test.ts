import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { inspectFile, reachesInternals } from '@sluice/weights/inspect';
import { readModelParts } from '@sluice/weights/model-parts';

const MODELS = join(import.meta.dirname, '../../../fixtures/models');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-weights-'));
});

async function inspect(name: string, content: string | Uint8Array, allow: string[] = []) {
  const file = join(folder, name.replaceAll('/', '_'));
  await writeFile(file, content);
  return inspectFile(name, file, new Set(allow));
}

function safetensors(header: unknown, dataBytes = 0): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.byteLength));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}
const tensor = (start: number, end: number, shape = [(end - start) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [start, end],
});

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function u64(value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
/** One F32 tensor of four elements, one key. */
function gguf({
  version = 3,
  tensors = 1n,
  key = 'general.name',
  value = 'x',
  offset = 0,
  data = 16,
} = {}): Buffer {
  const head = [Buffer.from('GGUF'), u32(version), u64(tensors), u64(1), text(key), u32(8), text(value)];
  const info = [text('w'), u32(1), u64(4), u32(0), u64(offset)];
  const header = Buffer.concat([...head, ...info]);
  const padding = (32 - (header.byteLength % 32)) % 32;
  return Buffer.concat([header, Buffer.alloc(padding), Buffer.alloc(data)]);
}

test("the project's own models are safe", async () => {
  for (const name of ['model.gguf', 'model.safetensors', 'tokenizer.json', 'README.md']) {
    expect((await inspectFile(name, join(MODELS, 'v1', name), new Set())).problem).toBeNull();
  }
});

describe('formats by content, whatever the name', () => {
  test.each([
    ['notes.md', '# hello', 'text', false],
    ['empty.bin', '', 'text', false],
    ['model.safetensors', safetensors({ w: tensor(0, 8) }, 8), 'safetensors', false],
    ['model.gguf', gguf(), 'gguf', false],
    ['logo.txt', Buffer.from('\x89PNG\r\n\x1a\n....', 'latin1'), 'image', false],
    [
      'tokenizer.model',
      Buffer.from('\x0a\x0a\x0a\x03<a>\x15\0\0\0\0'.repeat(4), 'latin1'),
      'sentencepiece',
      false,
    ],
    ['config.json', Buffer.from('\x80\x04\x95\x0b.', 'latin1'), 'pickle', true],
    ['model.bin', "cmymodel\nModel\n(S'id'\ntRK\x01b.", 'pickle', true],
    ['weights.txt', Buffer.from('PK\x03\x04rest', 'latin1'), 'zip', true],
    ['data.json', gzipSync('{}'), 'gzip', false],
    ['data.gz', gzipSync('{}').subarray(0, 12), 'gzip', true],
    ['a.npy', Buffer.from('\x93NUMPY\x01\x00', 'latin1'), 'numpy', true],
    ['a.h5', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), 'hdf5', true],
    ['a.tar', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), 'tar', true],
    ['blob', Buffer.from([0, 1, 2, 3, 250, 251]), 'unknown', true],
  ])('%s', async (name, content, format, unsafe) => {
    const result = await inspect(name, content);
    expect([result.format, result.problem !== null]).toEqual([format, unsafe]);
    if (unsafe) {
      expect(result.problem).toMatch(/`allow-(formats: \w+|globals: mymodel\.Model)` lets it in$/);
      expect((await inspect(name, content, [format])).problem).toBeNull();
    }
  });
});

// After the safetensors reference's own tests (tensor.rs, "test_…_attack").
describe('malformed safetensors', () => {
  test.each([
    ['a header longer than the file', Buffer.concat([u64(1000), Buffer.from('{}')])],
    ['a huge header', Buffer.concat([u64(2n ** 62n), Buffer.from('{}')])],
    ['no JSON', safetensors('{"w": ')],
    ['a hole before the first tensor', safetensors({ w: tensor(4, 8) }, 8)],
    ['overlap', safetensors({ a: tensor(0, 8), b: tensor(4, 12) }, 12)],
    ['bytes that no tensor owns', safetensors({ w: tensor(0, 8) }, 9)],
    ['missing bytes', safetensors({ w: tensor(0, 8) }, 4)],
    ['a shape that does not fit', safetensors({ w: tensor(0, 8, [3]) }, 8)],
    ['a negative dimension', safetensors({ w: tensor(0, 8, [-2]) }, 8)],
    ['an unknown dtype', safetensors({ w: { ...tensor(0, 8), dtype: 'toString' } }, 8)],
    ['metadata that is no map of strings', safetensors({ __metadata__: { a: 1 }, w: tensor(0, 8) }, 8)],
    ['a truncated file', Buffer.from([1, 2])],
  ])('%s', async (_, content) => {
    expect((await inspect('model.safetensors', content)).problem).toMatch(
      /malformed safetensors|not recognised/,
    );
  });
});

describe('malformed GGUF', () => {
  test.each([
    ['version', gguf({ version: 9 })],
    ['more tensors than the file can hold', gguf({ tensors: 2n ** 40n })],
    ['a count beyond reason', gguf({ tensors: 2n ** 63n })],
    ['an offset off the alignment', gguf({ offset: 7, data: 64 })],
    ['data that ends early', gguf({ data: 8 })],
    ['a cut header', gguf().subarray(0, 40)],
    [
      'an alignment of zero',
      Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(1), text('general.alignment'), u32(4), u32(0)]),
    ],
  ])('%s', async (_, content) => {
    expect((await inspect('model.gguf', content)).problem).toMatch(/^is malformed GGUF: /);
  });
});

describe('chat templates', () => {
  const attack = "{{ ''.__class__.__mro__ }}";
  test.each([
    ['tokenizer_config.json', JSON.stringify({ chat_template: attack })],
    ['tokenizer_config.json', JSON.stringify({ chat_template: [{ name: 'x', template: attack }] })],
    ['chat_template.jinja', attack],
    ['model.gguf', gguf({ key: 'tokenizer.chat_template', value: attack })],
  ])('%s that reaches for internals is unsafe', async (name, content) => {
    expect((await inspect(name, content)).problem).toContain('reaches for `__` attributes');
  });

  test.each(['{{ bos }}{% for m in messages %}{{ m.content }}__{% endfor %}', '{{ messages[0]["role"] }}'])(
    '%s is ordinary',
    (template) => {
      expect(reachesInternals(template)).toBe(false);
    },
  );
});

test('Python code and auto_map are told, and do not fail', async () => {
  const code = await inspect('modeling.py', 'print(1)');
  expect([code.problem, code.notice]).toEqual([null, expect.stringContaining('trust_remote_code')]);
  expect((await inspect('config.json', '{"auto_map": {}}')).notice).toContain('auto_map');
});

test('parts of the unit that are files of their own', async () => {
  const parts = await readModelParts(join(MODELS, 'v1'));
  for (const part of Object.values(parts)) expect(part).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await readModelParts(join(MODELS, 'v1'), ['model.gguf'])).toEqual({
    tokenizer: null,
    chatTemplate: null,
    config: null,
  });
});
