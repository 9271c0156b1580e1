"""Every verb and tool that writes a file, killed at each call of the system from its first temporary file on: the old file or the new
one is there, whole, beside at most a temporary file of a known name, which the next call takes away."""
import json
import os
import re
import subprocess
import unittest

from command_case import main
from stepped import can_step, run_until
from tf_case import RIVULET, ToolCase
from writing_calls import CALLS, FOLDERS, TIMED, TOOLS, Needed

TEMPORARY = re.compile(r"\.tmp-\w{6}$")


class Moments:
    """Tells the stops of a program where the folder has a temporary file, or something in it has just changed."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        self.seen = []
        self.seen = self.look()
        self.left_before = {name for name, _ in self.seen}

    def look(self):
        try:
            with os.scandir(self.folder) as files:
                return sorted((file.name, file.stat().st_size) for file in files)
        except FileNotFoundError:  # gone between two looks
            return self.seen

    def is_one(self):
        before, self.seen = self.seen, self.look()
        if self.seen == before and not any(TEMPORARY.search(name) and name not in self.left_before for name, _ in self.seen):
            return False
        self.count += 1
        return True


@unittest.skipUnless(can_step(), "one process may not stop another here")
class Killed(ToolCase):
    CALLS = CALLS

    def setUp(self):
        super().setUp()
        (self.dir / "needed").mkdir()
        self.needed = Needed(self.dir / "needed")

    def killed_everywhere(self, call, folder, begin, check):
        """Begins with begin() and calls check() at each moment: of a program that is stopped there are the files that there are of one that
        is killed. Then kills it at some of the moments, and calls check() again; at last it runs to its end, over what those left."""
        begin()
        moments = Moments(folder)

        def look():
            if moments.is_one():
                check()
            return False
        self.assertEqual(run_until(call, look), 0)
        points = moments.count
        self.assertLess(points, 400, "it does not end")
        self.assertGreater(points, 10, "from the first call that makes a temporary file to the last one")
        killed = 0
        for point in (1, points // 3, 2 * points // 3, points):
            begin()
            moments = Moments(folder)
            code = run_until(call, lambda: moments.is_one() and moments.count == point)
            self.assertIn(code, (None, 0))  # threads may make it one moment less
            killed += code is None
            check()
        self.assertGreater(killed, 2)
        begin()
        subprocess.run(call, capture_output=True, check=True, timeout=120)
        self.assertEqual([p.name for p in folder.rglob("*") if TEMPORARY.search(p.name)], [], "what the killed ones left, the next one takes away")

    def test_a_file_is_the_old_one_or_the_new_one(self):
        for i, (end, program, words) in enumerate(self.CALLS):
            folder = self.dir / f"call{i}"
            folder.mkdir()
            out = folder / f"out{end}"
            call = self.needed.call(program, words, out)
            with self.subTest(call=" ".join(map(str, words[:1])) + end):
                subprocess.run(call, capture_output=True, check=True, timeout=120)
                new = out.read_bytes()

                def check():
                    self.assertTrue(out.read_bytes() in (b"old", new), "neither the old one nor the new one")
                    self.assertEqual([p.name for p in folder.iterdir() if p != out and not re.fullmatch(re.escape(out.name) + TEMPORARY.pattern, p.name)], [])
                self.killed_everywhere(call, folder, lambda: out.write_bytes(b"old"), check)
                self.assertTrue(out.read_bytes() == new)
                self.assertEqual([p.name for p in folder.iterdir()], [out.name])


class ToolsKilled(Killed):
    CALLS = TOOLS


class OthersKilled(Killed):
    CALLS = []

    def whole(self, path):
        if path.suffix == ".html":
            self.assertTrue(path.read_text().rstrip().endswith("</html>"))
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".rivulet":
            done = subprocess.run([RIVULET, "check", path], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_has_times_in_it_is_whole(self):
        for i, (end, program, words) in enumerate(TIMED):
            folder = self.dir / f"timed{i}"
            folder.mkdir()
            out = folder / f"out{end}"
            with self.subTest(call=words[0]):
                def check():
                    for path in folder.iterdir():
                        if not TEMPORARY.search(path.name) and path.read_bytes() != b"old":
                            self.whole(path)
                    self.assertTrue(out.exists())
                self.killed_everywhere(self.needed.call(program, words, out), folder, lambda: out.write_bytes(b"old"), check)

    def test_what_goes_into_a_folder_is_whole(self):
        for i, (name, program, words) in enumerate(FOLDERS):
            folder = self.dir / f"folder{i}"
            folder.mkdir()
            call = self.needed.call(program, words, folder)
            with self.subTest(call=words[0]):
                subprocess.run(call, capture_output=True, check=True, timeout=120)
                sizes = {p.stat().st_size for p in folder.rglob(name)}

                def empty():
                    for path in folder.rglob("*"):
                        if path.is_file() and not TEMPORARY.search(path.name):
                            path.unlink()

                def check():
                    self.assertLessEqual({p.stat().st_size for p in folder.rglob(name) if not TEMPORARY.search(p.name)}, sizes)
                self.killed_everywhere(call, folder, empty, check)
                self.assertEqual(len(list(folder.rglob(name))), 1)


if __name__ == "__main__":
    main()
