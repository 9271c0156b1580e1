"""Whether `rivulet transform` keeps what graphs compute, by TensorFlow: it runs each graph before and after, on the same feeds.

    python tests/models/check_transforms.py --material FOLDER --rivulet PATH [--only GLOB] [--cases N]

FOLDER/graphs holds frozen graphs, as for check_models.py; what they lack (resized and padded images, dilated convolutions,
norms in every form, sparse weights) is made here. Prints a line per graph and transform; exit status 1 when one differs.
Needs a Python with TensorFlow 2.21.
"""
import argparse
import collections
import fnmatch
import itertools
import pathlib
import subprocess
import sys
import tempfile

from check_one import Graph, cases, compare, np, rivulet, tf, v1

# What must give the same, and what may lose.
KEEPING = [
    "fold_constants",
    "fold_old_batch_norms",
    "fold_constants fold_batch_norms fold_old_batch_norms",
    "remove_nodes(op=Identity, op=CheckNumerics) fold_constants fold_batch_norms fold_old_batch_norms sort_by_execution_order",
    "merge_duplicate_nodes",
    "add_default_attributes",
    "backport_concatv2",
    "backport_tensor_array_v3",
    "fuse_pad_and_conv fuse_resize_pad_and_conv fuse_resize_and_conv flatten_atrous_conv",
    "insert_logging(op=Relu, first_n=0)",
]
LOSING = ["quantize_weights", "quantize_nodes", "fold_constants fold_batch_norms fold_old_batch_norms quantize_weights quantize_nodes"]
rng = np.random.RandomState(11)


