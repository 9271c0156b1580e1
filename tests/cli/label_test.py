"""rivulet label: what it finds in the graph, what it says, and what it says when it assumed wrong."""
import json
import struct
import subprocess
import sys

from command_case import SHAPES, CommandCase, call, main, node, placeholder

FLOAT, INT = "type: DT_FLOAT", "type: DT_INT32"


def const(name, dtype, dims, field, *values):
    shape = "".join(f"dim {{ size: {d} }} " for d in dims)
    return node(name, "Const", dtype=f"type: {dtype}",
                value=f"tensor {{ dtype: {dtype} tensor_shape {{ {shape}}} " + "".join(f"{field}: {v} " for v in values) + "}")


def bmp(color, width=6, height=4):
    """A picture of one colour (red, green, blue)."""
    row = bytes(reversed(color)) * width
    row += bytes(-len(row) % 4)
    header = struct.pack("<2sIHHI", b"BM", 54 + len(row) * height, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return header + row * height


def wav(samples):
    data = struct.pack(f"<{len(samples)}h", *samples)
    return (struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16) +
            struct.pack("<4sI", b"data", len(data)) + data)


def colors(source, factor, axes=(1, 2)):
    """From pixels to `y`, how much of each colour: Softmax(mean * factor)."""
    return [const("axes", "DT_INT32", [len(axes)], "int_val", *axes), node("mean", "Mean", source, "axes", T=FLOAT, Tidx=INT),
            const("factor", "DT_FLOAT", [], "float_val", factor), node("scaled", "Mul", "mean", "factor", T=FLOAT),
            node("y", "Softmax", "scaled", T=FLOAT)]


