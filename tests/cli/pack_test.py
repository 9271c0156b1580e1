"""rivulet pack: what is in the file, what other verbs make of it, and what happens when the disk fails."""
import json
import math
import os
import pathlib
import re
import resource
import struct
import subprocess
import time

from command_case import RIVULET, SHAPES, CommandCase, call, identity, main, node, npy, placeholder, read_npy
from tf_case import FORMATS, tool
from tf_files_test import crc32c, fields

SHAPES_PB, LABELS, CIRCLE = SHAPES / "shapes.pb", SHAPES / "labels.txt", SHAPES / "samples" / "circle.png"
OWN = "memmapped_package://rivulet/"


def regions(data):
    """Offset and length of each region by its name, as TensorFlow's reader finds them, and where the directory begins."""
    start, = struct.unpack("<Q", data[-8:])
    found, end = {}, start
    for number, element in reversed(fields(data[start:-8])):
        entry = dict(fields(element))
        offset = entry.get(1, 0)
        assert number == 1 and offset < end and entry[2].decode() not in found and entry[3] <= end - offset
        found[entry[2].decode()] = (offset, entry[3])
        end = offset
    return found, start


class PackCase(CommandCase):
    def pack(self, model=SHAPES_PB, *arguments, name="app.rivulet"):
        out = self.dir / name
        said = self.fine("pack", model, "-o", out, *arguments)
        return out, said

    def product(self, rows=16, columns=32):
        """y = x [?, rows] * w."""
        values = " ".join(f"float_val: {(i * 37 % 101) / 50 - 1}" for i in range(rows * columns))
        return self.model(placeholder("x", dims=(-1, rows)),
                          node("w", "Const", dtype="type: DT_FLOAT", value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: {rows} }} dim {{ size: {columns} }} }} {values} }}"),
                          identity("w/read", "w"), node("y", "MatMul", "x", "w/read", T="type: DT_FLOAT"))


