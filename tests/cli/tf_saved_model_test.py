"""saved_model_cli and inspect_checkpoint: TensorFlow 2.21's own tools print the same, but for the order of sets and blanks in arrays."""
import struct

from command_case import main, npy, read_npy
from tf_case import FORMATS, ToolCase, tool

TAGS = FORMATS / "v1_tags" / "model"
EXAMPLES = FORMATS / "v1_examples" / "model"

SIGNATURE = """The given SavedModel SignatureDef contains the following input(s):
  inputs['x'] tensor_info:
      dtype: DT_FLOAT
      shape: (-1, 3)
      name: x:0
The given SavedModel SignatureDef contains the following output(s):
  outputs['norm'] tensor_info:
      dtype: DT_FLOAT
      shape: (-1)
      name: norm/Squeeze:0
Method name is: tensorflow/serving/predict
"""


class Show(ToolCase):
    def show(self, *flags):
        return self.works("saved_model_cli", "show", "--dir", TAGS, *flags)

    def test_each_level(self):
        self.assertEqual(self.show(), "The given SavedModel contains the following tag-sets:\n'doubled, serve'\n'serve'\n")
        self.assertEqual(self.show("--tag_set", "serve"), "The given SavedModel MetaGraphDef contains SignatureDefs with the following keys:\n"
                         'SignatureDef key: "norm"\nSignatureDef key: "serving_default"\n')
        self.assertEqual(self.show("--tag_set=doubled,serve", "--signature_def=norm"), SIGNATURE)
        self.assertIn("The MetaGraph with tag set ['serve'] contains the following ops: {'Assign', 'ConcatV2', ", self.show("--tag_set=serve", "--list_ops"))

    def test_all(self):
        text = self.show("--all")
        self.assertIn("\nMetaGraphDef with tag-set: 'serve' contains the following SignatureDefs:\n\nsignature_def['norm']:\n  The given", text)
        self.assertIn("\n    outputs['norm'] tensor_info:\n        dtype: DT_FLOAT\n        shape: (-1)\n        name: norm/Squeeze:0\n  Method name is:", text)
        self.assertIn("tag-set: 'serve, doubled'", text)

    def test_models_of_tensorflow_2(self):
        for name in ("v2_table", "v2_examples", "v2_loop", "v2_text", "v1_text"):
            if (FORMATS / name / "model").exists():
                self.assertIn("\nsignature_def['", self.works("saved_model_cli", "show", "--dir", FORMATS / name / "model", "--all"))

    def test_scan(self):
        self.assertEqual(self.works("saved_model_cli", "scan", "--dir", TAGS, "--tag_set=serve"),
                         "MetaGraph with tag set ['serve'] does not contain the default denylisted ops: {'PrintV2', 'ReadFile', 'WriteFile'}\n")
        out = self.works("saved_model_cli", "scan", "--dir", TAGS, "--op_denylist=MatMul,Conv2D")
        self.assertEqual(out.splitlines(), ["MetaGraph with tag set ['serve'] contains the following denylisted ops: {'MatMul'}",
                                            "MetaGraph with tag set ['serve', 'doubled'] contains the following denylisted ops: {'MatMul'}"])

    def test_errors(self):
        self.refuses(1, ["'shw'"], "saved_model_cli", "shw", "--dir", TAGS)
        self.refuses(1, ["want --dir"], "saved_model_cli", "show")
        self.refuses(1, ["'train'", "'serve'"], "saved_model_cli", "show", "--dir", TAGS, "--tag_set=train")
        self.refuses(1, ["Could not find signature", "norm, serving_default"], "saved_model_cli", "show", "--dir", TAGS, "--tag_set=serve", "--signature_def=nrm")
        self.refuses(1, ["not supported", "freeze_graph"], "saved_model_cli", "convert", "--dir", TAGS)
        self.refuses(1, ["no TPU"], "saved_model_cli", "run", "--dir", TAGS, "--init_tpu")
        self.refuses(1, ["saved_model.pb"], "saved_model_cli", "show", "--dir", self.dir, "--all")


