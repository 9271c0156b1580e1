"""The models of check_verbs.py: what each is fed, what comes of it as it is, by rivulet and by TensorFlow."""
import json
import os
import pathlib
import re
import subprocess

from check_one import SHAPES, Graph, compare, made_up, np, picture, tf, v1

LONGEST_S = 600
# What optimize and prepare give its value for use: no inputs after them.
SWITCHES = ("keep_prob", "dropout_keep_prob", "is_training", "keras_learning_phase")


class Case:
    """A model as a user has it, and as a graph whose variables are constants."""

    def __init__(self, name, path, args, folder, flags=()):
        self.name, self.path, self.args, self.folder, self.flags = name, pathlib.Path(path), args, pathlib.Path(folder), list(flags)
        self.graph = self.path                  # the frozen graph
        self.feeds, self.files = {}, {}         # by the graph's names; as arrays or bytes, as files
        self.outputs, self.keys = [], {}        # names in the graph; {name in the graph: name that `path` is asked by}
        self.reference, self.tensorflow = None, None
        self.open_shapes = {}                   # of inputs whose shape the file does not tell
        self.labels = None                      # a file, where the model says what it sees or hears
        self.refused = ""

    def call(self, *words, program=None):
        """(exit code, stdout, stderr); -1 for what takes too long."""
        try:
            done = subprocess.run([str(program or self.args.rivulet), *map(str, words)], capture_output=True, text=True, errors="replace", timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return -99, "", f"longer than {LONGEST_S} s"
        return done.returncode, done.stdout, done.stderr

    def set_feeds(self, feeds):
        self.feeds = feeds
        for i, (name, value) in enumerate(feeds.items()):
            path = self.folder / f"feed{i}{'.bin' if isinstance(value, bytes) else '.npy'}"
            path.write_bytes(value) if isinstance(value, bytes) else np.save(path, value)
            self.files[name] = f"@{path}" if isinstance(value, bytes) else str(path)

    def inputs(self, flag="--input", keys=None):
        return [word for name, file in self.files.items() for word in (flag, f"{(keys or {}).get(name, name)}={file}")]

    def run(self, path, flags=(), outputs=None, input_keys=None):
        """What rivulet makes of a model with these feeds; a string says why it does not."""
        out = self.folder / "results"
        for old in out.glob("*.npy"):
            old.unlink()
        outputs = outputs or self.outputs
        words = ["run", path, "--save", out, *flags, *self.inputs(keys=input_keys)]
        for name in outputs:
            words += ["--output", name]
        code, _, error = self.call(*words)
        if code < 0 or code in (132, 134, 136, 139):
            return f"crashed ({code}): {error.strip()[-200:]}"
        if code != 0:
            return error.strip() or f"ends with {code}"
        return [np.load(out / (re.sub("[/:]", "_", name) + ".npy")) for name in outputs]

    def without(self, name):
        import copy
        other = copy.copy(self)
        other.files = {k: v for k, v in self.files.items() if k != name}
        other.feeds = {k: v for k, v in self.feeds.items() if k != name}
        return other

    def without_switches(self):
        other = self
        for name in SWITCHES:
            other = other.without(name)
        return other

    def differs(self, path, is_lossy=False, flags=()):
        """What is wrong with a model that was made of this one; empty when nothing is."""
        got = self.run(path, flags)
        if isinstance(got, str):
            # What switches between training and use has its value now, and is no input.
            gone = re.search(rf"no node is called '({'|'.join(SWITCHES)})'", got)
            if gone:
                return Case.differs(self.without(gone.group(1)), path, is_lossy, flags)
            return "what came out does not run: " + got.splitlines()[-1][:160]
        if is_lossy:
            for a, b in zip(self.reference, got):
                if a.shape != b.shape or a.dtype != b.dtype:
                    return f"{b.dtype}{list(b.shape)}, before {a.dtype}{list(a.shape)}"
                if a.dtype.kind == "f" and np.isfinite(a).all() and not np.isfinite(b).all():
                    return "not finite"
            return self.differs_in_tensorflow(path, got)
        difference, _, wrong = compare(self.reference, got, any(a.dtype == np.uint8 for a in self.reference))
        if wrong:
            return f"WRONG by {difference:.2g}: {wrong}"
        return self.differs_in_tensorflow(path, self.tensorflow)

    def differs_in_tensorflow(self, path, want):
        """What TensorFlow says of a graph that was written; empty where it gives `want`, or ran the model as it came neither."""
        if not self.args.chains or path.suffix not in (".pb", ".pbtxt") or not isinstance(self.tensorflow, list):
            return ""
        graph = Graph(path)
        # No TensorFlow of today has the old arrays; sums of codes may be rounded otherwise.
        if any(re.fullmatch(r"TensorArray(Read|Write|Gather|Scatter|Size|Split|Concat|Close)?V2|Quantize.*", op) for op in graph.ops):
            return ""
        there = {n.name for n in graph.definition.node}
        graph.outputs = self.outputs
        got = tensorflow_says(graph, {k: v for k, v in self.feeds.items() if k.split(":")[0] in there})
        if not isinstance(got, list):
            return f"TensorFlow does not run it: {got}"
        difference, _, wrong = compare(want, got, any("Quantized" in op for op in self.ops))
        return f"WRONG in TensorFlow by {difference:.2g}: {wrong}" if wrong else ""


def own_feeds(path):
    """{name: array} of the file MODEL.npz, where one lies beside the model: what made-up values would not do for."""
    file = path.with_name(path.name.removesuffix(".pb") + ".npz")
    return dict(np.load(file)) if file.exists() else {}


def first_wav(args):
    wavs = sorted((args.material / "data" / "speech").glob("*.wav"))
    return wavs[-1].read_bytes() if wavs else b""


def tensorflow_says(graph, feeds):
    """TensorFlow's results, or why there are none."""
    try:
        return graph.tensorflow({k: np.array(v, dtype=object) if np.asarray(v).dtype.kind in "SO" else v for k, v in feeds.items()})
    except Exception as error:
        return " ".join(str(error).split())[:160]


def needed_by(graph):
    """The nodes that the outputs need."""
    by_name, waiting, needed = {n.name: n for n in graph.definition.node}, list(graph.outputs), set()
    while waiting:
        name = re.sub(r":\d+$", "", waiting.pop().lstrip("^"))
        if name not in needed and name in by_name:
            needed.add(name)
            waiting += by_name[name].input
    return needed


def frozen_case(path, args, folder):
    case = Case(path.name, path, args, folder)
    graph = Graph(path)
    needed = needed_by(graph)
    graph.inputs = [n for n in graph.inputs if n.name in needed]
    wav = first_wav(args)
    case.set_feeds({n.name: made_up(n, path.name, wav) for n in graph.inputs} | own_feeds(path))
    case.open_shapes = {n.name: case.feeds[n.name].shape for n in graph.inputs
                        if not isinstance(case.feeds[n.name], bytes) and (n.attr["shape"].shape.unknown_rank or "shape" not in n.attr or path.name in SHAPES)}
    case.outputs, case.ops = graph.outputs, graph.ops
    beside = sorted(path.parent.glob("*labels.txt"))
    if [n.name for n in graph.inputs] == ["wav_data"] and beside:
        case.labels = beside[0]
    if path.name.startswith(("mobilenet_v1_0.25_224", "mobilenet_v1_025")):
        case.labels = args.material / "data" / "labels" / "imagenet_1001_labels.txt"
    if path.stat().st_size < 120e6:
        case.tensorflow = tensorflow_says(graph, case.feeds)
    return case


def signature_of(folder):
    """(tags, key, inputs, outputs) of what a SavedModel is for: its default, else the first that takes numbers."""
    from check_saved_model import read
    for meta in read(folder).meta_graphs:
        keys = [k for k in sorted(meta.signature_def) if not k.startswith("__saved_model")]
        keys.sort(key=lambda k: (any(tf.as_dtype(i.dtype) == tf.string for i in meta.signature_def[k].inputs.values()), k != "serving_default"))
        if keys:
            return list(meta.meta_info_def.tags), keys[0], meta.signature_def[keys[0]]
    return [], "", None


def array_for(info, args, seed=7):
    dtype, rng = tf.as_dtype(info.dtype), np.random.RandomState(seed)
    shape = [1 if d.size < 0 else d.size for d in info.tensor_shape.dim]
    if dtype == tf.string and shape:
        return np.full(shape, b"the cat")
    if dtype == tf.string:
        return tf.train.Example(features=tf.train.Features(feature={"x": tf.train.Feature(float_list=tf.train.FloatList(value=[1.5]))})).SerializeToString()
    if dtype == tf.bool:
        return np.ones(shape, bool)
    return (rng.uniform(-1, 1, shape) if dtype.is_floating else rng.randint(0, 4, shape)).astype(dtype.as_numpy_dtype)


def saved_case(path, args, folder):
    """A SavedModel; its graph is what freeze makes of it, whose first results are those of the model itself."""
    name = path.relative_to(args.material / "savedmodels").as_posix()
    tags, key, signature = signature_of(path)
    case = Case(name, path, args, folder, ["--tags", ",".join(tags), "--signature", key] if signature else [])
    if signature is None:
        case.refused = "no signature"
        return case
    return freeze_first(case, {k: array_for(i, args) for k, i in signature.inputs.items()} | own_feeds(path), list(signature.outputs))


def freeze_first(case, feeds, outputs):
    frozen = case.folder / "frozen.pb"
    code, out, error = case.call("freeze", case.path, *case.flags, "-o", frozen, "--json")
    if code != 0:
        case.refused = error.strip()
        return case
    said = json.loads(out)
    names = {t["key"]: t["name"] for t in said["inputs"]}
    case.keys = {t["name"]: t["key"] for t in said["inputs"] + said["outputs"]}
    case.graph = frozen
    case.set_feeds({names[k]: v for k, v in feeds.items() if k in names})
    case.outputs = list(dict.fromkeys(t["name"] for t in said["outputs"] if not outputs or t["key"] in outputs))
    graph = Graph(frozen)
    graph.outputs, case.ops = case.outputs, graph.ops
    case.tensorflow = tensorflow_says(graph, case.feeds)
    return case


def checkpoint_cells(case, tool):
    """What a checkpoint alone is for."""
    yield "inspect", True, lambda: (case.call("inspect", case.path), lambda done: "" if "variable" in done[1] else "no variable")
    yield "inspect_checkpoint", True, lambda: (tool("inspect_checkpoint", f"--file_name={case.path}", "--all_tensors"), lambda done: "" if "Total number of params" in done[1] else "no total")
    yield "run", False, lambda: (case.call("run", case.path), None)


def all_cases(args, make_folder):
    """(name, function that makes the case) of every model there is."""
    files = sorted((args.material / "graphs").rglob("*.pb")) + (sorted(args.more.glob("*.pb")) if args.more else [])
    for path in files:
        if path.stat().st_size <= args.most_bytes:
            yield path.name, lambda p=path: frozen_case(p, args, make_folder())
    for path in sorted((args.material / "savedmodels").rglob("saved_model.pb*")):
        yield path.parent.relative_to(args.material / "savedmodels").as_posix(), lambda p=path.parent: saved_case(p, args, make_folder())
    for path in sorted((args.material / "weights").rglob("*.index")):
        yield path.parent.name, lambda p=path: Case(p.parent.name, p.with_suffix(""), args, make_folder(), ["checkpoint"])
