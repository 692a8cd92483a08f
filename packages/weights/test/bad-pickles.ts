/** Pickles that do harm, by every way in that is known; none is run. [file name, content] */
import { deflateSync, gzipSync } from 'node:zlib';
import {
  binbytes,
  bytes,
  callWith,
  CLEAN,
  frame,
  global,
  joblibArray,
  legacy,
  PAYLOAD,
  proto,
  stackGlobal,
  STORAGE,
  text,
  TEXT_PAYLOAD,
  u32,
  u64,
} from './pickle-assembler.ts';

export type Sample = readonly [string, Buffer];

/** What else than os.system runs code, finds it, or reaches it in two steps. */
const NAMES = `builtins.eval builtins.exec builtins.getattr builtins.__import__ builtins.compile builtins.open
__builtin__.eval posix.system nt.system subprocess.Popen subprocess.check_output pty.spawn pip.main pip._internal.main
runpy._run_code importlib.import_module pkgutil.resolve_name timeit.timeit cProfile.runctx bdb.Bdb code.interact
codeop.compile_command ctypes.CDLL webbrowser.open operator.attrgetter operator.methodcaller functools.partial
functools.reduce types.FunctionType types.CodeType marshal.loads pickle.loads _pickle.Unpickler dill.loads joblib.load
torch.load torch.hub.load torch.jit.load torch.storage._load_from_bytes numpy.load numpy.testing._private.utils.runstring
shutil.rmtree socket.create_connection uuid._get_command_stdout imaplib.IMAP4_stream asyncio.create_subprocess_shell
multiprocessing.util.spawnv_passfds logging.config.listen lib2to3.pgen2.pgen.generate_grammar idlelib.run.Executive
copyreg._reconstructor builtins.type builtins.map test.support.script_helper.assert_python_ok`;

const named = NAMES.split(/\s+/).map((full): Sample => {
  const at = full.lastIndexOf('.');
  return [`name-${full}.pkl`, proto(4, stackGlobal(full.slice(0, at), full.slice(at + 1)), callWith('id'))];
});

const inNamed = (module: string, name: string): Buffer => proto(4, stackGlobal(module, name), callWith('id'));

