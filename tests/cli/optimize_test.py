"""rivulet optimize: what training left goes, norms go into filters, and no answer changes.

Pains: what people reported of the tools of their time, each by its number in the list that the project works from.
"""
import json
import re

from command_case import ROOT, SHAPES, CommandCase, call, identity, main, node, placeholder

FLOAT, INT, BOOL = "type: DT_FLOAT", "type: DT_INT32", "type: DT_BOOL"
FORMATS = ROOT / "tests" / "formats" / "data"


def const(name, dims, values, dtype="DT_FLOAT", *waits):
    field = {"DT_FLOAT": "float_val", "DT_INT32": "int_val", "DT_BOOL": "bool_val"}[dtype]
    shape = "".join(f"dim {{ size: {d} }} " for d in dims)
    text = ", ".join(map(str, values)).lower()
    return node(name, "Const", *waits, dtype=f"type: {dtype}", value=f"tensor {{ dtype: {dtype} tensor_shape {{ {shape}}} {field}: [{text}] }}")


def product(kind, source, bias=False, nchw=False):
    """A convolution (or its depthwise or matrix kin) of two channels out, named c."""
    form = {"T": FLOAT, "strides": "list { i: [1, 1, 1, 1] }", "padding": 's: "SAME"'}
    if nchw:
        form["data_format"] = 's: "NCHW"'
    if kind == "conv":
        text = const("w", [1, 1, 2, 2], [1, -2, 3, 0.5]) + node("c0", "Conv2D", source, "w", **form)
    elif kind == "depthwise":
        text = const("w", [1, 1, 2, 1], [2, -3]) + node("c0", "DepthwiseConv2dNative", source, "w", **form)
    else:
        text = const("w", [2, 2], [1, -2, 3, 0.5]) + node("c0", "MatMul", source, "w", T=FLOAT)
    if not bias:
        return text + node("c", "Identity", "c0", T=FLOAT)
    more = {"data_format": 's: "NCHW"'} if nchw else {}
    return text + const("b", [2], [0.25, -1]) + node("c", "BiasAdd", "c0", "b", T=FLOAT, **more)


STATISTICS = const("gamma", [2], [2, 3]) + const("beta", [2], [10, 20]) + const("mean", [2], [1, 2]) + const("var", [2], [4, 9])


def norm(form, x="c", nchw=False):
    """A batch norm of two channels over `x`, named y."""
    if form == "old":
        return STATISTICS + node("y", "BatchNormWithGlobalNormalization", x, "mean", "var", "beta", "gamma", T=FLOAT, variance_epsilon="f: 0.001",
                                 scale_after_normalization="b: true")
    if form.startswith("FusedBatchNorm"):
        more = {} if form == "FusedBatchNorm" else {"U": FLOAT}
        if nchw:
            more["data_format"] = 's: "NCHW"'
        return STATISTICS + node("y", form, x, "gamma", "beta", "mean", "var", T=FLOAT, epsilon="f: 0.001", is_training="b: false", **more)
    text = STATISTICS + const("e", [], [0.001]) + node("ve", "Add", "var", "e", T=FLOAT) + node("r", "Rsqrt", "ve", T=FLOAT)
    if form == "written out":  # (x - mean) * rsqrt * gamma + beta
        return text + node("s", "Sub", x, "mean", T=FLOAT) + node("m1", "Mul", "s", "r", T=FLOAT) + node("m2", "Mul", "m1", "gamma", T=FLOAT) + node("y", "Add", "m2", "beta", T=FLOAT)
    # tf.nn.batch_normalization: x * k + (beta - mean * k)
    return text + node("k", "Mul", "r", "gamma", T=FLOAT) + node("m", "Mul", x, "k", T=FLOAT) + node("mk", "Mul", "mean", "k", T=FLOAT) + \
        node("d", "Sub", "beta", "mk", T=FLOAT) + node("y", "AddV2", "m", "d", T=FLOAT)


