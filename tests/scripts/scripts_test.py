"""The scripts' own flags, and what they say to a user who may not install anything.   scripts_test.py REPOSITORY"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()


def call(script, *arguments, **options):
    return subprocess.run([ROOT / "scripts" / script, *arguments], capture_output=True, text=True, **options)


class Scripts(unittest.TestCase):
    def test_help(self):
        for script in ["build", "demo", "test", "fuzz"]:
            done = call(script, "--help")
            self.assertEqual(done.returncode, 0, script)
            self.assertIn(f"scripts/{script}", done.stdout)
            self.assertNotIn("#", done.stdout)

    def test_wrong_flags(self):
        for script, arguments, part in [("build", ["--fast"], "'--fast'"), ("build", ["--prefix"], "--prefix"), ("test", ["--fast"], "'--fast'"),
                                        ("fuzz", ["--fast"], "'--fast'"), ("fuzz", ["--minutes", "x"], "--minutes"), ("fuzz", ["wive"], "'wive'"),
                                        ("packages", ["everything"], "build, test, full or bench")]:
            done = call(script, *arguments)
            self.assertNotEqual(done.returncode, 0, (script, arguments))
            self.assertIn(part, done.stderr)

    def test_without_rights_to_install_it_prints_the_line(self):
        """Nothing is installed, says a dpkg-query of the test's own, and the user is not root, says its id."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in [("dpkg-query", "exit 1"), ("id", "echo 1000"), ("apt-cache", "exit 0"), ("apt-get", "echo called >&2; exit 9")]:
                path = pathlib.Path(folder, name)
                path.write_text(f"#!/bin/sh\n{text}\n")
                path.chmod(0o755)
            done = call("build", env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})
        self.assertEqual(done.returncode, 1)
        (line,) = [line for line in done.stderr.splitlines() if "apt-get" in line]
        self.assertRegex(line, r"^ *sudo apt-get update && sudo apt-get install -y --no-install-recommends( [a-z0-9.+-]+)+$")
        for package in ["cmake", "ninja-build", "g++", "libpng-dev", "nlohmann-json3-dev", "libcli11-dev", "libgtest-dev"]:
            self.assertTrue(re.search(rf" {re.escape(package)}( |$)", line), line)
        self.assertNotIn("called", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
