"""rivulet-tf: calls with any of their flags at any values, drawn from the tools' own help: a result or one clear error.

RIVULET_DRAWS in the environment says how many calls of each tool; RIVULET_SEED which.
"""
import os
import random
import pathlib
import re
import shutil
import subprocess
import tempfile

from command_case import main
from tf_case import FORMATS, RIVULET_TF, SHAPES_LABELS, SHAPES_PB, ToolCase
from writing_calls import Needed

# Of copies: any flag may be told to write to any of them.
GRAPH, LABELS, SAVED, META = "GIVEN/shapes.pb", "GIVEN/labels.txt", "GIVEN/model", "GIVEN/v2"
DRAWS, SEED = int(os.environ.get("RIVULET_DRAWS", 6)), os.environ.get("RIVULET_SEED", "5")
# A call of each that works; what is drawn comes after it, and the last of two counts.
CALLS = {
    "benchmark_model": [f"--graph={GRAPH}", "--input_layer=input", "--input_layer_shape=1,64,64,3", "--output_layer=probability", "--max_num_runs=2", "--max_time=0.1"],
    "compare_graphs": [GRAPH, GRAPH],
    "convert_graphdef_memmapped_format": [f"--in_graph={GRAPH}", "--out_graph=OUT"],
    "count_ops": [GRAPH],
    "evaluate": [GRAPH, "--image_dir=CLASSES", "--testing_percentage=100", "--validation_percentage=0", "--input_layer=input", "--output_layer=probability", "--logits_layer=probability"],
    "freeze_graph": [f"--input_meta_graph={META}.meta", f"--input_checkpoint={META}", "--input_binary=true", "--output_graph=OUT", "--output_node_names=y"],
    "graph_pb2tb": ["LOG", GRAPH],
    "graph_to_dot": [f"--graph={GRAPH}", "--dot_output=OUT"],
    "import_pb_to_tensorboard": [f"--model_dir={GRAPH}", "--log_dir=LOG"],
    "inspect_checkpoint": [f"--file_name={META}"],
    "label_image": [f"--graph={GRAPH}", f"--labels={LABELS}", "--image=CLASSES/star/star.jpg", "--input_layer=input", "--output_layer=probability"],
    "label_wav": [f"--graph={GRAPH}", f"--labels={LABELS}", "--wav=SOUND"],
    "label_wav_dir": [f"--graph={GRAPH}", f"--labels={LABELS}", "--wav_dir=CLASSES"],
    "optimize_for_inference": [f"--input={GRAPH}", "--output=OUT", "--input_names=input", "--output_names=probability"],
    "print_selective_registration_header": [f"--graphs={GRAPH}"],
    "quantize_graph": [f"--input={GRAPH}", "--output=OUT", "--output_node_names=probability", "--mode=weights"],
    "saved_model_cli": ["run", "--dir", SAVED, "--tag_set", "serve", "--signature_def", "serving_default", "--input_exprs", "x=[[1.0, 2.0, 3.0]]"],
    "strip_unused": [f"--input_graph={GRAPH}", "--input_binary=true", "--output_graph=OUT", "--input_node_names=input", "--output_node_names=probability"],
    "summarize_graph": [f"--in_graph={GRAPH}"],
    "test_streaming_accuracy": [f"--graph={GRAPH}", f"--labels={LABELS}", "--wav=SOUND", "--ground_truth=INPUT"],
    "transform_graph": [f"--in_graph={GRAPH}", "--out_graph=OUT", "--inputs=input", "--outputs=probability", "--transforms=remove_device"],
    "wav_to_spectrogram": ["--input_wav=SOUND", "--output_image=OUT"],
}
FLAG = re.compile(r"^\t--(\w+)\S*\s*\t(bool|int|float|string)\t", re.M)
WORDS = ["", "input", "probability", "input:0", "input,probability", "inptu", "nothing_like_it", ":", "^input", "a/b:99", "1,64,64,3", "1,-1,64,3:2", "9999999999,9999999999", "float", "float,int32",
         "weights_rounded", "eightbit", "test", "poets", "cpp", "serve", "serving_default", "x=[[1]]", "x=np.ones((2, 3))", "x=", "y=1", "1", "0.5", "nan", "-1", "10,1", "%s%n", "Softmax=2", "\u20ac",
         "round_weights(num_steps=2) sort_by_execution_order", "quantize_nodes", "(", "rawproto", "ops_list", GRAPH, LABELS, SAVED, META, f"{META}.meta", "SOUND", "CLASSES", "OUT"]
