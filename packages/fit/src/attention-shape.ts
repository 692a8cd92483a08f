/** What a model keeps in memory per token, layer by layer: read from config.json or a GGUF header, reckoned in kv-cache.ts. */

export interface LayerCache {
  /** Numbers (of the cache's dtype) that one token leaves behind in this layer, over all heads. */
  values: number;
  /** Bytes beside them, whose dtype is the layer's own (the index of DeepSeek's sparse attention). */
  extraBytes: number;
  /** Heads that tensor parallelism shares out; null where each GPU holds all (multi-head latent attention). */
  heads: number | null;
  /** Tokens that are kept at most, beside those of the step under way; null: all of the context. */
  window: number | null;
}

export interface AttentionShape {
  /** `LlamaForCausalLM`, or a GGUF's architecture. */
  architecture: string;
  /** Empty for an encoder, which keeps nothing. */
  layers: LayerCache[];
  /** Query heads: tensor parallelism must divide them. */
  heads: number;
  hidden: number;
  /** Width of the feed-forward layer; 0 when it is not said. */
  intermediate: number;
  /** Longest context the model was made for; null when it is not said. */
  maxContext: number | null;
  /** Bytes of one value of the cache where `kv-cache-dtype` is `auto`. */
  cacheValueBytes: number;
  /** Bytes of a float that is loaded in the model's own dtype; null: as it is stored. */
  loadedFloatBytes: number | null;
}

/** What can't be reckoned from the headers, in words that follow "fit can't be judged: ". */
export class UnreckonedError extends Error {
  override readonly name = 'UnreckonedError';
}
