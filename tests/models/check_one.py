"""Runs one frozen graph through TensorFlow and through rivulet; prints what came of it as one JSON object.

    check_one.py GRAPH --material FOLDER --rivulet PATH

Every graph gets one made-up feed, from a fixed seed; keyword networks also every WAV file of the collection, as a file and as
decoded samples, digit networks 300 digits, the ImageNet network, the face detector and the stylising network pictures.
"""
import argparse
import gzip
import json
import os
import pathlib
import re
import subprocess
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow's own kernels: those of oneDNN differ from processor to processor, and give a window that fits nowhere a result.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
LOOPS = {"Enter", "Switch", "Merge", "While", "StatelessWhile", "If", "StatelessIf", "PartitionedCall", "StatefulPartitionedCall"}
LIMIT = 1e-3        # of the largest value of an output, for whole networks
LEVELS = 8          # mean difference of a picture that an 8-bit network makes
# Shapes that a file does not tell: [batch, height, width, channels] of pictures, or what the constants broadcast with.
SHAPES = {
    "arithmetical.pb": {"Placeholder": (1, 5)},
    "conv2d.pb": {"Placeholder": (1, 32)},
    "plus3.pb": {"input": (3,)},
    "ESPCN_x2.pb": {"IteratorGetNext": (1, 32, 32, 1)},
    "FSRCNN_x3.pb": {"IteratorGetNext": (1, 32, 32, 1)},
    "mobilenet_224_gender_basic_fixed.pb": {"batch": (1, 224, 224, 3)},
    "gru_frozen.pb": {"X": (2, 784)},
    "stylize_quantized.pb": {"input": (1, 64, 64, 3)},
    "mtcnn_full.pb": {"input": (120, 160, 3)},
}
PIXELS = {"stylize_quantized.pb", "mtcnn_full.pb"}  # fed 0 to 255
EXPECTED = {"orange.png": ("orange", 0.8936), "tfjs_cat.jpg": ("tabby", 0.507)}  # what the collection's page says

FACES = {"tfjs_people.jpg": 2, "grace_hopper.jpg": 1, "3475870145_685a19116d.jpg": 0}  # fed as blue, green, red


class Graph:
    def __init__(self, path):
        self.path = path
        self.definition = v1.GraphDef()
        if path.suffix == ".pbtxt":
            from google.protobuf import text_format
            text_format.Parse(path.read_text(), self.definition)
        else:
            self.definition.ParseFromString(path.read_bytes())
        self.ops = {n.op for n in self.definition.node}
        self.inputs = [n for n in self.definition.node if n.op in ("Placeholder", "PlaceholderV2")]
        used = {re.sub(r":\d+$", "", i.lstrip("^")) for n in self.definition.node for i in n.input}
        skip = {"Const", "NoOp", "Placeholder", "Assert", "PlaceholderWithDefault"}
        self.outputs = [n.name for n in self.definition.node if n.name not in used and n.op not in skip]
        self.graph = tf.Graph()
        self.session = None

    def tensorflow(self, feeds):
        if self.session is None:
            with self.graph.as_default():
                tf.import_graph_def(self.definition, name="")
            self.session = v1.Session(graph=self.graph, config=v1.ConfigProto(intra_op_parallelism_threads=1))
        return self.session.run([o if ":" in o else o + ":0" for o in self.outputs], {k if ":" in k else k + ":0": v for k, v in feeds.items()})


