"""NumPy's .npz archives as inputs, and the expressions that saved_model_cli takes: values, and every way in which they can be wrong."""
import io
import pathlib
import random
import struct
import zipfile

from command_case import identity, main, npy, placeholder, read_npy
from tf_case import FORMATS, ToolCase, call

TAGS = FORMATS / "v1_tags" / "model"


def floats(*values):
    return npy("<f4", f"({len(values)},)", struct.pack(f"<{len(values)}f", *values))


def npz(method=zipfile.ZIP_STORED, **arrays):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as file:  # as numpy.savez writes
                file.write(data)
    return out.getvalue()


class Archives(ToolCase):
    def setUp(self):
        super().setUp()
        self.same = self.model(placeholder("x", dims=[-1]), identity("y", "x"))

    def values(self, text):
        self.fine("run", self.same, "--input", f"x={text}", "--save", self.dir / "out")
        return struct.unpack("<2f", read_npy(self.dir / "out" / "y.npy")[1])

    def test_stored_and_deflated(self):
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            two = self.file("two.npz", npz(method, a=floats(1, 2), b=floats(3, 4)))
            one = self.file("one.npz", npz(method, a=floats(5, 6)))
            self.assertEqual(self.values(f"{two}[b]"), (3, 4))
            self.assertEqual(self.values(f"{two}[a]"), (1, 2))
            self.assertEqual(self.values(one), (5, 6), "the only one needs no name")
            self.fails(1, ["'a'", "'b'", "FILE.npz[NAME]"], "run", self.same, "--input", f"x={two}")
            self.fails(1, ["'c'", "'a', 'b'"], "run", self.same, "--input", f"x={two}[c]")
        plain = self.file("x.npy", floats(7, 8))
        self.assertEqual(self.values(f"{plain}[anything]"), (7, 8), "a file of one array has no names")

    def test_archives_that_are_none_or_damaged(self):
        data = npz(zipfile.ZIP_DEFLATED, a=floats(*range(64)))
        self.fails(1, ["ZIP archive"], "run", self.same, "--input", f"x={self.file('no.npz', floats(1, 2) * 2)}")
        self.fails(1, ["cut"], "run", self.same, "--input", f"x={self.file('short.npz', b'PK')}")
        at = data.index(b"PK\x03\x04") + 60
        self.fails(1, ["'a'", "damaged"], "run", self.same, "--input", f"x={self.file('flipped.npz', data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:])}")
        directory = data.index(b"PK\x01\x02")
        for offset, value, part in ((24, 0xFFFFFFF0, "which it cannot"), (20, 0xFFFFFFF0, "cut"), (42, 0x7FFFFFFF, "not where"), (10, 99, "method 99"), (8, 1, "encrypted")):
            broken = data[:directory + offset] + struct.pack("<I", value)[: 2 if value < 100 else 4] + data[directory + offset + (2 if value < 100 else 4):]
            self.fails(1, [part], "run", self.same, "--input", f"x={self.file('broken.npz', broken)}")
        turn = random.Random(4)
        for _ in range(150):
            bad = bytearray(data[: turn.randrange(len(data))] if turn.random() < 0.3 else data)
            for _ in range(turn.randrange(1, 4)):
                if bad:
                    bad[turn.randrange(len(bad))] = turn.randrange(256)
            done = call("run", self.same, "--input", f"x={self.file('bad.npz', bytes(bad))}")
            self.assertIn(done.returncode, (0, 1), done.stderr)

    def test_a_stored_array_that_is_damaged(self):
        data = npz(a=floats(*range(64)))
        at = data.index(struct.pack("<f", 33))
        self.fails(1, ["'a'", "checksum"], "run", self.same, "--input", f"x={self.file('flipped.npz', data[:at] + bytes(4) + data[at + 4:])}")

    def test_saved_model_cli(self):
        model = ["saved_model_cli", "run", "--dir", TAGS, "--tag_set", "serve", "--signature_def", "norm"]
        matrix = npy("<f4", "(2, 3)", struct.pack("<6f", 6, 8, 0, 0, 0, 2))
        file = self.file("m.npz", npz(x=matrix, other=floats(1)))
        flags = [f for f in model]
        want = self.works(*flags, "--input_exprs", "x=[[6, 8, 0], [0, 0, 2]]")
        self.assertEqual(self.works(*flags, "--inputs", f"x={file}[x]"), want)
        self.refuses(1, ["FILE.npz[NAME]"], *flags, "--inputs", f"x={file}")
        self.refuses(1, ["pickle"], *flags, "--inputs", f"x={self.file('m.pkl', b'x')}")


