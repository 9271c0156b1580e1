"""Softmax, LogSoftmax and the cross entropy losses."""
import numpy as np

from cases_dsl import *


def empty(t, *shape):
    return lit(t, np.zeros(shape, numpy_dtype(t)))


def cases():
    for op in ('Softmax', 'LogSoftmax'):
        for t in FLOATS:
            for shape in [(5,), (3, 7), (2, 3, 4), (2, 1, 2, 2, 3), (4, 1), (2, 33), (1, 200)]:
                yield Case(op, [rand(t, shape)])
            yield Case(op, [rand(t, (3, 9), -30, 30)])
            yield Case(op, [lit(t, [[np.inf, 1, 0], [-np.inf] * 3, [np.nan, 1, 2], [-np.inf, 1, 2]])])
            yield Case(op, [empty(t, 2, 0)])
            yield Case(op, [empty(t, 0, 2)])
        yield Case(op, [fed(rand('float32', (2, 3)))])
        yield Case(op, [rand('float32', (1, 1, 2, 1, 1, 2, 1, 3))])
        yield Case(op, [rand('float32', ())], error=True)
    op = 'SoftmaxCrossEntropyWithLogits'
    for t in FLOATS:
        yield Case(op, [rand(t, (4, 6)), rand(t, (4, 6), 0, 1)])
        yield Case(op, [rand(t, (3, 5), -20, 20), lit(t, np.eye(5)[[1, 4, 0]])], name=f'{op} one-hot {t}')
        for a, b in [((2, 3), (1, 3)), ((1, 3), (2, 3)), ((2, 1), (2, 3)), ((2, 3), (2, 1)), ((2, 3), (3,)), ((3,), (2, 3)),
                     ((1, 3), (2, 1)), ((2, 3), ())]:
            yield Case(op, [rand(t, a), rand(t, b, 0, 1)])
        yield Case(op, [empty(t, 0, 3), empty(t, 0, 3)])
        yield Case(op, [lit(t, [[np.inf, 2, 3], [-np.inf, 1, 1], [np.nan, 0, 0]]), lit(t, [[0, 0, 1]] * 3)])
    yield Case(op, [empty('float32', 2, 0), empty('float32', 2, 0)])
    yield Case(op, [fed(rand('float32', (2, 3))), fed(rand('float32', (2, 3)))])
    yield Case(op, [rand('float32', (30, 100), seed=1), rand('float32', (30, 100), 0, 1, seed=2)])
    for a, b in [((1, 3), (1, 2)), ((3,), (3,)), ((1, 1, 3), (1, 1, 3)), ((), ())]:
        yield Case(op, [rand('float32', a), rand('float32', b)], error=True)
    op = 'SparseSoftmaxCrossEntropyWithLogits'
    for t in FLOATS:
        for index in INDEX:
            yield Case(op, [rand(t, (4, 6)), lit(index, [0, 5, 3, 3])])
            yield Case(op, [rand(t, (3, 2), -20, 20), const(lit(index, [0, 1, 1]))])
        yield Case(op, [lit(t, [[np.inf, 2, 3], [-np.inf, 1, 1], [-np.inf, 1, 1], [np.nan, 0, 0]]), i32([1, 0, 1, 1])])
        yield Case(op, [empty(t, 0, 3), empty('int32', 0)])
    yield Case(op, [rand('float32', (30, 100), seed=1), rand('int64', (30,), 0, 99, seed=2)])
    yield Case(op, [fed(rand('float32', (2, 3))), fed(i32([1, 2]))])
    for shape, labels in [((2, 3), [3, 0]), ((2, 3), [-1, 0]), ((2, 3), [0]), ((3,), [0]), ((1, 3), [[0]]), ((2, 0), [0, 0])]:
        yield Case(op, [rand('float32', shape), i32(labels)], error=True)
