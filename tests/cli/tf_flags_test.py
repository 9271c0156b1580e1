"""rivulet-tf: how the tools are called, whatever they do."""
import os

import re
import shutil
import subprocess

from command_case import ROOT, main
from tf_case import RIVULET_TF, SAMPLES, SHAPES_LABELS, SHAPES_PB, ToolCase, tool


class Calls(ToolCase):
    def transform(self, *flags):
        out = self.dir / "out.pb"
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={out}", *flags)
        return out.read_bytes()

    def test_flags_are_spelt_in_all_the_old_ways(self):
        want = self.transform("--transforms=remove_device")
        self.assertEqual(self.transform("--transforms", "remove_device"), want)
        self.assertEqual(self.transform("-transforms=remove_device"), want)
        self.assertEqual(self.transform("--transforms=remove_device", "--nooutput_as_text"), want)
        self.assertEqual(self.transform("--transforms=remove_device", "--output_as_text=false"), want)
        text = self.transform("--transforms=remove_device", "--output_as_text")
        self.assertTrue(text.startswith(b"node {\n  name: "), text[:40])
        self.assertEqual(self.transform("--transforms=remove_device", "--output_as_text", "true"), text)

    def test_a_link_is_the_tool_that_it_is_called_after(self):
        for name in ("transform_graph", "transform_graph.py"):
            os.symlink(RIVULET_TF.resolve(), self.dir / name)
            done = subprocess.run([self.dir / name, "--help"], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith(f"usage: {name} "), done.stdout)

    def test_help_lists_the_flags_with_their_defaults(self):
        text = self.works("transform_graph", "--help")
        self.assertRegex(text, r'--in_graph=""\s+string\s+input graph file name')
        self.assertRegex(text, r"--output_as_text=false\s+bool")

    def test_a_bad_call_says_what_is_wrong(self):
        done = self.refuses(255, ["'--in_grph'", "nearest: '--in_graph'"], "transform_graph", "--in_grph=x")
        self.assertIn("usage: transform_graph", done.stderr)
        self.refuses(255, ["no place for 'graph.pb'"], "transform_graph", "graph.pb")
        self.refuses(255, ["--output_as_text", "true or false", "'maybe'"], "transform_graph", "--output_as_text=maybe")
        self.refuses(255, ["--in_graph wants a value"], "transform_graph", "--in_graph")
        self.refuses(255, ["--in_graph can't be empty"], "transform_graph")
        done = tool("transform_grph")
        self.assertEqual(done.returncode, 2)
        self.assertIn("nearest: 'transform_graph'", done.stderr)

    def test_the_tools_are_listed(self):
        names = [line.split()[0] for line in self.works("--help").splitlines() if line.startswith("  ")]
        self.assertIn("transform_graph", names)
        self.assertEqual(names, sorted(names))


class Page(ToolCase):
    PAGE = (ROOT / "docs" / "tf_tools.md").read_text()

    def test_its_lines_run(self):
        for source, name in ((SHAPES_PB, "model.pb"), (SHAPES_LABELS, "labels.txt"), (SAMPLES / "star.jpg", "photo.jpg")):
            shutil.copy(source, self.dir / name)
        (block,) = re.findall(r"^```\n(.*?)^```", self.PAGE, re.M | re.S)
        path = {**os.environ, "PATH": f"{RIVULET_TF.resolve().parent}:{os.environ['PATH']}"}
        for line in block.splitlines():
            done = subprocess.run(["bash", "-euc", line], cwd=self.dir, capture_output=True, text=True, timeout=120, env=path)
            self.assertEqual(done.returncode, 0, f"{line}\n{done.stderr}")
        self.assertRegex(done.stdout, r"^star \(\d+\): 0\.9")

    def test_it_tells_of_every_tool(self):
        table = self.PAGE[self.PAGE.index("## Tool by tool"):self.PAGE.index("## label_image")]
        told = sorted(name for cell in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)`", cell))
        self.assertEqual(told, [line.split()[0] for line in self.works("--help").splitlines() if line.startswith("  ")])


class TransformGraph(ToolCase):
    def test_the_documented_call(self):
        out = self.dir / "out.pb"
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={out}", "--inputs=input", "--outputs=probability",
                   "--transforms=strip_unused_nodes(type=float, shape=\"1,64,64,3\")\n  remove_nodes(op=Identity, op=CheckNumerics)\n  round_weights(num_steps=256)")
        self.assertLess(abs(out.stat().st_size - SHAPES_PB.stat().st_size), 5000)

    def test_text_reads_back_as_the_same_graph(self):
        text, binary, again = self.dir / "g.pbtxt", self.dir / "a.pb", self.dir / "b.pb"
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={text}", "--transforms=remove_device", "--output_as_text")
        self.works("transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={binary}", "--transforms=remove_device")
        self.works("transform_graph", f"--in_graph={text}", f"--out_graph={again}", "--transforms=remove_device")
        self.assertEqual(self.works("compare_graphs", binary, again), "Graphs are equal.\n")

    def test_errors_leave_the_output_alone(self):
        out = self.file("out.pb", b"before")
        self.refuses(255, ["'round_weights'"], "transform_graph", f"--in_graph={SHAPES_PB}", f"--out_graph={out}", "--transforms=rond_weights")
        self.refuses(255, ["none.pb"], "transform_graph", "--in_graph=none.pb", f"--out_graph={out}", "--transforms=remove_device")
        self.assertEqual(out.read_bytes(), b"before")


if __name__ == "__main__":
    main()
