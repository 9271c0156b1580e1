"""SavedModels, MetaGraphDefs, checkpoints and packages through the command; what TensorFlow answers is in tests/formats/data."""
import json
import shlex
import shutil
import struct

from command_case import ROOT, CommandCase, call, main, node, read_npy

DATA = ROOT / "tests" / "formats" / "data"
# A narrowed build may lack tables.
OPS = {line.split()[0] for line in call("ops").stdout.splitlines() if line.strip()}
HAS_TABLES = "HashTableV2" in OPS
FORMATS = {"float32": "f", "int32": "i", "int64": "q", "bool": "?"}


def literal(tensor):
    """A fed tensor as the command reads it: NAME==VALUE."""
    values = [str(v).lower() for v in tensor["values"]]
    for dim in reversed(tensor["shape"]):
        count = len(values) // max(dim, 1)
        values = ["[" + ",".join(values[i * dim:(i + 1) * dim]) + "]" for i in range(count)]
    return values[0]


def answers():
    return json.loads((DATA / "answers.json").read_text())


class Formats(CommandCase):
    def feed(self, name, tensor):
        if tensor["dtype"] != "string":
            return ["--input", f"{name}=={literal(tensor)}"]
        texts = [bytes.fromhex(v[1:]) for v in tensor["values"]]
        width = max(map(len, texts))
        header = f"{{'descr': '|S{width}', 'fortran_order': False, 'shape': ({len(texts)},), }}".ljust(117) + "\n"
        path = self.file("texts.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() +
                         b"".join(t.ljust(width, b"\0") for t in texts))
        return ["--input", f"{name}={path}"]

    def check(self, saved_as, expected):
        header, data = read_npy(self.dir / "out" / (saved_as.replace("/", "_").replace(":", "_") + ".npy"))
        shape = tuple(expected["shape"])
        self.assertEqual(header["shape"], shape)
        if expected["dtype"] == "string":
            width = int(header["descr"][2:])
            self.assertEqual([data[i:i + width].rstrip(b"\0").hex() for i in range(0, len(data), width)], [v[1:] for v in expected["values"]])
            return
        got = struct.unpack(f"<{len(expected['values'])}{FORMATS[expected['dtype']]}", data)
        for a, b in zip(got, expected["values"]):
            self.assertAlmostEqual(a, b, delta=1e-5 * max(1, abs(b)) if expected["dtype"] == "float32" else 0)

    def ask(self, answer, by_tensor):
        tensors = answer["tensors"]
        called = (lambda key: tensors[key]) if by_tensor else (lambda key: key)
        words = ["run", DATA / answer["path"], "--tags", ",".join(answer["tags"]), "--save", self.dir / "out"]
        if not by_tensor:
            words += ["--signature", answer["signature"]]
        for key, tensor in answer["inputs"].items():
            words += self.feed(called(key), tensor)
        for name in dict.fromkeys(called(key) for key in answer["outputs"]):
            words += ["--output", name]
        self.fine(*words)
        for key, expected in answer["outputs"].items():
            self.check(called(key), expected)

    def test_every_signature_answers_as_in_tensorflow(self):
        self.assertGreaterEqual(len(answers()), 13)
        for answer in answers():
            for by_tensor in (False, True):
                if "table" in answer["path"] and not HAS_TABLES:
                    continue
                with self.subTest(path=answer["path"], signature=answer["signature"], by_tensor=by_tensor):
                    self.ask(answer, by_tensor)

    def test_the_default_signature_and_its_outputs(self):
        out = self.fine("run", DATA / "v2_loop" / "model", "--input", "audio==[[1,2,3,4,5,6]]")
        self.assertRegex(out, r"(?m)^all +\[6,1,4\] +float32 ")
        self.assertRegex(out, r"(?m)^last +\[1,4\] +float32 ")
        self.fails(2, ["'serving_default'", "'choose', 'twice'"], "run", DATA / "v2_text" / "model")

    def test_the_file_in_the_folder_means_the_folder(self):
        for file in (DATA / "v2_loop" / "model" / "saved_model.pb", DATA / "v1_text" / "model" / "saved_model.pbtxt"):
            self.assertIn("SavedModel", self.fine("inspect", file))
            self.assertRegex(self.fine("inspect", file), r"(?m)^variables   2 ")
        self.fails(1, ["saved_model.pb'", "cannot open"], "inspect", self.dir / "saved_model.pb")

    def test_keys_that_mean_one_tensor(self):
        model = DATA / "v1_tags" / "model"
        same = ["--input", "x==[[1,2,3]]", "--input", "alias_of_x==[[1,2,3]]"]
        first, second = self.fine("run", model, *same).splitlines()
        self.assertEqual(first.split()[1:], second.split()[1:])
        self.assertEqual(first.split()[3:], ["2", "3.5", "5", "6.5"])
        self.fails(2, ["'alias_of_x'", "'x:0'", "twice"], "run", model, *same[:3], "alias_of_x==[[1,2,4]]")

    def test_tf_examples(self):
        written = '[{"x": [1, 2.5], "n": 3, "word": "yes"}, {"x": [-1, 0.5]}]'
        for name in ("v1_examples", "v2_examples"):
            (answer,) = [a for a in answers() if a["path"].startswith(name)]
            self.fine("run", DATA / answer["path"], "--example", f"inputs={written}", "--save", self.dir / "out")
            for key, expected in answer["outputs"].items():
                self.check(key, expected)
        self.fails(2, ["--example inputs", "'x'", "float32", "a word"], "run", DATA / "v1_examples" / "model", "--example", 'inputs={"x": ["a word", 1]}')
        self.fails(1, ["'x'"], "run", DATA / "v1_examples" / "model", "--example", 'inputs={"n": 1}')
        self.fails(2, ["string", "float32"], "run", DATA / "v1_tags" / "model", "--example", 'x={"n": 1}')

    def test_what_is_not_there_is_told_with_what_is(self):
        model = DATA / "v1_tags" / "model"
        self.fails(2, ["['train']", "['serve'], ['doubled', 'serve']"], "run", model, "--tags", "train", "--input", "x==[[1,2,3]]")
        self.fails(2, ["['train']", "['serve']"], "inspect", model, "--tags", "train")
        self.fails(2, ["'other'", "'norm', 'serving_default'"], "run", model, "--signature", "other", "--input", "x==[[1,2,3]]")
        self.fails(2, ["input 'alias_of_x'", "float32[?,3]", "not fed"], "run", model)
        self.fails(2, ["'z'"], "run", model, "--input", "x==[[1,2,3]]", "--output", "z")
        self.fails(1, ["no saved_model.pb", "did you mean", "v1_tags/model"], "run", DATA / "v1_tags")
        self.fails(1, ["no saved_model.pb"], "inspect", self.dir)

    def test_a_handle_is_no_output_but_a_reference_is_its_value(self):
        self.fails(1, ["'kernel'", "variable", "VarHandleOp"], "run", DATA / "v2_text" / "model", "--output", "kernel")
        self.assertRegex(self.fine("run", DATA / "v1_text" / "model", "--output", "count:0"), r"^count:0 +\[\] +int32 +42\n$")
        if HAS_TABLES:
            table = self.model(node("table", "HashTableV2", key_dtype="type: DT_STRING", value_dtype="type: DT_INT64"))
            self.fails(1, ["'table'", "resource"], "run", table, "--output", "table")

    def test_a_missing_checkpoint_is_told(self):
        for name in ("v1_tags", "v2_loop"):
            copy = self.dir / name
            shutil.copytree(DATA / name / "model", copy)
            (copy / "variables" / "variables.index").unlink()
            fed = {"v1_tags": "x==[[1,2,3]]", "v2_loop": "audio==[[1,2,3,4,5,6]]"}[name]
            self.fails(1, ["variables.index' is not there"], "run", copy, "--input", fed)
            self.assertIn("variables.index' is not there", self.fine("inspect", copy))
            (copy / "variables" / "variables.data-00000-of-00001").unlink()
            self.fails(1, ["variables.index' is not there"], "run", copy, "--input", fed)
        cut = self.dir / "cut"
        shutil.copytree(DATA / "v1_tags" / "model", cut)
        (cut / "variables" / "variables.data-00000-of-00001").unlink()
        self.fails(1, ["variables.data-00000-of-00001"], "run", cut, "--input", "x==[[1,2,3]]")

    def test_meta_graphs_with_their_checkpoints(self):
        (asked,) = json.loads((DATA / "meta_graphs.json").read_text())
        expected = {"dtype": "float32", "shape": [1, 4], "values": asked["y"][0]}
        folder = DATA / "meta_graphs"
        run = ["--input", f"x=={asked['x']}", "--output", "y", "--save", self.dir / "out"]
        for name in ("v2", "v1", "shards"):
            self.fine("run", folder / f"{name}.meta", *run)
            self.check("y", expected)
        for name in ("v2", "v1", "shards"):
            self.fine("run", folder / "text.meta", "--checkpoint", folder / name, *run)
            self.check("y", expected)
        self.fails(1, ["'dense/w/part_", "no checkpoint"], "run", folder / "text.meta", *run)
        self.fails(1, ["none"], "run", folder / "text.meta", "--checkpoint", folder / "none", *run)
        text = self.fine("inspect", folder / "v2.meta")
        self.assertIn("MetaGraphDef, TF 2.21", text)
        self.assertRegex(text, r"(?m)^variable +dense/w +float32\[3,4\]  48 bytes in 2 slices$")
        self.assertRegex(text, r"(?m)^next +rivulet run \S+ --input x=array.npy --output y --save out$")
        self.assertNotIn("would not run", text)

    def test_inspect_says_what_a_saved_model_is(self):
        lines = self.fine("inspect", DATA / "v2_loop" / "model").splitlines()
        self.assertRegex(lines[0], r": SavedModel, TF 2\.21, tags serve, 11 nodes")
        self.assertEqual(lines[1], "serving_default: audio float32[1,6] → all float32[6,1,4], last float32[1,4]")
        text = "\n".join(lines)
        for part in ["variables   2", "cell/kernel", "float32[5,4]", "While×1", "TensorListReserve×1", "functions   8", "listen"]:
            self.assertIn(part, text)
        text = self.fine("inspect", DATA / "v1_tags" / "model", "--tags", "serve,doubled")
        self.assertIn("tags serve doubled", text)
        self.assertIn("scale float32[] (default)", text)
        text = self.fine("inspect", DATA / "v2_table" / "model")
        self.assertRegex(text, r"(?m)^asset +.*/v2_table/model/assets/words.txt$")
        found = json.loads(self.fine("inspect", DATA / "v1_text" / "model", "--json"))
        self.assertEqual((found["format"], found["tags"], found["tensorflow_version"]), ("text SavedModel", ["serve"], "2.21.0"))
        self.assertEqual([s["key"] for s in found["signatures"]], ["count", "serving_default"])
        self.assertEqual([v["name"] for v in found["checkpoint"]["variables"]], ["count", "dense/w"])

    def test_the_next_command_can_be_pasted(self):
        for name, fed in (("v1_tags", "[[1,2,3]]"), ("v2_loop", "[[1,2,3,4,5,6]]"), ("v1_text", "[[1,2,3]]")):
            (line,) = [l for l in self.fine("inspect", DATA / name / "model").splitlines() if l.startswith("next ")]
            words = shlex.split(line.split(None, 1)[1].replace("=array.npy", f"=={fed}").replace("--save out", f"--save {self.dir}/out"))
            done = call(*words[1:])
            self.assertEqual(done.returncode, 0, done.stderr)
        (line,) = [l for l in self.fine("inspect", DATA / "v2_text" / "model").splitlines() if l.startswith("next ")]
        self.assertIn("--signature choose", line)

    def test_checkpoints_are_inspected_as_such(self):
        text = self.fine("inspect", DATA / "shards" / "model")
        self.assertIn("checkpoint V2, 6 variables", text)
        self.assertRegex(text, r"(?m)^variable +v2 +float32\[3,2\]")
        self.assertIn("checkpoint V1", self.fine("inspect", DATA / "version1" / "model"))
        lines = self.fine("inspect", DATA / "compressed" / "model").splitlines()
        self.assertRegex(lines[0], "checkpoint V2, 300 variables")
        self.assertRegex(lines[-1], r"tower/layer299/weights +float32\[2\]")
        self.assertIn("net/first/kernel", self.fine("inspect", DATA / "objects"))
        found = json.loads(self.fine("inspect", DATA / "partitioned" / "model.index", "--json"))
        self.assertEqual(sorted((v["name"], v["shape"], v["slices"]) for v in found["variables"]),
                         [("both", [6, 5], 4), ("columns", [6, 5], 2), ("rows", [6, 5], 3)])
        self.fails(1, ["checkpoint", "without a graph"], "run", DATA / "shards" / "model")

    def test_packages_with_and_without_lengths(self):
        def field(number, value):
            out = bytearray()
            for v in ((number << 3) | (2 if isinstance(value, bytes) else 0), len(value) if isinstance(value, bytes) else value):
                while v >= 128:
                    out.append(v % 128 + 128)
                    v //= 128
                out.append(v)
            return bytes(out) + (value if isinstance(value, bytes) else b"")

        def attr(name, value):
            return field(5, field(1, name) + field(2, value))

        def made(name, op, inputs, *attrs):
            return field(1, field(1, name) + field(2, op) + b"".join(field(3, i) for i in inputs) + b"".join(attrs))

        prefix = b"memmapped_package://"
        graph = (made(b"x", b"Placeholder", [], attr(b"dtype", field(6, 1))) +
                 made(b"w", b"ImmutableConst", [], attr(b"dtype", field(6, 1)), attr(b"shape", field(7, field(2, field(1, 3)))),
                      attr(b"memory_region_name", field(2, prefix + b"w"))) +
                 made(b"y", b"Mul", [b"x", b"w"], attr(b"T", field(6, 1))) + field(4, field(1, 24)))
        region = struct.pack("<3f", 1, 10, 100).ljust(64, b"\0")
        for has_length in (False, True):
            regions = [(prefix + b"w", 0, 12), (prefix + b".", 64, len(graph))]
            directory = b"".join(field(1, field(1, offset) + field(2, name) + (field(3, length) if has_length else b""))
                                 for name, offset, length in regions)
            package = self.file("model.pack", region + graph + directory + struct.pack("<Q", 64 + len(graph)))
            self.assertRegex(self.fine("run", package, "--input", "x==[1,2,3]"), r"^y +\[3\] +float32 +1 20 300\n$")
            self.assertIn("memmapped package, 3 nodes", self.fine("inspect", package))


if __name__ == "__main__":
    main()
