"""Help, exit codes, and the one line of every error."""
import subprocess

from command_case import RIVULET, SHAPES, CommandCase, main, node, npy, placeholder

COMMANDS = ["inspect", "run", "label", "compare", "bench", "ops", "transform", "view", "freeze", "optimize", "pack", "check", "evaluate", "prepare", "shrink"]
# What people have instead of a graph, by its first bytes, and what they are told.
FOREIGN = {
    "m.tflite": (b"\x1c\0\0\0TFL3" + bytes(64), ["TensorFlow Lite", "original TensorFlow graph"]),
    "m.onnx": (b"\x08\x07\x12\x07pytorch" + bytes(64), ["ONNX", "original TensorFlow graph"]),
    "m.h5": (b"\x89HDF\r\n\x1a\n" + bytes(64), ["HDF5", "model.export()"]),
    "m.keras": (b"PK\x03\x04" + bytes(26) + b"metadata.json" + bytes(64), [".keras", "model.export()"]),
    "m.pb.gz": (b"\x1f\x8b\x08" + bytes(64), ["gzip", "decompress"]),
    "pointer.pb": (b"version https://git-lfs.github.com/spec/v1\n", ["Git LFS"]),
    "empty.pb": (b"", ["empty"]),
}


class Calls(CommandCase):
    def test_help_has_examples(self):
        top = self.fine("--help")
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", top)
            text = self.fine(command, "--help")
            self.assertIn("Examples:\n  rivulet " + command, text)
        self.assertRegex(self.fine("--version"), r"^\d+\.\d+\.\d+\n$")

    def test_bad_calls(self):
        self.fails(2, ["rivulet --help"])
        self.fails(2, ["'fly'"], "fly")
        self.fails(2, ["'inspekt'", "'inspect'"], "inspekt", "m.pb")
        for command in ["inspect", "run", "label", "compare", "bench", "view"]:
            self.fails(2, ["required", f"rivulet {command} --help"], command)
        self.fails(2, ["--threads"], "run", "m.pb", "--threads", "0")
        self.fails(2, ["--threads", "two"], "bench", "m.pb", "--threads", "two")
        self.fails(2, ["--fast"], "run", "m.pb", "--fast")
        self.fails(2, ["--deadline"], "run", "m.pb", "--deadline", "-1")
        self.fails(2, ["--memory"], "run", "m.pb", "--memory", "-1")
        self.fails(2, ["--memory"], "run", SHAPES / "shapes.pb", "--memory", "9999999999999")
        self.fails(2, ["'AVX9000'", "best"], "run", SHAPES / "shapes.pb", "--target", "AVX9000")
        self.fails(2, ["'Conv2E'", "'Conv2D'"], "ops", "Conv2E")

    def test_bad_models(self):
        page = self.file("page.pb", b"<!DOCTYPE html>")
        for command, more in [("inspect", []), ("run", []), ("label", [page]), ("compare", [page]), ("bench", []), ("view", [])]:
            self.fails(1, ["none.pb"], command, self.dir / "none.pb", *more)
            self.fails(1, ["page.pb", "HTML"], command, page, *more)
            self.fails(1, ["folder"], command, self.dir, *more) if command != "label" else None

    def test_foreign_files_are_told_by_every_command(self):
        out = self.dir / "out.pb"
        for name, (content, parts) in FOREIGN.items():
            model = self.file(name, content)
            for words in (["inspect", model], ["run", model], ["label", model, model], ["bench", model], ["view", model], ["compare", model, model], ["freeze", model, "-o", out],
                          ["optimize", model, "-o", out], ["transform", model, "-o", out, "--transforms", "remove_device"], ["shrink", model, "-o", self.dir / "s.rivulet"],
                          ["pack", model, "-o", self.dir / "p.rivulet"], ["check", model], ["prepare", model, "-o", self.dir / "p.rivulet"], ["ops", "--for", model]):
                with self.subTest(name=name, command=words[0]):
                    self.fails(1, [name, *parts], *words)
        self.assertFalse(out.exists())

    def test_a_misspelt_flag_gets_the_nearest(self):
        self.fails(2, ["--jsn", "nearest: '--json'"], "inspect", SHAPES / "shapes.pb", "--jsn")
        self.fails(2, ["nearest: '--input-shape'"], "bench", SHAPES / "shapes.pb", "--inputshape=input=1,64,64,3")
        self.fails(2, ["not expected: --nothing-like-it (see"], "inspect", SHAPES / "shapes.pb", "--nothing-like-it")

    def test_a_newline_in_a_name_stays_one_line(self):
        self.fails(1, ["a\\x0ab"], "inspect", "a\nb")
        self.fails(2, ["a\\x0ab"], "run", SHAPES / "shapes.pb", "--output", "a\nb")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([RIVULET, "ops"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)

    def test_limits_of_a_run(self):
        picture = self.file("x.npy", npy("<f4", "(1, 64, 64, 3)", bytes(64 * 64 * 3 * 4)))
        feed = ["run", SHAPES / "shapes.pb", "--input", f"input={picture}"]
        self.fails(1, ["DEADLINE_EXCEEDED"], *feed, "--deadline", "0.001")
        self.fine(*feed, "--memory", "64")
        model = self.model(placeholder("x"), node("y", "Tile", "x", "n", T="type: DT_FLOAT", Tmultiples="type: DT_INT32"),
                           node("n", "Const", dtype="type: DT_INT32", value="tensor { dtype: DT_INT32 tensor_shape { dim { size: 1 } } int_val: 1000000 }"))
        self.fails(1, ["RESOURCE_EXHAUSTED", "memory budget", "4000128 bytes wanted"], "run", model, "--input", "x==[1]", "--memory", "1")


if __name__ == "__main__":
    main()
