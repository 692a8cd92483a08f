/**
 * The keys of a GGUF header (ggml's docs/gguf.md) as an AttentionShape, as llama.cpp reads them (llama-model.cpp,
 * llama-kv-cache.cpp): keys and values in f16, a cache for each layer that has KV heads.
 */
import type { AttentionShape, LayerCache } from './attention-shape.ts';
import { UnreckonedError } from './attention-shape.ts';

/** Every n-th layer sees all (llama.cpp's set_swa_pattern), where the file doesn't say. */
const FULL_EVERY: Readonly<Record<string, number>> = { gemma2: 2, gemma3: 6, cohere2: 4, 'gpt-oss': 2 };

/** Keys that are needed: scalars and short lists below the architecture's name. */
export function isShapeKey(key: string): boolean {
  return (
    key === 'general.architecture' ||
    /\.(block_count|embedding_length|feed_forward_length|context_length)$/.test(key) ||
    /\.(attention|rope|ssm|wkv)\.[a-z_.]+$/.test(key)
  );
}

/** @param values what the header says under the keys that `isShapeKey` names */
export function readGgufShape(values: ReadonlyMap<string, unknown>): AttentionShape {
  const architecture = values.get('general.architecture');
  if (typeof architecture !== 'string')
    throw new UnreckonedError('the GGUF header names no `general.architecture`');
  const key = (name: string) => values.get(`${architecture}.${name}`);
  const state = [...values.keys()].find((name) => /\.(ssm|wkv)\./.test(name));
  if (state !== undefined) {
    throw new UnreckonedError(
      `${architecture} keeps a state beside the KV cache (GGUF: ${state}), which is not reckoned`,
    );
  }
  const required = (name: string): number => {
    const value = largest(key(name));
    if (value === undefined) throw new UnreckonedError(`the GGUF header has no \`${architecture}.${name}\``);
    return value;
  };
  const blocks = required('block_count');
  const heads = required('attention.head_count');
  const hidden = required('embedding_length');
  const dim = largest(key('attention.key_length')) ?? hidden / heads;
  const valueDim = largest(key('attention.value_length')) ?? dim;
  // With the latent cache (`…_mla` are the heads' own lengths) only the compressed keys are kept.
  const latent = key('attention.key_length_mla') !== undefined;
  const layers: LayerCache[] = [];
  for (let index = 0; index < blocks; index++) {
    const kvHeads = atLayer(key('attention.head_count_kv'), index) ?? heads;
    if (kvHeads === 0) continue;
    layers.push({
      values: latent ? dim : kvHeads * (dim + valueDim),
      extraBytes: 0,
      heads: latent ? null : kvHeads,
      window: windowOf(architecture, key, index),
    });
  }
  return {
    architecture,
    layers,
    heads,
    hidden,
    intermediate: largest(key('feed_forward_length')) ?? 0,
    maxContext: largest(key('context_length')) ?? null,
    cacheValueBytes: 2,
    loadedFloatBytes: null,
  };
}

function windowOf(architecture: string, key: (name: string) => unknown, index: number): number | null {
  const window = largest(key('attention.sliding_window'));
  if (window === undefined || window === 0) return null;
  const pattern = key('attention.sliding_window_pattern');
  if (Array.isArray(pattern)) return pattern[index] === true ? window : null;
  const every = largest(pattern) ?? FULL_EVERY[architecture];
  return every === undefined || (index + 1) % every === 0 ? null : window;
}

function atLayer(value: unknown, index: number): number | undefined {
  const one: unknown = Array.isArray(value) ? value[index] : value;
  return typeof one === 'number' ? one : undefined;
}

function largest(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const numbers = Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [];
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
