"""Every verb and tool that writes a file, where there is no room: the old file is there, whole, and nothing else."""
import os
import pathlib
import resource
import signal
import subprocess

from command_case import main
from tf_case import RIVULET, ToolCase
from writing_calls import CALLS, FOLDERS, MODEL, TIMED, TOOLS, Needed


def limit_files(most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writes end in the middle, then fail
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


class Disk(ToolCase):
    CALLS = CALLS

    def setUp(self):
        super().setUp()
        (self.dir / "needed").mkdir()
        self.needed = Needed(self.dir / "needed")

    def each(self):
        for i, (end, program, words) in enumerate(self.CALLS):
            folder = self.dir / f"call{i}"
            folder.mkdir()
            out = folder / f"out{end}"
            with self.subTest(call=f"{pathlib.Path(program).name} {words[0]} {end}"):
                yield folder, out, self.needed.call(program, words, out)

    def test_no_room(self):
        for folder, out, call in self.each():
            out.write_bytes(b"old")
            done = subprocess.run(call, capture_output=True, text=True, preexec_fn=lambda: limit_files(400), timeout=120)
            self.assertIn(done.returncode, (1, 255), done.stderr)
            self.assertIn(str(out), done.stderr)
            self.assertEqual([p.name for p in folder.iterdir()], [out.name])
            self.assertEqual(out.read_bytes(), b"old")

    def test_two_at_once_leave_one_whole(self):
        folder = self.dir / "two"
        folder.mkdir()
        out = folder / "out.pb"
        call = [str(RIVULET), "freeze", MODEL, "-o", str(out), "--output", "probability"]
        subprocess.run(call, capture_output=True, check=True, timeout=120)
        new = out.read_bytes()
        for _ in range(10):
            runs = [subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(4)]
            for run in runs:
                self.assertEqual(run.communicate(timeout=120)[1], b"")
                self.assertEqual(run.returncode, 0)
            self.assertEqual(out.read_bytes(), new)
        self.assertEqual(os.listdir(folder), [out.name])


class ToolsDisk(Disk):
    CALLS = TOOLS


class OtherFiles(ToolCase):
    def setUp(self):
        super().setUp()
        (self.dir / "needed").mkdir()
        self.needed = Needed(self.dir / "needed")

    def fails_for_want_of_room(self, call, named, most):
        done = subprocess.run(call, capture_output=True, text=True, preexec_fn=lambda: limit_files(most), timeout=120)
        self.assertIn(done.returncode, (1, 255), done.stdout + done.stderr)
        self.assertIn(str(named), done.stderr)
        self.assertIn("cannot write", done.stderr)

    def test_no_room_for_what_has_times_in_it(self):
        for i, (end, program, words) in enumerate(TIMED):
            out = self.dir / f"out{i}{end}"
            with self.subTest(call=words[0]):
                out.write_bytes(b"old")
                before = sorted(self.dir.iterdir())
                call = self.needed.call(program, words, out)
                self.fails_for_want_of_room(call, out, 2000)
                self.assertEqual(out.read_bytes(), b"old")
                self.assertEqual(sorted(self.dir.iterdir()), before)

    def test_no_room_in_a_folder(self):
        for i, (name, program, words) in enumerate(FOLDERS):
            with self.subTest(call=words[0]):
                folder = self.dir / f"folder{i}"
                call = self.needed.call(program, words, folder)
                self.fails_for_want_of_room(call, folder, 20)
                self.assertEqual(list(folder.iterdir()), [])
                subprocess.run(call, capture_output=True, check=True, timeout=120)
                self.assertEqual(len(list(folder.glob(name))), 1)


if __name__ == "__main__":
    main()
