import { describe, expect, test } from '@jest/globals';
import { listCandidates } from '@sluice/fit/candidates';
import { fitGpu } from '@sluice/fit/fit-gpu';
import type { FitQuestion } from '@sluice/fit/fit-gpu';
import { chooseVisible, parseCapabilities, parseGpus, parseProcesses } from '@sluice/fit/gpus';
import { weightsSize } from '@sluice/fit/weights-size';
import { readConfigShape } from '@sluice/fit/config-shape';

const GIB = 2 ** 30;
const gpu = (index: number, free: number, total = 16) => ({
  name: `GPU ${index}`,
  index: String(index),
  uuid: `GPU-${index}abc`,
  totalBytes: total * GIB,
  freeBytes: free * GIB,
});
const question: FitQuestion = {
  contextLength: 8192,
  sequences: 1,
  cacheDtype: 'auto',
  wanted: 1,
  utilization: 0.9,
  gpus: [gpu(0, 15)],
  adapterBytes: 0,
};
const config = {
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 32,
  hidden_size: 4096,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14_336,
  max_position_embeddings: 131_072,
  torch_dtype: 'bfloat16',
};

/** A header whose tensors nobody has: what is not read need not exist. */
function header(tensors: Record<string, [dtype: string, shape: number[], bytes: number]>) {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape, bytes]]) => {
    const offsets = [at, at + bytes];
    at += bytes;
    return [name, { dtype, shape, data_offsets: offsets }];
  });
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  return { head: Buffer.concat([length, json]), bytes: 8 + json.byteLength + at };
}

/** The files of a repository, and how many of their bytes were read. */
function repository(files: Record<string, { head: Buffer; bytes: number }>) {
  const seen: string[] = [];
  return {
    seen,
    files: Object.entries(files).map(([path, { bytes }]) => ({ path, bytes })),
    read: (path: string, start: number, length: number) => {
      seen.push(path);
      return Promise.resolve(files[path]?.head.subarray(start, start + length) ?? Buffer.alloc(0));
    },
  };
}
const text = (value: unknown) => {
  const head = Buffer.from(JSON.stringify(value));
  return { head, bytes: head.byteLength };
};
/** Two shards of 8 GB each, as an 8B model in BF16 has them. */
const large = header({ 'model.layers.0.mlp.up_proj.weight': ['BF16', [2_000_000, 2000], 8e9] });
const shard = (number: number) => `model-0000${number}-of-00002.safetensors`;
const whole = { 'config.json': text(config), [shard(1)]: large, [shard(2)]: large };

describe('the answer', () => {
  test('names each term, what is free, and how much is short', async () => {
    const { files, read } = repository(whole);
    const answer = await fitGpu(files, read, question);
    expect(answer.fits).toBe(false);
    expect(answer.text).toBe(
      'model.safetensors needs 16.0 GB weights (BF16) + 1.07 GB KV cache at 8,192 tokens (131.1 kB each) + ' +
        '838.9 MB working memory (estimate) = 17.9 GB; GPU 0 has 16.1 GB free of 17.2 GB, of which engines take ' +
        '15.5 GB (`gpu-memory-utilization` 0.9): 2.45 GB short. Mend: more GPUs (`gpus: 2`), a quantised model, ' +
        'or end what uses the GPU',
    );
  });

  test('two GPUs hold it, one that is busy does not, one that is not there does not', async () => {
    const { files, read } = repository(whole);
    const ask = (gpus: FitQuestion['gpus']) => fitGpu(files, read, { ...question, wanted: 2, gpus });
    const shared = await ask([gpu(0, 15), gpu(1, 12)]);
    expect([shared.fits, shared.needs.map(({ bytes }) => bytes)]).toEqual([
      true,
      [8e9, GIB / 2, 0, expect.any(Number)],
    ]);
    expect(shared.text).toContain('on each of 2 GPUs; GPU 1 has');
    expect((await ask([gpu(0, 15), gpu(1, 4)])).text).toMatch(
      /GPU 1 has 4.29 GB free of 17.2 GB: \S+ GB short/,
    );
    expect((await ask([gpu(0, 15)])).text).toContain('`gpus` wants 2 GPUs, this machine shows 1');
  });

  test('an adapter, more sequences and a longer context count', async () => {
    const { files, read } = repository(whole);
    const needs = async (more: Partial<FitQuestion>) =>
      (await fitGpu(files, read, { ...question, ...more })).needs.map(({ bytes }) => bytes);
    expect((await needs({ sequences: 4 }))[1]).toBe(4 * GIB);
    expect((await needs({ contextLength: undefined }))[1]).toBe(16 * GIB);
    expect((await needs({ adapterBytes: 1000 }))[2]).toBe(1000);
    expect((await needs({ cacheDtype: 'fp8' }))[1]).toBe(GIB / 2);
  });

  test('of several models the one that needs most decides', async () => {
    const small = header({ w: ['U8', [1000, 1000], 1e6] });
    const { files, read, seen } = repository({
      ...whole,
      'small.safetensors': small,
      'pytorch_model.bin': large,
    });
    const answer = await fitGpu(files, read, question);
    expect(answer.text).toMatch(
      /^model\.safetensors needs .*\(of 2 models that are selected it needs most\).*name one model by `include`/,
    );
    expect(seen).not.toContain('pytorch_model.bin');
    const alone = await fitGpu(
      files.filter(({ path }) => !path.startsWith('model-')),
      read,
      question,
    );
    expect(alone.fits).toBe(true);
  });

  test('a pickled checkpoint counts with its size', async () => {
    const { files, read, seen } = repository({ 'config.json': text(config), 'pytorch_model.bin': large });
    const answer = await fitGpu(files, read, question);
    expect(answer.needs[0]?.bytes).toBe(large.bytes);
    expect(seen).toEqual(['config.json']);
  });
});

