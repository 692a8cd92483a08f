/** Containers that hold a bad pickle, or that different readers read differently. [file name, content] */
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { Sample } from './bad-pickles.ts';
import {
  bytes,
  CLEAN,
  gguf,
  global,
  npy,
  PAYLOAD,
  proto,
  safetensors,
  STORAGE,
  tar,
  text,
  torchZip,
  u32,
  u64,
  zip,
} from './pickle-assembler.ts';

const plain = torchZip(CLEAN);
const end = plain.lastIndexOf('PK\x05\x06', undefined, 'latin1');

const zips: Sample[] = [
  ['torch.pt', torchZip(PAYLOAD)],
  ['torch-deflated.pt', torchZip(PAYLOAD, [], { deflate: true })],
  ['torch-crc.pt', torchZip(PAYLOAD, [], { crc: 1 })],
  ['torch-flags.pt', torchZip(PAYLOAD, [], { flags: 1 })],
  ['torch-clean-but-encrypted.pt', torchZip(CLEAN, [], { flags: 1 })],
  ['torch-clean-masked.pt', torchZip(CLEAN, [], { flags: 0x2000 })],
  ['torch-local-name.pt', torchZip(CLEAN, [], { localName: 'archive/data.txt' })],
  ['torch-local-name-payload.pt', torchZip(PAYLOAD, [], { localName: 'archive/data.bin' })],
  ['torch-other-entry.pt', torchZip(CLEAN, [{ name: 'archive/extra/config.json', data: PAYLOAD }])],
  ['torch-in-storage.pt', torchZip(CLEAN, [{ name: 'archive/data/1', data: PAYLOAD }])],
  ['torch-twice.pt', torchZip(CLEAN, [{ name: 'archive/data.pkl', data: CLEAN }])],
  ['torch-outside.pt', torchZip(CLEAN, [{ name: '../../.bashrc', data: 'x' }])],
  ['torch-absolute.pt', torchZip(CLEAN, [{ name: '/etc/passwd', data: 'x' }])],
  ['torch-bzip2-method.pt', torchZip(CLEAN, [{ name: 'archive/a', data: 'x', method: 12 }])],
  ['torch-two-sizes.pt', torchZip(CLEAN, [{ name: 'archive/a', data: 'x', size: 9 }])],
  ['torch-persistent-module.pt', torchZip(proto(2, '(', text('module'), text('a'), 'tQ'))],
  ['torch-bad-setstate.pt', torchZip(proto(2, STORAGE, '}', 'b'))],
  ['torch-broken-pickle.pt', torchZip(CLEAN.subarray(0, -2))],
  ['torchscript.pt', torchZip(CLEAN, [{ name: 'archive/code/__torch__.py', data: 'def f(): pass' }])],
  ['zip-behind.zip', bytes(plain, 'more')],
  ['zip-before.zip', bytes('#!/bin/sh\n', plain)],
  ['zip-two-directories.zip', bytes(plain.subarray(0, end), plain.subarray(end), plain.subarray(end))],
  [
    'zip-hidden-entry.zip',
    zip([{ name: 'a.txt', data: 'x' }], { gap: bytes('PK\x03\x04', Buffer.alloc(26), PAYLOAD) }),
  ],
  [
    'zip-directory-in-comment.zip',
    zip([{ name: 'a', data: 'x' }], { comment: zip([{ name: 'b', data: 'y' }]) }),
  ],
  ['zip-cut.zip', plain.subarray(0, plain.byteLength - 30)],
  ['zip-no-directory.zip', bytes('PK\x03\x04', Buffer.alloc(100))],
  ['zip-in-zip.zip', zip([{ name: 'inner.zip', data: torchZip(PAYLOAD) }])],
  ['zip-in-deflated-zip.zip', zip([{ name: 'inner.zip', data: torchZip(PAYLOAD), deflate: true }])],
  ['zip-deep.zip', [1, 2, 3, 4, 5, 6, 7].reduce<Buffer>((data) => zip([{ name: 'x', data }]), zip([]))],
  ['zip-unknown-inside.zip', zip([{ name: 'a.bin', data: '\0\x01\x02\xff\xfe' }])],
  [
    'zip-broken-deflate.zip',
    zip([{ name: 'a', data: bytes(deflateRawSync(PAYLOAD).subarray(0, 3), '\xff\xff\xff'), method: 8 }]),
  ],
  ['zip-overlap.zip', overlapping()],
  ['safetensors-with-zip.safetensors', withZipTail()],
  ['objects.npz', zip([{ name: 'arr_0.npy', data: npy("'|O'", '(1,)', PAYLOAD) }])],
];

