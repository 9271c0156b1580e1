"""Filled tensors, sequences, one-hot rows, shapes that broadcast, coordinates, places in sorted rows, joined strings."""
from cases_dsl import *


def fills():
    for t in kernel_dtypes('Fill'):
        if t in ('variant', 'resource'):
            continue
        yield Case('Fill', [const(i32([2, 3])), rand(t, ())])
        yield Case('Fill', [i64([3]), const(rand(t, ()))])
    for index in (i32, i64):
        for dims in ([], [0], [5], [2, 0, 3], [1, 2, 1, 2, 1, 2, 1, 2], [40]):
            yield Case('Fill', [const(index(dims, (len(dims),))), f32(2.5)])
            yield Case('Fill', [index(dims, (len(dims),)), f32(np.nan)])
        yield Case('Fill', [fed(index([2, 2])), fed(f32(2))])
        for dims in ([-1], [2, -3], [[2]], [-2**31]):
            yield Case('Fill', [index(dims), f32(1)], error=True)
    yield Case('Fill', [i32([2]), f32([1])], error=True)
    yield Case('Fill', [i32([2]), f32([1, 2])], error=True)
    yield Case('Fill', [i64([2**40, 2**40]), f32(1)], error=True)
    yield Case('Fill', [i64([2**62]), lit('complex128', 1)], error=True)
    for t in kernel_dtypes('Empty', attr='dtype'):
        yield Case('Empty', [const(i32([2, 3]))], dict(dtype=t, init=True))
        yield Case('Empty', [i32([2, 3])], dict(dtype=t), shape_only=True)
    for dims in ([], [0, 2], [1, 2, 1, 2, 1, 2, 1, 2]):
        yield Case('Empty', [i32(dims, (len(dims),))], dict(dtype='float32', init=True))
    for dims in ([-1], [[2]], [2**31 - 1, 2**31 - 1, 2**31 - 1]):
        yield Case('Empty', [i32(dims)], dict(dtype='float32', init=True), error=True)


def sequences():
    for t in kernel_dtypes('Range', attr='Tidx'):
        for start, limit, delta in ((0, 5, 1), (2, 11, 3), (5, 0, -1), (5, 0, -2), (3, 3, 1), (3, 3, -1), (-4, 4, 4), (0, 1, 7), (0, 33, 1)):
            yield Case('Range', [lit(t, start), lit(t, limit), lit(t, delta)])
            if t != 'float16':  # TensorFlow's shape rule has none
                yield Case('Range', [const(lit(t, start)), const(lit(t, limit)), const(lit(t, delta))])
        if t in FLOATS:
            for start, limit, delta in ((0, 1, 0.1), (0.5, -0.5, -0.125), (1, 2, 0.3), (0, 3, 1.5), (-1e-3, 1e-3, 2.5e-4), (0, 1, np.inf), (0, -1, -np.inf), (0, 10, 0.7), (0.3, 15, 0.1), (1.7, -40, -0.3)):
                yield Case('Range', [lit(t, start), lit(t, limit), lit(t, delta)])
            for start, limit, delta in ((0, np.inf, 1), (np.nan, 1, 1), (0, np.nan, 1), (0, 1, np.nan), (-np.inf, 0, 1), (0, 1, -0.0)):
                yield Case('Range', [lit(t, start), lit(t, limit), lit(t, delta)], error=True)
        yield Case('Range', [fed(lit(t, 1)), fed(lit(t, 4)), fed(lit(t, 1))])
        for start, limit, delta in ((0, 5, 0), (5, 0, 1), (0, 5, -1)):
            yield Case('Range', [lit(t, start), lit(t, limit), lit(t, delta)], error=True)
        yield Case('Range', [lit(t, [0]), lit(t, 5), lit(t, 1)], error=True)
        yield Case('Range', [lit(t, 0), lit(t, [5, 5]), lit(t, 1)], error=True)
        yield Case('Range', [lit(t, 0), lit(t, 5), lit(t, [], (0,))], error=True)
    big = 2**31 - 1
    for start, limit, delta in ((-big - 1, big, 2**30), (big, -big - 1, -2**30), (big - 2, big, 1), (-big - 1, big, big), (0, big, big)):
        yield Case('Range', [i32(start), i32(limit), i32(delta)])
        yield Case('Range', [i64(start << 32), i64(limit << 32), i64(delta << 32)])
    yield Case('Range', [i64(0), i64(2**62), i64(1)], error=True)
    yield Case('Range', [f32(0), f32(1e30), f32(1)], error=True)

    for t in kernel_dtypes('LinSpace'):
        for start, stop in ((0, 1), (1, 0), (-3.5, 7.25), (2, 2), (0, 1e30), (-1e30, 1e30), (0, np.inf), (np.nan, 1)):
            for num in (1, 2, 3, 10):
                yield Case('LinSpace', [lit(t, start), lit(t, stop), i32(num)])
        for num in (i32, i64):
            yield Case('LinSpace', [const(lit(t, 0)), const(lit(t, 9)), const(num(7))])
            yield Case('LinSpace', [fed(lit(t, 0)), fed(lit(t, 9)), fed(num(7))])
            for count in (0, -1, -2**31):
                yield Case('LinSpace', [lit(t, 0), lit(t, 9), num(count)], error=True)
            yield Case('LinSpace', [lit(t, 0), lit(t, 9), num([3])], error=True)
        yield Case('LinSpace', [lit(t, [0]), lit(t, 9), i32(3)], error=True)
        yield Case('LinSpace', [lit(t, 0), lit(t, [9, 9]), i32(3)], error=True)
    yield Case('LinSpace', [f32(0), f32(1), i64(2**62)], error=True)


