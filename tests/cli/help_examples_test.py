"""Every example of every --help works when it is pasted, in a folder with files of the names that the examples have."""
import os
import pathlib
import re
import shutil
import struct
import subprocess

from command_case import CommandCase, call, main, node, npy, placeholder
from tf_case import FORMATS, RIVULET, RIVULET_TF, SAMPLES, tool

FLOAT, INTS = "type: DT_FLOAT", "type: DT_INT32"


def floats(*dims):
    count, state, values = 1, 1, []
    for d in dims:
        count *= d
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        values.append(f"float_val: {state / 2147483648 - 0.5:.5f} ")
    return "tensor { dtype: DT_FLOAT tensor_shape { " + "".join(f"dim {{ size: {d} }} " for d in dims) + "} " + "".join(values) + "}"


def ints(*values):
    shape = f"dim {{ size: {len(values)} }} " if len(values) > 1 else ""
    return f"tensor {{ dtype: DT_INT32 tensor_shape {{ {shape}}} " + "".join(f"int_val: {v} " for v in values) + "}"


def classifier(given, result, size):
    """A convolution of pictures of any size, unless one is given, and five scores."""
    return (placeholder(given, dims=[-1, size, size, 3]) + placeholder_with_default("keep_prob") + node("w", "Const", dtype=FLOAT, value=floats(3, 3, 3, 16)) +
            node("conv", "Conv2D", given, "w", T=FLOAT, strides="list { i: [1, 4, 4, 1] }", padding='s: "SAME"') + node("relu", "Relu", "conv", T=FLOAT) +
            node("hw", "Const", dtype=INTS, value=ints(1, 2)) + node("mean", "Mean", "relu", "hw", T=FLOAT, Tidx=INTS) +
            node("kept", "Mul", "mean", "keep_prob", T=FLOAT) + node("v", "Const", dtype=FLOAT, value=floats(16, 5)) +
            node("final_training_ops/Wx_plus_b/add", "MatMul", "kept", "v", T=FLOAT) + node(result, "Softmax", "final_training_ops/Wx_plus_b/add", T=FLOAT))


def placeholder_with_default(name):
    return (node(f"{name}/one", "Const", dtype=FLOAT, value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 }") +
            node(name, "PlaceholderWithDefault", f"{name}/one", dtype=FLOAT, shape="shape { }"))


def recogniser():
    return (placeholder("wav_data", "DT_STRING", []) + node("decoded_sample_data", "DecodeWav", "wav_data", desired_channels="i: 1", desired_samples="i: 16000") +
            node("to", "Const", dtype=INTS, value=ints(-1, 1000)) + node("rows", "Reshape", "decoded_sample_data", "to", T=FLOAT) +
            node("zero", "Const", dtype=INTS, value=ints(0)) + node("mean", "Mean", "rows", "zero", T=FLOAT, Tidx=INTS, keep_dims="b: true") +
            node("w", "Const", dtype=FLOAT, value=floats(1000, 3)) + node("product", "MatMul", "mean", "w", T=FLOAT) +
            node("labels_softmax", "Softmax", "product", T=FLOAT))


def wav(seconds):
    sound = struct.pack(f"<{16000 * seconds}h", *[(i * 7919) % 20000 - 10000 for i in range(16000 * seconds)])
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", len(sound)) + sound


