"""Ragged tensors: ranges, picked rows, conversion to sparse ones."""
import numpy as np

from cases_dsl import *

OUTER, INNER = [0, 2, 2, 3], [0, 1, 4, 6]      # [[v, vvv], [], [vv]]


def ranges():
    op = 'RaggedRange'
    for t in kernel_dtypes(op, Tsplits='int64'):
        for splits in INDEX:
            attrs = dict(Tsplits=splits)
            yield Case(op, [lit(t, [0, 5, 8, 3]), lit(t, [5, 5, 3, 4]), lit(t, [2, 1, -2, 9])], attrs)
            yield Case(op, [lit(t, 0), lit(t, [3, 0, -2, 5]), lit(t, 1)], attrs)
            yield Case(op, [lit(t, 7), lit(t, 1), lit(t, -2)], attrs)
        yield Case(op, [lit(t, []), lit(t, []), lit(t, [])])
        yield Case(op, [lit(t, 0), lit(t, [5, 6]), lit(t, [1, 0])], error=True)
        yield Case(op, [lit(t, [0, 1]), lit(t, [5, 6, 7]), lit(t, 1)], error=True)
        yield Case(op, [lit(t, [[0, 1]]), lit(t, 5), lit(t, 1)], error=True)
    for t in ('float32', 'float64'):
        yield Case(op, [lit(t, [0.1, -1.5]), lit(t, [1, 2]), lit(t, [0.1, 0.7])])
        yield Case(op, [lit(t, 0), lit(t, np.inf), lit(t, 1)], error=True)
    yield Case(op, [fed(i32([0, 3])), fed(i32(5)), fed(i32(2))])


def picked():
    op = 'RaggedGather'
    for t in kernel_dtypes(op, 'Tvalues', Tindices='int32', Tsplits='int64'):
        yield Case(op, [[i64(OUTER), i64(INNER)], rand(t, (6,)), i32([2, 0, 0])], dict(OUTPUT_RAGGED_RANK=2))
    for splits in INDEX:
        for index in INDEX:
            one, two = [lit(splits, INNER)], [lit(splits, OUTER), lit(splits, INNER)]
            yield Case(op, [one, rand('float32', (6, 2)), lit(index, [2, 1, 2])], dict(OUTPUT_RAGGED_RANK=1))
            yield Case(op, [two, rand('float32', (6,)), lit(index, [[2, 1], [0, 0]])], dict(OUTPUT_RAGGED_RANK=3))
            yield Case(op, [two, rand('float32', (6,)), lit(index, 0)], dict(OUTPUT_RAGGED_RANK=1))
            yield Case(op, [one, rand('float32', (6,)), lit(index, 1)], dict(OUTPUT_RAGGED_RANK=0))
    yield Case(op, [[i64([0, 0, 0])], rand('float32', (0, 2)), i32([1, 0])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6,)), lit('int32', [])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6, 0)), i32([1])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64([1, 2, 4])], rand('float32', (6,)), i32([1, 0])], dict(OUTPUT_RAGGED_RANK=1))
    yield Case(op, [[i64(INNER)], rand('float32', (6,)), lit('int32', np.zeros((2, 0), np.int32))], dict(OUTPUT_RAGGED_RANK=2))
    for n, (splits, values, index, rank) in enumerate([(INNER, (6,), [3], 1), (INNER, (6,), [-1], 1), (INNER, (5,), [0], 1), ([0, 4, 1, 6], (6,), [0], 1), ([-1, 1, 6], (6,), [0], 1),
                                                       (INNER, (6,), [0], 2), (INNER, (), [0], 1), ([], (6,), [0], 1)]):
        yield Case(op, [[lit('int64', splits)], rand('float32', values), i32(index)], dict(OUTPUT_RAGGED_RANK=rank), name=f'{op} bad {n}', error=True)


def sparse():
    op = 'RaggedTensorToSparse'
    for t in ALL_PLAIN:
        yield Case(op, [[i64(OUTER), i64(INNER)], rand(t, (6,))])
    for splits in INDEX:
        yield Case(op, [[lit(splits, INNER)], rand('float32', (6, 2))])
        yield Case(op, [[lit(splits, [0, 2, 2, 3]), lit(splits, OUTER), lit(splits, INNER)], rand('float32', (6, 1, 2))])
    yield Case(op, [[i64([0, 0, 0])], rand('float32', (0,))])
    yield Case(op, [[i64([0])], rand('float32', (0,))])
    yield Case(op, [[i64([0, 0]), i64([0])], rand('float32', (0, 2))])
    yield Case(op, [[i64([0, 0, 3, 3, 3, 4])], rand('float32', (4,))])
    for n, (splits, values) in enumerate([([INNER], (5,)), ([INNER], (7,)), ([[1, 6]], (6,)), ([[0, 4, 2, 6]], (6,)), ([[]], (6,)), ([OUTER, [0, 1, 6]], (6,)), ([[[0, 6]]], (6,))]):
        yield Case(op, [[lit('int64', s) for s in splits], rand('float32', values)], name=f'{op} bad {n}', error=True)


def cases():
    for family in (ranges, picked, sparse):
        yield from family()
