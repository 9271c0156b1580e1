"""Whether `rivulet freeze` and `rivulet optimize` keep what models compute, by TensorFlow: it runs each model before and after.

    python tests/models/check_road.py --rivulet PATH [--material FOLDER] [--only GLOB]

Models of TensorFlow 1 and 2 are made here: variables as references and as resources, embeddings, batch norms in training and in use,
dropout, branches and loops as parts and as functions, functions in functions, several signatures. FOLDER/savedmodels and
FOLDER/graphs are checked too. Prints a line each; exit status 1 when one differs. Needs a Python with TensorFlow 2.21.
"""
import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

from check_one import Graph, cases, compare, np, tf, v1

rng = np.random.RandomState(5)


def weights(*shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def run_frozen(path, feeds, fetches):
    definition = v1.GraphDef()
    definition.ParseFromString(pathlib.Path(path).read_bytes())
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    tensor = lambda name: name if ":" in name else name + ":0"
    with v1.Session(graph=graph) as session:
        return session.run([tensor(f) for f in fetches], {tensor(k): v for k, v in feeds.items()}), definition


def values(spec, turn):
    random = np.random.RandomState(11 + turn)
    shape = [2 if d is None else d for d in (spec.shape.as_list() if spec.shape.rank is not None else [])]
    if spec.dtype == tf.bool:
        return np.full(shape, bool(turn % 2))
    if spec.dtype == tf.string:
        return None
    if spec.dtype.is_floating:
        return random.uniform(-1, 1, shape).astype(spec.dtype.as_numpy_dtype)
    return random.randint(0, 3, shape).astype(spec.dtype.as_numpy_dtype)


def check_saved(args, folder, tags, key, verb):
    """A line, and whether it is fine; TensorFlow loads the model as its loader does."""
    with tf.Graph().as_default(), v1.Session() as session:
        meta = v1.saved_model.loader.load(session, tags, str(folder))
        signature = meta.signature_def[key]
        get = session.graph.get_tensor_by_name
        inputs = {k: get(i.name) for k, i in signature.inputs.items() if i.name}
        outputs = {k: get(o.name) for k, o in signature.outputs.items() if o.name}
        asked = []
        for turn in range(2):
            feeds = {k: values(t, turn) for k, t in inputs.items()}
            if any(v is None for v in feeds.values()):
                return "takes texts: left out", True
            try:
                asked.append((feeds, session.run(list(outputs.values()), {inputs[k]: v for k, v in feeds.items()})))
            except Exception as error:
                return f"TensorFlow cannot run it: {str(error).splitlines()[0][:80]}", True
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place, "out.pb")
        call = [args.rivulet, verb, folder, "--tags", ",".join(tags), "--signature", key, "-o", out, "--json"]
        done = subprocess.run(list(map(str, call)), capture_output=True, text=True)
        if done.returncode != 0:
            # What a signature is for cannot be frozen when it is to change a variable.
            return "REFUSED: " + done.stderr.strip()[:200], " writes; name outputs" in done.stderr
        said = json.loads(done.stdout)
        if verb == "freeze":
            names = {t["key"]: t["name"] for t in said["inputs"]}
            fetches = {t["key"]: t["name"] for t in said["outputs"]}
        else:
            call[1] = "freeze"
            call[call.index(out)] = pathlib.Path(place, "frozen.pb")
            frozen = json.loads(subprocess.run(list(map(str, call)), capture_output=True, text=True).stdout)
            names = {t["key"]: t["name"] for t in frozen["inputs"]}
            fetches = {t["key"]: t["name"] for t in frozen["outputs"]}
        worst = 0.0
        for feeds, want in asked:
            # An input that no output needs is gone.
            got, definition = run_frozen(out, {names[k]: v for k, v in feeds.items() if k in names}, [fetches[k] for k in outputs])
            difference, _, wrong = compare(want, got, False)
            worst = max(worst, difference)
            if wrong:
                return f"DIFFERS by {difference:.2g}: {wrong}", False
        left = {n.op for n in definition.node} & {"VarHandleOp", "VariableV2", "ReadVariableOp", "PartitionedCall", "StatefulPartitionedCall"}
        if left:
            return f"still has {left}", False
        return f"{len(definition.node)} nodes, largest difference {worst:.2g}", True


