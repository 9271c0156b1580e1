"""Every verb of rivulet and every drop-in tool on every model there is: works, says in one line why not, or is wrong.

    python tests/models/check_verbs.py --rivulet PATH --material FOLDER [--more FOLDER] [--only GLOB,…] [--verbs GLOB,…] [--without GLOB,…]
        [--write FILE.json] [--chains]

FOLDER has graphs/, savedmodels/ and weights/ as for check_models.py, --more further frozen graphs. Whatever makes a model of a model
is run before and after on the same feeds; where TensorFlow runs the model as it came, its results are what counts. --chains: verbs
and tools on what other verbs wrote, too, and TensorFlow runs every graph that they write (verb_chains.py). Prints a line for
each cell that is not fine, and the table; exit status 1 when an output is wrong without a word, something crashes, an error is
longer than a line, or more than a twentieth is refused; 77 without TensorFlow or FOLDER.
"""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import sys
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    from verb_models import all_cases, checkpoint_cells, compare
    import verb_cells
    import verb_chains
except ImportError as error:
    print(f"skipped: this needs a Python with TensorFlow 2.21 ({error})")
    sys.exit(77)

FINE, NO, REFUSED, BAD = "works", "not for it", "refused", "BAD"


def is_one_of(name, globs):
    return any(fnmatch.fnmatch(name, glob) for glob in globs.split(","))


def judge(done, is_for_it):
    """(kind, words) of a call that ended: a crash and a long error are bad, an error of one line is a refusal."""
    code, _, error = done
    lines = [line for line in error.strip().splitlines() if not line.startswith(("note: ", "\t"))]
    if code < 0 or code in (132, 134, 136, 139):
        return BAD, f"crashed ({code}): {error.strip()[-200:]}"
    if code == 0:
        return FINE, ""
    last = lines[-1] if lines else ""
    if len(lines) != 1 and not last.split(":")[0].isidentifier():
        return BAD, f"ends with {code} and says: {error.strip()[-300:]}"
    return (REFUSED if is_for_it else NO), last[:220]


def check_reference(case):
    """Whether the model runs as it came, and as TensorFlow says."""
    own = {name: key for name, key in case.keys.items()}
    got = case.run(case.path, [f for f in case.flags if f != "--output"][:4] if case.keys else [], [own.get(o, o) for o in case.outputs], own) if case.keys else case.run(case.path)
    if isinstance(got, str):
        return BAD if got.startswith("crashed") else REFUSED, got.splitlines()[-1][:200]
    case.reference = got
    if isinstance(case.tensorflow, list):
        difference, _, wrong = compare(case.tensorflow, got, any("Quantized" in op for op in case.ops))
        return (BAD, f"TensorFlow says otherwise by {difference:.2g}: {wrong}") if wrong else (FINE, "")
    return FINE, f"without TensorFlow: {case.tensorflow}"


def check(case, args):
    """Yields (verb, kind, words)."""
    if case.flags == ["checkpoint"]:
        tool = lambda *words: case.call(*words, program=args.rivulet.with_name("rivulet-tf"))
        yield from judged(checkpoint_cells(case, tool), args)
        return
    if case.refused:
        yield "freeze", REFUSED, case.refused[:200]
        return
    kind, words = check_reference(case)
    yield "run", kind, words
    if kind != FINE:
        return
    yield from judged(verb_cells.cells(case), args)
    if args.chains:
        yield from judged(verb_chains.cells(case), args)


def judged(cells, args):
    for verb, is_for_it, cell in cells:
        if not is_one_of(verb, args.verbs) or is_one_of(verb, args.without):
            continue
        try:
            done, after = cell()
            kind, words = judge(done, is_for_it)
            if kind == FINE and after:
                wrong = after(done)
                kind, words = (BAD, wrong) if wrong else (FINE, "")
        except Exception as error:  # such as a file that is not there, or JSON that is none
            kind, words = BAD, f"{type(error).__name__}: {str(error)[:200]}"
        yield verb, kind, words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivulet", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--material", type=pathlib.Path)
    parser.add_argument("--more", type=pathlib.Path)
    parser.add_argument("--only", default="*", help="names of models")
    parser.add_argument("--verbs", default="*", help="names of verbs")
    parser.add_argument("--without", default="", help="names of verbs that are left out")
    parser.add_argument("--most-bytes", type=float, default=40e6, help="larger graphs are left out")
    parser.add_argument("--chains", action="store_true", help="verbs on what other verbs wrote; TensorFlow runs what comes of them")
    parser.add_argument("--write", type=pathlib.Path, help="every cell, as JSON")
    args = parser.parse_args()
    if args.material is None or not (args.material / "graphs").is_dir():
        print("skipped: --material names no folder with graphs/")
        return 77
    cells = {}
    with tempfile.TemporaryDirectory() as folder:
        count = 0

        def make_folder():
            nonlocal count
            count += 1
            path = pathlib.Path(folder, str(count))
            path.mkdir()
            return path

        for name, make in all_cases(args, make_folder):
            if not is_one_of(name, args.only):
                continue
            case = make()
            cells[name] = {}
            for verb, kind, words in check(case, args):
                cells[name][verb] = (kind, words)
                if kind in (REFUSED, BAD):
                    print(f"{name}: {verb}: {kind}: {words}", flush=True)
            for file in sorted(case.folder.rglob("*"), reverse=True):
                file.unlink() if file.is_file() else file.rmdir()
            if args.write:
                args.write.write_text(json.dumps(cells, indent=1, ensure_ascii=False))
    return table(cells)


def table(cells):
    by_verb = collections.defaultdict(collections.Counter)
    for row in cells.values():
        for verb, (kind, _) in row.items():
            by_verb[verb][kind] += 1
    print(f"\n| verb | {FINE} | {REFUSED} | {BAD} | {NO} |\n|---|---|---|---|---|")
    for verb, kinds in by_verb.items():
        print(f"| `{verb}` | {kinds[FINE]} | {kinds[REFUSED] or ''} | {kinds[BAD] or ''} | {kinds[NO] or ''} |")
    total = sum(by_verb.values(), collections.Counter())
    meant = total[FINE] + total[REFUSED] + total[BAD]
    share = total[REFUSED] / max(meant, 1)
    print(f"\n{len(cells)} models, {meant} cells: {total[FINE]} work, {total[REFUSED]} refused ({share:.1%}), {total[BAD]} bad; {total[NO]} not meant for the model")
    return 1 if total[BAD] or share > 0.05 else 0


if __name__ == "__main__":
    sys.exit(main())
