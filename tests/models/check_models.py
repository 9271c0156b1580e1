"""Runs frozen graphs through TensorFlow and rivulet and writes docs/models.md: one row per file.

    python tests/models/check_models.py --graphs FOLDER --rivulet build/release/cli/rivulet [--write]

Needs a Python with TensorFlow. Graphs with loops are listed as left for later. Inputs are made from a fixed seed, WAV
bytes for string inputs (--wav). Exit status 1 when a graph that TensorFlow runs gives other results here.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
LOOPS = {"Enter", "Switch", "Merge", "While", "StatelessWhile", "If", "StatelessIf", "PartitionedCall", "StatefulPartitionedCall"}
STATE = {"VariableV2", "Variable", "VarHandleOp", "HashTableV2", "HashTable"}
DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "models.md"


def load(path):
    definition = v1.GraphDef()
    if path.suffix == ".pbtxt":
        from google.protobuf import text_format
        text_format.Parse(path.read_text(), definition)
    else:
        definition.ParseFromString(path.read_bytes())
    return definition


def guess_shape(shape, name):
    if shape is None:
        return (1, 32, 32, 1) if "Iterator" in name else (1, 32, 32, 3)
    return tuple(1 if d is None else d for d in shape)


def make_feed(node, wav):
    dtype = tf.as_dtype(node.attr["dtype"].type)
    proto = node.attr["shape"].shape
    shape = None if proto.unknown_rank or (not proto.dim and "shape" not in node.attr) else tuple(None if d.size < 0 else d.size for d in proto.dim)
    rng = np.random.RandomState(7)
    if dtype == tf.string:
        return np.array(wav, dtype=object)
    if node.name in ("keep_prob", "dropout_keep_prob"):
        return np.float32(1)
    if dtype.is_floating:
        if node.name == "style_num":
            return np.eye(shape[0], dtype=np.float32)[3]
        if shape == () and ("input" in node.name.lower() or node.name in ("X", "batch", "image")):
            shape = None
        dims = guess_shape(shape, node.name)
        if node.name == "batch":
            dims = (1, 224, 224, 3)
        if node.name == "X" and shape is None:
            dims = (2, 784)
        return rng.uniform(-1, 1, dims).astype(dtype.as_numpy_dtype)
    if dtype == tf.bool:
        return np.zeros(guess_shape(shape, node.name), bool) if shape else np.bool_(False)
    return rng.randint(0, 4, guess_shape(shape, node.name) if shape else ()).astype(dtype.as_numpy_dtype)


def sinks(definition):
    used = {re.sub(r":\d+$", "", i.lstrip("^")) for n in definition.node for i in n.input}
    skip = {"Const", "NoOp", "Placeholder", "Assert", "PlaceholderWithDefault"}
    return [n.name for n in definition.node if n.name not in used and n.op not in skip]


def run_tensorflow(definition, feeds, outputs):
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
        config = v1.ConfigProto(intra_op_parallelism_threads=1)
        with v1.Session(graph=graph, config=config) as session:
            return session.run([o + ":0" for o in outputs], {k + ":0": v for k, v in feeds.items()})


def run_rivulet(rivulet, path, feeds, outputs):
    with tempfile.TemporaryDirectory() as folder:
        command = [rivulet, "run", str(path), "--save", folder]
        for i, (name, value) in enumerate(feeds.items()):
            value = np.asarray(value)
            if value.dtype == object:
                pathlib.Path(folder, f"in{i}.bin").write_bytes(value.item())
                command += ["--input", f"{name}=@{folder}/in{i}.bin"]
            else:
                np.save(f"{folder}/in{i}.npy", value)
                command += ["--input", f"{name}={folder}/in{i}.npy"]
        for name in outputs:
            command += ["--output", name]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
        return [np.load(f"{folder}/{name.replace('/', '_').replace(':', '_')}.npy") for name in outputs]


def compare(expected, got):
    """Largest |difference| over the largest |value|, and whether the largest element of each row is the same one."""
    worst, top1 = 0.0, True
    for a, b in zip(expected, got):
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape:
            raise RuntimeError(f"shape {b.shape}, TensorFlow has {a.shape}")
        if a.dtype.kind in "OSU" or a.size == 0:
            continue
        if a.dtype.kind in "iub":
            worst = max(worst, float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64)))) if (a != b).any() else 0.0)
            continue
        scale = max(1.0, float(np.nanmax(np.abs(a)))) if np.isfinite(a).any() else 1.0
        difference = np.abs(a.astype(np.float64) - b.astype(np.float64))
        difference[(a == b) | (np.isnan(a) & np.isnan(b))] = 0
        worst = max(worst, float(np.max(difference)) / scale)
        if a.ndim and a.shape[-1] > 1:
            # Classes that tie within the rule are no difference.
            chosen = np.take_along_axis(a, b.argmax(-1)[..., None], -1)[..., 0]
            top1 &= bool((a.max(-1) - chosen <= 1e-3 * scale).all())
    return worst, top1


def check(path, args, wav):
    definition = load(path)
    ops = {n.op for n in definition.node}
    if ops & LOOPS:
        return "later", "loops or functions", None, None
    if ops & STATE:
        return "later", "variables or tables", None, None
    feeds = {n.name: make_feed(n, wav) for n in definition.node if n.op in ("Placeholder", "PlaceholderV2")}
    outputs = sinks(definition)
    try:
        expected = run_tensorflow(definition, feeds, outputs)
    except Exception as error:  # TensorFlow cannot run it: say why
        return "TensorFlow cannot", str(error).splitlines()[0][:150], None, None
    try:
        worst, top1 = compare(expected, run_rivulet(args.rivulet, path, feeds, outputs))
    except RuntimeError as error:
        return "FAILS", str(error)[:200], None, None
    limit = 1e-3
    return ("passes" if worst <= limit and top1 else "DIFFERS"), "", worst, top1


def check_apart(path, args, wav):
    """check() in a process of its own: TensorFlow ends its process on some graphs."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            found = check(path, args, wav)
        except Exception as error:
            found = ("not a GraphDef", str(error).splitlines()[0][:100] if str(error) else "", None, None)
        os.write(writer, json.dumps(found).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else ("TensorFlow cannot", "it ends its own process", None, None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", required=True, type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    parser.add_argument("--wav", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="write docs/models.md")
    args = parser.parse_args()
    wav = args.wav.read_bytes() if args.wav else b""
    rows, bad = [], 0
    for path in sorted(args.graphs.rglob("*.pb")) + sorted(args.graphs.rglob("*.pbtxt")):
        result, note, worst, top1 = check_apart(path, args, wav)
        bad += result in ("FAILS", "DIFFERS")
        name = str(path.relative_to(args.graphs))
        rows.append(f"| {name} | {result} | {'' if worst is None else f'{worst:.1e}'} | {'' if top1 is None else 'equal' if top1 else 'differs'} | {note.replace('|', '/')} |")
        print(rows[-1], flush=True)
    counts = {}
    for row in rows:
        key = row.split(" | ")[1]
        counts[key] = counts.get(key, 0) + 1
    text = ("# Real models\n\nMade by `tests/models/check_models.py` against TensorFlow " + tf.__version__ +
            ": every frozen graph of the collection, the same inputs through both. The difference is the largest one over the largest "
            "value of an output (at least 1); it passes up to 1e-3 with the same best class.\n\n" +
            ", ".join(f"{v} {k}" for k, v in sorted(counts.items())) + ".\n\n| file | result | difference | top-1 | note |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n")
    if args.write:
        DOCS.write_text(text)
    print(counts)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
