"""rivulet evaluate: how often a model is right on pictures in folders of their classes."""
import json
import re
import shutil
import struct

from command_case import SHAPES, CommandCase, call, main, node, npy, placeholder
from tf_files_test import fields

SAMPLES = SHAPES / "samples"


class Evaluate(CommandCase):
    def pictures(self, *odd):
        """The samples by their class; `odd` are further (class, file) pairs."""
        folder = self.dir / "pictures"
        for path in SAMPLES.glob("*.*g"):
            (folder / path.stem.split("_")[0]).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / path.stem.split("_")[0])
        for label, name in odd:
            shutil.copy(SAMPLES / name, folder / label / f"odd_{name}")
        return folder

    def test_a_pack_says_itself_what_it_is_fed(self):
        folder = self.pictures(("heart", "star.jpg"))
        shutil.copy(SHAPES / "shapes.pb", self.dir / "alone.pb")  # no labels beside it
        self.fine("pack", self.dir / "alone.pb", "-o", self.dir / "app.rivulet", "--labels", SHAPES / "labels.txt", "--input", "input",
                  "--size", "64x64", "--mean", "127.5", "--scale", "127.5")
        said = json.loads(self.fine("evaluate", self.dir / "app.rivulet", folder, "--json"))
        self.assertAlmostEqual(said["top1"], 12 / 13)
        self.assertFalse([line for line in said["assumptions"] if "scores are the folders" in line or "127.5" in line], said["assumptions"])

    def test_events_for_tensorboard(self):
        folder = self.pictures(("heart", "star.jpg"))
        self.fine("evaluate", SHAPES / "shapes.pb", folder, "--events", self.dir / "runs" / "one", "--step", "40")
        (path,) = (self.dir / "runs" / "one").glob("events.out.tfevents.*")
        data, at, tags = path.read_bytes(), 0, {}
        while at < len(data):
            size, = struct.unpack_from("<Q", data, at)
            event = data[at + 12:at + 12 + size]
            at += 16 + size
            parts = dict(fields(event))
            if 5 in parts:
                self.assertEqual(parts[2], 40)
                value = dict(fields(dict(fields(parts[5]))[1]))
                tags[value.pop(1).decode()] = value
        scalar = lambda tag: struct.unpack("<f", tags[tag][2])[0]
        self.assertAlmostEqual(scalar("accuracy/top-1"), 12 / 13, places=6)
        self.assertAlmostEqual(scalar("found/heart"), 2 / 3, places=6)
        picture = dict(fields(tags["what is taken for what"][4]))
        self.assertEqual((picture[1], picture[2], picture[3]), (160, 176, 3), "10 rows of 16 pixels; another label is the 11th column")
        self.assertTrue(picture[4].startswith(b"\x89PNG"))
        self.assertEqual(struct.unpack("<d", dict(fields(tags["score of the right label"][5]))[3])[0], 13)
        self.fails(1, ["pictures"], "evaluate", SHAPES / "shapes.pb", folder, "--events", next(folder.rglob("*.jpg")))

    def test_counts_agree_with_what_label_says(self):
        folder = self.pictures(("heart", "star.jpg"), ("spiral", "ring.jpg"))
        said = json.loads(self.fine("evaluate", SHAPES / "shapes.pb", folder, "--json"))
        labels = json.loads(self.fine("label", SHAPES / "shapes.pb", folder, "--json", "--top", "5"))
        right = {n: sum(f["file"].split("/")[-2] in [l["label"] for l in f["labels"][:n]] for f in labels["files"]) for n in (1, 5)}
        self.assertEqual(said["files"], 14)
        self.assertAlmostEqual(said["top1"], right[1] / 14)
        self.assertAlmostEqual(said["top5"], right[5] / 14)
        self.assertEqual(said["confusions"], [{"is": "heart", "taken_for": "star", "files": 1}, {"is": "spiral", "taken_for": "ring", "files": 1}])
        self.assertEqual({c["name"]: (c["files"], c["right"]) for c in said["classes"]}["heart"], (3, 2))
        self.assertEqual([w["file"].split("/")[-1] for w in said["worst"]], ["odd_ring.jpg", "odd_star.jpg"])
        self.assertGreaterEqual(said["worst"][0]["its_score"] - said["worst"][0]["score"], said["worst"][1]["its_score"] - said["worst"][1]["score"])

    def test_words_for_people(self):
        out = self.fine("evaluate", SHAPES / "shapes.pb", self.pictures(("heart", "star.jpg")))
        self.assertRegex(out, r"13 files in 10 classes: top-1 92\.3 %, top-5 \d+\.\d % · ")
        self.assertRegex(out, r"(?m)^heart +3 +66\.7 %$")
        self.assertIn("most often: heart taken for star 1 times", out)

    def test_the_page_and_the_events_or_neither(self):
        pictures = self.pictures(("heart", "star.jpg"))
        self.file("file", b"")
        old = sorted(self.dir.rglob("*"))
        page = self.dir / "page.html"
        for more, wrong in (([self.dir / "none" / "page.html", "--events", self.dir / "runs" / "a"], "none/page.html"), ([page, "--events", self.dir / "file" / "runs"], "file/runs"), ([page, "--events", "/proc/runs/a"], "/proc/")):
            self.fails(1, [wrong], "evaluate", SHAPES / "shapes.pb", pictures, "-o", *more)
            self.assertEqual(sorted(self.dir.rglob("*")), old)
        self.fine("evaluate", SHAPES / "shapes.pb", pictures, "-o", page, "--events", self.dir / "runs" / "a")
        self.assertEqual(len(list((self.dir / "runs" / "a").iterdir())), 1)
        self.assertTrue(page.exists())

    def test_five_best_of_three_say_nothing(self):
        axes = node("axes", "Const", dtype="type: DT_INT32", value="tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: [1, 2] }")
        model = self.model(placeholder("x", dims=[-1, 8, 8, 3]), axes, node("y", "Mean", "x", "axes", T="type: DT_FLOAT", Tidx="type: DT_INT32"))
        for colour in ("blue", "green", "red"):
            (self.dir / "three" / colour).mkdir(parents=True)
            shutil.copy(SAMPLES / "star.jpg", self.dir / "three" / colour)
        words = self.fine("evaluate", model, self.dir / "three", "-o", self.dir / "three.html")
        self.assertRegex(words, r"^3 files in 3 classes: top-1 33\.3 % · ")
        self.assertNotIn("top-5", (self.dir / "three.html").read_text())
        # Of ten labels two have folders: which are the five best tells something.
        two = self.pictures(("heart", "star.jpg"))
        for folder in two.iterdir():
            if folder.name not in ("heart", "star"):
                shutil.rmtree(folder)
        self.assertIn("top-5", self.fine("evaluate", SHAPES / "shapes.pb", two, "-o", self.dir / "two.html"))
        self.assertIn("top-5", (self.dir / "two.html").read_text())

    def test_the_page_stands_alone(self):
        page = self.dir / "page.html"
        self.fine("evaluate", SHAPES / "shapes.pb", self.pictures(("heart", "star.jpg")), "-o", page)
        text = page.read_text()
        self.assertEqual(text.count("data:image/jpeg;base64,"), 1)
        self.assertFalse(re.search(r"(src|href)=\"(?!data:)", text))
        self.assertNotIn("http", text)
        self.assertIn("odd_star.jpg", text)
        self.assertIn("92.3 %", text)

    def test_names_in_the_page_are_text(self):
        folder = self.pictures()
        bad = folder / "heart" / "<script>alert(1)<!--.jpg"
        shutil.copy(SAMPLES / "star.jpg", bad)
        self.fine("evaluate", SHAPES / "shapes.pb", folder, "-o", self.dir / "page.html")
        self.assertNotIn("<script", (self.dir / "page.html").read_text())

    def test_no_labels_means_the_folders(self):
        shutil.copy(SHAPES / "shapes.pb", self.dir / "alone.pb")
        done = call("evaluate", self.dir / "alone.pb", self.pictures())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("top-1 100.0 %", done.stdout)
        self.assertIn("folders in the order of their names", done.stderr)

    def test_too_few_folders_do_not_tell_which_scores_are_theirs(self):
        shutil.copy(SHAPES / "shapes.pb", self.dir / "alone.pb")
        folder = self.pictures()
        for path in (folder / "cross").iterdir():
            path.unlink()
        self.fails(1, ["10 scores", "folders with pictures or sounds are 9:", "--labels"], "evaluate", self.dir / "alone.pb", folder)

    def test_most_takes_some_of_each_class(self):
        said = json.loads(self.fine("evaluate", SHAPES / "shapes.pb", self.pictures(), "--most", "10", "--json"))
        self.assertEqual(said["files"], 10)
        self.assertEqual({c["files"] for c in said["classes"]}, {1})

    def test_case_and_underscores_do_not_matter(self):
        labels = self.file("labels.txt", (SHAPES / "labels.txt").read_text().replace("star", "Sea Star").encode())
        folder = self.pictures()
        (folder / "star").rename(folder / "sea_star")
        self.assertIn("top-1 100.0 %", self.fine("evaluate", SHAPES / "shapes.pb", folder, "--labels", labels))

    def test_an_unreadable_file_is_told_and_the_others_count(self):
        folder = self.pictures()
        (folder / "star" / "broken.jpg").write_bytes(b"no picture")
        done = call("evaluate", SHAPES / "shapes.pb", folder, "--json")
        self.assertEqual(done.returncode, 1)
        self.assertIn("broken.jpg", done.stderr)
        self.assertEqual((json.loads(done.stdout)["files"], json.loads(done.stdout)["unreadable"]), (12, 1))

    def test_a_model_that_gives_the_class(self):
        sub = node("n", "ArgMax", "x", "axis", T="type: DT_FLOAT", Tidx="type: DT_INT32", output_type="type: DT_INT64")
        axis = node("axis", "Const", dtype="type: DT_INT32", value="tensor { dtype: DT_INT32 tensor_shape { } int_val: 1 }")
        model = self.model(placeholder("x", dims=[1, 64]), axis, sub)
        (self.dir / "p" / "a").mkdir(parents=True)
        shutil.copy(SAMPLES / "star.jpg", self.dir / "p" / "a")
        labels = self.file("l.txt", "\n".join(["a"] + [str(i) for i in range(63)]).encode())
        said = json.loads(self.fine("evaluate", model, self.dir / "p", "--labels", labels, "--json"))
        self.assertNotIn("top5", said)

    def test_what_is_wrong(self):
        folder = self.pictures()
        (folder / "star").rename(folder / "staar")
        self.fails(1, ["staar", "nearest", "'star'"], "evaluate", SHAPES / "shapes.pb", folder)
        self.fails(1, ["want a folder"], "evaluate", SHAPES / "shapes.pb", SAMPLES / "star.jpg")
        (self.dir / "empty" / "a").mkdir(parents=True)
        self.fails(1, ["found none"], "evaluate", SHAPES / "shapes.pb", self.dir / "empty")
        self.fails(1, ["cannot open"], "evaluate", self.dir / "no.pb", folder)
        labels = self.file("l.txt", "\n".join(["x"] * 10 + ["star", "staar"]).encode())
        (self.dir / "one" / "star").mkdir(parents=True)
        shutil.copy(SAMPLES / "star.jpg", self.dir / "one" / "star")
        self.fails(1, ["10 scores"], "evaluate", SHAPES / "shapes.pb", self.dir / "one", "--labels", labels)


if __name__ == "__main__":
    main()
