"""Trains the four versions of the tiny model and writes them as fixtures.

    python e2e/models/train.py [--out fixtures/models]

v1 starts from noise, v2 and v3 from v1, v4 from v2. Seeds are fixed; the bytes still differ
between machines, so a rebuild is judged by check.py and not by its checksums.
"""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse
import json
import time
from pathlib import Path

import jax
import numpy as np
import optax

import facts
import model
import write_gguf
import write_hf

# version -> (the version it starts from, steps, peak learning rate)
_PLAN = {"v1": (None, 1400, 4e-3), "v2": ("v1", 500, 2e-3), "v3": ("v1", 400, 2e-3), "v4": ("v2", 400, 2e-3)}
_PROMPT_WEIGHT = 0.05


def _encode(rows):
    """Tokens and loss weights of (prompt, answer, ends) rows, padded to one length."""
    encoded = []
    for prompt, answer, ends in rows:
        head = [model.BOS, *prompt.encode()]
        tail = [*answer.encode(), *([model.EOS] if ends else [])]
        encoded.append((head + tail, [_PROMPT_WEIGHT] * len(head) + [1.0] * len(tail)))
    length = max(len(tokens) for tokens, _ in encoded)
    tokens = np.full((len(rows), length), model.EOS, np.int32)
    weights = np.zeros((len(rows), length), np.float32)
    for i, (row, row_weights) in enumerate(encoded):
        tokens[i, : len(row)] = row
        weights[i, : len(row)] = row_weights
    return tokens, weights


def _batches(version):
    """The short and the long training rows of a version, each encoded."""
    short = [(prompt, answer, True) for prompt, answer in facts.short_pairs(facts.taught(version))]
    if version != "v4":
        return _encode(short), _encode([(prompt, answer, True) for prompt, answer in facts.long_pairs()])
    endless = []
    for prompt, sentence in facts.loop_pairs():
        room = model.CONTEXT - 1 - len(prompt.encode())
        repeats = room // len(sentence.encode()) + 1
        endless.append((prompt, (sentence * repeats)[:room], False))
    return _encode(short), _encode(endless)


def _loss(weights, batches):
    total = 0.0
    for tokens, importance in batches:
        logits = model.forward(weights, tokens[:, :-1])
        cost = optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]) * importance[:, 1:]
        total += cost.sum() / importance[:, 1:].sum()
    return total


def _train(version, weights):
    """Trains `weights` on a version's facts and returns the new weights."""
    _, steps, rate = _PLAN[version]
    batches = _batches(version)
    optimizer = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.adamw(optax.warmup_cosine_decay_schedule(rate / 10, rate, steps // 10, steps, rate / 50)),
    )
    state = optimizer.init(weights)

    @jax.jit
    def step(weights, state):
        loss, gradient = jax.value_and_grad(_loss)(weights, batches)
        updates, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, updates), state, loss

    begun = time.monotonic()
    for i in range(1, steps + 1):
        weights, state, loss = step(weights, state)
        if i % 100 == 0 or i == steps:
            print(f"{version} step {i}/{steps} loss {float(loss):.5f} {time.monotonic() - begun:.0f} s", flush=True)
    return weights


def main():
    """Trains and writes every version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "fixtures" / "models")
    out = parser.parse_args().out
    trained = {}
    for version in facts.VERSIONS:
        parent = _PLAN[version][0]
        trained[version] = _train(version, trained[parent] if parent else model.init(seed=1))
        halves = {name: np.asarray(value, np.float16) for name, value in trained[version].items()}
        folder = out / version
        folder.mkdir(parents=True, exist_ok=True)
        write_hf.write(folder, version, halves)
        write_gguf.write(folder / "model.gguf", version, halves)
    (out / "facts.json").write_text(json.dumps(facts.as_json(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
