"""rivulet prepare: the road from a trained model to the file that ships, each step measured."""
import json
import re
import struct
import time
import zlib

from command_case import ROOT, SHAPES, CommandCase, call, identity, main, node, npy, placeholder

SAVED = ROOT / "tests" / "formats" / "data"
FLOAT = "type: DT_FLOAT"


class Prepare(CommandCase):
    def prepare(self, model, *flags):
        return json.loads(self.fine("prepare", model, "-o", self.dir / "app.rivulet", "--json", *flags))

    def step(self, said, name):
        (step,) = [s for s in said["steps"] if s["step"] == name]
        return step

    def test_the_whole_road(self):
        said = self.prepare(SHAPES / "shapes.pb", "--images", SHAPES / "samples")
        self.assertEqual([s["step"] for s in said["steps"]], ["as given", "optimize", "squeeze", "pack"])
        given, last = said["steps"][0], said["steps"][-1]
        data = (SHAPES / "shapes.pb").read_bytes()
        self.assertEqual(given["file_bytes"], len(data))
        self.assertAlmostEqual(given["store_bytes"], len(zlib.compress(data, 9)), delta=512)
        self.assertEqual(last["file_bytes"], (self.dir / "app.rivulet").stat().st_size)
        self.assertLess(last["store_bytes"], 0.3 * given["store_bytes"])
        self.assertLess(self.step(said, "optimize")["largest_difference"], 1e-5)
        self.assertGreaterEqual(last["top1_agreement"], 0.99)
        self.assertTrue(all(s["run_ms"] > 0 and s["peak_bytes"] > 0 for s in said["steps"]))
        self.assertEqual((said["samples"], said["samples_are_given"]), (12, True))
        self.assertEqual(said["inputs"][0]["name"], "input")
        self.assertIn("64×64 RGB, (p − 127.5) / 127.5", said["picture"])
        self.assertIn("Conv2D", said["ops"])
        self.assertNotIn("FusedBatchNormV3", said["ops"])
        # What ships answers as the model did, and says itself what it is fed and what its answers are called.
        for name in ("star.jpg", "heart.png"):
            labels = [json.loads(self.fine("label", m, SHAPES / "samples" / name, "--json", *flags))["files"][0]["labels"][0]["label"]
                      for m, *flags in ((SHAPES / "shapes.pb", "--labels", SHAPES / "labels.txt"), (self.dir / "app.rivulet",))]
            self.assertEqual(labels[0], labels[1])
        self.assertIn("same answer", self.fine("check", self.dir / "app.rivulet"))

    def right(self, model):
        said = json.loads(self.fine("label", model, SHAPES / "samples", "--labels", SHAPES / "labels.txt", "--json"))
        return sum(re.split(r"[_.]", f["file"].split("/")[-1])[0] == f["labels"][0]["label"] for f in said["files"])

    def test_made_up_inputs_leave_a_network_that_knows_pictures(self):
        self.assertEqual(self.right(SHAPES / "shapes.pb"), 12)
        said = self.prepare(SHAPES / "shapes.pb")
        self.assertLess(said["steps"][-1]["store_bytes"], 0.4 * said["steps"][0]["store_bytes"])
        self.assertIn("made up, which tells little", " ".join(said["notes"]))
        # They are in the file, and nobody said them.
        self.assertIn("pixels are fed as (p − 127.5) / 127.5; --input-mean and --input-std say otherwise", said["notes"])
        self.assertEqual(self.right(self.dir / "app.rivulet"), 12)
        self.fine("shrink", SHAPES / "shapes.pb", "-o", self.dir / "small.rivulet")
        self.assertEqual(self.right(self.dir / "small.rivulet"), 12)

    def test_values_are_the_callers_and_no_text_is_made_up(self):
        table = SAVED / "v1_table" / "model"
        done = call("prepare", table, "-o", self.dir / "a.rivulet")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--sample", done.stderr)
        done = call("prepare", SHAPES / "shapes.pb", "-o", self.dir / "a.rivulet", "--sample", f"input={self.picture()}", "--report", self.dir / "r.html")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("your 1 sample", done.stdout)
        self.assertNotIn("made-up", done.stdout + (self.dir / "r.html").read_text())

    def picture(self):
        return self.file("picture.npy", npy("<f4", (1, 64, 64, 3), struct.pack("<12288f", *[i % 200 / 100 - 1 for i in range(12288)])))

    def test_dropout_that_was_at_work_is_told(self):
        const = lambda name, kind, dims, values: node(name, "Const", dtype=f"type: {kind}", value=f"tensor {{ dtype: {kind} tensor_shape {{ {dims} }} {values} }}")
        two = "dim { size: 2 }"
        model = self.model(placeholder("x", dims=[1, 4]), const("shape", "DT_INT32", two, "int_val: [1, 4]"), const("seed", "DT_INT32", two, "int_val: [1, 2]"),
                           const("keep", "DT_FLOAT", "", "float_val: 0.5"),
                           node("u", "StatelessRandomUniform", "shape", "seed", T="type: DT_INT32", Tseed="type: DT_INT32", dtype=FLOAT),
                           node("sum", "Add", "keep", "u", T=FLOAT), node("floor", "Floor", "sum", T=FLOAT), node("div", "RealDiv", "x", "keep", T=FLOAT),
                           node("d", "Mul", "div", "floor", T=FLOAT), node("y", "Tanh", "d", T=FLOAT))
        done = call("prepare", model, "-o", self.dir / "a.rivulet", "--lossless")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("optimize: node 'd' was dropout still at work, keeping 0.5", done.stdout)

    def test_inputs_that_all_get_one_answer_tell_nothing(self):
        weights = "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 400 } dim { size: 2 } } " + "".join(f"float_val: {i % 7 * 1e-3} " for i in range(800)) + "}"
        bias = "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: 30 float_val: 0 }"
        model = self.model(placeholder("x", dims=[1, 400]), node("w", "Const", dtype=FLOAT, value=weights), node("b", "Const", dtype=FLOAT, value=bias),
                           node("m", "MatMul", "x", "w", T=FLOAT), node("a", "BiasAdd", "m", "b", T=FLOAT), node("y", "Softmax", "a", T=FLOAT))
        self.assertIn("get the same answer", self.step(self.prepare(model), "squeeze")["refused"])
        done = call("shrink", model, "-o", self.dir / "s.rivulet")
        self.assertEqual(done.returncode, 1)
        self.assertIn("get the same answer", done.stderr)
        self.assertFalse((self.dir / "s.rivulet").exists())
        self.fine("shrink", model, "-o", self.dir / "s.rivulet", "--step", "0.01")

    def test_without_loss_the_answers_stay(self):
        for target in ("phone", "pi"):
            said = self.prepare(SHAPES / "shapes.pb", "--lossless", "--target", target)
            self.assertEqual([s["step"] for s in said["steps"]], ["as given", "optimize", "pack"])
            self.assertLess(said["steps"][-1]["largest_difference"], 1e-5)
            self.assertIn("same answer", self.fine("check", self.dir / "app.rivulet"))
            sizes = sizes + [said["steps"][-1]["file_bytes"]] if target == "pi" else [said["steps"][-1]["file_bytes"]]
        self.assertGreater(sizes[1], 1.5 * sizes[0])  # with the weights as the kernels read them

    def open_model(self):
        """A scale by weights of an input whose shape the file does not tell."""
        weights = "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 400 } } " + "".join(f"float_val: {i % 7 - 3} " for i in range(400)) + "}"
        return self.model(placeholder("x"), node("w", "Const", dtype=FLOAT, value=weights), node("y", "Mul", "x", "w", T=FLOAT))

    def test_shapes_and_arrays_that_the_caller_gives(self):
        model, out = self.open_model(), self.dir / "app.rivulet"
        self.fails(1, ["'x'", "--input-shape x="], "prepare", model, "-o", out)
        said = self.prepare(model, "--input-shape", "x=2,400")
        self.assertEqual((said["samples"], said["samples_are_given"]), (8, False))
        one, two = (self.file(f"{n}.npy", npy("<f4", (1, 400), struct.pack("<400f", *[n * i / 400 for i in range(400)]))) for n in (1, 2))
        said = self.prepare(model, "--sample", f"x={one}", "--sample", f"x={two}")
        self.assertEqual((said["samples"], said["samples_are_given"]), (2, True))
        self.assertIn("change on your 2 samples", self.fine("prepare", model, "-o", out, "--sample", f"x={one}", "--sample", f"x={two}"))
        self.fails(2, ["'z'", "'x'"], "prepare", model, "-o", out, "--input-shape", "z=1,400")
        self.fails(2, ["1,224,224,3"], "prepare", model, "-o", out, "--input-shape", "x=1,400,")
        self.fails(2, ["app.pb", ".rivulet"], "prepare", model, "-o", self.dir / "app.pb", "--input-shape", "x=1,400")
        self.fails(2, ["NAME=1,224,224,3"], "prepare", model, "-o", out, "--input-shape", "400")
        self.fails(2, ["both"], "prepare", model, "-o", out, "--sample", f"x={one}", "--images", SHAPES / "samples")

    def test_outputs_that_are_never_seen_are_not_squeezed(self):
        """Where nothing is found on the samples, nothing tells what coarser weights change."""
        weights = "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 400 } } " + "".join(f"float_val: {i % 7 - 3.5} " for i in range(400)) + "}"
        none = "tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1e6 }"
        model = self.model(placeholder("x", dims=[1, 400]), node("w", "Const", dtype=FLOAT, value=weights), node("y", "Mul", "x", "w", T=FLOAT),
                           node("k", "Const", dtype=FLOAT, value=none), node("m", "Greater", "y", "k", T=FLOAT), node("found", "Where", "m", T="type: DT_BOOL"))
        self.assertIn("'found' has no elements", self.step(self.prepare(model), "squeeze")["refused"])

    def test_models_of_texts_are_packed(self):
        model = self.model(placeholder("text", "DT_STRING", dims=[]), node("y", "DecodeWav", "text"))
        said = self.prepare(model, "--output", "y")
        self.assertNotIn("refused", self.step(said, "pack"))
        self.assertIn("none in the pack", self.fine("check", self.dir / "app.rivulet"))

    def test_the_report_as_text(self):
        done = call("prepare", SHAPES / "shapes.pb", "-o", self.dir / "app.rivulet", "--images", SHAPES / "samples")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[0], r"^step +file +in a store +change on your 12 files +latency +memory$")
        self.assertRegex(lines[1], r"^as given +411 kB +\d+ kB +– +[\d.]+ ms ")
        self.assertRegex(lines[2], r"^optimize +\d+ kB +\d+ kB +none")
        # Columns begin one below the other.
        self.assertEqual(len({l.index("kB") for l in lines[1:3]}), 1)
        self.assertRegex(done.stdout, r"app\.rivulet: loads in [\d.]+ ms · feed 'input' float32\[\?,64,64,3\]")

    def test_eight_bits_are_a_step_of_the_road(self):
        said = self.prepare(SHAPES / "shapes.pb", "--int8", "--images", SHAPES / "samples", "--max-drop", "20%", "--report", self.dir / "page.html")
        self.assertEqual([s["step"] for s in said["steps"]], ["as given", "optimize", "int8", "pack"])
        int8 = self.step(said, "int8")
        # Which is faster depends on the processor, and where they are near on the moment.
        slower = r"8 bits take [\d.]+ ms where floats took [\d.]+"
        if "refused" in int8:
            self.assertRegex(int8["refused"], slower)
            self.skipTest("8 bits are slower than floats here")
        self.assertLess(int8["file_bytes"], 0.4 * said["steps"][0]["file_bytes"])
        self.assertGreaterEqual(int8["top1_agreement"], 0.8)
        self.assertEqual(int8["top1_agreement"], self.step(said, "pack")["top1_agreement"])
        notes = " ".join(int8["notes"])
        self.assertRegex(notes, r"\d+ products in 8 bits, \d+ activations rounded")
        self.assertRegex(notes, r"on the 6 that were not calibrated on: top-1 agreement (100.0|83.3) %")
        self.assertRegex(notes, r"most: '[^']+' [\d.]+ %")
        self.assertIn("<b>int8</b>", (self.dir / "page.html").read_text())
        self.assertIn("same answer", self.fine("check", self.dir / "app.rivulet"))
        text = self.fine("prepare", SHAPES / "shapes.pb", "--int8", "--images", SHAPES / "samples", "--max-drop", "20%", "-o", self.dir / "b.rivulet")
        self.assertRegex(text, r"(?m)^int8 +\d+ kB .*top-1 agreement|^int8 was not taken: " + slower)
        self.assertRegex(text, r"(?m)^int8: \d+ products in 8 bits|^int8 was not taken: ")

    def test_eight_bits_want_inputs_of_the_caller(self):
        out = self.dir / "app.rivulet"
        self.fails(2, ["--int8 wants inputs", "--images", "--sample"], "prepare", SHAPES / "shapes.pb", "--int8", "-o", out)
        self.fails(2, ["--lossless"], "prepare", SHAPES / "shapes.pb", "--int8", "--lossless", "-o", out)
        (self.dir / "empty").mkdir()
        self.fails(1, ["want pictures or WAV files, found none"], "prepare", SHAPES / "shapes.pb", "--int8", "--images", self.dir / "empty", "-o", out)
        (self.dir / "empty" / "no.jpg").write_bytes(b"this is no picture")
        self.fails(1, ["no file could be read"], "prepare", SHAPES / "shapes.pb", "--int8", "--images", self.dir / "empty", "-o", out)
        self.assertFalse(out.exists())

    def test_what_has_nothing_for_eight_bits_goes_on_without(self):
        sample = self.file("x.npy", npy("<f4", (1, 400), struct.pack("<400f", *[i / 400 for i in range(400)])))
        said = self.prepare(self.open_model(), "--int8", "--sample", f"x={sample}")
        self.assertIn("nothing to compute in 8 bits", self.step(said, "int8")["refused"])
        self.assertEqual(said["steps"][-1]["largest_difference"], 0)

    def test_the_file_and_the_page_or_neither(self):
        out = self.file("app.rivulet", b"before")
        (self.dir / "folder").mkdir()
        old = sorted(self.dir.rglob("*"))
        for page in (self.dir / "none" / "page.html", self.dir / "folder", "/proc/page.html"):
            started = time.monotonic()
            self.fails(1, [str(page)], "prepare", SHAPES / "shapes.pb", "-o", out, "--report", page)
            self.assertLess(time.monotonic() - started, 1, "it is told before the work")
        # What can only be seen when the page is written; and a page that would be the file.
        self.fails(1, ["/dev/full", "No space left"], "prepare", SHAPES / "shapes.pb", "-o", out, "--report", "/dev/full")
        self.fails(1, ["two files"], "prepare", SHAPES / "shapes.pb", "-o", out, "--report", self.dir / "folder" / ".." / "app.rivulet")
        self.assertEqual(out.read_bytes(), b"before")
        self.assertEqual(sorted(self.dir.rglob("*")), old)
        self.prepare(SHAPES / "shapes.pb", "--report", self.dir / "page.html")
        self.assertEqual(sorted(self.dir.rglob("*")), sorted([*old, self.dir / "page.html"]))
        self.assertIn("same answer", self.fine("check", out))

    def test_pictures_that_all_look_alike_are_told(self):
        """An answer that most of them get is kept by whatever is left of a network."""
        (self.dir / "stars").mkdir()
        for i in range(12):
            self.file(f"stars/{i}.jpg", (SHAPES / "samples" / "star.jpg").read_bytes())
        said = self.prepare(SHAPES / "shapes.pb", "--images", self.dir / "stars", "--report", self.dir / "page.html")
        few = [note for note in said["notes"] if "get the same best answer" in note]
        self.assertEqual(len(few), 1, said["notes"])
        self.assertIn("12 of your 12 inputs", few[0])
        self.assertIn(few[0], (self.dir / "page.html").read_text())
        done = call("shrink", SHAPES / "shapes.pb", "-o", self.dir / "s.rivulet", "--images", self.dir / "stars")
        self.assertIn("12 of your 12 inputs get the same best answer", done.stderr)
        self.assertNotIn("same best answer", " ".join(self.prepare(SHAPES / "shapes.pb", "--images", SHAPES / "samples")["notes"]))

    def test_the_page_stands_alone(self):
        self.prepare(SHAPES / "shapes.pb", "--report", self.dir / "page.html")
        text = (self.dir / "page.html").read_text()
        self.assertFalse(re.search(r"(src|href)=", text))
        self.assertNotIn("<script", text)
        self.assertGreaterEqual(text.count("--part:"), 9)
        self.assertIn("made-up inputs", text)
        for want in ("shapes.pb → app.rivulet", "<b>optimize</b>", "MatMul"):
            self.assertIn(want, text)

    def test_nothing_may_change_without_loss(self):
        said = self.prepare(SHAPES / "shapes.pb", "--lossless")
        self.assertTrue(all(s.get("largest_difference", 0) < 1e-5 for s in said["steps"]))

    def test_a_step_that_changes_too_much_is_not_taken(self):
        said = self.prepare(SHAPES / "shapes.pb", "--max-drop", "0", "--images", SHAPES / "samples")
        self.assertNotIn("refused", self.step(said, "squeeze"))
        self.assertEqual(self.step(said, "pack")["top1_agreement"], 1)
        # Too small to be squeezed, which is told.
        said = self.prepare(SAVED / "v2_loop" / "model")
        self.assertIn("nothing to squeeze", self.step(said, "squeeze")["refused"])
        self.assertLess(said["steps"][-1]["largest_difference"], 1e-5)

    def test_saved_models_and_made_up_inputs(self):
        said = self.prepare(SAVED / "v2_loop" / "model", "--target", "browser")
        self.assertEqual([i["name"] for i in said["inputs"]], ["audio"])
        self.assertFalse(said["samples_are_given"])
        self.assertEqual(said["target"], "browser")
        self.fine("run", self.dir / "app.rivulet", "--input", "audio==[[1,2,3,4,5,6]]", "--output", "last")

    def test_sounds_and_pictures_are_made_up_for_models_that_decode_them(self):
        wav = self.model(placeholder("wav", "DT_STRING", dims=[]), node("d", "DecodeWav", "wav", desired_samples="i: 16000", desired_channels="i: 1"),
                         node("y", "Relu", "d", T=FLOAT))
        self.assertEqual(self.prepare(wav, "--output", "y")["samples"], 8)
        jpeg = self.model(placeholder("file", "DT_STRING", dims=[]), node("d", "DecodeJpeg", "file", channels="i: 3"), node("y", "Cast", "d", SrcT="type: DT_UINT8", DstT=FLOAT))
        self.assertEqual(self.prepare(jpeg, "--output", "y")["samples"], 8)

    def test_two_keys_of_one_tensor(self):
        self.assertEqual(self.prepare(SAVED / "v1_tags" / "model")["samples"], 8)

    def test_a_batch_that_the_file_tells_stays(self):
        said = self.prepare(self.model(placeholder("x", dims=[10, 784]), node("y", "Relu", "x", T=FLOAT)))
        self.assertEqual(said["inputs"][0]["shape"], "[10,784]")

    def test_switches_of_training_are_no_inputs(self):
        model = self.model(placeholder("x", dims=[1, 4]), placeholder("is_training", "DT_BOOL", dims=[]), node("neg", "Neg", "x", T=FLOAT),
                           node("pick", "Select", "is_training", "x", "neg", T=FLOAT), node("y", "Relu", "pick", T=FLOAT))
        said = self.prepare(model)
        self.assertEqual([i["name"] for i in said["inputs"]], ["x"])
        self.assertTrue(any("'is_training' is false" in n for n in said["notes"]))

    def test_what_is_wrong_leaves_no_file(self):
        out = self.file("app.rivulet", b"before")
        self.fails(2, ["--max-drop", "1%"], "prepare", SHAPES / "shapes.pb", "-o", out, "--max-drop", "much")
        self.fails(2, ["--max-drop"], "prepare", SHAPES / "shapes.pb", "-o", out, "--max-drop", "101%")
        self.fails(1, ["no file could be read"], "prepare", SHAPES / "shapes.pb", "-o", out, "--images", self.dir / "nowhere")
        self.fails(1, ["input 't'", "--images"], "prepare", self.model(placeholder("t", "DT_STRING", dims=[]), node("y", "StringLength", "t")), "-o", out)
        self.fails(1, ["shape of input 'x'"], "prepare", self.model(placeholder("x", "DT_INT32"), node("y", "Neg", "x", T="type: DT_INT32")), "-o", out)
        done = call("prepare", SHAPES / "shapes.pb", "-o", out, "--target", "toaster")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(out.read_bytes(), b"before")


if __name__ == "__main__":
    main()
