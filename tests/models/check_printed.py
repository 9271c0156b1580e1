"""What inspect_checkpoint prints, beside the original: arrays of every type and size, as NumPy writes them, line by line.

    python tests/models/check_printed.py --rivulet-tf PATH [--material FOLDER] [--seed N]

Also what print_selective_registration_header keeps, on the graphs of FOLDER. Exit status 1 when something differs, 77 without
TensorFlow 2.21, whose package has the originals.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    from check_one import np, tf, v1
except ImportError as error:
    print(f"skipped: this needs a Python with TensorFlow 2.21 ({error})")
    sys.exit(77)

SHAPES = ((), (1,), (7,), (3, 4), (2, 3, 4), (40, 40), (1001,), (2, 2, 2, 2), (0,), (3, 0))
OPTIONS = ([], ["threshold=50", "edgeitems=2"], ["precision=4"], ["suppress=true", "linewidth=120"])


def arrays(seed):
    random = np.random.RandomState(seed)
    for dtype in (np.float32, np.float64, np.float16, np.complex64, np.complex128):
        for scale in (1, 1e-6, 1e5, 1e9, 1e-3):
            for shape in SHAPES:
                values = random.standard_normal(shape) * scale
                if np.issubdtype(dtype, np.complexfloating):
                    values = values + 1j * random.standard_normal(shape) * scale
                yield np.asarray(np.clip(values, -6e4, 6e4) if dtype == np.float16 else values, dtype)
        for values in ([1, np.nan, -np.inf], [np.inf, 2.5], [0, -0.0, 1], np.zeros((2, 2)), [1e-5, 1], [1.5, 1e4 + 0.25, 3], np.nan, [np.nan], [np.inf] * 2, [0.1, 0.2, 0.30000001], 1e-5, 1e3, 3e4):
            yield np.array(values, dtype)
    for dtype in (np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint16):
        for shape in SHAPES[:6]:
            yield random.randint(0 if dtype in (np.uint8, np.uint16) else -100, 100, shape).astype(dtype)
    for shape in ((), (3,), (40,)):
        yield np.array(random.rand(*shape) > 0.5)
    for value in (b"text", [b"a", b"bc \xff'", b"", b"\n\"'\\"]):
        yield np.array(value, object)


def write(folder, seed):
    made = {f"a{i:03d}": a for i, a in enumerate(arrays(seed))}
    with tf.Graph().as_default(), v1.Session() as session:
        tensors = [tf.constant(a.tolist() if a.dtype == object else a, shape=a.shape) for a in made.values()]
        session.run(tf.raw_ops.SaveV2(prefix=f"{folder}/made", tensor_names=list(made), shape_and_slices=[""] * len(made), tensors=tensors))
    return f"{folder}/made"


def both(args, tool, *flags):
    run = lambda *words: subprocess.run([*map(str, words), *map(str, flags)], capture_output=True, text=True, errors="replace").stdout
    return run(sys.executable, "-m", f"tensorflow.python.tools.{tool}"), run(args.rivulet_tf, tool)


def check_checkpoint(args, prefix):
    for options in OPTIONS:
        flags = ["--all_tensors", *(["--printoptions", *options] if options else [])]
        theirs, ours = (text.split("tensor: ") for text in both(args, "inspect_checkpoint", "--file_name", prefix, *flags))
        differing = [(a, b) for a, b in zip(theirs, ours) if a != b]
        for a, b in differing[:3]:
            print(f"  the original: {a[:200]}\n  here: {b[:200]}")
        yield f"inspect_checkpoint {pathlib.Path(prefix).name} {' '.join(flags)}: {len(theirs)} tensors, {len(differing)} differ", not differing and len(theirs) == len(ours)
    for flags in ([], ["--all_tensor_names"], ["--count_exclude_pattern=Adam"]):
        theirs, ours = both(args, "inspect_checkpoint", "--file_name", prefix, *flags)
        yield f"inspect_checkpoint {pathlib.Path(prefix).name} {' '.join(flags)}", theirs == ours


def check_header(args, graph):
    """The operators are the same; kernels' classes are the original's alone."""
    theirs, ours = both(args, "print_selective_registration_header", f"--graphs={graph}")
    ops = [set(re.findall(r'isequal\(op, "(\w+)"\)', theirs)), set(re.findall(r'^    "(\w+)",$', ours, re.M))]
    yield f"print_selective_registration_header {graph.name}: {len(ops[0])} operators, differ: {sorted(ops[0] ^ ops[1])}", ops[0] == ops[1] and bool(ops[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivulet-tf", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--material", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        checks = [check_checkpoint(args, write(folder, args.seed))]
        if args.material:
            checks += [check_checkpoint(args, str(p)[:-len(".index")]) for p in sorted((args.material / "weights").rglob("*.index"))]
            checks += [check_header(args, p) for p in sorted((args.material / "graphs").rglob("*.pb"))]
        for lines in checks:
            for line, is_fine in lines:
                wrong += not is_fine
                print(line + ("" if is_fine else "  WRONG"), flush=True)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
