"""What the tests of TensorFlow's tools share: rivulet-tf lies beside rivulet."""
import os
import pathlib
import subprocess

from command_case import RIVULET, ROOT, CommandCase, call

RIVULET_TF = pathlib.Path(RIVULET).with_name("rivulet-tf")
SHAPES_PB = ROOT / "models" / "shapes" / "shapes.pb"
SHAPES_LABELS = ROOT / "models" / "shapes" / "labels.txt"
SAMPLES = ROOT / "models" / "shapes" / "samples"
FORMATS = ROOT / "tests" / "formats" / "data"
MATERIAL = pathlib.Path(os.environ.get("RIVULET_MATERIAL", "/nonexistent"))


def tool(*arguments, **options):
    return subprocess.run([RIVULET_TF, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


class ToolCase(CommandCase):
    def works(self, *arguments):
        done = tool(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refuses(self, code, parts, *arguments):
        """Ends with `code`; the last line on stderr is "TOOL: ..." and has all the parts."""
        done = tool(*arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertTrue(done.stderr, "an error says something")
        last = done.stderr.splitlines()[-1]
        self.assertTrue(last.startswith(f"{arguments[0]}: "), last)
        for part in parts:
            self.assertIn(part, last)
        return done

    def material(self, name):
        path = MATERIAL / name
        if not path.exists():
            self.skipTest(f"no {name}: RIVULET_MATERIAL names no folder with the models for trying the engine")
        return path

    def same_answers(self, one, other, *more):
        done = call("compare", one, other, *more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