def one_hot():
    for t in kernel_dtypes('OneHot'):
        if t in ('variant', 'resource'):
            continue
        on, off = rand(t, (), seed=1), rand(t, (), seed=2)
        yield Case('OneHot', [i32([0, 2, 1, 3, -1]), const(i32(3)), on, off])
        yield Case('OneHot', [i64([[0, 2], [1, 3]]), i32(3), on, off], dict(axis=1))
    for index in kernel_dtypes('OneHot', attr='TI'):
        one, zero = f32(1), f32(0)
        values = [[0, 1, 5], [4, 3, 2]] if index == 'uint8' else [[0, 1, 5], [-1, -128, 2]]
        for axis in (-1, 0, 1, 2):
            yield Case('OneHot', [lit(index, values), const(i32(4)), one, zero], dict(axis=axis))
        for shape in ((), (0,), (2, 0), (1, 2, 1, 2, 1, 2, 1)):
            for axis in (-1, 0):
                yield Case('OneHot', [rand(index, shape, 0, 3), i32(3), one, zero], dict(axis=axis))
        for depth in (0, 1, 6):
            yield Case('OneHot', [lit(index, values), i32(depth), one, zero])
        yield Case('OneHot', [fed(lit(index, values)), fed(i32(3)), fed(one), fed(zero)])
        yield Case('OneHot', [fed(lit(index, values), (None, 3)), const(i32(3)), one, zero], dict(axis=1))
        for axis in (3, -2, 2**40):
            yield Case('OneHot', [lit(index, values), i32(4), one, zero], dict(axis=axis), error=True)
        for depth in (-1, -2**31):
            yield Case('OneHot', [lit(index, values), i32(depth), one, zero], error=True)
        yield Case('OneHot', [lit(index, values), i32([3]), one, zero], error=True)
        yield Case('OneHot', [lit(index, values), i32(3), f32([1]), zero], error=True)
        yield Case('OneHot', [lit(index, values), i32(3), one, f32([0, 0])], error=True)
    yield Case('OneHot', [i64([2**62, -2**63, 1]), i32(3), f32(1), f32(0)])
    yield Case('OneHot', [rand('int32', (30,), 0, 40), const(i32(40)), f32(1), f32(0)])


def broadcast_shapes():
    pairs = (([], []), ([], [2, 3]), ([2, 3], []), ([1], [1]), ([2, 3], [2, 3]), ([1, 3], [1, 3]), ([2, 1], [1, 3]), ([3], [2, 1]), ([1, 1], [1]), ([1], [1, 1]), ([1, 1, 3], [4, 1, 1]),
             ([0], [1]), ([1], [0]), ([0, 3], [1, 3]), ([5, 1, 1, 2], [1, 4, 1]), ([1, 2, 1, 3], [1, 2, 1, 3]), ([1, 2, 1], [1]), ([2, 2, 1, 1, 3], [1, 1, 1, 1, 3]), ([7, 1, 1], [1, 1, 1]),
             ([1, 2, 3, 1, 2, 3, 1, 2], [4, 2, 1, 5, 1, 3, 1, 1]))
    for index in (i32, i64):
        for a, b in pairs:
            va, vb = index(a, (len(a),)), index(b, (len(b),))
            for op in ('BroadcastArgs', 'BroadcastGradientArgs'):
                yield Case(op, [va, vb])
                yield Case(op, [const(va), const(vb)])
        for op in ('BroadcastArgs', 'BroadcastGradientArgs'):
            yield Case(op, [fed(index([2, 1])), fed(index([3]))])
            for a, b in (([2], [3]), ([2, 3], [2]), ([0], [2]), ([[1]], [1]), (1, [1])):
                yield Case(op, [index(a), index(b)], error=True)


