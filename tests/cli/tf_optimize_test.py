"""optimize_for_inference and evaluate."""
import shutil

from command_case import identity, main, node, placeholder
from tf_case import SAMPLES, SHAPES_PB, ToolCase, call

FLOAT = "type: DT_FLOAT"
ONE = "tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 }"


class Optimize(ToolCase):
    def optimize(self, model, *flags, text=True):
        out = self.dir / ("out.pbtxt" if text else "out.pb")
        self.works("optimize_for_inference", f"--input={model}", f"--output={out}", *(["--frozen_graph=false"] if text else []), *flags)
        return out

    def test_what_training_needed_goes(self):
        model = self.model(placeholder("jpeg", "DT_STRING"), node("decode", "DecodeJpeg", "jpeg"), node("cast", "Cast", "decode", SrcT="type: DT_UINT8", DstT=FLOAT),
                           identity("in", "cast"), node("check", "CheckNumerics", "in", T=FLOAT, message='s: "?"'), node("k", "Const", dtype=FLOAT, value=ONE),
                           node("mul", "Mul", "check", "k", T=FLOAT), identity("out", "mul"), node("loss", "Sub", "out", "k", T=FLOAT))
        ops = self.works("summarize_graph", f"--in_graph={self.optimize(model, '--input_names=cast', '--output_names=out')}", "--print_structure")
        self.assertIn("mul (Mul): [cast, k]", ops)
        self.assertIn("out (Identity): [mul]", ops, "what is fetched keeps its name")
        self.assertIn("(name=cast, type=float(1), shape=None)", ops)
        for gone in ("DecodeJpeg", "CheckNumerics", "loss"):
            self.assertNotIn(gone, ops)

    def test_the_tutorials_call_changes_no_answer(self):
        for more in ([], ["--toco_compatible=true"]):
            out = self.optimize(SHAPES_PB, '--input_names="input"'.replace('"', ""), "--output_names=probability", *more, text=False)
            self.same_answers(SHAPES_PB, out)
            self.assertLessEqual(int(self.works("count_ops", out)), int(self.works("count_ops", SHAPES_PB)))

    def test_batch_norms_and_resizing_are_folded(self):
        out = self.optimize(SHAPES_PB, "--input_names=input", "--output_names=probability", text=False)
        self.assertLess(int(self.works("count_ops", out)), int(self.works("count_ops", SHAPES_PB)))

    def test_placeholders_become_constants(self):
        model = self.model(placeholder("x"), placeholder("phase_train", "DT_BOOL"), placeholder("keras_learning_phase", "DT_BOOL"), placeholder("rate"),
                           node("both", "LogicalAnd", "phase_train", "keras_learning_phase"), node("out", "Select", "both", "x", "rate", T=FLOAT))
        out = self.optimize(model, "--input_names=x", "--output_names=out", "--placeholder_to_const_names=phase_train=False, rate=0.5")
        ops = self.works("summarize_graph", f"--in_graph={out}", "--print_structure")
        self.assertIn("phase_train (Const): [], value=Tensor<type: bool shape: [] values: False>", ops)
        self.assertIn("keras_learning_phase (Const)", ops)
        self.assertIn("values: 0.5>", ops)

    def test_errors(self):
        out = self.file("out.pb", b"before")
        flags = ["optimize_for_inference", f"--input={SHAPES_PB}", f"--output={out}"]
        self.refuses(1, ["want --output_names"], *flags)
        self.refuses(1, ["'final_result'", "nearest"], *flags, "--output_names=final_result")
        self.refuses(1, ["'inptu'; nearest: 'input'"], *flags, "--input_names=inptu", "--output_names=probability")
        self.refuses(1, ["name=value"], *flags, "--output_names=probability", "--placeholder_to_const_names=x")
        self.refuses(1, ["'probability' is a Softmax"], *flags, "--output_names=probability", "--placeholder_to_const_names=probability=1")
        self.refuses(1, ["'gone'"], "optimize_for_inference", f"--input={self.model(identity('y', 'gone'))}", f"--output={out}", "--output_names=y")
        self.assertEqual(out.read_bytes(), b"before")


class Evaluate(ToolCase):
    FLAGS = ["--input_layer=input", "--output_layer=probability", "--logits_layer=logits/bias", "--input_size=64", "--input_mean=127.5", "--input_std=127.5"]

    def pictures(self):
        folder = self.dir / "photos"
        labels = (SAMPLES.parent / "labels.txt").read_text().split()
        for label in labels:
            (folder / label).mkdir(parents=True)
            # Each class has a picture, that of another class where it has no JPEG of its own.
            own = sorted(SAMPLES.glob(f"{label}*.jpg")) or [SAMPLES / "star.jpg"]
            shutil.copy(own[0], folder / label / "a_nohash_1.jpg")
        return folder, labels

    def test_pictures_are_counted(self):
        folder, labels = self.pictures()
        right = sum(bool(list(SAMPLES.glob(f"{label}*.jpg"))) for label in labels)
        out = self.works("evaluate", SHAPES_PB, f"--image_dir={folder}", *self.FLAGS, "--testing_percentage=100", "--validation_percentage=0")
        self.assertRegex(out, rf"^Accuracy: {right / len(labels):g}\nCross Entropy: \d+\.?\d*\n$")

    def test_the_parts_are_those_of_retraining(self):
        """SHA-1 of the path up to _nohash_, modulo 2^27, as a percentage."""
        import hashlib
        folder, labels = self.pictures()
        percent = {label: int(hashlib.sha1(f"{folder}/{label}/a".encode()).hexdigest(), 16) % 2 ** 27 * (100 / (2 ** 27 - 1)) for label in labels}
        chosen = [label for label, p in percent.items() if 20 <= p < 70]
        right = sum(bool(list(SAMPLES.glob(f"{label}*.jpg"))) for label in chosen)
        out = self.works("evaluate", SHAPES_PB, f"--image_dir={folder}", *self.FLAGS, "--testing_percentage=50", "--validation_percentage=20") if chosen else ""
        self.assertIn(f"Accuracy: {right / len(chosen):g}\n" if chosen else "", out)

    def test_errors(self):
        folder, _ = self.pictures()
        self.refuses(2, ["want graph"], "evaluate")
        self.refuses(1, ["'final_result'"], "evaluate", SHAPES_PB, f"--image_dir={folder}", "--input_layer=input")
        self.refuses(1, ["two classes"], "evaluate", SHAPES_PB, f"--image_dir={self.dir}", *self.FLAGS)
        self.refuses(1, ["test part"], "evaluate", SHAPES_PB, f"--image_dir={folder}", *self.FLAGS, "--testing_percentage=0")


if __name__ == "__main__":
    main()