class Run(ToolCase):
    def test_files_expressions_and_results(self):
        x = self.file("x.npy", npy("<f4", (1, 3), struct.pack("<3f", 3, 4, 0)))
        flags = ["saved_model_cli", "run", "--dir", TAGS, "--tag_set=serve", "--signature_def=norm"]
        self.assertEqual(self.works(*flags, "--inputs", f"x={x}"), "Result for output key norm:\n[3.9843442]\n")
        self.assertEqual(self.works(*flags, "--input_exprs", "x=[[6, 8, 0], (0, 0, 2)]"), "Result for output key norm:\n[7.9686885 5.612486 ]\n")
        self.assertEqual(self.works(*flags, "--input_exprs=x=np.zeros((2, 3))"), "Result for output key norm:\n[0. 0.]\n")
        out = self.dir / "new" / "folder"
        self.works(*flags, "--input_exprs", "x=[[6, 8, 0]]", "--outdir", out)
        header, data = read_npy(out / "norm.npy")
        self.assertEqual((header["shape"], data), ((1,), struct.pack("<f", 63.5 ** 0.5)))
        self.refuses(1, ["already exists", "--overwrite"], *flags, "--input_exprs", "x=[[6, 8, 0]]", "--outdir", out)
        self.works(*flags, "--input_exprs", "x=[[6, 8, 0]]", "--outdir", out, "--overwrite")

    def test_examples(self):
        text = self.works("saved_model_cli", "show", "--dir", EXAMPLES, "--all")
        self.assertIn("DT_STRING", text)

    def test_errors(self):
        flags = ["saved_model_cli", "run", "--dir", TAGS, "--tag_set=serve", "--signature_def=norm"]
        self.refuses(1, ["At least one of --inputs"], *flags)
        self.refuses(1, ["'z'", "choose from x"], *flags, "--input_exprs=z=1")
        self.refuses(1, ["key=value"], *flags, "--input_exprs=nonsense")
        self.refuses(1, ["not closed"], *flags, "--input_exprs=x=[[1, 2")
        self.refuses(1, ["pickle"], *flags, "--inputs=x=a.pkl")
        self.refuses(1, ["np.ones", "at most", "--inputs"], *flags, "--input_exprs=x=np.ones((100000000, 100000000))")
        self.refuses(1, ["'x'"], *flags, "--input_exprs=x=os.system(1)")
        self.refuses(1, ["want --tag_set"], "saved_model_cli", "run", "--dir", TAGS, "--input_exprs=x=1")


class Checkpoints(ToolCase):
    def inspect(self, *flags):
        return self.works("inspect_checkpoint", f"--file_name={FORMATS / 'meta_graphs' / 'v2'}", *flags)

    def test_listings(self):
        self.assertEqual(self.inspect(), "dense/w (DT_FLOAT) [3,4]\n\n# Total number of params: 12\n")
        self.assertEqual(self.inspect("--all_tensor_names"), "tensor: dense/w (float32) [3, 4]\n# Total number of params: 12\n")
        values = "tensor: dense/w (float32) [3, 4]\n[[-1.   -0.75 -0.5  -0.25]\n [ 0.    0.25  0.5   0.75]\n [ 1.    1.25  1.5   1.75]]\n# Total number of params: 12\n"
        self.assertEqual(self.inspect("--all_tensors"), values)
        self.assertEqual(self.inspect("--tensor_name=dense/w"), values)
        self.assertEqual(self.inspect("--all_tensor_names", "--count_exclude_pattern=^dense"),
                         "tensor: dense/w (float32) [3, 4]\n# Excluding 1 tensors (12 params) that match ^dense when counting.\n# Total number of params: 0\n")
        self.assertIn("[[-1.   ... -0.25]\n ...\n [ 1.   ...  1.75]]", self.inspect("--tensor_name", "dense/w", "--printoptions", "threshold=5", "edgeitems=1"))

    def test_both_versions_and_every_type(self):
        self.assertIn("dense/w (DT_FLOAT) [3,4]", self.works("inspect_checkpoint", f"--file_name={FORMATS / 'meta_graphs' / 'v1'}"))
        out = self.works("inspect_checkpoint", f"--file_name={FORMATS / 'every_dtype' / 'model.index'}", "--all_tensors")
        for name in ("float16", "bfloat16", "complex128", "qint32", "string", "bool", "uint64"):
            self.assertIn(f"({name})", out)
        self.assertNotIn("?", out)

    def test_errors(self):
        prefix = FORMATS / "meta_graphs" / "v2"
        self.refuses(1, ["want --file_name"], "inspect_checkpoint")
        self.refuses(1, ["no checkpoint"], "inspect_checkpoint", "--file_name=nowhere")
        self.refuses(1, ["Tensor dense/v not found", "'dense/w'"], "inspect_checkpoint", f"--file_name={prefix}", "--tensor_name=dense/v")
        self.refuses(2, ["'frobs'"], "inspect_checkpoint", f"--file_name={prefix}", "--printoptions", "frobs=1")
        self.refuses(2, ["--count_exclude_pattern"], "inspect_checkpoint", f"--file_name={prefix}", "--count_exclude_pattern=(")


if __name__ == "__main__":
    main()
