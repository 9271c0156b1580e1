"""Reads what the engine says of illegal rows, all of it, by rule.

  python words.py --golden-test build/release/tests/golden_test rows|second [--seed 1] [--count 2] [--share 1] [--keep FOLDER]

Each operator's rows (cases_rows.py, cases_second.py) are made illegal one thing at a time: each input in rank, dims, type and, of
integers, in value; each attribute in kind, range or by leaving it out. TensorFlow is not asked. Whatever is refused must name the
operator, what was wanted and what was found; sentences that do not are shown with how many rows have them. Exit status 1 when
the engine crashes or hangs. --share 4 takes every fourth row.
"""
import argparse
import collections
import copy
import importlib
import os
import re
import subprocess
import sys
import tempfile
import zlib

from draw import *
import record
from cases_dsl import literal
from inputs import DTYPE_NUMBERS
from tensorflow.core.framework import attr_value_pb2
from tensorflow.python.framework import op_def_registry

Attr = attr_value_pb2.AttrValue
PART = 400  # rows that one process is given


def plain(value):
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else literal(value)


def resized(value, shape):
    count, flat = int(np.prod(shape)), value.array.reshape(-1)
    if flat.size:
        flat = np.resize(flat, count)
    elif value.dtype == 'string':
        flat = np.full(count, b'', dtype=object)
    else:
        flat = np.zeros(count, flat.dtype)
    return Literal(value.dtype, flat.reshape(shape))


def tensors(draw, value):
    """(what, tensor): the value made illegal."""
    shape = list(value.array.shape)
    yield 'a rank more', resized(value, [2] + shape)
    yield 'nine ranks more', resized(value, [1] * 9 + shape)
    if shape:
        yield 'a rank less', resized(value, shape[1:])
        yield 'a scalar', resized(value, ())
    for d in range(min(len(shape), 5)):
        for size in (shape[d] + 1, 0):
            yield f'dim {d} is {size}', resized(value, shape[:d] + [size] + shape[d + 1:])
    if value.dtype in ('int32', 'int64') and value.array.size:
        for number in (-1, -7, 1000, 2**31 - 1, -2**31):
            flat = value.array.copy().reshape(-1)
            flat[0] = number
            yield f'[0] is {number}', Literal(value.dtype, flat.reshape(shape))
    if value.dtype in FLOATS and not shape:
        for number in (float('nan'), -1.0, 1e30):
            yield f'{number}', lit(value.dtype, number, ())
    for dtype in ('float32', 'int32', 'string', 'bool', 'complex64'):
        if dtype != value.dtype:
            yield dtype, draw.tensor(dtype, shape)


def attributes(spec, old):
    """(what, Attr or None for leaving it out)."""
    yield 'another kind', Attr(s=b'x') if spec.type == 'float' else Attr(f=1.5)
    yield 'left out', None
    if spec.type == 'int':
        yield from ((f'{n}', Attr(i=n)) for n in (-1, 0, -2**31, 2**31, 2**62))
    elif spec.type == 'float':
        yield from ((f'{x}', Attr(f=x)) for x in (-1.0, 0.0, float('nan'), float('inf')))
    elif spec.type == 'string':
        yield from ((f'{s}', Attr(s=s)) for s in (b'bogus', b''))
    elif spec.type == 'type':
        yield from ((f'{n}', Attr(type=n)) for n in (DTYPE_NUMBERS['string'], DTYPE_NUMBERS['qint16'], DTYPE_NUMBERS['int8'], 99))
    elif spec.type == 'list(int)':
        numbers = list(old) if isinstance(old, (list, tuple)) else []
        for what, changed in [('longer', numbers + [1]), ('empty', [])] + [(f'[{i}] is {n}', numbers[:i] + [n] + numbers[i + 1:]) for i in range(len(numbers)) for n in (0, -1, 2**31)]:
            yield what, Attr(list=Attr.ListValue(i=changed))


def illegal(case, draw):
    """(what, case, attribute to leave out)."""
    inputs = [plain(v) for v in case.inputs]
    for i, value in enumerate(inputs):
        for j, one in enumerate(value[:2] if isinstance(value, list) else [value]):
            for what, tensor in tensors(draw, one):
                changed = copy.copy(case)
                new = value[:j] + [tensor] + value[j + 1:] if isinstance(value, list) else tensor
                changed.inputs = inputs[:i] + [new] + inputs[i + 1:]
                yield f'input {i} {one.dtype}{list(one.array.shape)}: {what}', changed, None
    for spec in op_def_registry.get(case.op).attr:
        for what, attr in attributes(spec, case.attrs.get(spec.name)):
            changed = copy.copy(case)
            changed.inputs, changed.attrs = inputs, dict(case.attrs)
            if attr is not None:
                changed.attrs[spec.name] = attr
            yield f'attr {spec.name}: {what}', changed, spec.name if attr is None else None


