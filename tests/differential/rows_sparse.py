"""Rows of sparse, ragged and set operators."""
from rows import *


def sparse(draw, t, shape=None, mood='plain', ordered=True):
    """(indices, values, shape) of a sparse tensor."""
    shape = tuple(max(1, d) for d in sizes(draw, 1, 4, 60)) if shape is None else shape
    total = int(np.prod(shape))
    chosen = draw.numpy.permutation(total)[:draw.randint(0, min(total, 9))]
    if ordered:
        chosen = np.sort(chosen)
    cells = np.stack(np.unravel_index(chosen, shape), -1) if total else np.zeros((0, len(shape)))
    return [lit('int64', cells.reshape(len(chosen), len(shape))), elements(draw, t, (len(chosen),), mood), lit('int64', shape)]


@row('SparseAdd', 'SparseSparseMaximum', 'SparseSparseMinimum')
def two(draw, op):
    t = dtype(draw, op)
    shape = tuple(max(1, d) for d in sizes(draw, 1, 4, 40))
    a, b = sparse(draw, t, shape, 'ties'), sparse(draw, t, shape, 'ties')
    if op == 'SparseAdd':
        r = {'complex64': 'float32', 'complex128': 'float64'}.get(t, t)
        return Case(op, a + b + [lit(r, draw.one_of(0, 1), ())])
    return Case(op, a + b)


@row('SparseConcat')
def concat(draw, op):
    t, rank, n = draw.one_of('float32', 'int64', 'string', 'bool', 'uint8'), draw.randint(1, 3), draw.randint(2, 3)
    base, axis = [draw.randint(1, 4) for _ in range(rank)], draw.randint(-rank, rank - 1)
    parts = []
    for _ in range(n):
        own = list(base)
        own[axis] = draw.randint(1, 4)
        parts.append(sparse(draw, t, tuple(own)))
    return Case(op, [[p[i] for p in parts] for i in range(3)], dict(concat_dim=axis))


@row('SparseDenseCwiseAdd', 'SparseDenseCwiseMul', 'SparseDenseCwiseDiv', 'SparseTensorDenseAdd')
def dense(draw, op):
    t = dtype(draw, op)
    s = sparse(draw, t, ordered=draw.chance(0.8))
    shape = tuple(s[2].array)
    if op == 'SparseTensorDenseAdd':
        kind = draw.one_of('int32', 'int64')
        s = [lit(kind, s[0].array), s[1], lit(kind, s[2].array)]
        return Case(op, s + [elements(draw, t, shape, 'plain')])
    cut = tuple(1 if draw.chance(0.3) else d for d in shape)[draw.randint(0, len(shape)) if draw.chance(0.4) else 0:]
    d = elements(draw, t, cut, 'plain')
    if op.endswith('Div'):
        d = Literal(t, np.where(d.array == 0, 1, d.array).astype(d.array.dtype))
    return Case(op, s + [d])


@row('SparseFillEmptyRows', 'SparseReorder', 'SparseReshape', 'SparseSlice', 'SparseSoftmax', 'SparseSplit')
def one(draw, op):
    t = dtype(draw, op) if op == 'SparseSoftmax' else draw.one_of('float32', 'int32', 'string', 'bool', 'float64', 'complex64', 'uint16')
    if op == 'SparseSoftmax':
        return Case(op, sparse(draw, t, tuple(max(1, d) for d in sizes(draw, 2, 4, 60))))
    s = sparse(draw, t, ordered=op not in ('SparseReorder', 'SparseFillEmptyRows') or draw.chance(0.5))
    shape = s[2].array
    if op == 'SparseFillEmptyRows':
        return Case(op, s + [elements(draw, t, (), 'plain')])
    if op == 'SparseReorder':
        return Case(op, s)
    if op == 'SparseReshape':
        total = int(np.prod(shape))
        new = draw.one_of([total], [-1], [1, -1], list(shape[::-1]), [-1, int(shape[-1])], [total + 1] if draw.chance(0.1) else [total, 1])
        return Case(op, [s[0], s[2], lit('int64', new)])
    if op == 'SparseSlice':
        start = [draw.randint(0, d) for d in shape]
        return Case(op, s + [lit('int64', start), lit('int64', [draw.randint(0, d) for d in shape])])
    axis = draw.randrange(len(shape))
    return Case(op, [lit('int64', axis - len(shape) * draw.chance(0.3), ())] + s, dict(num_split=draw.randint(1, int(shape[axis]))))