def rivulet(command, graph, feeds):
    with tempfile.TemporaryDirectory() as folder:
        call = [command, "run", str(graph.path), "--save", folder]
        for i, (name, value) in enumerate(feeds.items()):
            if isinstance(value, bytes):
                pathlib.Path(folder, f"in{i}.bin").write_bytes(value)
                call += ["--input", f"{name}=@{folder}/in{i}.bin"]
            else:
                np.save(f"{folder}/in{i}.npy", value)
                call += ["--input", f"{name}={folder}/in{i}.npy"]
        for name in graph.outputs:
            call += ["--output", name]
        done = subprocess.run(call, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")
        return [np.load(f"{folder}/{re.sub('[/:]', '_', name)}.npy") for name in graph.outputs]


def made_up(node, name, wav):
    dtype = tf.as_dtype(node.attr["dtype"].type)
    if dtype == tf.string:
        return wav
    proto = node.attr["shape"].shape
    known = None if proto.unknown_rank or ("shape" not in node.attr) else tuple(1 if d.size < 0 else d.size for d in proto.dim)
    shape = SHAPES.get(name, {}).get(node.name, known or ())
    rng = np.random.RandomState(7)
    if node.name in ("keep_prob", "dropout_keep_prob"):
        return np.float32(1)
    if node.name == "style_num":
        return np.eye(shape[0], dtype=np.float32)[3]
    if dtype == tf.bool:
        return np.zeros(shape, bool)
    if dtype.is_floating:
        low, high = (0, 255) if name in PIXELS else (-1, 1)
        return rng.uniform(low, high, shape).astype(dtype.as_numpy_dtype)
    return rng.randint(0, 4, shape).astype(dtype.as_numpy_dtype)


def compare(expected, got, is_quantized):
    """Largest |difference| over the largest |value|, whether the largest element of each row is the same one, and in words
    what is wrong."""
    worst, top1, wrong = 0.0, True, ""
    for a, b in zip(expected, got):
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or (a.dtype != b.dtype and a.dtype.kind not in "OSU"):
            return worst, False, f"{b.dtype}{list(b.shape)}, TensorFlow has {a.dtype}{list(a.shape)}"
        if a.dtype.kind in "OSU" or a.size == 0:
            continue
        difference = np.atleast_1d(np.abs(a.astype(np.float64) - b.astype(np.float64)))
        difference[np.atleast_1d((a == b) | ((a != a) & (b != b)))] = 0
        if a.dtype.kind in "iub":
            if is_quantized and a.dtype == np.uint8:
                worst = max(worst, float(difference.mean()))
                wrong = wrong or ("" if worst <= LEVELS else f"{worst:.1f} levels in the mean")
            elif difference.any():
                worst, wrong = max(worst, float(difference.max())), f"integers differ by {difference.max():g}"
            continue
        scale = max(1.0, float(np.nanmax(np.abs(a[np.isfinite(a)])))) if np.isfinite(a).any() else 1.0
        worst = max(worst, float(difference.max()) / scale)
        if a.ndim and a.shape[-1] > 1:
            # Classes that tie within the rule are no difference.
            chosen = np.take_along_axis(a, b.argmax(-1)[..., None], -1)[..., 0]
            top1 &= not (a.max(-1) - chosen > LIMIT * scale).any()  # of what is no number nothing is the largest
        wrong = wrong or ("" if worst <= LIMIT else "over the limit") or ("" if top1 else "another class")
    return worst, top1, wrong


def pictures(folder):
    """The ImageNet network's feed for each picture, as `rivulet label` makes it."""
    for name in EXPECTED:
        resized = v1.image.resize_bilinear(picture(folder, name)[None], [224, 224])
        yield name, ((resized - 127.5) / 127.5).numpy()


def picture(folder, name):
    """The pixels as TensorFlow decodes them, as float."""
    data = (folder / "images" / name).read_bytes()
    decoded = tf.io.decode_png(data, 3) if name.endswith("png") else tf.io.decode_jpeg(data, 3, dct_method="INTEGER_ACCURATE")
    return decoded.numpy().astype(np.float32)


def samples(wav):
    """The feeds of a sound after its decoding, at the edges that DecodeWav gives."""
    sound, rate = tf.audio.decode_wav(wav, desired_channels=1, desired_samples=16000)
    return {"decoded_sample_data:0": sound.numpy(), "decoded_sample_data:1": rate.numpy()}


def own_words(error):
    """What TensorFlow says is wrong: of a run's long report, the line before the one that names the node."""
    words = [line.strip() for line in str(error).splitlines() if line.strip() and line.strip() != "Graph execution error:"]
    at = next((i for i, line in enumerate(words) if line.startswith("[[{{node")), 1)
    return words[max(at - 1, 0)][:200] if words else type(error).__name__


def digits(folder, count):
    images = gzip.decompress((folder / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "mnist" / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    pixels = np.frombuffer(images, np.uint8, count * 784).reshape(count, 784).astype(np.float32) / 255
    return pixels, np.frombuffer(labels, np.uint8, count)


def result(graph, case, expected, got, note=""):
    worst, top1, wrong = compare(expected, got, any(op.startswith("Quantized") for op in graph.ops))
    return {"case": case, "result": "DIFFERS" if wrong else "passes", "difference": worst, "top1": top1, "note": "; ".join(filter(None, [wrong, note]))}


def cases(graph, args):
    """Yields (case, feeds, note of TensorFlow's result)."""
    data = args.material / "data"
    name = graph.path.name
    wavs = sorted((data / "speech").glob("*.wav"))
    first_wav = wavs[-1].read_bytes() if wavs else b""
    yield "made up", {n.name: made_up(n, name, first_wav) for n in graph.inputs}, lambda r: ""
    if not data.is_dir():
        return
    if [n.name for n in graph.inputs] == ["wav_data"]:
        beside = sorted(graph.path.parent.glob("*labels.txt"))
        labels = beside[0].read_text().split() if beside else []
        for wav in wavs:
            def say(r):
                return labels[int(np.argmax(r[0]))] if labels else ""
            yield wav.name, {"wav_data": wav.read_bytes()}, say
            yield f"samples of {wav.name}", samples(wav.read_bytes()), say
    if name in ("fc-layers_frozen.pb", "simple_mnist.pb"):
        pixels, labels = digits(data, 300)
        step = 10 if name == "simple_mnist.pb" else 300  # the one's batch is fixed
        for i in range(0, 300, step):
            def right(r, want=labels[i:i + step]):
                got = r[0] if r[0].ndim == 1 else r[0].argmax(-1)
                return f"{int((got == want).sum())} right"
            yield f"digits {i} to {i + step - 1}", {graph.inputs[0].name: pixels[i:i + step]}, right
    if name.startswith("mobilenet_v1_0.25_224"):
        labels = (data / "labels" / "imagenet_1001_labels.txt").read_text().splitlines()
        for file, pixels in pictures(data):
            yield file, {"input": pixels}, lambda r, f=file: check_expected(r[0][0], labels, f)
    if name == "mtcnn_full.pb":
        for file, count in FACES.items():
            yield file, {"input": picture(data, file)[..., ::-1].copy()}, lambda r, n=count: faces(r, n)
    if name == "stylize_quantized.pb":
        for file in ("stylize1.jpg", "orange.png"):
            pixels = v1.image.resize_bilinear(picture(data, file)[None], [256, 256]).numpy()
            yield file, {"input": pixels, "style_num": np.eye(26, dtype=np.float32)[7]}, lambda r: ""


def faces(results, want):
    """Boxes are the one result of four columns."""
    (boxes,) = [r for r in results if r.ndim == 2 and r.shape[-1] == 4]
    said = f"{len(boxes)} faces"
    return said if len(boxes) == want else f"{said}, EXPECTED {want}"


def check_expected(scores, labels, picture):
    label, score = EXPECTED[picture]
    best = int(np.argmax(scores))
    said = f"{labels[best]} {scores[best]:.3f}"
    return said if labels[best] == label and abs(scores[best] - score) < 2e-3 else f"{said}, EXPECTED {label} {score}"


def check(graph, args):
    for case, feeds, say in cases(graph, args):
        try:
            expected = graph.tensorflow({k: np.array(v, dtype=object) if isinstance(v, bytes) else v for k, v in feeds.items()})
        except Exception as error:
            yield {"case": case, "result": "TensorFlow cannot", "difference": None, "top1": None, "note": own_words(error)}
            continue
        try:
            yield result(graph, case, expected, rivulet(args.rivulet, graph, feeds), say(expected))
        except RuntimeError as error:
            later = "UNIMPLEMENTED" in str(error) and graph.ops & LOOPS
            yield {"case": case, "result": "later" if later else "FAILS", "difference": None, "top1": None, "note": str(error)[:200]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph", type=pathlib.Path)
    parser.add_argument("--material", required=True, type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    args = parser.parse_args()
    print(json.dumps({"tensorflow": tf.__version__, "results": list(check(Graph(args.graph), args))}))


if __name__ == "__main__":
    main()
