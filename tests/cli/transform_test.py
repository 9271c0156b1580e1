"""rivulet transform: graphs changed step by step."""
from command_case import ROOT, CommandCase, main

MODEL = ROOT / "models" / "shapes" / "shapes.pb"


class Transform(CommandCase):
    def transform(self, transforms, *more):
        return self.fine("transform", MODEL, "-o", self.dir / "out.pb", "--transforms", transforms, *more)

    def output(self):
        (line,) = [l for l in self.fine("inspect", MODEL).splitlines() if l.startswith("output ")]
        return line.split()[1]

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

    def test_the_steps_are_listed(self):
        lines = self.fine("transform", "--list").splitlines()
        self.assertIn("round_weights", {line.split()[0] for line in lines})
        self.assertEqual(lines, sorted(lines))

    def test_a_bad_call_changes_nothing(self):
        (self.dir / "out.pb").write_bytes(b"before")
        self.fails(2, ["'round_weights'"], "transform", MODEL, "-o", self.dir / "out.pb", "--transforms", "rond_weights")
        self.fails(2, ["has no argument 'steps'"], "transform", MODEL, "-o", self.dir / "out.pb", "--transforms", "round_weights(steps=3)")
        self.fails(2, ["--out"], "transform", MODEL, "--transforms", "remove_device")
        self.fails(2, ["none.pb"], "transform", self.dir / "none.pb", "-o", self.dir / "out.pb", "--transforms", "remove_device")
        self.assertEqual((self.dir / "out.pb").read_bytes(), b"before")


if __name__ == "__main__":
    main()
