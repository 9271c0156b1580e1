"""The tools that write a graph in another form: for TensorBoard, as a memmapped package, as a header of operators."""
import json
import shutil
import struct
import subprocess

from command_case import identity, main, node, placeholder
from tf_case import FORMATS, SHAPES_PB, ToolCase, call


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 128:
            return value, at


def fields(data):
    """(number, value) of each field of a message."""
    at, found = 0, []
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 1:
            value, at = data[at:at + 8], at + 8
        elif tag & 7 == 5:
            value, at = data[at:at + 4], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        found.append((tag >> 3, value))
    return found


class TensorBoard(ToolCase):
    def records(self, folder):
        (path,) = folder.glob("events.out.tfevents.*")
        data, at, records = path.read_bytes(), 0, []
        while at < len(data):
            size, check = struct.unpack("<QI", data[at:at + 12])
            self.assertEqual(check, masked(data[at:at + 8]))
            body = data[at + 12:at + 12 + size]
            self.assertEqual(struct.unpack("<I", data[at + 12 + size:at + 16 + size])[0], masked(body))
            records.append(dict(fields(body)))
            at += 16 + size
        return records

    def test_a_graph_as_events(self):
        model = self.model(placeholder("x"), identity("y", "x"))
        out = self.dir / "training_summaries" / "retrained"
        self.works("graph_pb2tb", out, model)
        version, graph = self.records(out)
        self.assertEqual(version[3], b"brain.Event:2")
        self.assertEqual(len(version[1]), 8)
        self.file("graph.pb", graph[4])
        self.assertEqual(self.works("compare_graphs", self.dir / "graph.pb", model), "Graphs are equal.\n")

    def test_a_saved_model_too(self):
        out = self.dir / "log"
        said = self.works("import_pb_to_tensorboard", "--model_dir", FORMATS / "v1_tags" / "model", "--log_dir", out, "--tag_set=doubled,serve")
        self.assertEqual(said, f"Model Imported. Visualize by running: tensorboard --logdir={out}\n")
        self.assertEqual(len(self.records(out)), 2)
        self.refuses(2, ["want --log_dir"], "import_pb_to_tensorboard", "--model_dir=x")
        self.refuses(1, ["none.pb"], "import_pb_to_tensorboard", "--model_dir=none.pb", f"--log_dir={self.dir / 'no'}")


class Memmapped(ToolCase):
    def convert(self, model, *flags):
        out = self.dir / "package.pb"
        return out, self.works("convert_graphdef_memmapped_format", f"--in_graph={model}", f"--out_graph={out}", *flags)

    def directory(self, path):
        data = path.read_bytes()
        start, = struct.unpack("<Q", data[-8:])
        regions = []
        for number, element in fields(data[start:-8]):
            self.assertEqual(number, 1)
            entry = dict(fields(element))
            regions.append((entry.get(1, 0), entry[2].decode(), entry[3]))
        return data, start, regions

    def test_the_layout_byte_by_byte(self):
        def const(name, values, dtype="DT_FLOAT"):
            return node(name, "Const", dtype=f"type: {dtype}",
                        value=f"tensor {{ dtype: {dtype} tensor_shape {{ dim {{ size: {len(values)} }} }} float_val: {values} }}")
        model = self.model(const("a/w", [1, 2, 3]), const("a_w", [4, 5, 6]), const("b", [7]), placeholder("x"), node("y", "Add", "a/w", "a_w", T="type: DT_FLOAT"))
        out, said = self.convert(model, "--min_conversion_tensor_size=12")
        self.assertEqual(said, "Converted 2 nodes\n")
        data, start, regions = self.directory(out)
        graph = regions[2]
        self.assertEqual(regions[:2], [(0, "memmapped_package://a_w", 12), (64, "memmapped_package://a_w_", 12)])
        self.assertEqual(graph[:2], (76, "memmapped_package://."), "the graph starts right after the last region")
        self.assertEqual(graph[0] + graph[2], start)
        self.assertEqual(data[:12], struct.pack("<3f", 1, 2, 3))
        self.assertEqual(data[12:64], bytes(52))
        self.assertEqual(data[64:76], struct.pack("<3f", 4, 5, 6))
        self.assertEqual(data[start - graph[2]:start].count(b"ImmutableConst"), 2)
        structure = self.works("summarize_graph", f"--in_graph={out}", "--print_structure")
        self.assertIn("a/w (Const): []", structure)
        self.assertIn("b (Const): []", structure)

    def test_the_package_runs(self):
        out, said = self.convert(SHAPES_PB, "--min_conversion_tensor_size=1000")
        self.assertRegex(said, r"^Converted \d+ nodes\n$")
        self.assertNotEqual(said, "Converted 0 nodes\n")
        self.same_answers(SHAPES_PB, out)

    def test_quantised_strings_and_empty_ones_stay(self):
        model = self.model(node("q", "Const", dtype="type: DT_QUINT8", value='tensor { dtype: DT_QUINT8 tensor_shape { dim { size: 4 } } tensor_content: "abcd" }'),
                           node("s", "Const", dtype="type: DT_STRING", value='tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "long enough" }'),
                           node("e", "Const", dtype="type: DT_FLOAT", value='tensor { dtype: DT_FLOAT tensor_shape { dim { size: 0 } } }'))
        self.assertEqual(self.convert(model, "--min_conversion_tensor_size=1")[1], "Converted 0 nodes\n")

    def test_errors(self):
        out = self.file("out.pb", b"before")
        self.refuses(255, ["must be > 0"], "convert_graphdef_memmapped_format", f"--in_graph={SHAPES_PB}", f"--out_graph={out}", "--min_conversion_tensor_size=0")
        self.refuses(255, ["none.pb"], "convert_graphdef_memmapped_format", "--in_graph=none.pb", f"--out_graph={out}")
        bad = self.model(node("c", "Const", dtype="type: DT_FLOAT", value='tensor { dtype: DT_FLOAT tensor_shape { dim { size: 4 } } tensor_content: "abc" }'))
        self.refuses(255, ["'c'"], "convert_graphdef_memmapped_format", f"--in_graph={bad}", f"--out_graph={out}")
        self.assertEqual(out.read_bytes(), b"before")


