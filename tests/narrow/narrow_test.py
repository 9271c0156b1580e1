"""An engine narrowed to the demo's model: it answers as the full one does, lacks the rest, and says so.

    narrow_test.py FULL_COMMAND NARROW_BUILD SOURCE
"""
import pathlib
import re
import subprocess
import sys
import unittest

FULL, BUILD, ROOT = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
MODEL = ROOT / "models" / "shapes" / "shapes.pb"
NARROW = BUILD / "cli" / "rivulet"


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

    def test_size_report(self):
        report = subprocess.run([sys.executable, ROOT / "scripts" / "size", BUILD], capture_output=True, text=True, timeout=300)
        self.assertEqual(report.returncode, 0, report.stderr)
        size = float(re.match(r" *([\d.]+) kB  stripped program", report.stdout).group(1))
        self.assertRegex(report.stdout, r"kB  ops\n")
        print(report.stdout, file=sys.stderr)
        self.assertLess(size, 1000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
