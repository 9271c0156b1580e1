"""freeze_graph: GraphDef, MetaGraphDef and SavedModel with their checkpoints."""
import json
import shutil

from command_case import main
from tf_case import FORMATS, SHAPES_PB, ToolCase, call


class Freeze(ToolCase):
    def freeze(self, *flags):
        out = self.dir / "frozen.pb"
        said = self.works("freeze_graph", *flags, f"--output_graph={out}")
        return out, said


    def test_meta_graphs_with_both_kinds_of_checkpoint(self):
        folder = FORMATS / "meta_graphs"
        want = json.loads((FORMATS / "meta_graphs.json").read_text())[0]
        for kind in ("v1", "v2", "shards"):
            out, said = self.freeze(f"--input_meta_graph={folder / kind}.meta", f"--input_checkpoint={folder / kind}", "--input_binary=true",
                                    "--output_node_names=y")
            self.assertEqual(said, "Froze 2 variables.\nConverted 2 variables to const ops.\n10 ops in the final graph.\n")
            summary = self.works("summarize_graph", f"--in_graph={out}")
            self.assertIn("No variables spotted.", summary)
            self.assertNotIn("assigned to device", summary)
            done = call("run", out, "--input", f"x=={want['x']}", "--output", "y")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("2.5", done.stdout)

    def test_a_plain_graph_finds_parts_by_its_restore_nodes(self):
        """Partitioned variables, which the original refuses from a GraphDef."""
        graph = self.dir / "graph.pbtxt"
        meta = FORMATS / "meta_graphs" / "v2.meta"
        self.works("strip_unused", f"--input_graph={meta}", f"--output_graph={graph}", "--output_binary=false", "--output_node_names=y,save/restore_all")
        out, said = self.freeze(f"--input_graph={graph}", f"--input_checkpoint={FORMATS / 'meta_graphs' / 'v2'}", "--output_node_names=y:0")
        self.assertIn("Froze 2 variables.", said)
        again, _ = self.freeze(f"--input_meta_graph={meta}", f"--input_checkpoint={FORMATS / 'meta_graphs' / 'v2'}", "--output_node_names=y")
        self.assertEqual(out.read_bytes(), again.read_bytes())

    def test_saved_models(self):
        for name, output in (("v1_table", "found"), ("v1_tags", "norm/Squeeze"), ("v1_text", None)):
            folder = FORMATS / name / "model"
            if output is None:
                continue
            out, said = self.freeze(f"--input_saved_model_dir={folder}", f"--output_node_names={output}")
            self.assertNotIn("Froze 0", said)
            self.assertIn("No variables spotted.", self.works("summarize_graph", f"--in_graph={out}"))

    def test_lists_of_variables_and_devices(self):
        flags = [f"--input_saved_model_dir={FORMATS / 'v1_tags' / 'model'}", "--output_node_names=norm/Squeeze"]
        out, said = self.freeze(*flags, "--variable_names_whitelist=dense/w/part_0")
        self.assertIn("Froze 1 variables.", said)
        out, said = self.freeze(*flags, "--variable_names_blacklist=dense/w/part_0,dense/w/part_1", "--noclear_devices")
        self.assertIn("Froze 0 variables.", said)
        self.assertNotIn("No variables spotted", self.works("summarize_graph", f"--in_graph={out}"))
        graph = self.dir / "d.pbtxt"
        graph.write_text('node { name: "dense/w" op: "VariableV2" device: "/cpu:0" attr { key: "dtype" value { type: DT_FLOAT } } }')
        flags = [f"--input_graph={graph}", f"--input_checkpoint={FORMATS / 'meta_graphs' / 'v2'}", "--output_node_names=dense/w"]
        out, _ = self.freeze(*flags, "--noclear_devices")
        self.assertIn("device '/cpu:0'", self.works("summarize_graph", f"--in_graph={out}"))
        out, _ = self.freeze(*flags)
        self.assertNotIn("device '/cpu:0'", self.works("summarize_graph", f"--in_graph={out}"))

    def test_a_resource_variable_and_its_readers(self):
        graph = self.dir / "graph.pbtxt"
        graph.write_text('''
            node { name: "v" op: "VarHandleOp" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { dim { size: 3 } dim { size: 4 } } } }
                   attr { key: "shared_name" value { s: "dense/w" } } }
            node { name: "i" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } } }
            node { name: "read" op: "ReadVariableOp" input: "v" input: "^i" attr { key: "dtype" value { type: DT_FLOAT } } }
            node { name: "row" op: "ResourceGather" input: "v" input: "i" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "Tindices" value { type: DT_INT32 } } }
            node { name: "size" op: "VariableShape" input: "v" attr { key: "out_type" value { type: DT_INT32 } } }
            node { name: "there" op: "VarIsInitializedOp" input: "v" }
            node { name: "write" op: "AssignVariableOp" input: "v" input: "read" attr { key: "dtype" value { type: DT_FLOAT } } }
            node { name: "call" op: "PartitionedCall" input: "v" }''')
        flags = [f"--input_graph={graph}", f"--input_checkpoint={FORMATS / 'meta_graphs' / 'v2'}"]
        out, _ = self.freeze(*flags, "--output_node_names=read,row,size,there")
        text = self.dir / "t.pbtxt"
        self.works("strip_unused", f"--input_graph={out}", f"--output_graph={text}", "--output_binary=false", "--output_node_names=read,row,size,there")
        ops = self.works("summarize_graph", f"--in_graph={out}", "--print_structure")
        for line in ("read (Identity): [v, ^i]", "row (GatherV2): [v, i, row/axis]", "size (Shape): [v]", "there (Const): []"):
            self.assertIn(line, ops)
        done = call("run", out, "--input", "i==1", "--output", "row", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refuses(1, ["'write' (AssignVariableOp)", "'v'"], "freeze_graph", *flags, "--output_node_names=write")
        self.refuses(1, ["'call' (PartitionedCall)", "'v'"], "freeze_graph", *flags, "--output_node_names=call")

    def test_errors(self):
        meta = FORMATS / "meta_graphs"
        flags = ["freeze_graph", f"--input_meta_graph={meta / 'v2.meta'}", f"--input_checkpoint={meta / 'v2'}", f"--output_graph={self.dir / 'no.pb'}"]
        self.refuses(1, ["--output_node_names"], *flags)
        self.refuses(1, ["no node is called 'yy'", "'y'"], *flags, "--output_node_names=yy")
        self.refuses(1, ["doesn't exist!", "nowhere"], *flags, "--output_node_names=y", "--input_checkpoint=nowhere")
        self.refuses(1, ["'inti'", "'init'"], *flags, "--output_node_names=y", "--initializer_nodes=inti")
        self.refuses(1, ["Invalid checkpoint version"], *flags, "--output_node_names=y", "--checkpoint_version=3")
        self.refuses(2, ["--checkpoint_version"], *flags, "--output_node_names=y", "--checkpoint_version=two")
        self.refuses(1, ["freeze a graph twice"], "freeze_graph", f"--input_graph={SHAPES_PB}", f"--input_checkpoint={meta / 'v2'}", "--output_node_names=probability")
        self.refuses(1, ["'foo'"], "freeze_graph", f"--input_saved_model_dir={FORMATS / 'v1_table' / 'model'}", "--saved_model_tags=foo", "--output_node_names=found")
        broken = self.dir / "ck"
        broken.mkdir()
        for path in meta.glob("v2.*"):
            shutil.copy(path, broken)
        data = bytearray((broken / "v2.data-00000-of-00001").read_bytes())
        data[4] ^= 1
        (broken / "v2.data-00000-of-00001").write_bytes(data)
        self.refuses(1, ["checksum"], *flags, "--output_node_names=y", f"--input_checkpoint={broken / 'v2'}")
        self.assertFalse((self.dir / "no.pb").exists())


if __name__ == "__main__":
    main()
