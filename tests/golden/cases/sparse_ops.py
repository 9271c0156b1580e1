"""Sparse tensors: sums, products, slices, reductions, and what they make of indices that are wrong."""
import numpy as np

from cases_dsl import *

EYE = [[0, 1], [1, 0], [1, 2], [3, 1]]
NONE = np.zeros((0, 2), np.int64)


def none(t):
    return lit(t, np.zeros(0, numpy_dtype(t)))


def real_of(t):
    return {'complex64': 'float32', 'complex128': 'float64'}.get(t, t)


# Parts that do not go together: indices, values, shape.
BROKEN = [([0, 1], [1., 2.], [4, 3]), ([[0, 1]], [[1.]], [4, 3]), ([[0, 1]], [1.], [[4, 3]]), ([[0, 1]], [1., 2.], [4, 3]),
          ([[0, 1]], [1.], [4]), ([[0, 1]], [1.], [4, 3, 2])]


def merged():
    b = [[0, 0], [1, 0], [1, 2], [2, 2], [3, 2]]
    for op in ('SparseAdd', 'SparseSparseMaximum', 'SparseSparseMinimum'):
        more = (lambda t, v=0: [lit(real_of(t), v)]) if op == 'SparseAdd' else lambda t, v=0: []
        for t in kernel_dtypes(op) if op != 'SparseAdd' else ['float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'complex64', 'complex128']:
            yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), i64(b), rand(t, (5,)), i64([4, 3]), *more(t)])
            yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), i64(b), rand(t, (5,)), i64([4, 3]), *more(t, 1)], name=f'{op} {t} thresh')
        for x, y in [(EYE, NONE), (NONE, EYE), (NONE, NONE)]:
            yield Case(op, [i64(x), f32(np.arange(len(x)) + 1.5), i64([4, 3]), i64(y), f32(np.arange(len(y)) - 2.5), i64([4, 3]), *more('float32')])
        for x, y in [([[1, 0], [0, 1]], [[0, 1], [2, 2]]), ([[0, 1], [0, 1]], [[0, 1]]), ([[0, 1]], [[0, 1], [0, 1]])]:
            yield Case(op, [i64(x), f32(np.arange(len(x)) + 1.5), i64([4, 3]), i64(y), f32(np.arange(len(y)) - 2.5), i64([4, 3]), *more('float32')])
        yield Case(op, [i64([[0], [1], [2]]), f32([np.nan, 1, np.inf]), i64([3]), i64([[0], [1], [2]]), f32([1, np.nan, -np.inf]), i64([3]), *more('float32')])
        yield Case(op, [i64([[0, 1, 2]]), f32([1]), i64([3, 3, 3]), i64([[0, 1, 1]]), f32([2]), i64([3, 3, 3]), *more('float32')])
        yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3])), i64(EYE), f32([1, 2, -3, 4]), i64([4, 3]), *more('float32')])
        for parts in BROKEN:
            if parts[2] == [4]:
                continue
            yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), i64(EYE), f32([1, 2, 3, 4]), i64([4, 3]), *more('float32')], error=True)
        yield Case(op, [i64(EYE), f32([1, 2, 3, 4]), i64([4, 3]), i64(EYE), f32([1, 2, 3, 4]), i64([4, 4]), *more('float32')], error=True)
    outside = [i64([[7, 1]]), f32([2]), i64([4, 3]), i64([[-1, 1]]), f32([3]), i64([4, 3])]
    yield Case('SparseAdd', [*outside, f32(0)])
    yield Case('SparseSparseMaximum', outside, error=True)
    yield Case('SparseSparseMinimum', outside, error=True)
    op = 'SparseAdd'
    for t in ('int8', 'int16', 'int32', 'float32'):
        low = -128 if t == 'int8' else -32768 if t == 'int16' else -5
        yield Case(op, [i64([[0], [1], [2]]), lit(t, [low, 3, 1]), i64([3]), i64([[0], [1], [2]]), lit(t, [0, -5, 1]), i64([3]), lit(t, 3)])
    yield Case(op, [i64([[0]]), f32([1]), i64([3]), i64([[0]]), f32([1]), i64([3]), f32([0])], error=True)
    op = 'SparseAddGrad'
    for t in ('float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'complex64', 'complex128'):
        yield Case(op, [rand(t, (5,)), i64(EYE), i64(b), i64([[0, 0], [0, 1], [1, 2], [2, 2], [3, 1]])])
    for total in ([], EYE, b, [[1, 2]], [[-1, 0], [9, 9]]):
        for x, y in [(EYE, b), (NONE, b), (EYE, NONE)]:
            yield Case(op, [rand('float32', (len(total),)), i64(x), i64(y), i64(total if total else NONE)])
    yield Case(op, [f32([1, 2]), i64([[0, 1]]), i64([[0, 1, 1]]), i64([[0, 1], [1, 1]])], error=True)
    yield Case(op, [f32([1]), i64([[0, 1]]), i64([[0, 1]]), i64([[0, 1], [1, 1]])], error=True)
    yield Case(op, [f32([[1]]), i64([[0, 1]]), i64([[0, 1]]), i64([[0, 1]])], error=True)
    yield Case(op, [f32([1]), i64([0, 1]), i64([[0, 1]]), i64([[0, 1]])], error=True)


def ordered():
    op = 'SparseReorder'
    mixed = [[3, 1], [0, 2], [1, 0], [0, 0]]
    for t in ALL_PLAIN:
        yield Case(op, [i64(mixed), rand(t, (4,)), i64([4, 3])])
    for indices, shape in [(EYE, [4, 3]), (NONE, [4, 3]), ([[1, 1], [0, 0], [1, 1]], [2, 2]), ([[9, -1], [-3, 7]], [2, 2]), ([[2], [1]], [4]),
                           ([[1, 0, 2], [0, 5, 1]], [2, 6, 3])]:
        yield Case(op, [i64(indices), f32(np.arange(len(indices))), i64(shape)])
    yield Case(op, [fed(i64(mixed)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3]))])
    for parts in BROKEN:
        yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2])], error=True)
    yield Case(op, [i64([[0, 1]]), f32([1]), i64([4, -3])])
    yield Case(op, [i64([[0, 1]]), f32([1]), i64([2**40, 2**40])])

    op = 'SparseConcat'
    for t in ALL_PLAIN:
        yield Case(op, [[i64(EYE), i64([[0, 0], [2, 1]])], [rand(t, (4,), seed=1), rand(t, (2,), seed=2)], [i64([4, 3]), i64([4, 2])]], dict(concat_dim=1), name=f'{op} {t}')
    for dim in (0, 1, -1, -2):
        yield Case(op, [[i64(EYE), i64([[2, 1], [0, 0]]), i64(NONE)], [f32([1, 2, 3, 4]), f32([5, 6]), none('float32')], [i64([4, 3])] * 3], dict(concat_dim=dim), name=f'{op} {dim}')
    for dim in (2, -3):
        yield Case(op, [[i64(EYE)] * 2, [f32([1, 2, 3, 4])] * 2, [i64([4, 3])] * 2], dict(concat_dim=dim), name=f'{op} bad {dim}', error=True)
    yield Case(op, [[i64(EYE)] * 2, [f32([1, 2, 3, 4])] * 2, [i64([4, 3]), i64([5, 3])]], dict(concat_dim=1), name=f'{op} other shape', error=True)
    yield Case(op, [[i64(EYE)] * 2, [f32([1, 2, 3, 4])] * 2, [i64([4, 3]), i64([4, 3, 1])]], dict(concat_dim=1), name=f'{op} other rank', error=True)
    for n, parts in enumerate(BROKEN):
        yield Case(op, [[i64(EYE), i64(parts[0])], [f32([1, 2, 3, 4]), f32(parts[1])], [i64([4, 3]), i64(parts[2])]], dict(concat_dim=0), name=f'{op} broken {n}', error=True)


