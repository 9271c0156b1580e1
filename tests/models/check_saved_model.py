"""Runs every signature of one SavedModel through TensorFlow and through rivulet; prints what came of it as one JSON object.

    check_saved_model.py FOLDER --rivulet PATH

Each signature is asked in every way that the command has: by the signature's keys, by the tensors' full names, and, where it
takes tf.Examples, with examples written as JSON. Each is a new session on both sides, so a model that counts starts anew.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # as check_one.py
import numpy as np
import tensorflow as tf

from check_one import compare, own_words
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1
INIT = "__saved_model_init_op"
BATCH = 2           # for a dim that the signature leaves open
LIST_OF = {tf.string: "bytes_list", tf.int64: "int64_list", tf.float32: "float_list"}


def read(folder):
    saved = saved_model_pb2.SavedModel()
    binary = folder / "saved_model.pb"
    if binary.exists():
        saved.ParseFromString(binary.read_bytes())
    else:
        text_format.Parse((folder / "saved_model.pbtxt").read_text(), saved)
    return saved


def features(meta):
    """Name -> (dtype, elements, whether it may be left out) of every dense feature that the graph parses."""
    found = {}
    graphs = [meta.graph_def.node] + [f.node_def for f in meta.graph_def.library.function]
    for nodes in graphs:
        by_name = {n.name: n for n in nodes}

        def constant(name):
            node = by_name[name.split(":")[0]]
            return tf.make_ndarray(node.attr["value"].tensor) if node.op == "Const" else constant(node.input[0])

        for node in nodes:
            types = [tf.as_dtype(t) for t in node.attr["Tdense"].list.type]
            shapes = [[d.size for d in s.dim] for s in node.attr["dense_shapes"].list.shape]
            if node.op == "ParseExample":
                sparse = node.attr["Nsparse"].i
                keys = [constant(i).item() for i in node.input[2 + sparse:2 + sparse + len(types)]]
                defaults = node.input[2 + sparse + len(types):]
            elif node.op == "ParseExampleV2":
                keys, defaults = constant(node.input[3]).tolist(), node.input[5:]
            else:
                continue
            for key, dtype, shape, default in zip(keys, types, shapes, defaults):
                found[key.decode()] = (dtype, int(np.prod(shape)), constant(default).size > 0)
    return found


def examples(meta):
    """Two examples, as JSON and serialised; the second leaves out what has a default."""
    rng = np.random.RandomState(3)
    written, serialised = [], []
    for leave_out in (False, True):
        values, example = {}, tf.train.Example()
        for name, (dtype, count, has_default) in sorted(features(meta).items()):
            if leave_out and has_default:
                continue
            values[name] = {tf.string: ["text"] * count, tf.int64: rng.randint(0, 9, count).tolist(),
                            tf.float32: rng.randint(-9, 9, count).astype(float).tolist()}[dtype]
            kept = getattr(example.features.feature[name], LIST_OF[dtype]).value
            kept.extend(v.encode() if isinstance(v, str) else v for v in values[name])
        written.append(values)
        serialised.append(example.SerializeToString())
    return written, serialised


def made_up(info, place, is_scalar):
    dtype = place.dtype
    # A signature of an early writer says nothing or nonsense of the shape; then the graph is asked.
    dims = [d.size for d in info.tensor_shape.dim]
    if not dims or not place.shape.is_compatible_with([None if d < 0 else d for d in dims]):
        dims = [-1 if d is None else d for d in place.shape.as_list()] if place.shape.rank is not None else [] if is_scalar else [-1, 1]
    shape = [BATCH if d < 0 else d for d in dims]
    rng = np.random.RandomState(7)
    if dtype == tf.bool:
        return rng.randint(0, 2, shape).astype(bool)
    if dtype.is_floating:
        return rng.uniform(-1, 1, shape).astype(dtype.as_numpy_dtype)
    return rng.randint(0, 9, shape).astype(dtype.as_numpy_dtype)


def tensorflow(folder, tags, feeds, fetches):
    with tf.Graph().as_default(), v1.Session() as session:
        v1.saved_model.loader.load(session, tags, str(folder))
        return session.run(fetches, feeds)


def rivulet(command, folder, tags, flags, inputs, outputs):
    with tempfile.TemporaryDirectory() as out:
        call = [command, "run", str(folder), "--tags", ",".join(tags), "--save", out, *flags]
        for i, (name, value) in enumerate(inputs.items()):
            np.save(f"{out}/in{i}.npy", value)
            call += ["--input", f"{name}={out}/in{i}.npy"]
        for name in outputs:
            call += ["--output", name]
        done = subprocess.run(call, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
        return [np.load(f"{out}/{re.sub('[/:]', '_', name)}.npy") for name in outputs]


def check(folder, command):
    saved = read(folder)
    for meta in saved.meta_graphs:
        tags = list(meta.meta_info_def.tags)
        with tf.Graph().as_default() as graph:
            v1.train.import_meta_graph(meta, clear_devices=True)
        for key, signature in sorted(meta.signature_def.items()):
            if key == INIT:
                continue
            yield from check_signature(folder, command, meta, tags, graph, key, signature)


def check_signature(folder, command, meta, tags, graph, key, signature):
    written, serialised = examples(meta)
    inputs = {name: info.name for name, info in signature.inputs.items()}
    outputs = {name: info.name for name, info in signature.outputs.items()}
    places = {name: graph.get_tensor_by_name(name) for name in inputs.values()}
    failed = ""
    for is_scalar in (False, True):  # what an input is whose rank nothing tells
        # Two keys may mean one tensor; it gets one value.
        values = {info.name: np.array(serialised) if places[info.name].dtype == tf.string else made_up(info, places[info.name], is_scalar)
                  for info in signature.inputs.values()}
        feeds = {name: np.array(serialised, object) if value.dtype.kind == "S" else value for name, value in values.items()}
        try:
            expected = dict(zip(outputs.values(), tensorflow(folder, tags, feeds, list(outputs.values()))))
            break
        except Exception as error:
            failed = failed or own_words(error)
    else:
        yield {"case": key, "result": "TensorFlow cannot", "difference": None, "top1": None, "note": failed}
        return
    by_key = {name: values[tensor] for name, tensor in inputs.items()}
    flags = ["--signature", key]
    ways = [(key, flags, by_key, list(outputs)), (f"{key} by tensor", [], values, list(dict.fromkeys(outputs.values())))]
    texts = [name for name, value in by_key.items() if value.dtype.kind == "S"]
    if texts:
        given = flags + [word for name in texts for word in ("--example", f"{name}={json.dumps(written)}")]
        ways.append((f"{key} by example", given, {name: value for name, value in by_key.items() if name not in texts}, list(outputs)))
    for case, given, fed, names in ways:
        wanted = [expected[outputs.get(name, name)] for name in names]
        try:
            worst, top1, wrong = compare(wanted, rivulet(command, folder, tags, given, fed, names), False)
            yield {"case": case, "result": "DIFFERS" if wrong else "passes", "difference": worst, "top1": top1, "note": wrong}
        except RuntimeError as error:
            yield {"case": case, "result": "FAILS", "difference": None, "top1": None, "note": str(error)[:200]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    args = parser.parse_args()
    print(json.dumps({"tensorflow": tf.__version__, "results": list(check(args.folder, args.rivulet))}))


if __name__ == "__main__":
    main()
