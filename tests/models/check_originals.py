"""The drop-in tools beside TensorFlow 2.21's own, with the same flags, on every graph and SavedModel there is.

    python tests/models/check_originals.py --rivulet-tf PATH --material FOLDER [--more FOLDER] [--only GLOB] [--most-bytes N]

strip_unused: node by node. optimize_for_inference: TensorFlow runs both programs' graphs, and the graph as it was.
import_pb_to_tensorboard: the graph in the event file. saved_model_cli: show of all, of a tag set and of a signature, and scan, line by
line; run: the files that it saves, and the lines but for numbers. freeze_graph of a SavedModel: names, operators and inputs, and of a graph:
check_tutorial_road.py;
inspect_checkpoint and print_selective_registration_header: check_printed.py. Exit status 1 when something differs, 77 without
TensorFlow 2.21, whose package has the originals.
"""
import argparse
import contextlib
import fnmatch
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from unittest import mock

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    from absl import flags
    from check_one import Graph, made_up, np, tf, v1
    from verb_models import array_for, first_wav, needed_by, own_feeds, signature_of
    from tensorflow.python.tools import optimize_for_inference_lib, saved_model_cli, strip_unused_lib
except ImportError as error:
    print(f"skipped: this needs a Python with TensorFlow 2.21 ({error})")
    sys.exit(77)


def nodes_of(definition):
    return {node.name: node.SerializeToString(deterministic=True) for node in definition.node}


class Model:
    def __init__(self, path, args, folder):
        self.graph, self.args, self.folder = Graph(path), args, pathlib.Path(folder)
        needed = needed_by(self.graph)
        self.inputs = [n for n in self.graph.inputs if n.name in needed]
        self.names = ",".join(n.name for n in self.inputs), ",".join(self.graph.outputs)
        self.types = [n.attr["dtype"].type for n in self.inputs]

    def ours(self, tool, *flags):
        done = subprocess.run([self.args.rivulet_tf, tool, *map(str, flags)], capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1])
        return done.stdout

    def read(self, name):
        return v1.GraphDef.FromString((self.folder / name).read_bytes())

    def results(self, definition):
        feeds = {n.name: made_up(n, self.graph.path.name, first_wav(self.args)) for n in self.inputs} | own_feeds(self.graph.path)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(definition, name="")
            with v1.Session(graph=graph) as session:
                fetches = [o if ":" in o else o + ":0" for o in self.graph.outputs]
                return session.run(fetches, {k + ":0": np.array(v, object) if isinstance(v, bytes) else v for k, v in feeds.items()})

    def strip_unused(self):
        flags = [f"--input_graph={self.graph.path}", "--input_binary=true", f"--output_graph={self.folder / 's.pb'}", f"--input_node_names={self.names[0]}",
                 f"--output_node_names={self.names[1]}", f"--placeholder_type_enum={','.join(map(str, self.types))}"]
        self.ours("strip_unused", *flags)
        theirs = strip_unused_lib.strip_unused(self.graph.definition, self.names[0].split(","), self.graph.outputs, self.types)
        a, b = nodes_of(theirs), nodes_of(self.read("s.pb"))
        differ = sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))
        return f"{len(a)} nodes, {len(differ)} differ {differ[:3]}", not differ

    def optimize_for_inference(self):
        self.ours("optimize_for_inference", f"--input={self.graph.path}", f"--output={self.folder / 'o.pb'}", f"--input_names={self.names[0]}",
                  f"--output_names={self.names[1]}", f"--placeholder_type_enum={','.join(map(str, self.types))}")
        want, got = self.results(self.graph.definition), self.results(self.read("o.pb"))
        # 8-bit products may take a rounding more.
        slack = 0.02 if any("Quantized" in op for op in self.graph.ops) else 1e-4
        near = [np.allclose(a, b, rtol=slack, atol=slack * (np.abs(a).max() if a.size else 0)) if np.asarray(a).dtype.kind in "fiub" else np.array_equal(a, b)
                for a, b in zip(map(np.asarray, want), map(np.asarray, got))]
        try:
            theirs = optimize_for_inference_lib.optimize_for_inference(v1.GraphDef.FromString(self.graph.definition.SerializeToString()), self.names[0].split(","),
                                                                       self.graph.outputs, self.types)
            theirs = f"the original {len(theirs.node)}"
        except Exception as error:
            theirs = f"the original fails: {' '.join(str(error).split())[:80]}"
        return f"{len(self.graph.definition.node)} nodes, here {len(self.read('o.pb').node)}, {theirs}; results differ: {near.count(False)}", all(near)

    def import_pb_to_tensorboard(self):
        self.ours("import_pb_to_tensorboard", f"--model_dir={self.graph.path}", f"--log_dir={self.folder / 'log'}")
        (file,) = (self.folder / "log").iterdir()
        (event,) = [e for e in v1.train.summary_iterator(str(file)) if e.graph_def]
        a, b = {n.name for n in self.graph.definition.node}, {n.name for n in v1.GraphDef.FromString(event.graph_def).node}
        return f"{len(b)} nodes in the event file, {len(a ^ b)} differ", a == b


