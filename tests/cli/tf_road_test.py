"""The tutorial's road, its command lines in their order with the programs' names alone changed, on the shapes' network. The same on
networks that TensorFlow builds, with TensorFlow beside: tests/models/check_tutorial_road.py."""
import gzip
import os
import re
import shlex
import shutil

from command_case import main
from tf_case import SAMPLES, SHAPES_LABELS, SHAPES_PB, ToolCase, call

STAR = "tf_files/flower_photos/star/star.jpg"


class Road(ToolCase):
    def setUp(self):
        super().setUp()
        self.files = self.dir / "tf_files"
        self.files.mkdir()
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.dir)
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", "--out_graph=g.pbtxt", "--transforms=remove_device", "--output_as_text")
        (self.dir / "g.pbtxt").write_text((self.dir / "g.pbtxt").read_text().replace('"probability"', '"final_result"'))
        self.works("transform_graph", "--in_graph=g.pbtxt", "--out_graph=tf_files/retrained_graph.pb", "--transforms=remove_device")
        shutil.copy(SHAPES_LABELS, self.files / "retrained_labels.txt")
        for label in SHAPES_LABELS.read_text().split():
            (self.files / "flower_photos" / label).mkdir(parents=True)
            # Five shapes have a JPEG; the star stands for the others, and is wrong there.
            for picture in list(SAMPLES.glob(f"{label}*.jpg")) or [SAMPLES / "star.jpg"]:
                shutil.copy(picture, self.files / "flower_photos" / label)

    def paste(self, line):
        """As a shell reads it: quotes, ends of lines."""
        return self.works(*shlex.split(line.replace("\\\n", " ")))

    def label(self, name):
        out = self.paste(f"label_image \\\n  --graph=tf_files/{name}_graph.pb  \\\n  --image={STAR}")
        return re.findall(r"^(\w+) \(score=(\d\.\d{5})\)$", out, re.M)

    def optimize(self):
        self.paste('optimize_for_inference \\\n  --input=tf_files/retrained_graph.pb \\\n  --output=tf_files/optimized_graph.pb \\\n'
                   '  --input_names="input" \\\n  --output_names="final_result"')

    def packed(self, name):
        data = (self.files / f"{name}_graph.pb").read_bytes()
        return len(data), len(gzip.compress(data))

    def test_the_whole_road(self):
        first = self.label("retrained")
        self.assertEqual(first[0][0], "star")
        self.optimize()
        self.assertEqual(self.label("optimized"), first, "no change to five decimals")
        for name in ("retrained", "optimized"):
            self.paste(f"graph_pb2tb tf_files/training_summaries/{name} \\\n  tf_files/{name}_graph.pb")
            self.assertEqual(len(list((self.files / "training_summaries" / name).glob("events.out.tfevents.*"))), 1)
        raw, packed = self.packed("optimized")
        self.assertGreater(packed, 0.8 * raw, "floats hardly compress")
        self.paste("quantize_graph \\\n  --input=tf_files/optimized_graph.pb \\\n  --output=tf_files/rounded_graph.pb \\\n"
                   "  --output_node_names=final_result \\\n  --mode=weights_rounded")
        rounded, rounded_packed = self.packed("rounded")
        self.assertAlmostEqual(rounded, raw, delta=0.02 * raw)
        self.assertLess(rounded_packed, 0.4 * packed)
        self.assertEqual([label for label, _ in self.label("rounded")][:1], ["star"])
        self.paste("convert_graphdef_memmapped_format --in_graph=tf_files/rounded_graph.pb --out_graph=tf_files/mmapped_graph.pb")
        self.assertEqual(self.label("mmapped"), self.label("rounded"))
        for name in ("retrained", "optimized", "rounded", "mmapped"):
            out = self.paste(f"evaluate tf_files/{name}_graph.pb --logits_layer=logits/bias --input_size=64 --testing_percentage=100 --validation_percentage=0")
            self.assertRegex(out, r"^Accuracy: 0\.5\nCross Entropy: \d+\.\d+\n$")
        self.assertEqual(call("compare", "tf_files/retrained_graph.pb", "tf_files/optimized_graph.pb").returncode, 0)

    def test_the_recipes_of_the_documents(self):
        want = self.label("retrained")
        deploy = ('strip_unused_nodes(type=float, shape="1,64,64,3") remove_nodes(op=Identity, op=CheckNumerics) fold_constants(ignore_errors=true) '
                  "fold_batch_norms fold_old_batch_norms")
        for name, more, is_same in (("deploy", "", True), ("names", " obfuscate_names", True), ("smaller", " quantize_weights", False), ("zip", " round_weights(num_steps=256)", False)):
            self.paste(f"transform_graph --in_graph=tf_files/retrained_graph.pb --out_graph=tf_files/{name}_graph.pb --inputs='input' --outputs='final_result' "
                       f"--transforms='{deploy}{more}'")
            got = self.label(name)
            self.assertEqual(got[0][0], "star", name)
            if is_same:
                self.assertEqual(got, want, name)

    def test_the_size_flag_that_the_tutorial_names(self):
        right = self.label("retrained")
        line = f"label_image --graph=tf_files/retrained_graph.pb --image={STAR} --input_size="
        self.assertEqual(re.findall(r"^(\w+) \(score=(\d\.\d{5})\)$", self.paste(line + "64"), re.M), right)
        self.refuses(255, ["--input_size", "1 to 16384"], *shlex.split(line + "0"))

    def test_a_graph_that_is_fed_in_its_middle_keeps_that_input_s_shape(self):
        """Inception's Mul is no placeholder until unneeded nodes go; its size must not go with them."""
        text = (self.dir / "g.pbtxt").read_text()
        start = text.index("node {\n  name: \"input\"") if "node {\n  name: \"input\"" in text else -1
        self.assertGreaterEqual(start, 0, "the network's input is there as text")
        text = text.replace('name: "input"', 'name: "picture"', 1)
        two = 'node { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }\n'
        mul = 'node { name: "input" op: "Mul" input: "picture" input: "two" attr { key: "T" value { type: DT_FLOAT } } }\n'
        (self.files / "retrained_graph.pb").write_text(two + mul + text)
        self.optimize()
        structure = self.paste("summarize_graph --in_graph=tf_files/optimized_graph.pb")
        self.assertIn("(name=input, type=float(1), shape=[?,64,64,3])", structure)
        self.assertEqual(self.label("optimized")[0][0], "star")


if __name__ == "__main__":
    main()
