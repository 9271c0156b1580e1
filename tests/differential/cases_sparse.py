"""Sparse tensors and sets."""
from draw import *
from cases_dsl import kernel_dtypes


def cells(draw, shape, order=True, count=None):
    """Indices of some cells, [n, rank]."""
    total = int(np.prod(shape))
    n = draw.randint(0, min(total, 8)) if count is None else count
    flat = draw.sample(range(total), n) if total else []
    if order:
        flat.sort()
    return lit('int64', np.array(np.unravel_index(np.array(flat, np.int64), shape)).T.reshape(n, len(shape)) if total else np.zeros((0, len(shape))), (n, len(shape)))


def sparse(draw, t, shape, order=True):
    index = cells(draw, shape, order)
    return [index, draw.tensor(t, (index.array.shape[0],)), lit('int64', shape, (len(shape),))]


def shape_of(draw, low=1, high=3, size=4):
    return draw.shape(low, high, size, 0.01)


def dense(draw):
    way = draw.randrange(5)
    x = shape_of(draw)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('SparseToDense'))
        index = cells(draw, x, draw.chance(0.8))
        n = index.array.shape[0]
        index = index if len(x) > 1 or draw.chance(0.5) else lit('int64', index.array.reshape(-1), (n,))
        ti = draw.one_of('int32', 'int64')
        return Case('SparseToDense', [lit(ti, index.array), lit(ti, x, (len(x),)), draw.tensor(t, draw.one_of((n,), ())), draw.tensor(t, ())], dict(validate_indices=draw.chance(0.8)))
    t = draw.one_of(*kernel_dtypes('SparseTensorDenseMatMul'))
    m, k, n = (draw.dim(5) for _ in range(3))
    ta, tb = draw.chance(0.4), draw.chance(0.4)
    if way == 1:
        ti = draw.one_of('int32', 'int64')
        a = sparse(draw, t, (k, m) if ta else (m, k), draw.chance(0.6))
        return Case('SparseTensorDenseMatMul', [lit(ti, a[0].array), *a[1:], draw.tensor(t, (n, k) if tb else (k, n))], dict(adjoint_a=ta, adjoint_b=tb))
    if way == 2:
        ti = draw.one_of('int32', 'int64')
        t = draw.one_of(*kernel_dtypes('SparseTensorDenseAdd'))
        a = sparse(draw, t, x)
        return Case('SparseTensorDenseAdd', [lit(ti, a[0].array), a[1], lit(ti, x), draw.tensor(t, x)])
    if way == 3:
        op = draw.one_of('SparseDenseCwiseAdd', 'SparseDenseCwiseMul', 'SparseDenseCwiseDiv')
        t = draw.one_of(*kernel_dtypes(op))
        y = draw.one_of(x, draw.broadcastable(x))
        return Case(op, [*sparse(draw, t, x), draw.tensor(t, y, 1, 5)])
    ta, tb, sa, sb = (draw.chance(0.4) for _ in range(4))
    types = ['float32', 'bfloat16']
    a, b = draw.tensor(draw.choice(types), (k, m) if ta else (m, k)), draw.tensor(draw.choice(types), (n, k) if tb else (k, n))
    return Case('SparseMatMul', [a, b], dict(transpose_a=ta, transpose_b=tb, a_is_sparse=sa, b_is_sparse=sb))


def one(draw):
    way = draw.randrange(10)
    x = shape_of(draw)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('SparseReorder'))
        return Case('SparseReorder', sparse(draw, t, x, False))
    if way == 1:
        index = cells(draw, x)
        total = int(np.prod(x))
        new = draw.one_of([-1], [total], [1, -1], [total, 1], [2, -1])
        return Case('SparseReshape', [index, lit('int64', x), lit('int64', new)])
    if way == 2:
        op = draw.one_of('SparseReduceSum', 'SparseReduceMax', 'SparseReduceSumSparse', 'SparseReduceMaxSparse')
        t = draw.one_of(*kernel_dtypes(op))
        axes = draw.sample(range(len(x)), draw.randint(0, len(x)))
        return Case(op, [*sparse(draw, t, x), lit('int32', [a - len(x) * draw.chance(0.3) for a in axes], (len(axes),))], dict(keep_dims=draw.chance(0.5)))
    if way == 3:
        x = shape_of(draw, 2)
        return Case('SparseSoftmax', sparse(draw, draw.one_of(*kernel_dtypes('SparseSoftmax')), x))
    if way == 4:
        t = draw.one_of(*kernel_dtypes('SparseSlice'))
        start = [draw.randint(0, d) for d in x]
        return Case('SparseSlice', [*sparse(draw, t, x), lit('int64', start), lit('int64', [draw.randint(0, 4) for _ in x])])
    if way == 5:
        t = draw.one_of(*kernel_dtypes('SparseSplit'))
        axis = draw.randrange(len(x))
        return Case('SparseSplit', [lit('int64', axis - len(x) * draw.chance(0.2), ()), *sparse(draw, t, x)], dict(num_split=draw.randint(1, max(1, x[axis]))))
    if way == 6:
        x = shape_of(draw, 2)
        t = draw.one_of(*kernel_dtypes('SparseFillEmptyRows'))
        return Case('SparseFillEmptyRows', [*sparse(draw, t, x, draw.chance(0.7)), draw.tensor(t, ())])
    if way == 7:
        n = draw.randint(1, 6)
        t = draw.one_of(*kernel_dtypes('SparseFillEmptyRowsGrad'))
        m = draw.randint(0, n)
        return Case('SparseFillEmptyRowsGrad', [lit('int64', draw.permuted(n)[:m], (m,)), draw.tensor(t, (n,))])
    if way == 8:
        t = draw.one_of(*kernel_dtypes('SparseSliceGrad'))
        index = cells(draw, x)
        start = [draw.randint(0, max(d - 1, 0)) for d in x]
        inside = [i for i in index.array if all(a >= s for a, s in zip(i, start))]
        return Case('SparseSliceGrad', [draw.tensor(t, (len(inside),)), index, lit('int64', start), lit('int64', np.array(inside).reshape(len(inside), len(x)) - np.array(start), (len(inside), len(x)))])
    t = draw.one_of(*kernel_dtypes('SparseToDense'))
    return Case('SparseToDense', [cells(draw, x, False), lit('int64', x), draw.tensor(t, ()), draw.tensor(t, ())], dict(validate_indices=False))