def original(program, *words):
    """(exit code, what it prints) of a tool of the package, run here, where flags keep what the last call set."""
    for name in flags.FLAGS:
        if flags.FLAGS[name].present:
            flags.FLAGS[name].unparse()
    with contextlib.redirect_stdout(io.StringIO()) as said, mock.patch.object(sys, "argv", [program.__name__, *map(str, words)]):
        try:
            program.main()
        except SystemExit as end:
            return end.code or 0, said.getvalue()
        except Exception as error:
            return f"fails: {' '.join(str(error).split())[:80]}", said.getvalue()
    return 0, said.getvalue()


def here(args, tool, *words):
    done = subprocess.run([args.rivulet_tf, tool, *map(str, words)], capture_output=True, text=True, errors="replace", timeout=600)
    return done.returncode, done.stdout, done.stderr


def show(args, path, *words):
    """saved_model_cli show, line by line; sets have no order there, and of Python's functions only names are here."""
    words = ["show", "--dir", path, *words]
    code, theirs = original(saved_model_cli, *words)
    if code:
        return f"the original ends with {code}", True
    done, ours, _ = here(args, "saved_model_cli", *words)
    skipped = re.compile(r"\s*(__inference_|Option #|Callable with|Argument #|\S+: TensorSpec|DType|Value|The MetaGraph with|\{|$)")
    lines = [[l.rstrip() for l in text.splitlines() if not skipped.match(l)] for text in (theirs, ours)]
    # Told in docs/tf_tools.md: references, and tensors whose shape the file does not have.
    lines[0] = [l.replace("_REF", "") for l in lines[0]]
    lines = [[re.sub(r"shape: (\(\)|unknown_rank)$", "shape: () or none", l) for l in text] for text in lines]
    # The original does not look into the bodies of loops.
    ops = [[set(re.findall(r"'(\w+)'", part)) for part in re.findall(r"following ops: (.*)", text)] for text in (theirs, ours)]
    if any(not theirs <= ours for theirs, ours in zip(*ops)):
        return "operators are not listed", False
    differ = [l for l in lines[0] if l not in lines[1]] + [l for l in lines[1] if l not in lines[0]]
    return f"{len(lines[0])} lines, {len(differ)} differ {differ[:2]}", not differ and done == 0


def scan(args, path):
    # In a process of its own: its exit status depends on flags of calls before.
    call = subprocess.run([sys.executable, "-m", "tensorflow.python.tools.saved_model_cli", "scan", "--dir", str(path)], capture_output=True, text=True)
    code, theirs = call.returncode, call.stdout
    done, ours, _ = here(args, "saved_model_cli", "scan", "--dir", path)
    found = [set(re.findall(r"'?(\w+)'?", "".join(re.findall(r"denylisted ops?: (.*)", text)))) for text in (theirs, ours)]
    return f"ends with {code}, here {done}: {' '.join(ours.split())[:90]}", code == done and found[0] <= found[1]


def literal(array):
    return json.dumps(array.tolist() if array.dtype.kind not in "SO" else np.vectorize(bytes.decode, otypes=[object])(array).tolist())


def run(args, path, folder):
    """saved_model_cli run of the signature that verb_models.py takes: the arrays that both save, and the lines but for numbers."""
    tags, key, signature = signature_of(path)
    if signature is None:
        return "no signature", True
    feeds = {name: array_for(info, args) for name, info in signature.inputs.items()} | own_feeds(path)
    if any(isinstance(value, bytes) for value in feeds.values()):
        return "takes a message", True
    folder = pathlib.Path(folder)
    files = {name: value for name, value in feeds.items() if np.asarray(value).dtype.kind not in "SO"}
    for name, value in files.items():
        np.save(folder / f"{name}.npy", value)
    words = ["run", "--dir", path, "--tag_set", ",".join(tags), "--signature_def", key]
    if files:
        words += ["--inputs", ";".join(f"{name}={folder / name}.npy" for name in files)]
    texts = [f"{name}={literal(np.asarray(value))}" for name, value in feeds.items() if name not in files]
    if texts:
        words += ["--input_exprs", ";".join(texts)]
    with tf.Graph().as_default():
        code, theirs = original(saved_model_cli, *words, "--outdir", folder / "theirs")
    done, ours, error = here(args, "saved_model_cli", *words, "--outdir", folder / "ours")
    if code:
        return f"the original {code}; here {done}: {error.strip()[-90:]}", True
    if done:
        return f"the original runs it, here {done}: {error.strip()[-200:]}", False
    named = [re.findall(r"Result for output key (.*):", text) for text in (theirs, ours)]
    wrong = [f"keys {named}"] if sorted(named[0]) != sorted(named[1]) else []
    for file in sorted((folder / "theirs").glob("*.npy")):
        a, b = np.load(file, allow_pickle=True), folder / "ours" / file.name
        if not b.exists():
            wrong.append(f"no {file.name}")
        elif a.dtype.kind in "fc":
            b = np.load(b)
            if a.dtype != b.dtype or a.shape != b.shape or not np.allclose(a, b, rtol=1e-3, atol=1e-4 * max(1, np.abs(a).max(initial=0)), equal_nan=True):
                wrong.append(file.name)
        elif a.tolist() != np.load(b, allow_pickle=True).tolist():
            wrong.append(file.name)
    return f"{len(named[0])} results, wrong: {wrong}", not wrong


