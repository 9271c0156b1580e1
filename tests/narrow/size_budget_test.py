"""An engine is no larger than tests/narrow/size_budget.tsv allows; what takes the room is printed.

    size_budget_test.py BUILD SOURCE NAME
"""
import pathlib
import subprocess
import sys


def main():
    build, root, name = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    rows = (root / "tests" / "narrow" / "size_budget.tsv").read_text().splitlines()
    budgets = dict(row.split("\t")[:2] for row in rows if not row.startswith("#"))
    done = subprocess.run([sys.executable, root / "scripts" / "size", build, "--most", budgets[name]])
    if done.returncode != 0:
        sys.exit(f"{name}: larger than tests/narrow/size_budget.tsv allows: make it smaller again, or say there why not")


if __name__ == "__main__":
    main()