def cut():
    op = 'SparseSlice'
    for t in ALL_PLAIN:
        yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), i64([0, 1]), i64([2, 2])])
    for start, size in [([0, 0], [4, 3]), ([1, 0], [9, 9]), ([4, 0], [1, 1]), ([5, 0], [1, 1]), ([1, 1], [0, 2]), ([0, 0], [2**62, 2**62]), ([3, 1], [1, 1]),
                        ([-1, -2], [3, 3]), ([-1, 1], [9, 9]), ([-9, 0], [2, 2]), ([-2**63, 0], [5, 3])]:
        yield Case(op, [i64(EYE), f32([1, 2, 3, 4]), i64([4, 3]), i64(start), i64(size)])
    yield Case(op, [i64([[7, 0], [1, 1], [0, 1], [1, 1], [-1, 1]]), f32([1, 2, 3, 4, 5]), i64([4, 3]), i64([0, 0]), i64([9, 9])])
    yield Case(op, [i64(NONE), none('float32'), i64([4, 3]), i64([0, 0]), i64([2, 2])])
    yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3])), fed(i64([1, 0])), fed(i64([2, 1]))])
    for start, size in [([0], [2, 2]), ([0, 0], [2]), ([[0, 0]], [2, 2]), ([0, 0], [2, -1]), ([0, 0], [-1, -1]), ([-2**62, -2**62], [2**62, 2**62])]:
        yield Case(op, [i64(EYE), f32([1, 2, 3, 4]), i64([4, 3]), i64(start), i64(size)], error=True)
    for parts in BROKEN:
        yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), i64([0, 0]), i64([2, 2])], error=True)
    op = 'SparseSliceGrad'
    for t in ALL_NUMERIC:
        yield Case(op, [rand(t, (2,)), i64(EYE), i64([1, 0]), i64([[0, 0], [2, 1]])])
    yield Case(op, [none('float32'), i64(EYE), i64([1, 0]), i64(NONE)])
    yield Case(op, [none('float32'), i64(NONE), i64([1, 0]), i64(NONE)])
    yield Case(op, [f32([1, 2]), i64([[1, 1], [1, 1], [0, 0]]), i64([0, 1]), i64([[1, 0], [1, 0]])])
    for grad, x, start, y in [([1, 2], EYE, [1, 0], [[2, 1], [0, 0]]), ([1], EYE, [1, 0], [[0, 0], [2, 1]]), ([1], EYE, [1, 0], [[0, 0, 0]]),
                              ([1, 2], [[0, 0]], [0, 0], [[0, 0], [0, 0]]), ([1], EYE, [[1, 0]], [[0, 0]]), ([[1]], EYE, [1, 0], [[0, 0]]), ([1], EYE, [1, 0], [0, 0])]:
        yield Case(op, [f32(grad), i64(x), i64(start), i64(y)], error=True)
    op = 'SparseSplit'
    for t in ALL_PLAIN:
        yield Case(op, [i64(0), i64(EYE), rand(t, (4,)), i64([4, 3])], dict(num_split=3))
    for dim, pieces in [(1, 3), (1, 2), (-1, 2), (-2, 3), (0, 1), (0, 4), (1, 1)]:
        yield Case(op, [i64(dim), i64(EYE), f32([1, 2, 3, 4]), i64([4, 3])], dict(num_split=pieces))
    yield Case(op, [i64(1), i64(NONE), none('float32'), i64([4, 3])], dict(num_split=2))
    yield Case(op, [fed(i64(1)), fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3]))], dict(num_split=2))
    yield Case(op, [i64(1), i64([[1, 2], [1, 2], [0, 0]]), f32([1, 2, 3]), i64([4, 3])], dict(num_split=2))
    for dim, pieces, indices in [(2, 2, EYE), (-3, 2, EYE), (1, 4, EYE), (1, 2, [[0, 3]]), (1, 2, [[0, -1]]), (1, 2, [[-1, 0]]), (0, 2, [[0, 3]])]:
        yield Case(op, [i64(dim), i64(indices), f32(np.arange(len(indices))), i64([4, 3])], dict(num_split=pieces), error=True)
    yield Case(op, [i64([0]), i64(EYE), f32([1, 2, 3, 4]), i64([4, 3])], dict(num_split=2), error=True)
    for parts in BROKEN:
        yield Case(op, [i64(0), i64(parts[0]), f32(parts[1]), i64(parts[2])], dict(num_split=2), error=True)