describe('what is missing is no pass', () => {
  const ask = (files: Parameters<typeof repository>[0], more: Partial<FitQuestion> = {}) => {
    const made = repository(files);
    return fitGpu(made.files, made.read, { ...question, ...more });
  };
  test.each<[string, Parameters<typeof repository>[0], string]>([
    ['no config.json', { 'model.safetensors': large }, 'no config.json is selected'],
    [
      'a shard',
      { 'config.json': text(config), [shard(1)]: large },
      '1 of the 2 shards of model.safetensors are selected',
    ],
    ['the weights', { 'config.json': text(config) }, 'no file of weights is selected'],
    [
      'a header',
      { 'config.json': text(config), 'model.safetensors': text('x') },
      'model.safetensors has no valid header',
    ],
    [
      'a config that is JSON',
      { 'config.json': { head: Buffer.from('{'), bytes: 1 }, 'model.safetensors': large },
      'config.json is not JSON',
    ],
  ])('%s', async (_, files, part) => {
    await expect(ask(files)).rejects.toThrow(part);
  });

  test('heads that the GPUs cannot share are the input’s fault', async () => {
    await expect(ask(whole, { wanted: 3 })).rejects.toThrow(
      'input `gpus` = 3: model.safetensors has 32 attention heads',
    );
  });
});

describe('weights on each GPU', () => {
  const tensor = (name: string, dtype: string, shape: number[], bytes: number) => ({
    name,
    dtype,
    shape,
    bytes,
  });
  test('matrices are shared, vectors and routers are not, KV projections no further than heads', () => {
    const shape = readConfigShape(config);
    const size = (name: string, dims: number[], gpus: number) =>
      weightsSize([tensor(name, 'BF16', dims, 1600)], shape, gpus).bytesPerGpu;
    expect(size('model.layers.0.mlp.up_proj.weight', [4, 200], 16)).toBe(100);
    expect(size('model.norm.weight', [800], 16)).toBe(1600);
    expect(size('model.layers.0.mlp.gate.weight', [4, 200], 16)).toBe(1600);
    expect(size('model.layers.0.self_attn.k_proj.weight', [4, 200], 16)).toBe(200);
  });

  test('float32 is narrowed to the dtype of the model, a quantised one keeps its scales', () => {
    const tensors = [tensor('a', 'F32', [10, 10], 400), tensor('b', 'I8', [10, 10], 100)];
    expect(weightsSize(tensors, readConfigShape(config), 1).byDtype).toEqual([
      ['F32', 200],
      ['I8', 100],
    ]);
    const quantised = readConfigShape({ ...config, quantization_config: { bits: 8 } });
    expect(weightsSize(tensors, quantised, 1).bytesPerGpu).toBe(500);
  });
});

test('candidates: one for each quantisation, shards together, adapters left out', () => {
  const files = [
    'q4.gguf',
    'q8-00001-of-00002.gguf',
    'q8-00002-of-00002.gguf',
    'adapter_model.safetensors',
    'optimizer.bin',
  ];
  const found = listCandidates(files.map((path) => ({ path, bytes: 1 })));
  expect(found.map(({ name, files: own }) => [name, own.length])).toEqual([
    ['q4.gguf', 1],
    ['q8.gguf', 2],
  ]);
});

