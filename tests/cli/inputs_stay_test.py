"""What a model is fed and what it is asked for are called, typed and shaped the same after every verb that writes a model."""
import json
import struct

from command_case import CommandCase, call, identity, main, node, npy, placeholder

FLOAT = "type: DT_FLOAT"
WEIGHTS = node("w", "Const", dtype=FLOAT, value="tensor { dtype: DT_FLOAT tensor_shape { dim { size: 4 } dim { size: 64 } } float_val: [" +
               ", ".join(str((i * 37 % 101 - 50) / 64) for i in range(256)) + "] }")
FED = ["--input", "x==[[1,2,3,4]]", "--input", "idle==[[5,6,7]]", "--input", "still==3"]


class InputsStay(CommandCase):
    def network(self):
        """`idle` is read by nobody, `still` only for its shape, which is known; z is what the model is fed."""
        return self.model(placeholder("idle", dims=[-1, 3]), placeholder("x", dims=[-1, 4]), placeholder("still", "DT_INT32", dims=[]), WEIGHTS,
                          node("size", "Size", "still", T="type: DT_INT32", out_type="type: DT_INT32"), node("count", "Cast", "size", SrcT="type: DT_INT32", DstT=FLOAT),
                          identity("x_too", "x"), node("m", "MatMul", "x_too", "w", T=FLOAT), node("y", "Mul", "m", "count", T=FLOAT), identity("z", "x_too"))

    def check(self, path, *outputs):
        """All are fed, and the answers are those of the model."""
        asked = [word for output in outputs for word in ("--output", output)]
        self.fine("run", path, *FED, *asked, "--save", self.dir / "after")
        self.fine("run", self.dir / "model.pbtxt", *FED, *asked, "--save", self.dir / "before")
        for output in outputs:
            self.assertEqual((self.dir / "after" / f"{output}.npy").read_bytes()[:64], (self.dir / "before" / f"{output}.npy").read_bytes()[:64])

    def test_graphs(self):
        model = self.network()
        for verb in (["freeze"], ["optimize"], ["transform", "--output", "y,z", "--input", "x,idle,still", "--transforms", "strip_unused_nodes fold_constants merge_duplicate_nodes"]):
            with self.subTest(verb=verb[0]):
                self.fine(verb[0], model, "-o", self.dir / "o.pbtxt", *verb[1:])
                self.check(self.dir / "o.pbtxt", "y", "z")
                text = (self.dir / "o.pbtxt").read_text()
                places = [text.index(f'name: "{name}"') for name in ("idle", "x", "still")]
                self.assertEqual(places, sorted(places))

    def test_packs(self):
        model = self.network()
        for verb in ("pack", "prepare", "shrink"):
            with self.subTest(verb=verb):
                self.fine(verb, model, "-o", self.dir / "o.rivulet")
                self.check(self.dir / "o.rivulet", "y", "z")
                said = json.loads(self.fine("inspect", self.dir / "o.rivulet", "--json"))
                if verb != "shrink":  # whose file does not say what is fed
                    self.assertEqual({i["name"]: (i["dtype"], i["shape"]) for i in said["metadata"]["inputs"]},
                                     {"x": ("float32", [None, 4]), "idle": ("float32", [None, 3]), "still": ("int32", [])})

    def test_what_nothing_reads_needs_no_values(self):
        """Not even a shape: every verb compares, measures and packs without."""
        model = self.model(node("idle", "Placeholder", dtype=FLOAT, shape="shape { unknown_rank: true }"), placeholder("text", "DT_STRING"), placeholder("x", dims=[-1, 4]), WEIGHTS,
                           identity("x_too", "x"), node("m", "MatMul", "x_too", "w", T=FLOAT), identity("y", "m"))
        self.assertIn("largest difference of the answers", self.fine("optimize", model, "-o", self.dir / "o.pbtxt"))
        self.assertIn('name: "idle"', (self.dir / "o.pbtxt").read_text())
        for steps in (["--transforms", "fold_constants"], ["--input", "idle,x", "--output", "y", "--transforms", "fold_constants"]):
            done = call("transform", model, "-o", self.dir / "t.pb", *steps)
            self.assertEqual((done.returncode, "Not compared" in done.stdout + done.stderr), (0, False), done.stderr)
        self.fine("bench", model, "--runs", "1")
        self.fine("compare", model, self.dir / "o.pbtxt")
        x = self.file("x.npy", npy("<f4", (1, 4), struct.pack("<4f", 1, 2, 3, 4)))
        for verb, *flags in (["pack"], ["pack", "--sample", f"x={x}"], ["prepare"], ["shrink", "--max-drop", "20%"]):
            with self.subTest(verb=verb):
                done = call(verb, model, "-o", self.dir / "o.rivulet", *flags)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("idle", done.stderr)
                if verb != "shrink":
                    said = json.loads(self.fine("check", self.dir / "o.rivulet", "--json"))
                    self.assertEqual([s["ok"] for s in said["samples"]], [True])
                    self.assertEqual({i["name"] for i in said["metadata"]["inputs"]}, {"x", "idle", "text"})

    def test_switches_of_training_have_their_value_in_use(self):
        """Also where nothing sets them: a network whose dropout keeps a share of −0.4 has no answers worth a comparison."""
        scalar = lambda name, value: node(name, "Const", dtype=FLOAT, value=f"tensor {{ dtype: DT_FLOAT tensor_shape {{}} float_val: {value} }}")
        model = self.model(placeholder("x", dims=[-1, 4]), placeholder("keep_prob", dims=[]), WEIGHTS, node("m", "MatMul", "x", "w", T=FLOAT), scalar("zero", 0),
                           node("keeps", "Greater", "keep_prob", "zero", T=FLOAT), node("share", "Cast", "keeps", SrcT="type: DT_BOOL", DstT=FLOAT), node("y", "Mul", "m", "share", T=FLOAT))
        self.fine("pack", model, "-o", self.dir / "o.rivulet")
        self.assertTrue(json.loads(self.fine("check", self.dir / "o.rivulet", "--json"))["samples"][0]["ok"])
        self.assertIn(b"rivulet/samples/0/feeds/1", (self.dir / "o.rivulet").read_bytes(), "which anybody could not make up")
        self.fine("shrink", model, "-o", self.dir / "s.rivulet", "--max-drop", "20%")
        # What optimize made has no such input; compare feeds it to the other alone.
        self.fine("optimize", model, "-o", self.dir / "o.pb")
        for fed in ([], ["--input", "keep_prob==1"]):
            done = call("compare", model, self.dir / "o.pb", *fed)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("it has no input 'keep_prob', and is not fed it", done.stderr)
        self.assertEqual(call("compare", model, self.dir / "o.pb", "--input", "keep_prob==0").returncode, 1)

    def test_what_chosen_outputs_leave_out_is_told(self):
        for verb in ("freeze", "optimize"):
            done = call(verb, self.network(), "-o", self.dir / "o.pbtxt", "--output", "z")
            self.assertEqual(done.returncode, 0, done.stderr)
            for name in ("idle", "still"):
                self.assertIn(f"input '{name}' is left out: the chosen outputs do not need it", done.stderr)
                self.assertNotIn(f'name: "{name}"', (self.dir / "o.pbtxt").read_text())

    def test_what_the_importer_of_loops_leaves_is_no_input(self):
        left = [node(f"{scope}unused_control_flow_input_3", "Placeholder", dtype=FLOAT, shape="shape { unknown_rank: true }") for scope in ("", "a/b/")]
        model = self.model(placeholder("x", dims=[1, 4]), *left, node("y", "Neg", "x", T=FLOAT))
        for verb in ("freeze", "optimize", "pack"):
            with self.subTest(verb=verb):
                done = call(verb, model, "-o", self.dir / "o.pbtxt" if verb != "pack" else self.dir / "o.rivulet")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("unused_control_flow_input", done.stdout + done.stderr)
                if verb == "optimize":
                    self.assertIn("largest difference of the answers", done.stdout)
                    self.assertNotIn("unused_control_flow_input", (self.dir / "o.pbtxt").read_text())

    def test_steps_that_would_leave_nothing_are_refused(self):
        done = call("transform", self.network(), "-o", self.dir / "o.pb", "--no-verify", "--transforms", "strip_unused_nodes")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("no node would be left; name what is fetched with --output", done.stderr)
        self.assertFalse((self.dir / "o.pb").exists())


if __name__ == "__main__":
    main()