class Label(CommandCase):
    def setUp(self):
        super().setUp()
        self.red = self.file("red.bmp", bmp((255, 0, 0)))
        self.blue = self.file("blue.bmp", bmp((0, 0, 255)))
        self.file("labels.txt", b"red\r\ngreen\nblue \n")

    def color_model(self, factor=2, dims=(-1, 4, 4, 3)):
        return self.model(placeholder("x", dims=dims), *colors("x", factor))

    def best(self, model, file, *arguments):
        """The first label as JSON has it."""
        found = json.loads(self.fine("label", model, file, "--json", *arguments))
        return found["files"][0]["labels"][0]["label"], found

    def test_as_it_looks(self):
        done = call("label", self.color_model(), self.red, "--top", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^red {17}  0\.96\ngreen {15}  0\.02        input 4×4×3, \(p − 127\.5\) / 127\.5 · [\d.]+ ms · plan [\d.]+ ms · "
                         r"1 thread · [-\w ]+\n$")
        self.assertEqual(done.stderr, "assumed: pixels are fed as (p − 127.5) / 127.5; --input-mean and --input-std say otherwise\n")

    def test_as_tensorflow_recorded(self):
        answers = self.fine("label", SHAPES / "shapes.pb", SHAPES / "samples", "--json", "--all-scores")
        compared = subprocess.run([sys.executable, SHAPES / "compare_samples.py", SHAPES / "samples" / "samples.json"], input=answers, capture_output=True,
                                  text=True)
        self.assertEqual(compared.returncode, 0, compared.stdout + compared.stderr)

    def test_folders(self):
        inner = self.dir / "photos" / "more"
        inner.mkdir(parents=True)
        (inner / "b.BMP").write_bytes(bmp((0, 255, 0)))
        (inner.parent / "a.bmp").write_bytes(bmp((255, 0, 0)))
        (inner.parent / "notes.txt").write_text("no picture")
        model = self.color_model()
        lines = self.fine("label", model, inner.parent, self.blue, "--top", "1").splitlines()
        self.assertEqual(lines[0::2][:3], [f"{inner.parent}/a.bmp", f"{inner}/b.BMP", str(self.blue)])
        self.assertEqual([line.split()[0] for line in lines[1::2][:3]], ["red", "green", "blue"])
        # One that is no picture: the others are answered all the same.
        (inner.parent / "c.png").write_text("no picture")
        done = call("label", model, inner.parent, "--top", "1")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stdout.splitlines()), 5)
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("rivulet: ")]
        self.assertIn("c.png", line)
        empty = self.dir / "empty"
        empty.mkdir()
        self.fails(2, ["no picture"], "label", model, empty)

    def test_labels(self):
        model = self.color_model()
        self.assertEqual(self.best(model, self.blue)[0], "blue")
        other = self.file("names", b"rot\ngruen\nblau\nschwarz\n")
        label, found = self.best(model, self.blue, "--labels", other)
        self.assertEqual(label, "blau")
        self.assertTrue(any("4 of them for 3 scores" in sentence for sentence in found["assumptions"]), found)
        (self.dir / "labels.txt").unlink()
        label, found = self.best(model, self.blue)
        self.assertEqual(label, "class 2")
        self.assertTrue(any("--labels" in sentence for sentence in found["assumptions"]), found)
        self.file("model_labels.txt", b"r\ng\nb\n")
        self.assertEqual(self.best(model, self.blue)[0], "b")
        self.fails(1, ["none.txt"], "label", model, self.blue, "--labels", self.dir / "none.txt")

    def test_layers_by_name(self):
        model = self.model(placeholder("other", dims=[-1, 4, 4, 3]), placeholder("x", dims=[-1, 4, 4, 3]), *colors("x", 2),
                           node("z", "Neg", "scaled", T=FLOAT))
        self.assertEqual(self.best(model, self.blue, "--input-layer", "x", "--output-layer", "y")[0], "blue")
        self.assertIn(self.best(model, self.blue, "--input-layer", "x", "--output-layer", "z:0")[0], ["red", "green"])
        self.assertEqual(self.best(model, self.blue, "--input-layer", "x")[1]["output"], "y")  # the one with probabilities
        self.fails(2, ["'xx'", "'x'"], "label", model, self.blue, "--input-layer", "xx")
        self.fails(2, ["'yy'"], "label", model, self.blue, "--output-layer", "yy")

    def test_size_and_scale_by_flag(self):
        model = self.color_model(dims=(-1, -1, -1, 3))
        _, found = self.best(model, self.red)
        self.assertEqual((found["width"], found["height"]), (224, 224))
        self.assertTrue(any("224×224" in sentence for sentence in found["assumptions"]), found)
        _, found = self.best(model, self.red, "--input-width", "5", "--input-height", "3", "--input-mean", "0", "--input-std", "255")
        self.assertEqual((found["width"], found["height"], found["normalization"], found["assumptions"]), (5, 3, "p / 255", []))
        self.fails(1, ["--input-std"], "label", model, self.red, "--input-std", "0")
        self.fails(2, ["--input-width"], "label", model, self.red, "--input-width", "0")

    def test_other_inputs(self):
        cast = [node("f", "Cast", "x", SrcT="type: DT_UINT8", DstT=FLOAT)]
        label, found = self.best(self.model(placeholder("x", "DT_UINT8", [-1, 4, 4, 3]), *cast, *colors("f", 0.1)), self.blue)
        self.assertEqual((label, found["normalization"]), ("blue", "p"))
        planar = self.model(placeholder("x", dims=[-1, 3, 4, 4]), *colors("x", 2, axes=(2, 3)))
        self.assertEqual(self.best(planar, self.blue)[0], "blue")
        # Flattened, one channel: what matters is bright or dark.
        flat = self.model(placeholder("x", dims=[-1, 16]), const("w", "DT_FLOAT", [16, 2], "float_val", *([1, 0] * 16)),
                          node("y", "MatMul", "x", "w", T=FLOAT))
        white = self.file("white.bmp", bmp((255, 255, 255)))
        label, found = self.best(flat, white)
        self.assertEqual((label, found["width"], found["height"], found["normalization"]), ("red", 4, 4, "p / 255"))
        # The graph scales the pixels itself.
        scaling = self.model(placeholder("x", dims=[-1, 4, 4, 3]), const("half", "DT_FLOAT", [], "float_val", 0.5), node("s", "Mul", "x", "half", T=FLOAT),
                             *colors("s", 0.1))
        self.assertEqual(self.best(scaling, self.blue)[1]["normalization"], "p")
        # A switch of training gets the value of use.
        switch = self.model(placeholder("keep_prob", dims=[]), placeholder("x", dims=[-1, 4, 4, 3]), *colors("x", 2), node("z", "Mul", "y", "keep_prob", T=FLOAT))
        label, found = self.best(switch, self.blue)
        self.assertEqual(label, "blue")
        self.assertTrue(any("'keep_prob' is fed 1" in sentence for sentence in found["assumptions"]), found)

    def test_size_from_the_graph(self):
        """Unknown shape: the first convolution's filter tells the channels, a Reshape the size."""
        gray = self.model(placeholder("x"), const("w", "DT_FLOAT", [1, 1, 1, 3], "float_val", 1, 2, 3),
                          node("c", "Conv2D", "x", "w", T=FLOAT, strides="list { i: 1 i: 1 i: 1 i: 1 }", padding='s: "SAME"'), *colors("c", 2))
        label, found = self.best(gray, self.file("white.bmp", bmp((255, 255, 255))))
        self.assertEqual((label, found["width"]), ("blue", 224))
        reshaped = self.model(placeholder("x"), const("to", "DT_INT32", [4], "int_val", -1, 5, 6, 3), node("r", "Reshape", "x", "to", T=FLOAT), *colors("r", 2))
        label, found = self.best(reshaped, self.red)
        self.assertEqual((label, found["width"], found["height"]), ("red", 6, 5))
        # Dims packed from constants and a computed batch.
        packed = self.model(placeholder("x"), node("s", "Size", "x", T=FLOAT), const("five", "DT_INT32", [], "int_val", 5), const("three", "DT_INT32", [], "int_val", 3),
                            const("all", "DT_INT32", [], "int_val", 75), node("n", "FloorDiv", "s", "all", T=INT),
                            node("to", "Pack", "n", "five", "five", "three", T=INT, N="i: 4"), node("r", "Reshape", "x", "to", T=FLOAT), *colors("r", 2))
        label, found = self.best(packed, self.red)
        self.assertEqual((label, found["width"], found["height"]), ("red", 5, 5))

    def test_the_class_alone(self):
        model = self.model(placeholder("x", dims=[-1, 4, 4, 3]), *colors("x", 2), const("axis", "DT_INT32", [], "int_val", 1),
                           node("z", "ArgMax", "y", "axis", T=FLOAT, Tidx=INT))
        self.assertRegex(self.fine("label", model, self.blue), r"^blue +input 4×4×3.*\n$")

    def test_sounds_and_files(self):
        sound = self.file("a.wav", wav([0, 0, 30000, 0]))
        model = self.model(placeholder("w", "DT_STRING", []), node("d", "DecodeWav", "w", desired_samples="i: 3", desired_channels="i: 1"),
                           const("to", "DT_INT32", [2], "int_val", 1, 3), node("r", "Reshape", "d", "to", T=FLOAT), node("y", "Softmax", "r", T=FLOAT))
        self.assertRegex(self.fine("label", model, sound, "--top", "1"), r"^blue +0\.56        [\d.]+ ms · plan ")
        self.fails(1, ["red.bmp", "WAV", "BMP"], "label", model, self.red)
        picture = self.model(placeholder("w", "DT_STRING", []), node("d", "DecodeBmp", "w"), node("f", "Cast", "d", SrcT="type: DT_UINT8", DstT=FLOAT),
                             const("zero", "DT_INT32", [], "int_val", 0), node("e", "ExpandDims", "f", "zero", T=FLOAT), *colors("e", 0.1))
        self.assertEqual(self.best(picture, self.blue)[0], "blue")

    def test_doubtful_scaling(self):
        # Made for 0 to 255: -1 to 1 says next to nothing.
        done = call("label", self.color_model(factor=0.02), self.red)
        (note,) = [line for line in done.stderr.splitlines() if line.startswith("note: ")]
        self.assertRegex(note, r"fed as p the answer would be red 0\.99 instead of red 0\.3\d; .*--input-mean and --input-std")
        self.assertIn("fed as p ", self.best(self.color_model(factor=0.02), self.red)[1]["doubt"])
        # With the flags given, nothing is assumed and nothing doubted.
        done = call("label", self.color_model(factor=0.02), self.red, "--input-mean", "0", "--input-std", "1")
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.best(self.color_model(), self.red)[1]["doubt"], "")

    def test_doubtful_colors(self):
        def only(channel):
            """Class 0 is one colour of which there is much and of the others nothing."""
            weights = [(8 if i == channel else -8) if j == 0 else 0 for i in range(3) for j in range(3)]
            return self.model(placeholder("x", dims=[-1, 4, 4, 3]), const("axes", "DT_INT32", [2], "int_val", 1, 2), node("m", "Mean", "x", "axes", T=FLOAT, Tidx=INT),
                              const("w", "DT_FLOAT", [3, 3], "float_val", *weights), node("s", "MatMul", "m", "w", T=FLOAT),
                              const("b", "DT_FLOAT", [3], "float_val", -12, 0, 0), node("t", "BiasAdd", "s", "b", T=FLOAT), node("y", "Softmax", "t", T=FLOAT))
        self.assertIn(", BGR the answer", self.best(only(2), self.red)[1]["doubt"])
        cyan = self.file("cyan.bmp", bmp((0, 255, 255)))
        self.assertIn("255 − p", self.best(only(0), cyan)[1]["doubt"])

    def test_refused(self):
        note = self.file("note.png", b"no picture")
        self.fails(1, ["note.png", "JPEG, PNG, GIF or BMP"], "label", self.color_model(), note)
        self.fails(1, ["none.bmp"], "label", self.color_model(), self.dir / "none.bmp")
        self.fails(1, ["'x'", "9 channels"], "label", self.color_model(dims=(-1, 4, 4, 9)), self.red)
        self.fails(1, ["'x'", "[-1,4,4,3,1]".replace("-1", "?")], "label", self.color_model(dims=(-1, 4, 4, 3, 1)), self.red)
        self.fails(1, ["'x'", "int32"], "label", self.model(placeholder("x", "DT_INT32", [-1, 4, 4, 3])), self.red)
        self.fails(1, ["no placeholder"], "label", self.model(const("c", "DT_FLOAT", [1, 3], "float_val", 1)), self.red)
        whole = self.model(placeholder("x", dims=[-1, 4, 4, 3]), node("y", "Neg", "x", T=FLOAT))
        self.fails(1, ["'y'", "one row of float32 scores", "[1,4,4,3]", "--output-layer"], "label", whole, self.red)


if __name__ == "__main__":
    main()
