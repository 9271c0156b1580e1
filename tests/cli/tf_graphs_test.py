"""The tools that look at graphs and cut them: summarize_graph, count_ops, graph_to_dot, compare_graphs, strip_unused."""
from command_case import identity, main, node, placeholder
from tf_case import SHAPES_PB, ToolCase, tool

CONST = 'tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } float_val: [1.5, 2] }'


def const(name, value=CONST):
    return node(name, "Const", dtype="type: DT_FLOAT", value=value)


class Summarize(ToolCase):
    def test_what_is_in_a_graph(self):
        out = self.works("summarize_graph", f"--in_graph={SHAPES_PB}").splitlines()
        self.assertEqual(out[0], "Found 1 possible inputs: (name=input, type=float(1), shape=[?,64,64,3]) ")
        self.assertEqual(out[1], "No variables spotted.")
        self.assertEqual(out[2], "Found 1 possible outputs: (name=probability, op=Softmax) ")
        self.assertRegex(out[3], r"^Found 101036 \(101\.04k\) const parameters, 0 \(0\) variable parameters, and 0 control_edges$")
        self.assertTrue(out[4].startswith("Op types used: 35 Const, 6 FusedBatchNormV3, 5 Conv2D, 5 Relu"), out[4])
        self.assertEqual(out[6], f"benchmark_model --graph={SHAPES_PB} --show_flops --input_layer=input --input_layer_type=float"
                                 " --input_layer_shape=1,64,64,3 --output_layer=probability")

    def test_structure_devices_and_control_edges(self):
        model = self.model(placeholder("x"), const("w"), node("y", "Add", "x", "w", "^x"),
                           'node { name: "z" op: "Identity" input: "y:0" device: "/cpu:0" }')
        out = self.works("summarize_graph", f"--in_graph={model}", "--print_structure").splitlines()
        self.assertIn("1 control_edges", out[3])
        self.assertIn("1 nodes assigned to device '/cpu:0'", out)
        self.assertIn("y (Add): [x, w, ^x]", out)
        self.assertIn("w (Const): [], value=Tensor<type: float shape: [2] values: 1.5 2.>", out)
        self.assertIn("shape=None", out[0])

    def test_a_dangling_input_is_an_error(self):
        model = self.model(node("y", "Identity", "gone"))
        self.refuses(255, ["model.pbtxt", "'gone'"], "summarize_graph", f"--in_graph={model}")
        self.refuses(255, ["none.pb"], "summarize_graph", "--in_graph=none.pb")

    def test_a_splat_of_a_terabyte_is_counted_not_made(self):
        model = self.model(const("w", 'tensor { dtype: DT_FLOAT tensor_shape { dim { size: 274877906944 } } float_val: 1 }'))
        self.assertIn("Found 274877906944 (274.88B) const", self.works("summarize_graph", f"--in_graph={model}"))


class CountAndDraw(ToolCase):
    def test_nodes_are_counted(self):
        self.assertEqual(self.works("count_ops", SHAPES_PB), "63\n")
        self.assertEqual(self.works("count_ops", SHAPES_PB, "Conv2D"), "5\n")
        self.assertEqual(self.works("count_ops", SHAPES_PB, "input"), "1\n")
        self.refuses(2, ["want graph"], "count_ops")

    def test_a_graph_for_graphviz(self):
        model = self.model(placeholder("x"), identity("y", "x:0"), node("z", "Identity", "y", "^x"))
        dot = self.dir / "g.dot"
        out = self.works("graph_to_dot", f"--graph={model}", "--noinput_binary", f"--dot_output={dot}")
        self.assertEqual(out, f"Created DOT file '{dot}'.\n")
        self.assertEqual(dot.read_text(), 'digraph graphname {\n  "x" [label="Placeholder"];\n  "y" [label="Identity"];\n'
                         '  "x" -> "y";\n  "z" [label="Identity"];\n  "y" -> "z";\n  "x" -> "z" [style=dotted];\n}\n')


