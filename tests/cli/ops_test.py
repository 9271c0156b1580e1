"""rivulet ops: the operators, their types, and how many golden cases prove each."""
import csv
import json
import os
import re
import unittest

from command_case import ROOT, CommandCase, main, node

# How a table of operators may name dtypes.
SHORT = dict(f32="float32", f16="float16", bf16="bfloat16", f64="float64", i8="int8", i16="int16", i32="int32", i64="int64",
             u8="uint8", u16="uint16", u32="uint32", u64="uint64", b="bool", s="string", c64="complex64", c128="complex128",
             qi8="qint8", qu8="quint8", qi16="qint16", qu16="quint16", qi32="qint32", res="resource", var="variant")

# Kernels that TensorFlow registers and that no graph can have: the operator's definition leaves the dtype out ...
UNREACHABLE = {
    "BatchMatrixSolve": "complex64 complex128", "BatchSelfAdjointEigV2": "complex64 complex128",
    "Bincount": "bfloat16 complex64 complex128 float16 int8 int16 uint8 uint16", "CompareAndBitpack": "bfloat16 uint8 uint16",
    "CropAndResize": "bfloat16",
    "CropAndResizeGradBoxes": "bfloat16", "HistogramFixedWidth": "bfloat16 float16 int8 int16 uint8 uint16",
    "LeakyRelu": "int8 int16 int32 int64 uint8 uint16", "LeakyReluGrad": "int8 int16 int32 int64 uint8 uint16",
    "RandomCrop": "bfloat16 float16 uint16", "ResizeNearestNeighborGrad": "int16 int64 uint16",
    "ScatterMax": "int8 int16 uint8 uint16", "ScatterMin": "int8 int16 uint8 uint16", "ScatterNdAdd": "bool", "ScatterNdSub": "bool",
    # ... or the kernel refuses it; a conjugate of a variant is nowhere defined.
    "Conj": "variant", "RandomGamma": "bfloat16", "Transpose": "resource variant", "ConjugateTranspose": "resource variant",
    # References written into bytes would mean nothing to who reads them.
    "SerializeTensor": "resource variant", "TensorSummary": "resource variant", "TensorSummaryV2": "resource variant",
}


def dtypes_of_row(text):
    """'T: f32 f64; Tidx: i32', 'T=f32,Tout=f64 / ...' or 'f32 f64' (of the attribute None) to [(attribute, dtypes)]."""
    text = text.split("(")[0].strip()
    if text == "any":
        return []
    wanted = []
    for part in text.replace(" / ", ";").replace(",", ";").split(";"):
        attribute, _, names = part.replace("=", ":").rpartition(":")
        wanted.append((attribute.strip() or None, {SHORT[name] for name in names.split() if name in SHORT}))
    return wanted


def what_lacks(row, op):
    """What the operator lacks of the dtypes of its row."""
    types = op["types"]
    for attribute, wanted in dtypes_of_row(row["dtypes_all_cpu"]):
        if attribute is None:
            attribute = next((name for name in ("T", "dtype") if name in types), next(iter(types), None))
        if attribute in types:  # others are not chosen by the graph, or any type will do
            yield from sorted(wanted - set(types[attribute]) - set(UNREACHABLE.get(row["op"], "").split()))


