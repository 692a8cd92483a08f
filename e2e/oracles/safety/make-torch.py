"""Makes packages/weights/test/fixtures/torch with the real torch, which is too large to install for every check.

`make-torch.py FOLDER` needs torch 2.15 and prints how many names its restricted unpickler lets in (144: what
packages/weights/src/allowed-globals.ts lists).
"""

import collections
import sys
from pathlib import Path

import torch
from torch import nn

FOLDER = Path(sys.argv[1])
torch.manual_seed(0)
linear = nn.Linear(3, 2)
state = linear.state_dict()


def save(name, value, **options):
    torch.save(value, FOLDER / f"{name}.pt", **options)


save("state-dict", state)
save("state-dict-legacy", state, _use_new_zipfile_serialization=False)
for protocol in (3, 5):
    save(f"protocol{protocol}", state, pickle_protocol=protocol)
for protocol in (1, 4):
    save(f"protocol{protocol}-legacy", state, pickle_protocol=protocol, _use_new_zipfile_serialization=False)

optimizer = torch.optim.AdamW(linear.parameters())
linear(torch.randn(2, 3)).sum().backward()
optimizer.step()
save(
    "checkpoint",
    {
        "model": state,
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "rng": torch.get_rng_state(),
        "counter": collections.Counter("abc"),
        "name": "é",
        "bytes": b"bytes",
        "bytearray": bytearray(b"x"),
        "set": {1, 2},
        "complex": 1 + 2j,
        "long": 2**70,
        "size": torch.Size([1, 2]),
        "dtype": torch.bfloat16,
        "device": torch.device("cpu"),
    },
)
save(
    "tensors",
    {
        "parameter": nn.Parameter(torch.ones(2)),
        "bfloat16": torch.ones(4, dtype=torch.bfloat16),
        "float8": torch.ones(4).to(torch.float8_e4m3fn),
        "sparse": torch.eye(3).to_sparse(),
        "csr": torch.eye(3).to_sparse_csr(),
        "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
        "complex": torch.ones(2, dtype=torch.complex64),
        "meta": torch.empty(2, device="meta"),
        "uint16": torch.ones(2, dtype=torch.uint16),
        "view": torch.arange(10)[2:5],
        "shared": [state["weight"], state["weight"]],
    },
)
# What is refused, and should be.
save("whole-module", linear)
torch.jit.script(linear).save(FOLDER / "torchscript.pt")

for path in sorted(FOLDER.glob("*.pt")):
    if path.stem not in ("whole-module", "torchscript", "protocol1-legacy", "protocol4-legacy", "protocol5"):
        torch.load(path, weights_only=True)
print(len(torch._weights_only_unpickler._get_allowed_globals()))