class Compare(ToolCase):
    def differ(self, a, b, part):
        one, other = self.model(*a, name="a.pbtxt"), self.model(*b, name="b.pbtxt")
        done = tool("compare_graphs", one, other)
        self.assertEqual((done.returncode, done.stdout), (1, done.stdout), done.stderr)
        self.assertIn(part, done.stdout)

    def same(self, a, b):
        self.assertEqual(self.works("compare_graphs", self.model(*a, name="a.pbtxt"), self.model(*b, name="b.pbtxt")), "Graphs are equal.\n")

    def test_how_a_graph_is_written_does_not_count(self):
        x, y = placeholder("x"), identity("y", "x")
        self.same([x, y], [identity("y", "x:0"), x])
        self.same([const("c")], [const("c", 'tensor { dtype: DT_FLOAT tensor_shape { dim { size: 2 } } tensor_content: "\\000\\000\\300?\\000\\000\\000@" }')])
        self.same([node("p", "MaxPool", ksize="list { i: 1 i: 2 }")], [node("p", "MaxPool", ksize="list { i: [1, 2] }")])

    def test_what_differs_is_named(self):
        x = placeholder("x")
        self.differ([x, identity("y", "x")], [x], "node 'y' (Identity) is only in the first graph")
        self.differ([x], [x, identity("y", "x")], "node 'y' (Identity) is only in the second graph")
        self.differ([x, identity("y", "x")], [x, identity("y", "x:1")], "node 'y' (Identity): inputs [x] and [x:1]")
        self.differ([x], [placeholder("x", "DT_INT32")], "attr 'dtype' differs")
        self.differ([const("c")], [const("c", CONST.replace("1.5", "1.25"))], "attr 'value' differs")
        self.differ([node("y", "Relu")], [node("y", "Relu6")], "op Relu and Relu6")

    def test_what_cannot_be_read_is_another_code(self):
        self.refuses(255, ["none.pb"], "compare_graphs", SHAPES_PB, "none.pb")
        self.refuses(255, ["a PNG picture"], "compare_graphs", SHAPES_PB, self.file("x.pb", b"\x89PNG\r\n\x1a\n" + bytes(60)))


class Strip(ToolCase):
    def strip(self, model, *flags):
        out = self.dir / "out.pbtxt"
        text = self.works("strip_unused", f"--input_graph={model}", f"--output_graph={out}", "--output_binary=false", *flags)
        return out.read_text(), text

    def test_only_what_is_needed_stays(self):
        model = self.model(placeholder("jpeg", "DT_STRING"), node("decode", "DecodeJpeg", "jpeg"), node("mul", "Mul", "decode", "k", T="type: DT_HALF"),
                           const("k"), const("w"), node("out", "Add", "mul", "w"), node("train", "Sub", "out", "w"))
        graph, said = self.strip(model, "--input_node_names=mul", "--output_node_names=out")
        self.assertEqual(said, "3 ops in the final graph.\n")
        self.assertNotIn("DecodeJpeg", graph)
        self.assertIn('name: "mul"\n  op: "Placeholder"\n  attr {\n    key: "dtype"\n    value {\n      type: DT_HALF', graph)
        graph, _ = self.strip(model, "--input_node_names=mul:0", "--output_node_names=out", "--placeholder_type_enum=3")
        self.assertIn("type: DT_INT32", graph)

    def test_a_placeholder_keeps_its_type_unless_asked(self):
        model = self.model(placeholder("b", "DT_BOOL", [2]), placeholder("x", "DT_FLOAT"), node("out", "Select", "b", "x", "x"))
        graph, _ = self.strip(model, "--input_node_names=b,x", "--output_node_names=out")
        self.assertIn("DT_BOOL", graph)
        graph, _ = self.strip(model, "--input_node_names", "b,x", "--output_node_names", "out", "--placeholder_type_enum", "1")
        self.assertNotIn("DT_BOOL", graph)
        self.assertIn("size: 2", graph, "the shape stays")
        graph, _ = self.strip(model, "--input_node_names=b,x", "--output_node_names=out", "--placeholder_type_enum=10,1")
        self.assertIn("DT_BOOL", graph)

    def test_errors(self):
        out = self.file("out.pb", b"before")
        flags = ["strip_unused", f"--input_graph={SHAPES_PB}", f"--output_graph={out}"]
        self.refuses(1, ["You need to supply the name of a node"], *flags)
        self.refuses(1, ["'probabilty'", "nearest: 'probability'"], *flags, "--output_node_names=probabilty")
        self.refuses(1, ["'inputs'", "'input'"], *flags, "--input_node_names=inputs", "--output_node_names=probability")
        self.refuses(2, ["'DT_FLOAT'"], *flags, "--output_node_names=probability", "--placeholder_type_enum=DT_FLOAT")
        self.refuses(1, ["one for each of the 1"], *flags, "--input_node_names=input", "--output_node_names=probability", "--placeholder_type_enum=1,1")
        self.refuses(1, ["'--output_nodes'"], *flags, "--output_nodes=probability")
        self.assertEqual(out.read_bytes(), b"before")


if __name__ == "__main__":
    main()
