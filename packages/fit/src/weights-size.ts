/** Bytes that weights take on each GPU, from the descriptions of their tensors alone. */
import type { AttentionShape } from './attention-shape.ts';

export interface TensorInfo {
  name: string;
  /** As the file calls it: `BF16`, `F8_E4M3`, `Q4_K`. */
  dtype: string;
  shape: readonly number[];
  /** As stored. */
  bytes: number;
}

export interface WeightsSize {
  bytesPerGpu: number;
  /** Bytes of the whole model as loaded, by stored dtype, largest first. */
  byDtype: [dtype: string, bytes: number][];
}

const FLOAT_BYTES: Readonly<Record<string, number>> = { F32: 4, F64: 8 };
/** Layers that vLLM keeps whole on each GPU: routers, and the latent projections of DeepSeek (ReplicatedLinear). */
const REPLICATED = /\.(gate\.weight|router\.|q_a_proj\.|kv_a_proj_with_mqa\.|indexer\.)/;
const KV_PROJECTION = /\.(k_proj|v_proj|attn_k|attn_v)\./;

/**
 * Matrices are shared out among the GPUs, vectors (norms, biases) lie on each; KV projections go to no more GPUs than
 * there are heads (vLLM, QKVParallelLinear). Floats wider than the model's own dtype are narrowed when they are loaded,
 * unless the model is quantised, whose scales keep theirs.
 */
export function weightsSize(
  tensors: readonly TensorInfo[],
  shape: AttentionShape,
  gpus: number,
): WeightsSize {
  const byDtype = new Map<string, number>();
  const kvHeads = Math.max(1, ...shape.layers.map(({ heads }) => heads ?? 1));
  let bytesPerGpu = 0;
  for (const tensor of tensors) {
    const bytes = loadedBytes(tensor, shape.loadedFloatBytes);
    byDtype.set(tensor.dtype, (byDtype.get(tensor.dtype) ?? 0) + bytes);
    bytesPerGpu += bytes / shares(tensor, kvHeads, gpus);
  }
  return { bytesPerGpu: Math.ceil(bytesPerGpu), byDtype: [...byDtype].sort((a, b) => b[1] - a[1]) };
}

function loadedBytes({ dtype, bytes }: TensorInfo, floatBytes: number | null): number {
  const stored = FLOAT_BYTES[dtype];
  return floatBytes === null || stored === undefined ? bytes : (bytes / stored) * floatBytes;
}

function shares({ name, shape }: TensorInfo, kvHeads: number, gpus: number): number {
  if (shape.length < 2 || REPLICATED.test(name)) return 1;
  return KV_PROJECTION.test(name) ? Math.min(gpus, kvHeads) : gpus;
}

/**
 * What one step takes beside weights and cache, an estimate: the feed-forward layer's gate, up and their product, and
 * the residual stream twice, in 16 bits. (vLLM measures it at start: 1.2 GB for an 8B model at 8,192 tokens with its
 * logits, where this says 0.8 GB.)
 */
export function workingBytes(shape: AttentionShape, stepTokens: number, gpus: number): number {
  return Math.ceil(stepTokens * ((3 * shape.intermediate) / gpus + 2 * shape.hidden) * 2);
}
