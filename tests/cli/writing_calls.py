"""A call of every verb and tool that writes files, with `{}` where the file goes; what else they need, Needed makes."""
import random
import wave

from command_case import npy
from tf_case import FORMATS, RIVULET, RIVULET_TF, SAMPLES, SHAPES_PB

MODEL, PICTURE = str(SHAPES_PB), str(SAMPLES / "star.jpg")
# The file's end, and the call but for `{}`, where it goes.
CALLS = [
    (".pb", RIVULET, ["freeze", MODEL, "-o", "{}", "--output", "probability"]),
    (".pb", RIVULET, ["optimize", MODEL, "-o", "{}"]),
    (".pb", RIVULET, ["transform", MODEL, "-o", "{}", "--output", "probability", "--transforms", "sort_by_execution_order"]),
    (".pb", RIVULET, ["shrink", MODEL, "-o", "{}", "--float16"]),
    (".rivulet", RIVULET, ["shrink", MODEL, "-o", "{}", "--lossless"]),
    (".rivulet", RIVULET, ["shrink", MODEL, "-o", "{}", "--step", "0.01"]),
    (".rivulet", RIVULET, ["pack", MODEL, "-o", "{}"]),
    (".mmap", RIVULET, ["pack", MODEL, "-o", "{}", "--format", "memmapped"]),
    (".html", RIVULET, ["view", MODEL, "-o", "{}"]),
    (".svg", RIVULET, ["view", MODEL, "--svg", "-o", "{}"]),
    (".html", RIVULET, ["shrink", MODEL, "--image", PICTURE, "-o", "{}"]),
    (".png", RIVULET, ["shrink", "--image", PICTURE, "--colors", "8", "-o", "{}"]),
    (".pbtxt", RIVULET, ["freeze", MODEL, "-o", "{}", "--output", "probability"]),
    (".pb", RIVULET, ["shrink", MODEL, "-o", "{}", "--int8", "--images", str(SAMPLES)]),
]
TOOLS = [
    (".pb", RIVULET_TF, ["strip_unused", f"--input_graph={MODEL}", "--input_binary", "--output_graph={}", "--input_node_names=input", "--output_node_names=probability"]),
    (".pb", RIVULET_TF, ["optimize_for_inference", f"--input={MODEL}", "--output={}", "--input_names=input", "--output_names=probability"]),
    (".pb", RIVULET_TF, ["transform_graph", f"--in_graph={MODEL}", "--out_graph={}", "--outputs=probability", "--transforms=remove_device"]),
    (".pb", RIVULET_TF, ["quantize_graph", f"--input={MODEL}", "--output={}", "--output_node_names=probability", "--mode=quantize"]),
    (".dot", RIVULET_TF, ["graph_to_dot", f"--graph={MODEL}", "--dot_output={}"]),
    (".mmap", RIVULET_TF, ["convert_graphdef_memmapped_format", f"--in_graph={MODEL}", "--out_graph={}"]),
    (".pb", RIVULET_TF, ["freeze_graph", f"--input_saved_model_dir={FORMATS / 'v1_tags' / 'model'}", "--output_node_names=norm/Squeeze", "--output_graph={}"]),
    (".png", RIVULET_TF, ["wav_to_spectrogram", "--input_wav=SOUND", "--output_image={}"]),
]
# Files that have times in them, so no two are the same.
TIMED = [
    (".html", RIVULET, ["prepare", MODEL, "--lossless", "-o", "{}.rivulet", "--report", "{}"]),
    (".html", RIVULET, ["evaluate", MODEL, "CLASSES", "-o", "{}"]),
    (".json", RIVULET, ["bench", MODEL, "--runs", "50", "--trace", "{}"]),
]
# What goes into a folder that is made.
FOLDERS = [
    ("built.h", RIVULET, ["ops", "--for", MODEL, "--narrow", "{}"]),
    ("probability.npy", RIVULET, ["run", MODEL, "--input", "input=INPUT", "--save", "{}"]),
    ("events.*", RIVULET_TF, ["graph_pb2tb", "{}", MODEL]),
    ("events.*", RIVULET_TF, ["import_pb_to_tensorboard", f"--model_dir={MODEL}", "--log_dir={}"]),
    ("y.npy", RIVULET_TF, ["saved_model_cli", "run", "--dir", str(FORMATS / "v1_tags" / "model"), "--tag_set", "serve", "--signature_def", "serving_default",
                           "--input_exprs", "x=[[1.0, 2.0, 3.0]]", "--outdir", "{}"]),
]


class Needed:
    """Files that the calls read, in a folder of their own."""

    def __init__(self, folder):
        self.words = {"CLASSES": folder / "classes", "SOUND": folder / "sound.wav", "INPUT": folder / "x.npy"}
        for name in ("star", "ring"):
            (folder / "classes" / name).mkdir(parents=True)
            (folder / "classes" / name / f"{name}.jpg").write_bytes((SAMPLES / "star.jpg").read_bytes())
        (folder / "x.npy").write_bytes(npy("<f4", (1, 64, 64, 3), bytes(64 * 64 * 3 * 4)))
        with wave.open(str(folder / "sound.wav"), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(16000)
            sound.writeframes(random.Random(1).randbytes(1 << 14))

    def call(self, program, words, out):
        for name, path in {"{}": out, **self.words}.items():
            words = [word.replace(name, str(path)) for word in words]
        return [str(program), *words]
