/** Ordinary files pass; what the user names passes; and none of it costs more than reading what it must. */
import { open, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ALLOWED_GLOBALS } from '@sluice/weights/allowed-globals';
import { inspectFile } from '@sluice/weights/inspect';
import {
  binbytes,
  bytes,
  callWith,
  CLEAN,
  gguf,
  global,
  joblibArray,
  legacy,
  npy,
  PAYLOAD,
  proto,
  safetensors,
  STORAGE,
  stackGlobal,
  tar,
  text,
  torchZip,
  u32,
  u64,
  zip,
} from './pickle-assembler.ts';

const TORCH = join(import.meta.dirname, 'fixtures/torch');
/** Made by torch.save, but what they hold runs code: a whole module, and TorchScript. */
const REFUSED = ['whole-module.pt', 'torchscript.pt'];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-ordinary-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inspect(
  name: string,
  content: string | Uint8Array,
  formats: string[] = [],
  globals: string[] = [],
) {
  const file = join(folder, name);
  await writeFile(file, content);
  return inspectFile(name, file, new Set(formats), { allowGlobals: new Set(globals) });
}

describe('files that torch.save wrote (torch 2.15)', () => {
  test('state dicts, checkpoints and tensors of every kind pass', async () => {
    const names = (await readdir(TORCH)).filter((name) => !REFUSED.includes(name));
    expect(names.length).toBeGreaterThanOrEqual(8);
    for (const name of names) {
      const result = await inspectFile(name, join(TORCH, name), new Set());
      expect([name, result.problem]).toEqual([name, null]);
    }
  });

  test('a whole module asks for classes, which the user may name', async () => {
    const file = join(TORCH, 'whole-module.pt');
    const { problem } = await inspectFile('m.pt', file, new Set());
    expect(problem).toBe(
      'holds `whole-module/data.pkl`, which is a pickle that calls `torch.nn.modules.linear.Linear`; ' +
        '`allow-globals: torch.nn.modules.linear.Linear` lets it in',
    );
    const allowGlobals = new Set(['torch.nn.modules.linear.Linear']);
    expect((await inspectFile('m.pt', file, new Set(), { allowGlobals })).problem).toBeNull();
  });

  test('TorchScript is code', async () => {
    const file = join(TORCH, 'torchscript.pt');
    const refused = await inspectFile('m.pt', file, new Set());
    expect([refused.format, refused.problem]).toEqual([
      'torchscript',
      expect.stringContaining('TorchScript code'),
    ]);
    const let_in = await inspectFile('m.pt', file, new Set(['torchscript']));
    expect([let_in.problem, let_in.notice]).toEqual([null, expect.stringContaining('let in')]);
  });
});

const storageData = bytes(u64(2), Buffer.alloc(8));
test.each([
  ['plain.pkl', CLEAN, 'pickle'],
  ['renamed.txt', CLEAN, 'pickle'],
  ['two-streams.pkl', bytes(CLEAN, CLEAN), 'pickle'],
  ['nested-clean.pkl', proto(3, binbytes(CLEAN)), 'pickle'],
  ['python-2.pkl', proto(2, global('__builtin__', 'set'), ']\x85R'), 'pickle'],
  [
    'bytes-of-python-2.pkl',
    proto(2, global('_codecs', 'encode'), text('é'), text('latin1'), '\x86R'),
    'pickle',
  ],
  ['torch.pt', torchZip(proto(2, STORAGE)), 'zip'],
  ['torch-deflated.pt', torchZip(CLEAN, [], { deflate: true }), 'zip'],
  // Tensor data that looks like a pickle's start, and like one that breaks off.
  ['raw.pt', torchZip(CLEAN, [{ name: 'archive/data/1', data: '\x80\x04cabc\n' }]), 'zip'],
  ['legacy.pt', legacy(proto(2, STORAGE), { storages: storageData }), 'pickle'],
  ['legacy-twice.pt', bytes(legacy(proto(2, STORAGE), { storages: storageData }), legacy(CLEAN)), 'pickle'],
  [
    'torch-2016.tar',
    tar([
      { name: 'sys_info', data: CLEAN },
      { name: 'pickle', data: proto(2, 'K\0Q') },
      {
        name: 'storages',
        data: bytes(
          proto(2, 'K\x01'),
          proto(2, 'K\0', text('cpu'), global('torch', 'FloatStorage'), '\x87'),
          storageData,
          proto(2, ']'),
        ),
      },
      {
        name: 'tensors',
        data: bytes(
          proto(2, 'K\x01'),
          proto(2, 'K\0K\0', global('torch', 'FloatTensor'), '\x87'),
          u32(1),
          Buffer.alloc(4 + 16 + 8),
        ),
      },
    ]),
    'tar',
  ],
  ['array.joblib', bytes('\x80\x03', joblibArray(8), '\x80\x04\x93.....', '.'), 'pickle'],
  ['array.joblib.z', deflateSync(bytes('\x80\x03', joblibArray(3), '\0\0\0.')), 'compressed'],
  ['array.joblib.gz', gzipSync(bytes('\x80\x03', joblibArray(1, 'O8'), CLEAN, '.')), 'gzip'],
  ['array.npy', npy("'<f4'", '(2, 2)', Buffer.alloc(16)), 'numpy'],
  ['objects.npy', npy("'|O'", '(1,)', CLEAN), 'numpy'],
  ['arrays.npz', zip([{ name: 'a.npy', data: npy("'<U5'", '()', Buffer.alloc(20)), deflate: true }]), 'zip'],
  [
    'one.safetensors',
    safetensors({ w: { dtype: 'F4', shape: [2], data_offsets: [0, 1] } }, 'x'),
    'safetensors',
  ],
  ['spaces.safetensors', safetensors('{ "__metadata__" : {"a":"b"} }   '), 'safetensors'],
  ['two.gguf', gguf([{}, { name: 'v', offset: 32, shape: [4, 2] }]), 'gguf'],
  ['words.txt', 'cat\ndog\n(bird\n', 'text'],
  ['lfs-pointer.bin', 'version https://git-lfs.github.com/spec/v1\n', 'text'],
  ['paper.pdf', '%PDF-1.7\n\xff\xff', 'media'],
])('%s is ordinary', async (name, content, format) => {
  const result = await inspect(name, content);
  expect([result.problem, result.format]).toEqual([null, format]);
});

