"""Sparse tensors as triples: SparseToDense, SparseReshape, SparseFillEmptyRows."""
import numpy as np

from cases_dsl import *


def empty(t, *shape):
    return lit(t, np.zeros(shape, numpy_dtype(t)))


def to_dense():
    op = 'SparseToDense'
    for t in kernel_dtypes(op):
        for index in INDEX:
            yield Case(op, [lit(index, [[0, 1], [1, 2]]), lit(index, [2, 3]), rand(t, (2,)), rand(t, ())])
    one, two = f32(1), f32([1, 2])
    for indices, shape, values in [(i32([1, 3]), [4], two), (i32(2), [4], f32(9)), (i32(2), [4], f32([9])), (i32([[0, 1], [1, 2]]), [2, 3], one),
                                   (empty('int32', 0, 2), [2, 3], empty('float32', 0)), (empty('int32', 0), [3], empty('float32', 0)),
                                   (i32([[0, 0, 1], [0, 1, 0]]), [1, 2, 2], two), (empty('int32', 1, 0), [], f32([3])),
                                   (empty('int32', 0, 0), [], empty('float32', 0)), (i32([[0, 1], [1, 2]]), [2, 3], f32([-0.0, np.nan]))]:
        for validate in (True, False):
            yield Case(op, [indices, const(lit('int32', np.array(shape, np.int32))), values, f32(-1)], dict(validate_indices=validate))
    for indices in ([[1, 2], [0, 1]], [[0, 1], [0, 1]], [[1, 1], [1, 0]]):
        yield Case(op, [i32(indices), i32([2, 3]), two, f32(0)], dict(validate_indices=False))
        yield Case(op, [i32(indices), i32([2, 3]), two, f32(0)], error=True)
    for indices in ([[0, 1], [1, 3]], [[0, 1], [-1, 0]], [[0, 1], [2, 0]]):
        for validate in (True, False):
            yield Case(op, [i32(indices), i32([2, 3]), two, f32(0)], dict(validate_indices=validate), error=True)
    for indices, shape, values, default in [([[0, 1], [1, 2]], [2, 3], [1, 2, 3], 0), ([[0], [1]], [2, 3], [1, 2], 0), ([[0, 1]], [2, 3], [1], [0]),
                                            ([[0, 1]], [-2, 3], [1], 0), ([0], 3, [1], 0), ([[[0, 1]]], [2, 3], [1], 0), ([[0, 1]], [2, 3], [[1]], 0)]:
        yield Case(op, [i32(indices), i32(shape), f32(values), f32(default)], error=True)
    yield Case(op, [fed(i32([[0, 1]])), fed(i32([2, 3])), fed(f32([1])), fed(f32(0))])


def reshape():
    op = 'SparseReshape'
    some = i64([[0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 2, 3]])
    for new in ([9, -1], [-1], [4, 9], [2, 3, 6], [36, 1, 1, 1], [1, -1, 2, 2]):
        yield Case(op, [some, i64([2, 3, 6]), i64(new)])
    for indices, shape, new in [(i64([[0, 0], [1, 1]]), [2, 3], [2, 3]), (i64([[0, 7]]), [2, 3], [3, 2]), (i64([[0, -1]]), [2, 3], [3, 2]),
                                (empty('int64', 0, 2), [0, 3], [3, -1]), (empty('int64', 0, 2), [0, 3], [0, 5]),
                                (empty('int64', 0, 2), [2, 3], [-1]), (empty('int64', 1, 1), [1], []), (empty('int64', 1, 0), [], [1, 1])]:
        yield Case(op, [indices, i64(shape), i64(new)])
    yield Case(op, [fed(some), fed(i64([2, 3, 6])), fed(i64([-1]))])
    for indices, shape, new in [([[0, 0]], [2, 3], [-1, -1]), ([[0, 0]], [2, 3], [4, -1]), ([[0, 0]], [2, 3], [4, 2]), ([[0, 0]], [2, 3], [-2, 3]),
                                ([[0, 0]], [0, 3], [0, 5]), ([[0, 0]], [2, 3, 1], [6]), ([[0, 0]], [2**40, 2**40], [-1]), ([[0, 0]], [-2, 3], [-1]),
                                ([0, 0], [2, 3], [6])]:
        yield Case(op, [i64(indices), i64(shape), i64(new)], error=True)
    yield Case(op, [empty('int64', 0, 2), i64([0, 3]), i64([0, -1])], error=True)


def fill_empty_rows():
    op = 'SparseFillEmptyRows'
    for t in kernel_dtypes(op):
        yield Case(op, [i64([[0, 1], [0, 3], [2, 0], [3, 1]]), rand(t, (4,)), const(i64([5, 6])), rand(t, ())])
    for indices, rows in [([[2, 1], [0, 3], [2, 0], [0, 1]], 5), ([[0, 1], [1, 3]], 2), ([[1, 1], [0, 3]], 2), ([[0, 9], [1, -3]], 2)]:
        yield Case(op, [i64(indices), f32(np.arange(len(indices))), i64([rows, 6]), f32(-1)], name=f'{op} {indices} {rows}')
    yield Case(op, [empty('int64', 0, 2), empty('float32', 0), i64([2, 6]), f32(-1)])
    yield Case(op, [empty('int64', 0, 2), empty('float32', 0), i64([0, 6]), f32(-1)])
    yield Case(op, [i64([[1, 0, 2]]), f32([1]), i64([3, 2, 4]), f32(0)])
    yield Case(op, [i64([[1]]), f32([1]), i64([3]), f32(0)])
    yield Case(op, [fed(i64([[1, 1]])), fed(f32([1])), fed(i64([3, 2])), fed(f32(0))])
    for indices, values, shape, default in [([[0, 1], [2, 3]], [1, 2], [2, 6], 0), ([[0, 1], [-1, 3]], [1, 2], [2, 6], 0), ([[0, 0]], [1], [0, 6], 0),
                                            ([[1, 1]], [1], [-2, 6], 0), ([[1, 1]], [1], [2, 6], [0]), ([[1, 0, 2]], [1], [3, 2], 0),
                                            ([[1, 1]], [1, 2], [2, 6], 0)]:
        yield Case(op, [i64(indices), f32(values), i64(shape), f32(default)], error=True)
    op = 'SparseFillEmptyRowsGrad'
    for t in kernel_dtypes(op):
        yield Case(op, [i64([0, 2, 3]), rand(t, (6,))])
    yield Case(op, [i64([1, 1]), f32([1, 2])])
    yield Case(op, [empty('int64', 0), f32([1, 2])])
    yield Case(op, [empty('int64', 0), empty('float32', 0)])
    yield Case(op, [i64([0]), rand('bfloat16', (100,), 0.5, 1.5)])
    for places in ([0, 7], [0, -1]):
        yield Case(op, [i64(places), f32([1, 2])], error=True)
    yield Case(op, [i64([[0]]), f32([1, 2])], error=True)


def cases():
    yield from to_dense()
    yield from reshape()
    yield from fill_empty_rows()
