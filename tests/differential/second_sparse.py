"""A second tester's rows: sparse tensors, ragged ones, sets, segments, counts, random streams."""
from second import *


def sparse(draw, t, shape, count=None, kind='calm'):
    """(indices, values, shape), sorted and without doubles."""
    total = int(np.prod(shape))
    count = min(total, draw.randint(0, 9) if count is None else count)
    flat = np.sort(draw.numpy.choice(total, count, replace=False)) if total else np.zeros((0,), np.int64)
    places = np.stack(np.unravel_index(flat, shape), -1) if len(shape) and total else np.zeros((len(flat), len(shape)))
    return lit('int64', places, (len(flat), len(shape))), numbers(draw, t, (len(flat),), kind), lit('int64', list(shape), (len(shape),))


def grown(draw, low=1, high=4):
    return tuple(draw.randint(1, 5) for _ in range(draw.randint(low, high)))


@tests('SparseReshape', 'SparseReorder', 'SparseToDense', 'SparseSlice', 'SparseSliceGrad', 'SparseConcat', 'SparseSplit', 'SparseFillEmptyRows', 'SparseFillEmptyRowsGrad', 'SparseSoftmax',
       'SparseReduceSum', 'SparseReduceMax', 'SparseReduceSumSparse', 'SparseReduceMaxSparse', 'SparseAdd', 'SparseAddGrad', 'SparseTensorDenseAdd', 'SparseTensorDenseMatMul',
       'SparseDenseCwiseAdd', 'SparseDenseCwiseMul', 'SparseDenseCwiseDiv', 'SparseSparseMaximum', 'SparseSparseMinimum', 'DeserializeSparse', 'SerializeSparse', 'SerializeManySparse',
       'DenseToCSRSparseMatrix', 'SparseBincount', 'DenseBincount', 'SparseCountSparseOutput', 'DenseCountSparseOutput', 'Bincount', 'RaggedBincount')
