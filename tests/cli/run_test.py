"""rivulet run: feeds and fetches. How arrays travel is in npy_test.py."""
import json
import struct

from command_case import ROOT, SHAPES, CommandCase, call, identity, main, node, npy, placeholder, read_npy


class Run(CommandCase):
    def saved(self, name):
        return read_npy(self.dir / "out" / f"{name}.npy")

    def run_and_save(self, model, *arguments):
        return self.fine("run", model, *arguments, "--save", self.dir / "out")

    def test_saves_what_it_fetches(self):
        model = self.model(placeholder("in/x"), identity("out/y", "in/x"))
        x = self.file("x.npy", npy("<f4", "(2, 1)", struct.pack("<2f", 1.5, -2)))
        found = json.loads(self.run_and_save(model, "--input", f"in/x={x}", "--output", "out/y:0", "--json"))
        self.assertEqual(found["outputs"], [{"name": "out/y:0", "dtype": "float32", "shape": [2, 1], "file": f"{self.dir}/out/out_y_0.npy"}])
        header, data = self.saved("out_y_0")
        self.assertEqual((header["descr"], header["shape"], data), ("<f4", (2, 1), struct.pack("<2f", 1.5, -2)))
        # Without --output: what no other node uses. The folder may be a deep one that is not there yet.
        self.fine("run", model, "--input", f"in/x:0={x}", "--save", self.dir / "a" / "b")
        self.assertEqual(read_npy(self.dir / "a" / "b" / "out_y.npy")[1], data)

    def test_prints_without_saving(self):
        model = self.model(placeholder("x", "DT_INT32"), identity("y", "x", "DT_INT32"))
        self.assertRegex(self.fine("run", model, "--input", "x==[1,2,3]"), r"^y +\[3\] +int32 +1 2 3\n$")

    def test_any_edge_can_be_fed(self):
        model = self.model(placeholder("x"), node("y", "Neg", "x", T="type: DT_FLOAT"), node("z", "Neg", "y", T="type: DT_FLOAT"))
        self.run_and_save(model, "--input", "y==3", "--output", "z")
        self.assertEqual(self.saved("z")[1], struct.pack("<f", -3))
        self.run_and_save(model, "--input", "y:0==4", "--output", "z:0", "--output", "y")
        self.assertEqual((self.saved("z_0")[1], self.saved("y")[1]), (struct.pack("<f", -4), struct.pack("<f", 4)))

    def test_ports(self):
        axis = node("axis", "Const", dtype="type: DT_INT32", value="tensor { dtype: DT_INT32 tensor_shape { } int_val: 0 }")
        model = self.model(placeholder("x"), axis, node("s", "Split", "axis", "x", T="type: DT_FLOAT", num_split="i: 2"),
                           node("y", "Neg", "s:1", T="type: DT_FLOAT"))
        self.run_and_save(model, "--input", "x==[1,2]", "--output", "s:1", "--output", "s", "--output", "y")
        self.assertEqual([self.saved(n)[1] for n in ["s_1", "s", "y"]], [struct.pack("<f", v) for v in [2, 1, -2]])
        self.run_and_save(model, "--input", "s:1==[7]", "--output", "y")
        self.assertEqual(self.saved("y")[1], struct.pack("<f", -7))
        self.fails(2, ["'s'", "output 2"], "run", model, "--input", "x==[1,2]", "--output", "s:2")

    def test_files_as_strings(self):
        model = self.model(placeholder("s", "DT_STRING"), identity("t", "s", "DT_STRING"))
        blob = self.file("blob", b"a\0b\0")
        self.run_and_save(model, "--input", f"s=@{blob}", "--output", "t")
        header, data = self.saved("t")
        self.assertEqual((header["descr"], header["shape"], data), ("|S4", (), b"a\0b\0"))
        self.fails(1, ["none"], "run", model, "--input", f"s=@{self.dir}/none", "--output", "t")
        numbers = self.model(placeholder("x"), identity("y", "x"), name="numbers.pbtxt")
        self.fails(1, ["'x'", "float32", "string"], "run", numbers, "--input", f"x=@{blob}", "--output", "y")

    def test_names_that_collide(self):
        model = self.model(placeholder("x"), identity("a/b", "x"), identity("a_b", "x"))
        self.fails(2, ["a_b.npy"], "run", model, "--input", "x==1", "--output", "a/b", "--output", "a_b", "--save", self.dir)
        self.fails(2, ["a_b.npy"], "run", model, "--input", "x==1", "--save", self.dir)  # the same without --output
        self.assertEqual(list(self.dir.glob("*.npy")), [])
        self.fine("run", model, "--input", "x==1", "--output", "a/b", "--output", "a_b")

    def test_wrong_names_and_arguments(self):
        model = self.model(placeholder("x"), identity("long_name", "x"))
        self.fails(2, ["'long_nam'", "'long_name'"], "run", model, "--input", "x==1", "--output", "long_nam")
        self.fails(2, ["'y'"], "run", model, "--input", "y==1", "--output", "long_name")
        self.fails(2, ["twice"], "run", model, "--input", "x==1", "--input", "x:0==2", "--output", "long_name")
        for argument in ["x", "x=", "=1", ""]:
            self.fails(2, ["NAME="], "run", model, "--input", argument, "--output", "long_name")
        self.fails(2, ["'x'", "float32", "not fed", "--input x=FILE.npy"], "run", model, "--output", "long_name")

    def test_wrong_keys_of_a_signature(self):
        model = ROOT / "tests" / "formats" / "data" / "v2_table" / "model"
        self.fails(2, ["'wrds'", "'serving_default' has 'words'"], "run", model, "--input", 'wrds==["a"]')
        self.fails(2, ["'palces'", "'serving_default' has 'places'"], "run", model, "--input", 'words==["a"]', "--output", "palces")
        self.fails(2, ["'wrds'", "'serving_default' has 'words'"], "bench", model, "--input-shape", "wrds=1")

    def test_texts_in_lists_of_lists(self):
        model = self.model(placeholder("s", "DT_STRING"), identity("y", "s", "DT_STRING"))
        said = lambda value: " ".join(self.fine("run", model, "--input", f"s=={value}").split())
        self.assertIn("[2,2] string 'a' 'b' 'c' 'd'", said('[["a","b"],["c","d"]]'))
        self.assertIn("[1,1,0] string", said("[[[]]]"))
        self.assertIn("[] string '[[1]]'", said("[[1]]"))
        for uneven in ('[["a","b"],["c"]]', '[["a"],"b"]', '["a",["b"]]', '[["a"],[["b"]]]'):
            self.fails(2, ["'s'", "lists of one length"], "run", model, "--input", f"s=={uneven}")

    def test_broken_models(self):
        model = self.model(placeholder("x", "DT_INT32"), node("y", "NoSuchOperator", "x"), identity("z", "x", "DT_INT32"))
        self.fails(1, ["'y' (NoSuchOperator)"], "run", model, "--input", "x==1", "--output", "y")
        self.fine("run", model, "--input", "x==1", "--output", "z")

    def test_variables_are_no_outputs(self):
        scalar = {"shape": "shape { }"}
        two = node("two", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 }")
        v = node("v", "VariableV2", dtype="type: DT_FLOAT", **scalar) + node("set", "Assign", "v", "two", T="type: DT_FLOAT")
        model = self.model(two, v, identity("other", "v"), identity("v/read", "v"))
        self.fails(1, ["'v'", "a variable (VariableV2)", "'v/read'"], "run", model, "--output", "v")
        self.fails(1, ["'v:0'", "'v/read'"], "run", model, "--output", "v:0", "--save", self.dir / "out")
        self.assertRegex(self.fine("run", model, "--output", "set"), r"^set +\[\] +float32 +2\n$")
        unread = self.model(two, v, name="unread.pbtxt")
        self.fails(1, ["'v'", "a variable (VariableV2), not an array\n"], "run", unread, "--output", "v")
        handle = node("h", "VarHandleOp", dtype="type: DT_FLOAT", **scalar)
        reads = self.model(handle, node("get", "ReadVariableOp", "h", dtype="type: DT_FLOAT"), name="reads.pbtxt")
        self.fails(1, ["'h'", "a variable (VarHandleOp)", "'get'"], "run", reads, "--output", "h")
        table = node("t", "HashTableV2", key_dtype="type: DT_INT64", value_dtype="type: DT_FLOAT")
        sized = self.model(table, node("size", "LookupTableSizeV2", "t"), name="table.pbtxt")
        self.fails(1, ["'t'", "(HashTableV2)", "'size'"], "run", sized, "--output", "t")

    def test_a_shape_that_contradicts_the_placeholder(self):
        model = self.model(placeholder("x", dims=[2, -1]), identity("y", "x"))
        self.fine("run", model, "--input", "x==[[1],[2]]")
        for value, shape in [("[[1]]", "[1,1]"), ("[1,2]", "[2]"), ("1", "[]")]:
            self.fails(2, ["'x'", "[2,?]", shape], "run", model, "--input", f"x=={value}")
        scalar = self.model(node("x", "Placeholder", dtype="type: DT_FLOAT", shape="shape { }"), identity("y", "x"))
        self.fails(2, ["'x'", "want shape [], got [1]"], "run", scalar, "--input", "x==[1]")
        old = self.file("old.pbtxt", scalar.read_text().replace("versions { producer: 24 }", "").encode())
        self.fine("run", old, "--input", "x==[1]")
        default = node("d", "PlaceholderWithDefault", "c", dtype="type: DT_FLOAT", shape="shape { dim { size: 2 } }")
        c = node("c", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: 1 }")
        self.fine("run", self.model(c, default, identity("y", "d")), "--input", "d==[1,2,3]")

    def loop(self, name, source):
        """`name`: counts from `source` to 5; its parts behind `name/`."""
        def part(n, op, *inputs, t="DT_FLOAT", **attrs):
            inputs = [i if i == source or i in ("five", "one") else f"{name}/{i}" for i in inputs]
            return node(f"{name}/{n}", op, *inputs, T=f"type: {t}", **attrs)
        frame = {"frame_name": f's: "{name}/while_context"'}
        invariant = {**frame, "is_constant": "b: true"}
        return (part("enter", "Enter", source, **frame) + part("five", "Enter", "five", **invariant) + part("one", "Enter", "one", **invariant) +
                part("merge", "Merge", "enter", "next", N="i: 2") + part("less", "Less", "merge", "five_") + node(f"{name}/cond", "LoopCond", f"{name}/less") +
                part("switch", "Switch", "merge", "cond") + part("more", "Add", "switch:1", "one_") + part("next", "NextIteration", "more") +
                part("exit", "Exit", "switch")).replace(f"{name}/five_", f"{name}/five").replace(f"{name}/one_", f"{name}/one")

    def test_the_time_and_what_loops_did(self):
        def number(n, v):
            return node(n, "Const", dtype="type: DT_FLOAT", value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ }} float_val: {v} }}")
        x = placeholder("x") + number("five", 5) + number("one", 1)
        one = self.model(x, self.loop("pyramid", "x"))
        two = self.model(x, self.loop("pyramid", "x"), self.loop("tower", "x"), name="two.pbtxt")
        none = self.model(placeholder("x"), identity("y", "x"), name="none.pbtxt")
        outputs = ["--output", "pyramid/exit"]
        for flags in ([], ["--no-passes"]):
            for model, wanted, last in [(one, outputs, " · 5 pyramid steps"), (two, outputs + ["--output", "tower/exit"], " · 10 steps"), (none, [], "")]:
                done = call("run", model, "--input", "x==0", *wanted, *flags)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, rf"^\d+(\.\d)? ms{last}\n$")
            found = json.loads(self.fine("run", two, "--input", "x==0", *outputs, "--output", "tower/exit", "--json", *flags))
            self.assertEqual(sorted(found["loop_steps"].values()), [5, 5])
            self.assertGreater(found["ms"], 0)
        self.assertIn(" · 0 pyramid steps\n", call("run", one, "--input", "x==7", *outputs).stderr)
        self.assertIn(" · 1 pyramid step\n", call("run", one, "--input", "x==4", *outputs).stderr)
        self.assertNotIn("loop_steps", json.loads(self.fine("run", none, "--input", "x==1", "--json")))

    def test_flags_give_the_same(self):
        x = self.file("x.npy", npy("<f4", "(1, 64, 64, 3)", struct.pack("<f", 0.25) * 64 * 64 * 3))
        results = {}
        for flags in [(), ("--threads", "2"), ("--no-passes",), ("--deadline", "60000", "--memory", "64"), ("--target", "SSE4")]:
            done = call("run", SHAPES / "shapes.pb", "--input", f"input={x}", "--output", "probability", "--save", self.dir / "out", *flags)
            if flags[:1] == ("--target",) and "no SSE4" in done.stderr + "no kernel target":
                continue  # not an x86 processor
            self.assertEqual(done.returncode, 0, done.stderr)
            results[flags] = self.saved("probability")[1]
        self.assertEqual(results[()], results[("--threads", "2")])
        plain = struct.unpack("<10f", results[()])
        for other in results.values():
            for a, b in zip(plain, struct.unpack("<10f", other)):
                self.assertAlmostEqual(a, b, delta=1e-4)


if __name__ == "__main__":
    main()
