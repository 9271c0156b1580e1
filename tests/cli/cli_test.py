"""The command as a user calls it.   cli_test.py PATH/TO/rivulet REPOSITORY"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

RIVULET, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SHAPES = ROOT / "models" / "shapes"


def call(*arguments):
    return subprocess.run([RIVULET, *map(str, arguments)], capture_output=True, text=True)


def write_npy(path, descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    pathlib.Path(path).write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


def read_npy(path):
    data = pathlib.Path(path).read_bytes()
    length, = struct.unpack("<H", data[8:10])
    return eval(data[10:10 + length].decode()), data[10 + length:]  # the header is a Python literal by definition


class Command(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.dir = pathlib.Path(self.folder.name)

    def text_model(self, nodes):
        path = self.dir / "model.pbtxt"
        path.write_text(nodes + "\nversions { producer: 24 }\n")
        return path

    def placeholder(self, name, dtype):
        return f'node {{ name: "{name}" op: "Placeholder" attr {{ key: "dtype" value {{ type: {dtype} }} }} }}\n'

    def identity(self, name, source, dtype):
        return f'node {{ name: "{name}" op: "Identity" input: "{source}" attr {{ key: "T" value {{ type: {dtype} }} }} }}\n'

    def check_fails(self, done, code, *parts):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_help_has_examples(self):
        for command in ["inspect", "run", "label", "compare", "bench", "ops"]:
            done = call(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("rivulet " + command, done.stdout)
        self.assertEqual(call("--version").returncode, 0)

    def test_bad_calls(self):
        for arguments in [[], ["fly"], ["run"], ["run", "m.pb", "--threads", "0"], ["ops", "Conv2E"]]:
            self.assertEqual(call(*arguments).returncode, 2, arguments)

    def test_bad_models(self):
        self.check_fails(call("inspect", self.dir / "none.pb"), 1, "none.pb")
        (self.dir / "page.pb").write_text("<!DOCTYPE html>")
        self.check_fails(call("run", self.dir / "page.pb"), 1, "page.pb", "HTML")

    def test_run_saves_what_it_fetches(self):
        model = self.text_model(self.placeholder("in/x", "DT_FLOAT") + self.identity("out/y", "in/x", "DT_FLOAT"))
        write_npy(self.dir / "x.npy", "<f4", "(2, 1)", struct.pack("<2f", 1.5, -2))
        done = call("run", model, "--input", f"in/x={self.dir}/x.npy", "--output", "out/y:0", "--save", self.dir / "out", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["outputs"][0]["shape"], [2, 1])
        header, data = read_npy(self.dir / "out" / "out_y_0.npy")
        self.assertEqual((header["descr"], header["shape"], data), ("<f4", (2, 1), struct.pack("<2f", 1.5, -2)))

    def test_run_feeds_literals_files_and_strings(self):
        model = self.text_model(self.placeholder("s", "DT_STRING") + self.placeholder("i", "DT_INT32") + self.identity("t", "s", "DT_STRING") +
                                self.identity("j", "i", "DT_INT32"))
        (self.dir / "blob").write_bytes(b"a\0b")
        done = call("run", model, "--input", f"s=@{self.dir}/blob", "--input", "i==7", "--output", "t", "--output", "j", "--save", self.dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read_npy(self.dir / "t.npy")[1], b"a\0b")
        header, data = read_npy(self.dir / "j.npy")
        self.assertEqual((header["shape"], data), ((), struct.pack("<i", 7)))
        self.check_fails(call("run", model, "--input", "i==seven", "--output", "j"), 1, "'i'", "int32", "seven")
        self.check_fails(call("run", model, "--input", "i", "--output", "j"), 2, "NAME=")

    def test_run_says_what_is_wrong(self):
        model = self.text_model(self.placeholder("x", "DT_FLOAT") + self.identity("a/b", "x", "DT_FLOAT") + self.identity("a_b", "x", "DT_FLOAT"))
        self.check_fails(call("run", model, "--output", "a/c"), 2, "'a/c'", "a/b")
        self.check_fails(call("run", model, "--output", "a/b", "--output", "a_b", "--save", self.dir), 2, "a_b.npy")
        write_npy(self.dir / "i.npy", "<i8", "(1,)", struct.pack("<q", 1))
        self.check_fails(call("run", model, "--input", f"x={self.dir}/i.npy", "--output", "a_b"), 1, "float32", "int64")
        write_npy(self.dir / "o.npy", "|O", "(1,)", b"12345678")
        self.check_fails(call("run", model, "--input", f"x={self.dir}/o.npy", "--output", "a_b"), 1, "object")
        write_npy(self.dir / "cut.npy", "<f4", "(1000,)", b"1234")
        self.check_fails(call("run", model, "--input", f"x={self.dir}/cut.npy", "--output", "a_b"), 1, "4000", "cut.npy")

    def test_inspect(self):
        done = call("inspect", SHAPES / "shapes.pb", "--json")
        found = json.loads(done.stdout)
        self.assertEqual(found["inputs"][0]["shape"], [-1, 64, 64, 3])
        self.assertEqual([o["name"] for o in found["outputs"]], ["probability"])
        self.assertEqual(found["problems"], [])
        self.assertIn("Conv2D", call("inspect", SHAPES / "shapes.pb", "--op", "Conv2D").stdout)

    def test_label_as_tensorflow_recorded(self):
        done = call("label", SHAPES / "shapes.pb", SHAPES / "samples", "--json", "--all-scores")
        self.assertEqual(done.returncode, 0, done.stderr)
        compared = subprocess.run([sys.executable, SHAPES / "compare_samples.py", SHAPES / "samples" / "samples.json"], input=done.stdout,
                                  capture_output=True, text=True)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def test_label_refuses_what_is_no_picture(self):
        (self.dir / "note.png").write_text("not a picture")
        self.check_fails(call("label", SHAPES / "shapes.pb", self.dir / "note.png", "--json"), 1, "note.png")

    def test_compare(self):
        model = SHAPES / "shapes.pb"
        done = call("compare", model, model, "--b-no-passes", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(json.loads(done.stdout)["equal"])
        two = self.text_model(self.placeholder("x", "DT_FLOAT").replace("}\n", "") + " attr { key: \"shape\" value { shape { dim { size: 2 } } } } }\n" +
                              self.identity("y", "x", "DT_FLOAT"))
        other = self.dir / "other.pbtxt"
        other.write_text(two.read_text().replace('op: "Identity"', 'op: "Neg"'))
        self.assertEqual(call("compare", two, other).returncode, 1)

    def test_bench(self):
        done = call("bench", SHAPES / "shapes.pb", "--input-shape", "input=2,64,64,3", "--runs", "3", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        for key in ["load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "peak_rss_kib", "threads", "target", "flops"]:
            self.assertIn(key, found)
        self.assertGreater(found["flops"], 0)

    def test_ops(self):
        listed = json.loads(call("ops", "--json").stdout)
        self.assertIn("Conv2D", [op["name"] for op in listed])
        self.assertIn("operators", call("ops").stdout.splitlines()[-1])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
