"""--cache: what is decoded of a squeezed model is kept, mapped the next time, and believed only when it is whole."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
import unittest

from command_case import RIVULET, SHAPES, CommandCase, call, main

MODEL = SHAPES / "shapes.pb"
SAMPLE = sorted((SHAPES / "samples").iterdir())[0]
LABELS = SHAPES / "labels.txt"
TOOL = pathlib.Path(RIVULET).with_name("rivulet-tf")


class Cache(CommandCase):
    def setUp(self):
        super().setUp()
        self.small = self.dir / "small.rivulet"
        self.cache = self.dir / "cache"
        self.fine("shrink", MODEL, "-o", self.small, "--lossless")
        self.right = self.answer()

    def answer(self, *more, **options):
        done = call("label", self.small, SAMPLE, "--labels", LABELS, "--json", *more, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.said = done.stderr
        return json.loads(done.stdout)["files"][0]["labels"]

    def check(self, notes=(), **options):
        """The answer with the cache is the one without; every note is as wanted."""
        self.assertEqual(self.answer("--cache", self.cache, **options), self.right)
        lines = [line for line in self.said.splitlines() if "cache" in line]
        self.assertEqual(len(lines), len(notes), self.said)
        for line, part in zip(lines, notes):
            self.assertTrue(line.startswith("note: the cache is not used: "), line)
            self.assertIn(part, line)

    def names(self):
        return sorted(os.listdir(self.cache)) if self.cache.exists() else []

    def fill(self):
        self.check()
        return [self.cache / name for name in self.names()]

    def constant_bytes(self, *more):
        return json.loads(self.fine("bench", self.small, "--runs", "1", "--json", *more))["constant_bytes"]

    def test_the_second_load_packs_and_decodes_nothing(self):
        packed, weights = self.fill()
        self.assertEqual([packed.suffix, weights.suffix], [".packed", ".weights"])
        self.assertEqual(packed.stem, weights.stem)
        before = {path: path.stat() for path in (packed, weights)}
        self.assertGreater(self.constant_bytes(), 300000)
        self.assertEqual(self.constant_bytes("--cache", self.cache), 0)
        self.check()
        for path, was in before.items():
            self.assertEqual((path.stat().st_ino, path.stat().st_mtime_ns), (was.st_ino, was.st_mtime_ns), "written once")
            self.assertEqual(was.st_mode & 0o777, 0o600)

    def test_nothing_is_written_unless_asked(self):
        before = sorted(os.listdir(self.dir))
        self.answer()
        self.answer(env={**os.environ, "RIVULET_CACHE": ""})
        self.assertEqual(sorted(os.listdir(self.dir)), before)

    def test_the_environment_names_it_and_the_flag_is_heard_first(self):
        other = self.dir / "other"
        environment = {**os.environ, "RIVULET_CACHE": str(self.cache)}
        self.assertEqual(self.answer(env=environment), self.right)
        self.assertEqual(len(self.names()), 2)
        self.answer("--cache", other, env=environment)
        self.assertEqual(len(os.listdir(other)), 2)

    def test_plain_models_keep_nothing(self):
        self.fine("bench", MODEL, "--runs", "1", "--cache", self.cache)
        self.assertEqual(self.names(), [])

    def test_every_verb_and_tool_has_it(self):
        listed = [line.split()[0] for line in self.fine("--help").split("Subcommands:")[1].split("Start with:")[0].splitlines() if line.startswith("  ")]
        self.assertGreater(len(listed), 10)
        for verb in listed:
            self.assertIn("--cache", self.fine(verb, "--help"), verb)
        for arguments in (["label_image", f"--graph={self.small}", f"--labels={LABELS}", f"--image={SAMPLE}", "--input_layer=input", "--output_layer=probability", "--input_width=64", "--input_height=64"],
                          ["benchmark_model", f"--graph={self.small}", "--input_layer=input", "--input_layer_shape=1,64,64,3", "--input_layer_type=float", "--output_layer=probability", "--max_num_runs=1"]):
            folder = self.dir / arguments[0]
            done = subprocess.run([TOOL, *arguments, f"--cache={folder}"], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(os.listdir(folder)), 2)

    def test_a_changed_file_is_never_believed(self):
        for index in range(2):
            size = self.fill()[index].stat().st_size
            for at in sorted({0, 1, 7, 63, 64, size // 3, size // 2, size - 700, *range(size - 260, size, 13), size - 17, size - 9, size - 3, size - 1}):
                path = self.fill()[index]
                data = bytearray(path.read_bytes())
                data[at] ^= 0x10
                with open(path, "r+b") as file:  # in place, as a broken program would
                    file.write(data)
                self.check()
                data[at] ^= 0x10
                self.assertEqual(path.read_bytes(), bytes(data), f"byte {at} of {size}: made anew")

    def test_a_cut_or_longer_file_is_made_anew(self):
        for index in range(2):
            for cut in (0, 1, 15, 16, 100, -1, -16, -200, 1):
                path = self.fill()[index]
                whole = path.read_bytes()
                path.write_bytes(whole[:cut] if cut != 1 else whole + b"x")
                self.check()
                self.assertEqual(path.read_bytes(), whole)

    def test_a_copy_is_read_through_and_then_believed(self):
        for path in self.fill():
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data)
            path.chmod(0o600)
        ids = [path.stat().st_ino for path in self.fill()]
        self.check()
        self.assertEqual([path.stat().st_ino for path in self.fill()], ids)
        self.assertEqual(self.constant_bytes("--cache", self.cache), 0)

    def test_files_of_others_are_made_anew(self):
        faults = [lambda path: path.chmod(0o666), lambda path: path.chmod(0o620), lambda path: self.link(path)]
        if os.geteuid() == 0:
            faults.append(lambda path: os.chown(path, 12345, -1))
        for fault in faults:
            for path in self.fill():
                fault(path)
                was = path.lstat().st_ino
                self.check()
                self.assertNotEqual(path.lstat().st_ino, was)
                self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def link(self, path):
        target = self.dir / "elsewhere"
        target.write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(target)

    def test_folders_and_pipes_in_its_place(self):
        for path in self.fill():
            path.unlink()
            path.mkdir()
            (path / "x").write_text("")
        self.check([".weights"])
        (self.dir / "pipe").mkdir()
        self.cache = self.dir / "pipe"
        packed, weights = self.fill()
        for path in (packed, weights):
            path.unlink()
            os.mkfifo(path)
        self.check()

    def test_a_disk_that_is_full(self):
        for limit in (0, 4096, 200000):  # the first two stop the first file, the last may stop the second
            self.cache = self.dir / f"full{limit}"
            bound = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            self.assertEqual(self.answer("--cache", self.cache, preexec_fn=bound, restore_signals=False), self.right)
            self.assertIn("note: the cache is not used: ", self.said)
            self.assertIn("File too large", self.said)
            self.assertFalse([name for name in self.names() if "tmp" in name], self.names())
            self.check()
            self.assertEqual(len(self.names()), 2)

    def test_places_that_cannot_be_written(self):
        self.cache = pathlib.Path("/proc/rivulet")
        self.check(["/proc/rivulet"])
        self.cache = self.file("file", b"")
        self.check(["file"])
        self.assertEqual(self.cache.read_bytes(), b"")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_read_only_folder_is_read(self):
        self.fill()
        self.cache.chmod(0o500)
        self.check()
        self.assertEqual(self.constant_bytes("--cache", self.cache), 0)

    def test_killed_at_any_point(self):
        whole = {path.name: path.read_bytes() for path in self.fill()}
        for number in range(40):
            for path in self.cache.iterdir():
                path.unlink()
            run = subprocess.Popen([RIVULET, "label", self.small, SAMPLE, "--labels", LABELS, "--cache", self.cache], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.0005 * (number + 1))
            run.send_signal(signal.SIGKILL)
            run.wait()
            for path in self.cache.iterdir():
                if ".tmp-" not in path.name:
                    self.assertEqual(path.read_bytes(), whole[path.name], "the file is whole or not there")
            self.check()
        self.assertEqual({path.name: path.read_bytes() for path in self.cache.iterdir()}, whole, "and nothing else stays")

    def test_what_a_killed_process_left_goes_and_what_lives_stays(self):
        packed, weights = self.fill()
        weights.unlink()
        left = self.cache / (weights.name + ".tmp-abcdef")
        left.write_bytes(b"half")
        held = self.cache / (weights.name + ".tmp-ghijkl")
        foreign = self.file("cache/notes.tmp-abcdef", b"mine")
        import fcntl
        with open(held, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.check()
            self.assertEqual(self.names(), sorted([packed.name, weights.name, held.name, foreign.name]))

    def test_many_at_once(self):
        for _ in range(3):
            for path in (self.cache.iterdir() if self.cache.exists() else ()):
                path.unlink()
            runs = [subprocess.Popen([RIVULET, "label", self.small, SAMPLE, "--labels", LABELS, "--json", "--cache", self.cache], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(6)]
            for run in runs:
                out, said = run.communicate(timeout=120)
                self.assertEqual(run.returncode, 0, said)
                self.assertEqual(json.loads(out)["files"][0]["labels"], self.right)
                self.assertNotIn("cache", said)
            self.assertEqual(len(self.names()), 2)

    def test_another_model_has_other_files(self):
        first = self.fill()
        self.fine("shrink", MODEL, "-o", self.small, "--images", SHAPES / "samples", "--max-drop", "5%")
        self.right = self.answer()
        self.check()
        self.assertEqual(len(self.names()), 4)
        theirs = [path for path in self.cache.iterdir() if path not in first]
        for mine, other in zip(sorted(first), sorted(theirs)):  # under a wrong name it is not believed
            other.write_bytes(mine.read_bytes())
        self.check()

    def test_a_damaged_model_is_not_kept(self):
        data = bytearray(self.small.read_bytes())
        data[300] ^= 1
        self.small.write_bytes(data)
        done = call("label", self.small, SAMPLE, "--labels", LABELS, "--cache", self.cache)
        self.assertEqual(done.returncode, 1)
        self.assertIn("checksum", done.stderr.splitlines()[-1])
        self.assertEqual(self.names(), [])

    def test_threads_decode_the_same(self):
        one = {path.name: path.read_bytes() for path in self.fill()}
        self.cache = self.dir / "many"
        self.answer("--cache", self.cache, "--threads", "4")
        many = {path.name: path.read_bytes() for path in self.cache.iterdir()}
        weights = [name for name in one if name.endswith(".weights")]
        self.assertEqual([one[name] for name in weights], [many[name] for name in weights])
        self.assertEqual(self.answer("--threads", "4"), self.right)


if __name__ == "__main__":
    main()
