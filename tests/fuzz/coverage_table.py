"""Prints which lines of the files a fuzz target is about were reached.

    llvm-cov export -summary-only ... | coverage_table.py TARGET

The files are those that the target's first line names: "// Covers: engine/media/*.cc ...".
"""
import fnmatch
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def covered_patterns(target):
    first = (ROOT / "tests" / "fuzz" / f"fuzz_{target}.cc").read_text().splitlines()[0]
    return re.fullmatch(r"// Covers: (.*)", first).group(1).split()


def main():
    target = sys.argv[1]
    patterns = covered_patterns(target)
    rows, reached, total = [], 0, 0
    for file in json.load(sys.stdin)["data"][0]["files"]:
        name = str(pathlib.Path(file["filename"]).resolve().relative_to(ROOT)) if str(ROOT) in file["filename"] else file["filename"]
        if name.endswith("_test.cc") or not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            continue
        lines = file["summary"]["lines"]
        rows.append((name, lines["covered"], lines["count"]))
        reached += lines["covered"]
        total += lines["count"]
    print(f"{target}: {100 * reached / max(total, 1):.1f} % of {total} lines")
    for name, covered, count in sorted(rows):
        print(f"  {name:<44} {100 * covered / max(count, 1):5.1f} %  {covered:5} of {count:5}")
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
