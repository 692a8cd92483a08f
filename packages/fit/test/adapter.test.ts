import { describe, expect, test } from '@jest/globals';
import { checkShapes, readAdapterConfig } from '@sluice/fit/adapter';

const tensor = (name: string, ...shape: number[]) => ({ name, shape, dtype: 'F32', bytes: 4 });
const plain = { transposed: false };
const base = [
  tensor('model.embed_tokens.weight', 100, 64),
  tensor('model.layers.0.self_attn.q_proj.weight', 128, 64),
  tensor('model.layers.1.mlp.up_proj.qweight', 8, 8),
  tensor('lm_head.weight', 100, 64),
];
const Q = 'base_model.model.model.layers.0.self_attn.q_proj';
const pair = (name: string, rank: number, into: number, out: number) => [
  tensor(`${name}.lora_A.weight`, rank, into),
  tensor(`${name}.lora_B.weight`, out, rank),
];

describe('shapes of an adapter against the base', () => {
  test.each<[string, ReturnType<typeof tensor>[]]>([
    ['a LoRA', pair(Q, 4, 64, 128)],
    ['with the name of its adapter', [tensor(`${Q}.lora_A.default.weight`, 4, 64)]],
    [
      'of an older version of transformers',
      pair('base_model.model.language_model.layers.0.self_attn.q_proj', 4, 64, 128),
    ],
    ['DoRA', [...pair(Q, 4, 64, 128), tensor(`${Q}.lora_magnitude_vector`, 128)]],
    [
      'of embeddings',
      [
        tensor('base_model.model.model.embed_tokens.lora_embedding_A', 4, 100),
        tensor('base_model.model.model.embed_tokens.lora_embedding_B', 64, 4),
      ],
    ],
    ['a layer that was saved whole', [tensor('base_model.model.lm_head.weight', 100, 64)]],
    [
      'the same by its longer name',
      [tensor('base_model.model.lm_head.modules_to_save.default.weight', 100, 64)],
    ],
  ])('%s fits', (_, adapter) => {
    expect(checkShapes(plain, adapter, base)).toEqual({ faults: [], compared: adapter.length, packed: 0 });
  });

  test.each<[string, ReturnType<typeof tensor>[], RegExp]>([
    ['another width', pair(Q, 4, 32, 128), /q_proj\.lora_A\.weight is \[4, 32\], the base has \[128, 64\]/],
    ['another height', pair(Q, 4, 64, 64), /q_proj\.lora_B\.weight is \[64, 4\]/],
    [
      'a module that is not there',
      pair('base_model.model.model.layers.9.self_attn.q_proj', 4, 64, 128),
      /layers\.9\.self_attn\.q_proj is not in the base/,
    ],
    [
      'two ranks',
      [tensor(`${Q}.lora_A.weight`, 4, 64), tensor(`${Q}.lora_B.weight`, 128, 8)],
      /has the rank 4 in one half and 8 in the other/,
    ],
    [
      'a head of another vocabulary',
      [tensor('base_model.model.lm_head.weight', 101, 64)],
      /lm_head\.weight is \[101, 64\]/,
    ],
    ['both sides turned', pair(Q, 4, 128, 64), /lora_A/],
  ])('%s does not', (_, adapter, fault) => {
    expect(checkShapes(plain, adapter, base).faults.join('; ')).toMatch(fault);
  });

  test('turned weights (Conv1D) fit as the config says', () => {
    expect(checkShapes({ transposed: true }, pair(Q, 4, 128, 64), base).faults).toEqual([]);
  });

  test('packed weights are told, not compared', () => {
    const found = checkShapes(plain, pair('base_model.model.model.layers.1.mlp.up_proj', 4, 64, 128), base);
    expect(found).toEqual({ faults: [], compared: 0, packed: 2 });
  });

  test('many faults are counted', () => {
    const adapter = Array.from({ length: 9 }, (_, index) =>
      tensor(`base_model.model.x.${index}.lora_A.weight`, 4, 64),
    );
    expect(checkShapes(plain, adapter, base).faults.at(-1)).toBe('and 6 more');
  });
});

test('adapter_config.json', () => {
  expect(
    readAdapterConfig({
      peft_type: 'LORA',
      r: 8,
      base_model_name_or_path: ' org/base ',
      revision: null,
      fan_in_fan_out: true,
    }),
  ).toEqual({ type: 'LORA', rank: 8, base: 'org/base', revision: null, transposed: true });
  expect([readAdapterConfig({ r: 8 }), readAdapterConfig(null), readAdapterConfig('x')]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
