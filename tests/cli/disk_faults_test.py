"""Every verb and tool that writes a file: no room, and killed at any point. The old file or the new one is there, whole, and nothing else."""
import os
import pathlib
import resource
import signal
import subprocess
import time

from command_case import main
from tf_case import RIVULET, RIVULET_TF, SHAPES_PB, ToolCase

MODEL = str(SHAPES_PB)
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
]
TOOLS = [
    (".pb", RIVULET_TF, ["strip_unused", f"--input_graph={MODEL}", "--input_binary", "--output_graph={}", "--input_node_names=input", "--output_node_names=probability"]),
    (".pb", RIVULET_TF, ["optimize_for_inference", f"--input={MODEL}", "--output={}", "--input_names=input", "--output_names=probability"]),
    (".pb", RIVULET_TF, ["transform_graph", f"--in_graph={MODEL}", "--out_graph={}", "--outputs=probability", "--transforms=remove_device"]),
    (".pb", RIVULET_TF, ["quantize_graph", f"--input={MODEL}", "--output={}", "--output_node_names=probability", "--mode=quantize"]),
    (".mmap", RIVULET_TF, ["convert_graphdef_memmapped_format", f"--in_graph={MODEL}", "--out_graph={}"]),
]


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
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writes end in the middle, then fail
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

        for folder, out, call in self.each():
            out.write_bytes(b"old")
            done = subprocess.run(call, capture_output=True, text=True, preexec_fn=limit, timeout=120)
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


if __name__ == "__main__":
    main()