class Ops(CommandCase):
    def test_an_engine_for_codes_has_their_types(self):
        model = self.model('node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }',
                           node("y", "FakeQuantWithMinMaxArgs", "x"))
        self.fine("ops", "--for", model, "--narrow", self.dir / "narrow")
        built = (self.dir / "narrow" / "built.h").read_text()
        self.assertIn("DType::kUint8,", built)
        self.assertIn("DType::kInt8,", built)

    def test_list(self):
        lines = self.fine("ops").splitlines()
        total = re.fullmatch(r"(\d+) operators · (\d+) op × dtype pairs, each with a recorded TensorFlow value · "
                             r"(\d+) refused by name · input pipelines are dead weight", lines[-1])
        count, pairs, refused = map(int, total.groups())
        self.assertGreater(refused, 20)
        self.assertEqual(count, len(lines) - 1)
        self.assertGreater(pairs, count)
        self.assertRegex("\n".join(lines), r"(?m)^Conv2D +5 types +\d+ golden cases$")

    def test_one(self):
        text = self.fine("ops", "Conv2D")
        self.assertIn("Conv2D(input:T, filter:T) -> (output:T)", text)
        self.assertRegex(text, r"golden cases by T: .*float32×\d+")
        found = json.loads(self.fine("ops", "Conv2D", "--json"))
        self.assertEqual(found["name"], "Conv2D")
        self.assertIn("float32", found["types"]["T"])
        self.fails(2, ["'Conv2E'", "'Conv2D'"], "ops", "Conv2E")

    def test_refused(self):
        self.assertRegex(self.fine("ops", "_Recv"), r"^_Recv is not run: it hands values between devices")
        self.assertIn("feed", json.loads(self.fine("ops", "TensorSliceDataset", "--json"))["refused"])
        listed = {op["name"]: op for op in json.loads(self.fine("ops", "--json"))}
        self.assertIn("files", listed["WriteFile"]["refused"])
        self.assertTrue(listed["MatMul"]["gradient"])
        self.assertFalse(listed["Where"]["gradient"])
        self.assertEqual(listed["MatMul"]["exactness"], "rule")
        self.assertEqual(listed["ArgMax"]["exactness"], "exact")

    def test_for(self):
        model = ROOT / "models" / "shapes" / "shapes.pb"
        lines = self.fine("ops", "--for", model).splitlines()
        self.assertIn("Conv2D T=float32", lines)
        self.assertRegex(lines[-1], rf"^{len(lines) - 1} operators, 0 without kernel$")
        other = self.model(node("a", "WriteFile"), node("b", "NoOp"))
        named = {op["name"]: op for op in json.loads(self.fine("ops", "--for", model, other, "--json"))}
        self.assertEqual((named["WriteFile"]["runs"], named["NoOp"]["runs"]), (False, True))
        self.assertIn("Conv2D", named)
        self.assertIn("WriteFile: no kernel for this operator: a model may not read", self.fine("ops", "--for", other))
        self.fails(1, ["nothing.pb"], "ops", "--for", "nothing.pb")

    def test_page(self):
        page = (ROOT / "docs" / "operators.md").read_text()
        self.assertTrue(page == self.fine("ops", "--page"), "docs/operators.md is old: rivulet ops --page > docs/operators.md")

    @unittest.skipUnless("RIVULET_OPS_TABLE" in os.environ, "RIVULET_OPS_TABLE does not name a table of operators (columns op, dtypes_all_cpu)")
    def test_every_operator_of_a_table(self):
        listed = {op["name"]: op for op in json.loads(self.fine("ops", "--json"))}
        refused, wrong = 0, {}
        with open(os.environ["RIVULET_OPS_TABLE"]) as table:
            rows = list(csv.DictReader(table, delimiter="\t"))
        self.assertGreater(len(rows), 0)
        for row in rows:
            op = listed.get(row["op"])
            if op is None:
                wrong[row["op"]] = "unknown"
            elif "refused" in op:
                refused += 1
            elif not op["proved"]:
                wrong[row["op"]] = "not proved"
            elif lacking := list(what_lacks(row, op)):
                wrong[row["op"]] = " ".join(lacking)
        self.assertEqual(wrong, {})
        self.assertLess(refused, 60)

    def test_json_has_the_cases_of_the_recordings(self):
        listed = {op["name"]: op for op in json.loads(self.fine("ops", "--json")) if "refused" not in op}
        counted = 0
        with open(ROOT / "tests" / "golden" / "coverage.tsv") as table:
            for op, attribute, dtype, count in csv.reader(table, delimiter="\t"):
                if op not in listed:
                    continue
                cases = listed[op]["golden_cases"]
                self.assertEqual(cases[attribute][dtype] if attribute else cases, int(count), (op, attribute, dtype))
                counted += 1
        self.assertGreater(counted, len(listed))
        # No pair without a case.
        for op in listed.values():
            for attribute, types in op["types"].items():
                for dtype in set(types) - {"resource", "variant"}:
                    self.assertGreater(op["golden_cases"].get(attribute, {}).get(dtype, 0), 0, (op["name"], attribute, dtype))


if __name__ == "__main__":
    main()