def freeze(args, path, folder):
    """freeze_graph of a SavedModel, node by node; the original's order does not count."""
    tags, _, signature = signature_of(path)
    outputs = sorted({i.name.split(":")[0] for i in signature.outputs.values()}) if signature else []
    if not outputs:
        return "no outputs", True
    words = [f"--input_saved_model_dir={path}", f"--saved_model_tags={','.join(tags)}", f"--output_node_names={','.join(outputs)}"]
    with tempfile.TemporaryDirectory() as place:
        theirs = pathlib.Path(place, "theirs.pb")
        done = subprocess.run([sys.executable, "-m", "tensorflow.python.tools.freeze_graph", *words, f"--output_graph={theirs}"], capture_output=True, text=True)
        code, _, error = here(args, "freeze_graph", *words, f"--output_graph={folder}/ours.pb")
        if not theirs.exists():
            return f"the original: {done.stderr.strip().splitlines()[-1][:80]}; here {code} {error.strip()[-80:]}", True
        if code:
            return f"here {code}: {error.strip()[-200:]}", False
        # Functions that values go into are made anew, and the original writes defaults into attributes.
        a, b = ({(n.name, n.op, tuple(n.input)) for n in v1.GraphDef.FromString(p.read_bytes()).node} for p in (theirs, pathlib.Path(folder, "ours.pb")))
    return f"{len(a)} nodes, differ: {sorted(a ^ b)[:2]}", a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivulet-tf", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--material", required=True, type=pathlib.Path)
    parser.add_argument("--more", type=pathlib.Path)
    parser.add_argument("--only", default="*")
    parser.add_argument("--most-bytes", type=float, default=30e6)
    args = parser.parse_args()
    wrong = count = 0

    def say(what, call):
        nonlocal wrong, count
        try:
            line, is_fine = call()
        except Exception as error:
            line, is_fine = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}", False
        count += 1
        wrong += not is_fine
        print(f"{what}: {line}{'' if is_fine else '  WRONG'}", flush=True)

    files = sorted((args.material / "graphs").rglob("*.pb")) + (sorted(args.more.glob("*.pb")) if args.more else [])
    for path in files:
        if path.stat().st_size > args.most_bytes or not fnmatch.fnmatch(path.name, args.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            model = Model(path, args, folder)
            for tool in ("strip_unused", "optimize_for_inference", "import_pb_to_tensorboard"):
                if model.inputs or tool.startswith("import"):
                    say(f"{path.name}: {tool}", getattr(model, tool))
    for path in sorted((args.material / "savedmodels").rglob("saved_model.pb*")):
        name = path.parent.relative_to(args.material / "savedmodels").as_posix()
        if not fnmatch.fnmatch(name, args.only):
            continue
        tags, key, _ = signature_of(path.parent)
        say(f"{name}: saved_model_cli show --all", lambda: show(args, path.parent, "--all"))
        say(f"{name}: saved_model_cli show", lambda: show(args, path.parent))
        if key:
            some = ["--tag_set", ",".join(tags)]
            say(f"{name}: saved_model_cli show --tag_set", lambda: show(args, path.parent, *some))
            say(f"{name}: saved_model_cli show --signature_def", lambda: show(args, path.parent, *some, "--signature_def", key))
        say(f"{name}: saved_model_cli scan", lambda: scan(args, path.parent))
        with tempfile.TemporaryDirectory() as folder:
            say(f"{name}: saved_model_cli run", lambda: run(args, path.parent, folder))
            say(f"{name}: freeze_graph", lambda: freeze(args, path.parent, folder))
    print(f"{count} compared, {wrong} wrong")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