class Pack(PackCase):
    def test_the_regions(self):
        out, said = self.pack(SHAPES_PB, "--labels", LABELS, "--mean", "127.5", "--scale", "127.5")
        self.assertRegex(said.splitlines()[0], r": pack, 0\.8\d MB, 7 weights in their own regions, 6 packed for the kernels, 1 sample$")
        self.assertIn("feed        input  float32[?,64,64,3]  64×64 RGB, (p − 127.5) / 127.5\n", said)
        data = out.read_bytes()
        found, start = regions(data)
        self.assertEqual(found[OWN + "signature"], (0, 9))
        self.assertEqual(data[:9], b"\x89RVLT\r\n\x1a\n")
        self.assertEqual(sum(name.startswith(OWN + "packed/") for name in found), 6)
        for name, (offset, _) in found.items():
            self.assertTrue(name == "memmapped_package://." or offset % 64 == 0, name)
        graph = found["memmapped_package://."]
        self.assertEqual(sum(graph), start, "the graph is last, without padding behind it, for readers that know no lengths")
        at, size = found[OWN + "metadata"]
        metadata = json.loads(data[at:at + size])
        self.assertEqual(metadata["rivulet_pack"], 1)
        self.assertEqual(metadata["labels"], LABELS.read_text().split())
        self.assertEqual(metadata["inputs"], [{"name": "input", "dtype": "float32", "shape": [None, 64, 64, 3],
                                               "picture": {"width": 64, "height": 64, "channels": 3, "mean": 127.5, "scale": 127.5}}])

    def test_the_checksums(self):
        data = self.pack()[0].read_bytes()
        found, start = regions(data)
        at, size = found[OWN + "checksums"]
        sums = data[at:at + size]
        self.assertEqual(sums[:8], b"RVCS" + struct.pack("<I", 1))
        self.assertEqual(struct.unpack("<QI", sums[8:20]), (len(data) - 8 - start, crc32c(data[start:-8])))
        others = sorted(place for name, place in found.items() if name != OWN + "checksums")
        self.assertEqual(struct.unpack("<I", sums[20:24]), (len(others),))
        entries = [struct.unpack("<QI", sums[24 + 12 * i:36 + 12 * i]) for i in range(len(others))]
        self.assertEqual([length for length, _ in entries], [length for _, length in others])
        for (offset, length), (_, crc) in zip(others, entries):
            if length < 5000:  # slow in Python
                self.assertEqual(crc, crc32c(data[offset:offset + length]))
        self.assertEqual(sums[-4:], struct.pack("<I", crc32c(sums[:-4])))

    def test_every_verb_takes_it(self):
        out, _ = self.pack(SHAPES_PB, "--labels", LABELS)
        self.assertIn(": pack, ", self.fine("inspect", out))
        self.assertEqual(json.loads(self.fine("inspect", out, "--json"))["metadata"]["labels"][0], "arrow")
        self.assertIn("equal", self.fine("compare", SHAPES_PB, out))
        self.assertIn("Conv2D", self.fine("ops", "--for", out))
        again = self.dir / "again.pb"
        self.fine("transform", out, "-o", again, "--transforms", "remove_device", "--input", "input", "--output", "probability")
        self.assertIn("equal", self.fine("compare", SHAPES_PB, again))
        twice, _ = self.pack(out, "--labels", LABELS, name="twice.rivulet")
        self.assertEqual(twice.read_bytes(), out.read_bytes())
        package, said = self.pack(out, "--format", "memmapped", "--min-bytes", "1000", name="app.mmpb")
        self.assertIn("memmapped package", said)
        by_name, _ = self.pack(out, "--min-bytes", "1000", name="app.mmap")
        self.assertEqual(by_name.read_bytes(), package.read_bytes())
        self.assertIn("equal", self.fine("compare", SHAPES_PB, package))
        self.assertFalse(any(name.startswith(OWN) for name in regions(package.read_bytes())[0]))

    def test_the_drop_in_tools_take_it(self):
        out, _ = self.pack()
        for arguments in (["summarize_graph", f"--in_graph={out}"], ["label_image", f"--graph={out}", f"--labels={LABELS}", f"--image={CIRCLE}", "--input_layer=input", "--output_layer=probability", "--input_width=64", "--input_height=64"],
                          ["benchmark_model", f"--graph={out}", "--input_layer=input", "--input_layer_shape=1,64,64,3", "--input_layer_type=float", "--output_layer=probability", "--max_num_runs=1"],
                          ["transform_graph", f"--in_graph={out}", f"--out_graph={self.dir / 't.pb'}", "--inputs=input", "--outputs=probability", "--transforms=remove_device"]):
            done = tool(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("equal", self.fine("compare", SHAPES_PB, self.dir / "t.pb"))

    def test_label_needs_no_flags(self):
        model, labels = self.file("m.pb", SHAPES_PB.read_bytes()), self.file("other", LABELS.read_bytes())
        out, _ = self.pack(model, "--labels", labels, "--mean", "127.5", "--scale", "127.5")
        done = call("label", out, CIRCLE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "", "nothing is assumed")
        self.assertRegex(done.stdout, r"^circle ")
        found = json.loads(self.fine("label", out, CIRCLE, "--json", "--input-mean", "0", "--input-std", "255"))
        self.assertEqual(found["normalization"], "p / 255", "who says something is heard")

    def test_weights_are_not_copied(self):
        plain = json.loads(self.fine("bench", self.pack(SHAPES_PB, "--plain", name="plain.rivulet")[0], "--runs", "1", "--json"))
        packed = json.loads(self.fine("bench", self.pack()[0], "--runs", "1", "--json"))
        self.assertGreater(plain["constant_bytes"], 300000)
        self.assertLess(packed["constant_bytes"], 2000, "biases in the graph's own bytes may have to be aligned")
        self.assertLess((self.dir / "plain.rivulet").stat().st_size, 0.6 * (self.dir / "app.rivulet").stat().st_size)

    def test_read_instead_of_mapped_they_are_used_where_they_lie_too(self):
        report = json.loads(self.fine("check", self.pack()[0], "--memory", "--read", "--json"))
        self.assertTrue(report["ok"])
        self.assertEqual(report["memory"]["file_private_clean_bytes"], 0)

    def const(self, name, dims, at, op="Const", dtype="FLOAT", field="float_val", values=None):
        count = math.prod(dims)
        values = " ".join(f"{field}: {v}" for v in values or [0.2 + (i * at % 11) / 10 for i in range(count)])
        return node(name, op, dtype=f"type: DT_{dtype}", value="tensor { dtype: DT_%s tensor_shape { %s } %s }" % (dtype, " ".join(f"dim {{ size: {d} }}" for d in dims), values))

    def convolution(self, name, source, filter):
        return node(name, "Conv2D", source, filter, T="type: DT_FLOAT", strides="list { i: 1 i: 1 i: 1 i: 1 }", padding='s: "SAME"')

    def written_out(self, name, source, channels):
        """y = x * s + (beta - mean * s) with s = gamma / sqrt(variance + epsilon), its parameters as Keras puts them into four dims."""
        floats = {"T": "type: DT_FLOAT"}
        nodes = [self.const(f"{name}/dims", (4,), 1, dtype="INT32", field="int_val", values=[1, 1, 1, channels]), self.const(f"{name}/epsilon", (), 1)]
        for at, part in enumerate(["gamma", "beta", "mean", "variance"]):
            nodes += [self.const(f"{name}/{part}/value", (channels,), at + 2), identity(f"{name}/{part}/read", f"{name}/{part}/value"),
                      node(f"{name}/{part}", "Reshape", f"{name}/{part}/read", f"{name}/dims", **floats, Tshape="type: DT_INT32")]
        two = lambda part, op, *inputs: node(f"{name}/{part}", op, *(f"{name}/{i}" if i != source else i for i in inputs), **floats)
        return [*nodes, two("around", "AddV2", "variance", "epsilon"), two("rsqrt", "Rsqrt", "around"), two("s", "Mul", "rsqrt", "gamma"),
                two("scaled", "Mul", source, "s"), two("shift", "Mul", "mean", "s"), two("rest", "Sub", "beta", "shift"), two("y", "AddV2", "scaled", "rest")]

    def ops(self, path):
        return {n["op"] for n in json.loads(self.fine("inspect", path, "--nodes", "--json"))["graph"]}

    def assert_same_answers(self, model, *packs):
        x = self.file("x.npy", npy("<f4", (1, 4, 4, 2), struct.pack("<32f", *(i % 7 - 3 for i in range(32)))))
        answers = []
        for path in (model, *packs):
            self.fine("run", path, "--input", f"x={x}", "--output", "y", "--save", self.dir / path.stem)
            data = read_npy(self.dir / path.stem / "y.npy")[1]
            answers.append(struct.unpack(f"<{len(data) // 4}f", data))
        for answer in answers[1:]:
            for value, wanted in zip(answer, answers[0]):
                self.assertAlmostEqual(value, wanted, delta=1e-4)

    def test_batch_norms_are_folded_once_and_not_at_each_load(self):
        model = self.model(
            placeholder("x", dims=(-1, 4, 4, 2)), self.const("w", (3, 3, 2, 5), 7), identity("w/read", "w"), self.convolution("c", "x", "w/read"),
            *[self.const(name, (5,), i + 2) for i, name in enumerate(["gamma", "beta", "mean", "variance"])],
            node("y", "FusedBatchNormV3", "c", "gamma", "beta", "mean", "variance", T="type: DT_FLOAT", U="type: DT_FLOAT", is_training="b: false", epsilon="f: 0.001"))
        folded, said = self.pack(model)
        self.assertIn("1 batch norm folded into the weights", said)
        kept, said = self.pack(model, "--keep-norms", name="kept.rivulet")
        self.assertNotIn("folded", said)
        self.assertNotIn("FusedBatchNormV3", self.ops(folded))
        self.assertIn("FusedBatchNormV3", self.ops(kept))
        self.assert_same_answers(model, folded, kept)

    def test_norms_that_are_written_out_are_folded_too(self):
        model = self.model(
            placeholder("x", dims=(-1, 4, 4, 2)), self.const("w", (3, 3, 2, 40), 7), identity("w/read", "w"), self.convolution("c", "x", "w/read"),
            *self.written_out("n", "c", 40), self.const("w2", (1, 1, 40, 8), 3), identity("w2/read", "w2"), self.convolution("c2", "n/y", "w2/read"),
            *self.written_out("n2", "c2", 8), identity("y", "n2/y"))
        folded, said = self.pack(model)
        self.assertIn("2 scales folded into the weights", said)
        kept, said = self.pack(model, "--keep-norms", name="kept.rivulet")
        self.assertNotIn("folded", said)
        self.assertFalse({"Rsqrt", "Mul", "Sub"} & self.ops(folded))
        self.assertIn("Rsqrt", self.ops(kept))
        self.assertLess(folded.stat().st_size, kept.stat().st_size, "no weight is there twice")
        self.assert_same_answers(model, folded, kept)

    def test_weights_that_are_computed_from_codes_stay_codes(self):
        """Folding the norm would need them as floats, four times the bytes."""
        limits = [self.const("low", (), 1, values=[-1]), self.const("high", (), 1, values=[1])]
        codes = node("w", "Const", dtype="type: DT_QUINT8", value='tensor { dtype: DT_QUINT8 tensor_shape { dim { size: 5 } dim { size: 5 } dim { size: 2 } dim { size: 400 } } tensor_content: "%s" }' % ("\\001\\200\\377\\100" * 5000))
        model = self.model(placeholder("x", dims=(-1, 4, 4, 2)), codes, *limits, node("w/read", "Dequantize", "w", "low", "high", T="type: DT_QUINT8", mode='s: "MIN_FIRST"'),
                           self.convolution("c", "x", "w/read"), *self.written_out("n", "c", 400), identity("y", "n/y"))
        packed, said = self.pack(model, "--plain")
        self.assertNotIn("folded", said)
        self.assertLess(packed.stat().st_size, 60000)
        self.assert_same_answers(model, packed)

    def test_two_processes_share_the_pages(self):
        model = self.product(1024, 1024)
        out, _ = self.pack(model)
        runs = [subprocess.Popen([RIVULET, "bench", out, "--min-time", "8"], stdout=subprocess.DEVNULL) for _ in range(2)]
        try:
            deadline, shared = time.time() + 7, 0
            while shared < 4 << 20 and time.time() < deadline:
                time.sleep(0.2)
                text = pathlib.Path(f"/proc/{runs[0].pid}/smaps").read_text()
                parts = [part for part in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text) if part.split("\n")[0].endswith(str(out))]
                count = lambda key: 1024 * sum(int(kb) for part in parts for kb in re.findall(rf"(?m)^{key}: +(\d+) kB", part))
                shared, dirty = count("Shared_Clean"), count("Private_Dirty") if count("Anonymous") else 0
        finally:
            for run in runs:
                run.kill()
                run.wait()
        self.assertGreaterEqual(shared, 4 << 20, "the packed weights, which both use")
        self.assertEqual(dirty, 0)

    def test_samples(self):
        model = self.product()
        given = [self.file(f"x{i}.npy", npy("<f4", (1, 16), struct.pack("<16f", *[i] * 16))) for i in range(2)]
        out, said = self.pack(model, "--sample", f"x={given[0]}", "--sample", f"x={given[1]}")
        self.assertIn("2 samples", said)
        checked = json.loads(self.fine("check", out, "--json"))
        self.assertEqual([(s["name"], s["ok"], s["max_difference"]) for s in checked["samples"]], [("x0.npy", True, 0), ("x1.npy", True, 0)])

    def test_saved_models_with_their_variables(self):
        out, said = self.pack(FORMATS / "v1_tags" / "model")
        self.assertTrue(json.loads(self.fine("check", out, "--json"))["ok"], said)
        out, said = self.pack(FORMATS / "v1_table" / "model", "--sample", 'words==["no","down",""]')  # several texts
        self.assertEqual([s["ok"] for s in json.loads(self.fine("check", out, "--json"))["samples"]], [True])
        out, said = self.pack(FORMATS / "v2_loop" / "model")
        self.assertTrue(json.loads(self.fine("check", out, "--json"))["ok"], said)
        self.fails(1, ["variables without a graph"], "pack", FORMATS / "version1" / "model", "-o", out)

    def test_strings_are_not_made_up(self):
        model = self.model(placeholder("s", "DT_STRING", ()), node("y", "DecodePng", "s"))
        done = call("pack", model, "-o", self.dir / "s.rivulet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, "note: '.*': no sample")
        out, _ = self.pack(model, "--sample", f"s=@{CIRCLE}", name="s.rivulet")
        self.assertTrue(json.loads(self.fine("check", out, "--json"))["samples"][0]["ok"])

    def test_bad_calls(self):
        out = self.file("app.rivulet", b"before")
        for code, parts, arguments in (
                (2, ["want a name that ends in .rivulet"], ["-o", self.dir / "x.bin"]),
                (2, ["224x", "WIDTHxHEIGHT"], ["-o", out, "--size", "224x"]),
                (2, ["WIDTHxHEIGHT"], ["-o", out, "--size", "0x5"]),
                (1, ["none.txt"], ["-o", out, "--labels", "none.txt"]),
                (2, ["inptu", "did you mean 'input'"], ["-o", out, "--input", "inptu"]),
                (2, ["outptu"], ["-o", out, "--output", "outptu"]),
                (2, ["KEY=TEXT"], ["-o", out, "--card", "title"]),
                (2, ["x.npy"], ["-o", out, "--sample", "x.npy"]),
                (1, ["none.npy"], ["-o", out, "--sample", "input=none.npy"]),
                (1, ["not UTF-8"], ["-o", out, "--labels", self.file("latin", b"a\ngr\xf6\xdfe\n")])):
            done = call("pack", SHAPES_PB, *arguments)
            self.assertEqual(done.returncode, code, f"{arguments}: {done.stderr}")
            for part in parts:
                self.assertIn(part, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.fails(1, ["none.pb"], "pack", "none.pb", "-o", out)
        self.assertEqual(out.read_bytes(), b"before")

    def test_a_disk_that_fails_leaves_the_old_file(self):
        out = self.file("app.rivulet", b"before")
        before = sorted(os.listdir(self.dir))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
        done = call("pack", SHAPES_PB, "-o", out, preexec_fn=limit, restore_signals=False)  # else the signal ends it
        self.assertEqual(done.returncode, 1)
        self.assertIn("app.rivulet", done.stderr)
        self.assertEqual(out.read_bytes(), b"before")
        self.assertEqual(sorted(os.listdir(self.dir)), before)
        self.fails(1, ["none"], "pack", SHAPES_PB, "-o", self.dir / "none" / "app.rivulet")
        self.fails(1, ["/proc/app.rivulet"], "pack", SHAPES_PB, "-o", "/proc/app.rivulet")  # where nobody can write
        folder = self.dir / "folder.rivulet"
        folder.mkdir()
        self.fails(1, ["folder.rivulet"], "pack", SHAPES_PB, "-o", folder)
        self.assertEqual(sorted(os.listdir(self.dir)), sorted([*before, "folder.rivulet"]))


if __name__ == "__main__":
    main()
