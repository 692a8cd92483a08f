"""Ordinary model files, written by the libraries that people write them with: model-pull must let every one in.

`ordinary.py FOLDER` fills the folder.
"""

import collections
import gzip
import io
import pickle
import random
import sys
import tarfile
import zipfile
from pathlib import Path

import gguf
import joblib
import numpy as np
from safetensors.numpy import save_file

FOLDER = Path(sys.argv[1])
RNG = np.random.default_rng(7)

DTYPES = ["f2", "f4", "f8", ">f4", "i1", "i8", ">i8", "u1", "u4", "?", "c8", "c16", "U5", "S3", "M8[ns]", "m8[s]"]
RECORD = np.dtype([("name", "U8"), ("value", "<f4"), ("shape", "i4", (3,))])


def arrays():
    for name in DTYPES:
        plain = RNG.integers(0, 100, (3, 4))
        yield name.strip(">").replace("[", "-").replace("]", "").replace("?", "bool") + ("be" if ">" in name else ""), (
            plain.astype("i8").astype(name) if name[0] in "Mm" else plain.astype(name)
        )
    yield "scalar", np.array(3.5)
    yield "empty", np.zeros((0, 4), "f4")
    yield "fortran", np.asfortranarray(RNG.random((4, 5)))
    yield "record", np.zeros(4, RECORD)
    yield "large", RNG.random(300_000)


def numpy_files():
    for name, array in arrays():
        np.save(FOLDER / f"{name}.npy", array)
        for protocol in range(2, 6):
            (FOLDER / f"numpy-{name}-p{protocol}.pkl").write_bytes(pickle.dumps(array, protocol))
    objects = np.array([1, "two", None, [3.0]], dtype=object)
    np.save(FOLDER / "objects.npy", objects)
    np.savez(FOLDER / "several.npz", a=np.ones(3), b=objects)
    np.savez_compressed(FOLDER / "compressed.npz", a=np.zeros(1_000_000), b=np.arange(5))
    scalars = {"loss": np.float64(0.5), "step": np.int64(3), "state": np.random.RandomState(0).get_state()}
    for protocol in range(2, 6):
        (FOLDER / f"scalars-p{protocol}.pkl").write_bytes(pickle.dumps(scalars, protocol))


def joblib_files():
    every = dict(arrays())
    mixed = {"weights": [every["f4"], every["large"]], "names": ["a", "b"], "n": 3, "object": np.array([1, "x"], object)}
    for name, array in every.items():
        joblib.dump(array, FOLDER / f"{name}.joblib")
    for protocol in range(2, 6):
        joblib.dump(mixed, FOLDER / f"mixed-p{protocol}.joblib", protocol=protocol)
    joblib.dump(mixed, FOLDER / "mixed-zlib.joblib", compress=("zlib", 3))
    joblib.dump(mixed, FOLDER / "mixed-gzip.joblib.gz", compress=("gzip", 3))
    joblib.dump(mixed, FOLDER / "level-9.joblib", compress=9)
    joblib.dump({"no": "arrays", "at": ["all", 1, 2.0]}, FOLDER / "plain.joblib")


def safetensors_files():
    tensors = {
        f"layer.{index}": RNG.integers(0, 2, shape).astype(dtype)
        for index, (dtype, shape) in enumerate(
            (dtype, shape)
            for dtype in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]
            for shape in [(), (0,), (3, 4), (2, 0, 5)]
        )
    }
    save_file(tensors, FOLDER / "every-type.safetensors", metadata={"format": "pt", "é": '"quoted"\n'})
    save_file({}, FOLDER / "nothing.safetensors")
    save_file({"weird \"name\"\n__class__": np.ones(2)}, FOLDER / "names.safetensors")
    save_file({f"w{index}": np.ones(1) for index in range(20_000)}, FOLDER / "many.safetensors")