class Optimize(CommandCase):
    def optimize(self, model, *flags):
        """What the command says, and the nodes as name -> (op, inputs)."""
        said = json.loads(self.fine("optimize", model, "-o", self.dir / "out.pbtxt", "--json", *flags))
        text = (self.dir / "out.pbtxt").read_text()
        nodes = {}
        for part in re.split(r"(?m)^node \{", text)[1:]:
            name, op = re.search(r'name: "([^"]*)"', part)[1], re.search(r'op: "([^"]*)"', part)[1]
            nodes[name] = (op, re.findall(r'(?m)^  input: "([^"]*)"', part))
        self.assertFalse([s for s in said["steps"] if "undone" in s], said["steps"])
        return said, nodes

    def ops(self, nodes):
        return sorted(op for op, _ in nodes.values() if op not in ("Const", "Placeholder"))

    def test_the_model_of_the_demo(self):
        said, nodes = self.optimize(SHAPES / "shapes.pb")
        self.assertNotIn("FusedBatchNormV3", self.ops(nodes))
        self.assertLess(said["nodes"], said["nodes_before"])
        self.assertLess(said["steps"][-1]["bytes"], said["bytes_before"])
        self.assertLess(said["difference"], 1e-5)
        self.fine("compare", SHAPES / "shapes.pb", self.dir / "out.pbtxt")

    def test_words_for_people(self):
        done = call("optimize", SHAPES / "shapes.pb", "-o", self.dir / "out.pb")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^fold_old_batch_norms +\d+ nodes ")
        self.assertRegex(done.stdout, r"out\.pb: \d+ nodes, before 63; \d+ kB, before \d+ kB; largest difference of the answers \d\.\de-\d+")

    def test_saved_models_are_frozen_first(self):
        said, nodes = self.optimize(FORMATS / "v2_loop" / "model")
        self.assertIn("audio", nodes)
        self.assertIn("last", nodes)

    def test_a_cut_at_the_input(self):
        model = self.model(placeholder("jpeg", "DT_STRING"), node("decode", "DecodeJpeg", "jpeg"), node("cast", "Cast", "decode", SrcT="type: DT_UINT8", DstT=FLOAT),
                           node("y", "Relu", "cast", T=FLOAT))
        said, nodes = self.optimize(model, "--input", "cast", "--output", "y")
        self.assertEqual(nodes, {"cast": ("Placeholder", []), "y": ("Relu", ["cast"])})

    def test_what_is_wrong(self):
        out = self.file("out.pb", b"before")
        self.fails(2, ["'probabilty'", "'probability'"], "optimize", SHAPES / "shapes.pb", "-o", out, "--output", "probabilty")
        self.fails(2, ["'inputs'", "'input'"], "optimize", SHAPES / "shapes.pb", "-o", out, "--input", "inputs")
        self.fails(1, ["cannot open"], "optimize", self.dir / "no.pb", "-o", out)
        self.fails(2, ["--format"], "optimize", SHAPES / "shapes.pb", "-o", self.dir / "out.onnx")
        self.assertEqual(out.read_bytes(), b"before")

    def test_a_random_model_is_left_as_it_is(self):
        model = self.model(const("shape", [1], [4], "DT_INT32"), node("u", "RandomUniform", "shape", T=INT, dtype=FLOAT), placeholder("x", dims=[4]), node("y", "Add", "x", "u", T=FLOAT))
        _, nodes = self.optimize(model)
        self.assertEqual(self.ops(nodes), ["Add", "RandomUniform"])