def two(draw):
    way = draw.randrange(6)
    x = shape_of(draw)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('SparseAdd'))
        real = {'complex64': 'float32', 'complex128': 'float64'}.get(t, t)
        return Case('SparseAdd', [*sparse(draw, t, x), *sparse(draw, t, x), draw.tensor(real, (), 0, 1)])
    if way == 1:
        op = draw.one_of('SparseSparseMaximum', 'SparseSparseMinimum')
        t = draw.one_of(*kernel_dtypes(op))
        return Case(op, [*sparse(draw, t, x), *sparse(draw, t, x)])
    if way == 2:
        t = draw.one_of(*kernel_dtypes('SparseConcat'))
        axis = draw.randrange(len(x))
        parts = []
        for _ in range(draw.randint(2, 3)):
            y = list(x)
            y[axis] = draw.randint(1, 4)
            parts.append(sparse(draw, t, y))
        return Case('SparseConcat', [[p[i] for p in parts] for i in range(3)], dict(concat_dim=axis - len(x) * draw.chance(0.3)))
    if way == 3:
        t = draw.one_of(*kernel_dtypes('SparseAddGrad'))
        a, b = cells(draw, x), cells(draw, x)
        both = sorted({tuple(i) for i in a.array} | {tuple(i) for i in b.array})
        return Case('SparseAddGrad', [draw.tensor(t, (len(both),)), a, b, lit('int64', np.array(both).reshape(len(both), len(x)), (len(both), len(x)))])
    if way == 4:
        t = draw.one_of(*kernel_dtypes('DenseToDenseSetOperation'))
        x = shape_of(draw, 2)
        y = x[:-1] + (draw.randint(1, 5),)
        return Case('DenseToDenseSetOperation', [draw.tensor(t, x, 0, 4), draw.tensor(t, y, 0, 4)], dict(set_operation=draw.one_of('union', 'intersection', 'a-b', 'b-a'), validate_indices=draw.chance(0.8)))
    t = draw.one_of(*kernel_dtypes('SparseToSparseSetOperation'))
    x = shape_of(draw, 2)
    y = x[:-1] + (draw.randint(1, 5),)
    a, b = sparse(draw, t, x), sparse(draw, t, y)
    for s in (a, b):
        s[1] = draw.tensor(t, s[1].array.shape, 0, 4)
    operation = dict(set_operation=draw.one_of('union', 'intersection', 'a-b', 'b-a'), validate_indices=draw.chance(0.8))
    which = draw.randrange(3)
    if which == 0:
        return Case('SparseToSparseSetOperation', [*a, *b], operation)
    if which == 1:
        return Case('DenseToSparseSetOperation', [draw.tensor(t, x, 0, 4), *b], operation)
    return Case('SetSize', a, dict(validate_indices=draw.chance(0.8)))


def counts(draw):
    way = draw.randrange(6)
    ti = draw.one_of('int32', 'int64')
    t = draw.one_of('int32', 'int64', 'float32', 'float64')
    x = draw.shape(1, 2, 5)
    binary = draw.chance(0.3)
    least, most = draw.one_of(-1, 0, 3), draw.one_of(-1, 4, 9)
    if way == 0:
        w = draw.one_of(x, (0,))
        return Case('DenseBincount', [draw.tensor(ti, x, 0 if draw.chance(0.9) else -1, 6), lit(ti, draw.randint(0, 7), ()), draw.tensor(t, w)], dict(binary_output=binary))
    if way == 1:
        w = draw.one_of(x, (0,))
        return Case('DenseCountSparseOutput', [draw.tensor(ti, x, 0, 6), draw.tensor(t, w)], dict(minlength=least, maxlength=most, binary_output=binary))
    if way == 2:
        s = sparse(draw, ti, x)
        s[1] = draw.tensor(ti, s[1].array.shape, 0, 6)
        return Case('SparseCountSparseOutput', [*s, draw.tensor(t, draw.one_of(s[1].array.shape, (0,)))], dict(minlength=least, maxlength=most, binary_output=binary))
    if way == 3:
        s = sparse(draw, ti, x)
        s[1] = draw.tensor(ti, s[1].array.shape, 0, 6)
        return Case('SparseBincount', [*s, lit(ti, draw.randint(0, 7), ()), draw.tensor(t, draw.one_of(s[1].array.shape, (0,)))], dict(binary_output=binary))
    lengths = [draw.randint(0, 4) for _ in range(draw.randint(1, 3))]
    splits = lit('int64', np.concatenate([[0], np.cumsum(lengths)]))
    values = draw.tensor(ti, (sum(lengths),), 0, 6)
    w = draw.tensor(t, draw.one_of(values.array.shape, (0,)))
    if way == 4:
        return Case('RaggedBincount', [splits, values, lit(ti, draw.randint(0, 7), ()), w], dict(binary_output=binary))
    return Case('RaggedCountSparseOutput', [splits, values, w], dict(minlength=least, maxlength=most, binary_output=binary))


def case(draw):
    return draw.choices((dense, one, two, counts), (3, 5, 4, 3))[0](draw)
