/** Figures that others published, from the configs that they are about. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { UnreckonedError } from '@sluice/fit/attention-shape';
import { readConfigShape } from '@sluice/fit/config-shape';
import { isShapeKey, readGgufShape } from '@sluice/fit/gguf-shape';
import { bytesOfToken, cacheBytes, STEP_TOKENS } from '@sluice/fit/kv-cache';
import { ByteReader } from '@sluice/weights/byte-reader';
import { memorySource } from '@sluice/weights/byte-stream';
import { checkGguf } from '@sluice/weights/gguf';

const one = { dtype: 'auto', gpus: 1 } as const;
const llama = (layers: number, hidden: number, heads: number, kv: number) => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  num_hidden_layers: layers,
  hidden_size: hidden,
  num_attention_heads: heads,
  num_key_value_heads: kv,
  torch_dtype: 'bfloat16',
});
const deepseek = {
  architectures: ['DeepseekV3ForCausalLM'],
  num_hidden_layers: 61,
  hidden_size: 7168,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  kv_lora_rank: 512,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
};
const gemma = {
  architectures: ['Gemma3ForConditionalGeneration'],
  text_config: {
    model_type: 'gemma3_text',
    num_hidden_layers: 62,
    hidden_size: 5376,
    num_attention_heads: 32,
    num_key_value_heads: 16,
    head_dim: 128,
    sliding_window: 1024,
    sliding_window_pattern: 6,
  },
};

describe('bytes of one token in 16 bits', () => {
  test.each<[string, object, number]>([
    ['Llama 3.1 8B: 128 KiB', llama(32, 4096, 32, 8), 128 * 1024],
    ['Llama 2 7B, a head each: 512 KiB', llama(32, 4096, 32, 32), 512 * 1024],
    // The three of Table 1 in "Insights into DeepSeek-V3" (ISCA 2025), in kB.
    ['DeepSeek-V3: 70.272 kB', deepseek, 70_272],
    ['Qwen 2.5 72B: 327.680 kB', llama(80, 8192, 64, 8), 327_680],
    ['Llama 3.1 405B: 516.096 kB', llama(126, 16_384, 128, 8), 516_096],
    [
      'Falcon 7B, one head of 64 for all',
      {
        num_hidden_layers: 32,
        hidden_size: 4544,
        num_attention_heads: 71,
        multi_query: true,
        new_decoder_architecture: false,
        num_kv_heads: 71,
      },
      8192,
    ],
    ['Gemma 3 27B, below text_config', gemma, 62 * 16 * 256 * 2],
    ['a head dimension of its own (Qwen3)', { ...llama(28, 1024, 16, 8), head_dim: 128 }, 28 * 8 * 256 * 2],
    [
      'MPT, below attn_config',
      { n_layers: 2, d_model: 64, n_heads: 8, attn_config: { kv_n_heads: 2 } },
      2 * 2 * 16 * 2,
    ],
    [
      'OpenELM, a number for each layer',
      {
        num_transformer_layers: 2,
        num_hidden_layers: 2,
        model_dim: 64,
        num_attention_heads: 4,
        num_kv_heads: [1, 2],
        head_dim: 16,
      },
      3 * 32 * 2,
    ],
    [
      'Nemotron-NAS, a block without attention',
      {
        ...llama(2, 64, 4, 4),
        num_key_value_heads: null,
        block_configs: [
          { attention: { n_heads_in_group: 2 } },
          { attention: { no_op: true, n_heads_in_group: null } },
        ],
      },
      2 * 32 * 2,
    ],
    [
      'an encoder keeps nothing',
      { architectures: ['BertModel'], num_hidden_layers: 12, hidden_size: 768, num_attention_heads: 12 },
      0,
    ],
    ['layers that share the cache of others', { ...llama(4, 64, 4, 1), num_kv_shared_layers: 2 }, 2 * 32 * 2],
  ])('%s', (_, config, bytes) => {
    expect(bytesOfToken(readConfigShape(config), one)).toBe(bytes);
  });

  test.each<[string, number]>([
    ['fp8', 64 * 1024],
    ['f32', 256 * 1024],
    ['q8_0', 68 * 1024],
    ['q4_0', 36 * 1024],
  ])('as %s', (dtype, bytes) => {
    const shape = readConfigShape(llama(32, 4096, 32, 8));
    expect(bytesOfToken(shape, { dtype: dtype as 'fp8', gpus: 1 })).toBe(bytes);
  });

  test('GPUs share heads, no further than there are any; a latent cache lies on each', () => {
    const shape = readConfigShape(llama(32, 4096, 32, 8));
    expect([2, 8, 16].map((gpus) => bytesOfToken(shape, { dtype: 'auto', gpus }))).toEqual([
      65_536, 16_384, 16_384,
    ]);
    expect(bytesOfToken(readConfigShape(deepseek), { dtype: 'auto', gpus: 8 })).toBe(70_272);
  });
});

describe('the cache at a context', () => {
  test('grows with it, and with the sequences: 16 GiB for 131,072 tokens of Llama 3.1 8B', () => {
    const shape = readConfigShape(llama(32, 4096, 32, 8));
    expect(cacheBytes(shape, { ...one, context: 131_072, sequences: 1 })).toBe(16 * 2 ** 30);
    expect(cacheBytes(shape, { ...one, context: 8192, sequences: 4 })).toBe(4 * 2 ** 30);
  });

  test('of layers with a window stops at it', () => {
    const context = 131_072;
    const perLayer = 16 * 256 * 2;
    const bytes = cacheBytes(readConfigShape(gemma), { ...one, context, sequences: 1 });
    expect(bytes).toBe(perLayer * (10 * context + 52 * (1023 + STEP_TOKENS)));
    const named = {
      ...llama(2, 64, 4, 1),
      sliding_window: 128,
      layer_types: ['sliding_attention', 'full_attention'],
    };
    expect(cacheBytes(readConfigShape(named), { ...one, context, sequences: 1 })).toBe(
      64 * (context + 127 + STEP_TOKENS),
    );
    const off = { ...named, layer_types: undefined, model_type: 'qwen2', use_sliding_window: false };
    expect(cacheBytes(readConfigShape(off), { ...one, context, sequences: 1 })).toBe(64 * 2 * context);
  });
});

describe('what is not known is said, and no guess', () => {
  test.each<[string, object, string]>([
    ['no layers', { architectures: ['X'] }, 'X: config.json has no `num_attention_heads`'],
    ['a state-space model', { ...llama(2, 64, 4, 4), mamba_d_state: 16 }, 'mamba_d_state'],
    ['an unknown layer', { ...llama(1, 64, 4, 4), layer_types: ['linear_attention'] }, '"linear_attention"'],
    ['too few layer types', { ...llama(2, 64, 4, 4), layer_types: ['full_attention'] }, 'its 2 layers'],
    [
      'an encoder and a decoder',
      { ...llama(2, 64, 4, 4), is_encoder_decoder: true },
      'an encoder and a decoder',
    ],
    ['no object', ['x'], 'a model without a name'],
  ])('%s', (_, config, part) => {
    expect(() => readConfigShape(config)).toThrow(UnreckonedError);
    expect(() => readConfigShape(config)).toThrow(part);
  });
});

describe('a GGUF', () => {
  test('says what its config.json says', async () => {
    const folder = join(import.meta.dirname, '../../../fixtures/models/v1');
    const reader = new ByteReader(memorySource(await readFile(join(folder, 'model.gguf'))));
    const { values, tensorList } = await checkGguf(reader, isShapeKey);
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    const fromConfig = readConfigShape(config);
    const shape = readGgufShape(values);
    expect(shape).toEqual({ ...fromConfig, architecture: 'llama', loadedFloatBytes: null });
    expect(bytesOfToken(shape, one)).toBe(2 * 4 * 32 * 2);
    expect(tensorList.find(({ name }) => name === 'token_embd.weight')?.shape).toEqual([64, 259]);
  });

  const keys = (own: Record<string, unknown>) =>
    new Map<string, unknown>([
      ['general.architecture', 'gemma3'],
      ...Object.entries({ block_count: 6, embedding_length: 64, 'attention.head_count': 4, ...own }).map(
        ([key, value]) => [`gemma3.${key}`, value] as const,
      ),
    ]);

  test('windows by the architecture, heads by a list, a latent cache', () => {
    const windowed = readGgufShape(keys({ 'attention.sliding_window': 512, 'attention.head_count_kv': 1 }));
    expect(windowed.layers.map(({ window }) => window)).toEqual([512, 512, 512, 512, 512, null]);
    const listed = readGgufShape(keys({ 'attention.head_count_kv': [1, 0, 2, 0, 0, 0] }));
    expect(listed.layers.map(({ values }) => values)).toEqual([32, 64]);
    const latent = readGgufShape(
      keys({
        'attention.head_count_kv': 1,
        'attention.key_length': 576,
        'attention.value_length': 512,
        'attention.key_length_mla': 192,
      }),
    );
    expect(bytesOfToken(latent, { dtype: 'auto', gpus: 4 })).toBe(6 * 576 * 2);
    expect(() => readGgufShape(keys({ 'ssm.state_size': 16 }))).toThrow('ssm.state_size');
    expect(() => readGgufShape(new Map())).toThrow('general.architecture');
  });
});
