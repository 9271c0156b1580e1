"""What the tests of the command share: calling it, small models as text, .npy files without NumPy.

Every test file is run as   NAME_test.py PATH/TO/rivulet REPOSITORY [Case.test_NAME ...]
"""
import ast
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

RIVULET, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SHAPES = ROOT / "models" / "shapes"


def call(*arguments, **options):
    return subprocess.run([RIVULET, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)


def npy(descr, shape, data, version=1, fortran=False):
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}".ljust(115) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


def read_npy(path):
    """The header's dictionary and the bytes of the elements."""
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    length, = struct.unpack("<H", data[8:10])
    assert (10 + length) % 64 == 0, "NumPy aligns the elements"
    return ast.literal_eval(data[10:10 + length].decode()), data[10 + length:]


def node(name, op, *inputs, **attrs):
    """A node of a text GraphDef; attribute values are text as in `type: DT_FLOAT`."""
    text = f'node {{ name: "{name}" op: "{op}" ' + "".join(f'input: "{i}" ' for i in inputs)
    return text + "".join(f'attr {{ key: "{k}" value {{ {v} }} }} ' for k, v in attrs.items()) + "}\n"


def placeholder(name, dtype="DT_FLOAT", dims=None):
    shape = {} if dims is None else {"shape": "shape { " + "".join(f"dim {{ size: {d} }} " for d in dims) + "}"}
    return node(name, "Placeholder", dtype=f"type: {dtype}", **shape)


def identity(name, source, dtype="DT_FLOAT"):
    return node(name, "Identity", source, T=f"type: {dtype}")


class CommandCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)

    def model(self, *nodes, name="model.pbtxt"):
        path = self.dir / name
        path.write_text("".join(nodes) + "versions { producer: 24 }\n")
        return path

    def file(self, name, data):
        path = self.dir / name
        path.write_bytes(data)
        return path

    def fine(self, *arguments):
        done = call(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def fails(self, code, parts, *arguments):
        """The call ends with `code` and one line on stderr that has all the parts."""
        done = call(*arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("rivulet: "), done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