def check_graph(args, graph):
    """A frozen graph through `rivulet optimize`."""
    with tempfile.TemporaryDirectory() as place:
        out = pathlib.Path(place, "out.pb")
        call = [args.rivulet, "optimize", graph.path, "-o", out, "--output", ",".join(graph.outputs), "--json"]
        done = subprocess.run(list(map(str, call)), capture_output=True, text=True)
        if done.returncode != 0:
            return "REFUSED: " + done.stderr.strip()[:200], False
        said = json.loads(done.stdout)
        worst, count = 0.0, 0
        for _, feeds, _ in cases(graph, args):
            feeds = {k: v for k, v in feeds.items() if ":" not in k}
            feed = {k: np.array(v, dtype=object) if isinstance(v, bytes) else v for k, v in feeds.items()}
            try:
                want = graph.tensorflow(feed)
            except Exception:
                continue
            after = Graph(out)
            after.outputs = graph.outputs
            there = {n.name for n in after.definition.node}
            got = after.tensorflow({k: v for k, v in feed.items() if k in there})
            difference, _, wrong = compare(want, got, "Quantize" in "".join(graph.ops))
            if wrong:
                return f"DIFFERS by {difference:.2g}: {wrong}", False
            worst, count = max(worst, difference), count + 1
            if count == 3:
                break
        undone = [s["step"] for s in said["steps"] if "undone" in s]
        return f"{said['nodes_before']} nodes become {said['nodes']}, {count} feeds, largest difference {worst:.2g}" + (f", undone {undone}" if undone else ""), True


class Small(tf.Module):
    def __init__(self):
        self.table = tf.Variable(weights(7, 4), name="table")
        self.w = tf.Variable(weights(4, 4), name="w")
        self.b = tf.Variable(weights(4), name="b")
        self.filter = tf.Variable(weights(3, 3, 2, 4), name="filter")
        self.norm = [tf.Variable(v, name=f"norm{i}") for i, v in enumerate((weights(4), weights(4), weights(4), np.abs(weights(4)) + 0.1))]

    @tf.function
    def cell(self, x):
        return tf.tanh(x @ self.w + self.b)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.int32)])
    def embed(self, ids):
        return {"mean": tf.reduce_mean(tf.gather(self.table, ids), 1), "shape": tf.shape(self.table)}

    @tf.function(input_signature=[tf.TensorSpec([2, 4]), tf.TensorSpec([], tf.bool)])
    def branch(self, x, flag):
        y = tf.cond(flag, lambda: self.cell(x), lambda: x * self.b)
        return {"y": y, "z": tf.switch_case(tf.cast(flag, tf.int32) + 1, [lambda: y, lambda: self.cell(y), lambda: self.cell(self.cell(y))])}

    @tf.function(input_signature=[tf.TensorSpec([2, 4])])
    def loop(self, x):
        for _ in tf.range(4):
            if tf.reduce_sum(x) > 0:
                x = self.cell(x)
            else:
                x = x + self.b
        return {"x": x}

    @tf.function(input_signature=[tf.TensorSpec([1, 8, 8, 2])])
    def picture(self, x):
        y = tf.nn.conv2d(x, self.filter, 1, "SAME")
        y = tf.compat.v1.nn.fused_batch_norm(y, *self.norm, epsilon=1e-3, is_training=False)[0]
        return {"scores": tf.nn.softmax(tf.reduce_mean(tf.nn.relu6(y), [1, 2]))}


