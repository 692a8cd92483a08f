/**
 * config.json of transformers as an AttentionShape. The names of fields are those of transformers' configuration
 * classes; what a layer keeps follows vLLM (v1/kv_cache_interface.py: FullAttentionSpec, SlidingWindowSpec,
 * ChunkedLocalAttentionSpec, MLAAttentionSpec). A kind of layer that is not known is an UnreckonedError, never a guess;
 * a window whose layers can't be told is left out, so that the cache comes out larger, never smaller.
 */
import type { AttentionShape, LayerCache } from './attention-shape.ts';
import { UnreckonedError } from './attention-shape.ts';

type Fields = Record<string, unknown>;

/** Where multimodal configs keep their language model. */
const NESTED = ['text_config', 'llm_config', 'language_config', 'language_model', 'thinker_config'];
const LAYERS = ['num_hidden_layers', 'n_layer', 'n_layers', 'num_layers'];
const HEADS = ['num_attention_heads', 'n_head', 'n_heads', 'num_heads'];
const HIDDEN = ['hidden_size', 'n_embd', 'd_model', 'dim', 'model_dim'];
const INTERMEDIATE = ['intermediate_size', 'ffn_hidden_size', 'n_inner', 'ffn_dim', 'hidden_dim'];
const CONTEXT = [
  'max_position_embeddings',
  'n_positions',
  'max_seq_len',
  'seq_length',
  'n_ctx',
  'max_sequence_length',
];
const KV_HEADS = ['num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'kv_n_heads', 'multi_query_group_num'];
const HEAD_DIM = ['head_dim', 'kv_channels', 'attention_head_dim'];
/** Fields of models that keep a state of another kind. */
const STATES = ['ssm_cfg', 'state_size', 'mamba_d_state', 'ssm_state_size', 'rwkv_hidden_size', 'lru_width'];
/** Every n-th layer sees all, the others a window (transformers, modeling of each). */
const FULL_EVERY: Readonly<Record<string, number>> = { gemma2: 2, gemma3_text: 6, cohere2: 4, gpt_oss: 2 };

export function readConfigShape(config: unknown): AttentionShape {
  const top = asFields(config);
  const text = languageConfig(top);
  const architecture = architectureOf(top);
  if (top['is_encoder_decoder'] === true) {
    throw new UnreckonedError(`${architecture} has an encoder and a decoder, whose caches are not reckoned`);
  }
  const state = STATES.find((name) => name in text);
  if (state !== undefined) {
    throw new UnreckonedError(
      `${architecture} keeps a state beside the KV cache (config.json: ${state}), which is not reckoned`,
    );
  }
  const heads = requireCount(text, HEADS, architecture);
  const hidden = requireCount(text, HIDDEN, architecture);
  return {
    architecture,
    layers: isEncoder(architecture) ? [] : readLayers(text, heads, hidden, architecture),
    heads,
    hidden,
    intermediate: count(text, INTERMEDIATE) ?? 0,
    maxContext: count(text, CONTEXT) ?? null,
    ...dtypeBytes(top, text),
  };
}

function languageConfig(top: Fields): Fields {
  if (count(top, LAYERS) !== undefined) return top;
  for (const name of NESTED) {
    const inner = asFields(top[name]);
    if (count(inner, LAYERS) !== undefined) return inner;
    const deeper = asFields(inner['text_config']);
    if (count(deeper, LAYERS) !== undefined) return deeper;
  }
  return top;
}

function readLayers(text: Fields, heads: number, hidden: number, architecture: string): LayerCache[] {
  const layers = requireCount(text, LAYERS, architecture);
  const latent = readLatent(text);
  if (latent !== undefined) return Array.from({ length: layers }, () => latent);
  const blocks = text['block_configs'];
  const kinds = text['layer_types'];
  if (kinds !== undefined && (!Array.isArray(kinds) || kinds.length < layers)) {
    throw new UnreckonedError(
      `${architecture}: \`layer_types\` of config.json doesn't name its ${layers} layers`,
    );
  }
  // Gemma 3n's last layers read the cache of earlier ones.
  const own = layers - (count(text, ['num_kv_shared_layers']) ?? 0);
  const result: LayerCache[] = [];
  for (let index = 0; index < own; index++) {
    const kind = Array.isArray(kinds) ? String(kinds[index]) : guessKind(text, index);
    const kvHeads = Array.isArray(blocks)
      ? blockHeads(asFields(blocks[index]), heads, architecture)
      : headsOfLayer(text, index, heads);
    const dim = headDim(text, kind, heads, hidden);
    const valueDim = count(text, ['v_head_dim']) ?? dim;
    const window = windowOf(text, kind, architecture);
    result.push({ values: kvHeads * (dim + valueDim), extraBytes: 0, heads: kvHeads, window });
  }
  return result;
}

/** Multi-head latent attention (DeepSeek-V2, section 2.1): one compressed vector and one rotary key, for all heads. */
function readLatent(text: Fields): LayerCache | undefined {
  const rank = count(text, ['kv_lora_rank']);
  const rope = count(text, ['qk_rope_head_dim']);
  if (rank === undefined || rope === undefined) return undefined;
  // DeepSeek-V3.2's indexer keeps a key in FP8 and its scale (vLLM, DeepseekV32IndexerCache).
  const index = count(text, ['index_head_dim']);
  return { values: rank + rope, extraBytes: index === undefined ? 0 : index + 4, heads: null, window: null };
}

/** What the models without `layer_types` do. */
function guessKind(text: Fields, index: number): string {
  const window = count(text, ['sliding_window']);
  if (window === undefined || text['use_sliding_window'] === false) return 'full_attention';
  const type = String(text['model_type']);
  const every = count(text, ['sliding_window_pattern', '_sliding_window_pattern']) ?? FULL_EVERY[type];
  if (every !== undefined) return (index + 1) % every === 0 ? 'full_attention' : 'sliding_attention';
  return ['mistral', 'mixtral', 'phi3', 'starcoder2'].includes(type) ? 'sliding_attention' : 'full_attention';
}

function windowOf(text: Fields, kind: string, architecture: string): number | null {
  if (kind === 'full_attention' || kind === 'attention') return null;
  if (kind === 'sliding_attention') return count(text, ['sliding_window']) ?? null;
  if (kind === 'chunked_attention') return count(text, ['attention_chunk_size']) ?? null;
  throw new UnreckonedError(
    `${architecture} has layers of the kind ${JSON.stringify(kind)}, whose memory is not reckoned`,
  );
}

function headsOfLayer(text: Fields, index: number, heads: number): number {
  const inner = asFields(text['attn_config']);
  for (const name of KV_HEADS) {
    if (name === 'multi_query_group_num' && text['multi_query_attention'] !== true) continue;
    const value = text[name] ?? inner[name];
    const one: unknown = Array.isArray(value) ? value[index] : value;
    // Falcon 7B says one head by `multi_query`, whatever else stands there.
    if (isCount(one) && !(text['multi_query'] === true && text['new_decoder_architecture'] === false))
      return one;
  }
  return text['multi_query'] === true && text['new_decoder_architecture'] !== true ? 1 : heads;
}

/** DeciLM and Nemotron-NAS: each block says how many query heads share one KV head, or that it has no attention. */
function blockHeads(block: Fields, heads: number, architecture: string): number {
  const attention = asFields(block['attention']);
  if (attention['no_op'] === true || attention['replace_with_linear'] === true) return 0;
  const group = count(attention, ['n_heads_in_group']);
  if (group === undefined)
    throw new UnreckonedError(`${architecture}: a block of config.json doesn't say its heads`);
  return heads / group;
}

function headDim(text: Fields, kind: string, heads: number, hidden: number): number {
  const global = kind === 'full_attention' ? count(text, ['global_head_dim']) : undefined;
  return global ?? count(text, HEAD_DIM) ?? Math.ceil(hidden / heads);
}

/** transformers' `dtype`, earlier `torch_dtype`. Engines keep the cache of a float32 model in 16 bits (vLLM, `dtype: auto`). */
function dtypeBytes(top: Fields, text: Fields): Pick<AttentionShape, 'cacheValueBytes' | 'loadedFloatBytes'> {
  const named = [text, top].flatMap((fields) => [fields['dtype'], fields['torch_dtype']]);
  const dtype = named.find((value) => typeof value === 'string');
  const half = dtype === 'bfloat16' || dtype === 'float16';
  const quantised = 'quantization_config' in top || 'quantization_config' in text;
  return { cacheValueBytes: 2, loadedFloatBytes: half && !quantised ? 2 : null };
}

function isEncoder(architecture: string): boolean {
  return /(Bert|Roberta|Electra)/i.test(architecture) && !/CausalLM|LMHeadModel/.test(architecture);
}

function architectureOf(top: Fields): string {
  const list = top['architectures'];
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const named = typeof first === 'string' ? first : top['model_type'];
  return typeof named === 'string' ? named.slice(0, 100) : 'a model without a name';
}

function requireCount(fields: Fields, names: readonly string[], architecture: string): number {
  const found = count(fields, names);
  if (found === undefined) throw new UnreckonedError(`${architecture}: config.json has no \`${names[0]}\``);
  return found;
}

function count(fields: Fields, names: readonly string[]): number | undefined {
  return names.map((name) => fields[name]).find(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
