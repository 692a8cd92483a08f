/** Bytes of the KV cache, on each GPU of a tensor-parallel group. */
import type { AttentionShape, LayerCache } from './attention-shape.ts';

/** Bytes of a value; ggml's quantised caches have blocks of 32 values with a scale of two bytes. */
const VALUE_BYTES = { f32: 4, bf16: 2, f16: 2, fp8: 1, q8_0: 34 / 32, q4_0: 18 / 32 } as const;

export type CacheDtype = 'auto' | keyof typeof VALUE_BYTES;

/** Tokens that an engine takes into one step: vLLM's `max_num_batched_tokens` on large GPUs. */
export const STEP_TOKENS = 8192;

export interface CacheLoad {
  /** Tokens of one sequence. */
  context: number;
  /** Sequences of that length at once. */
  sequences: number;
  dtype: CacheDtype;
  /** GPUs that share a layer. */
  gpus: number;
}

/** Bytes on one GPU, all layers and sequences. */
export function cacheBytes(shape: AttentionShape, load: CacheLoad): number {
  const perSequence = shape.layers.reduce(
    (sum, layer) => sum + tokensKept(layer, load.context) * bytesPerToken(layer, shape, load),
    0,
  );
  return Math.ceil(perSequence * load.sequences);
}

/** Bytes that one more token takes on one GPU, while no window is full. */
export function bytesOfToken(shape: AttentionShape, load: Pick<CacheLoad, 'dtype' | 'gpus'>): number {
  return shape.layers.reduce((sum, layer) => sum + bytesPerToken(layer, shape, load), 0);
}

/**
 * A window keeps its own tokens and those of the step under way (vLLM, SlidingWindowSpec.max_memory_usage_bytes);
 * never more than the context.
 */
function tokensKept(layer: LayerCache, context: number): number {
  return layer.window === null ? context : Math.min(context, layer.window - 1 + STEP_TOKENS);
}

/** With more GPUs than KV heads each head lies on several of them (vLLM, ModelConfig.get_num_kv_heads). */
function bytesPerToken(
  layer: LayerCache,
  shape: AttentionShape,
  { dtype, gpus }: Pick<CacheLoad, 'dtype' | 'gpus'>,
): number {
  const valueBytes = dtype === 'auto' ? shape.cacheValueBytes : VALUE_BYTES[dtype];
  const share =
    layer.heads === null || layer.heads === 0 ? 1 : Math.max(1, Math.ceil(layer.heads / gpus)) / layer.heads;
  return layer.values * share * valueBytes + layer.extraBytes;
}