def sparse_row(draw, op):
    t = a_type(draw, op) if has(op, 'T') else 'float32'
    shape = grown(draw, 2 if op in ('SparseFillEmptyRows', 'SparseSoftmax', 'SerializeManySparse', 'SparseTensorDenseMatMul') else 1)
    i, v, s = sparse(draw, t, shape)
    rank = len(shape)
    if op == 'SparseReshape':
        flat = int(np.prod(shape))
        return Case(op, [i, s, lit('int64', draw.one_of([-1], [flat], [1, -1], list(reversed(shape)), [-1, shape[0]], [0]))])
    if op == 'SparseReorder':
        order = draw.permuted(len(v.array))
        return Case(op, [lit('int64', i.array[order], i.array.shape), Literal(t, v.array[order]), s])
    if op == 'SparseToDense':
        k = a_type(draw, op, 'Tindices')
        form = draw.one_of('vector', 'matrix', 'scalar')
        if form == 'matrix':
            return Case(op, [lit(k, i.array, i.array.shape), lit(k, list(shape)), v if draw.chance(0.7) else numbers(draw, t, ()), numbers(draw, t, ())], dict(validate_indices=draw.chance(0.7)))
        n = draw.randint(1, 9)
        at = sorted(draw.sample(range(n), draw.randint(0, n)))
        return Case(op, [lit(k, at, (len(at),)) if form == 'vector' else lit(k, n - 1, ()), lit(k, [n]), numbers(draw, t, (len(at),) if form == 'vector' and draw.chance(0.6) else ()),
                         numbers(draw, t, ())], dict(validate_indices=draw.chance(0.7)))
    if op in ('SparseSlice', 'SparseSliceGrad'):
        start = lit('int64', [draw.randint(0, d) for d in shape])
        size = lit('int64', [draw.randint(0, d + 1) for d in shape])
        if op == 'SparseSlice':
            return Case(op, [i, v, s, start, size])
        keep = [j for j, p in enumerate(i.array) if all(b <= x < b + n for x, b, n in zip(p, start.array, size.array))]
        return Case(op, [numbers(draw, t, (len(keep),), 'calm'), i, start, lit('int64', i.array[keep], (len(keep), rank))])
    if op == 'SparseConcat':
        axis = draw.randrange(rank)
        parts = [sparse(draw, t, shape[:axis] + (draw.randint(1, 4),) + shape[axis + 1:]) for _ in range(draw.randint(2, 4))]
        return Case(op, [[p[k] for p in parts] for k in range(3)], dict(concat_dim=axis - (rank if draw.chance(0.4) else 0)))
    if op == 'SparseSplit':
        axis = draw.randrange(rank)
        return Case(op, [one('int64', axis), i, v, s], dict(num_split=draw.randint(1, shape[axis])))
    if op == 'SparseFillEmptyRows':
        return Case(op, [i, v, s, numbers(draw, t, ())])
    if op == 'SparseFillEmptyRowsGrad':
        n, full = draw.randint(0, 5), draw.randint(5, 9)
        return Case(op, [lit('int64', draw.sample(range(full), n), (n,)), numbers(draw, t, (full,), 'calm')])
    if op == 'SparseSoftmax':
        return Case(op, [i, v, s])
    if op.startswith('SparseReduce'):
        axes = draw.one_of([], [0], [-1], list(range(rank)), [draw.randrange(rank)])
        return Case(op, [i, v, s, lit('int32', axes, draw.one_of((len(axes),), ()) if len(axes) == 1 else (len(axes),))], dict(keep_dims=draw.chance(0.5)))
    if op in ('SparseAdd', 'SparseSparseMaximum', 'SparseSparseMinimum'):
        j, w, _ = sparse(draw, t, shape)
        tail = [one({'complex64': 'float32', 'complex128': 'float64'}.get(t, t), 0 if t not in FLOATS else draw.one_of(0.0, 0.7))] if op == 'SparseAdd' else []
        return Case(op, [i, v, s, j, w, s] + tail)
    if op == 'SparseAddGrad':
        j, w, _ = sparse(draw, t, shape)
        union = sorted({tuple(p) for p in i.array} | {tuple(p) for p in j.array})
        return Case(op, [numbers(draw, t, (len(union),), 'calm'), i, j, lit('int64', union, (len(union), rank))])
    if op == 'SparseTensorDenseAdd':
        k = draw.one_of('int32', 'int64')
        return Case(op, [lit(k, i.array, i.array.shape), v, lit(k, list(shape)), numbers(draw, t, shape, 'calm')])
    if op == 'SparseTensorDenseMatMul':
        m, n, k = draw.randint(1, 5), draw.randint(1, 5), draw.one_of(1, 2, 9, 33)
        ia, va, sa = sparse(draw, t, (m, n))
        a, b = draw.chance(0.5), draw.chance(0.5)
        inner = m if a else n
        kind = draw.one_of('int32', 'int64')
        return Case(op, [lit(kind, ia.array, ia.array.shape), va, sa, numbers(draw, t, (k, inner) if b else (inner, k), 'calm')], dict(adjoint_a=a, adjoint_b=b))
    if op.startswith('SparseDenseCwise'):
        dense = tuple(d if draw.chance(0.6) else 1 for d in shape)[draw.randint(0, rank):] if draw.chance(0.5) else shape
        y = numbers(draw, t, dense, 'calm').array
        return Case(op, [i, v, s, Literal(t, np.where(y == 0, np.ones_like(y), y))])
    if op == 'SerializeSparse' or op == 'SerializeManySparse':
        return Case(op, [i, v, s], dict(out_type='string'))
    if op == 'DeserializeSparse':
        pack = tf.io.serialize_sparse(tf.SparseTensor(i.array, v.array if t != 'string' else list(v.array), s.array)) if t in ('float32', 'int64', 'string', 'int32') else None
        if pack is None:
            return sparse_row(draw, op)
        return Case(op, [lit('string', [bytes(p) for p in pack.numpy()], (3,))], dict(dtype=t))
    size = draw.randint(0, 7)
    binary = draw.chance(0.4)
    k = draw.one_of('int32', 'int64')
    w = a_type(draw, op)
    weights = lambda shape_: numbers(draw, w, draw.one_of(shape_, (0,)), 'calm') if not binary else lit(w, [], (0,))
    if op == 'Bincount':
        n = draw.randint(0, 9)
        return Case(op, [ids(draw, (n,), 0, 8, 'int32'), one('int32', size), numbers(draw, w, draw.one_of((n,), (0,)), 'calm')])
    if op == 'DenseBincount':
        x = draw.one_of((7,), (2, 5), (0,), (3, 0))
        return Case(op, [ids(draw, x, 0, 9, k), one(k, size), weights(x)], dict(binary_output=binary))
    if op == 'RaggedBincount':
        return Case(op, [lit('int64', [0, 2, 2, 5]), ids(draw, (5,), 0, 8, k), one(k, size), weights((5,))], dict(binary_output=binary))
    at = draw.one_of((4,), (3, 4))
    j, _, sj = sparse(draw, 'int32', at)
    n = j.array.shape[0]
    if op == 'SparseBincount':
        return Case(op, [j, ids(draw, (n,), 0, 8, k), sj, one(k, size), weights((n,))], dict(binary_output=binary))
    limits = dict(minlength=draw.one_of(-1, 0, 5), maxlength=draw.one_of(-1, 3, 6), binary_output=binary)
    if op == 'SparseCountSparseOutput':
        return Case(op, [j, ids(draw, (n,), 0, 8, k), sj, weights((n,))], limits)
    if op == 'DenseCountSparseOutput':
        x = draw.one_of((7,), (2, 5))
        return Case(op, [ids(draw, x, 0, 8, k), weights(x)], limits)
    return Case('SparseReorder', [i, v, s])