@row('SparseReduceSum', 'SparseReduceMax', 'SparseReduceSumSparse', 'SparseReduceMaxSparse')
def reduce(draw, op):
    t = dtype(draw, op)
    s = sparse(draw, t)
    rank = len(s[2].array)
    axes = [a - rank * draw.chance(0.3) for a in draw.permuted(rank)[:draw.randint(0, rank)]]
    return Case(op, s + [lit('int32', axes, (len(axes),))], dict(keep_dims=draw.chance(0.5)))


@row('SparseTensorDenseMatMul')
def product(draw, op):
    t, kind = dtype(draw, op), draw.one_of('int32', 'int64')
    m, k, n = draw.randint(1, 6), draw.randint(1, 6), draw.one_of(0, 1, 2, 5, 9, 17)
    a, b = draw.chance(0.5), draw.chance(0.5)
    s = sparse(draw, t, (k, m) if a else (m, k))
    s = [lit(kind, s[0].array), s[1], lit('int64', s[2].array)]
    return Case(op, s + [elements(draw, t, (n, k) if b else (k, n), 'plain')], dict(adjoint_a=a, adjoint_b=b))


@row('SparseToDense')
def to_dense(draw, op):
    t, kind = draw.one_of('float32', 'int8', 'string', 'bool', 'complex128', 'uint64'), draw.one_of('int32', 'int64')
    s = sparse(draw, t)
    shape = s[2].array
    values = s[1] if draw.chance(0.7) else elements(draw, t, ())
    cells = s[0].array
    if len(shape) == 1 and draw.chance(0.4):
        cells = cells[:, 0]
    return Case(op, [lit(kind, cells), lit(kind, shape), values, elements(draw, t, ())], dict(validate_indices=draw.chance(0.7)))


@row('SerializeSparse', 'SerializeManySparse')
def serialise(draw, op):
    import tensorflow as tf
    t = draw.one_of('float32', 'int32', 'string', 'int64')
    s = sparse(draw, t, tuple(max(1, d) for d in sizes(draw, 2, 3, 30)))
    many = op != 'SerializeSparse'

    def net(g):
        a = [g.feed(x) for x in s]
        one = getattr(tf.raw_ops, op)(sparse_indices=a[0], sparse_values=a[1], sparse_shape=a[2])
        back = tf.raw_ops.DeserializeManySparse if many else tf.raw_ops.DeserializeSparse
        return list(back(serialized_sparse=one, dtype=tf.as_dtype(t)))
    return GraphCase(f'{op} {t} {list(s[2].array)}', net)


