"""rivulet freeze: models with their variables become one graph; what TensorFlow answers is in tests/formats/data."""
import json
import struct

from command_case import ROOT, CommandCase, call, main, node, placeholder, read_npy

DATA = ROOT / "tests" / "formats" / "data"
OPS = {line.split()[0] for line in call("ops").stdout.splitlines() if line.strip()}
FORMATS = {"float32": "f", "int32": "i", "int64": "q", "bool": "?"}


def literal(tensor):
    values = [str(v).lower() for v in tensor["values"]]
    for dim in reversed(tensor["shape"]):
        values = ["[" + ",".join(values[i * dim:(i + 1) * dim]) + "]" for i in range(len(values) // max(dim, 1))]
    return values[0]


class Freeze(CommandCase):
    def freeze(self, *arguments, out="frozen.pb"):
        return json.loads(self.fine("freeze", *arguments, "-o", self.dir / out, "--json"))

    def check(self, path, name, expected):
        header, data = read_npy(path / (name.replace("/", "_").replace(":", "_") + ".npy"))
        self.assertEqual(header["shape"], tuple(expected["shape"]))
        for a, b in zip(struct.unpack(f"<{len(expected['values'])}{FORMATS[expected['dtype']]}", data), expected["values"]):
            self.assertAlmostEqual(a, b, delta=1e-5 * max(1, abs(b)))

    def test_frozen_graphs_answer_as_tensorflow_did(self):
        """Every signature that changes nothing: of TensorFlow 1 and 2, with loops and branches as functions."""
        asked = 0
        for answer in json.loads((DATA / "answers.json").read_text()):
            if "table" in answer["path"] or any(t["dtype"] == "string" for t in answer["inputs"].values()):
                continue
            with self.subTest(path=answer["path"], tags=answer["tags"], signature=answer["signature"]):
                said = self.freeze(DATA / answer["path"], "--tags", ",".join(answer["tags"]), "--signature", answer["signature"])
                inputs = {t["key"]: t["name"] for t in said["inputs"]}
                outputs = {t["key"]: t["name"] for t in said["outputs"]}
                self.assertEqual(sorted(outputs), sorted(answer["outputs"]))
                words = ["run", self.dir / "frozen.pb", "--save", self.dir / "out"]
                for key, tensor in answer["inputs"].items():
                    words += ["--input", f"{inputs[key]}=={literal(tensor)}"]
                for name in dict.fromkeys(outputs.values()):
                    words += ["--output", name]
                self.fine(*words)
                for key, expected in answer["outputs"].items():
                    self.check(self.dir / "out", outputs[key], expected)
                ops = json.dumps(json.loads(self.fine("inspect", self.dir / "frozen.pb", "--json"))["ops"])
                for gone in ("VarHandleOp", "VariableV2", "ReadVariableOp"):
                    self.assertNotIn(gone, ops)
                asked += 1
        self.assertGreaterEqual(asked, 7)

    def test_names_in_the_checkpoint_are_those_that_the_restoring_function_says(self):
        """Three variables are called bias."""
        self.assertEqual(self.freeze(DATA / "v2_names" / "model")["variables"], 3)
        self.assertIn("-8 -18 -22", " ".join(self.fine("run", self.dir / "frozen.pb", "--input", "x==[[3,6,1]]", "--output", "y").split()))

    def test_names_are_the_signatures(self):
        said = self.freeze(DATA / "v2_loop" / "model")
        self.assertEqual([t["name"] for t in said["inputs"]], ["audio"])
        self.assertEqual([t["name"] for t in said["outputs"]], ["all", "last"])
        self.assertGreater(said["variables"], 0)
        self.assertGreater(said["calls"], 0)
        # A graph of TensorFlow 1 keeps its nodes' names.
        said = self.freeze(DATA / "v1_text" / "model", "--signature", "serving_default")
        self.assertEqual([(t["key"], t["name"]) for t in said["outputs"]][0][0], "y")

    def test_meta_graphs_find_their_checkpoint(self):
        want = json.loads((DATA / "meta_graphs.json").read_text())[0]
        for kind in ("v1", "v2", "shards"):
            said = self.freeze(DATA / "meta_graphs" / f"{kind}.meta", "--output", "y")
            self.assertEqual(said["variables"], 2)
            self.assertIn("2.5", self.fine("run", self.dir / "frozen.pb", "--input", f"x=={want['x']}", "--output", "y"))

    def test_a_graph_and_a_checkpoint(self):
        graph = self.model(node("dense/w", "VariableV2", dtype="type: DT_FLOAT", shape="shape { dim { size: 3 } dim { size: 4 } }"),
                           node("y", "Identity", "dense/w", T="type: DT_FLOAT"))
        said = self.freeze(graph, "--checkpoint", DATA / "meta_graphs" / "v1")
        self.assertEqual((said["variables"], said["nodes"]), (1, 2))
        self.fails(1, ["'dense/w'", "checkpoint"], "freeze", graph, "-o", self.dir / "no.pb")

    def test_formats_by_the_extension(self):
        for out, start in (("a.pbtxt", b"node {"), ("a.mmap", b""), ("a.pb", b"\n")):
            self.freeze(DATA / "v1_text" / "model", "--signature", "serving_default", out=out)
            self.assertTrue((self.dir / out).read_bytes().startswith(start))
            self.fine("inspect", self.dir / out)
        self.freeze(DATA / "v1_text" / "model", "--signature", "serving_default", "--format", "pbtxt", out="odd.name")
        self.fails(2, [".pbtxt", "--format"], "freeze", DATA / "v1_text" / "model", "-o", self.dir / "odd")
        self.fails(2, ["'onnx'"], "freeze", DATA / "v1_text" / "model", "-o", self.dir / "a.pb", "--format", "onnx")

    def two_signatures(self):
        """A SavedModel for two things, neither of which is its default."""
        tensor = lambda key, name: f"key: '{key}' value {{ name: '{name}:0' dtype: DT_FLOAT tensor_shape {{ dim {{ size: 1 }} dim {{ size: 3 }} }} }}"
        signature = lambda key: f"signature_def {{ key: '{key}' value {{ inputs {{ {tensor('x', 'x')} }} outputs {{ {tensor('y', key)} }} }} }}"
        nodes = [placeholder("x", dims=(1, 3)), node("less", "Neg", "x", T="type: DT_FLOAT"), node("more", "Square", "x", T="type: DT_FLOAT")]
        return self.file("saved_model.pbtxt", ("saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'serve' } graph_def { " + " ".join(nodes) + " } "
                                               + signature("less") + signature("more") + " }").encode()).parent

    def test_of_several_signatures_none_is_guessed(self):
        model = self.two_signatures()
        verbs = {"freeze": "a.pb", "optimize": "a.pb", "pack": "a.rivulet", "prepare": "a.rivulet", "transform": "a.pb", "shrink": "a.rivulet", "bench": None}
        more = {"transform": ["--transforms", "fold_constants"], "shrink": ["--lossless"], "prepare": ["--lossless"], "bench": ["--runs", "1"]}
        for verb, out in verbs.items():
            words = [verb, model, *(["-o", self.dir / out] if out else []), *more.get(verb, [])]
            self.fails(2, ["no signature is called 'serving_default'; there are: 'less', 'more'"], *words)
            self.fine(*words, "--signature", "more")
            if out:
                self.fine("run", self.dir / out, "--input", "x==[[1,2,3]]", "--save", self.dir)
                self.assertEqual(struct.unpack("<3f", read_npy(next(self.dir.glob("*.npy")))[1]), (1, 4, 9))
                next(self.dir.glob("*.npy")).unlink()
        self.freeze(model, "--output", "less")

    def test_what_cannot_be_frozen_leaves_no_file(self):
        out = self.file("out.pb", b"before")
        writes = self.model(node("dense/w", "VariableV2", dtype="type: DT_FLOAT"), node("y", "Assign", "dense/w", "dense/w", T="type: DT_FLOAT"))
        self.fails(1, ["'y' (Assign) writes", "'dense/w'"], "freeze", writes, "--checkpoint", DATA / "meta_graphs" / "v1", "--output", "y", "-o", out)
        self.fails(2, ["'nosuch'"], "freeze", DATA / "v1_text" / "model", "--signature", "nosuch", "-o", out)
        self.fails(2, ["'yy'", "nearest"], "freeze", DATA / "meta_graphs" / "v2.meta", "--output", "yy", "-o", out)
        self.fails(1, ["cannot open"], "freeze", self.dir / "none.pb", "-o", out)
        self.assertEqual(out.read_bytes(), b"before")

    def test_functions_that_call_themselves_are_an_error(self):
        library = '''library { function { signature { name: "f" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "b" type: DT_FLOAT } }
            node_def { name: "again" op: "f" input: "a" } ret { key: "b" value: "again:b:0" } } }\n'''
        model = self.model(placeholder("x"), node("y", "f", "x"), library)
        done = call("freeze", model, "-o", self.dir / "out.pb")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertFalse((self.dir / "out.pb").exists())

    def test_a_signature_that_is_fed_behind_the_examples(self):
        """What parses them goes; the input is a placeholder with the signature's type and shape."""
        nodes = placeholder("t", "DT_STRING", dims=[]) + node("mid", "DecodeRaw", "t", out_type="type: DT_FLOAT") + node("y", "Relu", "mid", T="type: DT_FLOAT")
        tensor = 'dtype: DT_FLOAT tensor_shape { dim { size: 2 } }'
        (self.dir / "saved").mkdir()
        (self.dir / "saved" / "saved_model.pbtxt").write_text(
            'saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: "serve" } graph_def { ' + nodes + 'versions { producer: 24 } } signature_def { key: "serving_default" '
            f'value {{ inputs {{ key: "x" value {{ name: "mid:0" {tensor} }} }} outputs {{ key: "y" value {{ name: "y:0" {tensor} }} }} }} }} }}')
        said = self.freeze(self.dir / "saved")
        self.assertEqual(said["inputs"], [{"key": "x", "name": "mid", "dtype": "float32", "shape": "[2]"}])
        self.assertEqual(said["nodes"], 2)
        self.assertIn("0 3", self.fine("run", self.dir / "frozen.pb", "--input", "mid==[-1,3]", "--output", "y"))

    def test_tables_keep_their_content(self):
        """From tensors and from a file that came with the model, one for itself and one with buckets for other words; run twice."""
        if "HashTableV2" not in OPS:
            return
        told = lambda values: json.dumps([bytes.fromhex(v[1:]).decode() for v in values])
        answers = [a for a in json.loads((DATA / "answers.json").read_text()) if "table" in a["path"]]
        self.assertEqual(len(answers), 2)
        for answer in answers:
            model = DATA / answer["path"]
            said = self.freeze(model)
            self.assertEqual((said["tables"], said["notes"]), (1, []))
            (words,) = answer["inputs"].values()
            ((key, expected),) = answer["outputs"].items()
            self.fine("optimize", model, "-o", self.dir / "small.pb", "--check-input", f"words=={told(words['values'])}")
            self.fine("pack", model, "-o", self.dir / "p.rivulet", "--sample", f"words=={told(words['values'])}")
            self.assertTrue(json.loads(self.fine("check", self.dir / "p.rivulet", "--json"))["samples"][0]["ok"])
            for made in ("frozen.pb", "small.pb", "p.rivulet"):
                out = self.dir / f"{made} gives"
                self.fine("run", self.dir / made, "--input", f"words=={told(words['values'])}", "--output", said["outputs"][0]["name"], "--save", out)
                self.check(out, said["outputs"][0]["name"], expected)
            self.fine("bench", self.dir / "frozen.pb", "--runs", "3", "--input", f"words=={told(words['values'])}")

    def test_files_become_constants(self):
        """What a model reads from its folder under a name that is known; what it reads otherwise is told."""
        if "ReadFile" not in OPS:
            return
        (self.dir / "saved" / "assets").mkdir(parents=True)
        words = self.dir / "saved" / "assets" / "words.txt"
        words.write_text("cat dog")
        nodes = (placeholder("name", "DT_STRING", dims=[]) +
                 node("path", "Const", dtype="type: DT_STRING", value=f'tensor {{ dtype: DT_STRING tensor_shape {{ }} string_val: "{words}" }}') +
                 node("same", "Identity", "path", T="type: DT_STRING") + node("y", "ReadFile", "same") + node("z", "ReadFile", "name"))
        (self.dir / "saved" / "saved_model.pbtxt").write_text(
            'saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: "serve" } graph_def { ' + nodes + 'versions { producer: 24 } } }')
        said = self.freeze(self.dir / "saved", "--output", "y")
        left_out = "input 'name' is left out: the chosen outputs do not need it"
        self.assertEqual((said["files"], said["notes"]), (1, [left_out]))
        self.assertEqual(said["nodes"], 1)
        self.fine("pack", self.dir / "saved", "-o", self.dir / "p.rivulet", "--output", "y")
        words.unlink()
        for made in ("frozen.pb", "p.rivulet"):
            self.assertIn("cat dog", self.fine("run", self.dir / made, "--output", "y"))
        (note,) = self.freeze(self.dir / "saved", "--output", "z")["notes"]
        self.assertIn("'z' (ReadFile) reads a path that it computes", note)
        first, note = self.freeze(self.dir / "saved", "--output", "y")["notes"]
        self.assertEqual(first, left_out)
        self.assertIn("words.txt', which cannot be read", note)

    def test_what_fills_tables_is_no_order_to_be_dropped(self):
        if "HashTableV2" not in OPS:
            return
        self.freeze(DATA / "v1_table" / "model")
        done = call("transform", self.dir / "frozen.pb", "-o", self.dir / "t.pb", "--output", "found", "--check-input", 'words==["no"]',
                    "--transforms", "remove_control_dependencies")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, "'remove_control_dependencies': the graph no longer runs: .* has no content")
        self.assertFalse((self.dir / "t.pb").exists())

    def test_a_table_that_nothing_fills_is_told(self):
        if "HashTableV2" not in OPS:
            return
        kinds = {"key_dtype": "type: DT_STRING", "value_dtype": "type: DT_INT64"}
        default = node("none", "Const", dtype="type: DT_INT64", value="tensor { dtype: DT_INT64 tensor_shape { } int64_val: -1 }")
        find = node("y", "LookupTableFindV2", "t", "words", "none", Tin="type: DT_STRING", Tout="type: DT_INT64")
        model = self.model(placeholder("words", "DT_STRING", [2]), node("t", "HashTableV2", **kinds), default, find)
        done = call("freeze", model, "-o", self.dir / "out.pb")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("'t' (HashTableV2) is a table that the graph does not fill: a run that asks it fails", done.stderr)
        # Where the graph has the node that would, a run needs no other.
        keys = node("k", "Const", dtype="type: DT_STRING", value='tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "a" }')
        values = node("v", "Const", dtype="type: DT_INT64", value="tensor { dtype: DT_INT64 tensor_shape { dim { size: 1 } } int64_val: 7 }")
        init = node("init", "InitializeTableV2", "t", "k", "v", Tkey="type: DT_STRING", Tval="type: DT_INT64")
        model = self.model(placeholder("words", "DT_STRING", [2]), node("t", "HashTableV2", **kinds), default, find, keys, values, init)
        self.assertEqual(self.freeze(model, "--output", "y")["tables"], 1)
        self.assertIn("7 -1", self.fine("run", self.dir / "frozen.pb", "--input", 'words==["a","b"]', "--output", "y"))


if __name__ == "__main__":
    main()