describe('what the user names', () => {
  const other = proto(4, stackGlobal('sklearn.linear_model._base', 'LinearRegression'), ')\x81}b');
  test('a global', async () => {
    const refused = await inspect('sk.pkl', other);
    expect(refused.problem).toContain(
      '`allow-globals: sklearn.linear_model._base.LinearRegression` lets it in',
    );
    const allowed = await inspect('sk.pkl', other, [], ['sklearn.linear_model._base.LinearRegression']);
    expect([allowed.problem, allowed.notice]).toEqual([null, null]);
  });

  test('but none of os and sys, as PyTorch has it', async () => {
    expect((await inspect('os.pkl', PAYLOAD, [], ['os.system'])).problem).toBe(
      'is a pickle that calls `os.system`',
    );
  });

  test('a format, whose findings are still told', async () => {
    const allowed = await inspect('sk.pkl', other, ['pickle']);
    expect([allowed.problem, allowed.notice]).toEqual([null, expect.stringContaining('LinearRegression')]);
    expect((await inspect('sk.pt', torchZip(other), ['zip'])).problem).toBeNull();
    expect((await inspect('sk.pt', torchZip(other), ['numpy'])).problem).not.toBeNull();
  });

  test('names out of a file do not break the message', async () => {
    const hostile = proto(2, global('a`b\x1b[31m::error::', 'c'), callWith('x'));
    expect((await inspect('h.pkl', hostile)).problem).toMatch(/^is a pickle that calls `[\x20-\x7e]+`;/);
  });
});

test('the allow-list is what torch 2.15 lets in, and NumPy arrays', () => {
  const torch = [...ALLOWED_GLOBALS].filter((name) => !/^(numpy|joblib)\.|^builtins\.bytes$/.test(name));
  expect(torch).toHaveLength(144);
  expect(ALLOWED_GLOBALS.has('torch.cuda.sparse.HalfTensor')).toBe(true);
  expect(
    [...ALLOWED_GLOBALS].filter((name) => /(eval|exec|system|load|open|getattr|import)$/i.test(name)),
  ).toEqual([]);
});

/** PUTs under every other key: a memo that is all holes. */
function manyPuts(): Buffer[] {
  return Array.from({ length: 50_010 }, (_, index) => bytes('Nr', u32(index * 2 + 1)));
}

describe('costs', () => {
  const GIB = 1024 ** 3;
  const sparse = async (name: string, head: Buffer, size: number): Promise<string> => {
    const file = join(folder, name);
    const handle = await open(file, 'w');
    await handle.write(head);
    await handle.truncate(size);
    await handle.close();
    return file;
  };

  test('2 GiB of tensors are passed over', async () => {
    const data = 2 * GIB;
    const json = safetensors({ w: { dtype: 'U8', shape: [data], data_offsets: [0, data] } });
    const file = await sparse('big.safetensors', json, json.byteLength + data);
    await inspectFile('warm', file, new Set());
    const started = process.cpuUsage();
    const { problem } = await inspectFile('big.safetensors', file, new Set());
    const { user, system } = process.cpuUsage(started);
    expect(problem).toBeNull();
    expect((user + system) / 1000).toBeLessThan(60);
  });

  test('a 2 GiB array inside a pickle is passed over', async () => {
    const head = bytes('\x80\x04\x8e', u64(2 * GIB - 12));
    const handle = await open(await sparse('big.pkl', head, 2 * GIB), 'r+');
    await handle.write('.', 2 * GIB - 1);
    await handle.close();
    const before = process.memoryUsage().rss;
    const { problem } = await inspectFile('big.pkl', join(folder, 'big.pkl'), new Set());
    expect(problem).toBeNull();
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2);
  });

  test('a bomb stops at its budget', async () => {
    const { unpack, streamOf, memorySource } = await import('@sluice/weights/byte-stream');
    const { createInflate } = await import('node:zlib');
    const packed = deflateSync(Buffer.alloc(8 * 1024 ** 2));
    const budget = { left: 1024 ** 2 };
    const stream = unpack(streamOf(memorySource(packed)), createInflate(), budget);
    await expect(stream.skip(GIB)).rejects.toThrow('unpacks to more than is looked at');
    stream.close();
  });

  test.each([
    ['marks', bytes('\x80\x02', '('.repeat(1_001_000))],
    ['memo', Buffer.concat([bytes('\x80\x04'), ...manyPuts()])],
    ['stack', bytes('\x80\x02', 'N'.repeat(1_001_000))],
  ])('a pickle that grows its %s without end is refused', async (name, content) => {
    expect((await inspect(`grow-${name}.pkl`, content)).problem).toContain('without end');
  });
});