const opcodes: Sample[] = [
  ['protocol-0.pkl', bytes(TEXT_PAYLOAD)],
  ['protocol-1.pkl', bytes('cos\nsystem\nq\0(U\x02idtR.')],
  ['protocol-2.pkl', PAYLOAD],
  ['protocol-3.pkl', proto(3, global('os', 'system'), callWith('id'))],
  ['protocol-4.pkl', proto(4, frame(23), stackGlobal('os', 'system'), callWith('id'))],
  ['protocol-5.pkl', proto(5, stackGlobal('os', 'system'), callWith('id'))],
  ['import-only.pkl', proto(2, global('antigravity', 'fly'))],
  ['inst.pkl', bytes("(S'id'\nios\nsystem\n.")],
  ['obj.pkl', bytes("(cos\nsystem\nS'id'\no.")],
  ['newobj.pkl', proto(2, global('subprocess', 'Popen'), text('id'), '\x85\x81')],
  ['newobj-ex.pkl', proto(4, stackGlobal('subprocess', 'Popen'), text('id'), '\x85}\x92')],
  [
    'build-setstate.pkl',
    proto(
      2,
      global('collections', 'OrderedDict'),
      ')R}',
      text('__setstate__'),
      global('os', 'system'),
      'sb',
      text('id'),
      'b',
    ),
  ],
  [
    'build-setstate-allowed.pkl',
    proto(
      2,
      global('collections', 'OrderedDict'),
      ')R}',
      text('__setstate__'),
      global('torch', 'Size'),
      'sb',
    ),
  ],
  [
    'build-slots-on-class.pkl',
    proto(2, global('collections', 'Counter'), 'N}', text('update'), global('torch', 'Size'), 's\x86b'),
  ],
  ['build-on-list.pkl', proto(2, ']}b')],
  ['ext1.pkl', proto(2, '\x82\x01)R')],
  ['ext2.pkl', proto(2, '\x83\x01\x01)R')],
  ['ext4.pkl', proto(2, '\x84\x01\x01\0\0)R')],
  ['persid.pkl', proto(2, 'Psomething\n')],
  ['binpersid.pkl', proto(2, text('something'), 'Q')],
  ['binpersid-storage-outside-torch.pkl', proto(2, STORAGE)],
  ['next-buffer.pkl', proto(5, '\x97')],
  ['readonly-buffer.pkl', proto(5, '\x97\x98')],
  ['call-of-no-global.pkl', proto(2, 'K\x01)R')],
  ['bytearray-bomb.pkl', proto(2, global('builtins', 'bytearray'), '\x8a\x06\0\0\0\0\0\x01\x85R')],
  ['codecs-rot13.pkl', proto(2, global('_codecs', 'encode'), text('bf'), text('rot13'), '\x86R')],
  [
    'codecs-made-name.pkl',
    proto(4, global('_codecs', 'encode'), text('os'), text('latin1'), '\x86R', text('system'), '\x93)R'),
  ],
  [
    'ndarray-over-memory.pkl',
    proto(2, global('numpy', 'ndarray'), 'K\x01\x85', text('O'), binbytes('AAAAAAAA'), '\x87R'),
  ],
  [
    'dtype-forged-flags.pkl',
    proto(2, global('numpy', 'dtype'), text('O8'), '\x85R(K\x03', text('|'), 'NNNK\x08K\x08K\0tb'),
  ],
  [
    'dtype-hidden-object.pkl',
    proto(
      2,
      global('numpy', 'dtype'),
      text('V8'),
      '\x85R(K\x03',
      text('|'),
      'N',
      text('a'),
      '\x85}',
      text('a'),
      global('numpy', 'dtype'),
      text('O8'),
      '\x85RK\0\x86s',
      'K\x08K\x01K\0tb',
    ),
  ],
  ['dtype-of-tuple.pkl', proto(2, global('numpy', 'dtype'), text('O'), 'K\x01\x86\x85R')],
];

const names: Sample[] = [
  ['escaped-string.pkl', bytes("S'\\x6f\\x73'\nS'\\163ystem'\n\x93(S'id'\ntR.")],
  ['escaped-unicode.pkl', bytes('V\\u006fs\nVs\\u0079stem\n\x93(Vid\ntR.')],
  ['dotted-attribute.pkl', inNamed('collections', 'OrderedDict.__init__.__globals__.get')],
  ['dotted-through-torch.pkl', inNamed('torch', 'serialization.os.system')],
  ['submodule.pkl', inNamed('os.path', 'os.system')],
  ['trailing-space.pkl', proto(2, global('os ', 'system'), callWith('id'))],
  ['carriage-return.pkl', proto(2, 'cos\r\nsystem\r\n', callWith('id'))],
  ['wide-letters.pkl', inNamed('ｏｓ', 'system')],
  ['memo-names.pkl', proto(4, text('os'), '\x94', text('system'), '\x940', '0h\0h\x01\x93', callWith('id'))],
  [
    'memo-overwritten.pkl',
    proto(2, text('collections'), 'q\x000', text('os'), 'q\x000h\0', text('system'), '\x93', callWith('id')),
  ],
  ['memo-text-keys.pkl', bytes('Vos\np1_0\n0Vsystem\np+11\n0g10\ng11\n\x93(Vid\ntR.')],
  [
    'memo-memoize-after-put.pkl',
    proto(
      4,
      text('os'),
      'q\x050',
      text('torch'),
      '\x940',
      text('system'),
      'q\x070',
      'h\x05h\x07\x93',
      callWith('id'),
    ),
  ],
  ['memo-global.pkl', proto(2, global('os', 'system'), 'q\x010K\x010h\x01', callWith('id'))],
  ['dup.pkl', proto(2, global('os', 'system'), '2', callWith('id'))],
  ['pop-mark.pkl', proto(2, global('os', 'system'), '(K\x01K\x021', callWith('id'))],
  ['pop-of-mark.pkl', proto(2, global('os', 'system'), '(0', callWith('id'))],
  ['name-not-known.pkl', proto(4, 'K\x01K\x02\x93)R')],
  ['name-too-long.pkl', inNamed('o'.repeat(300), 'system')],
  ['hidden-in-dict.pkl', proto(2, '}', text('weights'), global('os', 'system'), callWith('id'), 's')],
  [
    'as-argument.pkl',
    proto(
      2,
      global('torch._tensor', '_rebuild_from_type_v2'),
      '(',
      global('os', 'system'),
      global('torch', 'Tensor'),
      text('id'),
      '\x85}tR',
    ),
  ],
];