class Expressions(ToolCase):
    """np.… of numbers, without Python."""

    def run_it(self, expression):
        return self.works("saved_model_cli", "run", "--dir", TAGS, "--tag_set", "serve", "--signature_def", "norm", "--input_exprs", f"x={expression}")

    def refused(self, parts, expression):
        self.refuses(1, parts, "saved_model_cli", "run", "--dir", TAGS, "--tag_set", "serve", "--signature_def", "norm", "--input_exprs", f"x={expression}")

    def test_values(self):
        for expression, same in (
                ("np.ones((2, 3))", "[[1, 1, 1], [1, 1, 1]]"), ("numpy.zeros(shape=[1, 3], dtype=np.float32)", "[[0, 0, 0]]"), ("np.full((1, 3), 2.5)", "[[2.5, 2.5, 2.5]]"),
                ("np.full(fill_value=-1, shape=(1,3,))", "[[-1, -1, -1]]"), ("np.arange(6).reshape(2, 3)", "[[0, 1, 2], [3, 4, 5]]"), ("np.arange(6, dtype='float32').reshape((-1, 3))", "[[0, 1, 2], [3, 4, 5]]"),
                ("np.arange(1, 7, 2).reshape(1, 3)", "[[1, 3, 5]]"), ("np.linspace(0, 1, 3).reshape(1, 3)", "[[0, 0.5, 1]]"), ("np.eye(3)", "[[1, 0, 0], [0, 1, 0], [0, 0, 1]]"),
                ("np.array([[1, 2, 3]], dtype=np.float32)", "[[1, 2, 3]]"), ("np.random.rand(2, 3).astype(np.int32)", "[[0, 0, 0], [0, 0, 0]]"), (" np.ones( ( 1 , 3 ) ) ", "[[1, 1, 1]]")):
            self.assertEqual(self.run_it(expression), self.run_it(same), expression)

    def test_random_numbers_are_the_same_each_time(self):
        for expression in ("np.random.rand(2, 3)", "np.random.randn(2, 3)", "np.random.random((2, 3))", "np.random.random(size=(2, 3))", "np.random.uniform(-1, 1, (2, 3))",
                           "np.random.normal(loc=0, scale=2, size=(2, 3))", "np.random.randint(0, 10, size=(2, 3))"):
            self.assertEqual(self.run_it(expression), self.run_it(expression))
            self.assertNotEqual(self.run_it(expression), self.run_it("np.zeros((2, 3))"), expression)

    def test_what_is_no_such_expression(self):
        for expression, parts in (("np.ones((2, 3", ["not closed"]), ("np.ones(2, 3, 4)", ["at most"]), ("np.ones()", ["'shape'"]), ("np.ones((2, 3)) * 2", ["'* 2'"]), ("np.ones((2, -3))", ["below 0"]),
                                  ("np.full((1, 3))", ["'fill_value'"]), ("np.random.choice(5)", ["not known"]), ("np.load('x.npy')", ["np.", "understood"]), ("np.arange(0, 1, 0)", ["step"]),
                                  ("np.arange(5).reshape(2, 3)", ["5 elements", "6"]), ("np.ones((1.5, 3))", ["whole"]), ("np.ones((1e300, 3))", ["whole"]), ("np.random.rand(1e300)", ["at most"]),
                                  ("np.eye(1e300)", ["at most"]), ("np.linspace(0, 1, nan)", ["number"]), ("np.ones(shap=3)", ["'shap'"]), ("np.ones('a')", ["'shape'"]), ("__import__('os').system('true')", ["'x'"])):
            self.refused(parts, expression)


if __name__ == "__main__":
    main()