INTEGERS = ["0", "1", "2", "7", "-1", "-7", "64", "2147483647", "99999999999999999999", "1.5", "many"]
NUMBERS = ["0", "1", "0.001", "-1", "1e30", "nan", "inf", "much"]
WAITS = {"inference_delay", "run_delay", "inter_benchmark_delay", "max_time"}  # seconds, which it would take


class AnyFlags(ToolCase):
    def setUp(self):
        super().setUp()
        self.anew()

    def anew(self):
        """A folder with all that is read, for the calls of one tool."""
        self.place = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
        given = self.place / "given"
        given.mkdir()
        for file in (SHAPES_PB, SHAPES_LABELS, *(FORMATS / "meta_graphs").glob("v2.*")):
            shutil.copy(file, given)
        shutil.copytree(FORMATS / "v1_tags" / "model", given / "model")
        self.places = {"GIVEN": given, "OUT": self.place / "out", "LOG": self.place / "log", **Needed(self.place).words}

    def value(self, kind, name, source):
        if name in WAITS:
            return source.choice(["0", "0.01", "-1", "soon"])
        return source.choice({"int": INTEGERS, "float": NUMBERS, "string": WORDS, "bool": ["true", "false", "True", "yes", "0", ""]}[kind])

    def drawn(self, flags, source):
        words = []
        for name, kind in source.sample(flags, source.randint(1, min(5, len(flags)))):
            form = source.randrange(3) if kind == "bool" else 3
            dashes = source.choice(["-", "--"])
            words += [f"{dashes}{name}"] if form == 0 else [f"{dashes}no{name}"] if form == 1 else source.choice([
                [f"{dashes}{name}={self.value(kind, name, source)}"], [f"{dashes}{name}", self.value(kind, name, source)] if kind != "bool" else [f"{dashes}{name}"]])
        return words

    def placed(self, words):
        for name, path in self.places.items():
            words = [str(word).replace(name, str(path)) for word in words]
        return words

    def call(self, name, *words):
        return subprocess.run([RIVULET_TF, name, *words], capture_output=True, text=True, errors="replace", timeout=60, cwd=self.place)

    def check(self, name, words):
        done = self.call(name, *words)
        said = f"{name} {' '.join(words)}: {done.returncode}: {done.stderr[-300:]}"
        self.assertIn(done.returncode, (0, 1, 2, 255), said)
        self.assertLess(len(done.stdout) + len(done.stderr), 20 << 20, said[:1000])
        if done.returncode != 0 and name != "compare_graphs":
            self.assertTrue(done.stderr.splitlines()[-1].startswith(f"{name}: "), said)

    def test_no_call_crashes(self):
        source = random.Random(SEED)
        for name, call in CALLS.items():
            self.anew()
            done = self.call(name, *self.placed(call))
            if name not in ("evaluate", "label_wav", "label_wav_dir", "test_streaming_accuracy"):  # no network of sounds, nor of these two folders
                self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")
            flags = [flag for flag in FLAG.findall(self.call(name, "--help").stdout) if flag[0] != "cache"]
            for _ in range(DRAWS if flags else 1):
                with self.subTest(tool=name):
                    self.check(name, self.placed([*call, *self.drawn(flags, source)] if flags else call))

    def test_every_tool_is_drawn(self):
        self.assertEqual({line.split()[0] for line in self.call("--help").stdout.splitlines() if line.startswith("  ") and line.split()} - set(CALLS) - {"rivulet-tf"}, set())


if __name__ == "__main__":
    main()
