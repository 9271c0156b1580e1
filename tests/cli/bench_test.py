"""rivulet bench: what it measures, not how fast."""
import json
import struct

from command_case import SHAPES, CommandCase, call, identity, main, node, placeholder

KEYS = ["load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms", "mean_ms", "deviation_ms", "peak_rss_kib",
        "gflops_per_s", "peak_gflops_per_s", "peak_share", "threads", "target", "flops"]


class Bench(CommandCase):
    def bench(self, *arguments):
        return json.loads(self.fine("bench", *arguments, "--json"))

    def test_keys(self):
        found = self.bench(SHAPES / "shapes.pb", "--input-shape", "input=2,64,64,3", "--runs", "5", "--threads", "2")
        for key in KEYS:
            self.assertIn(key, found)
        self.assertEqual((found["threads"], found["runs"]), (2, 5))
        self.assertTrue(0 < found["min_ms"] <= found["median_ms"] <= found["p90_ms"] <= found["p95_ms"] <= found["p99_ms"] <= found["max_ms"])
        self.assertTrue(found["min_ms"] <= found["mean_ms"] <= found["max_ms"])
        self.assertAlmostEqual(found["peak_share"], found["gflops_per_s"] / found["peak_gflops_per_s"])
        self.assertGreater(found["peak_gflops_per_s"], 0.5)
        self.assertGreater(found["load_ms"], 0)
        self.assertGreater(found["first_ms"], 0)
        self.assertGreater(found["peak_rss_kib"], 1000)
        one = self.bench(SHAPES / "shapes.pb", "--runs", "1", "--warmup", "0")  # unknown dims count as 1
        self.assertEqual(found["flops"], 2 * one["flops"])
        self.assertEqual(one["runs"], 1)
        self.assertRegex(self.fine("bench", SHAPES / "shapes.pb", "--runs", "1"), r"(?s)^load .* ms.*median .*GFLOP.* 1 thread · ")

    def test_what_is_made_up_is_told(self):
        """A picture of one pixel, or a loop of no rounds, would say little."""
        model = self.model(placeholder("x", dims=[-1, -1, -1, 3]), identity("y", "x"))
        done = call("bench", model, "--runs", "1", "--output", "y", "--json")
        self.assertIn("'x' is made up as [1,224,224,3]; --input-shape says otherwise", done.stderr)
        self.assertEqual(call("bench", SHAPES / "shapes.pb", "--runs", "1").stderr, "")
        array = node("a", "TensorArrayV3", "n", dtype="type: DT_FLOAT", element_shape="shape { dim { size: -1 } }")
        write = node("w", "TensorArrayScatterV3", "a", "at", "v", "a:1", T="type: DT_FLOAT")
        at = node("at", "Range", "zero", "n", "one", Tidx="type: DT_INT32")
        scalar = lambda name, value: node(name, "Const", dtype="type: DT_INT32", value=f"tensor {{ dtype: DT_INT32 tensor_shape {{ }} int_val: {value} }}")
        rows = node("v", "Fill", "dims", "half", T="type: DT_FLOAT", index_type="type: DT_INT32")
        dims = node("dims", "Pack", "n", "one", T="type: DT_INT32", N="i: 2", axis="i: 0")
        half = node("half", "Const", dtype="type: DT_FLOAT", value="tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0.5 }")
        y = node("y", "TensorArrayGatherV3", "a", "at", "w", dtype="type: DT_FLOAT", element_shape="shape { dim { size: -1 } }")
        model = self.model(placeholder("n", "DT_INT32", []), array, write, at, scalar("zero", 0), scalar("one", 1), rows, dims, half, y)
        self.fine("bench", model, "--runs", "1", "--output", "y")

    def test_precision(self):
        found = self.bench(SHAPES / "shapes.pb", "--runs", "1", "--precision", "fast")
        self.assertLess(found["difference"], 0.1)
        self.assertNotIn("difference", self.bench(SHAPES / "shapes.pb", "--runs", "1", "--precision", "exact"))
        text = self.fine("bench", SHAPES / "shapes.pb", "--runs", "1", "--precision", "fast")
        self.assertRegex(text, r"(?m)^precision fast: results differ from exact ones by up to .* % of the largest$")
        self.fine("compare", SHAPES / "shapes.pb", SHAPES / "shapes.pb", "--precision", "fast", "--atol", "0.1")

    def test_text(self):
        text = self.fine("bench", SHAPES / "shapes.pb", "--runs", "3", "--profile")
        self.assertRegex(text, r"(?m)^median .* p90 .* p95 .* p99 .* max .* mean .* ± .* of 3 runs$")
        self.assertRegex(text, r"(?m)^ +start [\d.]+ → loaded [\d.]+ → planned [\d.]+ → first run [\d.]+ → runs [\d.]+ MiB   [▁-█]+$")
        self.assertRegex(text, r"GFLOP/s, \d+ % of the \d+ that the processor can")
        self.assertRegex(text, r"(?m)^ +ms +% +GFLOP/s +peak % +steps +operator\n +[\d.]+ +[\d.]+ +[\d.]+ +\d+ +\d+ +_FusedConv2D$")
        self.assertRegex(text, r"(?m)^ +ms +% +GFLOP/s +peak % +slowest steps\n +[\d.]+ +[\d.]+ +[\d.]+ +\d+ +_FusedConv2D \[")
        self.assertNotIn("times as fast", text)

    def test_threads_compared(self):
        found = self.bench(SHAPES / "shapes.pb", "--runs", "2", "--threads", "1,2,3")
        self.assertEqual([each["threads"] for each in found["sweep"]], [1, 2, 3])
        self.assertEqual((found["threads"], found["median_ms"]), (1, found["sweep"][0]["median_ms"]))
        self.assertRegex(self.fine("bench", SHAPES / "shapes.pb", "--runs", "2", "--threads", "1,2"),
                         r"(?m)^threads +median ms +p90 ms +times as fast\n +1 .* 1\.00\n +2 ")
        self.fails(2, ["--threads", "0"], "bench", SHAPES / "shapes.pb", "--threads", "1,0")
        self.fails(2, ["--threads", "x"], "bench", SHAPES / "shapes.pb", "--threads", "1,x")

    def test_what_prefers_memory_never_has_file_and_packed_weights_at_once(self):
        layers, size = 8, 1024
        whole = layers * size * size * 4 / 1024

        def varint(value):
            return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)

        def field(number, content):
            return varint(number << 3) + varint(content) if isinstance(content, int) else varint(number << 3 | 2) + varint(len(content)) + content

        def node(name, op, inputs=(), **attrs):
            parts = field(1, name) + field(2, op) + b"".join(field(3, i) for i in inputs)
            return field(1, parts + b"".join(field(5, field(1, key.encode()) + field(2, value)) for key, value in attrs.items()))

        def shape(*dims):
            return b"".join(field(2, field(1, dim)) for dim in dims)

        real = field(6, 1)
        graph = node(b"x", b"Placeholder", dtype=real, shape=field(7, shape(1, size)))
        for i in range(layers):
            values = struct.pack("<f", 1e-3 * (i + 1)) * (size * size)
            graph += node(b"w%d" % i, b"Const", dtype=real, value=field(8, field(1, 1) + field(2, shape(size, size)) + field(4, values)))
            graph += node(b"y%d" % i, b"MatMul", [b"y%d" % (i - 1) if i else b"x", b"w%d" % i], T=real)
        model = self.file("m.pb", graph)
        # The peak that the system tells begins with that of the caller, which is large here.
        samples = [resident / 1024 for _, resident, _ in self.bench(model, "--runs", "2", "--prefer", "memory")["memory"]["samples"]]
        self.assertGreater(max(samples) - samples[0], 0.9 * whole)
        self.assertLess(max(samples) - samples[0], 1.4 * whole)
        self.fails(2, ["--prefer"], "bench", model, "--prefer", "size")

    def test_memory_over_time(self):
        memory = self.bench(SHAPES / "shapes.pb", "--runs", "2")["memory"]
        self.assertEqual([phase["after"] for phase in memory["phases"]], ["start", "loaded", "planned", "first run", "runs"])
        self.assertGreater(memory["phases"][-1]["tensor_bytes"], 100000)
        times = [sample[0] for sample in memory["samples"]]
        self.assertEqual(times, sorted(times))
        self.assertTrue(all(resident > 1 << 20 for _, resident, _ in memory["samples"]))

    def test_trace(self):
        path = self.dir / "trace.json"
        self.bench(SHAPES / "shapes.pb", "--runs", "3", "--trace", path)
        events = json.loads(path.read_text())["traceEvents"]
        phases = [event for event in events if event.get("cat") == "phase"]
        self.assertEqual([event["name"] for event in phases], ["load", "plan", "first run", "run", "run", "run"])
        for a, b in zip(phases, phases[1:]):
            self.assertLessEqual(a["ts"] + a["dur"], b["ts"] + 1)
        steps = [event for event in events if event.get("cat") == "step"]
        self.assertEqual(len(steps) % 3, 0)
        run = phases[-1]
        inside = [s for s in steps if s["ts"] >= run["ts"]]
        self.assertEqual(len(inside), len(steps) // 3)
        self.assertLessEqual(sum(s["dur"] for s in inside), run["dur"])
        for a, b in zip(inside, inside[1:]):
            self.assertAlmostEqual(a["ts"] + a["dur"], b["ts"], places=3)
        self.assertTrue(all(s["args"]["node"] for s in inside))
        self.assertTrue([event for event in events if event["ph"] == "C" and event["args"]["resident"] > 1])
        self.fails(1, ["no/trace.json"], "bench", SHAPES / "shapes.pb", "--runs", "1", "--trace", self.dir / "no/trace.json")

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