class Norms(Optimize):
    """Pain 5: batch norms in every form go into the product before or after them."""

    def folds(self, *parts, dims=(1, 2, 2, 2), left):
        said, nodes = self.optimize(self.model(placeholder("x", dims=dims), *parts))
        self.assertEqual(self.ops(nodes), sorted(left), nodes)
        self.assertLess(said["difference"], 1e-5)
        self.fine("compare", self.dir / "model.pbtxt", self.dir / "out.pbtxt", "--output", "y")

    def test_forms_after_a_convolution(self):
        for form in ("old", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "written out", "batch_normalization"):
            for bias in (False, True):
                with self.subTest(form=form, bias=bias):
                    said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), product("conv", "x", bias), norm(form)))
                    ops = self.ops(nodes)
                    self.assertEqual(ops.count("Conv2D"), 1, ops)
                    # What is left is the product and what is added to it.
                    self.assertFalse(set(ops) - {"Conv2D", "Add", "AddV2", "BiasAdd", "Sub"}, ops)
                    self.assertLessEqual(len(ops), 4, ops)
                    self.assertLess(said["difference"], 1e-5)

    def test_forms_after_a_depthwise_convolution(self):
        for form in ("FusedBatchNorm", "FusedBatchNormV3", "written out", "batch_normalization"):
            with self.subTest(form=form):
                said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), product("depthwise", "x"), norm(form)))
                self.assertFalse(set(self.ops(nodes)) - {"DepthwiseConv2dNative", "Add", "AddV2", "BiasAdd", "Sub"}, self.ops(nodes))
                self.assertLess(said["difference"], 1e-5)

    def test_after_a_matrix_product(self):
        said, nodes = self.optimize(self.model(placeholder("x", dims=(3, 2)), product("matmul", "x"), norm("batch_normalization")))
        self.assertFalse(set(self.ops(nodes)) - {"MatMul", "Add", "AddV2"}, self.ops(nodes))

    def test_nchw(self):
        for form in ("FusedBatchNorm", "FusedBatchNormV3"):
            said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 3, 3)), product("conv", "x", True, True), norm(form, nchw=True)))
            self.assertEqual(self.ops(nodes).count("Conv2D"), 1)
            self.assertNotIn(form, self.ops(nodes))
            self.assertIn('s: "NCHW"', (self.dir / "out.pbtxt").read_text())
            self.assertLess(said["difference"], 1e-5)

    def test_shared_weights(self):
        """One filter for two products of which one has a norm: the other keeps it."""
        form = {"T": FLOAT, "strides": "list { i: [1, 1, 1, 1] }", "padding": 's: "SAME"'}
        parts = product("conv", "x") + node("other", "Conv2D", "c", "w", **form) + norm("FusedBatchNormV3", "other").replace('name: "y"', 'name: "z"') + \
            node("y", "AddV2", "z", "c", T=FLOAT)
        said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), parts))
        self.assertEqual(self.ops(nodes).count("Conv2D"), 2)
        self.assertNotIn("FusedBatchNormV3", self.ops(nodes))
        self.assertLess(said["difference"], 1e-5)

    def test_a_scale_before_or_after(self):
        for order in ("before", "after"):
            source = node("m", "Mul", "x", "s", T=FLOAT) if order == "before" else ""
            parts = const("s", [2], [3, 5]) + source + product("conv", "m" if source else "x") + \
                (identity("y", "c") if source else node("y", "Mul", "c", "s", T=FLOAT))
            said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), parts))
            self.assertNotIn("Mul", self.ops(nodes), order)
            self.assertLess(said["difference"], 1e-5)

    def test_moments_of_training_behind_a_switch(self):
        """is_training chooses between the batch's moments and the moving ones: the moving ones stay, and fold."""
        axes = const("axes", [3], [0, 1, 2], "DT_INT32")
        batch = node("sw", "Switch", "c", "is_training", T=FLOAT) + axes + node("bm", "Mean", "sw:1", "axes", T=FLOAT, Tidx=INT, keep_dims="b: false") + \
            node("sd", "SquaredDifference", "sw:1", "bm", T=FLOAT) + node("bv", "Mean", "sd", "axes", T=FLOAT, Tidx=INT, keep_dims="b: false")
        moving = STATISTICS + node("swm", "Switch", "mean", "is_training", T=FLOAT) + node("swv", "Switch", "var", "is_training", T=FLOAT)
        joined = node("mm", "Merge", "swm", "bm", T=FLOAT, N="i: 2") + node("mv", "Merge", "swv", "bv", T=FLOAT, N="i: 2")
        used = const("e", [], [0.001]) + node("ve", "Add", "mv", "e", T=FLOAT) + node("r", "Rsqrt", "ve", T=FLOAT) + node("k", "Mul", "r", "gamma", T=FLOAT) + \
            node("m", "Mul", "c", "k", T=FLOAT) + node("mk", "Mul", "mm", "k", T=FLOAT) + node("d", "Sub", "beta", "mk", T=FLOAT) + node("y", "Add", "m", "d", T=FLOAT)
        said, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), placeholder("is_training", "DT_BOOL", dims=[]), product("conv", "x"), batch, moving, joined, used))
        self.assertEqual(self.ops(nodes), ["Add", "Conv2D"])
        self.assertTrue(any("'is_training' is false" in n for n in said["notes"]), said["notes"])

    def test_in_training_it_stays(self):
        parts = product("conv", "x") + norm("FusedBatchNormV3").replace("b: false", "b: true", 1)
        _, nodes = self.optimize(self.model(placeholder("x", dims=(1, 2, 2, 2)), parts))
        self.assertIn("FusedBatchNormV3", self.ops(nodes))


