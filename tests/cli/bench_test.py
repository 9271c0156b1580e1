"""rivulet bench: what it measures, not how fast."""
import json

from command_case import SHAPES, CommandCase, identity, main, placeholder

KEYS = ["load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "peak_rss_kib", "threads", "target", "flops"]


class Bench(CommandCase):
    def bench(self, *arguments):
        return json.loads(self.fine("bench", *arguments, "--json"))

    def test_keys(self):
        found = self.bench(SHAPES / "shapes.pb", "--input-shape", "input=2,64,64,3", "--runs", "5", "--threads", "2")
        for key in KEYS:
            self.assertIn(key, found)
        self.assertEqual((found["threads"], found["runs"]), (2, 5))
        self.assertTrue(0 < found["min_ms"] <= found["median_ms"] <= found["p90_ms"])
        self.assertGreater(found["load_ms"], 0)
        self.assertGreater(found["first_ms"], 0)
        self.assertGreater(found["peak_rss_kib"], 1000)
        one = self.bench(SHAPES / "shapes.pb", "--runs", "1", "--warmup", "0")  # unknown dims count as 1
        self.assertEqual(found["flops"], 2 * one["flops"])
        self.assertEqual(one["runs"], 1)
        self.assertRegex(self.fine("bench", SHAPES / "shapes.pb", "--runs", "1"), r"(?s)^load .* ms.*median .*GFLOP.* 1 thread · ")

    def test_min_time(self):
        self.assertGreater(self.bench(SHAPES / "shapes.pb", "--runs", "1", "--min-time", "0.3")["runs"], 5)

    def test_inputs(self):
        model = self.model(placeholder("x", "DT_INT32"), identity("y", "x", "DT_INT32"))
        self.fails(2, ["'x'", "--input-shape x=1,224,224,3"], "bench", model)
        self.bench(model, "--input", "x==[1,2]", "--runs", "1")
        self.bench(model, "--input-shape", "x=3,4", "--runs", "1")
        self.bench(model, "--input-shape", "x:0=3x4", "--runs", "1", "--output", "y:0")
        self.fails(2, ["x=3,a"], "bench", model, "--input-shape", "x=3,a")
        self.fails(2, ["NAME="], "bench", model, "--input-shape", "x")
        self.fails(2, ["'z'"], "bench", model, "--input-shape", "z=1")
        strings = self.model(placeholder("s", "DT_STRING", [1]), identity("y", "s", "DT_STRING"))
        self.fails(2, ["'s'", "string", "--input"], "bench", strings)


if __name__ == "__main__":
    main()
