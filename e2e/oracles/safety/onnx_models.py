"""ONNX models, written by onnx itself: ordinary ones, and ones whose data is said to lie where it must not.

`onnx_models.py FOLDER` makes a folder for each below `FOLDER/ordinary` and `FOLDER/bad`.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(sys.argv[1])
RNG = np.random.default_rng(11)
SIZE = dict(save_as_external_data=True, size_threshold=0)


def model(tensors=(), nodes=(), functions=(), opsets=(("", 21),), **more):
    weights = [numpy_helper.from_array(RNG.random((30, 4), "f4"), "w"), numpy_helper.from_array(RNG.random(4, "f4"), "b")]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), helper.make_node("Add", ["y", "b"], ["z"]), *nodes],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 30])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["batch", 4])],
        [*weights, *tensors],
        doc_string="A graph.\n" * 100,
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    return helper.make_model(graph, opset_imports=imports, functions=list(functions), producer_name="sluice", **more)


def place(kind, name):
    folder = FOLDER / kind / name
    folder.mkdir(parents=True)
    return folder


def every_type():
    for name, kind in TensorProto.DataType.items():
        if kind in (TensorProto.UNDEFINED, TensorProto.STRING):
            continue
        for shape in ((3, 5), (), (0, 4)):
            size = int(np.prod(shape))
            try:
                yield helper.make_tensor(f"{name}{shape}", kind, shape, [1] * size)
            except Exception:
                continue
    yield helper.make_tensor("texts", TensorProto.STRING, [2], [b"a", b"b"])


def subgraph():
    def branch(name, value):
        constant = helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.float32([value])))
        return helper.make_graph([constant], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1])])

    condition = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.array(True)))
    return [condition, helper.make_node("If", ["c"], ["i"], then_branch=branch("t", 1), else_branch=branch("e", 2))]


def ordinary():
    onnx.save(model(), place("ordinary", "plain") / "model.onnx")
    onnx.save(model(), place("ordinary", "other-name") / "weights.bin")
    onnx.save(model(every_type()), place("ordinary", "every-type") / "model.onnx")
    onnx.save(model(every_type()), place("ordinary", "every-type-outside") / "model.onnx", location="m.data", **SIZE)
    onnx.save(model(), place("ordinary", "one-file") / "model.onnx", location="model.onnx_data", **SIZE)
    onnx.save(model(), place("ordinary", "file-each") / "model.onnx", all_tensors_to_one_file=False, **SIZE)
    onnx.save(model(nodes=subgraph()), place("ordinary", "subgraph") / "model.onnx", convert_attribute=True, **SIZE)
    relu = helper.make_node("Relu", ["a"], ["b"])
    function = helper.make_function("own", "F", ["a"], ["b"], [relu], [helper.make_opsetid("", 21)])
    call = helper.make_node("F", ["z"], ["f"], domain="own")
    functions = model(nodes=[call], functions=[function], opsets=(("", 21), ("own", 1)))
    helper.set_model_props(functions, {"key": "value" * 1000})
    onnx.save(functions, place("ordinary", "functions") / "model.onnx")
    for version in (8, 13, 17, 22):
        name = f"opset-{version}"
        onnx.save(model(opsets=(("", version), ("ai.onnx.ml", 2))), place("ordinary", name) / "model.onnx")
    for version in range(3, 12):
        onnx.save(model(ir_version=version), place("ordinary", f"ir-{version}") / "model.onnx")
    for index in range(40):
        # Whatever numbers a model has: none of them may look like something else.
        folder = place("ordinary", f"numbers-{index}")
        raw = bytes([0x78, 0x9C]) + RNG.bytes(1022) if index == 0 else RNG.bytes(1024)
        tensor = helper.make_tensor("n", TensorProto.UINT8, [1024], raw, raw=True)
        onnx.save(model([tensor]), folder / "model.onnx", all_tensors_to_one_file=False, **SIZE)


def bad():
    def outside(name, change, keep=True):
        folder = place("bad", name)
        onnx.save(model(), folder / "model.onnx", location="model.data", **SIZE)
        loaded = onnx.load(folder / "model.onnx", load_external_data=False)
        change({entry.key: entry for entry in loaded.graph.initializer[0].external_data}, loaded.graph.initializer[0])
        onnx.save(loaded, folder / "model.onnx")
        if not keep:
            (folder / "model.data").unlink()

    def value(key, text):
        def change(entries, _):
            entries[key].value = text

        return change

    places = ["../model.data", "/etc/passwd", "..\\model.data", "sub/../../x", "C:/x", "other.data", "*/_ORT_MEM_ADDR_/*", ""]
    for index, location in enumerate(places):
        outside(f"location-{index}", value("location", location))
    for key, text in [("offset", "100000"), ("length", "100000"), ("length", "10"), ("offset", "-1"), ("length", "x")]:
        outside(f"{key}-{text}", value(key, text))
    outside("gone", lambda *_: None, keep=False)
    outside("twice", lambda _, tensor: tensor.external_data.add(key="location", value="../secret"))
    outside("python", lambda _, tensor: tensor.external_data.add(key="__class__", value="x"))
    outside("larger", lambda _, tensor: tensor.dims.__setitem__(0, 10_000))
    nodes = subgraph()
    inner = nodes[1].attribute[0].g.node[0].attribute[0].t
    inner.ClearField("raw_data")
    inner.data_location = TensorProto.EXTERNAL
    inner.external_data.add(key="location", value="../hidden")
    onnx.save(model(nodes=nodes), place("bad", "in-a-branch") / "model.onnx")
    whole = model().SerializeToString()
    for cut in range(1, 16):
        (place("bad", f"cut-{cut}") / "model.onnx").write_bytes(whole[: len(whole) * cut // 16])


ordinary()
bad()
