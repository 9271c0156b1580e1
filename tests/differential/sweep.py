"""Changes recorded cases of every operator at random and compares the engine with TensorFlow on them.

  python sweep.py --golden-test build/release/tests/golden_test GLOB... [--seed 1] [--count 40] [--keep FOLDER] [--words]

GLOB names operators; generate:FAMILY instead takes cases of cases_FAMILY.py. Each operator gets --count cases; mutate.py says what is changed. TensorFlow runs in a process of its
own. Where it dies, hangs, lacks a kernel or gives other results a second time there is nothing to compare. What differs is
left in FOLDER/failed.gold: `RIVULET_GOLDEN_DATA=FOLDER golden_test --cases=failed`. Exit status 1 when something differs.
"""
import argparse
import collections
import fnmatch
import glob
import os
import pickle
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(os.path.dirname(HERE), 'golden')
PATIENCE = 8 if os.getloadavg()[0] < 4 else 60  # seconds that TensorFlow may take for one case
ENGINE_PATIENCE = 300 if os.getloadavg()[0] < 4 else 1800  # and the engine for 200
LIMIT_BYTES = 8 << 30  # of address space beyond what TensorFlow has once loaded


# ---- The worker: draws, and asks TensorFlow ----

def cases_by_op(only=()):
    from read_gold import read_gold
    found = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(GOLDEN, 'data', '*.gold'))):
        for record in read_gold(path):
            if not only or os.path.basename(path)[:-5] in only:
                for op in record.ops.split(','):
                    found[op].append(record)
    return found


def answer(op, record, draw):
    """A Recorded with TensorFlow's answer, or a word for why there is none."""
    import record as recorder
    import tensorflow as tf
    from mutate import Mutant
    mutant = Mutant(record, op)
    mutant.change(draw, draw.one_of(1, 1, 2, 2, 3, 4))
    error, results, fetches = None, [], mutant.fetches
    try:
        graph = recorder.import_graph(mutant.graph)
        if mutant.lone:
            outputs = graph.get_operation_by_name('op').outputs
            fetches = [f'op:{i}' for i, t in enumerate(outputs) if recorder.can_fetch(t)] or fetches
        results = run(graph, mutant, fetches)
        stateful = any(op_def_stateful(node.op) for node in mutant.graph.node)
        if stateful and record.expectation != 2:
            again = run(graph, mutant, fetches)
            if any(a.array.tobytes() != b.array.tobytes() for a, b in zip(results, again) if a.dtype != 'string'):
                return 'random'
    except tf.errors.DeadlineExceededError:
        return 'hangs'
    except (tf.errors.OpError, ValueError, TypeError, KeyError, MemoryError, OverflowError) as caught:
        error = recorder.essence(str(caught))
        if re.search(r'OOM when|[Uu]nable to allocate|ould not allocate|too large', str(caught)):
            return 'too large'
    words = f' [{error}]' if error else ''
    name = f'{op}: {record.name[:120]} <- {"; ".join(mutant.done)}{words}'.replace('\n', ' ')
    feeds = [recorder.Feed(edge, value) for edge, value in mutant.feeds.items()]
    kind = recorder.ERROR if error else record.expectation if record.expectation != recorder.ERROR else recorder.VALUES
    # A recording may ask for more than the rule; its mutant is only held to the rule.
    rtol, atol = (record.rtol, record.atol) if record.rtol > 1e-4 else (0, 0)
    return recorder.Recorded(name, record.ops, mutant.graph.SerializeToString(deterministic=True), feeds, fetches,
                             mutant.targets, results, kind, rtol, atol)


def answer_generated(family, draw):
    """The same for a case of cases_FAMILY.py."""
    import importlib
    import record as recorder
    import tensorflow as tf
    from cases_dsl import Case, GraphCase
    case = importlib.import_module('cases_' + family).case(draw)
    if isinstance(case, Case):
        case.inputs = [draw.place(value) for value in case.inputs]
    case.name = name = f'{family}: {case.name or recorder.default_name(case)}'[:400].replace('\n', ' ')
    try:
        return recorder.run_case(case)
    except (recorder.Broken, ValueError) as caught:
        if 'two runs differ' not in str(caught):
            error, case.error = recorder.essence(str(caught)), True
            case.name = f'{name} [{error}]'.replace('\n', ' ')
            try:
                return recorder.run_case(case)
            except (recorder.Broken, ValueError):
                pass
        return 'random' if 'two runs differ' in str(caught) else 'not built' if isinstance(case, GraphCase) else f'broken {name[:80]} {str(caught)[:300]}'


def op_def_stateful(op):
    from tensorflow.python.framework import op_def_registry
    op_def = op_def_registry.get(op)
    return op_def is not None and op_def.is_stateful


def run(graph, mutant, fetches):
    import record as recorder
    from cases_dsl import Literal
    import tensorflow as tf
    tensors = [graph.get_tensor_by_name(edge) for edge in fetches]
    targets = [graph.get_operation_by_name(name) for name in mutant.targets]
    # Copies, for operators that write into what they are given.
    values = {edge: recorder.for_tensorflow(Literal(value.dtype, value.array.copy())) for edge, value in mutant.feeds.items()}
    with tf.compat.v1.Session(graph=graph, config=recorder.CONFIG) as session:
        values, _ = session.run([tensors, targets], values, options=tf.compat.v1.RunOptions(timeout_in_ms=1000))
    return [recorder.from_tensorflow(value, tensor.dtype) for value, tensor in zip(values, tensors)]


