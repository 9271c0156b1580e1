"""benchmark_model: its flags and its tables."""
from command_case import main, node, placeholder
from tf_case import SHAPES_PB, ToolCase

SHAPES = ["benchmark_model", f"--graph={SHAPES_PB}", "--input_layer=input", "--input_layer_shape=1,64,64,3", "--output_layer=probability"]


class Benchmark(ToolCase):
    def test_the_tables(self):
        out = self.works(*SHAPES, "--max_num_runs=3", "--show_flops", "--num_threads=1")
        self.assertRegex(out, r"Running benchmark for max 1 iterations, max 10 seconds without detailed stat logging")
        self.assertRegex(out, r"Running benchmark for max 3 iterations, max 10 seconds with detailed stat logging")
        self.assertRegex(out, r"count=3 (first|curr)=\d+")
        titles = [line.strip("= ") for line in out.splitlines() if line.startswith("=====")]
        self.assertEqual(titles, ["Run Order", "Top by Computation Time", "Top by Memory Use", "Summary by node type"])
        header = next(line for line in out.splitlines() if "[node type]" in line)
        self.assertEqual([column.strip() for column in header.split("\t")][1:],
                         ["[node type]", "[start]", "[first]", "[avg ms]", "[%]", "[cdf%]", "[mem KB]", "[times called]", "[Name]"])
        row = next(line for line in out.splitlines() if line.endswith("\tprobability")).split("\t")
        self.assertEqual(row[1].strip(), "Softmax")
        self.assertEqual(float(row[7]), 0.040)
        self.assertEqual(row[8].strip(), "1")
        self.assertRegex(out, r"FLOPs estimate: 2\d\.\d\dM\nFLOPs/second: \d+\.\d\d[MB]")
        self.assertRegex(out, r"Timings \(microseconds\): count=3")
        self.assertRegex(out, r"Memory \(bytes\): count=3 curr=\d+ \(all same\)\n\d+ nodes observed")
        self.assertRegex(out, r"Average inference timings in us: Warmup: \d+, no stats: \d+, with stats: \d+")

    def test_tables_can_be_left_out_and_cut(self):
        quiet = ["--noshow_run_order", "--show_memory=false", "--show_type", "false", "--noshow_summary"]
        out = self.works(*SHAPES, "--max_num_runs=1", *quiet, "--time_limit=2")
        self.assertEqual(out.count("====\n"), 1)
        self.assertEqual(sum(line.startswith("\t") for line in out.splitlines()), 3)

    def test_values_types_and_init_ops(self):
        model = self.model(placeholder("a", "DT_INT32"), placeholder("b", "DT_UINT8"), node("c", "Cast", "b", SrcT="type: DT_UINT8", DstT="type: DT_INT32"),
                           node("d", "FloorDiv", "c", "a", T="type: DT_INT32"), node("go", "NoOp"))
        flags = ["benchmark_model", f"--graph={model}", "--input_layer=a,b", "--input_layer_type=int32,uint8", "--input_layer_shape=2:2", "--output_layer=d", "--max_num_runs=1"]
        self.works(*flags, "--input_layer_values=1,2:3,4", "--init_ops=go", "--target_layer=go", "--show_sizes")
        self.refuses(255, ["b"], *flags, "--input_layer_values=1,2:3,256")
        self.refuses(255, ["at most 2 values"], *flags, "--input_layer_values=1,2,3:1")
        self.refuses(255, ["'d'"], *flags, "--input_layer_values=0,0:1,1")

    def test_reports(self):
        self.works(*SHAPES, "--max_num_runs=2", f"--output_prefix={self.dir}/r_", "--benchmark_name=net/a")
        names = {path.name for path in self.dir.iterdir()}
        self.assertLessEqual({"r_net__a", "r_net__a_meta-init", "r_net__a_meta-first-inference", "r_net__a_meta-init-plus-first-inference", "r_net__a_Softmax"}, names)
        data = (self.dir / "r_net__a").read_bytes()
        self.assertEqual(data[:9], b"\n" + bytes([len(data) - 2]) + b"\n\x05net/a"[:7])

    def test_errors(self):
        self.refuses(255, ["same number of items", "got 1, 2 and 1"], *SHAPES, "--input_layer_shape=1,64,64,3:1")
        self.refuses(255, ["-1"], *SHAPES, "--input_layer_shape=-1,64,64,3")
        self.refuses(255, ["'flaot'"], *SHAPES, "--input_layer_type=flaot")
        self.refuses(255, ["tensorflow_inception_graph.pb"], "benchmark_model")
        self.refuses(255, ["'probabilty'"], *SHAPES, "--output_layer=probabilty")


if __name__ == "__main__":
    main()