@tests('RaggedRange', 'RaggedGather', 'RaggedTensorToTensor', 'RaggedTensorToSparse', 'RaggedCross', 'RaggedFillEmptyRows', 'RaggedFillEmptyRowsGrad')
def ragged(draw, op):
    k = draw.one_of('int32', 'int64')
    n = draw.randint(1, 5)
    splits = np.concatenate([[0], np.cumsum(draw.numpy.randint(0, 4, n))])
    if op == 'RaggedRange':
        t = a_type(draw, op)
        size = (n,)
        deltas = draw.numpy.choice([1, 2, 3, -1, -2] if t not in ('uint8',) else [1, 2], size)
        return Case(op, [numbers(draw, t, draw.one_of((), size), 'small'), lit(t, draw.numpy.randint(-6, 9, size)), lit(t, deltas)], dict(Tsplits=k))
    if op == 'RaggedGather':
        v = numbers(draw, a_type(draw, op, 'Tvalues'), (int(splits[-1]),) + dims(draw, 0, 2, 6))
        which = ids(draw, dims(draw, 0, 2, 6), 0, n - 1)
        rank = which.array.ndim
        return Case(op, [[lit(k, splits)], v, which], dict(OUTPUT_RAGGED_RANK=rank)) if rank else Case(op, [[lit(k, splits)], v, ids(draw, (3,), 0, n - 1)], dict(OUTPUT_RAGGED_RANK=1))
    if op == 'RaggedTensorToTensor':
        t = a_type(draw, op)
        inner = dims(draw, 0, 2, 6, 0)
        shape = draw.one_of([-1, -1, *inner], [n, 2, *inner], [n + 1, -1, *inner], -1)
        how = draw.one_of('splits', 'rows', 'first')
        if how == 'splits':
            return Case(op, [lit(k, shape), numbers(draw, t, (int(splits[-1]), *inner)), numbers(draw, t, draw.one_of((), inner)), [lit(k, splits)]], dict(row_partition_types=['ROW_SPLITS']))
        rows_ = np.repeat(np.arange(n), np.diff(splits))
        return Case(op, [lit(k, shape), numbers(draw, t, (int(splits[-1]), *inner)), numbers(draw, t, ()), [one(k, n), lit(k, rows_, (len(rows_),))]],
                    dict(row_partition_types=['FIRST_DIM_SIZE', 'VALUE_ROWIDS']))
    if op == 'RaggedTensorToSparse':
        t = a_type(draw, op)
        outer = [0, 1, n] if draw.chance(0.5) else None
        parts = [lit(k, splits)] if outer is None else [lit(k, outer), lit(k, splits)]
        return Case(op, [parts, numbers(draw, t, (int(splits[-1]),) + dims(draw, 0, 2, 6, 0))])
    if op == 'RaggedFillEmptyRows':
        t = a_type(draw, op)
        rows_ = np.repeat(np.arange(n), np.diff(splits))
        return Case(op, [lit('int64', rows_, (len(rows_),)), numbers(draw, t, (len(rows_),)), one('int64', n), numbers(draw, t, ())])
    if op == 'RaggedFillEmptyRowsGrad':
        return Case(op, [lit('int64', draw.permuted(n), (n,)), numbers(draw, a_type(draw, op), (n + 2,), 'calm')])
    kinds = draw.one_of('int64', 'string')
    values = numbers(draw, kinds, (int(splits[-1]),))
    other = numbers(draw, 'int64', (n, 2), 'calm')
    hashed = draw.chance(0.5)
    return Case(op, [[values], [lit(k, splits)], [], [], [], [other]],
                dict(input_order='RD', hashed_output=hashed, num_buckets=draw.one_of(0, 100) if hashed else 0, hash_key=draw.one_of(956888297470, 3), out_values_type='int64' if hashed else 'string',
                     out_row_splits_type=k, ragged_values_types=[kinds], ragged_splits_types=[k], sparse_values_types=[], dense_types=['int64']))


