"""Random small programs: two to seven steps, each a random operator of those that passes look for (convolutions, pooling,
norms, products, activations, transposes, pads, reshapes, slices, joins, reductions, codes, loops, branches, lists) on a
random result so far, so that what fuses meets what it must not fuse with. `steps_*.py` have the steps.

A step is a function of draw and the results so far that returns None, or (inputs, build): numbers of results and a
function of their tensors. What it may choose it knows from results of known shape; the program is then built once more,
with shapes that are known, partly known or unknown, and with constants for some inputs.
"""
import importlib
import os

from draw import *
from cases_dsl import GraphCase

import tensorflow as tf

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = [step for file in sorted(os.listdir(HERE)) if file.startswith('steps_') for step in importlib.import_module(file[:-3]).STEPS]
SHAPES = [(1, 5, 6, 4), (2, 4, 4, 3), (1, 7, 7, 2), (1, 8, 3, 8), (3, 6), (4, 8), (2, 3, 4), (2, 5, 8), (6,), (1, 1, 1, 8), (2, 6, 5, 1), (1, 3, 4, 5, 2), (1, 1), (5, 1), (1, 9, 9, 16), (0, 4), (2, 0, 3, 4), ()]


class Results:
    """The tensors of a program of known shapes, while it is made up."""

    def __init__(self):
        self.tensors = []
        self.steps = []

    def of(self, draw, kinds=('float32',), low=0, high=8, where=lambda t: True):
        """The number of a result of such a type and rank, recent ones rather; None when there is none."""
        fit = [i for i, t in enumerate(self.tensors) if t.dtype.name in kinds and low <= len(t.shape) <= high and where(t)]
        return None if not fit else fit[-1] if draw.chance(0.6) else draw.choice(fit)

    def shape(self, i):
        return tuple(self.tensors[i].shape.as_list())

    def dtype(self, i):
        return self.tensors[i].dtype.name


def literal_of(draw, dtype, shape):
    if dtype in FLOATS and draw.chance(0.03):
        return draw.tensor(dtype, shape, edges=1, huge=False)
    return draw.tensor(dtype, shape)


def made(draw):
    """(the inputs' values, steps, which results are fetched, whether some are of 16 bits)"""
    results, inputs = Results(), []
    main = draw.choices(['float32', 'float16', 'bfloat16', 'float64', 'int32'], [20, 1, 1, 2, 1])[0]
    for _ in range(draw.randint(1, 3)):
        shape = draw.choice(SHAPES) if not inputs or draw.chance(0.4) else draw.broadcastable(inputs[0].array.shape)
        inputs.append(literal_of(draw, main, shape))
    with tf.Graph().as_default():
        results.tensors = [tf.compat.v1.placeholder(tf.as_dtype(v.dtype), v.array.shape) for v in inputs]
        wanted = draw.randint(2, 7)
        for _ in range(60):
            if len(results.steps) == wanted:
                break
            step = draw.choice(STEPS)(draw, results)
            if step is None:
                continue
            numbers, build = step
            try:
                out = build(*[results.tensors[i] for i in numbers])
            except (ValueError, TypeError, tf.errors.OpError):
                continue
            out = list(out) if isinstance(out, (list, tuple)) else [out]
            if any(not t.shape.is_fully_defined() or t.shape.num_elements() > 4000 for t in out):
                continue
            results.steps.append((numbers, build))
            results.tensors += out
    used = {i for numbers, _ in results.steps for i in numbers}
    ends = [i for i, t in enumerate(results.tensors) if i >= len(inputs) and i not in used]
    if draw.chance(0.2) and len(results.tensors) > len(inputs):
        ends.append(draw.randrange(len(inputs), len(results.tensors)))
    halves = any(results.dtype(i) in ('float16', 'bfloat16') for i in range(len(results.tensors)))
    return inputs, results.steps, sorted(set(ends)), halves


def case(draw):
    inputs, steps, ends, halves = made(draw)
    if not ends:
        return case(draw)
    places = [draw.choices(['known', 'partial', 'unknown', 'const'], [6, 2, 1, 2])[0] for _ in inputs]
    if all(p == 'const' for p in places):
        places[0] = 'known'
    holes = [tuple(None if draw.chance(0.5) else d for d in v.array.shape) for v in inputs]
    lose = draw.random()

    def build(g):
        tensors = []
        for value, place, hole in zip(inputs, places, holes):
            if place == 'const':
                tensors.append(g.const(value))
            else:
                tensors.append(g.feed(value, {'known': value.array.shape, 'partial': hole, 'unknown': None}[place]))
        for numbers, step in steps:
            out = step(*[tensors[i] for i in numbers])
            tensors += list(out) if isinstance(out, (list, tuple)) else [out]
        return [tf.identity(tensors[i]) if lose < 0.2 else tensors[i] for i in ends]
    words = ' '.join(step.__qualname__.split('.')[0] for _, step in steps)
    return GraphCase(f'{"; ".join(f"{v.dtype}{list(v.array.shape)}" for v in inputs)}: {words}', build, rtol=3e-2 if halves else 1e-3, atol=3e-2 if halves else 1e-4)
