"""Runs every model of a collection through TensorFlow and rivulet and writes docs/models.md: one row per frozen graph and SavedModel.

    python tests/models/check_models.py --material FOLDER --rivulet build/release/cli/rivulet [--write] [--only GLOB]

FOLDER has graphs/, savedmodels/ and, where there are, data/ with pictures, sounds and digits. Needs a Python with TensorFlow. Exit
status 1 when a model that TensorFlow runs gives other results here.
"""
import argparse
import fnmatch
import json
import os
import pathlib
import re
import sys
import tempfile

import check_one
import check_saved_model
import tensorflow as tf

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs" / "models.md"
BAD = ("FAILS", "DIFFERS")


def check_apart(check):
    """The results of one model, from a process of its own: TensorFlow may end its process on one."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = os.fork()
        if child == 0:
            os.dup2(errors.fileno(), 2)
            out.write(json.dumps(list(check())).encode())
            out.flush()
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        out.seek(0)
        errors.seek(0)
        text = out.read()
        words = errors.read().decode(errors="replace").strip().splitlines()
    if status == 0 and text:
        return json.loads(text)
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
    return [{"case": "made up", "result": "TensorFlow cannot" if os.WIFSIGNALED(status) else "FAILS", "difference": None, "top1": None,
             "note": f"its process ends with {how}: {words[-1][:200] if words else ''}"}]


def summary(results):
    """One row of several results: the worst of each."""
    bad = [r for r in results if r["result"] in BAD]
    first = (bad or results)[0]
    numbers = [r["difference"] for r in results if r["difference"] is not None]
    tops = [r["top1"] for r in results if r["top1"] is not None]
    more = len(results) - 1
    unable = [f"TensorFlow cannot run {r['case']}: {r['note']}" for r in results if r["result"] == "TensorFlow cannot"]
    note = first["note"] if bad or more == 0 else "; ".join(unable)
    cases = first["case"] if more == 0 else f"{len(results)}" if not bad else f"{len(results)}, wrong: {first['case']}"
    return (first["result"], cases, "" if not numbers else f"{max(numbers):.1e}", "" if not tops else f"{sum(tops)}/{len(tops)}", note)


def table(rows):
    return "".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |\n" for row in rows)


def page(files, saved):
    counts = {}
    for _, results in files + saved:
        key = summary(results)[0]
        counts[key] = counts.get(key, 0) + 1
    named = [(name, r["case"], r["note"], f"{r['difference']:.1e}", r["result"]) for name, results in files for r in results
             if r["case"].endswith((".png", ".jpg")) and r["difference"] is not None]
    many = []
    for name, results in files:
        sounds = [r for r in results if r["case"].endswith(".wav") and " " not in r["case"]]
        if sounds and all(r["difference"] is not None for r in sounds):
            words = [(re.search(r"(down|go|left|no|off|on|right|stop|up|yes|silence)(?=[_.])", r["case"]), r["note"]) for r in sounds]
            told = [(word.group(1), note) for word, note in words if word]
            many.append((name, f"{len(sounds)} sounds", f"{sum(word == note.strip('_') for word, note in told)} of {len(told)} words right",
                         f"{max(r['difference'] for r in sounds):.1e}", summary(sounds)[0]))
        parts = [r for r in results if r["case"].startswith("digits")]
        if parts:
            right = sum(int(r["note"].split()[-2]) for r in parts)
            many.append((name, f"first {1 + max(int(r['case'].split()[-1]) for r in parts)} of the MNIST test", f"{right} right", f"{max(r['difference'] for r in parts):.1e}",
                           summary(parts)[0]))
    return (f"""# Real models

Made by `tests/models/check_models.py` against TensorFlow {tf.__version__}: every model of the collection, the same inputs through both.
The difference is the largest one over the largest value of an output (at least 1); it passes up to 1e-3 with the same best class, integers when
they are equal, pictures made by an 8-bit network up to 8 levels in the mean.

{', '.join(f'{v} {k}' for k, v in sorted(counts.items()))}.

| file | result | inputs | difference | top-1 equal | note |
|---|---|---|---|---|---|
""" + table([(name, *summary(results)) for name, results in files]) +
            """
## SavedModels

Each signature is asked by its keys and by the tensors' full names and, where it takes tf.Examples, also with `--example`.

| folder | result | signatures and ways | difference | top-1 equal | note |
|---|---|---|---|---|---|
""" + table([(name.rstrip("/"), *summary(results)) for name, results in saved]) +
            ("""
## Pictures, sounds and digits

What TensorFlow answers, and how far from it rivulet is.

| file | input | answer | difference | result |
|---|---|---|---|---|
""" + table(named + many) if named or many else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--material", required=True, type=pathlib.Path)
    parser.add_argument("--rivulet", required=True)
    parser.add_argument("--only", default="*", help="graphs whose path matches")
    parser.add_argument("--write", action="store_true", help="write docs/models.md")
    args = parser.parse_args()
    graphs, folders = args.material / "graphs", args.material / "savedmodels"
    jobs = [(str(path.relative_to(graphs)), lambda p=path: check_one.check(check_one.Graph(p), args))
            for path in sorted(graphs.rglob("*.pb")) + sorted(graphs.rglob("*.pbtxt"))]
    jobs += [(str(path.parent.relative_to(folders)) + "/", lambda p=path.parent: check_saved_model.check(p, args.rivulet))
             for path in sorted(folders.rglob("saved_model.pb*"))]
    files, saved = [], []
    for name, check in jobs:
        if fnmatch.fnmatch(name, args.only):
            results = check_apart(check)
            (saved if name.endswith("/") else files).append((name, results))
            print(table([(name, *summary(results))]), end="", flush=True)
    if args.write:
        DOCS.write_text(page(files, saved))
    everything = files + saved
    bad = [name for name, results in everything if any(r["result"] in BAD or "EXPECTED" in r["note"] for r in results)]
    print(f"{len(everything)} models, {len(bad)} wrong" + "".join(f" {name}" for name in bad))
    return 1 if bad or not everything else 0


if __name__ == "__main__":
    sys.exit(main())
