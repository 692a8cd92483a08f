import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkExternalData } from '@sluice/weights/external-data';
import { detectFormat } from '@sluice/weights/file-format';
import type { Inspection } from '@sluice/weights/inspect';
import { inspectFile } from '@sluice/weights/inspect';
import { fitEngine, readEngineConfig, tensorrtVersion } from '@sluice/weights/tensorrt';
import { torchZip, CLEAN, PAYLOAD } from './pickle-assembler.ts';
import { at, msg, num, onnx } from './onnx-assembler.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-onnx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inspect(content: Buffer, raw = false): Promise<Inspection> {
  const file = join(folder, 'file');
  await writeFile(file, content);
  return inspectFile('model.bin', file, new Set(), { raw });
}

describe('an ordinary model', () => {
  test('is known by its content, and says where its data lies', async () => {
    const result = await inspect(onnx([at('w.bin', '16', '8'), at('data/v.bin')]));
    expect(result).toMatchObject({ format: 'onnx', problem: null, notice: null });
    expect(result.external).toEqual([
      { tensor: 'w', location: 'w.bin', offset: 16, length: 8 },
      { tensor: 'w', location: 'data/v.bin', offset: 0, length: 8 },
    ]);
  });

  test('operators that libraries bring are told; its own functions and built-in ones are not', async () => {
    const imports = (domain: string) => msg(8, msg(1, domain), num(2, 1));
    const model = ['com.microsoft', 'ai.onnx.ml', 'my.ops', 'own.functions'].map(imports);
    const own = msg(25, msg(1, 'f'), msg(10, 'own.functions'));
    const { problem, notice } = await inspect(onnx([], { model: [...model, own] }));
    expect([problem, notice]).toEqual([
      null,
      'uses operators of `my.ops`, which libraries of their own bring',
    ]);
  });

  test('a model of TensorFlow begins alike, and is none', () => {
    const saved = Buffer.concat([num(1, 1), msg(2, msg(1, msg(4, 'serve')), Buffer.alloc(100, 1))]);
    expect(detectFormat('saved_model.pb', saved, saved.byteLength)).toBe('unknown');
  });

  test('of many nodes, larger than the window that it is read through', async () => {
    const node = msg(
      1,
      msg(1, 'a'),
      msg(2, 'b'),
      msg(4, 'Add'),
      msg(5, msg(1, 'axis'), num(3, 1), num(20, 2)),
    );
    const model = onnx([at('w.bin')], { graph: Array<Buffer>(8000).fill(node) });
    expect(model.byteLength).toBeGreaterThan(200_000);
    expect(await inspect(model)).toMatchObject({ problem: null, external: [{ location: 'w.bin' }] });
  });
});

describe('data in other files', () => {
  const sizes = new Map([
    ['sub/w.bin', 64],
    ['sub/data/v.bin', 8],
    ['secret', 100],
  ]);
  const check = (location: string, offset = 0, length: number | null = 8) =>
    checkExternalData('sub/model.onnx', [{ tensor: 'w', location, offset, length }], sizes);

  test.each([
    ['w.bin', 56, 8, 'sub/w.bin'],
    ['./w.bin', 0, null, 'sub/w.bin'],
    ['data/v.bin', 0, 8, 'sub/data/v.bin'],
  ])('%s from %d', (location, offset, length, holder) => {
    expect(check(location, offset, length)).toEqual({ problems: [], holders: [holder] });
  });

  test.each([
    ['../secret', 'leaves its folder'],
    ['/etc/passwd', 'leaves its folder'],
    ['data/../../secret', 'leaves its folder'],
    ['..\\secret', 'leaves its folder'],
    ['C:secret', 'leaves its folder'],
    ['file\0.bin', 'leaves its folder'],
    ['other.bin', 'is not among the pulled files'],
    // ONNX Runtime's sign for "this offset is an address in memory".
    ['*/_ORT_MEM_ADDR_/*', 'is not among the pulled files'],
  ])('%s', (location, why) => {
    const { problems, holders } = check(location);
    expect([problems.length, problems[0], holders]).toEqual([1, expect.stringContaining(why), []]);
  });

  test.each([
    [57, 8],
    [64, 1],
    [65, null],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('from byte %d, %p bytes, of 64', (offset, length) => {
    expect(check('w.bin', offset, length).problems[0]).toContain('which has 64');
  });
});

describe('raw numbers', () => {
  // Two bytes are deflate's mark; every few thousand tensors begin with them.
  const unlucky = Buffer.concat([Buffer.from([0x78, 0x9c]), Buffer.alloc(62, 0xa5)]);

  test('need not be any format, where a model describes them', async () => {
    expect((await inspect(unlucky)).problem).not.toBeNull();
    expect((await inspect(unlucky, true)).problem).toBeNull();
    expect((await inspect(torchZip(CLEAN, [{ name: 'archive/data/1', data: unlucky }]))).problem).toBeNull();
  });

  test('that act as a pickle are one', async () => {
    expect((await inspect(PAYLOAD, true)).problem).toContain('is a pickle');
  });
});

describe('TensorRT', () => {
  const text = (changes: object = {}): string =>
    JSON.stringify({
      version: '0.20.0',
      build_config: {},
      pretrained_config: { mapping: { world_size: 2 }, quantization: { quant_algo: 'FP8' }, ...changes },
    });
  const config = (changes?: object) => {
    const read = readEngineConfig(text(changes));
    if (read === null) throw new Error('no config');
    return read;
  };
  const both = ['rank0.engine', 'rank1.engine'];
  const h200 = [1, 2].map(() => ({ name: 'NVIDIA H200', capability: 9 }));

  test('the version in the header', () => {
    const head = Buffer.concat([Buffer.from('ftrt'), Buffer.alloc(20), Buffer.from([10, 8, 3, 1])]);
    expect([tensorrtVersion(head), tensorrtVersion(head.subarray(0, 20))]).toEqual(['10.8.3', null]);
  });

  test('a config of another kind is none', () => {
    expect(readEngineConfig('{"architectures": ["LlamaForCausalLM"]}')).toBeNull();
    expect(readEngineConfig('no json')).toBeNull();
  });

  test('fits the machine, or is told why not', () => {
    expect(fitEngine(config(), both, h200).problems).toEqual([]);
    expect(fitEngine(config(), ['rank0.engine'], h200).problems).toEqual([
      expect.stringContaining('rank1.engine is missing'),
    ]);
    expect(fitEngine(config(), both, h200.slice(1)).problems).toEqual(['needs 2 GPUs, this machine has 1']);
    const old = [1, 2].map(() => ({ name: 'NVIDIA A10G', capability: 8.6 }));
    expect(fitEngine(config(), both, old).problems).toEqual([
      expect.stringContaining('compute capability 8.9'),
    ]);
    const fp4 = config({ quantization: { quant_algo: 'NVFP4' }, mapping: { world_size: 2 } });
    expect(fitEngine(fp4, both, h200).problems).toEqual([expect.stringContaining('compute capability 10.0')]);
  });

  test('without a GPU nothing is claimed', () => {
    const { problems, notices } = fitEngine(config(), both, []);
    expect([problems, notices.join()]).toEqual([
      [],
      expect.stringContaining('could not be held against a GPU'),
    ]);
  });
});
