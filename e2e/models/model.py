"""The network: a 2-layer, 64-wide Llama with a byte vocabulary, in JAX.

Weights are a flat dictionary. Linear weights are (out, in). RoPE pairs neighbouring
dimensions, as llama.cpp does; write_hf.py reorders q and k for Hugging Face.
"""

import jax
import jax.numpy as jnp
import numpy as np

WIDTH, LAYERS, HEADS, HIDDEN = 64, 2, 4, 176
HEAD_WIDTH = WIDTH // HEADS
CONTEXT = 256
ROPE_BASE = 10000.0
NORM_EPS = 1e-5
UNK, BOS, EOS, VOCAB = 256, 257, 258, 259
SPECIAL = ("<|unk|>", "<|bos|>", "<|eos|>")
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{% if not loop.last %}{{ '\\n' }}{% endif %}{% endfor %}"
)


def byte_characters():
    """GPT-2's printable character for each of the 256 bytes, by byte value."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    characters = {byte: chr(byte) for byte in printable}
    characters.update({byte: chr(256 + i) for i, byte in enumerate(hidden)})
    return [characters[byte] for byte in range(256)]


def init(seed):
    """Fresh float32 weights."""
    rng = np.random.default_rng(seed)
    shapes = {"emb": (VOCAB, WIDTH), "out": (VOCAB, WIDTH)}
    for layer in range(LAYERS):
        shapes.update({f"{layer}.{name}": (WIDTH, WIDTH) for name in "qkvo"})
        shapes.update({f"{layer}.g": (HIDDEN, WIDTH), f"{layer}.u": (HIDDEN, WIDTH), f"{layer}.d": (WIDTH, HIDDEN)})
    weights = {name: rng.normal(0, 0.05, shape) for name, shape in shapes.items()}
    weights["norm"] = np.ones(WIDTH)
    for layer in range(LAYERS):
        weights[f"{layer}.n1"] = np.ones(WIDTH)
        weights[f"{layer}.n2"] = np.ones(WIDTH)
    return {name: jnp.asarray(value, jnp.float32) for name, value in weights.items()}


def _norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + NORM_EPS) * weight


def _rope(x):
    frequency = ROPE_BASE ** (-jnp.arange(0, HEAD_WIDTH, 2) / HEAD_WIDTH)
    angle = jnp.arange(x.shape[1])[:, None] * frequency
    cos, sin = jnp.cos(angle)[None, :, None], jnp.sin(angle)[None, :, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


def forward(weights, tokens):
    """Logits (batch, time, vocabulary) for tokens (batch, time)."""
    batch, time = tokens.shape
    h = weights["emb"][tokens]
    causal = jnp.tril(jnp.ones((time, time), bool))
    for layer in range(LAYERS):
        w = {name: weights[f"{layer}.{name}"] for name in ("q", "k", "v", "o", "g", "u", "d", "n1", "n2")}
        a = _norm(h, w["n1"])
        q, k, v = ((a @ w[name].T).reshape(batch, time, HEADS, HEAD_WIDTH) for name in "qkv")
        scores = jnp.einsum("bthd,bshd->bhts", _rope(q), _rope(k)) / HEAD_WIDTH**0.5
        attention = jax.nn.softmax(jnp.where(causal, scores, -1e9), -1)
        h = h + jnp.einsum("bhts,bshd->bthd", attention, v).reshape(batch, time, WIDTH) @ w["o"].T
        a = _norm(h, w["n2"])
        h = h + (jax.nn.silu(a @ w["g"].T) * (a @ w["u"].T)) @ w["d"].T
    return _norm(h, weights["norm"]) @ weights["out"].T