def made_models(folder):
    """(name, folder, tags, keys)"""
    module = Small()
    path = pathlib.Path(folder, "functions")
    keys = ["embed", "branch", "loop", "picture"]
    tf.saved_model.save(module, str(path), {k: getattr(module, k) for k in keys})
    yield "functions", path, ["serve"], keys
    layers = tf.keras.layers
    for name, net, shape in (
            ("dense", [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(3, "softmax")], (4,)),
            ("convolutions", [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(6.0), layers.DepthwiseConv2D(3), layers.BatchNormalization(), layers.GlobalAveragePooling2D()], (9, 9, 3)),
            ("lstm", [layers.LSTM(5, return_sequences=True), layers.GRU(4)], (6, 3)),
            ("bidirectional", [layers.Bidirectional(layers.SimpleRNN(3))], (5, 2))):
        model = tf.keras.Sequential([tf.keras.Input(shape), *net])
        for variable in model.weights:
            if "variance" in variable.path or "seed" in variable.path:
                continue
            variable.assign(weights(*variable.shape))
        path = pathlib.Path(folder, "keras_" + name)
        model.export(str(path), verbose=False)
        yield "keras_" + name, path, ["serve"], ["serving_default"]
    for resources in (False, True):
        path = pathlib.Path(folder, f"v1_{resources}")
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None, 6, 6, 2], name="x")
            training = v1.placeholder_with_default(False, [], name="is_training")
            with v1.variable_scope("net", use_resource=resources):
                w = v1.get_variable("w", initializer=weights(3, 3, 2, 4))
                moving = [v1.get_variable(n, initializer=v) for n, v in (("mean", weights(4)), ("variance", np.abs(weights(4)) + 0.1))]
                y = tf.nn.conv2d(x, w, 1, "SAME")
                mean, variance = v1.cond(training, lambda: tuple(tf.nn.moments(y, [0, 1, 2])), lambda: tuple(m + 0 for m in moving))
                y = tf.nn.batch_normalization(y, mean, variance, None, v1.get_variable("gamma", initializer=weights(4)), 1e-3)
                _, y = v1.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * w[0, 0, 0, 0]), [0, y])
                y = v1.nn.dropout(y, keep_prob=v1.placeholder_with_default(1.0, [], name="keep_prob"))
            session.run(v1.global_variables_initializer())
            v1.saved_model.simple_save(session, str(path), {"x": x}, {"y": tf.identity(y, name="y")})
        yield f"v1_{'resources' if resources else 'references'}", path, ["serve"], ["serving_default"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    parser.add_argument("--only", default="*", help="names of models")
    args = parser.parse_args()
    wrong = 0

    def say(name, line, is_fine):
        nonlocal wrong
        wrong += not is_fine
        print(f"{name}: {line}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        saved = [m for m in made_models(folder)]
        if args.material:
            for path in sorted((args.material / "savedmodels").rglob("saved_model.pb*")):
                for tags in v1_tags(path):
                    saved.append((path.parent.relative_to(args.material).as_posix(), path.parent, tags, None))
        for name, path, tags, keys in saved:
            if not fnmatch.fnmatch(name, args.only):
                continue
            for key in keys or signatures(path, tags):
                for verb in ("freeze", "optimize"):
                    say(f"{name} {key}: {verb}", *check_saved(args, path, tags, key, verb))
        if args.material:
            for path in sorted((args.material / "graphs").rglob("*.pb")):
                if fnmatch.fnmatch(path.name, args.only):
                    say(f"{path.name}: optimize", *check_graph(args, Graph(path)))
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def v1_tags(path):
    from check_saved_model import read
    return [list(m.meta_info_def.tags) for m in read(path.parent).meta_graphs]


def signatures(folder, tags):
    from check_saved_model import read
    (meta,) = [m for m in read(folder).meta_graphs if list(m.meta_info_def.tags) == tags]
    return [k for k in sorted(meta.signature_def) if k != "__saved_model_init_op"]


if __name__ == "__main__":
    sys.exit(main())