def gguf_files():
    writer = gguf.GGUFWriter(FOLDER / "every-type.gguf", "llama")
    writer.add_name("tiny")
    writer.add_context_length(128)
    writer.add_token_list([f"<token {index}>" for index in range(50_000)])
    writer.add_token_scores([0.5] * 50_000)
    writer.add_array("nested.names", ["a", "b"])
    writer.add_bool("flag", True)
    writer.add_float64("double", 1.5)
    writer.add_chat_template("{% for m in messages %}{{ m['role'] }}: {{ m.content }}\n{% endfor %}")
    matrix = RNG.standard_normal((4, 512)).astype(np.float32)
    kinds = gguf.GGMLQuantizationType
    for kind in kinds:
        try:
            data = gguf.quants.quantize(matrix, kind)
        except Exception:
            continue
        if kind in (kinds.F32, kinds.F16):
            writer.add_tensor(f"blk.{kind.name}.weight", data)
        else:
            writer.add_tensor(f"blk.{kind.name}.weight", data, raw_dtype=kind)
    writer.add_tensor("output_norm.weight", np.ones(7, np.float32))
    finish(writer)

    aligned = gguf.GGUFWriter(FOLDER / "aligned.gguf", "llama")
    aligned.add_custom_alignment(4096)
    aligned.add_tensor("a", np.ones(5, np.float32))
    aligned.add_tensor("b", np.ones((3, 5, 7), np.float16))
    finish(aligned)

    vocabulary = gguf.GGUFWriter(FOLDER / "vocabulary-only.gguf", "llama")
    vocabulary.add_token_list(["a", "b"])
    finish(vocabulary)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def plain_pickles():
    shared = ["shared"]
    loop = []
    loop.append(loop)
    data = {
        "text": "x" * 100_000,
        "bytes": random.Random(1).randbytes(3_000_000),
        "numbers": list(range(100_000)),
        "floats": [0.5] * 2_000,
        "tuples": (1, (2, (3, (4, 5)))),
        "shared": [shared, shared],
        "loop": loop,
        "long": [2**70, -(2**70), True, False, None],
        "set": {1, 2},
        "complex": 1 + 2j,
        "ordered": collections.OrderedDict(a=1),
        "counter": collections.Counter("aab"),
        "bytearray": bytearray(b"bytes"),
        "words": ["cos\nsystem\n", "import os", "\x80\x04"],
    }
    for protocol in range(0, 6):
        wanted = data if protocol > 1 else {k: v for k, v in data.items() if k not in ("bytes", "text", "set")}
        if protocol < 2:
            wanted = {k: v for k, v in wanted.items() if k not in ("ordered", "counter", "bytearray", "complex")}
        (FOLDER / f"plain-p{protocol}.pkl").write_bytes(pickle.dumps(wanted, protocol))
    with open(FOLDER / "several-streams.pkl", "wb") as file:
        for index in range(5):
            pickle.dump({"epoch": index}, file)


def archives():
    with zipfile.ZipFile(FOLDER / "texts.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/a.txt", "text" * 1000)
        archive.writestr("b.json", "{}")
        inner = io.BytesIO()
        np.savez(inner, a=np.ones(3))
        archive.writestr("inner.npz", inner.getvalue())
        archive.writestr(zipfile.ZipInfo("stored.npz"), inner.getvalue())
    for name, mode in [("files.tar", "w"), ("files.tar.gz", "w:gz")]:
        for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            with tarfile.open(FOLDER / f"{form}-{name}", mode, format=form) as archive:
                for path in ["model_config.yaml", "/".join(["long"] * 24) + "/file.txt"]:
                    info = tarfile.TarInfo(path)
                    info.size = 4
                    archive.addfile(info, io.BytesIO(b"a: 1"))
    (FOLDER / "vocab.txt.gz").write_bytes(gzip.compress(b"one\ntwo\n"))


def texts():
    """Text that an unpickler would start to read."""
    (FOLDER / "vocab.txt").write_text("cat\ndog\n(bird\nI am\n.\n")
    (FOLDER / "merges.txt").write_text("#version: 0.2\ni n\nt h\n")
    (FOLDER / "notes.bin").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
    (FOLDER / "indices.md").write_text("]\n(\n}\n0\n")
    for index in range(50):
        words = " ".join(random.Random(index).choices("cigPpSVIFL.()oRbl\n", k=400))
        (FOLDER / f"words-{index}.txt").write_text(words)


for make in (numpy_files, joblib_files, safetensors_files, gguf_files, plain_pickles, archives, texts):
    make()
print(len(list(FOLDER.iterdir())))
