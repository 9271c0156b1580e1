"""rivulet transform: graphs changed step by step."""
import math
import struct
import subprocess

from command_case import RIVULET, ROOT, CommandCase, call, identity, main, node, npy, placeholder

MODEL = ROOT / "models" / "shapes" / "shapes.pb"


class Transform(CommandCase):
    def transform(self, transforms, *more):
        return self.fine("transform", MODEL, "-o", self.dir / "out.pb", "--transforms", transforms, *more)

    def output(self):
        (line,) = [l for l in self.fine("inspect", MODEL).splitlines() if l.startswith("output ")]
        return line.split()[1]

    def fed(self):
        """A picture, as an argument of `run`."""
        path, shape = self.dir / "x.npy", (1, 64, 64, 3)
        path.write_bytes(npy("<f4", shape, b"".join(struct.pack("<f", (i * 37) % 101 / 100) for i in range(math.prod(shape)))))
        return "--input", f"input={path}"

    def test_the_results_stay_the_same(self):
        out = self.transform("remove_device remove_nodes(op=Identity) sort_by_execution_order remove_control_dependencies", "--output", self.output())
        self.assertRegex(out, r"out\.pb: \d+ nodes, before \d+")
        self.fine("compare", MODEL, self.dir / "out.pb")

    def test_rounded_weights_compress(self):
        import zlib
        self.transform("round_weights(num_steps=16)")
        sizes = [len(zlib.compress(p.read_bytes(), 9)) for p in (MODEL, self.dir / "out.pb")]
        self.assertLess(sizes[1], 0.4 * sizes[0])

    def test_quantised_weights_run(self):
        self.transform("quantize_weights(minimum_size=100)")
        self.assertLess((self.dir / "out.pb").stat().st_size, 0.4 * MODEL.stat().st_size)
        self.assertIn("Dequantize", self.fine("inspect", self.dir / "out.pb"))
        self.fine("compare", MODEL, self.dir / "out.pb", "--rtol", "0.1", "--atol", "0.1")

    # A convolution with a scale and a bias made of constants, as a batch norm comes out of training.
    def norm(self):
        values = lambda name, dims, text: node(name, "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { " + "".join(
            f"dim {{ size: {d} }} " for d in dims) + f"}} float_val: [{text}] }}")
        number = "type: DT_FLOAT"
        return self.model(placeholder("x", dims=[1, 5, 5, 1]), values("w", [3, 3, 1, 2], "1, -2, 0.5, 4"), values("var", [2], "4, 9"), values("gamma", [2], "3, 0.25"),
                          node("rsqrt", "Rsqrt", "var", T=number), node("s", "Mul", "rsqrt", "gamma", T=number),
                          node("c", "Conv2D", "x", "w", T=number, strides="list { i: [1, 1, 1, 1] }", padding='s: "SAME"'),
                          node("m", "Mul", "c", "s", T=number), identity("y", "m"))

    def steps(self, model, transforms, *more):
        """What the command says on stderr."""
        done = subprocess.run([RIVULET, "transform", model, "-o", self.dir / "out.pb", "--transforms", transforms, *more], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stderr

    def test_a_norm_goes_into_the_filter(self):
        model = self.norm()
        self.fine("transform", model, "-o", self.dir / "out.pb", "--input", "x", "--output", "y", "--transforms", "fold_constants fold_batch_norms remove_nodes(op=Identity)")
        shown = self.fine("inspect", self.dir / "out.pb")
        self.assertNotIn("Mul", shown)
        self.assertNotIn("Rsqrt", shown)
        self.fine("compare", model, self.dir / "out.pb", "--output", "y")

    def test_ranges_are_measured_and_kept(self):
        eight, logged, log, kept = (self.dir / name for name in ("eight.pb", "logged.pb", "seen.log", "kept.pb"))
        self.fine("transform", MODEL, "-o", eight, "--transforms", "fold_constants fold_batch_norms fold_old_batch_norms quantize_weights quantize_nodes")
        self.fine("transform", eight, "-o", logged, "--transforms",
                  'insert_logging(op=RequantizationRange, show_name=true, message="__requant_min_max:")')
        for way in ("run", "bench"):
            feed = self.fed() if way == "run" else ("--runs", "2", "--warmup", "0", "--input-shape", "input=1,64,64,3")
            done = subprocess.run([RIVULET, way, logged, "--output", self.output(), *feed], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stderr, r"(?m)^;\S+__print__;__requant_min_max:\[[-+.e\d]+\]\[[-+.e\d]+\]$")
            self.assertNotIn("__requant", done.stdout)
            if way == "run":
                log.write_text(done.stderr)
        self.fine("transform", eight, "-o", kept, "--transforms", f'freeze_requantization_ranges(min_max_log_file="{log}")')
        self.assertIn("RequantizationRange", self.fine("inspect", eight))
        self.assertNotIn("RequantizationRange", self.fine("inspect", kept))
        self.fine("compare", eight, kept, "--output", self.output(), *self.fed(), "--rtol", "0.05", "--atol", "0.05")

    def test_eight_bit_nodes_run(self):
        code, said = self.steps(MODEL, "fold_constants fold_batch_norms fold_old_batch_norms quantize_weights quantize_nodes")
        self.assertEqual(code, 0, said)
        self.assertNotIn("Not compared", said)
        self.assertIn("QuantizedConv2D", self.fine("inspect", self.dir / "out.pb"))
        self.fine("compare", MODEL, self.dir / "out.pb", "--rtol", "0.1", "--atol", "0.1")

    def test_eight_bit_nodes_run_before_a_branch(self):
        """The filter's codes are known but no constant: what they are made of waits for something, and a branch keeps waits."""
        floats = "type: DT_FLOAT"
        values = "".join(f"float_val: {(7 * i % 17 - 8) / 10} " for i in range(64))
        model = self.model(
            placeholder("x", dims=[2, 8]), node("w", "Const", dtype=floats, value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: 8 }} dim {{ size: 8 }} }} {values} }}"),
            identity("read", "w"), node("product", "MatMul", "x", "read", T=floats),
            node("no", "Const", dtype="type: DT_BOOL", value="tensor { dtype: DT_BOOL tensor_shape { } bool_val: false }"),
            node("train", "PlaceholderWithDefault", "no", dtype="type: DT_BOOL", shape="shape { }"), node("way", "Switch", "product", "train", T=floats),
            node("neg", "Neg", "way:1", T=floats), node("y", "Merge", "way", "neg", T=floats, N="i: 2"))
        code, said = self.steps(model, "quantize_nodes", "--input", "x", "--output", "y")
        self.assertEqual(code, 0, said)
        out = self.dir / "out.pb"
        self.assertIn("QuantizedMatMul", self.fine("inspect", out))
        self.fine("compare", out, out, "--b-no-passes", "--output", "y", "--rtol", "0", "--atol", "0")

    def test_nodes_that_give_nothing_are_no_outputs(self):
        """What only puts into a queue; and a queue that nobody fills is told, not waited for."""
        queue = [node("q", "FIFOQueueV2", component_types="list { type: DT_FLOAT }", shapes="list { shape { dim { size: 2 } } }"),
                 placeholder("x", dims=[2]), node("put", "QueueEnqueueV2", "q", "x", Tcomponents="list { type: DT_FLOAT }"),
                 node("taken", "QueueDequeueV2", "q", component_types="list { type: DT_FLOAT }"), node("y", "Relu", "taken", T="type: DT_FLOAT")]
        model = self.model(*queue)
        self.assertEqual([line.split()[1] for line in self.fine("inspect", model).splitlines() if line.startswith("output ")], ["y"])
        code, said = self.steps(model, "sort_by_execution_order")
        self.assertEqual(code, 0, said)
        self.assertIn("'taken' (QueueDequeueV2): it waits for what another run does, and there is none", said)
        for words in (["run", model], ["bench", model], ["prepare", model, "-o", self.dir / "a.rivulet"]):
            self.fails(1, ["'taken'", "feed what it gives instead"], *words)

    def test_what_the_model_gives_is_compared(self):
        model = self.model(placeholder("x"), node("two", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 }"),
                           node("y", "Mul", "x", "two", T="type: DT_FLOAT"))
        code, said = self.steps(model, "remove_device sort_by_execution_order")
        self.assertEqual(code, 0, said)
        note = f"note: '{model}': Not compared: the shape of input 'x' is not in the file; give it with --check-input x=x.npy"
        self.assertEqual(said.count(note), 1, said)
        x = self.file("x.npy", npy("<f4", (2,), bytes(8)))
        code, said = self.steps(model, "remove_device", "--check-input", f"x={x}")
        self.assertEqual((code, said), (0, "Applying remove_device\n"))
        self.assertNotIn("Not compared", self.steps(model, "remove_device", "--no-verify")[1])

    def test_a_step_that_breaks_the_model_is_undone(self):
        # The type of the new placeholder is wrong: what reads it no longer fits.
        (self.dir / "out.pb").write_bytes(b"before")
        for more in [(), ("--bisect",)]:
            code, said = self.steps(self.norm(), "strip_unused_nodes(type=int32)", "--input", "c", "--output", "y", *more)
            self.assertEqual(code, 1, said)
            self.assertIn("transform 'strip_unused_nodes': node 'm' (Mul)", said)
            self.assertEqual((self.dir / "out.pb").read_bytes(), b"before")
        code, said = self.steps(self.norm(), "strip_unused_nodes(type=int32, ignore_errors=true) remove_device", "--input", "c", "--output", "y")
        self.assertEqual(code, 0, said)
        self.assertIn("Ignoring: ", said)
        self.fine("compare", self.norm(), self.dir / "out.pb", "--output", "y")

    def test_what_is_not_compared_is_said(self):
        code, said = self.steps(self.norm(), "rename_op(old_op_name=Rsqrt, new_op_name=Sqrt)", "--output", "y")
        self.assertEqual(code, 0, said)
        self.assertIn("rename_op was asked for what may change answers: they are not compared", said)
        code, said = self.steps(self.norm(), "rename_op(old_op_name=Foo, new_op_name=Bar) remove_device", "--output", "y")
        self.assertNotIn("not compared", said)

    # Three norms of which the middle one cannot be folded: the filter times the scale is below what floats hold, so it becomes zero.
    def three_norms(self):
        number = "type: DT_FLOAT"
        matrix = lambda name, value: node(name, "Const", dtype=number, value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{ dim {{ size: 1 }} dim {{ size: 1 }} }} float_val: {value} }}")
        nodes = [placeholder("x", dims=[1, 1])]
        for name, scale in (("first", "2"), ("middle", "1e-10"), ("last", "3")):
            nodes += [matrix(f"{name}/w", "1e-37"), matrix(f"{name}/s", scale), node(f"{name}/product", "MatMul", "x", f"{name}/w", T=number),
                      node(f"{name}/norm", "Mul", f"{name}/product", f"{name}/s", T=number), node(f"{name}/root", "Rsqrt", f"{name}/norm", T=number)]
        return self.model(*nodes, node("sum", "Add", "first/root", "middle/root", T=number), node("y", "Add", "sum", "last/root", T=number))

    def test_bisecting_names_the_step_the_place_and_the_node(self):
        x = self.file("x.npy", npy("<f4", (1, 1), struct.pack("<f", 1e37)))
        (self.dir / "out.pb").write_bytes(b"before")
        fed = ("--input", "x", "--output", "y", "--check-input", f"x={x}")
        code, said = self.steps(self.three_norms(), "remove_device fold_batch_norms sort_by_execution_order", *fed, "--bisect")
        self.assertEqual(code, 1, said)
        self.assertEqual((self.dir / "out.pb").read_bytes(), b"before")
        *done, error = said.splitlines()
        self.assertEqual(done, ["Applying remove_device", "Applying fold_batch_norms"])
        for part in ("transform 'fold_batch_norms'", "output 'y' is not the same", "the first node that differs is 'middle/root' (Rsqrt)",
                     "place 2 of 3 is at fault: 'middle/norm'"):
            self.assertIn(part, error)
        code, said = self.steps(self.three_norms(), "remove_device fold_batch_norms sort_by_execution_order", *fed)
        self.assertEqual(code, 1, said)
        self.assertNotIn("at fault", said)
        # Where the step may fail, the rest is done with the graph as it was.
        code, said = self.steps(self.three_norms(), "fold_batch_norms(ignore_errors=true) sort_by_execution_order", *fed, "--bisect")
        self.assertEqual(code, 0, said)
        self.assertIn("place 2 of 3 is at fault", said)
        self.fine("compare", self.three_norms(), self.dir / "out.pb", "--output", "y", "--input", f"x={x}")

    def test_all_of_the_original_steps_are_there(self):
        names = {line.split()[0] for line in self.fine("transform", "--list").splitlines()}
        self.assertEqual(len(names), 27)
        self.assertLessEqual({"fuse_resize_pad_and_conv", "quantize_nodes", "sparsify_gather", "freeze_requantization_ranges"}, names)

    def test_the_steps_are_listed(self):
        lines = self.fine("transform", "--list").splitlines()
        self.assertIn("round_weights", {line.split()[0] for line in lines})
        self.assertEqual(lines, sorted(lines))

    def test_the_name_or_format_says_what_is_written(self):
        for name, more in (("out.pbtxt", []), ("out.mmap", []), ("out", ["--format", "pb"])):
            self.fine("transform", MODEL, "-o", self.dir / name, "--transforms", "remove_device", *more)
            self.fine("compare", MODEL, self.dir / name, "--rtol", "0", "--atol", "0")
        self.assertTrue((self.dir / "out.pbtxt").read_text().startswith("node {"))
        self.assertIn("memmapped", self.fine("inspect", self.dir / "out.mmap"))

    def test_a_bad_call_changes_nothing(self):
        (self.dir / "out.pb").write_bytes(b"before")
        self.fails(2, ["'round_weights'"], "transform", MODEL, "-o", self.dir / "out.pb", "--transforms", "rond_weights")
        self.fails(2, ["has no argument 'steps'"], "transform", MODEL, "-o", self.dir / "out.pb", "--transforms", "round_weights(steps=3)")
        self.fails(2, ["out.txt", ".pbtxt"], "transform", MODEL, "-o", self.dir / "out.txt", "--transforms", "remove_device")
        self.fails(2, ["--out"], "transform", MODEL, "--transforms", "remove_device")
        done = call("transform", self.dir / "none.pb", "-o", self.dir / "out.pb", "--transforms", "zzzz")
        self.assertEqual((done.returncode, done.stderr), (2, "rivulet: NOT_FOUND: no transform is called 'zzzz'\n"))
        self.fails(1, ["none.pb"], "transform", self.dir / "none.pb", "-o", self.dir / "out.pb", "--transforms", "remove_device")
        for flag in ("--input", "--output"):
            self.fails(2, ["'inptu'; nearest: 'input'"], "transform", MODEL, "-o", self.dir / "out.pb", flag, "inptu", "--transforms", "remove_device")
        self.assertEqual((self.dir / "out.pb").read_bytes(), b"before")

    def test_a_saved_model_is_frozen_first(self):
        model = ROOT / "tests" / "formats" / "data" / "v1_tags" / "model"
        self.fine("freeze", model, "-o", self.dir / "frozen.pb")
        for path in (model, model / "saved_model.pb"):
            self.fine("transform", path, "-o", self.dir / "out.pb", "--transforms", "sort_by_execution_order remove_device")
            self.fine("compare", self.dir / "frozen.pb", self.dir / "out.pb")


if __name__ == "__main__":
    main()