@tests('SetSize', 'DenseToDenseSetOperation', 'DenseToSparseSetOperation', 'SparseToSparseSetOperation')
def sets(draw, op):
    t = a_type(draw, op)
    kind = 'small' if t != 'string' else None
    n, shape = draw.randint(1, 4), (draw.randint(1, 3), draw.randint(1, 4))
    way = draw.one_of('a-b', 'b-a', 'intersection', 'union')
    dense = lambda: numbers(draw, t, shape[:1] + (draw.randint(0, 5),), kind)
    one_ = lambda: sparse(draw, t, shape, kind=kind)
    if op == 'SetSize':
        return Case(op, list(one_()), dict(validate_indices=draw.chance(0.5)))
    if op == 'DenseToDenseSetOperation':
        return Case(op, [dense(), dense()], dict(set_operation=way, validate_indices=draw.chance(0.5)))
    if op == 'DenseToSparseSetOperation':
        return Case(op, [dense(), *one_()], dict(set_operation=way, validate_indices=draw.chance(0.5)))
    return Case(op, [*one_(), *one_()], dict(set_operation=way, validate_indices=draw.chance(0.5)))


@tests('SegmentSum', 'SegmentMean', 'SegmentMax', 'SegmentMin', 'SegmentProd', 'SegmentSumV2', 'SegmentMaxV2', 'SegmentMinV2', 'SegmentProdV2', 'UnsortedSegmentSum', 'UnsortedSegmentMax',
       'UnsortedSegmentMin', 'UnsortedSegmentProd', 'SparseSegmentSum', 'SparseSegmentMean', 'SparseSegmentSqrtN', 'SparseSegmentSumWithNumSegments', 'SparseSegmentMeanWithNumSegments',
       'SparseSegmentSqrtNWithNumSegments', 'SparseSegmentSumGrad', 'SparseSegmentMeanGrad', 'SparseSegmentSqrtNGrad', 'SparseSegmentSumGradV2', 'SparseSegmentMeanGradV2', 'SparseSegmentSqrtNGradV2')
