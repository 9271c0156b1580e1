"""The tutorials' road with their command lines, program names alone changed, on networks that TensorFlow builds; after each step
TensorFlow runs the graph too, and says whether labels and probabilities are the same to five decimals. Then every line of
original_lines.py, in four spellings.

    python tests/models/check_tutorial_road.py --rivulet-tf PATH --material FOLDER [--only GLOB] [--pictures N]
        [--tensorboard PROGRAM [--screenshot FILE.png]]

The networks (tutorial_networks.py): a MobileNet and an Inception-like one of TensorFlow 1, small and in full size (87 MB as the
tutorial's), from graph.pbtxt and checkpoint on; and Keras' MobileNet and InceptionV3. FOLDER/data/flowers128 has the pictures, FOLDER/graphs/speech the network
of the speech tutorial. Prints a line for each step; exit status 1 when one is wrong, 77 where TensorFlow or FOLDER is missing.
"""
import argparse
import fnmatch
import gzip
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    from check_one import np, tf, v1
    import original_lines
    from original_lines import DAISY
    import tutorial_networks as networks
except ImportError as error:
    print(f"skipped: this needs a Python with TensorFlow 2.21 ({error})")
    sys.exit(77)

FIVE = 1.01e-5  # of two numbers printed with five decimals, one unit and what a binary fraction adds