def coordinates():
    for index in (i32, i64):
        for indices, dims in ((5, [2, 3]), ([0, 5, 3], [2, 3]), ([7], [8]), ([0, 23, 11], [2, 3, 4]), ([0], [1, 1, 1]), (3, [1, 2, 1, 2, 1, 2, 1, 2])):
            shape = () if isinstance(indices, int) else (len(indices),)
            yield Case('UnravelIndex', [index(indices, shape), index(dims)])
            yield Case('UnravelIndex', [const(index(indices, shape)), const(index(dims))])
        yield Case('UnravelIndex', [index([], (0,)), index([3])], error=True)
        yield Case('UnravelIndex', [fed(index([0, 5, 3])), fed(index([2, 3]))])
        for indices, dims in (([6], [2, 3]), ([0], [0]), ([2**31 - 1], [2])):
            yield Case('UnravelIndex', [index(indices), index(dims)], error=True)
        yield Case('UnravelIndex', [index([0]), index([[2]])], error=True)
        yield Case('UnravelIndex', [index([-1, -5, -7, -2147483647]), index([2, 3])])  # no error in TensorFlow


def sorted_rows():
    for op in ('LowerBound', 'UpperBound'):
        for t in kernel_dtypes(op):
            for out in INDEX:
                rows = lit(t, [[1, 3, 3, 5], [0, 0, 2, 9]])
                yield Case(op, [rows, lit(t, [[0, 1, 3, 4, 9], [0, 1, 2, 9, 10]])], dict(out_type=out))
            yield Case(op, [lit(t, [[1]]), lit(t, [[0, 1, 2]])])
            yield Case(op, [rand(t, (2, 0)), rand(t, (2, 3))])
            yield Case(op, [rand(t, (2, 3)), rand(t, (2, 0))])
        for t in FLOATS:
            yield Case(op, [lit(t, [[-np.inf, -1, -0.0, 0.0, 1, np.inf]]), lit(t, [[-np.inf, 0.0, -0.0, np.inf, 0.5]])])
        yield Case(op, [fed(f32([[1, 2]])), fed(f32([[1, 2, 3]]))])
        for a, b in (((2, 3), (3, 3)), ((3,), (3,)), ((2, 3, 1), (2, 3, 1)), ((), ()), ((2, 3), (2,))):
            yield Case(op, [rand('float32', a), rand('float32', b)], error=True)


def strings():
    for separator in ('', ', ', '\u00e9'):
        yield Case('StringJoin', [[rand('string', (2, 3)), rand('string', (2, 3)), rand('string', ())]], dict(separator=separator))
        yield Case('StringJoin', [[rand('string', ()), rand('string', (3,))]], dict(separator=separator))
        yield Case('StringJoin', [[rand('string', (3,))]], dict(separator=separator))
    yield Case('StringJoin', [[rand('string', ()), rand('string', ())]], dict(separator='-'))
    yield Case('StringJoin', [[rand('string', (0, 2)), rand('string', ())]], dict(separator='-'))
    yield Case('StringJoin', [[const(text(b'a')), const(text([b'b', b'']))]], dict(separator='-'))
    yield Case('StringJoin', [[fed(rand('string', (2,))), fed(rand('string', ()))]])
    yield Case('StringJoin', [[fed(rand('string', ())), fed(rand('string', ()))]])
    for a, b in (((2,), (3,)), ((2,), (1,)), ((2, 1), (2,)), ((1,), (1, 1))):
        yield Case('StringJoin', [[rand('string', a), rand('string', b)]], error=True)


def cases():
    yield from fills()
    yield from sequences()
    yield from one_hot()
    yield from broadcast_shapes()
    yield from coordinates()
    yield from sorted_rows()
    yield from strings()