def worker(jobs, out, found):
    """Answers the jobs (op, seed, number), one pickled answer a job; `out` ends early when TensorFlow dies."""
    from draw import Draw
    used = int(open('/proc/self/statm').read().split()[0]) * 4096
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES, used + LIMIT_BYTES))
    with open(out, 'wb') as file:
        for op, seed, number in jobs:
            draw = Draw(f'{op}/{seed}/{number}')
            records = op in found and [r for r in found[op] if r.ops == op] if draw.chance(0.8) else None
            records = records or found.get(op)
            try:
                result = (answer_generated(op[9:], draw) if op.startswith('generate:') else
                          answer(op, draw.choice(records), draw) if records else 'no case')
            except Exception:  # a fault of the generator: it must not end the sweep
                traceback.print_exc()
                result = 'broken generator'
            pickle.dump(((op, seed, number), result), file)
            file.flush()


def forked(jobs, out, found):
    """The status of a worker that was given a while. It is forked while TensorFlow is loaded but has not run yet."""
    child = os.fork()
    if child == 0:
        try:
            worker(jobs, out, found)
            sys.stderr.flush()
            os._exit(0)
        finally:
            os._exit(1)
    size, since = 0, time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        grown = os.path.getsize(out) if os.path.exists(out) else 0
        if grown > size:
            size, since = grown, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return 'hangs'
        time.sleep(0.01)


def answers(jobs, folder):
    """(job, answer or word) of all jobs; a new worker follows a dead one."""
    out = os.path.join(folder, 'answers')
    found = cases_by_op()
    while jobs:
        if os.path.exists(out):
            os.unlink(out)
        status = forked(jobs, out, found)
        count = 0
        if os.path.exists(out):
            with open(out, 'rb') as file:
                while True:
                    try:
                        yield pickle.load(file)
                    except (EOFError, pickle.UnpicklingError):
                        break
                    count += 1
        if count < len(jobs):
            yield jobs[count], 'hangs' if status == 'hangs' else f'TensorFlow died ({status})'
            count += 1
        jobs = jobs[count:]


# ---- The engine ----

def engine(golden_test, records, folder, said):
    """Words for each case that differs, by name; `said` gets what is said of those that are refused."""
    import record as recorder
    failed = {}
    while records:
        some = records[:200]
        with open(os.path.join(folder, 'sweep.gold'), 'wb') as file:
            file.write(recorder.pack(some, 'sweep'))
        try:
            done = subprocess.run([golden_test, '--cases=sweep', '-v'], capture_output=True, text=True, errors='replace',
                                  env={**os.environ, 'RIVULET_GOLDEN_DATA': folder}, timeout=ENGINE_PATIENCE)
            status, text = done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            status, text = -9, (late.stdout or b'').decode(errors='replace')
        started = re.findall(r'^run  (.*)$', text, re.M)
        said.update(re.findall(r'^run  (.*)\nsaid (.*)$', text, re.M))
        for name, words in re.findall(r'^FAIL (.*)\n     (.*)$', text, re.M):
            failed[name] = words
        if status in (0, 1):
            records = records[len(some):]
            continue
        if not started:
            raise SystemExit(f'{golden_test} does not run: status {status}')
        failed[started[-1]] = f'CRASH: status {status}' if status != -9 else 'HANG'
        records = records[[r.name for r in records].index(started[-1]) + 1:]
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('globs', nargs='+')
    parser.add_argument('--golden-test', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=40)
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--keep')
    parser.add_argument('--words', action='store_true', help='what the engine says where TensorFlow refuses, too')
    options = parser.parse_args()
    sys.path.insert(0, HERE)
    import mutate  # noqa: F401  (loads TensorFlow before the first fork)
    import record as recorder
    from driver import NO_KERNEL
    ops = [line.split('`')[1] for line in open(os.path.join(HERE, '..', '..', 'docs', 'operators.md')) if line.startswith('| `')]
    ops = [op for op in ops if any(fnmatch.fnmatchcase(op, g) for g in options.globs)]
    ops += [g for g in options.globs if g.startswith('generate:')]
    jobs = [(op, options.seed, options.first + n) for op in ops for n in range(options.count)]
    counts, differing, names = collections.Counter(), [], collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        batch = {}

        def compare():
            said = {}
            differs = engine(options.golden_test, list(batch.values()), folder, said)
            for name, words in said.items() if options.words else ():
                print(f'SAID {name}\n     {words}')
            for name, words in differs.items():
                record = batch[name]
                if record.expectation == recorder.ERROR and 'want an error' in words and NO_KERNEL.search(record.name):
                    counts['wider'] += 1
                    continue
                differing.append(record)
                print(f'DIFF {name}\n     {words}', flush=True)
            batch.clear()

        for job, result in answers(jobs, folder):
            if isinstance(result, str):
                counts[result] += 1
                if result.startswith(('TensorFlow died', 'broken')):
                    print('note', job, result, flush=True)
                continue
            result.name = f'{result.name} #{job[1]}.{job[2]}'
            counts['error' if result.expectation == recorder.ERROR else 'values'] += 1
            batch[result.name] = result
            if len(batch) == 400:  # what differs is shown as a long sweep goes on
                compare()
        compare()
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
        with open(os.path.join(options.keep, 'failed.gold'), 'wb') as file:
            file.write(recorder.pack(differing, 'sweep'))
    print(f'{len(ops)} operators', dict(counts), f'{len(differing)} differ', flush=True)
    return 1 if differing else 0


if __name__ == '__main__':
    sys.exit(main())
