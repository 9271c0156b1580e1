"""An engine narrowed to the demo's model: it answers as the full one does, lacks the rest, and says so.

    narrow_test.py FULL_COMMAND NARROW_BUILD SOURCE
"""
import array
import pathlib
import re
import struct
import subprocess
import sys
import unittest

FULL, BUILD, ROOT = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
MODEL = ROOT / "models" / "shapes" / "shapes.pb"
NARROW = BUILD / "rivulet"
INPUT = (3, 64, 64, 3)


def write_array(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(11 + len(header)) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + array.array("f", values).tobytes())


def read_array(path):
    data = path.read_bytes()
    return array.array("f", data[10 + struct.unpack("<H", data[8:10])[0]:])


def run(command, *args):
    return subprocess.run([command, *map(str, args)], capture_output=True, text=True, timeout=120)


def graph(op, dtype="DT_FLOAT"):
    return (f'node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: {dtype} }} }} }}\n'
            f'node {{ name: "y" op: "{op}" input: "x" attr {{ key: "T" value {{ type: {dtype} }} }} }}\n')


class Narrow(unittest.TestCase):
    def answers(self, command, *flags):
        samples = sorted((ROOT / "models" / "shapes" / "samples").glob("*.png"))
        self.assertTrue(samples)
        done = run(command, "label", MODEL, *samples, *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split("input")[0] for line in done.stdout.splitlines()]

    def test_answers_as_the_full_engine(self):
        want = self.answers(FULL)
        self.assertEqual(self.answers(NARROW), want)
        self.assertEqual(self.answers(NARROW, "--no-passes"), want)

    def numbers(self, command, *flags):
        out = BUILD / "answers"
        done = run(command, "run", MODEL, "--input", f"input={BUILD / 'input.npy'}", "--save", out, *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        return read_array(out / "probability.npy")

    def test_numbers_of_the_full_engine(self):
        count = INPUT[0] * INPUT[1] * INPUT[2] * INPUT[3]
        write_array(BUILD / "input.npy", INPUT, [(i * 7919 % 1021) / 1021 for i in range(count)])
        for flags in (), ("--no-passes",), ("--threads", 2):
            want, got = self.numbers(FULL, *flags), self.numbers(NARROW, *flags)
            self.assertEqual(len(want), 30)
            self.assertEqual(len(got), len(want))
            self.assertLess(max(abs(a - b) for a, b in zip(want, got)), 1e-5, flags)

    def test_has_what_the_model_needs(self):
        listed = run(NARROW, "ops").stdout
        self.assertIn("Conv2D ", listed)
        self.assertNotIn("Cholesky", listed)
        self.assertLess(len(listed.splitlines()), 40)
        self.assertGreater(len(run(FULL, "ops").stdout.splitlines()), 500)

    def test_says_what_it_lacks(self):
        text = BUILD / "other.pbtxt"
        text.write_text(graph("Relu"))
        self.assertRegex(run(NARROW, "inspect", text).stderr, "narrowed to other models and has no models in text form")
        self.assertRegex(run(NARROW, "inspect", BUILD).stderr, "narrowed to other models and has no SavedModels")

    def test_size_is_within_the_budget(self):
        report = subprocess.run([sys.executable, ROOT / "tests" / "narrow" / "size_budget_test.py", BUILD, ROOT, "shapes"],
                                capture_output=True, text=True, timeout=300)
        print(report.stdout, file=sys.stderr)
        self.assertEqual(report.returncode, 0, report.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