/** Two directory entries over the same bytes, as in a bomb. */
function overlapping(): Buffer {
  const file = zip([
    { name: 'a', data: 'xxxx' },
    { name: 'b', data: 'xxxx' },
  ]);
  const second = file.lastIndexOf('PK\x01\x02', undefined, 'latin1');
  file.writeUInt32LE(0, second + 42);
  return file;
}

/** Tensor data that is a zip's end, whose directory counts from the file's start. */
function withZipTail(): Buffer {
  const json = (size: number): string =>
    JSON.stringify({ w: { dtype: 'U8', shape: [size], data_offsets: [0, size] } }).padEnd(80);
  const start = 88;
  const local = bytes(
    'PK\x03\x04',
    Buffer.alloc(14),
    u32(PAYLOAD.byteLength),
    u32(PAYLOAD.byteLength),
    '\x01\0\0\0a',
    PAYLOAD,
  );
  const central = bytes(
    'PK\x01\x02',
    Buffer.alloc(16),
    u32(PAYLOAD.byteLength),
    u32(PAYLOAD.byteLength),
    '\x01\0',
    Buffer.alloc(12),
    u32(start),
    'a',
  );
  const tail = bytes(
    'PK\x05\x06',
    Buffer.alloc(4),
    '\x01\0\x01\0',
    u32(central.byteLength),
    u32(start + local.byteLength),
    '\0\0',
  );
  const data = bytes(local, central, tail);
  return safetensors(json(data.byteLength), data);
}

const tars: Sample[] = [
  ['payload.tar', tar([{ name: 'model.pkl', data: PAYLOAD }])],
  ['payload.tar.gz', gzipSync(tar([{ name: 'model.pkl', data: PAYLOAD }]))],
  [
    'nemo.nemo',
    tar([
      { name: './model_config.yaml', data: 'a: 1\n' },
      { name: './model_weights.ckpt', data: torchZip(PAYLOAD) },
    ]),
  ],
  [
    'torch-2016.tar',
    tar([
      { name: 'pickle', data: PAYLOAD },
      { name: 'storages', data: proto(2, 'K\0') },
    ]),
  ],
  [
    'torch-2016-storages.tar',
    tar([
      { name: 'pickle', data: CLEAN },
      {
        name: 'storages',
        data: bytes(
          proto(2, 'K\x01'),
          proto(2, 'K\0', text('cpu'), global('torch', 'FloatStorage'), '\x87'),
          u64(2),
          Buffer.alloc(8),
          PAYLOAD,
        ),
      },
    ]),
  ],
  [
    'torch-2016-short.tar',
    tar([
      { name: 'pickle', data: CLEAN },
      { name: 'storages', data: proto(2, 'K\x01') },
    ]),
  ],
  ['link.tar', tar([{ name: 'model.bin', data: '', type: '2' }])],
  ['outside.tar', tar([{ name: '../x', data: 'x' }])],
  ['behind.tar', bytes(tar([{ name: 'x', data: 'x' }]), PAYLOAD)],
  ['cut.tar', tar([{ name: 'x', data: Buffer.alloc(5000, 0x61) }]).subarray(0, 2048)],
];

const others: Sample[] = [
  ['objects.npy', npy("'|O'", '(1,)', PAYLOAD)],
  ['objects-in-structure.npy', npy("[('a', '<f4'), ('b', '|O')]", '(1,)', PAYLOAD)],
  ['short.npy', npy("'<f4'", '(100,)', Buffer.alloc(16))],
  ['behind.npy', npy("'<f4'", '(1,)', bytes(Buffer.alloc(4), PAYLOAD))],
  ['version-9.npy', npy("'<f4'", '(1,)', Buffer.alloc(4), 9)],
  ['no-header.npy', bytes('\x93NUMPY\x01\0\x10\0__import__("os")')],
  ['model.h5', bytes('\x89HDF\r\n\x1a\n', Buffer.alloc(64))],
  ['model.7z', bytes("7z\xbc\xaf'\x1c", PAYLOAD)],
  ['model.rar', bytes('Rar!\x1a\x07\x01\0', PAYLOAD)],
  ['model.onnx', Buffer.from('080712056578616d70', 'hex')],
  ['random.bin', Buffer.from('0001fafbfcfdfeff90', 'hex')],
];

