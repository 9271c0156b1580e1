"""Every verb and tool that writes a file: no room, and killed at any point. The old file or the new one is there, whole, and nothing else."""
import os
import pathlib
import resource
import signal
import subprocess
import time

from command_case import main, npy
from tf_case import FORMATS, RIVULET, RIVULET_TF, SAMPLES, SHAPES_PB, ToolCase

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
]
TOOLS = [
    (".pb", RIVULET_TF, ["strip_unused", f"--input_graph={MODEL}", "--input_binary", "--output_graph={}", "--input_node_names=input", "--output_node_names=probability"]),
    (".pb", RIVULET_TF, ["optimize_for_inference", f"--input={MODEL}", "--output={}", "--input_names=input", "--output_names=probability"]),
    (".pb", RIVULET_TF, ["transform_graph", f"--in_graph={MODEL}", "--out_graph={}", "--outputs=probability", "--transforms=remove_device"]),
    (".pb", RIVULET_TF, ["quantize_graph", f"--input={MODEL}", "--output={}", "--output_node_names=probability", "--mode=quantize"]),
    (".dot", RIVULET_TF, ["graph_to_dot", f"--graph={MODEL}", "--dot_output={}"]),
    (".mmap", RIVULET_TF, ["convert_graphdef_memmapped_format", f"--in_graph={MODEL}", "--out_graph={}"]),
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


def limit_files(most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writes end in the middle, then fail
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


class Disk(ToolCase):
    CALLS = CALLS

    def each(self):
        for i, (end, program, words) in enumerate(self.CALLS):
            folder = self.dir / f"call{i}"
            folder.mkdir()
            out = folder / f"out{end}"
            with self.subTest(call=f"{pathlib.Path(program).name} {words[0]} {end}"):
                yield folder, out, [str(program), *(word.replace("{}", str(out)) for word in words)]

    def test_no_room(self):
        for folder, out, call in self.each():
            out.write_bytes(b"old")
            done = subprocess.run(call, capture_output=True, text=True, preexec_fn=lambda: limit_files(3000), timeout=120)
            self.assertIn(done.returncode, (1, 255), done.stderr)
            self.assertIn(str(out), done.stderr)
            self.assertEqual([p.name for p in folder.iterdir()], [out.name])
            self.assertEqual(out.read_bytes(), b"old")

    def test_killed_at_any_point(self):
        for folder, out, call in self.each():
            begun = time.monotonic()
            subprocess.run(call, capture_output=True, check=True, timeout=120)
            took = time.monotonic() - begun
            new = out.read_bytes()
            for i in range(12):
                out.write_bytes(b"old")
                run = subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(took * (i + 1) / 12)
                os.kill(run.pid, signal.SIGKILL)
                run.wait()
                self.assertIn(out.read_bytes(), (b"old", new))
            # What the killed ones left, the next one takes away.
            subprocess.run(call, capture_output=True, check=True, timeout=120)
            self.assertEqual([p.name for p in folder.iterdir()], [out.name])
            self.assertEqual(out.read_bytes(), new)

    def test_two_at_once_leave_one_whole(self):
        out = self.dir / "out.pb"
        call = [str(RIVULET), "freeze", MODEL, "-o", str(out), "--output", "probability"]
        subprocess.run(call, capture_output=True, check=True, timeout=120)
        new = out.read_bytes()
        for _ in range(10):
            runs = [subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
            for run in runs:
                self.assertEqual(run.communicate(timeout=120)[1], b"")
                self.assertEqual(run.returncode, 0)
            self.assertEqual(out.read_bytes(), new)
        self.assertEqual(os.listdir(self.dir), [out.name])


class ToolsDisk(Disk):
    CALLS = TOOLS


class OtherFiles(ToolCase):
    def fails_for_want_of_room(self, call, named, most):
        done = subprocess.run(call, capture_output=True, text=True, preexec_fn=lambda: limit_files(most), timeout=120)
        self.assertIn(done.returncode, (1, 255), done.stdout + done.stderr)
        self.assertIn(str(named), done.stderr)
        self.assertIn("cannot write", done.stderr)

    def test_no_room_for_what_has_times_in_it(self):
        classes = self.dir / "classes"
        for name in ("star", "ring"):
            (classes / name).mkdir(parents=True)
            (classes / name / f"{name}.jpg").write_bytes((SAMPLES / "star.jpg").read_bytes())
        for i, (end, program, words) in enumerate(TIMED):
            out = self.dir / f"out{i}{end}"
            with self.subTest(call=words[0]):
                out.write_bytes(b"old")
                before = sorted(self.dir.iterdir())
                call = [str(program), *(word.replace("{}", str(out)).replace("CLASSES", str(classes)) for word in words)]
                self.fails_for_want_of_room(call, out, 2000)
                self.assertEqual(out.read_bytes(), b"old")
                self.assertEqual(sorted(self.dir.iterdir()), before)

    def test_no_room_in_a_folder(self):
        given = self.file("x.npy", npy("<f4", (1, 64, 64, 3), bytes(64 * 64 * 3 * 4)))
        for i, (name, program, words) in enumerate(FOLDERS):
            with self.subTest(call=words[0]):
                folder = self.dir / f"folder{i}"
                call = [str(program), *(word.replace("{}", str(folder)).replace("INPUT", str(given)) for word in words)]
                self.fails_for_want_of_room(call, folder, 20)
                self.assertEqual(list(folder.iterdir()), [])
                subprocess.run(call, capture_output=True, check=True, timeout=120)
                self.assertEqual(len(list(folder.glob(name))), 1)


if __name__ == "__main__":
    main()
