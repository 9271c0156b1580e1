"""Damaged files: every tool ends with an error or a result, never with a signal."""
import random

from command_case import main
from tf_case import FORMATS, SHAPES_PB, ToolCase, tool

SAVED = FORMATS / "v1_tags" / "model" / "saved_model.pb"
META = FORMATS / "meta_graphs" / "v2.meta"


class Hostile(ToolCase):
    def calls(self, path):
        out = self.dir / "out"
        return [("summarize_graph", f"--in_graph={path}", "--print_structure"), ("count_ops", path), ("compare_graphs", path, SHAPES_PB),
                ("graph_to_dot", f"--graph={path}", f"--dot_output={out}"), ("strip_unused", f"--input_graph={path}", f"--output_graph={out}", "--output_binary=false", "--output_node_names=probability"),
                ("freeze_graph", f"--input_meta_graph={path}", f"--input_checkpoint={FORMATS / 'meta_graphs' / 'v2'}", f"--output_graph={out}", "--output_node_names=y"),
                ("optimize_for_inference", f"--input={path}", f"--output={out}", "--output_names=probability"), ("graph_pb2tb", self.dir / "log", path),
                ("convert_graphdef_memmapped_format", f"--in_graph={path}", f"--out_graph={out}", "--min_conversion_tensor_size=1"),
                ("print_selective_registration_header", f"--graphs={path}"), ("saved_model_cli", "show", "--dir", path, "--all"), ("saved_model_cli", "scan", "--dir", path),
                ("quantize_graph", f"--input={path}", f"--output={out}", "--output_node_names=probability", "--mode=weights"),
                ("transform_graph", f"--in_graph={path}", f"--out_graph={out}", "--output_as_text", "--transforms=round_weights sort_by_execution_order"),
                ("benchmark_model", f"--graph={path}", "--max_num_runs=1", "--input_layer=input", "--input_layer_shape=1,64,64,3", "--output_layer=probability")]

    def survive(self, data):
        path = self.file("model.pb", data)
        for arguments in self.calls(path):
            done = tool(*arguments)
            self.assertIn(done.returncode, (0, 1, 2, 255), f"{arguments}: {done.stderr}")
            if done.returncode not in (0,) and arguments[0] != "compare_graphs":
                self.assertTrue(done.stderr, arguments)

    def test_cut_and_flipped(self):
        source = random.Random(7)
        for original in (META, SAVED):
            data = original.read_bytes()
            for _ in range(6):
                self.survive(data[:source.randrange(len(data))])
                damaged = bytearray(data)
                for _ in range(8):
                    damaged[source.randrange(len(data))] = source.randrange(256)
                self.survive(bytes(damaged))
        self.survive(b"")
        self.survive(b"node { name: \"\" op: \"\" input: \":::-1\" input: \"^\" }")
        self.survive(b"node { name: \"a\" op: \"Identity\" input: \"b\" }\nnode { name: \"b\" op: \"Identity\" input: \"a\" }\n")

    def test_odd_names_stay_in_their_files(self):
        graph = self.file("g.pbtxt", b'node { name: "a\\" ]; b\\\\" op: "x\\"\\n#error" }')
        self.works("graph_to_dot", f"--graph={graph}", f"--dot_output={self.dir / 'o.dot'}")
        self.assertIn(r'"a\" ]; b\\"', (self.dir / "o.dot").read_text())
        header = self.works("print_selective_registration_header", f"--graphs={graph}")
        self.assertIn('"x\\"#error"', header)


if __name__ == "__main__":
    main()
