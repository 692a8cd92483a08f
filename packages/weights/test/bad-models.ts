/** ONNX models and TensorRT engines that are wrong by themselves, templates that attack, rarer packings. [file name, content] */
import { zstdCompressSync } from 'node:zlib';
import { CLEAN, PAYLOAD, torchZip, zip } from './pickle-assembler.ts';
import type { Sample } from './bad-pickles.ts';
import { at, away, entry, msg, num, onnx, varint } from './onnx-assembler.ts';

const good = onnx([at('w.bin', '0', '8')]);
const inline = (raw: number, ...dims: (number | bigint)[]): Buffer =>
  Buffer.concat([...dims.map((dim) => num(1, dim)), num(2, 1), msg(8, 'w'), msg(9, Buffer.alloc(raw))]);
const nested = (depth: number): Buffer => {
  let graph = msg(2, 'g');
  for (let level = 0; level < depth; level++) graph = msg(1, msg(5, msg(1, 'body'), msg(6, graph)));
  return graph;
};

const attack = "{{ cycler.__init__.__globals__.os.popen('id').read() }}";
const text = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

export const BAD_MODELS: readonly Sample[] = [
  ['onnx-cut.onnx', good.subarray(0, -5)],
  ['onnx-cut-in-graph.onnx', Buffer.concat([num(1, 10), msg(7, msg(2, 'g').subarray(0, 2))])],
  ['onnx-no-opset.onnx', Buffer.concat([num(1, 10), msg(7, msg(2, 'g'))])],
  ['onnx-group.onnx', Buffer.concat([good, Buffer.from([0x0b])])],
  ['onnx-field-zero.onnx', Buffer.concat([good, Buffer.from([0x02, 0x00])])],
  ['onnx-long-number.onnx', Buffer.concat([good, varint(5 * 8), Buffer.alloc(10, 0xff)])],
  ['onnx-long-field.onnx', Buffer.concat([good, varint(14 * 8 + 2), varint(2n ** 60n)])],
  [
    'onnx-tensor-leaves-graph.onnx',
    Buffer.concat([num(1, 10), msg(7, Buffer.from([0x2a, 0x7f, 0x00])), msg(8, '')]),
  ],
  ['onnx-graph-is-number.onnx', Buffer.concat([good, num(7, 1)])],
  ['onnx-location-missing.onnx', onnx([away(entry('offset', '0'))])],
  ['onnx-location-empty.onnx', onnx([at('')])],
  ['onnx-location-nowhere.onnx', onnx([away()])],
  ['onnx-location-twice.onnx', onnx([away(entry('location', 'w.bin'), entry('location', '../w.bin'))])],
  ['onnx-key-python.onnx', onnx([away(entry('location', 'w.bin'), entry('__class__', 'x'))])],
  ['onnx-offset-negative.onnx', onnx([at('w.bin', '-8')])],
  ['onnx-offset-huge.onnx', onnx([at('w.bin', '9'.repeat(19))])],
  ['onnx-offset-hex.onnx', onnx([at('w.bin', '0x10')])],
  ['onnx-length-short.onnx', onnx([at('w.bin', '0', '7')])],
  ['onnx-length-negative.onnx', onnx([at('w.bin', '0', '-1')])],
  ['onnx-texts-away.onnx', onnx([Buffer.concat([num(2, 8), entry('location', 'w.bin'), num(14, 1)])])],
  ['onnx-raw-short.onnx', onnx([inline(7, 2)])],
  ['onnx-shape-negative.onnx', onnx([inline(8, -2n)])],
  ['onnx-shape-overflow.onnx', onnx([inline(8, 2n ** 32n, 2n ** 32n)])],
  ['onnx-too-deep.onnx', onnx([], { graph: [nested(100)] })],
  [
    'onnx-hidden-in-attribute.onnx',
    onnx([], { graph: [msg(1, msg(5, msg(1, 'value'), msg(5, at('w.bin', '-1'))))] }),
  ],
  [
    'onnx-hidden-in-function.onnx',
    onnx([], { model: [msg(25, msg(1, 'f'), msg(7, msg(5, msg(5, at('')))))] }),
  ],
  ['onnx-hidden-in-training.onnx', onnx([], { model: [msg(20, msg(2, msg(5, at(''))))] })],
  ['onnx-hidden-in-sparse.onnx', onnx([], { graph: [msg(15, msg(1, at('')))] })],
  ['onnx-second-graph.onnx', onnx([], { model: [msg(7, msg(5, at('')))] })],
  ['onnx-away-in-zip.zip', zip([{ name: 'model.onnx', data: onnx([at('../w.bin')]) }])],
  [
    'tensorrt.engine',
    Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(20), Buffer.from([10, 8, 0, 43]), Buffer.alloc(64)]),
  ],
  ['tensorrt.safetensors', Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(200, 7)])],
  ['chat_template.jinja', text(attack)],
  ['tokenizer_config.json', text({ chat_template: attack })],
  ['chat_template.json', text({ chat_template: attack })],
  [
    'several-tokenizer_config.json',
    text({
      chat_template: [
        { name: 'default', template: 'a' },
        { name: 'rag', template: attack },
      ],
    }),
  ],
  ['payload.pkl.zst', zstdCompressSync(PAYLOAD)],
  ['payload.zst.zst', zstdCompressSync(zstdCompressSync(PAYLOAD))],
  ['torch-in-constants.pt', torchZip(CLEAN, [{ name: 'archive/constants.pkl', data: PAYLOAD }])],
  ['torch-in-byteorder.pt', torchZip(CLEAN, [{ name: 'archive/byteorder', data: PAYLOAD }])],
  ['torch-in-version.pt', torchZip(CLEAN, [{ name: 'archive/.data/serialization_id', data: PAYLOAD }])],
  ['torch-in-zip.zip', zip([{ name: 'a/model.safetensors', data: torchZip(PAYLOAD) }])],
];
