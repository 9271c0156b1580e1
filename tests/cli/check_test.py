"""rivulet check: damage of every kind, by region; and what loading says of it."""
import json
import random

from command_case import RIVULET, call, main
from pack_test import OWN, SHAPES_PB, PackCase, regions
from tf_case import tool


class Check(PackCase):
    def flipped(self, data, at, name="flipped.rivulet"):
        return self.file(name, data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1:])

    def test_a_good_one(self):
        out, _ = self.pack(SHAPES_PB, "--card", "title=Shapes", "--mean", "0", "--scale", "255")
        said = self.fine("check", out)
        self.assertRegex(said, r"(?m)^feed +input  float32\[\?,64,64,3\]  64×64 RGB, p / 255$")
        self.assertRegex(said, r"(?m)^get +probability  float32\[\?,10\]$")
        self.assertRegex(said, r"(?m)^title +Shapes$")
        self.assertRegex(said, r"(?m)^regions +18 of 18 as they were written$")
        self.assertRegex(said, r"(?m)^sample +'made up': same answer, within 0\.0e\+00 of 1e-03$")
        found = json.loads(self.fine("check", out, "--json"))
        self.assertEqual((found["ok"], found["damage"], found["regions"]), (True, [], 18))
        self.assertEqual(found["metadata"]["inputs"][0]["picture"]["scale"], 255)

    def test_memory(self):
        found = json.loads(self.fine("check", self.pack()[0], "--memory", "--json"))["memory"]
        self.assertLess(found["private_dirty_bytes"], 2_000_000)
        self.assertEqual(found["file_dirty_bytes"], 0)

    def test_a_flipped_byte_of_every_region(self):
        data = self.pack()[0].read_bytes()
        found, start = regions(data)
        at_load = {"memmapped_package://.", OWN + "metadata", OWN + "checksums", OWN + "signature"}
        for name, (offset, length) in found.items():
            flipped = self.flipped(data, offset + length // 2)
            if name in at_load:
                self.fails(1, [name, "flipped.rivulet"], "inspect", flipped)
                self.fails(1, [name], "check", flipped)
                continue
            self.fine("inspect", flipped)
            done = call("check", flipped, "--json")
            self.assertEqual(done.returncode, 1, name)
            report = json.loads(done.stdout)
            self.assertEqual([entry["region"] for entry in report["damage"]], [name])
            self.assertIn(f"offset {offset}", report["damage"][0]["message"])
            done = call("check", flipped)
            self.assertEqual(done.returncode, 1)
            self.assertIn(name, done.stderr)
            self.assertIn("regions     17 of 18", done.stdout)
        for at in (start, (start + len(data)) // 2, len(data) - 9, len(data) - 8, len(data) - 1):
            self.fails(1, ["flipped.rivulet"], "check", self.flipped(data, at))

    def test_a_flipped_byte_between_regions(self):
        data = self.pack()[0].read_bytes()
        found, _ = regions(data)
        gap = sum(found[OWN + "signature"])
        done = call("check", self.flipped(data, gap))
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"offset {gap} lies between regions", done.stderr)

    def test_every_cut(self):
        data = self.pack(self.product(), "--plain")[0].read_bytes()
        found, start = regions(data)
        sizes = {0, 1, 7, 8, 9, start, start + 1, len(data) - 9, len(data) - 8, len(data) - 1, *random.Random(5).sample(range(len(data)), 12)}
        sizes |= {at for place in found.values() for at in (place[0], sum(place))}
        for size in sorted(sizes - {len(data)}):
            cut = self.file("cut.rivulet", data[:size])
            self.fails(1, ["cut.rivulet"] + (["was cut"] if size >= 9 else []), "check", cut)
            self.assertEqual(call("bench", cut, "--runs", "1").returncode, 1)
        done = tool("summarize_graph", f"--in_graph={cut}")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("was cut", done.stderr)

    def test_what_is_no_pack(self):
        self.fails(1, ["want a pack (.rivulet), got a GraphDef"], "check", SHAPES_PB)
        package, _ = self.pack(SHAPES_PB, "--format", "memmapped", name="p.mmpb")
        self.fails(1, ["want a pack (.rivulet), got a memmapped package"], "check", package)
        self.fails(1, ["none.rivulet"], "check", "none.rivulet")
        text = self.file("crlf.rivulet", self.pack()[0].read_bytes().replace(b"\r\n", b"\n"))
        self.assertEqual(call("check", text).returncode, 1)

    def test_bytes_behind_it(self):
        data = self.pack()[0].read_bytes()
        self.fails(1, ["longer.rivulet"], "check", self.file("longer.rivulet", data + b"\0"))
        self.fails(1, ["twice.rivulet"], "check", self.file("twice.rivulet", data + data))


    def test_what_shrink_wrote_is_checked_without_metadata(self):
        small = self.dir / "small.rivulet"
        self.fine("shrink", SHAPES_PB, "-o", small, "--lossless")
        said = self.fine("check", small)
        self.assertRegex(said, r"feed +input +float32\[\?,64,64,3\]")
        self.assertRegex(said, r"regions +(\d+) of \1 as they were written\nsample +none")
        self.assertTrue(json.loads(self.fine("check", small, "--json"))["ok"])
        content = bytearray(small.read_bytes())
        content[len(content) // 2] ^= 1
        self.assertEqual(call("check", self.file("cut.rivulet", bytes(content))).returncode, 1)

if __name__ == "__main__":
    main()