def with_dense():
    op = 'SparseTensorDenseAdd'
    for t in ALL_NUMERIC:
        for index in INDEX:
            yield Case(op, [lit(index, EYE), rand(t, (4,)), lit(index, [4, 3]), rand(t, (4, 3))])
    for indices in ([[0, 0], [0, 0]], [[3, 2], [0, 1]]):
        yield Case(op, [i64(indices), f32([1, 2]), i64([4, 3]), rand('float32', (4, 3))])
    yield Case(op, [i64(NONE), none('float32'), i64([4, 3]), rand('float32', (4, 3))])
    yield Case(op, [i64(NONE), none('float32'), i64([0, 3]), rand('float32', (0, 3))])
    yield Case(op, [i64([[0, 0, 1, 0, 2]]), f32([1]), i64([1, 1, 2, 1, 3]), rand('float32', (1, 1, 2, 1, 3))])
    yield Case(op, [i64([[2]]), f32([np.nan]), i64([3]), f32([np.inf, 1, 2])])
    yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3])), fed(rand('float32', (4, 3)))])
    for indices in ([[4, 0]], [[0, -1]], [[0, 3]]):
        yield Case(op, [i64(indices), f32([1]), i64([4, 3]), rand('float32', (4, 3))], error=True)
    for parts in BROKEN:
        yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), rand('float32', (4, 3))], error=True)
    yield Case(op, [i64(EYE), f32([1, 2, 3, 4]), i64([4, 3]), rand('float32', (4, 4))], error=True)
    yield Case(op, [i64([[0] * 6]), f32([1]), i64([1] * 6), rand('float32', (1,) * 6)], error=True)
    for op in ('SparseDenseCwiseAdd', 'SparseDenseCwiseMul', 'SparseDenseCwiseDiv'):
        for t in REAL:
            dense = rand(t, (4, 3)) if op != 'SparseDenseCwiseDiv' else lit(t, np.arange(1, 13).reshape(4, 3))
            yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), dense])
        for shape in ((3,), (1,), (), (4, 1), (1, 3), (1, 1)):
            yield Case(op, [i64(EYE), f32([1, 2, -3, 4]), i64([4, 3]), rand('float32', shape, 0.5, 2)])
        yield Case(op, [i64([[1, 0], [0, 0], [1, 0]]), f32([1, -2, 0]), i64([4, 3]), lit('float32', [[0, 1, 2]])], error=op == 'SparseDenseCwiseDiv')
        yield Case(op, [i64([[1, 1]]), lit('int32', [7]), i64([4, 3]), lit('int32', [[0, 1, 2]])])
        yield Case(op, [i64([[1, 0]]), lit('int32', [7]), i64([4, 3]), lit('int32', [[0, 1, 2]])], error=op == 'SparseDenseCwiseDiv')
        yield Case(op, [i64(NONE), none('float32'), i64([4, 3]), rand('float32', (4, 3))])
        yield Case(op, [i64([[0, 1, 0, 1, 0]]), f32([1]), i64([1, 2, 1, 2, 1]), rand('float32', (2, 1, 2, 1), 1, 2)])
        yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3])), fed(rand('float32', (4, 3), 1, 2))])
        for shape in ((4, 4), (2, 4, 3), (2,), (4, 0)):
            yield Case(op, [i64(EYE), f32([1, 2, -3, 4]), i64([4, 3]), rand('float32', shape, 0.5, 2)], error=True)
        yield Case(op, [i64([[0, 0]]), f32([1]), i64([1, 1]), rand('float32', (1, 3))], error=True)
        for indices in ([[4, 0]], [[0, -1]], [[0, 3]]):
            yield Case(op, [i64(indices), f32([1]), i64([4, 3]), rand('float32', (4, 3), 1, 2)], error=True)
        for parts in BROKEN:
            yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), rand('float32', (4, 3), 1, 2)], error=True)
        yield Case(op, [i64([[0] * 6]), f32([1]), i64([1] * 6), rand('float32', ())], error=True)
    op = 'SparseTensorDenseMatMul'
    for t in kernel_dtypes(op, Tindices='int64'):
        for index in INDEX:
            for a in (False, True):
                for b in (False, True):
                    yield Case(op, [lit(index, EYE), rand(t, (4,)), i64([4, 3]), rand(t, (4 if a else 3, 2)[::-1 if b else 1])], dict(adjoint_a=a, adjoint_b=b))
        yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), rand(t, (3, 40))])
        yield Case(op, [i64(EYE), rand(t, (4,)), i64([4, 3]), rand(t, (40, 3))], dict(adjoint_b=True))
    for indices, shape, b in [([[1, 1], [1, 1], [0, 0]], [2, 2], (2, 3)), ([[1, 1], [0, 0], [0, 1]], [2, 2], (2, 3)), (NONE, [2, 2], (2, 3)), (NONE, [2, 0], (0, 3)),
                              (NONE, [0, 2], (2, 3)), ([[0, 1]], [2, 2], (2, 0))]:
        yield Case(op, [i64(indices), f32(np.arange(len(indices)) + 1), i64(shape), rand('float32', b)])
    yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3])), fed(rand('float32', (3, 2)))])
    for indices in ([[4, 0]], [[0, -1]], [[0, 3]]):
        yield Case(op, [i64(indices), f32([1]), i64([4, 3]), rand('float32', (3, 2))], error=True)
    for b in ((4, 2), (3,), (2, 3, 2)):
        yield Case(op, [i64([[0, 0]]), f32([1]), i64([4, 3]), rand('float32', b)], error=True)
    yield Case(op, [i64([[0, 0, 0]]), f32([1]), i64([4, 3, 1]), rand('float32', (3, 2))], error=True)
    for parts in BROKEN:
        yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), rand('float32', (3, 2))], error=True)