const nest = (inner: Buffer, depth: number): Buffer =>
  depth === 0 ? inner : nest(proto(3, binbytes(inner)), depth - 1);
const latin1 = (inner: Buffer): Buffer =>
  proto(2, global('_codecs', 'encode'), text(inner.toString('latin1')), text('latin1'), '\x86R');

const structure: Sample[] = [
  ['second-stream.pkl', bytes(CLEAN, PAYLOAD)],
  ['fourth-stream.pkl', bytes(CLEAN, CLEAN, CLEAN, PAYLOAD)],
  ['junk-behind.pkl', bytes(CLEAN, '\xff\xfe\xfd\xfc')],
  ['no-stop.pkl', PAYLOAD.subarray(0, -1)],
  ['broken-after-payload.pkl', bytes(PAYLOAD.subarray(0, -1), '\xff\xff\xff')],
  ['underflow-after-payload.pkl', bytes(PAYLOAD.subarray(0, -1), '0000.')],
  ['cut-inside-string.pkl', bytes(PAYLOAD.subarray(0, -1), 'X\xff\xff\0\0abc')],
  ['negative-count.pkl', bytes(PAYLOAD.subarray(0, -1), 'T\xff\xff\xff\xffabc.')],
  ['unknown-opcode-first.pkl', bytes('\x80\x02\xff', PAYLOAD)],
  ['protocol-9.pkl', bytes('\x80\x04\x80\x09', PAYLOAD)],
  ['frame-too-short.pkl', proto(4, frame(3), stackGlobal('collections', 'OrderedDict'), ')R')],
  ['frame-too-long.pkl', proto(4, frame(9999), '}')],
  ['frame-huge.pkl', proto(4, frame(0), bytes('\x95', u64(2n ** 63n)), '}')],
  ['frame-in-frame.pkl', proto(4, frame(11), frame(2), '}')],
  [
    'frame-divergence.pkl',
    proto(4, frame(2), 'X', u32(200), ' '.repeat(200), '0', stackGlobal('os', 'system'), callWith('id')),
  ],
  ['frame-in-protocol-2.pkl', proto(2, frame(2), '}')],
  ['endless-line.pkl', bytes('\x80\x02c', 'o'.repeat(200_000), '\nsystem\n.')],
  ['nested-bytes.pkl', proto(3, binbytes(PAYLOAD))],
  ['nested-deep.pkl', nest(PAYLOAD, 5)],
  ['nested-too-deep.pkl', nest(PAYLOAD, 12)],
  ['nested-latin1.pkl', latin1(PAYLOAD)],
  [
    'nested-latin1-long.pkl',
    latin1(proto(2, text('x'.repeat(100_000)), '0', global('os', 'system'), callWith('id'))),
  ],
  ['nested-text.pkl', proto(2, text(TEXT_PAYLOAD))],
  [
    'nested-long.pkl',
    proto(
      3,
      binbytes(bytes(proto(2, binbytes(Buffer.alloc(100_000)), '0').subarray(0, -1), PAYLOAD.subarray(2))),
    ),
  ],
  ['nested-old-string.pkl', bytes("S'cos\\nsystem\\n(S\\'id\\'\\ntR.'\n.")],
];

