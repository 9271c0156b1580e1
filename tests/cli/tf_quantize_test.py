"""quantize_graph: weights rounded, weights as bytes."""
import zlib

from command_case import main
from tf_case import SHAPES_PB, ToolCase, call


class Quantize(ToolCase):
    def quantize(self, *flags):
        out = self.dir / "out.pb"
        self.works("quantize_graph", f"--input={SHAPES_PB}", f"--output={out}", "--output_node_names=probability", *flags)
        return out

    def test_the_tutorials_rounding(self):
        out = self.quantize("--mode=weights_rounded")
        self.same_answers(SHAPES_PB, out, "--rtol", "0.05", "--atol", "0.05")
        sizes = [len(zlib.compress(path.read_bytes(), 9)) for path in (SHAPES_PB, out)]
        sizes.append(len(zlib.compress(self.quantize("--mode=weights_rounded", "--bitdepth=4").read_bytes(), 9)))
        self.assertLess(sizes[1], 0.5 * sizes[0])
        self.assertLess(sizes[2], 0.75 * sizes[1])

    def test_weights_as_bytes(self):
        out = self.quantize("--mode=weights")
        self.assertLess(out.stat().st_size, 0.4 * SHAPES_PB.stat().st_size)
        self.same_answers(SHAPES_PB, out, "--rtol", "0.1", "--atol", "0.1")

    def test_eightbit(self):
        self.assertIn("Quantized", self.works("summarize_graph", f"--in_graph={self.quantize('--mode=eightbit')}"))

    def test_products_whose_inputs_go_through_bytes(self):
        out = self.quantize("--mode=quantize")
        said = self.works("summarize_graph", f"--in_graph={out}")
        self.assertIn("QuantizeV2", said)
        self.assertIn("Dequantize", said)
        self.same_answers(SHAPES_PB, out, "--rtol", "0.1", "--atol", "0.1")
        with self.assertRaises(AssertionError):  # it is not for nothing
            self.same_answers(SHAPES_PB, out, "--rtol", "1e-9", "--atol", "1e-12")

    def test_of_a_graph_against_itself_in_bytes(self):
        said = self.works("quantize_graph", f"--input={SHAPES_PB}", "--output_node_names=probability", "--mode=test")
        self.assertRegex(said, r"^probability: largest difference [0-9.e-]+, root mean square [0-9.]+ % of the spread")
        self.assertFalse(said.startswith("probability: largest difference 0,"))
        self.refuses(1, ["--test_input_dims", "1,x"], "quantize_graph", f"--input={SHAPES_PB}", "--output_node_names=probability",
                     "--mode=test", "--test_input_dims=1,x")

    def test_errors(self):
        flags = ["quantize_graph", f"--input={SHAPES_PB}", f"--output={self.dir / 'o.pb'}", "--output_node_names=probability"]
        self.refuses(1, ["--mode=round", "not supported"], *flags)
        self.refuses(1, ["'wights'"], *flags, "--mode=wights")
        self.refuses(1, ["both"], *flags, "--mode=eightbit", "--quantized_fallback_min=0")
        self.refuses(1, ["1 to 16"], *flags, "--mode=weights_rounded", "--bitdepth=64")
        self.refuses(1, ["'probabilty'; nearest: 'probability'"], *flags, "--mode=weights", "--output_node_names=probabilty")
        self.assertFalse((self.dir / "o.pb").exists())


if __name__ == "__main__":
    main()
