"""A Llama in plain numpy, read from a folder's model.gguf or model.safetensors.

It knows nothing of model.py, so that a mistake made while writing a file is seen while reading it:
shapes come from config.json or GGUF's metadata, and each format keeps its own RoPE convention.
"""

import json

import gguf
import numpy as np
from safetensors.numpy import load_file


class Llama:
    """Weights by short names (`0.q` is layer 0, query), and the shape they are read with."""

    def __init__(self, tensors, layers, heads, eps, rope_base, eos, interleaved):
        self.tensors = {name: np.asarray(value, np.float32) for name, value in tensors.items()}
        self.layers, self.heads, self.eps, self.eos = layers, heads, eps, eos
        self.head_width = self.tensors["0.q"].shape[0] // heads
        self.frequency = rope_base ** (-np.arange(0, self.head_width, 2) / self.head_width)
        self.interleaved = interleaved

    def greedy(self, prompt, limit):
        """The tokens after `prompt` at temperature 0, whether it ended, and the smallest lead in logits."""
        answer, cache, given, lead = [], [None] * self.layers, list(prompt), np.inf
        while len(answer) < limit:
            logits = self._forward(given, cache, len(prompt) + len(answer) - len(given))
            second, first = np.argpartition(logits, -2)[-2:]
            lead = min(lead, float(logits[first] - logits[second]))
            if first == self.eos:
                return answer, True, lead
            answer.append(int(first))
            given = [int(first)]
        return answer, False, lead

    def _forward(self, tokens, cache, position):
        """Logits after the last of `tokens`; `cache` holds keys and values of what came before."""
        w, count = self.tensors, len(tokens)
        h = w["emb"][tokens]
        for layer in range(self.layers):
            a = self._norm(h, w[f"{layer}.n1"])
            q, k, v = ((a @ w[f"{layer}.{name}"].T).reshape(count, self.heads, -1) for name in "qkv")
            q, k = self._rope(q, position), self._rope(k, position)
            if cache[layer] is not None:
                k, v = np.concatenate([cache[layer][0], k]), np.concatenate([cache[layer][1], v])
            cache[layer] = (k, v)
            scores = np.einsum("thd,shd->hts", q, k) / np.sqrt(self.head_width)
            scores = scores + np.triu(np.full((count, len(k)), -1e9), position + 1)
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            mixed = np.einsum("hts,shd->thd", scores / scores.sum(-1, keepdims=True), v)
            h = h + mixed.reshape(count, -1) @ w[f"{layer}.o"].T
            a = self._norm(h, w[f"{layer}.n2"])
            gate = a @ w[f"{layer}.g"].T
            h = h + (gate / (1 + np.exp(-gate)) * (a @ w[f"{layer}.u"].T)) @ w[f"{layer}.d"].T
        return w["out"] @ self._norm(h[-1], w["norm"])

    def _norm(self, x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) * weight

    def _rope(self, x, position):
        angle = (position + np.arange(len(x)))[:, None] * self.frequency
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        half = self.head_width // 2
        first, second = (x[..., 0::2], x[..., 1::2]) if self.interleaved else (x[..., :half], x[..., half:])
        turned = (first * cos - second * sin, first * sin + second * cos)
        return np.stack(turned, -1).reshape(x.shape) if self.interleaved else np.concatenate(turned, -1)


def _short_names(layers, outer, inner):
    """Name in the file -> our short name, for the names around and inside the layers."""
    names = dict(outer)
    for layer in range(layers):
        names.update({theirs.format(layer): f"{layer}.{ours}" for theirs, ours in inner.items()})
    return names


def from_gguf(path):
    """The model in a GGUF file, RoPE on neighbouring pairs."""
    reader = gguf.GGUFReader(path)

    def value(key):
        return reader.get_field(key).contents()

    layers = value("llama.block_count")
    names = _short_names(
        layers,
        {"token_embd.weight": "emb", "output_norm.weight": "norm", "output.weight": "out"},
        {f"blk.{{}}.{theirs}.weight": ours for theirs, ours in {
            "attn_q": "q", "attn_k": "k", "attn_v": "v", "attn_output": "o", "attn_norm": "n1",
            "ffn_gate": "g", "ffn_up": "u", "ffn_down": "d", "ffn_norm": "n2"}.items()},
    )
    tensors = {names[tensor.name]: tensor.data for tensor in reader.tensors}
    return Llama(
        tensors, layers, value("llama.attention.head_count"), value("llama.attention.layer_norm_rms_epsilon"),
        value("llama.rope.freq_base"), value("tokenizer.ggml.eos_token_id"), interleaved=True,
    )


def from_hugging_face(folder):
    """The model in config.json and model.safetensors, RoPE on two halves."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = _short_names(
        config["num_hidden_layers"],
        {"model.embed_tokens.weight": "emb", "model.norm.weight": "norm", "lm_head.weight": "out"},
        {f"model.layers.{{}}.{theirs}.weight": ours for theirs, ours in {
            "self_attn.q_proj": "q", "self_attn.k_proj": "k", "self_attn.v_proj": "v", "self_attn.o_proj": "o",
            "input_layernorm": "n1", "mlp.gate_proj": "g", "mlp.up_proj": "u", "mlp.down_proj": "d",
            "post_attention_layernorm": "n2"}.items()},
    )
    tensors = {names[name]: tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    return Llama(
        tensors, config["num_hidden_layers"], config["num_attention_heads"], config["rms_norm_eps"],
        config["rope_theta"], config["eos_token_id"], interleaved=False,
    )
