"""rivulet inspect."""
import json
import shlex

from command_case import SHAPES, CommandCase, call, identity, main, node, placeholder


class Inspect(CommandCase):
    def test_summary_of_the_demo_model(self):
        text = self.fine("inspect", SHAPES / "shapes.pb")
        for part in ["GraphDef, 63 nodes, 0.41 MB", "float32[?,64,64,3]", "probability", "float32[?,10]", "parameters  101036",
                     "0.027 GFLOP", "Const×35", "Conv2D×5", "next        rivulet label "]:
            self.assertIn(part, text)
        self.assertNotIn("would not run", text)

    def test_json(self):
        found = json.loads(self.fine("inspect", SHAPES / "shapes.pb", "--json"))
        self.assertEqual(found["format"], "GraphDef")
        self.assertEqual(found["inputs"], [{"name": "input", "dtype": "float32", "shape": [-1, 64, 64, 3], "has_default": False, "is_read": True}])
        self.assertEqual([(o["name"], o["dtype"], o["shape"]) for o in found["outputs"]], [("probability", "float32", [-1, 10])])
        self.assertEqual((found["nodes"], found["ops"]["Conv2D"], found["parameters"]), (63, 5, 101036))
        self.assertGreater(found["flops"], 20e6)
        self.assertEqual((found["problems"], found["missing_ops"]), ([], {}))

    def test_inputs_that_nothing_reads(self):
        """They are listed, as such, and nobody is asked for them."""
        model = self.model(placeholder("idle"), placeholder("x", dims=[2]), node("y", "Neg", "x", T="type: DT_FLOAT"),
                           node("unused_control_flow_input_0", "Placeholder", dtype="type: DT_FLOAT", shape="shape { unknown_rank: true }"))
        text = self.fine("inspect", model)
        self.assertRegex(text, r"(?m)^input +x +float32\[2\]\ninput +idle +float32\?   nothing reads it$")
        self.assertNotIn("unused_control_flow_input", text)
        self.assertRegex(text, r"next +rivulet run \S+ --input x=array.npy --output y --save out")
        found = json.loads(self.fine("inspect", model, "--json"))
        self.assertEqual([(i["name"], i["is_read"]) for i in found["inputs"]], [("x", True), ("idle", False)])

    def test_nodes(self):
        lines = self.fine("inspect", SHAPES / "shapes.pb", "--nodes").splitlines()
        self.assertEqual(len(lines), 63)
        self.assertIn("input = Placeholder() -> float32[?,64,64,3]", lines)
        convolutions = self.fine("inspect", SHAPES / "shapes.pb", "--op", "Conv2D").splitlines()
        self.assertEqual(len(convolutions), 5)
        self.assertTrue(all(" = Conv2D(" in line for line in convolutions))
        found = json.loads(self.fine("inspect", SHAPES / "shapes.pb", "--op", "MatMul", "--json"))
        self.assertEqual([n["op"] for n in found["graph"]], ["MatMul"])
        self.fails(2, ["'Conv2E'", "'Conv2D'"], "inspect", SHAPES / "shapes.pb", "--op", "Conv2E")

    def test_what_would_not_run(self):
        model = self.model(placeholder("x"), node("strange", "NoSuchOperator", "x"), node("add", "Add", "x", "x", T="type: DT_STRING"))
        text = self.fine("inspect", model)
        self.assertIn("would not run: NoSuchOperator, 1 node: no kernel", text)
        self.assertRegex(text, r"would not run: .*'add' \(Add\).*string")
        found = json.loads(self.fine("inspect", model, "--json"))
        self.assertEqual(found["missing_ops"], {"NoSuchOperator": 1})
        self.assertEqual(len(found["problems"]), 1)

    def test_text_graphs(self):
        model = self.model(placeholder("x", dims=[2, 3]), identity("y", "x"))
        self.assertIn("text GraphDef, 2 nodes", self.fine("inspect", model))

    def next_command(self, model):
        (line,) = [l for l in self.fine("inspect", model).splitlines() if l.startswith("next ")]
        return line.split(None, 1)[1]

    def test_the_next_command_can_be_pasted(self):
        model = self.model(placeholder("x", dims=[2]), placeholder("keep_prob"), placeholder("s", "DT_STRING"), placeholder("b", "DT_BOOL"),
                           identity("y", "x"), identity("k", "keep_prob"), identity("t", "s", "DT_STRING"), identity("c", "b", "DT_BOOL"))
        command = self.next_command(model)
        self.assertEqual(command, f"rivulet run {model} --input x=array.npy --input keep_prob==1 --input s=@file --input b==false "
                         "--output y --output k --output t --output c --save out")
        (self.dir / "file").write_bytes(b"bytes")
        words = shlex.split(command.replace("x=array.npy", "x==[1,2]").replace("@file", f"@{self.dir}/file").replace(" out", f" {self.dir}/out"))
        done = call(*words[1:])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.dir / "out" / "c.npy").exists())

    def test_label_is_proposed_only_for_scores(self):
        conv = [node("w", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { dim { size: 1 } dim { size: 1 } "
                     "dim { size: 3 } dim { size: 4 } } float_val: 1 }"),
                node("y", "Conv2D", "x", "w", T="type: DT_FLOAT", strides="list { i: 1 i: 1 i: 1 i: 1 }", padding='s: "SAME"')]
        self.assertIn("rivulet run", self.next_command(self.model(placeholder("x", dims=[-1, 8, 8, 3]), *conv)))


if __name__ == "__main__":
    main()
