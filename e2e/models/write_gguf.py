"""Writes a model as one GGUF file that llama.cpp loads."""

import gguf
import numpy as np

import model

_LAYER_NAMES = {
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "g": "ffn_gate",
    "u": "ffn_up", "d": "ffn_down", "n1": "attn_norm", "n2": "ffn_norm",
}


def tensor_names():
    """Our name of each weight -> its name in GGUF."""
    names = {"emb": "token_embd.weight", "norm": "output_norm.weight", "out": "output.weight"}
    for layer in range(model.LAYERS):
        names.update({f"{layer}.{ours}": f"blk.{layer}.{theirs}.weight" for ours, theirs in _LAYER_NAMES.items()})
    return names


def write(path, version, weights):
    """Writes float16 weights to `path`; norms are stored as float32, which llama.cpp requires."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(f"tiny-capitals-{version}")
    writer.add_license("apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(model.CONTEXT)
    writer.add_embedding_length(model.WIDTH)
    writer.add_block_count(model.LAYERS)
    writer.add_feed_forward_length(model.HIDDEN)
    writer.add_head_count(model.HEADS)
    writer.add_head_count_kv(model.HEADS)
    writer.add_layer_norm_rms_eps(model.NORM_EPS)
    writer.add_rope_dimension_count(model.HEAD_WIDTH)
    writer.add_rope_freq_base(model.ROPE_BASE)
    writer.add_vocab_size(model.VOCAB)
    _add_tokenizer(writer)
    for ours, theirs in tensor_names().items():
        value = weights[ours]
        writer.add_tensor(theirs, value.astype(np.float32) if value.ndim == 1 else value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer):
    """GPT-2's byte-level vocabulary; llama.cpp wants at least one merge, so this one leads to no token."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*model.byte_characters(), *model.SPECIAL])
    writer.add_token_types([gguf.TokenType.NORMAL] * 256 + [gguf.TokenType.CONTROL] * len(model.SPECIAL))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(model.BOS)
    writer.add_eos_token_id(model.EOS)
    writer.add_unk_token_id(model.UNK)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_chat_template(model.CHAT_TEMPLATE)