def segments(draw, op):
    t = a_type(draw, op)
    n = draw.randint(1, 7)
    x = numbers(draw, t, (n,) + dims(draw, 0, 3, 30), 'calm')
    k, m = draw.one_of('int32', 'int64'), draw.randint(1, 8)
    if op.startswith('Unsorted'):
        shape = x.array.shape[:draw.randint(0, x.array.ndim)]
        k = draw.choice([v for v in allowed(op, 'Tindices')])
        return Case(op, [x, ids(draw, shape, -1, m - 1, k), one(draw.one_of('int32', 'int64'), m)])
    if op.startswith('Segment'):
        sorted_ = np.sort(draw.numpy.randint(0, m, n))
        return Case(op, [x, lit(k, sorted_)] + ([one('int32', m)] if op.endswith('V2') else []))
    count = draw.randint(0, 6)
    at, to = ids(draw, (count,), 0, n - 1, k), lit(draw.one_of('int32', 'int64'), np.sort(draw.numpy.randint(0, m, count)), (count,))
    if 'Grad' in op:
        g = numbers(draw, t, (m,) + dims(draw, 0, 2, 9), 'calm')
        if count == 0:
            return segments(draw, op)
        return Case(op, [g, at, to, one('int32', n)], fetch=[0])
    if 'WithNum' in op:
        return Case(op, [x, at, to, one(draw.one_of('int32', 'int64'), m)])
    return Case(op, [x, at, to])


STATELESS = [name for name in sorted(dir(ops)) if name.startswith('Stateless') and ('Uniform' in name or 'Normal' in name or 'Gamma' in name or 'Poisson' in name or 'Binomial' in name
             or 'Multinomial' in name or 'Shuffle' in name) and 'Distorted' not in name]
STATEFUL = ['RandomUniform', 'RandomStandardNormal', 'TruncatedNormal', 'RandomUniformInt', 'RandomGamma', 'RandomGammaGrad', 'RandomPoisson', 'RandomPoissonV2', 'Multinomial', 'RandomShuffle',
            'ParameterizedTruncatedNormal', 'RandomIndexShuffle', 'RandomCrop', 'StatelessRandomGetKeyCounter', 'StatelessRandomGetAlg', 'StatelessRandomGetKeyCounterAlg', 'UniformCandidateSampler', 'LogUniformCandidateSampler',
            'LearnedUnigramCandidateSampler', 'FixedUnigramCandidateSampler', 'AllCandidateSampler', 'ThreadUnsafeUnigramCandidateSampler', 'ComputeAccidentalHits']


