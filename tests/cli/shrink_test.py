"""rivulet shrink: models made smaller in several ways, and what every verb makes of them."""
import json
import re
import struct
import subprocess
import zlib

from command_case import RIVULET, ROOT, SHAPES, CommandCase, call, main, node, npy, placeholder

MODEL = SHAPES / "shapes.pb"


class Shrink(CommandCase):
    def shrink(self, *how, out="small.rivulet"):
        return json.loads(self.fine("shrink", MODEL, "-o", self.dir / out, "--json", *how))

    def squeezed(self):
        self.shrink("--images", SHAPES / "samples", "--max-drop", "1%")
        return self.dir / "small.rivulet"

    def output(self):
        (line,) = [l for l in self.fine("inspect", MODEL).splitlines() if l.startswith("output ")]
        return line.split()[1]

    def test_squeezed_is_much_smaller_and_agrees(self):
        report = self.shrink("--images", SHAPES / "samples", "--max-drop", "1%")
        given, recipe, squeezed = report["files"]
        self.assertEqual(squeezed["bytes"], (self.dir / "small.rivulet").stat().st_size)
        self.assertEqual(squeezed["change"]["agreeing"], squeezed["change"]["compared"])
        self.assertLess(squeezed["deflated"], 0.5 * recipe["deflated"])
        self.assertLess(recipe["deflated"], given["deflated"])
        self.assertEqual([t["price"] for t in report["trials"]], sorted(t["price"] for t in report["trials"]))

    def test_it_says_what_others_would_do(self):
        samples = sorted((SHAPES / "samples").iterdir())
        said = self.fine("shrink", MODEL, "-o", self.dir / "small.rivulet", "--images", SHAPES / "samples")
        self.assertIn("fewer than 40 samples do not tell what others would do", said)
        # The same ones again, which is not what one should do.
        many = self.shrink("--images", *(samples * 20)[:200], "--most-samples", "200", "--max-drop", "5%")
        self.assertEqual(many["held_out"]["compared"], many["files"][2]["change"]["compared"] // 2)
        unseen = many["held_out"]["unseen"]
        self.assertEqual(unseen["confidence"], 0.9)
        self.assertLessEqual(unseen["expected"], unseen["at_most"])
        self.assertLessEqual(unseen["at_most"], 0.05)
        said = self.fine("shrink", MODEL, "-o", self.dir / "small.rivulet", "--images", *(samples * 20)[:200], "--max-drop", "5%")
        self.assertRegex(said, "half of the samples, which nothing was fitted to: top-1 agreement")
        self.assertRegex(said, r"of other samples [0-9.]+ % are expected to differ; with 90 % confidence no more than [0-9.]+ %")

    def test_one_sample_has_an_array_for_each_input(self):
        """Neither shape is told, so neither is made up."""
        weights = " ".join(f"float_val: {(i * 37 % 101 - 50) / 50}" for i in range(512))
        model = self.model(placeholder("a"), placeholder("b"), node("sum", "AddV2", "a", "b", T="type: DT_FLOAT"),
                           node("w", "Const", dtype="type: DT_FLOAT",
                                value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: 16 }} dim {{ size: 32 }} }} {weights} }}"),
                           node("y", "MatMul", "sum", "w", T="type: DT_FLOAT"))
        given = []
        for i in range(6):
            name = "ab"[i % 2]
            values = [((i + 1) * (k + 3) % 13 - 6) / 6 for k in range(16)]
            given += ["--sample", f"{name}={self.file(f'{i}.npy', npy('<f4', (1, 16), struct.pack('<16f', *values)))}"]
        report = json.loads(self.fine("shrink", model, "-o", self.dir / "small.rivulet", "--max-drop", "30%", "--json", *given))
        self.assertEqual(report["files"][2]["change"]["compared"], 3)
        self.fails(1, ["the network would be tried on nothing: the shape of input 'a'", "--sample a="], "shrink", model, "-o", self.dir / "small.rivulet")

    def test_peaks_want_maps(self):
        self.fails(1, ["has shape", "want heat maps"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--images", SHAPES / "samples", "--peaks")

    def test_every_verb_reads_it(self):
        small = self.squeezed()
        sample = next(iter(sorted((SHAPES / "samples").glob("*.png")) or sorted((SHAPES / "samples").iterdir())))
        labels = lambda model: json.loads(self.fine("label", model, sample, "--labels", SHAPES / "labels.txt", "--json"))["files"][0]["labels"][0]["label"]
        self.assertEqual(labels(small), labels(MODEL))
        self.assertIn(": pack,", self.fine("inspect", small))
        self.fine("bench", small, "--runs", "2")
        self.fine("compare", MODEL, small, "--rtol", "1", "--atol", "1")
        self.fine("transform", small, "-o", self.dir / "again.pb", "--transforms", "remove_device")
        self.fine("compare", small, self.dir / "again.pb", "--rtol", "0", "--atol", "0")
        again = json.loads(self.fine("shrink", small, "-o", self.dir / "again.rivulet", "--lossless", "--json"))
        self.assertEqual(again["files"][2]["change"]["max_abs"], 0)

    def test_a_saved_model_is_frozen_first(self):
        model = ROOT / "tests" / "formats" / "data" / "v1_tags" / "model"
        self.fine("freeze", model, "-o", self.dir / "frozen.pb")
        for how, out in (("--lossless", "s.rivulet"), ("--float16", "s.pb"), ("--round-weights=256", "r.pb"), ("--quantize-weights", "q.pb")):
            self.fine("shrink", model, "-o", self.dir / out, how)
            self.fine("compare", self.dir / "frozen.pb", self.dir / out, "--rtol", "0.05", "--atol", "0.05")

    def test_a_text_of_another_length_is_another_answer(self):
        """Where the least 1 of a row is depends on its weight: which, and how many, changes with the step."""
        weights = " ".join(f"float_val: {1 + 0.003 * (i % 7):.4f}" for i in range(256))
        model = self.model(placeholder("x", dims=[1, 256]),
                           node("w", "Const", dtype="type: DT_FLOAT", value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: 256 }} }} {weights} }}"),
                           node("m", "Mul", "x", "w", T="type: DT_FLOAT"), node("r", "Round", "m", T="type: DT_FLOAT"),
                           node("where", "Where", "r", T="type: DT_FLOAT"))
        said = json.loads(self.fine("shrink", model, "-o", self.dir / "s.rivulet", "--step", "2", "--json"))
        change = said["files"][2]["change"]
        self.assertLess(change["agreeing"], change["compared"])

    def test_size(self):
        size = self.shrink("--size", "12KB", "--images", SHAPES / "samples")["files"][2]["bytes"]
        self.assertLessEqual(size, 12000)

    def test_lossless_changes_nothing(self):
        report = self.shrink("--lossless")
        self.assertEqual(report["files"][2]["change"]["max_abs"], 0)
        self.assertLess(report["files"][2]["bytes"], report["files"][0]["bytes"])
        self.fine("compare", MODEL, self.dir / "small.rivulet", "--rtol", "0", "--atol", "0")

    def test_rounding_is_the_transform(self):
        self.shrink("--round-weights", "16", out="small.pb")
        self.fine("transform", MODEL, "-o", self.dir / "t.pb", "--transforms", "round_weights(num_steps=16)")
        self.assertEqual((self.dir / "small.pb").read_bytes(), (self.dir / "t.pb").read_bytes())

    def masked(self, hidden):
        """y = Softmax(x w + a mask of 0 and `hidden`): what sees no later place has."""
        square = lambda values: (f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: 48 }} dim {{ size: 48 }} }} "
                                 f"{' '.join(f'float_val: {v}' for v in values)} }}")
        cells = [(i, k) for i in range(48) for k in range(48)]
        return self.model(placeholder("x", dims=(48, 48)), node("w", "Const", dtype="type: DT_FLOAT", value=square((i * 37 + k * 53) % 101 / 50 - 1 for i, k in cells)),
                          node("m", "Const", dtype="type: DT_FLOAT", value=square("0" if k <= i else hidden for i, k in cells)),
                          node("p", "MatMul", "x", "w", T="type: DT_FLOAT"), node("s", "AddV2", "p", "m", T="type: DT_FLOAT"),
                          node("y", "Softmax", "s", T="type: DT_FLOAT"))

    def test_a_mask_is_no_weight(self):
        """Rounded, 0 beside -1e9 would be 2e6, and everything beside an infinity no number."""
        for hidden in ("-inf", "-1e9", "-3.4028235e38"):
            model = self.masked(hidden)
            for how in ("--round-weights=256", "--quantize-weights", "--float16"):
                done = call("shrink", model, "-o", self.dir / "small.pb", "--json", how)
                self.assertEqual(done.returncode, 0, done.stderr)
                change = json.loads(done.stdout)["files"][2]["change"]
                self.assertLess(change["distance"], 0.05, (hidden, how, change))
                self.assertGreater(change["agreeing"], 0.9 * change["compared"], (hidden, how))
            said = call("transform", model, "-o", self.dir / "t.pb", "--transforms", "quantize_weights").stderr
            self.assertEqual("Constant 'm' is not finite and stays float" in said, hidden == "-inf", said)

    def test_eight_and_sixteen_bits(self):
        given = MODEL.stat().st_size
        self.assertLess(self.shrink("--quantize-weights")["files"][2]["bytes"], 0.4 * given)
        half = self.shrink("--float16")["files"][2]
        self.assertLess(half["bytes"], 0.6 * given)
        self.assertLess(half["change"]["distance"], 0.01)

    def test_a_damaged_file_names_the_weight(self):
        small = self.squeezed()
        whole = bytearray(small.read_bytes())
        whole[100] ^= 4
        small.write_bytes(whole)
        done = subprocess.run([RIVULET, "compare", MODEL, small], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"DATA_LOSS: .*node '[^']+'.*rivulet/squeezed/0.*checksum")

    def test_every_cut_is_an_error(self):
        small = self.squeezed()
        whole = small.read_bytes()
        for length in (1, 100, len(whole) // 2, len(whole) - 9, len(whole) - 1):
            small.write_bytes(whole[:length])
            self.assertEqual(subprocess.run([RIVULET, "run", small], capture_output=True, timeout=60).returncode, 1, length)

    def test_int8_is_a_quarter_and_agrees(self):
        report = self.shrink("--int8", "--images", SHAPES / "samples", "--max-drop", "5%", out="int8.pb")
        given, made = report["files"]
        self.assertLess(made["bytes"], 0.6 * given["bytes"])
        self.assertGreaterEqual(made["change"]["agreeing"], 0.9 * made["change"]["compared"])
        self.assertTrue(report["ranges"])
        self.assertTrue(all(0 <= one["noise"] < 0.5 for one in report["ranges"]), report["ranges"])
        for one in report["ranges"]:
            self.assertLessEqual(one["min"], 0)
            self.assertGreater(one["max"], one["min"])
        again = self.fails(1, ["8-bit already"], "shrink", self.dir / "int8.pb", "--int8", "-o", self.dir / "again.pb", "--images", SHAPES / "samples")
        coded = self.shrink("--int8", "--images", SHAPES / "samples", "--max-drop", "5%", out="int8.rivulet")
        self.assertLess(coded["files"][1]["bytes"], made["bytes"])
        self.fine("compare", self.dir / "int8.pb", self.dir / "int8.rivulet", "--rtol", "0", "--atol", "0")

    def test_int8_bad_calls(self):
        self.fails(2, ["two ways"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--int8", "--float16")
        model = self.model(placeholder("x", dims=[1, 4]), node("y", "Relu", "x", T="type: DT_FLOAT"))
        self.fails(1, ["nothing to compute in 8 bits"], "shrink", model, "-o", self.dir / "x.rivulet", "--int8")
        (self.dir / "pictures").mkdir()
        self.fails(1, ["pictures", "none"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--int8", "--images", self.dir / "pictures")
        (self.dir / "pictures" / "no.jpg").write_bytes(b"this is no picture")
        self.fails(1, ["no.jpg"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--int8", "--images", self.dir / "pictures")
        self.assertFalse((self.dir / "x.rivulet").exists())

    def test_without_samples_inputs_are_made_up(self):
        self.assertEqual(self.shrink("--step", "0.01")["measured_on"], "32 made-up inputs")

    def test_what_cannot_be_made_up_is_said(self):
        values = "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 300 } } float_val: [" + ", ".join(str(i % 7) for i in range(300)) + "] }"
        model = self.model(placeholder("file", "DT_STRING", dims=[]), node("w", "Const", dtype="type: DT_FLOAT", value=values),
                           node("d", "DecodeRaw", "file", out_type="type: DT_FLOAT"), node("y", "Mul", "d", "w", T="type: DT_FLOAT"))
        self.assertIn("no values are made up for type string", self.fine("shrink", model, "-o", self.dir / "x.rivulet", "--lossless"))
        self.fails(1, ["--images", "--step"], "shrink", model, "-o", self.dir / "y.rivulet")
        self.fine("shrink", model, "-o", self.dir / "y.rivulet", "--step", "0.01")

    def test_bad_calls(self):
        self.fails(2, ["two ways"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--lossless", "--float16")
        self.fails(2, ["--max-drop"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--max-drop", "200%")
        self.fails(2, ["--size"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--size", "8 apples")
        self.fails(2, ["-o"], "shrink", MODEL)
        self.fails(1, ["no file of 1000 bytes"], "shrink", MODEL, "-o", self.dir / "x.rivulet", "--size", "1KB")
        self.assertFalse((self.dir / "x.rivulet").exists())

    def test_the_name_or_format_says_what_is_written(self):
        starts = {"pb": b"\n", "pbtxt": b"node {", "mmap": b"", "rivulet": b"RVSQ"}
        for ending, start in starts.items():
            out = self.dir / f"rounded.{ending}"
            self.fine("shrink", MODEL, "-o", out, "--round-weights")
            self.assertTrue(out.read_bytes().startswith(start), ending)
            self.fine("compare", self.dir / "rounded.pb", out, "--rtol", "0", "--atol", "0")
        self.assertGreater(len((self.dir / "rounded.pb").read_bytes()), len((self.dir / "rounded.rivulet").read_bytes()))
        self.fine("shrink", MODEL, "-o", self.dir / "rounded.bin", "--round-weights", "256", "--format", "pb")
        self.assertEqual((self.dir / "rounded.bin").read_bytes(), (self.dir / "rounded.pb").read_bytes())
        self.fine("shrink", MODEL, "-o", self.dir / "coded.bin", "--lossless", "--format", "rivulet")
        self.assertTrue((self.dir / "coded.bin").read_bytes().startswith(b"RVSQ"))
        before = sorted(self.dir.iterdir())
        self.fails(2, ["'x.pb'", ".rivulet"], "shrink", MODEL, "-o", "x.pb")
        self.fails(2, ["rivulet", "'pb'"], "shrink", MODEL, "-o", self.dir / "x.pb", "--lossless", "--format", "pb")
        self.fails(2, ["x.bin", ".mmap", "--format"], "shrink", MODEL, "-o", self.dir / "x.bin", "--float16")
        self.fails(2, ["memmapped", "'zip'"], "shrink", MODEL, "-o", self.dir / "x.pb", "--float16", "--format", "zip")
        self.assertEqual(sorted(self.dir.iterdir()), before)

    def test_nothing_to_squeeze(self):
        model = self.model(placeholder("x", dims=[1, 4]), node("y", "Relu", "x", T="type: DT_FLOAT"))
        self.fails(1, ["nothing to squeeze"], "shrink", model, "-o", self.dir / "x.rivulet")

    def test_a_picture_of_few_colours(self):
        picture = ROOT / "models" / "shapes" / "samples"
        sample = next(iter(sorted(picture.iterdir())))
        for colors in (2, 16):
            said = self.fine("shrink", "--image", sample, "--colors", colors, "-o", self.dir / "x.png")
            self.assertRegex(said, rf"x.png: \d+×\d+, {colors} colours, [\d.]+ (kB|bytes); as a PNG of all its colours [\d.]+ kB\n")
            self.assertLessEqual(len(set(pixels(self.dir / "x.png"))), colors)
        # What is no picture's name gets no picture.
        self.fails(2, ["FILE.png or FILE.html"], "shrink", "--image", sample, "-o", self.dir / "x.gif")
        self.fails(2, ["-o FILE.html"], "shrink", MODEL, "--image", sample, "-o", self.dir / "y.png")
        self.assertEqual([p.name for p in self.dir.iterdir()], ["x.png"])

    def test_a_page_of_few_colours_and_few_weights(self):
        sample = ROOT / "models" / "shapes" / "samples" / "star.jpg"
        self.fine("shrink", "--image", sample, "-o", self.dir / "one.html")
        self.fine("shrink", MODEL, "--image", sample, "-o", self.dir / "both.html")
        for name, in_row in (("one.html", 1), ("both.html", 2)):
            text = (self.dir / name).read_text()
            self.assertEqual(text.count("data:image/png;base64,"), 7 * in_row)
            self.assertFalse(re.search(r'(src|href)="(?!data:)', text))
            for levels in ("all", 256, 64, 32, 16, 8, 4):
                self.assertIn(f"<td>{levels}</td>", text)
        sizes = [float(n) for n in re.findall(r"([\d.]+) kB in a zip", text)]
        self.assertEqual((len(sizes), sizes), (7, sorted(sizes, reverse=True)))
        # The sizes are those of the transform's files.
        self.fine("transform", MODEL, "-o", self.dir / "r.pb", "--transforms", "round_weights(num_steps=16)")
        self.assertAlmostEqual(sizes[4], len(zlib.compress((self.dir / "r.pb").read_bytes(), 9)) / 1000, delta=0.6)


def pixels(path):
    """Of an 8-bit RGB PNG."""
    data, at, header, packed = path.read_bytes(), 8, None, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", data[at + 8:at + 21])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    width, height = header[:2]
    assert header[2:4] == (8, 2), header
    raw, row, out = zlib.decompress(packed), bytes(3 * width), []
    for y in range(height):
        start = y * (3 * width + 1)
        line = bytearray(raw[start + 1:start + 1 + 3 * width])
        for i in range(len(line)):
            left, up, corner = (line[i - 3] if i >= 3 else 0), row[i], (row[i - 3] if i >= 3 else 0)
            guess = left + up - corner
            paeth = min((left, up, corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, up, (left + up) // 2, paeth)[raw[start]]) & 255
        row = bytes(line)
        out += [row[i:i + 3] for i in range(0, len(row), 3)]
    return out


if __name__ == "__main__":
    main()
