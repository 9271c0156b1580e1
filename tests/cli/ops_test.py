"""rivulet ops: the operators, their types, and how many golden cases prove each."""
import csv
import json
import re

from command_case import ROOT, CommandCase, main, node


class Ops(CommandCase):
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
        self.assertIn("files", listed["ReadFile"]["refused"])
        self.assertTrue(listed["MatMul"]["gradient"])
        self.assertFalse(listed["Where"]["gradient"])
        self.assertEqual(listed["MatMul"]["exactness"], "rule")
        self.assertEqual(listed["ArgMax"]["exactness"], "exact")

    def test_for(self):
        model = ROOT / "models" / "shapes" / "shapes.pb"
        lines = self.fine("ops", "--for", model).splitlines()
        self.assertIn("Conv2D T=float32", lines)
        self.assertRegex(lines[-1], rf"^{len(lines) - 1} operators, 0 without kernel$")
        other = self.model(node("a", "ReadFile"), node("b", "NoOp"))
        named = {op["name"]: op for op in json.loads(self.fine("ops", "--for", model, other, "--json"))}
        self.assertEqual((named["ReadFile"]["runs"], named["NoOp"]["runs"]), (False, True))
        self.assertIn("Conv2D", named)
        self.assertIn("ReadFile: no kernel for this operator: a model may not read", self.fine("ops", "--for", other))
        self.fails(1, ["nothing.pb"], "ops", "--for", "nothing.pb")

    def test_page(self):
        page = (ROOT / "docs" / "operators.md").read_text()
        self.assertTrue(page == self.fine("ops", "--page"), "docs/operators.md is old: rivulet ops --page > docs/operators.md")

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
