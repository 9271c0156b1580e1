"""What the pages say is so: their links and paths exist, their C++ compiles, their shell lines run.

    docs_test.py PATH/TO/rivulet REPOSITORY C++_COMPILER

The README's program is compiled against the installed package by tests/install; the other pages' C++ is what a developer writes
in the tree, so it is only checked by the compiler. A shell block runs when the line before it is <!-- run -->.
"""
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

RIVULET, ROOT, COMPILER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
PAGES = [p for p in ROOT.rglob("*.md") if "build" not in p.relative_to(ROOT).parts]
FOLDERS = sorted(p.name for p in ROOT.iterdir() if p.is_dir() and p.name not in ("build", ".git"))


def blocks(page, language):
    """(line number, line before the fence, text) of every fenced block in a language."""
    lines = page.read_text().split("\n")
    at = 0
    while at < len(lines):
        if lines[at].startswith("```"):
            end = lines.index("```", at + 1)
            if lines[at] == "```" + language:
                yield at + 1, lines[at - 1] if at else "", "\n".join(lines[at + 1:end]) + "\n"
            at = end
        at += 1


def speech_model():
    """A graph that takes a WAV file, for the line that shows one."""
    def node(name, op, inputs, **attrs):
        return (f'node {{ name: "{name}" op: "{op}" ' + "".join(f'input: "{i}" ' for i in inputs) +
                "".join(f'attr {{ key: "{k}" value {{ {v} }} }} ' for k, v in attrs.items()) + "}\n")
    shape = "tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: 1 int_val: 4 }"
    return (node("wav_data", "Placeholder", [], dtype="type: DT_STRING", shape="shape { }") +
            node("decoded", "DecodeWav", ["wav_data"], desired_samples="i: 4") + node("to", "Const", [], dtype="type: DT_INT32", value=shape) +
            node("row", "Reshape", ["decoded", "to"], T="type: DT_FLOAT") + node("labels_softmax", "Softmax", ["row"], T="type: DT_FLOAT") +
            "versions { producer: 24 }\n")


def prepare(folder):
    """The files that shell examples name, made of the demo's model."""
    shapes = ROOT / "models" / "shapes"
    for name in ["model.pb", "optimized.pb", "graph.pb"]:
        shutil.copy(shapes / "shapes.pb", folder / name)
    shutil.copy(shapes / "labels.txt", folder / "labels.txt")
    for name in ["photo.jpg", "rose.jpg"]:
        shutil.copy(shapes / "samples" / "star.jpg", folder / name)
    shutil.copytree(shapes / "samples", folder / "photos")
    for path in (shapes / "samples").glob("*.*g"):
        (folder / "pictures" / path.stem.split("_")[0]).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / "pictures" / path.stem.split("_")[0])
    shutil.copytree(ROOT / "tests" / "formats" / "data" / "v1_tags" / "model", folder / "saved_model")
    (folder / "speech.pb").write_text(speech_model())
    (folder / "yes.wav").write_bytes(struct.pack("<4sI4s4sIHHIIHH4sI4h", b"RIFF", 44, b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2, 16, b"data", 8, 1, 2, 3, 4))
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 64, 64, 3), }".ljust(117) + "\n"
    (folder / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(64 * 64 * 3 * 4))


class Pages(unittest.TestCase):
    def test_links_lead_somewhere(self):
        found = 0
        for page in PAGES:
            prose = re.sub(r"(?ms)^```.*?^```|`[^`\n]*`", "", page.read_text())
            for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
                if "://" not in target:
                    found += 1
                    self.assertTrue((page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}")
        self.assertGreater(found, 10)

    def test_rows_of_tables_are_whole(self):
        found = 0
        for page in PAGES:
            prose = re.sub(r"(?ms)^```.*?^```", lambda fenced: "\n" * fenced[0].count("\n"), page.read_text())
            columns = 0
            for number, line in enumerate(prose.split("\n"), 1):
                if not line.startswith("|"):
                    columns = 0
                    continue
                found += 1
                where = f"{page.relative_to(ROOT)}:{number}"
                self.assertRegex(line, r"\|\s*$", f"{where} breaks off")
                cells = len(re.findall(r"(?<!\\)\|", line))
                columns = columns or cells
                self.assertEqual(cells, columns, f"{where} has {cells - 1} cells, the table's first row {columns - 1}")
        self.assertGreater(found, 500)

    def test_paths_exist(self):
        found = 0
        for page in PAGES:
            for span in re.findall(r"`([^`\n]+)`", page.read_text()):
                for path in re.findall(rf"(?:^|(?<=[\s=]))(?:{'|'.join(FOLDERS)})/[\w./*<>{{}},-]+", span):
                    if re.search(r"[<>{}]", path) or path.startswith("models/") and not path.startswith("models/shapes"):
                        continue
                    if page.name in ("add_an_op.md", "add_a_pass.md") and re.search(r"/(foo|what_it_makes)", path):
                        continue  # the file that a reader is about to write
                    found += 1
                    self.assertTrue(list(ROOT.glob(path.rstrip("/."))), f"{page.relative_to(ROOT)}: {path}")
        self.assertGreater(found, 30)

    def test_examples_in_the_tree_compile(self):
        found = 0
        for page in PAGES:
            if page.name == "README.md":
                continue
            for line, _, text in blocks(page, "c++"):
                found += 1
                done = subprocess.run([COMPILER, "-std=c++20", "-fno-rtti", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror", "-fsyntax-only",
                                       f"-I{ROOT}", f"-I{ROOT}/include", "-x", "c++", "-"], input=text, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, f"{page.relative_to(ROOT)}:{line}\n{done.stderr}")
        self.assertGreaterEqual(found, 2)

    def test_shell_lines_run(self):
        found = 0
        for page in PAGES:
            for line, before, text in blocks(page, ""):
                if before.strip() != "<!-- run -->":
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    prepare(pathlib.Path(folder))
                    for program in ("rivulet", "rivulet-tf"):
                        os.symlink(RIVULET.with_name(program), pathlib.Path(folder) / program)
                    for command in text.replace("\\\n", " ").splitlines():
                        found += 1
                        done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], cwd=folder, capture_output=True, text=True,
                                              env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})
                        self.assertEqual(done.returncode, 0, f"{page.relative_to(ROOT)}:{line}: {command}\n{done.stderr}")
                        if not command.startswith("rivulet-tf"):  # some originals say nothing
                            self.assertNotEqual(done.stdout, "", command)
        self.assertGreaterEqual(found, 10)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