class HelpExamples(CommandCase):
    def setUp(self):
        super().setUp()
        self.bin, self.place = self.dir / "bin", self.dir / "place"
        self.bin.mkdir()
        self.tools = re.findall(r"(?m)^  (\w+) ", tool("--help").stdout)
        (self.bin / "rivulet").symlink_to(pathlib.Path(RIVULET).resolve())
        for name in self.tools:
            (self.bin / name).symlink_to(RIVULET_TF.resolve())

    def furnish(self):
        shutil.rmtree(self.place, ignore_errors=True)
        place = self.place
        for folder in ("docs", "sounds", "speech/one", "speech/two", "train"):
            (place / folder).mkdir(parents=True)
        graphs = {"model": ("x", "y", 8), "optimized": ("x", "y", 8), "mobilenet": ("input", "final_result", 224), "graph": ("input", "final_result", 224),
                  "retrained_graph": ("input", "final_result", 224), "inception": ("Mul", "final_result", 299)}
        for name, names in graphs.items():
            (place / f"{name}.pb").write_text(classifier(*names) + "versions { producer: 24 }\n")
        for name in ("speech", "conv_actions_frozen"):
            (place / f"{name}.pb").write_text(recogniser() + "versions { producer: 24 }\n")
        samples = sorted(SAMPLES.glob("*.jpg"))
        classes = ["daisy", "dandelion", "rose", "sunflower", "tulip"]
        for name in ("labels", "imagenet", "retrained_labels"):
            (place / f"{name}.txt").write_text("\n".join(classes) + "\n")
        (place / "conv_actions_labels.txt").write_text("_silence_\none\ntwo\n")
        for folder in ("flowers", "flower_photos", "pictures", "tf_files/flower_photos"):
            for i, name in enumerate(classes):
                (place / folder / name).mkdir(parents=True)
                for k in range(20):
                    shutil.copy(samples[(i + k) % len(samples)], place / folder / name / f"{k}.jpg")
        (place / "photos").mkdir()
        for name in ("photo.jpg", "cat.jpg", "rose.jpg", "photos/one.jpg"):
            shutil.copy(SAMPLES / "star.jpg", place / name)
        for name in ("yes.wav", "sounds/one.wav", "speech/one/a.wav", "speech/two/b.wav"):
            (place / name).write_bytes(wav(1))
        (place / "talk.wav").write_bytes(wav(3))
        (place / "talk.txt").write_text("one,1000\ntwo,2000\n")
        (place / "x.npy").write_bytes(npy("<f4", (1, 8, 8, 3), bytes(768)))
        (place / "example.npy").write_bytes(npy("<f4", (1, 3), bytes(12)))
        for name in ("saved_model", "saved_model_folder"):
            shutil.copytree(FORMATS / "v1_tags" / "model", place / name)
        trained = (placeholder("x", dims=[-1, 3]) + node("dense/w", "VariableV2", dtype=FLOAT, shape="shape { dim { size: 3 } dim { size: 4 } }") +
                   node("final_result", "MatMul", "x", "dense/w", T=FLOAT) + "versions { producer: 24 }\n")
        (place / "graph.pbtxt").write_text(trained)
        for prefix in ("model.ckpt-1000", "train/model.ckpt-1000", "model.ckpt-100"):
            for end in (".index", ".data-00000-of-00001"):
                shutil.copy(FORMATS / "meta_graphs" / f"v2{end}", f"{place / prefix}{end}")
        (place / "model.ckpt-1000.meta").write_text("graph_def { " + trained + "}\n")

    def run_examples(self, name, text, least=1):
        self.assertIn("Examples:\n", text, name)
        lines = text.split("Examples:\n")[1].replace("\\\n", " ").splitlines()
        self.assertGreaterEqual(len(lines), least, name)
        for line in map(str.strip, lines):
            with self.subTest(line):
                self.assertIn(name, line)
                # Of the SavedModel of another example.
                line = line.replace("--signature classify --example inputs='{\"x\": [1.0]}'", "--signature norm --input x=example.npy").replace("--signature classify", "--signature norm")
                if "saved_model_folder" in line:
                    line = line.replace("x=x.npy", "x=example.npy")
                line = line.replace("freeze_graph --input_saved_model_dir=saved_model --output_graph=frozen.pb --output_node_names=final_result",
                                    "freeze_graph --input_saved_model_dir=saved_model --output_graph=frozen.pb --output_node_names=y")
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", line.replace("| less", "| cat")], cwd=self.place, capture_output=True, text=True, timeout=300,
                                      env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"})
                self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout[-300:]}{done.stderr}")

    def test_verbs(self):
        verbs = re.findall(r"(?m)^  (\w+) {2,}", call("--help").stdout.split("Subcommands:")[1].split("Start with:")[0])
        self.assertGreater(len(verbs), 12)
        self.furnish()
        for verb in verbs:
            self.run_examples(f"rivulet {'' if verb in ('pack', 'view') else verb}", call(verb, "--help").stdout)

    def test_tools(self):
        self.assertGreater(len(self.tools), 20)
        self.furnish()
        for name in self.tools:
            self.run_examples(name, tool(name, "--help").stdout)


if __name__ == "__main__":
    main()