const disguised: Sample[] = [
  ['config.json', PAYLOAD],
  ['model.safetensors', PAYLOAD],
  ['model.gguf', PAYLOAD],
  ['README.md', bytes(TEXT_PAYLOAD)],
  ['tokenizer.txt', bytes(TEXT_PAYLOAD, '\nand words behind it\n')],
  ['noextension', PAYLOAD],
  ['picture.gif', bytes('GIF89a.0.', '0', TEXT_PAYLOAD)],
  ['picture.png', bytes('\x89', TEXT_PAYLOAD)],
  ['polyglot.safetensors', polyglot()],
  ['joblib.zlib', deflateSync(PAYLOAD)],
  ['joblib.gz', gzipSync(PAYLOAD)],
  ['joblib.gz.gz', gzipSync(gzipSync(PAYLOAD))],
  ['joblib.bz2', bytes('BZh91AY&SY', PAYLOAD)],
  ['joblib.xz', bytes('\xfd7zXZ\0\0\x04', PAYLOAD)],
  ['joblib.lzma', bytes(']\0\0\x80\0', PAYLOAD)],
  ['joblib.lz4', bytes('\x04"M\x18', PAYLOAD)],
  ['joblib-broken.gz', gzipSync(PAYLOAD).subarray(0, 20)],
  [
    'joblib-behind-array.joblib',
    bytes('\x80\x04', joblibArray(8), '12345678', global('os', 'system'), callWith('id'), '.'),
  ],
  [
    'joblib-inside-array.joblib',
    bytes('\x80\x04', joblibArray(30), bytes('0', TEXT_PAYLOAD).toString('latin1').padEnd(30, 'N'), '.'),
  ],
  ['joblib-objects.joblib', bytes('\x80\x04', joblibArray(1, 'O8'), PAYLOAD, '.')],
  [
    'joblib-no-shape.joblib',
    bytes('\x80\x04', global('joblib.numpy_pickle', 'NumpyArrayWrapper'), ')\x81}b', '.'),
  ],
];

const legacies: Sample[] = [
  ['legacy-object.pt', legacy(PAYLOAD)],
  ['legacy-keys.pt', legacy(CLEAN, { keys: PAYLOAD })],
  [
    'legacy-behind-storages.pt',
    legacy(proto(2, STORAGE), { storages: bytes(u64(2), Buffer.alloc(8), PAYLOAD) }),
  ],
  ['legacy-short-storages.pt', legacy(proto(2, STORAGE), { storages: u64(2) })],
  ['legacy-module-id.pt', legacy(proto(2, '(', text('module'), text('a'), text('b'), 'tQ'))],
  ['legacy-cut.pt', legacy(CLEAN).subarray(0, 20)],
];

/**
 * A valid safetensors file whose header length reads as SHORT_BINSTRING; more of them, in the metadata, jump from text
 * to text into the tensor's data.
 */
function polyglot(): Buffer {
  const length = 0x4055;
  const start = '{"__metadata__":{"a":"';
  const end = '"},"w":{"dtype":"U8","shape":[256],"data_offsets":[0,256]}}';
  const inner = Array.from({ length: length - start.length - end.length }, () => 'x');
  let at = 2 + 0x40;
  for (let left = 8 + length - at; left > 0; left = 8 + length - at) {
    const jump = left > 260 || left <= 128 ? 126 : 32;
    inner.splice(at - 8 - start.length, 2, 'U', String.fromCharCode(jump));
    at += 2 + jump;
  }
  const data = 'N'.repeat(at - 8 - length) + TEXT_PAYLOAD;
  return bytes(u64(length), start, inner.join(''), end, data.padEnd(256, '.'));
}

export const BAD_PICKLES: readonly Sample[] = [
  ...named,
  ...opcodes,
  ...names,
  ...structure,
  ...disguised,
  ...legacies,
];
