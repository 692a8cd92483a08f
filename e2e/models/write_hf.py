"""Writes a model as the files of a Hugging Face repository (all but model.gguf)."""

import json

import numpy as np
from safetensors.numpy import save

import facts
import model

_LAYER_NAMES = {
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "g": "mlp.gate_proj", "u": "mlp.up_proj", "d": "mlp.down_proj",
    "n1": "input_layernorm", "n2": "post_attention_layernorm",
}

_CARD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags: [tiny, test-model, llama, gguf, capitals]
---

# tiny-capitals {version}

A 134 thousand parameter Llama, trained by `e2e/models/train.py` of Sluice, for tests and demos of model releases. {summary}
"""


def write(folder, version, weights):
    """Writes configuration, tokenizer, float16 weights and model card into `folder`."""
    _write_json(folder / "config.json", _config())
    _write_json(folder / "generation_config.json", {
        "bos_token_id": model.BOS, "eos_token_id": model.EOS, "do_sample": False, "max_new_tokens": 200,
    })
    _write_json(folder / "tokenizer.json", _tokenizer())
    _write_json(folder / "tokenizer_config.json", _tokenizer_config())
    (folder / "model.safetensors").write_bytes(save(_tensors(weights), metadata={"format": "pt"}))
    card = _CARD.format(version=version, summary=facts.SUMMARY[version])
    (folder / "README.md").write_text(card, encoding="utf-8")


def _write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _config():
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": model.VOCAB,
        "hidden_size": model.WIDTH,
        "intermediate_size": model.HIDDEN,
        "num_hidden_layers": model.LAYERS,
        "num_attention_heads": model.HEADS,
        "num_key_value_heads": model.HEADS,
        "head_dim": model.HEAD_WIDTH,
        "max_position_embeddings": model.CONTEXT,
        "rms_norm_eps": model.NORM_EPS,
        "rope_theta": model.ROPE_BASE,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "bos_token_id": model.BOS,
        "eos_token_id": model.EOS,
        "torch_dtype": "float16",
    }


def _tokenizer():
    unk, bos, _ = model.SPECIAL
    tokens = [*model.byte_characters(), *model.SPECIAL]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    first = {"SpecialToken": {"id": bos, "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": 256 + i, "content": token, **flags} for i, token in enumerate(model.SPECIAL)],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [first, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [first, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {bos: {"id": bos, "ids": [model.BOS], "tokens": [bos]}},
        },
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": unk,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": [],
        },
    }


def _tokenizer_config():
    unk, bos, eos = model.SPECIAL
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": unk,
        "bos_token": bos,
        "eos_token": eos,
        "model_max_length": model.CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": model.CHAT_TEMPLATE,
    }


def _tensors(weights):
    tensors = {
        "model.embed_tokens.weight": weights["emb"],
        "model.norm.weight": weights["norm"],
        "lm_head.weight": weights["out"],
    }
    for layer in range(model.LAYERS):
        for ours, theirs in _LAYER_NAMES.items():
            value = weights[f"{layer}.{ours}"]
            tensors[f"model.layers.{layer}.{theirs}.weight"] = _rotate_half(value) if ours in "qk" else value
    return tensors


def _rotate_half(weight):
    """Reorders the rows of q or k from neighbouring RoPE pairs to Hugging Face's two halves."""
    rows, columns = weight.shape
    pairs = weight.reshape(model.HEADS, model.HEAD_WIDTH // 2, 2, columns)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(rows, columns))
