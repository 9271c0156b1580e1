"""Compares the engine with TensorFlow on random graphs.

  python driver.py --rivulet build/release/cli/rivulet FAMILY... [--seed 1] [--count 300] [--only N] [--keep FOLDER] [-v]
  python driver.py --rivulet build/release/cli/rivulet --again FOLDER

FAMILY is a file cases_FAMILY.py beside this one; README.md says how to write one. TensorFlow runs in a process of its
own, so that its death costs one case. Exit status 1 when a case differs; --keep leaves those as folders with the graph,
the feeds, TensorFlow's results and a command line.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
SETTINGS = [[], ['--no-passes'], ['--threads', '2']]
TOLERANCE = {'float16': (2e-3, 2e-3), 'bfloat16': (1.6e-2, 1.6e-2)}
ONE_LEVEL = {'qint8', 'quint8', 'qint16', 'quint16', 'qint32'}
# TensorFlow's words where it lacks a kernel for what the operator allows: there the engine may do more.
NO_KERNEL = re.compile(r'No OpKernel was registered|No registered|only supports|not (yet )?support|not (yet )?implemented|'
                       r'[Uu]nimplemented|currently support|NHWC|NDHWC|must be 1 on CPU|Missing 0-th output|only up to|has constraint on attr|No WhereOp|Op type not registered')

TOO_LARGE = re.compile(r'OOM when|[Uu]nable to allocate|ould not allocate|too large|MemoryError|bad_alloc')  # for this machine


def differs(want, got, dtype, case, exact_codes=False):
    """None when equal by the rule, else a sentence."""
    if want.dtype != got.dtype:
        if not (want.dtype.kind == 'S' and got.dtype.kind == 'S'):
            return f'dtype {got.dtype}, want {want.dtype}'
    if want.shape != got.shape:
        return f'shape {got.shape}, want {want.shape}'
    if case['shape_only'] or want.size == 0:
        return None
    if want.dtype.kind not in 'fc' or case['exact']:
        if dtype in ONE_LEVEL and not exact_codes:
            bad = np.abs(want.astype(np.int64) - got.astype(np.int64)) > 1
        elif want.dtype.kind in 'fc':
            bad = (want != got) & ~((want != want) & (got != got))
        else:
            bad = want != got
        error = None
    else:
        rtol, atol = TOLERANCE.get(dtype, (1e-4, 1e-5))
        rtol, atol = case['rtol'] or rtol, case['atol'] or atol
        wide = np.complex128 if want.dtype.kind == 'c' else np.float64
        a, b = want.astype(wide), got.astype(wide)
        if wide is np.complex128:
            a, b = (np.stack([x.real, x.imag]) for x in (a, b))
        finite = np.isfinite(a)
        scale = max(1.0, np.max(np.abs(a[finite]), initial=0))
        with np.errstate(all='ignore'):
            error = np.where(finite, np.abs(a - b) - rtol * np.abs(a) - atol * scale, 0)
            bad = np.where(finite, ~(error <= 0), ~((a == b) | (np.isnan(a) & np.isnan(b))))
        want, got = a, b
    if not bad.any():
        return None
    at = np.unravel_index(np.argmax(bad if error is None else np.where(bad, np.nan_to_num(error, nan=np.inf), -1)), bad.shape)
    return f'{int(bad.sum())} of {bad.size} elements, at {[int(i) for i in at]}: {got[at]}, want {want[at]}'


def command(rivulet, folder, case, out, setting):
    line = [rivulet, 'run', os.path.join(folder, 'model.pb'), '--save', out, *setting]
    for edge, file in case['feeds'].items():
        line += ['--input', f'{edge}={os.path.join(folder, file)}']
    for fetch in case['fetches']:
        line += ['--output', fetch]
    return line


def check(rivulet, folder, case, setting, exact_codes=False):
    """(verdict, words): agree, refused (both), wider, differ."""
    out = os.path.join(folder, 'out')
    shutil.rmtree(out, ignore_errors=True)
    try:
        done = subprocess.run(command(rivulet, folder, case, out, setting), capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return 'differ', 'HANG: no answer in 60 s'
    words = done.stderr.decode(errors='replace').strip()
    if done.returncode not in (0, 1, 2):
        return 'differ', f'CRASH: status {done.returncode}: {words[-600:]}'
    if case['error'] is not None:
        if done.returncode != 0:
            return 'refused', words
        if case['error'] == 'TensorFlow died' or NO_KERNEL.search(case['error']) or TOO_LARGE.search(case['error']):
            return 'wider', case['error']
        return 'differ', f'accepted; TensorFlow: {case["error"]}'
    if done.returncode != 0:
        return 'differ', f'refused: {words}'
    for i, (fetch, dtype) in enumerate(zip(case['fetches'], case['dtypes'])):
        got = np.load(os.path.join(out, re.sub('[/:]', '_', fetch) + '.npy'))
        why = differs(np.load(os.path.join(folder, f'want{i}.npy')), got, dtype, case, exact_codes)
        if why:
            return 'differ', f'{fetch} ({dtype}): {why}'
    return 'agree', ''


def folders(family, seed, first, count, root):
    """The numbers of cases, as TensorFlow finishes them (or dies on them)."""
    while count > 0:
        line = [sys.executable, os.path.join(HERE, 'worker.py'), family, str(seed), str(first), str(count), root]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
            done = first
            for text in worker.stdout:
                if text.strip().isdigit():
                    yield int(text)
                    done = int(text) + 1
            words = worker.stderr.read()
        if worker.returncode == 0:
            return
        if worker.returncode > 0:  # an exception in the generator is a bug of the generator
            print(f'{family} {done}: {words.strip().splitlines()[-1] if words.strip() else "worker failed"}', file=sys.stderr)
        elif os.path.exists(os.path.join(root, str(done), 'case.json')):
            yield done
        count -= done + 1 - first
        first = done + 1


def run_family(family, options):
    counts = dict.fromkeys(['agree', 'refused', 'wider', 'differ'], 0)
    first, count = (options.only, 1) if options.only is not None else (0, options.count)
    with tempfile.TemporaryDirectory() as root:
        for number in folders(family, options.seed, first, count, root):
            folder = os.path.join(root, str(number))
            with open(os.path.join(folder, 'case.json')) as file:
                case = json.load(file)
            for setting in SETTINGS:
                verdict, words = check(options.rivulet, folder, case, setting, options.exact_codes)
                if verdict == 'differ':
                    break
            counts[verdict] += 1
            if verdict == 'differ' or options.verbose:
                print(f'{family} {number} {verdict} {" ".join(setting) if verdict == "differ" else ""}\n    {case["name"]}\n    {words}',
                      flush=True)
            if verdict == 'differ' and options.keep:
                kept = os.path.join(options.keep, f'{family}-{options.seed}-{number}')
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept)
                with open(os.path.join(kept, 'command'), 'w') as file:
                    file.write(' '.join(command(options.rivulet, kept, case, os.path.join(kept, 'out'), setting)) + '\n')
            shutil.rmtree(folder)
    print(f'{family}: {sum(counts.values())} cases, {counts["agree"]} agree, {counts["refused"]} refused by both, '
          f'{counts["wider"]} where TensorFlow has no kernel, {counts["differ"]} differ', flush=True)
    return counts['differ']


def run_again(options):
    """The cases that --keep left, without TensorFlow."""
    worse = 0
    for name in sorted(os.listdir(options.again)):
        folder = os.path.join(options.again, name)
        with open(os.path.join(folder, 'case.json')) as file:
            case = json.load(file)
        for setting in SETTINGS:
            verdict, words = check(options.rivulet, folder, case, setting, options.exact_codes)
            if verdict == 'differ':
                break
        worse += verdict == 'differ'
        if verdict == 'differ' or options.verbose:
            print(f'{name} {verdict} {" ".join(setting) if verdict == "differ" else ""}\n    {case["name"]}\n    {words}', flush=True)
    print(f'{worse} differ', flush=True)
    return worse


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('families', nargs='*')
    parser.add_argument('--rivulet', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=300)
    parser.add_argument('--only', type=int, metavar='N')
    parser.add_argument('--keep', metavar='FOLDER')
    parser.add_argument('--again', metavar='FOLDER', help='only the cases that --keep left there')
    parser.add_argument('--exact-codes', action='store_true', help='quantised results may not differ by a level')
    parser.add_argument('-v', '--verbose', action='store_true')
    options = parser.parse_args()
    options.rivulet = os.path.abspath(options.rivulet)
    if options.again:
        return 1 if run_again(options) else 0
    return 1 if sum(run_family(family, options) for family in options.families) else 0


if __name__ == '__main__':
    sys.exit(main())