def recorded(registry, options):
    seen = set()
    for op in sorted(registry):
        for number in range(options.count):
            draw = Draw(f'{op}/{options.seed}/{number}')
            try:
                case = draw.choice(registry[op])(draw, op)
            except Exception:  # a fault of the generator
                continue
            spec = op_def_registry.get(op)
            if not isinstance(case, record.Case) or spec is None:
                continue
            if spec.deprecation.version and case.producer is None:
                case.producer = spec.deprecation.version - 1
            for what, changed, left_out in illegal(case, draw):
                name = f'{case.op}: {what}'
                if name in seen or zlib.crc32(name.encode()) % options.share:
                    continue
                seen.add(name)
                try:
                    graph, feeds = record.op_graph(changed)
                except Exception:  # no such graph can be written
                    continue
                for node in graph.node:
                    if node.name == 'op' and left_out and left_out in node.attr:
                        del node.attr[left_out]
                graph.versions.producer = case.producer or 0
                # Nothing is fetched, so that what is not refused passes.
                yield record.Recorded(f'{len(seen)} {name}'[:200].replace('\n', ' '), case.op, graph.SerializeToString(deterministic=True), feeds, [], ['op'], [], record.VALUES, 0, 0)


def faults(sentence):
    at = re.search(r"node '[^']*' \([\w>]+\): ", sentence)
    words = sentence[at.end():] if at else sentence
    found = [] if at else ['no operator']
    if re.search(r'^UNIMPLEMENTED: no operator|the run passed its deadline|bytes of memory left', sentence[at.end():] if at else sentence):
        return '', ''
    if not re.search(r'\bwant|at most|at least|beyond|larger than|multiple of|missing|not in \[|must|not broadcast|not fill|different ranks', words):
        found.append('nothing wanted')
    if not re.search(r'\bgot\b|\d|missing', words):
        found.append('nothing found')
    return ', '.join(found), re.sub(r'\d+', 'N', re.sub(r"'[^']*'", "'_'", words))[:150]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('family', choices=['rows', 'second'])
    parser.add_argument('--golden-test', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=2)
    parser.add_argument('--share', type=int, default=1)
    options = parser.parse_args()
    importlib.import_module('cases_' + options.family)
    module = importlib.import_module(options.family)
    records = list(recorded(module.SECOND if options.family == 'second' else module.ROWS, options))
    refused, vague, broken = 0, collections.defaultdict(list), []
    with tempfile.TemporaryDirectory() as folder:
        for first in range(0, len(records), PART):
            with open(os.path.join(folder, 'words.gold'), 'wb') as file:
                file.write(record.pack(records[first:first + PART], 'words'))
            try:
                done = subprocess.run([options.golden_test, '--cases=words', '-v'], capture_output=True, text=True, errors='replace',
                                      env={**os.environ, 'RIVULET_GOLDEN_DATA': folder}, timeout=600)
                status, text = done.returncode, done.stdout
            except subprocess.TimeoutExpired as late:
                status, text = 'hangs', (late.stdout or b'').decode(errors='replace')
            if status not in (0, 1):
                broken.append((status, re.findall(r'^run  (.*)$', text, re.M)[-1:]))
            for name, sentence in re.findall(r'^FAIL (.*)\n     (.*)$', text, re.M):
                refused += 1
                sentence = re.sub(r'^\w+: [^:]*, as recorded, \d threads: ', '', sentence)
                why, key = faults(sentence)
                if why:
                    if (why, key) not in vague:  # shown as a long run goes on
                        print(f'{why}: {key}\n    {name[:150]}\n    {sentence[:250]}', flush=True)
                    vague[why, key].append((name, sentence))
            print(f'{min(first + PART, len(records))} of {len(records)} rows, {refused} refused, {sum(map(len, vague.values()))} vaguely', flush=True)
    for (why, key), rows in sorted(vague.items(), key=lambda item: -len(item[1])):
        print(f'{len(rows)} × {why}: {key}')
    for status, name in broken:
        print('BROKEN', status, *name)
    print(f'{len(records)} rows, {refused} refused, {sum(map(len, vague.values()))} vaguely', flush=True)
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
