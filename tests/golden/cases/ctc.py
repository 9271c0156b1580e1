"""Connectionist temporal classification: decoding."""
from cases_dsl import *


def cases():
    op = 'CTCGreedyDecoder'
    for t in kernel_dtypes(op):
        for merge in (False, True):
            for blank in (-1, 0, 2, -4):
                yield Case(op, [rand(t, (9, 3, 4), seed=3), i32([9, 0, 5])], dict(merge_repeated=merge, blank_index=blank))
    steps = lit('float32', [[[0, 1, 0]], [[0, 1, 0]], [[0, 0, 1]], [[0, 1, 0]], [[1, 0, 0]], [[1, 0, 1]], [[0, 0, 0]]])
    for merge in (False, True):
        yield Case(op, [steps, i32([7])], dict(merge_repeated=merge))
    for shape in ((2, 0, 3), (0, 2, 3), (2, 2, 0)):
        yield Case(op, [rand('float32', shape), lit('int32', [0] * shape[1])], error=True)
    yield Case(op, [rand('float32', (2, 2, 1)), i32([2, 1])])
    yield Case(op, [fed(rand('float32', (2, 2, 3))), fed(i32([2, 1]))])
    for shape, lengths, blank in [((2, 2, 3), [3, 1], -1), ((2, 2, 3), [2], -1), ((2, 2), [2, 2], -1), ((2, 2, 3), [[2, 2]], -1), ((2, 2, 3), [2, 2], 3), ((2, 2, 3), [2, 2], -4)]:
        yield Case(op, [rand('float32', shape), i32(lengths)], dict(blank_index=blank), error=True)
