"""rivulet compare: equal by the rule or not, per output."""
import json
import struct

from command_case import SHAPES, CommandCase, call, identity, main, node, npy, placeholder


class Compare(CommandCase):
    def unary(self, op, name, dims=(2,), dtype="DT_FLOAT"):
        return self.model(placeholder("x", dtype, dims), node("y", op, "x", T=f"type: {dtype}"), name=name)

    def json(self, code, *arguments):
        done = call("compare", *arguments, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout)

    def test_a_model_with_and_without_passes(self):
        model = SHAPES / "shapes.pb"
        found = self.json(0, model, model, "--b-no-passes")
        self.assertTrue(found["equal"])
        (output,) = found["outputs"]
        self.assertEqual((output["name"], output["equal"], output["rows"], output["top1_equal"]), ("probability", True, 1, 1))
        self.assertLess(output["max_abs"], 1e-4)
        self.assertRegex(self.fine("compare", model, model), r"^probability +max \|d\| 0 +0 of the largest top-1 1/1  equal\n$")

    def test_given_inputs(self):
        x = self.file("x.npy", npy("<f4", "(2,)", struct.pack("<2f", 3, -4)))
        same, other = self.unary("Abs", "a.pbtxt"), self.unary("Identity", "b.pbtxt")
        self.assertEqual(call("compare", same, other, "--input", "x==[1,2]").returncode, 0)
        found = self.json(1, same, other, "--input", f"x={x}")
        (output,) = found["outputs"]
        self.assertFalse(found["equal"])
        self.assertEqual((output["max_abs"], output["max_rel"], output["top1_equal"], output["rows"]), (8, 2, 0, 1))
        self.assertIn("first at [1]: want 4, got -4", output["why"])
        self.assertIn("want 4, got -4", call("compare", same, other, "--input", f"x={x}").stdout)

    def test_made_up_inputs(self):
        for dtype in ["DT_FLOAT", "DT_HALF", "DT_BFLOAT16", "DT_DOUBLE", "DT_INT32", "DT_INT64"]:
            a, b, c = (self.unary(op, f"{op}.pbtxt", (3, 5), dtype) for op in ["Neg", "Identity", "Square"])
            self.assertEqual(call("compare", a, a).returncode, 0, dtype)
            self.assertEqual(call("compare", a, b).returncode, 1, dtype)
            self.assertEqual(call("compare", b, c).returncode, 1, dtype)
        self.fails(2, ["'x'", "--input x="], "compare", *[self.unary("Neg", "u.pbtxt", None)] * 2)
        self.fails(2, ["'x'", "string", "--input"], "compare", *[self.unary("Identity", "s.pbtxt", (1,), "DT_STRING")] * 2)

    def test_tolerance(self):
        one = self.model(placeholder("x", dims=[1]), node("y", "Identity", "x", T="type: DT_FLOAT"))
        near = self.model(placeholder("x", dims=[1]), node("c", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1.01 }"),
                          node("y", "Mul", "x", "c", T="type: DT_FLOAT"), name="near.pbtxt")
        self.assertEqual(call("compare", one, near, "--input", "x==[1]").returncode, 1)
        self.assertEqual(call("compare", one, near, "--input", "x==[1]", "--rtol", "0.02").returncode, 0)

    def test_outputs(self):
        a = self.model(placeholder("x", dims=[2]), identity("y", "x"), node("z", "Neg", "x", T="type: DT_FLOAT"), name="a.pbtxt")
        b = self.model(placeholder("x", dims=[2]), identity("y", "x"), identity("z", "x"), name="b.pbtxt")
        self.assertEqual([o["equal"] for o in self.json(1, a, b)["outputs"]], [True, False])
        self.assertEqual([o["equal"] for o in self.json(1, a, b, "--output", "z", "--output", "y")["outputs"]], [False, True])
        self.assertEqual(self.json(0, a, b, "--output", "y")["equal"], True)
        self.fails(2, ["'w'"], "compare", a, b, "--output", "w")
        short = self.model(placeholder("x", dims=[2]), identity("y", "x"), name="c.pbtxt")
        self.fails(2, ["c.pbtxt", "'z'"], "compare", a, short)

    def test_other_shapes_and_types(self):
        a = self.unary("Identity", "a.pbtxt")
        b = self.model(placeholder("x", dims=[2]), node("y", "Rank", "x", T="type: DT_FLOAT"), name="b.pbtxt")
        (output,) = self.json(1, a, b)["outputs"]
        self.assertIn("want float32, got int32", output["why"])


if __name__ == "__main__":
    main()