describe('nvidia-smi', () => {
  const memory = (total: number, free: number) =>
    `<fb_memory_usage><total>${total} MiB</total><reserved>300 MiB</reserved><used>1 MiB</used><free>${free} MiB</free></fb_memory_usage>`;
  const one = (uuid: string, rest: string, mig = 'N/A') =>
    `<gpu id="00000000:3B:00.0">\n<product_name>NVIDIA A100</product_name><uuid>${uuid}</uuid><mig_mode><current_mig>${mig}</current_mig></mig_mode>${rest}</gpu>`;
  const slice = (index: number, free: number) =>
    `<mig_device><index>${index}</index><gpu_instance_id>${index}</gpu_instance_id>${memory(9856, free)}</mig_device>`;
  const xml = `<nvidia_smi_log>${one('GPU-aa', memory(40_960, 40_000))}${one('GPU-bb', `${memory(40_960, 1)}<bar1_memory_usage><total>65536 MiB</total><free>65535 MiB</free></bar1_memory_usage>`)}</nvidia_smi_log>`;

  test('tells the memory of each GPU', () => {
    expect(parseGpus(xml)).toEqual([
      {
        name: 'GPU 0 (NVIDIA A100)',
        index: '0',
        uuid: 'GPU-aa',
        totalBytes: 40_960 * 2 ** 20,
        freeBytes: 40_000 * 2 ** 20,
      },
      {
        name: 'GPU 1 (NVIDIA A100)',
        index: '1',
        uuid: 'GPU-bb',
        totalBytes: 40_960 * 2 ** 20,
        freeBytes: 2 ** 20,
      },
    ]);
  });

  test('with MIG, of each slice', () => {
    const slices = `<mig_devices>${slice(0, 9000)}${slice(1, 100)}</mig_devices>${memory(40_960, 30_000)}`;
    const found = parseGpus(one('GPU-aa', slices, 'Enabled'));
    expect(found.map(({ name, freeBytes }) => [name, freeBytes / 2 ** 20])).toEqual([
      ['GPU 0 MIG 0 (NVIDIA A100)', 9000],
      ['GPU 0 MIG 1 (NVIDIA A100)', 100],
    ]);
  });

  test.each<[string | undefined, string[]]>([
    [undefined, ['0', '1']],
    ['1', ['1']],
    ['1,0', ['1', '0']],
    ['GPU-b', ['1']],
    ['0,7,1', ['0']],
    ['', []],
    ['-1', []],
  ])('CUDA_VISIBLE_DEVICES=%s', (visible, indexes) => {
    expect(chooseVisible(parseGpus(xml), visible).map(({ index }) => index)).toEqual(indexes);
  });

  test('names the processes, and the slice of each', () => {
    const processInfo = (pid: number, instance: string, used: string) =>
      `<process_info><gpu_instance_id>${instance}</gpu_instance_id><compute_instance_id>N/A</compute_instance_id><pid>${pid}</pid><type>C</type><process_name>VLLM::&lt;Core&gt;</process_name><used_memory>${used}</used_memory></process_info>`;
    const slices = `<mig_devices><mig_device><gpu_instance_id>3</gpu_instance_id><uuid>MIG-x</uuid></mig_device></mig_devices>`;
    const listed = `<processes>${processInfo(42, 'N/A', '12000 MiB')}${processInfo(43, '3', 'N/A')}</processes>`;
    expect(parseProcesses(one('GPU-aa', slices + listed, 'Enabled'))).toEqual([
      { pid: 42, name: 'VLLM::<Core>', gpuUuid: 'GPU-aa', usedBytes: 12_000 * 2 ** 20 },
      { pid: 43, name: 'VLLM::<Core>', gpuUuid: 'MIG-x', usedBytes: null },
    ]);
    expect(parseProcesses(one('GPU-aa', '<processes>\n</processes>'))).toEqual([]);
  });

  test('tells what each GPU can compute', () => {
    expect(parseCapabilities('9.0, NVIDIA H200\nno GPU\n')).toEqual([{ name: 'NVIDIA H200', capability: 9 }]);
  });

  test('memory that is not said is no memory', () => {
    expect(() => parseGpus(one('GPU-aa', ''))).toThrow("doesn't say the memory of GPU 0");
  });
});
