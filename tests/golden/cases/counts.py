"""Numbers counted: by row as sparse tensors, and into bins, of dense, sparse and ragged values."""
from cases_dsl import *

TYPES = ['int32', 'int64', 'float32', 'float64']
NONE = {t: lit(t, [], (0,)) for t in TYPES}


def sparse(t, at, values, shape):
    return [lit('int64', np.array(at, np.int64).reshape(len(at), np.size(shape))), values if not isinstance(values, list) else lit(t, values), i64(shape)]


AT = [(0, 0), (0, 2), (1, 1), (3, 0), (3, 1), (3, 2)]


def forms(t, values):
    """Name, inputs before the weights, and the shape of the weights of the three forms; `values` makes six."""
    yield 'Dense', [values((6,))], (6,)
    yield 'Dense', [values((2, 3))], (2, 3)
    yield 'Sparse', sparse(t, AT, values((6,)), (4, 3)), (6,)
    yield 'Sparse', sparse(t, [(i,) for i in range(6)], values((6,)), (9,)), (6,)
    yield 'Ragged', [i64([0, 2, 2, 3, 6, 6]), values((6,))], (6,)


def counted():
    for t in INDEX:
        for out in TYPES:
            for form, inputs, shape in forms(t, lambda s: rand(t, s, 0, 4, seed=1)):
                op = form + 'CountSparseOutput'
                for weights in (NONE[out], rand(out, shape, seed=2)):
                    for options in (dict(), dict(maxlength=3), dict(minlength=9), dict(minlength=9, maxlength=3), dict(maxlength=0, minlength=0)):
                        if (t, out) not in (('int32', 'int64'), ('int64', 'float32')) and options:
                            continue
                        yield Case(op, [*inputs, weights], dict(binary_output=False, **options))
                yield Case(op, [*inputs, rand(out, shape, seed=2)], dict(binary_output=True))
    sums, plain = NONE['float32'], dict(binary_output=False)
    yield Case('DenseCountSparseOutput', [i32([7, 7, 7, 1, 7]), f32([1e8, 1, -1e8, 0.5, 1])], plain)
    yield Case('DenseCountSparseOutput', [i32([1, 1, 2]), edge('float32', (3,), seed=2)], plain)
    yield Case('DenseCountSparseOutput', [i64([5, 2**33 + 1, 2**31 - 1]), sums], plain)
    yield Case('DenseCountSparseOutput', [i32([5, -1]), sums], plain, error=True)
    yield Case('DenseCountSparseOutput', [i32([[1, 1]]), f32([[np.inf, np.nan]])], dict(binary_output=True))
    yield Case('DenseCountSparseOutput', [fed(i32([3, 1, 3])), fed(sums)], plain)
    yield Case('DenseCountSparseOutput', [i32([1, 1]), f32([], (0, 4))], plain)
    for shape in ((0,), (3, 0)):
        yield Case('DenseCountSparseOutput', [i32([], shape), sums], plain)
    for shape in ((), (0, 3), (1, 1, 1)):
        yield Case('DenseCountSparseOutput', [i32(np.ones(shape)), sums], plain, error=True)
    yield Case('DenseCountSparseOutput', [i32([1, 1]), f32([1])], plain, error=True)
    yield Case('DenseCountSparseOutput', [i32([1, 1]), f32([[1, 1]])], plain, error=True)
    op = 'SparseCountSparseOutput'
    for at, shape in (([(1, 0), (0, 1)], (2, 3)), ([(1, 0), (1, 0)], (2, 3)), ([(0, 1, 2), (1, 1, 0)], (2, 2, 3))):
        yield Case(op, [*sparse('int32', at, [7, 7], shape), sums], plain)
    yield Case(op, [*sparse('int32', [], [], (2, 3)), sums], plain)
    yield Case(op, [*sparse('int32', [], [], (0,)), sums], plain)
    yield Case(op, [*[fed(x) for x in sparse('int32', [(1, 1)], [7], (2, 3))], sums], plain)
    yield Case(op, [*sparse('int32', [], [], (2, -3)), sums], plain)
    yield Case(op, [*sparse('int32', [(0, 1)], [-7], (2, 3)), sums], plain, error=True)
    for at, shape in (([(0, 3)], (2, 3)), ([(2, 0)], (2, 3)), ([(-1, 0)], (2, 3)), ([(0, -1)], (2, 3))):
        yield Case(op, [*sparse('int32', at, [7], shape), sums], plain, error=True)
    for shape in ((0, 3), (2**31 - 1, 3), (-2, 3)):
        yield Case(op, [*sparse('int32', [], [], shape), sums], plain, error=True)
    for parts in ([i64([0]), i32([5]), i64([2])], [i64([[0]]), i32([[5]]), i64([2])], [i64([[0]]), i32([5]), i64([[2]])], [i64([[0]]), i32([5, 6]), i64([2])], [i64([[0]]), i32([5]), i64([2, 3])]):
        yield Case(op, [*parts, sums], plain, error=True)
    yield Case(op, [*sparse('int32', [(0, 0)], [7], (2, 3)), f32([1, 2])], plain, error=True)
    op = 'RaggedCountSparseOutput'
    for splits in ([0, 0], [0, 0, 0]):
        yield Case(op, [i64(splits), i32([]), sums], plain)
    yield Case(op, [fed(i64([0, 1, 3])), fed(i32([5, 5, 5])), sums], plain)
    yield Case(op, [i64([0, 2, 1, 3]), i32([1, 1, 2]), sums], plain)
    yield Case(op, [i64([0, 1, 3]), i32([1, -1, 2]), sums], plain, error=True)
    for splits in ([0], [1, 3], [0, 2], [0, 4]):
        yield Case(op, [i64(splits), i32([1, 1, 2]), sums], plain, error=True)
    yield Case(op, [i64([0, 3]), i32([1, 1, 2]), f32([1])], plain, error=True)