@tests(*STATELESS, *STATEFUL)
def streams(draw, op):
    seeds = dict(seed=draw.randint(1, 2**45), seed2=draw.one_of(0, -9, 2**45 + 1))
    shape = lit(draw.one_of('int32', 'int64'), list(dims(draw, 0, 4, 400)))
    shape = lit(shape.dtype, shape.array, (shape.array.size,))
    seed = ids(draw, (2,), -2**31, 2**31 - 1)
    spec = op_def_registry.get(op)
    names = [a.name for a in spec.input_arg]
    if op.endswith('CandidateSampler'):
        n, true = draw.randint(4, 30), draw.randint(1, 3)
        unique = draw.chance(0.5)
        attrs = dict(num_true=true, num_sampled=draw.randint(1, 4), unique=unique, range_max=n, **seeds)
        if op.startswith('All'):
            attrs.pop('range_max'), attrs.update(num_sampled=n)
        if op.startswith('Fixed'):
            attrs.update(vocab_file='', distortion=draw.one_of(1.0, 0.75, 0.0), num_reserved_ids=draw.one_of(0, 1), num_shards=1, shard=0,
                         unigrams=[float(v) for v in draw.numpy.randint(1, 9, n)])
            attrs['num_reserved_ids'] = 0
        return Case(op, [ids(draw, (draw.randint(1, 3), true), 0, n - 1, 'int64')], attrs)
    if op == 'ComputeAccidentalHits':
        true = draw.randint(1, 3)
        return Case(op, [ids(draw, (draw.randint(1, 4), true), 0, 6, 'int64'), ids(draw, (draw.randint(0, 7),), 0, 6, 'int64')], dict(num_true=true, **seeds))
    if op == 'RandomIndexShuffle':
        most = draw.randint(0, 200)
        t = draw.one_of('int32', 'int64', 'uint32', 'uint64')
        return Case(op, [lit(t, draw.numpy.randint(0, most + 1, draw.one_of((), (5,)))), ids(draw, (3,), 0, 2**31 - 1, 'int32'), lit(t, most, ())], dict(rounds=draw.one_of(4, 6, 8)))
    if op == 'RandomCrop':
        return Case(op, [numbers(draw, a_type(draw, op), (7, 8, 2)), lit('int64', [draw.randint(1, 7), draw.randint(1, 8)])], seeds)
    t_attr = 'dtype' if has(op, 'dtype') else 'T'
    t = a_type(draw, op, t_attr)
    if op in ('RandomShuffle',):
        return Case(op, [numbers(draw, a_type(draw, op), dims(draw, 0, 3, 60))], seeds)
    if op == 'RandomGammaGrad':
        return Case(op, [uniform(draw, t, (4,), 0.1, 9), uniform(draw, t, (4,), 0.1, 9)])
    attrs, inputs = {}, []
    counts = None
    for name in names:
        if name == 'shape':
            inputs.append(shape)
        elif name == 'seed':
            inputs.append(seed)
        elif name == 'key':
            inputs.append(lit('uint64', draw.numpy.randint(0, 2**62, (1,))))
        elif name == 'counter':
            inputs.append(lit('uint64', draw.numpy.randint(0, 2**62, (2,))))
        elif name == 'alg':
            inputs.append(one('int32', draw.one_of(1, 3)))
        elif name in ('minval', 'maxval'):
            kind = t if t in ('int32', 'int64', 'uint32', 'uint64') else 'int32'
            inputs.append(one(kind, 0 if name == 'minval' else draw.one_of(1, 3, 100, 2**31 - 1)))
        elif name in ('alpha', 'rate', 'lam'):
            arg = next(a for a in spec.input_arg if a.name == name)
            inputs.append(uniform(draw, a_type(draw, op, arg.type_attr), dims(draw, 0, 2, 5, 0), 0.05, draw.one_of(1, 20)))
            counts = inputs[-1].array.shape
        elif name == 'logits':
            inputs.append(numbers(draw, a_type(draw, op), (draw.randint(1, 3), draw.randint(1, 6)), 'calm'))
        elif name == 'num_samples':
            inputs.append(one('int32', draw.randint(0, 9)))
        elif name == 'counts':
            inputs.append(uniform(draw, a_type(draw, op, 'T'), (), 0, 50) if a_type(draw, op, 'T') in FLOATS else ids(draw, (), 0, 50, 'int32'))
        elif name == 'probs':
            inputs.append(uniform(draw, inputs[-1].dtype, (), 0, 1))
        elif name in ('means', 'stddevs', 'stdevs', 'minvals', 'maxvals'):
            low, high = {'means': (-1, 1), 'stddevs': (0.2, 2), 'stdevs': (0.2, 2), 'minvals': (-3, -0.5), 'maxvals': (0.5, 3)}[name]
            inputs.append(uniform(draw, t, (), low, high))
        elif name == 'value':
            inputs.append(numbers(draw, t, dims(draw, 0, 3, 60)))
    if 'alpha' in names or 'lam' in names or ('rate' in names):
        at = names.index('shape')
        inputs[at] = lit(shape.dtype, list(shape.array[:2]) + (list(counts) if op.startswith('Stateless') else []), None)
        inputs[at] = lit(shape.dtype, inputs[at].array, (inputs[at].array.size,))
    for a in spec.attr:
        if a.type == 'type' and a.name not in [arg.type_attr for arg in spec.input_arg]:
            attrs[a.name] = a_type(draw, op, a.name)
        if a.name in ('seed', 'seed2'):
            attrs[a.name] = seeds[a.name]
    return Case(op, inputs, attrs)