class SelectiveRegistration(ToolCase):
    def predicates(self, header, *questions):
        """What a compiler makes of the header."""
        compiler = shutil.which("c++") or shutil.which("g++")
        if compiler is None:
            self.skipTest("no C++ compiler")
        self.file("ops_to_register.h", header.encode())
        source = self.file("t.cc", ('#include "ops_to_register.h"\n' + "".join(f"static_assert({q}, \"\");\n" for q in questions) + "int main() {}\n").encode())
        done = subprocess.run([compiler, "-std=c++11", "-fsyntax-only", source], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_operators_of_models_and_their_functions(self):
        header = self.works("print_selective_registration_header", f"--graphs={SHAPES_PB},{FORMATS / 'v2_loop' / 'model'}")
        for op in ("Conv2D", "MatMul", "NoOp", "_Recv", "StatefulPartitionedCall"):
            self.assertIn(f'    "{op}",\n', header)
        self.assertIn("#define SHOULD_REGISTER_OP_GRADIENT false", header)
        self.predicates(header, 'SHOULD_REGISTER_OP("Conv2D")', '!SHOULD_REGISTER_OP("Conv3D")', 'SHOULD_REGISTER_OP_KERNEL("Any<thing>")')

    def test_a_list_names_the_kernels(self):
        pairs = self.file("ops.json", json.dumps([["Add", "BinaryOp<CPUDevice, functor::add<float>>"], ["AccumulateNV2", None]]).encode())
        header = self.works("print_selective_registration_header", f"--graphs={pairs}", "--proto_fileformat=ops_list")
        self.predicates(header, 'SHOULD_REGISTER_OP("AccumulateNV2")', 'SHOULD_REGISTER_OP_KERNEL("BinaryOp< CPUDevice,functor::add<float>>")',
                        'SHOULD_REGISTER_OP_KERNEL("NoOp")', '!SHOULD_REGISTER_OP_KERNEL("BinaryOp")')

    def test_all_and_errors(self):
        self.predicates(self.works("print_selective_registration_header", f"--graphs={SHAPES_PB}", "--default_ops=all"), 'SHOULD_REGISTER_OP("X")', "SHOULD_REGISTER_OP_GRADIENT")
        self.refuses(2, ["want --graphs"], "print_selective_registration_header")
        self.refuses(2, ["'proto'"], "print_selective_registration_header", f"--graphs={SHAPES_PB}", "--proto_fileformat=proto")
        self.refuses(2, ["operator:kernel"], "print_selective_registration_header", f"--graphs={SHAPES_PB}", "--default_ops=NoOp")
        self.refuses(1, ["ops.json"], "print_selective_registration_header", f"--graphs={self.file('ops.json', b'[1]')}", "--proto_fileformat=ops_list")


if __name__ == "__main__":
    main()