def binned():
    for t in INDEX:
        for out in TYPES:
            for form, inputs, shape in forms(t, lambda s: rand(t, s, 0, 4, seed=1)):
                if form == 'Dense':
                    continue
                for weights in (NONE[out], rand(out, shape, seed=2)):
                    for binary in (False, True):
                        yield Case(form + 'Bincount', [*inputs, lit(t, 5), weights], dict(binary_output=binary))
    none = NONE['float32']
    yield Case('SparseBincount', [*sparse('int32', [(0, 0), (1, 1)], [1, 5], (2, 3)), i32(3), none])
    yield Case('RaggedBincount', [i64([0, 1, 3]), i32([9, 2, 1]), i32(2), none])
    yield Case('SparseBincount', [*sparse('int32', [(0,), (1,)], [1, 9], (2,)), i32(2), none])
    yield Case('RaggedBincount', [i64([0, 1, 3]), i32([9, 2, 1]), const(i32(0)), none])
    yield Case('RaggedBincount', [i64([0]), i32([]), i32(3), none])
    yield Case('RaggedBincount', [i64([0, 2, 1, 3]), i32([1, 1, 2]), i32(3), none])
    yield Case('RaggedBincount', [i64([0, 0]), i32([]), i32(3), none])
    yield Case('SparseBincount', [*sparse('int32', [], [], (0, 3)), i32(3), none])
    yield Case('SparseBincount', [*sparse('int32', [], [], (2, 3)), const(i32(3)), none])
    yield Case('SparseBincount', [*sparse('int32', [(0, 0, 2), (1, 1, 2)], [1, 2], (2, 2, 3)), i32(3), none])
    yield Case('SparseBincount', [*[fed(x) for x in sparse('int32', [(1, 1)], [1], (2, 3))], fed(i32(3)), none])
    yield Case('RaggedBincount', [fed(i64([0, 1, 3])), fed(i32([0, 2, 1])), fed(i32(3)), fed(none)])
    for at, values, shape in (([(0,), (1,)], [1, -1], (2,)), ([(0, 0), (2, 1)], [1, 1], (2, 3))):
        yield Case('SparseBincount', [*sparse('int32', at, values, shape), i32(3), none], error=True)
    for size in ([3], -1):
        yield Case('SparseBincount', [*sparse('int32', [(0,)], [1], (2,)), i32(size), none], error=True)
        yield Case('RaggedBincount', [i64([0, 1]), i32([1]), i32(size), none], error=True)
    for splits, values in (([1, 2], [1, 1]), ([0, 1], [1, 1]), ([0, 3], [1, 1]), ([0, 2], [1, -1])):
        yield Case('RaggedBincount', [i64(splits), i32(values), i32(3), none], error=True)


def cases():
    yield from counted()
    yield from binned()