def transform(args, graph, transforms, out):
    inputs = ",".join(n.name for n in graph.inputs)
    call = [args.rivulet, "transform", graph.path, "-o", out, "--no-verify", "--input", inputs, "--output", ",".join(graph.outputs), "--transforms", transforms]
    done = subprocess.run(list(map(str, call)), capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    after = Graph(out)
    after.outputs = graph.outputs
    return after


def feeds_of(graph, args):
    """The first few feeds on which TensorFlow runs the graph, with its results."""
    for _, feeds, _ in itertools.islice(cases(graph, args), args.cases):
        feeds = {k: v for k, v in feeds.items() if ":" not in k}
        try:
            want = run(graph, feeds)
            if not compare(want, run(graph, feeds), False)[2]:  # of some, no two runs are the same
                yield feeds, want
        except Exception:  # such as a size that the made-up feed does not fit
            continue


def run(graph, feeds):
    return graph.tensorflow({k: np.array(v, dtype=object) if isinstance(v, bytes) else v for k, v in feeds.items()})


def check(graph, args, transforms, loses):
    """A line, and whether it is fine."""
    ran = list(feeds_of(graph, args))
    if not ran:
        return "TensorFlow cannot run it, or not twice the same", True
    with tempfile.TemporaryDirectory() as folder:
        try:
            after = transform(args, graph, transforms, pathlib.Path(folder, "after.pb"))
            worst = 0.0
            for feeds, want in ran:
                difference, _, wrong = compare(want, run(after, feeds), loses)
                worst = max(worst, difference)
                if wrong and not loses:
                    return f"DIFFERS by {difference:.2g}: {wrong}", False
                # Where the engine and TensorFlow said the same, they must say the same of the transformed graph.
                if not loses and not compare(want, rivulet(args.rivulet, graph, feeds), True)[2]:
                    difference, _, wrong = compare(run(after, feeds), rivulet(args.rivulet, after, feeds), True)
                    if wrong:
                        return f"the engine DIFFERS by {difference:.2g} after it: {wrong}", False
        except Exception as error:
            return "FAILS: " + " ".join(str(error).split())[:200], False
        nodes = f"{len(graph.definition.node)} nodes become {len(after.definition.node)}"
    return f"{nodes}, {len(ran)} feeds, largest difference {worst:.2g}", True


def weights(*shape):
    return tf.constant(rng.uniform(-1, 1, shape).astype(np.float32))


def made_graphs(folder):
    """(graph, transforms, an operator that must be there afterwards) for the patterns that real graphs lack."""
    def save(name, shape, build):
        graph = v1.Graph()
        with graph.as_default():
            v1.identity(build(v1.placeholder(tf.float32, shape, name="x")), name="y")
        path = pathlib.Path(folder, name + ".pb")
        path.write_bytes(graph.as_graph_def().SerializeToString())
        return Graph(path)

    def convolve(x, kernel, stride, padding):
        return v1.nn.conv2d(x, weights(*kernel), [1, stride, stride, 1], padding)

    pads = [[0, 0], [2, 1], [1, 3], [0, 0]]
    for mode, stride, padding, height in itertools.product(("REFLECT", "SYMMETRIC"), (1, 2, 3), ("SAME", "VALID"), (9, 10, 11)):
        yield save(f"pad_{mode}_{stride}_{padding}_{height}", [1, height, 8, 3],
                   lambda x: convolve(v1.pad(x, pads, mode=mode), (3, 3, 3, 4), stride, padding)), "fuse_pad_and_conv", "FusedPadConv2D"
    for align, stride, padding, padded in itertools.product((False, True), (1, 2), ("SAME", "VALID"), (False, True)):
        def resized(x):
            x = v1.image.resize_bilinear(x, [13, 12], align_corners=align)
            return convolve(v1.pad(x, pads, mode="REFLECT") if padded else x, (3, 3, 3, 4), stride, padding)
        yield (save(f"resize_{align}_{stride}_{padding}_{padded}", [1, 7, 9, 3], resized),
               "fuse_resize_pad_and_conv" if padded else "fuse_resize_and_conv", "FusedResizeAndPadConv2D" if stride == 1 else None)
    for rate, depthwise, padding, kernel in itertools.product((1, 2, 3), (False, True), ("SAME", "VALID"), ((3, 3), (2, 4), (1, 5))):
        def dilated(x):
            before, crops = [], []
            for extent, k in zip((24, 18), kernel):
                whole = (k - 1) * rate if padding == "SAME" else 0
                more = -(extent + whole) % rate
                before.append([whole // 2, whole - whole // 2 + more])
                crops.append([0, more])
            x = tf.space_to_batch_nd(x, [rate, rate], before)
            x = tf.nn.depthwise_conv2d(x, weights(*kernel, 2, 3), [1, 1, 1, 1], "VALID") if depthwise else convolve(x, (*kernel, 2, 3), 1, "VALID")
            return v1.batch_to_space_nd(x, [rate, rate], crops)
        yield save(f"dilated_{rate}_{depthwise}_{padding}_{kernel}", [1, 24, 18, 2], dilated), "flatten_atrous_conv", "DepthwiseConv2dNative" if depthwise else "Conv2D"
    for product, bias, norm in itertools.product(("conv", "depthwise", "matmul"), ("none", "BiasAdd", "Add"), ("Mul", "Mul before", "FusedBatchNorm", "FusedBatchNormV3", "written out")):
        def normed(x):
            if norm == "Mul before":
                x = x * weights(x.shape[-1])
            x = {"conv": lambda: convolve(x, (3, 3, 4, 6), 1, "SAME"), "depthwise": lambda: tf.nn.depthwise_conv2d(x, weights(3, 3, 4, 2), [1, 1, 1, 1], "SAME"),
                 "matmul": lambda: v1.matmul(x, weights(4, 5))}[product]()
            n = x.shape[-1]
            x = {"none": lambda: x, "BiasAdd": lambda: v1.nn.bias_add(x, weights(n)), "Add": lambda: x + weights(n)}[bias]()
            gamma, beta, mean, variance = weights(n), weights(n), weights(n), tf.abs(weights(n)) + 0.1
            if norm == "Mul":
                return x * gamma
            if norm == "written out":
                return (x - mean) * v1.rsqrt(variance + 1e-3) * gamma + beta
            if norm.startswith("Fused") and product != "matmul":
                return getattr(tf.raw_ops, norm)(x=x, scale=gamma, offset=beta, mean=mean, variance=variance, is_training=False, epsilon=1e-3)[0]
            return x
        yield (save(f"{product}_{bias}_{norm}".replace(" ", "_"), [3, 4] if product == "matmul" else [2, 8, 8, 4], normed),
               "fold_constants fold_batch_norms fold_old_batch_norms", None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", required=True, type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    parser.add_argument("--only", default="*", help="names of graphs")
    parser.add_argument("--cases", default=3, type=int, help="feeds for each graph")
    args = parser.parse_args()
    fine = collections.Counter()

    def say(name, transforms, line, is_fine):
        fine[is_fine] += 1
        print(f"{name}: {transforms}: {line}", flush=True)

    for path in sorted((args.material / "graphs").rglob("*.pb")):
        if fnmatch.fnmatch(path.name, args.only):
            graph = Graph(path)
            for transforms in KEEPING + LOSING:
                say(path.name, transforms, *check(graph, args, transforms, transforms in LOSING))
    with tempfile.TemporaryDirectory() as folder:
        for graph, transforms, wanted in made_graphs(folder):
            if not fnmatch.fnmatch(graph.path.name, args.only):
                continue
            line, is_fine = check(graph, args, transforms, False)
            after = transform(args, graph, transforms, pathlib.Path(folder, "after.pb"))
            if wanted and (wanted not in after.ops or len(after.definition.node) >= len(graph.definition.node) + 1):
                line, is_fine = f"has no {wanted} after it", False
            if transforms.startswith("fold_constants") and {"Mul", "RealDiv", "FusedBatchNorm", "FusedBatchNormV3"} & after.ops:
                line, is_fine = "a norm or scale is left", False
            say(graph.path.name, transforms, line, is_fine)
    print(f"{fine[True]} fine, {fine[False]} not")
    return 1 if fine[False] else 0


if __name__ == "__main__":
    sys.exit(main())