const one = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const headers: Sample[] = (
  [
    [
      'duplicate-key',
      '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}',
    ],
    [
      'duplicate-key-escaped',
      '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\\u0077":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}',
    ],
    ['duplicate-field', '{"w":{"dtype":"F32","dtype":"U8","shape":[8],"data_offsets":[0,8]}}'],
    ['fraction', '{"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}'],
    ['exponent', '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}}'],
    ['leading-zero', '{"w":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}'],
    ['overflow', { w: { ...one, shape: [2 ** 32, 2 ** 32, 2] } }],
    ['overflow-to-fit', { w: { ...one, shape: [4294967296, 1073741824, 2] } }],
    ['offsets-reversed', { w: { ...one, data_offsets: [8, 0] } }],
    ['offsets-three', { w: { ...one, data_offsets: [0, 4, 8] } }],
    ['offsets-missing', { w: { dtype: 'F32', shape: [2] } }],
    ['offset-beyond', { w: { ...one, shape: [2000], data_offsets: [0, 8000] } }],
    [
      'gap',
      { a: { ...one, shape: [1], data_offsets: [0, 4] }, b: { ...one, shape: [0], data_offsets: [8, 8] } },
    ],
    ['overlap', { a: one, b: { ...one, shape: [1], data_offsets: [4, 8] } }],
    ['half-byte', { w: { dtype: 'F4', shape: [15], data_offsets: [0, 8] } }],
    ['metadata-number', { __metadata__: { a: 1 }, w: one }],
    ['metadata-list', { __metadata__: ['a'], w: one }],
    ['shape-text', { w: { ...one, shape: ['2'] } }],
    ['dtype-proto', { w: { ...one, dtype: '__proto__' } }],
    ['entry-null', { w: null }],
    ['not-closed', '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'],
    ['goes-on', '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x'],
    ['deep', `{"w":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    ['comment', '{/**/"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'],
    ['control-character', '{"w\n":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'],
  ] as const
).map(([name, header]) => [`header-${name}.safetensors`, safetensors(header, Buffer.alloc(8))]);

const ggufs: Sample[] = [
  ['gguf-version-1.gguf', gguf([{}], [], { version: 1 })],
  ['gguf-version-99.gguf', gguf([{}], [], { version: 99 })],
  ['gguf-big-endian.gguf', gguf([{}], [], { version: 0x03000000 })],
  ['gguf-many-tensors.gguf', gguf([{}], [], { tensorCount: 2n ** 40n })],
  ['gguf-too-many-tensors.gguf', gguf([{}], [], { tensorCount: 2n ** 63n })],
  [
    'gguf-same-key.gguf',
    gguf(
      [{}],
      [
        ['a', 4, u32(1)],
        ['a', 4, u32(2)],
      ],
    ),
  ],
  ['gguf-same-tensor.gguf', gguf([{}, { offset: 32 }])],
  ['gguf-overlap.gguf', gguf([{}, { name: 'v', offset: 0 }])],
  ['gguf-gap.gguf', gguf([{}, { name: 'v', offset: 64 }], [], { data: 96 })],
  ['gguf-unknown-type.gguf', gguf([{ type: 77 }])],
  ['gguf-removed-type.gguf', gguf([{ type: 4 }])],
  ['gguf-half-block.gguf', gguf([{ shape: [8], type: 2 }])],
  ['gguf-overflow.gguf', gguf([{ shape: [2n ** 33n, 2n ** 33n, 4n] }])],
  ['gguf-overflow-to-fit.gguf', gguf([{ shape: [2n ** 32n, 2n ** 30n, 4n] }])],
  ['gguf-five-dimensions.gguf', gguf([{ shape: [8, 1, 1, 1, 1] }])],
  ['gguf-long-name.gguf', gguf([{ name: 'x'.repeat(64) }])],
  ['gguf-unaligned.gguf', gguf([{ offset: 4 }])],
  ['gguf-alignment-3.gguf', gguf([{}], [['general.alignment', 4, u32(3)]])],
  ['gguf-alignment-text.gguf', gguf([{}], [['general.alignment', 8, bytes(u64(1), 'a')]])],
  ['gguf-value-type.gguf', gguf([{}], [['a', 13, u32(1)]])],
  ['gguf-array-count.gguf', gguf([{}], [['a', 9, bytes(u32(4), u64(2n ** 50n))]])],
  ['gguf-array-strings.gguf', gguf([{}], [['a', 9, bytes(u32(8), u64(2n ** 50n), u64(1), 'a')]])],
  [
    'gguf-array-nesting.gguf',
    gguf([{}], [['a', 9, bytes(...Array.from({ length: 20 }, () => bytes(u32(9), u64(1))))]]),
  ],
  ['gguf-string-length.gguf', gguf([{}], [['a', 8, u64(2n ** 62n)]])],
  ['gguf-cut.gguf', gguf().subarray(0, 50)],
  ['gguf-short-data.gguf', gguf([{}], [], { data: 31 })],
  ['gguf-behind.gguf', bytes(gguf(), PAYLOAD)],
  [
    'gguf-template.gguf',
    gguf([{}], [['tokenizer.chat_template', 8, bytes(u64(26), "{{ ''['__cla'~'ss__'].a  }}".slice(0, 26))]]),
  ],
];

export const BAD_CONTAINERS: readonly Sample[] = [...zips, ...tars, ...others, ...headers, ...ggufs];