class Pains(Optimize):
    def dropout(self, form, drawn=node("u", "RandomUniform", "shape", T=INT, dtype=FLOAT)):
        uniform = const("shape", [2], [1, 4], "DT_INT32") + drawn + const("min", [], [0]) + const("max", [], [1]) + \
            node("sub", "Sub", "max", "min", T=FLOAT) + node("um", "Mul", "u", "sub", T=FLOAT) + node("ru", "Add", "um", "min", T=FLOAT)
        if form == "keep_prob":
            return uniform + node("div", "RealDiv", "h", "keep_prob", T=FLOAT) + node("sum", "Add", "keep_prob", "ru", T=FLOAT) + node("floor", "Floor", "sum", T=FLOAT) + \
                node("d", "Mul", "div", "floor", T=FLOAT)
        kept = node("ge", "GreaterEqual", "ru", "dropout_rate", T=FLOAT) + const("one", [], [1]) + node("kr", "Sub", "one", "dropout_rate", T=FLOAT) + \
            node("scale", "RealDiv", "one", "kr", T=FLOAT) + node("hs", "Mul", "h", "scale", T=FLOAT)
        if form == "rate":
            return uniform + kept + node("cast", "Cast", "ge", SrcT=BOOL, DstT=FLOAT) + node("d", "Mul", "hs", "cast", T=FLOAT)
        return uniform + kept + const("zero", [], [0]) + node("d", "SelectV2", "ge", "hs", "zero", T=FLOAT)

    def test_pain_13_what_is_fed_in_the_middle_keeps_the_size_of_its_pictures(self):
        model = self.model(placeholder("picture", dims=[1, 4, 5, 2]), const("two", [], [2]),
                           node("Mul", "Mul", "picture", "two", T=FLOAT), node("y", "Relu", "Mul", T=FLOAT))
        self.fine("optimize", model, "-o", self.dir / "o.pb", "--input", "Mul", "--output", "y")
        (found,) = json.loads(self.fine("inspect", self.dir / "o.pb", "--json"))["inputs"]
        self.assertEqual((found["name"], found["shape"]), ("Mul", [-1, 4, 5, 2]))

    def test_pain_03_dropout_vanishes(self):
        for form in ("keep_prob", "rate", "select"):
            switch = placeholder("keep_prob" if form == "keep_prob" else "dropout_rate", dims=[])
            with self.subTest(form=form):
                said, nodes = self.optimize(self.model(placeholder("x", dims=[1, 4]), switch, node("h", "Relu", "x", T=FLOAT), self.dropout(form), node("y", "Tanh", "d", T=FLOAT)))
                self.assertEqual(nodes, {"x": ("Placeholder", []), "h": ("Relu", ["x"]), "y": ("Tanh", ["h"])})
                self.assertTrue(any("nothing is being trained" in n for n in said["notes"]))

    def test_pain_03_dropout_that_was_frozen_at_work_is_told(self):
        said, nodes = self.optimize(self.model(placeholder("x", dims=[1, 4]), const("keep_prob", [], [0.5]), node("h", "Relu", "x", T=FLOAT), self.dropout("keep_prob"), identity("y", "d")))
        self.assertNotIn("RandomUniform", self.ops(nodes))
        self.assertTrue(any("still at work, keeping 0.5" in n for n in said["notes"]), said["notes"])

    def test_pain_03_dropout_by_a_seed_vanishes_too(self):
        drawn = const("seed", [2], [1, 2], "DT_INT32") + node("u", "StatelessRandomUniform", "shape", "seed", T=INT, Tseed=INT, dtype=FLOAT)
        for form in ("rate", "select"):
            said, nodes = self.optimize(self.model(placeholder("x", dims=[1, 4]), const("dropout_rate", [], [0.5]), node("h", "Relu", "x", T=FLOAT), self.dropout(form, drawn), node("y", "Tanh", "d", T=FLOAT)))
            self.assertEqual(nodes, {"x": ("Placeholder", []), "h": ("Relu", ["x"]), "y": ("Tanh", ["h"])})
            self.assertTrue(any("still at work, keeping 0.5" in n for n in said["notes"]), said["notes"])

    def test_notes_name_the_model(self):
        model = self.model(placeholder("x", dims=[1, 4]), const("keep_prob", [], [0.5]), node("h", "Relu", "x", T=FLOAT), self.dropout("keep_prob"), identity("y", "d"))
        done = call("optimize", model, "-o", self.dir / "o.pb")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"note: '{model}': node 'd' was dropout still at work", done.stderr)

    def test_pain_03_a_mask_that_is_no_dropout_stays(self):
        mask = const("t", [], [0.0]) + node("ge", "GreaterEqual", "h", "t", T=FLOAT) + node("cast", "Cast", "ge", SrcT=BOOL, DstT=FLOAT)
        said, nodes = self.optimize(self.model(placeholder("x", dims=[1, 4]), node("h", "Tanh", "x", T=FLOAT), mask, node("y", "Mul", "h", "cast", T=FLOAT)))
        self.assertEqual(self.ops(nodes), ["Cast", "GreaterEqual", "Mul", "Tanh"])
        self.assertEqual(said["difference"], 0)

    def test_pain_03_the_learning_phase_of_keras_vanishes(self):
        phase = const("f", [], [False], "DT_BOOL") + node("keras_learning_phase", "PlaceholderWithDefault", "f", dtype=BOOL, shape="shape { }")
        cond = node("sw", "Switch", "keras_learning_phase", "keras_learning_phase", T=BOOL) + identity("t", "sw:1", "DT_BOOL") + identity("f2", "sw", "DT_BOOL") + \
            node("pick", "Switch", "x", "keras_learning_phase", T=FLOAT) + const("half", [], [0.5], "DT_FLOAT", "^t") + node("drop", "Mul", "pick:1", "half", T=FLOAT) + \
            node("keep", "Relu", "pick", T=FLOAT) + node("m", "Merge", "keep", "drop", T=FLOAT, N="i: 2")
        said, nodes = self.optimize(self.model(placeholder("x", dims=[2]), phase, cond, node("y", "Tanh", "m", T=FLOAT)), "--output", "y")
        self.assertEqual(nodes, {"x": ("Placeholder", []), "keep": ("Relu", ["x"]), "y": ("Tanh", ["keep"])})

    def test_pain_03_a_branch_of_functions_vanishes(self):
        library = "library { " + "".join(
            f'function {{ signature {{ name: "{name}" input_arg {{ name: "a" type: DT_FLOAT }} output_arg {{ name: "b" type: DT_FLOAT }} }} '
            f'node_def {{ name: "n" op: "{op}" input: "a" attr {{ key: "T" value {{ type: DT_FLOAT }} }} }} ret {{ key: "b" value: "n:{out}:0" }} }} '
            for name, op, out in (("train", "Tanh", "y"), ("use", "Relu", "activations"))) + "}\n"
        branch = node("y", "StatelessIf", "learning_phase", "x", Tcond=BOOL, Tin="list { type: DT_FLOAT }", Tout="list { type: DT_FLOAT }",
                      then_branch='func { name: "train" }', else_branch='func { name: "use" }')
        said, nodes = self.optimize(self.model(placeholder("x", dims=[2]), placeholder("learning_phase", "DT_BOOL", dims=[]), branch, identity("z", "y"), library))
        self.assertEqual(self.ops(nodes), ["Relu"] if "Identity" not in self.ops(nodes) else ["Identity", "Relu"])

    def loop(self):
        """A while loop of TensorFlow 1: doubles x three times."""
        frame = {"frame_name": 's: "f"'}
        return "".join([const("zero", [], [0], "DT_INT32"), const("three", [], [3], "DT_INT32"), const("one", [], [1], "DT_INT32", "^mi"), const("two", [], [2], "DT_FLOAT", "^mi"),
                        node("ei", "Enter", "zero", T=INT, **frame), node("ex", "Enter", "x", T=FLOAT, **frame), node("et", "Enter", "three", T=INT, is_constant="b: true", **frame),
                        node("mi", "Merge", "ei", "ni", T=INT, N="i: 2"), node("mx", "Merge", "ex", "nx", T=FLOAT, N="i: 2"), node("less", "Less", "mi", "et", T=INT), node("cond", "LoopCond", "less"),
                        node("si", "Switch", "mi", "cond", T=INT), node("sx", "Switch", "mx", "cond", T=FLOAT), identity("ii", "si:1", "DT_INT32"), node("add", "Add", "ii", "one", T=INT),
                        identity("ix", "sx:1"), node("mul", "Mul", "ix", "two", T=FLOAT), node("ni", "NextIteration", "add", T=INT), node("nx", "NextIteration", "mul", T=FLOAT),
                        node("exit", "Exit", "sx", T=FLOAT)])

    def test_pain_08_loops_survive_quantising(self):
        model = self.model(placeholder("x", dims=[2]), self.loop(), node("y", "Relu", "exit", T=FLOAT))
        self.fine("transform", model, "-o", self.dir / "q.pb", "--input", "x", "--output", "y", "--transforms", "quantize_weights(minimum_size=1) quantize_nodes")
        self.fine("compare", model, self.dir / "q.pb", "--input", "x==[1,0.5]", "--output", "y", "--rtol", "0.05", "--atol", "0.05")

    def test_pain_11_a_graph_with_control_flow_and_variables_freezes(self):
        """Of TensorFlow 1 with references and of 2 with functions: freeze_test.py compares their answers with TensorFlow's."""
        for path, signature in (("v2_loop", "serving_default"), ("v2_text", "choose"), ("v1_text", "serving_default")):
            said, nodes = self.optimize(FORMATS / path / "model", "--signature", signature)
            self.assertFalse({"VarHandleOp", "ReadVariableOp", "VariableV2", "StatefulPartitionedCall", "PartitionedCall"} & set(self.ops(nodes)))

    def test_pain_12_removing_nodes_keeps_loops_and_checks(self):
        model = self.model(placeholder("x", dims=[2]), self.loop(), node("check", "CheckNumerics", "exit", T=FLOAT, message='s: "no"'), node("y", "Relu", "check", T=FLOAT))
        said, nodes = self.optimize(model)
        self.assertNotIn("CheckNumerics", self.ops(nodes))
        self.assertIn("LoopCond", self.ops(nodes))
        self.assertIn("8", self.fine("run", self.dir / "out.pbtxt", "--input", "x==[1,0.5]", "--output", "y"))

    def test_pain_13_placeholders_keep_types_and_shapes(self):
        model = self.model(placeholder("x", dims=[2, 3]), placeholder("flag", "DT_BOOL", dims=[]), placeholder("n", "DT_INT32", dims=[2]),
                           node("neg", "Neg", "x", T=FLOAT), node("s", "Select", "flag", "x", "neg", T=FLOAT), node("y", "GatherV2", "s", "n", "axis", Tparams=FLOAT, Tindices=INT, Taxis=INT),
                           const("axis", [], [1], "DT_INT32"))
        for flags in ([], ["--input", "x,flag,n", "--output", "y"]):
            said, _ = self.optimize(model, *flags)
            shown = {i["name"]: i for i in json.loads(self.fine("inspect", self.dir / "out.pbtxt", "--json"))["inputs"]}
            self.assertEqual({n: shown[n]["dtype"] for n in shown}, {"x": "float32", "flag": "bool", "n": "int32"})
            self.assertIn("2", str(shown["x"]["shape"]))

    def test_pain_21_what_is_folded_stays_what_it_was(self):
        """Constants of a branch wait for it, loops keep theirs, and what cannot be computed stays."""
        model = self.model(placeholder("x", dims=[2]), self.loop(), const("a", [2], [1, 2]), const("b", [3], [1, 2, 3]), node("bad", "Add", "a", "b", T=FLOAT),
                           node("sum", "Add", "a", "a", T=FLOAT), node("y", "Add", "exit", "sum", T=FLOAT))
        said, nodes = self.optimize(model, "--output", "y")
        self.assertEqual(nodes["sum"], ("Const", []))
        self.assertEqual(self.ops(nodes).count("NextIteration"), 2)
        self.assertEqual(said["difference"], 0)


if __name__ == "__main__":
    main()