class Road:
    """A folder with tf_files/, in which the commands run."""

    def __init__(self, args, kind, folder):
        self.args, self.kind, self.folder, self.wrong = args, kind, pathlib.Path(folder), 0
        self.input, self.size, self.mean, self.std = networks.KINDS.get(kind, ("", 0, 0, 0))
        (self.folder / "tf_files").mkdir()

    def say(self, step, line, is_fine=True):
        self.wrong += not is_fine
        print(f"{self.kind}: {step}: {line}{'' if is_fine else '  WRONG'}", flush=True)
        return is_fine

    def path(self, name):
        return self.folder / "tf_files" / name

    def paste(self, line, code=0):
        """What a command of the tutorial prints; quotes and ends of lines as a shell reads them."""
        words = shlex.split(line.replace("\\\n", " "))
        done = subprocess.run([str(self.args.rivulet_tf), *words], capture_output=True, text=True, cwd=self.folder)
        if done.returncode != code:
            raise RuntimeError(f"`{' '.join(words)}` ends with {done.returncode}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def tensorflow(self, name, feeds, fetches=("final_result:0",)):
        definition = v1.GraphDef.FromString(self.path(name).read_bytes())
        with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
            tf.import_graph_def(definition, name="")
            return session.run(list(fetches), feeds)[0]

    def probabilities(self, name):
        """By TensorFlow, as label_image.py of the tutorial computes them."""
        pixels = networks.decode(self.folder / DAISY, self.size)[None]
        scores = self.tensorflow(name, {f"{self.input}:0": (pixels - self.mean) / self.std})[0]
        return dict(zip(self.path("retrained_labels.txt").read_text().split(), map(float, scores)))

    def label(self, name, flags=""):
        out = self.paste(f"label_image --graph=tf_files/{name} --image={DAISY} {flags}")
        return {label: float(score) for label, score in re.findall(r"^(\w+) \(score=(\d\.\d{5})\)$", out, re.M)}

    def compare(self, step, want, got, order=True):
        worst = max((abs(want[k] - got.get(k, 9)) for k in want), default=9)
        rank = lambda scores: sorted(scores, key=lambda k: -scores[k])
        # Rounded weights move scores; those that lie near each other may change places.
        swapped = [(a, b) for a in want for b in want if want[a] > want[b] + 0.03 and got.get(a, 0) < got.get(b, 1)]
        same = len(want) == len(got) and (worst <= FIVE if order else not swapped)
        best = rank(got)[0] if got else "nothing"
        return self.say(step, f"{best} {got.get(best, 0):.5f}, largest difference {worst:.1e}, order {'the same' if rank(want) == rank(got) else 'another'}", same)

    def packed(self, name):
        data = self.path(name).read_bytes()
        return len(data), len(gzip.compress(data, 6))


def freeze(road):
    """TensorFlow 1's way: what training left becomes one file. TensorFlow 2.21 still has the original."""
    line = ("--input_graph=tf_files/graph.pbtxt --input_checkpoint=tf_files/model.ckpt --output_graph=tf_files/{}.pb "
            "--output_node_names=final_result")
    road.paste("freeze_graph " + line.format("retrained_graph"))
    subprocess.run([sys.executable, "-m", "tensorflow.python.tools.freeze_graph", *line.format("original").split()], cwd=road.folder, check=True, capture_output=True)
    ours, theirs = (v1.GraphDef.FromString(road.path(n).read_bytes()) for n in ("retrained_graph.pb", "original.pb"))
    names = lambda g: {(n.name, n.op, tuple(n.input)) for n in g.node}
    road.say("freeze_graph", f"{len(ours.node)} nodes, {len(names(ours) ^ names(theirs))} not as the original's", names(ours) == names(theirs))


def look(road):
    out = road.paste("summarize_graph --in_graph=tf_files/retrained_graph.pb")
    road.say("summarize_graph", re.sub(r"\s+", " ", out)[:120], f"(name={road.input}, " in out or road.input == "Mul")
    counted = road.paste("count_ops tf_files/retrained_graph.pb").strip()
    road.say("count_ops", counted, int(counted) == len(v1.GraphDef.FromString(road.path("retrained_graph.pb").read_bytes()).node))
    bench = "benchmark_model --graph=tf_files/retrained_graph.pb --show_flops --input_layer=%s --input_layer_type=float --input_layer_shape=1,%d,%d,3 --output_layer=final_result --max_num_runs=3 --max_time=1"
    out = road.paste(bench % (road.input, road.size, road.size))
    flops = re.search(r"FLOPs estimate: (\S+)", out)
    road.say("benchmark_model", flops.group(0) if flops else out[-200:], flops is not None and "Conv2D" in out)


def optimize(road, want):
    flags = f'--input=tf_files/retrained_graph.pb \\\n  --output=tf_files/{{}}_graph.pb \\\n  --input_names="{road.input}" \\\n  --output_names="final_result"'
    road.paste("optimize_for_inference \\\n  " + flags.format("optimized"))
    road.compare("optimize_for_inference, by TensorFlow", want, road.probabilities("optimized_graph.pb"))
    road.compare("label_image after it", want, road.label("optimized_graph.pb"))
    before, after = (v1.GraphDef.FromString(road.path(n).read_bytes()) for n in ("retrained_graph.pb", "optimized_graph.pb"))
    left = {n.op for n in after.node} & {"DecodeJpeg", "FusedBatchNorm", "FusedBatchNormV3", "BatchNormWithGlobalNormalization", "CheckNumerics"}
    road.say("its nodes", f"{len(before.node)} become {len(after.node)}, left: {sorted(left)}", not left)
    transforms = ("strip_unused_nodes(type=float, shape=\"1,%d,%d,3\") remove_nodes(op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) "
                  "fold_batch_norms fold_old_batch_norms" % (road.size, road.size))
    for name, more in (("transformed", ""), ("smaller", " quantize_weights"), ("rounded_too", " round_weights(num_steps=256)"), ("obfuscated", " obfuscate_names")):
        road.paste(f"transform_graph --in_graph=tf_files/retrained_graph.pb --out_graph=tf_files/{name}.pb --inputs='{road.input}' --outputs='final_result' "
                   f"--transforms={shlex.quote(transforms + more)}")
        got = road.probabilities(f"{name}.pb")
        road.compare(f"transform_graph …{more}", want, got) if name in ("transformed", "obfuscated") else road.say(
            f"transform_graph …{more}", f"{road.path(name + '.pb').stat().st_size} bytes, {max(abs(got[k] - want[k]) for k in want):.1e}")
        road.compare("  and label_image", got, road.label(f"{name}.pb"))


def compress(road, want):
    raw, packed = road.packed("optimized_graph.pb")
    road.say("gzip optimized", f"{raw} bytes, packed {packed} ({packed / raw:.0%})")
    road.paste("quantize_graph \\\n  --input=tf_files/optimized_graph.pb \\\n  --output=tf_files/rounded_graph.pb \\\n  --output_node_names=final_result \\\n  --mode=weights_rounded")
    rounded, rounded_packed = road.packed("rounded_graph.pb")
    road.say("quantize_graph", f"{rounded} bytes, packed {rounded_packed} ({rounded_packed / rounded:.0%})",
             abs(rounded - raw) < 0.02 * raw and rounded_packed < 0.45 * packed)
    by_tensorflow = road.probabilities("rounded_graph.pb")
    road.compare("order after rounding, by TensorFlow", want, by_tensorflow, order=False)
    road.compare("label_image on it", by_tensorflow, road.label("rounded_graph.pb"))
    said = road.paste("convert_graphdef_memmapped_format --in_graph=tf_files/rounded_graph.pb --out_graph=tf_files/mmapped_graph.pb")
    road.compare(f"label_image on the package ({' '.join(said.split())[:60]})", by_tensorflow, road.label("mmapped_graph.pb"))
    answers = set()
    for name in ("retrained", "optimized", "rounded", "mmapped"):
        out = road.paste(f"evaluate tf_files/{name}_graph.pb --input_layer={road.input} --input_size={road.size} --testing_percentage=100 --validation_percentage=0")
        road.say(f"evaluate {name}", " ".join(out.split()), re.fullmatch(r"Accuracy: [\d.]+\nCross Entropy: [\d.]+\n", out) is not None)
        answers.add(re.sub(r"(\.\d{3})\d*", r"\1", out) if name in ("retrained", "optimized") else None)
    road.say("evaluate", "the same before and after optimize_for_inference", len(answers - {None}) == 1)


def draw(road):
    for name in ("retrained", "optimized"):
        road.paste(f"graph_pb2tb tf_files/training_summaries/{name} tf_files/{name}_graph.pb")
    read = 0
    for path in (road.path("training_summaries")).rglob("*tfevents*"):
        for event in v1.train.summary_iterator(str(path)):
            read += len(v1.GraphDef.FromString(event.graph_def).node) if event.graph_def else 0
    nodes = sum(len(v1.GraphDef.FromString(road.path(f"{n}_graph.pb").read_bytes()).node) for n in ("retrained", "optimized"))
    road.say("graph_pb2tb", f"TensorFlow reads {read} nodes", read == nodes)
    if road.args.tensorboard:
        from tensorboard_page import check_page
        for line, is_fine in check_page(road.args.tensorboard, road.path("training_summaries"), road.args.screenshot):
            road.say("tensorboard", line, is_fine)


def spell(road, lines, **names):
    """Lines in all their spellings: the same exit status, print and file."""
    wrong, count = [], 0
    for line, file in lines:
        words = original_lines.words_of(line, **{"{input}": road.input, "{size}": road.size}, **names)
        seen = set()
        for spelled in original_lines.spellings(words):
            if file:
                (road.folder / file).unlink(missing_ok=True)
            done = subprocess.run([str(road.args.rivulet_tf), *spelled], capture_output=True, text=True, cwd=road.folder)
            printed = re.sub(r"[\d.e+-]+", "", done.stdout) if words[0] in original_lines.TIMED else done.stdout
            if words[0] == "benchmark_model":
                printed = len(printed) > 1000
            seen.add((done.returncode, printed, (road.folder / file).read_bytes() if file else b""))
            count += 1
            if done.returncode != 0:
                wrong.append(f"`{' '.join(spelled)[:150]}` ends with {done.returncode}: {done.stderr.strip()[-120:]}")
        if len(seen) != 1:
            wrong.append(f"`{words[0]} …` in four spellings gives {len(seen)} results")
    return f"{count} calls, {len(wrong)} wrong {wrong[:3] or ''}", not wrong


def spell_all(road):
    for source, lines in original_lines.LINES.items():
        road.say(f"the lines of {source}", *spell(road, lines))
    if road.path("model.ckpt.index").exists():
        road.say("the lines for checkpoints", *spell(road, original_lines.FROM_CHECKPOINT))


def walk(road):
    networks.build(road.kind, road.path(""), road.args.material / "data" / "flowers128", road.args.pictures)
    photos = road.path("flower_photos")
    for name in networks.CLASSES:
        (photos / name).mkdir(parents=True)
        for picture in sorted((road.args.material / "data" / "flowers128" / name).glob("*.jpg"))[: road.args.pictures]:
            (photos / name / picture.name).symlink_to(picture)
    (road.folder / DAISY).unlink(missing_ok=True)
    (road.folder / DAISY).symlink_to(road.args.material / "data" / "images" / "3475870145_685a19116d.jpg")
    if not road.kind.startswith("keras"):
        freeze(road)
    want = road.probabilities("retrained_graph.pb")
    # A graph of an open size takes the tutorial's 224, which these are not all made for: their shapes say.
    road.compare("label_image", want, road.label("retrained_graph.pb"))
    ios = road.paste(f"label_image --output_layer=final_result --labels={road.path('retrained_labels.txt')} --image={road.folder / DAISY} --graph={road.path('retrained_graph.pb')} "
                     f"--input_layer={road.input} --input_mean=128 --input_std=128")
    first = re.match(r"(\w+) \((\d+)\): ([\d.e-]+)", ios)
    road.say("label_image as in the C++ example", ios.splitlines()[0], first is not None and abs(want[first.group(1)] - float(first.group(3))) <= FIVE)
    look(road)
    optimize(road, want)
    draw(road)
    compress(road, want)
    spell_all(road)


def listen(road):
    """The speech tutorial's last steps, on the network that it came with."""
    graph = road.args.material / "graphs/speech/conv_actions_frozen.pb"
    labels = road.args.material / "graphs/speech/conv_actions_labels.txt"
    os.symlink(graph, road.path("my_frozen_graph.pb"))
    names = labels.read_text().split()
    for wav in sorted((road.args.material / "data/speech").glob("*.wav"))[:6]:
        out = road.paste(f"label_wav --graph=tf_files/my_frozen_graph.pb --labels={labels} --wav={wav}")
        scores = road.tensorflow("my_frozen_graph.pb", {"wav_data:0": wav.read_bytes()}, ["labels_softmax:0"])[0]
        got = re.findall(r"^(\S+) \(score = (\d\.\d{5})\)$", out, re.M)
        worst = max(abs(scores[names.index(label)] - float(score)) for label, score in got)
        road.say(f"label_wav {wav.name}", f"{got[0]}, largest difference {worst:.1e}", len(got) == 3 and names[int(np.argmax(scores))] == got[0][0] and worst <= FIVE)
    os.symlink(road.args.material / "data/speech/yes.wav", road.path("yes.wav"))
    road.path("truth.txt").write_text("yes,500\n")
    road.say("the lines of speech", *spell(road, original_lines.SPOKEN, SPEECH=graph, WORDS=labels))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivulet-tf", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--material", type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--only", default="*", help="names of networks")
    parser.add_argument("--pictures", type=int, default=12, help="of each class")
    parser.add_argument("--tensorboard", help="TensorBoard's program; its graph tab is opened in Chromium")
    parser.add_argument("--screenshot", type=pathlib.Path)
    args = parser.parse_args()
    if args.material is None or not (args.material / "data" / "flowers128").is_dir():
        print("skipped: --material names no folder with data/flowers128")
        return 77
    wrong = 0
    for kind in (*networks.KINDS, "speech"):
        if not fnmatch.fnmatch(kind, args.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            road = Road(args, kind, folder)
            try:
                (listen if kind == "speech" else walk)(road)
            except RuntimeError as error:
                road.say("stopped", str(error), False)
            wrong += road.wrong
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