def reduced():
    some = [[0, 0, 1], [0, 2, 0], [1, 0, 0], [1, 0, 1], [1, 2, 1]]
    for op in ('SparseReduceSum', 'SparseReduceMax', 'SparseReduceSumSparse', 'SparseReduceMaxSparse'):
        for t in kernel_dtypes(op):
            yield Case(op, [i64(some), rand(t, (5,)), i64([2, 3, 2]), const(i32([1]))])
            yield Case(op, [i64(some), rand(t, (5,)), i64([2, 3, 2]), i32([0, 2])], dict(keep_dims=True))
        for axes in ([0], [2], [-1], [0, 1, 2], [], [0, 0], [-1, 2], [-3, 1]):
            for keep in (False, True):
                yield Case(op, [i64(some), f32([-1, -2, -3, 4, 5]), const(i64([2, 3, 2])), const(lit('int32', axes))], dict(keep_dims=keep))
        yield Case(op, [i64(some), f32([-1, -2, -3, 4, 5]), i64([2, 3, 2]), i32(1)])
        yield Case(op, [i64([[1, 2], [0, 1], [1, 0], [0, 1]]), f32([-1, -2, -3, 4]), i64([2, 3]), i32([1])])
        yield Case(op, [i64([[1, 2], [0, 5]]), f32([-1, -2]), i64([2, 3]), i32([1])])
        yield Case(op, [i64(NONE), none('float32'), i64([2, 3]), i32([1])])
        yield Case(op, [i64(NONE), none('float32'), i64([2, 3]), i32([0, 1])], dict(keep_dims=True))
        yield Case(op, [i64(NONE), none('float32'), i64([0, 3]), i32([1])])
        yield Case(op, [fed(i64(some)), fed(f32([1, 2, 3, 4, 5])), fed(i64([2, 3, 2])), fed(i32([1]))])
        yield Case(op, [i64([[0, 0], [0, 1]]), f32([np.inf, 1]), i64([2, 3]), i32([1])])
        for axes in ([3], [-4], [[1]]):
            yield Case(op, [i64(some), f32([-1, -2, -3, 4, 5]), i64([2, 3, 2]), i32(axes)], error=True)
        for parts in BROKEN:
            yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2]), i32([0])], error=True)
        yield Case(op, [i64([[0, 1]]), f32([1]), i64([4, -3]), i32([0])], error=True)
    for op in ('SparseReduceSum', 'SparseReduceMax'):
        yield Case(op, [i64([[5, 2]]), f32([-1]), i64([2, 3]), i32([1])], error=True)
        yield Case(op, [i64([[-1, 2]]), f32([-1]), i64([2, 3]), i32([1])], error=True)
    op = 'SparseSoftmax'
    for t in kernel_dtypes(op):
        yield Case(op, [i64(some), rand(t, (5,)), i64([2, 3, 2])])
        yield Case(op, [i64([[1, 2], [0, 1], [1, 0], [0, 1]]), rand(t, (4,)), i64([2, 3])])
    yield Case(op, [i64([[0, 0], [0, 1], [1, 0], [1, 1]]), f32([1000, 1001, -1000, -1e30]), i64([2, 3])])
    yield Case(op, [i64(NONE), none('float32'), i64([2, 3])])
    yield Case(op, [i64([[5, 0], [5, 9], [-1, 3]]), f32([1, 2, 3]), i64([2, 3])])
    yield Case(op, [fed(i64(EYE)), fed(f32([1, 2, 3, 4])), fed(i64([4, 3]))])
    yield Case(op, [i64([[0], [1]]), f32([1, 2]), i64([2])], error=True)
    for parts in BROKEN:
        yield Case(op, [i64(parts[0]), f32(parts[1]), i64(parts[2])], error=True)


def cases():
    for family in (merged, ordered, cut, with_dense, reduced):
        yield from family()