@row('DenseToDenseSetOperation', 'DenseToSparseSetOperation', 'SparseToSparseSetOperation', 'SetSize')
def sets(draw, op):
    t = draw.one_of('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'string')
    batch = tuple(draw.randint(1, 3) for _ in range(draw.randint(1, 2)))
    attrs = dict(set_operation=draw.one_of('a-b', 'b-a', 'intersection', 'union'), validate_indices=draw.chance(0.8))

    def side(kind):
        n = draw.randint(1, 4)
        if kind == 'Dense':
            x = draw.ints(t, batch + (n,), 0, 5) if t != 'string' else lit(t, np.array([draw.one_of(b'a', b'b', b'c') for _ in range(int(np.prod(batch)) * n)], dtype=object).reshape(batch + (n,)))
            return [x]
        s = sparse(draw, t, batch + (n,))
        values = draw.ints(t, s[1].array.shape, 0, 5) if t != 'string' else lit(t, [draw.one_of(b'a', b'b', b'c') for _ in range(len(s[1].array))], s[1].array.shape)
        return [s[0], values, s[2]]
    if op == 'SetSize':
        return Case(op, side('Sparse'), dict(validate_indices=attrs['validate_indices']))
    left, right = op.removesuffix('SetOperation').split('To')
    return Case(op, side(left) + side(right), attrs)


@row('EditDistance')
def edit(draw, op):
    t = dtype(draw, op)
    shape = (draw.randint(1, 3), draw.randint(1, 5))
    pool = ([b'a', b'b', b'c'] if t == 'string' else [1, 2, 3])

    def side():
        s = sparse(draw, 'int64', shape)
        rows_ = s[0].array
        cells = []
        for r in range(shape[0]):
            cells += [[r, i] for i in range(int((rows_[:, 0] == r).sum()))]
        return [lit('int64', np.array(cells).reshape(-1, 2)), lit(t, [draw.choice(pool) for _ in cells], (len(cells),)), s[2]]
    return Case(op, side() + side(), dict(normalize=draw.chance(0.5)))


@row('DenseCountSparseOutput', 'SparseCountSparseOutput', 'RaggedCountSparseOutput', 'SparseBincount', 'RaggedBincount')
def counts(draw, op):
    t, weight = draw.one_of('int32', 'int64'), dtype(draw, op, 'output_type') if 'Output' in op else dtype(draw, op)
    weighted, binary = draw.chance(0.5), draw.chance(0.4)
    if 'Output' in op:
        attrs = dict(minlength=draw.one_of(-1, 0, 3, 9), maxlength=draw.one_of(-1, 4, 20), binary_output=binary)
        if not weighted:
            attrs['output_type'] = weight
    else:
        attrs, tail = dict(binary_output=binary), [lit(t, draw.randint(0, 9), ())]
    if binary:
        weighted = False

    def w(shape):
        return elements(draw, weight, shape if weighted else (0,), 'plain')
    if op.startswith('Dense'):
        shape = draw.one_of((7,), (2, 5), (0,), (1, 1))
        return Case(op, [draw.ints(t, shape, 0, 8), w(shape)], attrs)
    if op.startswith('Sparse'):
        s = sparse(draw, t, draw.one_of((9,), (3, 4)))
        values = draw.ints(t, s[1].array.shape, 0, 8)
        if op == 'SparseBincount':
            return Case(op, [s[0], values, s[2]] + tail + [w(values.array.shape)], attrs)
        return Case(op, [s[0], values, s[2], w(values.array.shape)], attrs)
    n = draw.randint(0, 9)
    cut = np.sort(draw.numpy.randint(0, n + 1, draw.randint(0, 3)))
    values = draw.ints(t, (n,), 0, 8)
    inputs = [lit('int64', [0, *cut, n]), values]
    return Case(op, inputs + (tail if 'Bincount' in op else []) + [w((n,))], attrs)


@row('RaggedRange', 'RaggedGather', 'RaggedTensorToSparse', 'RaggedTensorToTensor', 'RaggedFillEmptyRows')
def ragged(draw, op):
    t, kind = draw.one_of('float32', 'int32', 'string', 'float64', 'bool', 'int16'), draw.one_of('int32', 'int64')
    if op == 'RaggedRange':
        u, n = dtype(draw, op), draw.randint(0, 4)
        def side(low, high):
            return lit(u, draw.randint(low, high), ()) if draw.chance(0.3) else draw.ints(u if u not in FLOATS else 'int32', (n,), low, high)
        parts = [side(-5, 5), side(-9, 9), side(1, 3)]
        return Case(op, [lit(u, p.array) for p in parts], dict(Tsplits=kind))
    n = draw.randint(0, 8)
    cut = [0, *np.sort(draw.numpy.randint(0, n + 1, draw.randint(0, 3))), n]
    tail = sizes(draw, 0, 1, 3)
    if op == 'RaggedFillEmptyRows':
        rows_ = np.sort(draw.numpy.randint(0, 5, n))
        return Case(op, [lit('int64', rows_, (n,)), elements(draw, t, (n,), 'plain'), lit('int64', 5, ()), elements(draw, t, (), 'plain')])
    values = elements(draw, t, (n,) + tail)
    outer = []
    if draw.chance(0.4):
        m = len(cut) - 1
        outer = [[0, *np.sort(draw.numpy.randint(0, m + 1, draw.randint(0, 2))), m]]
    splits = [lit(kind, c) for c in outer + [cut]]
    if op == 'RaggedGather':
        return Case(op, [splits, values, draw.ints(draw.one_of('int32', 'int64'), sizes(draw, 0, 2, 5), 0, len(splits[0].array) - 2 + draw.chance(0.05))],
                    dict(OUTPUT_RAGGED_RANK=0), name=None) if False else gather_ragged(draw, splits, values)
    if op == 'RaggedTensorToSparse':
        return Case(op, [splits, values])
    way = draw.randrange(3)
    parts = {0: ['ROW_SPLITS'], 1: ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'], 2: ['ROW_SPLITS']}[way]
    if way == 1:
        rows_ = np.sort(draw.numpy.randint(0, 4, n))
        row_parts = [lit(kind, 4, ()), lit(kind, rows_, (n,))]
    else:
        row_parts = splits
        parts = ['ROW_SPLITS'] * len(splits)
    rank = len([p for p in parts if p != 'FIRST_DIM_SIZE']) + 1 + len(tail)
    shape = draw.one_of([-1] * rank, [draw.one_of(-1, 2, 5)] * rank if not tail else [-1] * rank)
    return Case(op, [lit(kind, shape), values, elements(draw, t, draw.one_of((), tail)), row_parts], dict(row_partition_types=parts))


def gather_ragged(draw, splits, values):
    ids = draw.ints(draw.one_of('int32', 'int64'), sizes(draw, 0, 2, 5), 0, max(0, len(splits[0].array) - 2) + draw.chance(0.05))
    return Case('RaggedGather', [splits, values, ids], dict(OUTPUT_RAGGED_RANK=len(splits) + ids.array.ndim - 1))


@row('SparseSegmentSumGrad', 'SparseSegmentMeanGrad', 'SparseSegmentSqrtNGrad', 'SparseSegmentSumGradV2', 'SparseSegmentMeanGradV2', 'SparseSegmentSqrtNGradV2')
def segment_gradients(draw, op):
    t, kind, kind2 = dtype(draw, op), dtype(draw, op, 'Tidx'), dtype(draw, op, 'Tsegmentids')
    m, d, n = draw.randint(1, 4), draw.randint(1, 4), draw.randint(1, 8)
    size = draw.randint(1, 6)
    ids = np.sort(draw.numpy.randint(0, m, n))
    return Case(op, [elements(draw, t, (m, d), 'plain'), draw.ints(kind, (n,), 0, size - 1), lit(kind2, ids), lit('int32', size, ())])


@row('SparseCrossHashed', 'SparseCrossV2', 'SparseCross')
def crosses(draw, op):
    n = draw.randint(1, 3)
    parts, dense_parts = [], []
    kinds = [draw.one_of('int64', 'string') for _ in range(draw.randint(1, 2))] if op != 'SparseCrossV2' else ['string', 'string']
    for k in kinds:
        s = sparse(draw, k, (n, draw.randint(1, 3)))
        parts.append(s)
    for _ in range(draw.randint(0, 1)):
        dense_parts.append(elements(draw, 'int64' if op != 'SparseCrossV2' else 'string', (n, draw.randint(1, 2)), 'plain'))
    inputs = [[p[i] for p in parts] for i in range(3)] + [dense_parts]
    if op == 'SparseCrossV2':
        return Case(op, inputs + [lit('string', draw.one_of(b'_X_', b'', b'-'), ())])
    if op == 'SparseCrossHashed':
        return Case(op, inputs + [lit('int64', draw.one_of(0, 7, 1000), ()), lit('bool', draw.chance(0.5), ()), lit('int64', [draw.randint(0, 99), 5])])
    hashed = draw.chance(0.5)
    return Case(op, inputs, dict(hashed_output=hashed, num_buckets=draw.one_of(0, 11) if hashed else 0, hash_key=956888297470, out_type='int64' if hashed else 'string',
                                 internal_type=draw.one_of('int64', 'string') if hashed else 'string'))
