"""Rows of operators that move, cut, join, index and count elements."""
from rows import *

PLAIN = ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool',
         'complex64', 'complex128', 'string']


def axis_of(draw, rank, low=None):
    return draw.randint(-rank if low is None else low, max(rank - 1, 0))


@row('Reshape')
def reshape(draw, op):
    shape = sizes(draw, 0, 6)
    target = list(shape)
    draw.shuffle(target)
    if len(target) > 1 and draw.chance(0.5):
        target[0:2] = [target[0] * target[1]]
    if target and draw.chance(0.5):
        target[draw.randrange(len(target))] = -1
    if draw.chance(0.2):
        target.append(1)
    return Case(op, [elements(draw, draw.choice(PLAIN), shape), index(draw, target, shape=(len(target),))])


@row('Transpose', 'ConjugateTranspose')
def transpose(draw, op):
    shape = sizes(draw, 0, 8)
    order = draw.permuted(len(shape))
    if draw.chance(0.2):
        order = [i - len(shape) if draw.chance(0.5) else i for i in order]
    return Case(op, [elements(draw, draw.choice(PLAIN), shape), index(draw, order, shape=(len(order),))])


@row('Pad', 'PadV2', 'MirrorPad')
def pad(draw, op):
    shape = sizes(draw, 0, 6, 500)
    t = dtype(draw, op)
    mode = draw.one_of('REFLECT', 'SYMMETRIC')
    most = [3 if op != 'MirrorPad' else max(0, d - (mode == 'REFLECT')) for d in shape]
    if op == 'MirrorPad':
        shape = shape[:5]
    paddings = index(draw, [[draw.randint(0, min(m, 3)), draw.randint(0, min(m, 3))] for m in most[:len(shape)]], shape=(len(shape), 2))
    x = elements(draw, t, shape)
    if op == 'PadV2':
        return Case(op, [x, paddings, elements(draw, t, ())])
    return Case(op, [x, paddings], dict(mode=mode) if op == 'MirrorPad' else {})


@row('MirrorPadGrad')
def mirror_pad_grad(draw, op):
    shape = tuple(max(d, 2) for d in sizes(draw, 1, 5, 300))
    mode = draw.one_of('REFLECT', 'SYMMETRIC')
    paddings = [[draw.randint(0, min(2, d - 1)) for _ in range(2)] for d in shape]
    full = [d + a + b for d, (a, b) in zip(shape, paddings)]
    return Case(op, [elements(draw, dtype(draw, op), full, 'plain'), index(draw, paddings)], dict(mode=mode))


@row('Tile')
def tile(draw, op):
    shape = sizes(draw, 0, 6, 200)
    return Case(op, [elements(draw, dtype(draw, op), shape), index(draw, [draw.one_of(1, 1, 2, 3, 0 if draw.chance(0.1) else 1) for _ in shape],
                                                               shape=(len(shape),))])


@row('BroadcastTo')
def broadcast_to(draw, op):
    a, b = two_sides(draw)
    full = np.broadcast_shapes(a, b)
    return Case(op, [elements(draw, draw.choice(PLAIN), a), index(draw, full, shape=(len(full),))])


@row('BroadcastArgs', 'BroadcastGradientArgs')
def broadcast_args(draw, op):
    a, b = two_sides(draw)
    t = draw.one_of('int32', 'int64')
    return Case(op, [lit(t, a, (len(a),)), lit(t, b, (len(b),))])


@row('Slice')
def slice_row(draw, op):
    shape = sizes(draw, 1, 8)
    begin = [draw.randint(0, d) for d in shape]
    size = [draw.one_of(-1, draw.randint(0, d - b)) for d, b in zip(shape, begin)]
    if draw.chance(0.05):
        size[0] += 2
    t = draw.one_of('int32', 'int64')
    return Case(op, [elements(draw, draw.choice(PLAIN), shape), lit(t, begin), lit(t, size)])


def strided(draw, shape):
    """begin, end, strides, masks for a shape, with its ellipsis, new axes and shrunk ones."""
    rank = len(shape)
    begin, end, strides, masks = [], [], [], dict.fromkeys(('begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'), 0)
    axis, ellipsis = 0, draw.randint(0, rank) if draw.chance(0.3) else -1
    stop = draw.randint(0, rank)
    while axis < stop:
        bit = 1 << len(begin)
        d = shape[axis]
        if axis == ellipsis:
            masks['ellipsis_mask'] |= bit
            axis += draw.randint(0, stop - axis)
            ellipsis = -1
            begin, end, strides = begin + [0], end + [0], strides + [1]
            continue
        if draw.chance(0.12):
            masks['new_axis_mask'] |= bit
            begin, end, strides = begin + [0], end + [0], strides + [1]
            continue
        step = draw.one_of(1, 1, 1, 2, 3, -1, -2, -5)
        if draw.chance(0.2) and d:
            masks['shrink_axis_mask'] |= bit
            begin, end, strides = begin + [draw.randint(-d, d - 1)], end + [0], strides + [1]
        else:
            begin, end, strides = begin + [draw.randint(-d - 1, d + 1)], end + [draw.randint(-d - 2, d + 2)], strides + [step]
            masks['begin_mask'] |= bit * draw.chance(0.3)
            masks['end_mask'] |= bit * draw.chance(0.3)
        axis += 1
    return begin, end, strides, masks


@row('StridedSlice', 'StridedSliceGrad', 'TensorStridedSliceUpdate')
def strided_slice(draw, op):
    shape = sizes(draw, 1, 6, 500)
    begin, end, strides, masks = strided(draw, shape)
    t = draw.one_of('int32', 'int64')
    spec = [lit(t, v, (len(v),)) for v in (begin, end, strides)]
    kind = draw.choice(PLAIN)
    x = elements(draw, kind, shape)
    if op == 'StridedSlice':
        return Case(op, [x] + spec, masks)
    import tensorflow as tf
    try:
        part = tf.raw_ops.StridedSlice(input=np.zeros(shape), begin=np.array(begin, np.int32), end=np.array(end, np.int32),
                                       strides=np.array(strides, np.int32), **masks).shape
    except Exception:
        part = shape
    dy = elements(draw, kind, tuple(part))
    if op == 'StridedSliceGrad':
        return Case(op, [lit(t, shape)] + spec + [dy], masks)
    return Case(op, [x] + spec + [dy], masks)


@row('Split', 'SplitV', 'Unpack')
def split(draw, op):
    parts = draw.randint(1, 4)
    shape = list(sizes(draw, 1, 6, 300))
    axis = axis_of(draw, len(shape))
    x_type = draw.choice(PLAIN)
    if op == 'SplitV':
        lengths = [draw.randint(0, 3) for _ in range(parts)]
        shape[axis] = sum(lengths)
        if draw.chance(0.4):
            lengths[draw.randrange(parts)] = -1
        return Case(op, [elements(draw, x_type, shape), const(index(draw, lengths)), const(lit('int32', axis, ()))], dict(num_split=parts))
    shape[axis] = parts * (draw.randint(0, 3) if op == 'Split' else 1)
    x = elements(draw, x_type, shape)
    if op == 'Split':
        return Case(op, [lit('int32', axis, ()), x], dict(num_split=parts))
    return Case(op, [x], dict(axis=axis, num=parts))


@row('Concat', 'ConcatV2', 'Pack', 'ParallelConcat')
def concat(draw, op):
    shape = list(sizes(draw, 0 if op == 'Pack' else 1, 6, 200))
    kind = draw.choice(PLAIN)
    count = draw.randint(2 if op.startswith('Concat') else 1, 5)
    if op == 'Pack':
        return Case(op, [[elements(draw, kind, shape) for _ in range(count)]], dict(axis=draw.randint(-len(shape) - 1, len(shape))))
    if op == 'ParallelConcat':
        shape[0] = 1
        return Case(op, [[elements(draw, kind, shape) for _ in range(count)]], dict(shape=[count] + shape[1:]))
    axis = axis_of(draw, len(shape), None if op == 'ConcatV2' else 0)
    parts = []
    for _ in range(count):
        part = list(shape)
        part[axis] = draw.randint(0, 4)
        parts.append(elements(draw, kind, part))
    if op == 'Concat':
        return Case(op, [lit('int32', axis, ()), parts])
    return Case(op, [parts, index(draw, axis, shape=())])


@row('ConcatOffset')
def concat_offset(draw, op):
    rank, n, t = draw.randint(1, 5), draw.randint(2, 4), draw.one_of('int32', 'int64')
    base, axis = [draw.randint(1, 5) for _ in range(rank)], draw.randint(-rank, rank - 1)
    shapes = []
    for _ in range(n):
        s = list(base)
        s[axis] = draw.randint(0, 6)
        shapes.append(lit(t, s))
    return Case(op, [lit('int32', axis, ()), shapes])


@row('Reverse', 'ReverseV2', 'ReverseSequence', 'Roll')
def reverse(draw, op):
    shape = sizes(draw, 2 if op == 'ReverseSequence' else 1, 8)
    rank = len(shape)
    if op == 'Reverse':
        return Case(op, [elements(draw, dtype(draw, op), shape), elements(draw, 'bool', (rank,))])
    if op == 'ReverseV2':
        axes = draw.permuted(rank)[:draw.randint(0, rank)]
        axes = [a - rank if draw.chance(0.4) else a for a in axes]
        return Case(op, [elements(draw, dtype(draw, op), shape), index(draw, axes, shape=(len(axes),))])
    if op == 'Roll':
        n = draw.randint(1, 3)
        t, u = draw.one_of('int32', 'int64'), draw.one_of('int32', 'int64')
        axes, shifts = [axis_of(draw, rank) for _ in range(n)], [draw.randint(-20, 20) for _ in range(n)]
        one = n == 1 and draw.chance(0.5)
        return Case(op, [elements(draw, draw.choice(PLAIN), shape), lit(t, shifts[0] if one else shifts), lit(u, axes[0] if one else axes)])
    batch, seq = draw.permuted(rank)[:2]
    lengths = [draw.randint(0, shape[seq]) for _ in range(shape[batch])]
    return Case(op, [elements(draw, draw.choice(PLAIN), shape), index(draw, lengths, shape=(len(lengths),))], dict(seq_dim=seq, batch_dim=batch))


@row('SpaceToBatchND', 'BatchToSpaceND', 'SpaceToBatch', 'BatchToSpace')
def space_to_batch(draw, op):
    old = not op.endswith('ND')
    m = 2 if old else draw.randint(1, 3)
    block = [draw.randint(2, 3)] * 2 if old else [draw.randint(1, 3) for _ in range(m)]
    kind = draw.choice(PLAIN)
    edges = [[draw.randint(0, 2), 0] for _ in range(m)]
    rest = () if not old and draw.chance(0.3) else (draw.randint(1, 3),) if old or draw.chance(0.7) else (2, 3)
    if op.startswith('Space'):
        size = [draw.randint(1, 6) for _ in range(m)]
        for i in range(m):
            edges[i][1] = -(size[i] + edges[i][0]) % block[i]
        x = elements(draw, kind, (draw.randint(1, 3), *size, *rest))
    else:
        size = [draw.randint(1, 4) for _ in range(m)]
        for i in range(m):
            edges[i] = [draw.randint(0, min(2, size[i] * block[i])), 0]
            edges[i][1] = draw.randint(0, size[i] * block[i] - edges[i][0])
        x = elements(draw, kind, (draw.randint(1, 2) * int(np.prod(block)), *size, *rest))
    if old:
        return Case(op, [x, index(draw, edges)], dict(block_size=block[0]))
    return Case(op, [x, index(draw, block), index(draw, edges)])


@row('SpaceToDepth', 'DepthToSpace')
def depth(draw, op):
    b = draw.randint(2, 4)
    n, h, w, c = draw.randint(0, 2), draw.randint(1, 4), draw.randint(1, 4), draw.randint(1, 5)
    layout = draw.one_of('NHWC', 'NHWC', 'NCHW', 'NCHW_VECT_C')
    kind = draw.choice(PLAIN if layout == 'NHWC' else PLAIN[:6])
    shape = (n, h * b, w * b, c) if op.startswith('Space') else (n, h, w, c * b * b)
    if layout == 'NCHW':
        shape = (shape[0], shape[3], shape[1], shape[2])
    return Case(op, [elements(draw, kind, shape)], dict(block_size=b, data_format=layout))


@row('ExpandDims', 'Squeeze', 'Shape', 'ShapeN', 'Size', 'Rank', 'EnsureShape')
def ranks(draw, op):
    shape = sizes(draw, 0, 7)
    x = elements(draw, draw.choice(PLAIN), shape)
    if op == 'ExpandDims':
        return Case(op, [x, index(draw, draw.randint(-len(shape) - 1, len(shape)), shape=draw.one_of((), (1,)))])
    if op == 'Squeeze':
        ones = [i for i, d in enumerate(shape) if d == 1]
        return Case(op, [x], dict(squeeze_dims=[i - len(shape) if draw.chance(0.4) else i for i in ones if draw.chance(0.6)]))
    if op == 'EnsureShape':
        return Case(op, [x], dict(shape=draw.one_of(None, tuple(None if draw.chance(0.4) else d for d in shape))))
    out = dict(out_type=draw.one_of('int32', 'int64')) if op != 'Rank' else {}
    return Case(op, [[x, elements(draw, x.dtype, sizes(draw))]] if op == 'ShapeN' else [x], out)


@row('Fill', 'Range', 'LinSpace', 'OneHot')
def makers(draw, op):
    if op == 'Fill':
        shape = sizes(draw)
        return Case(op, [index(draw, shape, shape=(len(shape),)), elements(draw, draw.choice(PLAIN), ())])
    if op == 'Range':
        t = dtype(draw, op, 'Tidx')
        a, b = draw.randint(-9, 9), draw.randint(-9, 30)
        step = draw.one_of(1, 2, 3, 7) * (1 if b >= a else -1)
        if t in UNSIGNED:
            a, b, step = sorted((abs(a), abs(b)))[0], max(abs(a), abs(b)), abs(step)
        if t in FLOATS:
            step = step * draw.one_of(0.5, 0.25, 1.0, 0.3)
        return Case(op, [lit(t, a, ()), lit(t, b, ()), lit(t, step, ())])
    if op == 'LinSpace':
        t = dtype(draw, op)
        return Case(op, [floats(draw, t, (), -9, 9), floats(draw, t, (), -9, 9), index(draw, draw.one_of(1, 2, 3, 9, 17, 100), shape=())])
    shape, t = sizes(draw, 0, 4, 200), draw.choice(PLAIN)
    kind = dtype(draw, op, 'TI')
    depth = draw.randint(0, 7)
    low = 0 if numpy_dtype(kind).kind == 'u' else -2
    return Case(op, [draw.ints(kind, shape, low, 8), lit('int32', depth, ()), elements(draw, t, ()), elements(draw, t, ())],
                dict(axis=draw.randint(-1, len(shape))))


UNSIGNED = ('uint8', 'uint16', 'uint32', 'uint64')


@row('MatrixDiag', 'MatrixDiagPart', 'MatrixSetDiag', 'BatchMatrixDiag', 'BatchMatrixDiagPart', 'BatchMatrixSetDiag')
def diag_v1(draw, op):
    t, batch = dtype(draw, op), sizes(draw, 0, 3, 60)
    m, n = draw.randint(1, 6), draw.randint(1, 6)
    if op.endswith('MatrixDiag'):
        return Case(op, [elements(draw, t, batch + (m,))])
    x = elements(draw, t, batch + (m, n))
    return Case(op, [x] if op.endswith('Part') else [x, elements(draw, t, batch + (min(m, n),))])


@row('MatrixDiagV2', 'MatrixDiagV3', 'MatrixDiagPartV2', 'MatrixDiagPartV3', 'MatrixSetDiagV2', 'MatrixSetDiagV3')
def diag_v3(draw, op):
    t, batch = dtype(draw, op), sizes(draw, 0, 3, 30)
    m, n = draw.randint(1, 7), draw.randint(1, 7)
    low = draw.randint(1 - m, n - 1)
    high = draw.randint(low, n - 1)
    if draw.chance(0.3):
        high = low
    attrs = dict(align=draw.one_of('LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT')) if op.endswith('V3') else {}
    k = lit('int32', low if low == high and draw.chance(0.7) else [low, high])
    longest = min(m + min(high, 0), n - max(low, 0))
    band = batch + ((high - low + 1,) if low != high else ()) + (longest,)
    if op.startswith('MatrixDiagPart'):
        return Case(op, [elements(draw, t, batch + (m, n)), k, elements(draw, t, ())], attrs)
    if op.startswith('MatrixDiag'):
        rows, columns = draw.one_of((-1, -1), (m, n), (-1, n), (m, -1))
        return Case(op, [elements(draw, t, band), k, lit('int32', rows, ()), lit('int32', columns, ()), elements(draw, t, ())], attrs)
    return Case(op, [elements(draw, t, batch + (m, n)), elements(draw, t, band), k], attrs)


@row('MatrixBandPart', 'BatchMatrixBandPart', 'Diag', 'DiagPart')
def band(draw, op):
    t = dtype(draw, op)
    if op == 'Diag':
        return Case(op, [elements(draw, t, sizes(draw, 1, 3, 12))])
    if op == 'DiagPart':
        shape = sizes(draw, 1, 3, 12)
        return Case(op, [elements(draw, t, shape + shape)])
    kind = draw.one_of('int32', 'int64') if op == 'MatrixBandPart' else 'int64'
    shape = sizes(draw, 2, 5)
    m, n = shape[-2:]
    return Case(op, [elements(draw, t, shape), lit(kind, draw.randint(-1, m), ()), lit(kind, draw.randint(-1, n), ())])


@row('InvertPermutation', 'UnravelIndex', 'DataFormatDimMap', 'DataFormatVecPermute', 'ListDiff')
def indices(draw, op):
    t = draw.one_of('int32', 'int64')
    if op == 'InvertPermutation':
        p = draw.permuted(draw.randint(0, 20))
        if p and draw.chance(0.1):
            p[0] = draw.one_of(len(p), -1, p[-1])
        return Case(op, [lit(t, p, (len(p),))])
    if op == 'UnravelIndex':
        dims = [draw.randint(1, 5) for _ in range(draw.randint(1, 4))]
        return Case(op, [draw.ints(t, draw.one_of((), (7,), (1,)), 0, int(np.prod(dims)) - 1 + draw.chance(0.05)), lit(t, dims)])
    if op.startswith('DataFormat'):
        a = draw.one_of('NHWC', 'NDHWC', 'HWNC')
        b = ''.join(draw.sample(a, len(a)))
        if op == 'DataFormatDimMap':
            return Case(op, [draw.ints(t, sizes(draw, 0, 3), -len(a), len(a) - 1)], dict(src_format=a, dst_format=b))
        shape = draw.one_of((len(a),), (len(a), 2), (len(a) - 2,), (len(a) - 2, 2))
        return Case(op, [draw.ints(t, shape, -9, 9)], dict(src_format=a, dst_format=b))
    kind = dtype(draw, op)
    return Case(op, [elements(draw, kind, (draw.randint(0, 30),), 'ties'), elements(draw, kind, (draw.randint(0, 9),), 'ties')], dict(out_idx=t))


@row('Gather', 'GatherV2', 'GatherNd')
def gather(draw, op):
    kind, t = draw.choice(PLAIN), dtype(draw, op, 'Tindices')
    shape = sizes(draw, 1, 6, 400)
    bad = draw.chance(0.06)
    if op == 'Gather':
        return Case(op, [elements(draw, kind, shape), draw.ints(t, sizes(draw, 0, 3, 30), -bad, max(0, shape[0] - 1))],
                    dict(validate_indices=draw.chance(0.8)))
    if op == 'GatherNd':
        depth = draw.randint(0, len(shape))
        batch = sizes(draw, 0, 3, 20)
        picks = [draw.numpy.randint(0, max(1, d), batch) for d in shape[:depth]]
        value = np.stack(picks, -1) if picks else np.zeros(batch + (0,))
        if bad and value.size:
            value = value + 9
        return Case(op, [elements(draw, kind, shape), lit(t, value)])
    axis = draw.randrange(len(shape))
    batch = draw.randint(0, axis) if draw.chance(0.5) else 0
    ids = shape[:batch] + sizes(draw, 0, 2, 10)
    value = draw.ints(t, ids, 0, max(0, shape[axis] - 1) + bad)
    return Case(op, [elements(draw, kind, shape), value, index(draw, axis - len(shape) * draw.chance(0.4), shape=())],
                dict(batch_dims=batch if not (batch and draw.chance(0.2)) else batch - len(ids)))


@row('ScatterNd', 'TensorScatterAdd', 'TensorScatterSub', 'TensorScatterMin', 'TensorScatterMax', 'TensorScatterUpdate', 'ScatterNdNonAliasingAdd')
def scatter_nd(draw, op):
    t = dtype(draw, op)
    kind = dtype(draw, op, 'Tindices')
    shape = tuple(max(1, d) for d in sizes(draw, 1, 5, 300))
    depth = draw.randint(1, len(shape))
    batch = sizes(draw, 0 if op == 'ScatterNd' else 1, 2, 20)
    value = np.stack([draw.numpy.randint(0, d, batch) for d in shape[:depth]], -1)
    if draw.chance(0.06) and value.size:
        value.reshape(-1)[0] = draw.one_of(-1, 99)
    updates = elements(draw, t, batch + shape[depth:], draw.one_of('plain', 'ties'))
    if op == 'ScatterNd':
        return Case(op, [lit(kind, value), updates, lit(kind, shape)], dict(bad_indices_policy=draw.one_of('', 'DEFAULT', 'ERROR', 'IGNORE')))
    attrs = {} if op == 'ScatterNdNonAliasingAdd' else dict(bad_indices_policy=draw.one_of('', 'DEFAULT', 'ERROR', 'IGNORE'))
    return Case(op, [elements(draw, t, shape, draw.one_of('plain', 'ties')), lit(kind, value), updates], attrs)


@row('DynamicPartition', 'DynamicStitch', 'ParallelDynamicStitch')
def dynamic(draw, op):
    kind = draw.choice(PLAIN)
    shape, tail = sizes(draw, 0, 3, 30), sizes(draw, 0, 2, 6)
    if op == 'DynamicPartition':
        n = draw.randint(1, 4)
        return Case(op, [elements(draw, kind, shape + tail), draw.ints('int32', shape, 0, n - 1 + draw.chance(0.05))], dict(num_partitions=n))
    parts = [sizes(draw, 0, 2, 6) for _ in range(draw.randint(1, 4))]
    total = sum(int(np.prod(p)) for p in parts)
    ids = draw.numpy.permutation(total) if op.startswith('Parallel') or draw.chance(0.5) else draw.numpy.randint(0, total + 2, total)
    out, at = [], 0
    for p in parts:
        n = int(np.prod(p))
        out.append(lit('int32', ids[at:at + n].reshape(p)))
        at += n
    return Case(op, [out, [elements(draw, kind, p + tail) for p in parts]])


@row('Where', 'Unique', 'UniqueV2', 'UniqueWithCounts', 'UniqueWithCountsV2')
def data_dependent(draw, op):
    if op == 'Where':
        return Case(op, [elements(draw, dtype(draw, op), sizes(draw, 0, 8), draw.one_of('ties', 'edges'))])
    t = dtype(draw, op)
    attrs = dict(out_idx=draw.one_of('int32', 'int64'))
    if op.endswith('V2'):
        shape = sizes(draw, 1, 4, 60)
        axis = [axis_of(draw, len(shape))] if draw.chance(0.7) or len(shape) > 1 else []
        x = Literal(t, elements(draw, t, shape, 'ties').array)
        return Case(op, [x, index(draw, axis, shape=(len(axis),))], attrs)
    return Case(op, [elements(draw, t, (draw.randint(0, 40),), 'ties')], attrs)


@row('TopK', 'TopKV2', 'NthElement', 'InTopK', 'InTopKV2')
def top(draw, op):
    t = dtype(draw, op)
    shape = sizes(draw, 1, 4)
    k = draw.randint(0, shape[-1]) if draw.chance(0.95) else shape[-1] + 1
    mood = draw.one_of('plain', 'ties', 'wide')
    if op == 'TopK':
        return Case(op, [elements(draw, t, shape, mood)], dict(k=k, sorted=True))
    if op == 'TopKV2':
        kind = draw.one_of('int16', 'int32', 'int64')
        return Case(op, [elements(draw, t, shape, mood), lit(kind, k, ())], dict(sorted=True, index_type=draw.one_of('int16', 'int32', 'int64', 'uint16')))
    if op == 'NthElement':
        return Case(op, [elements(draw, t, shape, mood), lit('int32', k, ())], dict(reverse=draw.chance(0.5)))
    batch, classes, kind = draw.randint(0, 5), draw.randint(1, 20), draw.one_of('int32', 'int64')
    x, targets = elements(draw, 'float32', (batch, classes), draw.one_of('ties', 'edges')), draw.ints(kind, (batch,), -1, classes)
    k = draw.randint(0, classes + 1)
    return Case(op, [x, targets], dict(k=k)) if op == 'InTopK' else Case(op, [x, targets, lit(kind, k, ())])


@row('ApproxTopK')
def approx(draw, op):
    shape = tuple(max(1, d) for d in sizes(draw, 1, 3))
    axis = axis_of(draw, len(shape))
    return Case(op, [elements(draw, dtype(draw, op), shape, 'plain')],
                dict(k=draw.randint(1, shape[axis]), reduction_dimension=axis, is_max_k=draw.chance(0.5)))


@row('LowerBound', 'UpperBound')
def bounds(draw, op):
    t, batch = dtype(draw, op), draw.randint(0, 4)
    a = np.sort(elements(draw, t, (batch, draw.randint(0, 12)), 'ties').array, -1)
    return Case(op, [Literal(t, a), elements(draw, t, (batch, draw.randint(0, 9)), 'ties')], dict(out_type=draw.one_of('int32', 'int64')))


@row('Sum', 'Prod', 'Mean', 'Max', 'Min', 'EuclideanNorm', 'Any', 'All')
def reduce(draw, op):
    t = 'bool' if op in ('Any', 'All') else dtype(draw, op)
    shape = sizes(draw, 0, 8)
    rank = len(shape)
    axes = draw.permuted(rank)[:draw.randint(0, rank)]
    axes = [a - rank if draw.chance(0.4) else a for a in axes]
    mood = draw.one_of('plain', 'ties', 'unit') if op in ('Prod', 'Sum', 'Mean', 'EuclideanNorm') else draw.one_of('plain', 'edges', 'ties')
    if t in INTEGERS:
        mood = draw.one_of('plain', 'edges')
    return Case(op, [elements(draw, t, shape, mood), index(draw, axes, shape=(len(axes),))], dict(keep_dims=draw.chance(0.5)))


INTEGERS = ('int8', 'int16', 'int32', 'int64') + UNSIGNED


@row('ArgMax', 'ArgMin', 'Cumsum', 'Cumprod', 'CumulativeLogsumexp')
def along(draw, op):
    t, shape = dtype(draw, op), sizes(draw, 1, 6)
    axis = axis_of(draw, len(shape))
    if op.startswith('Arg'):
        shape = tuple(max(1, d) for d in shape)
        return Case(op, [elements(draw, t, shape, draw.one_of('ties', 'edges', 'plain')), lit(dtype(draw, op, 'Tidx'), axis, ())],
                    dict(output_type=dtype(draw, op, 'output_type')))
    return Case(op, [elements(draw, t, shape, draw.one_of('plain', 'ties', 'unit')), index(draw, axis, shape=())],
                dict(exclusive=draw.chance(0.5), reverse=draw.chance(0.5)))


SEGMENT = 'SegmentMax SegmentMean SegmentMin SegmentProd SegmentSum'.split()
UNSORTED = 'UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum'.split()


@row(*SEGMENT, *UNSORTED)
def segments(draw, op):
    t, kind = dtype(draw, op), dtype(draw, op, 'Tindices')
    mood = draw.one_of('plain', 'ties')
    if op in SEGMENT:
        shape = sizes(draw, 1, 4)
        ids = np.sort(draw.numpy.randint(0, max(1, shape[0]) + 2, shape[0]))
        if draw.chance(0.05):
            ids = ids[::-1]
        return Case(op, [elements(draw, t, shape, mood), lit(kind, ids, (len(ids),))])
    shape, tail = sizes(draw, 0, 3, 60), sizes(draw, 0, 2, 8)
    n = draw.randint(0, 6)
    return Case(op, [elements(draw, t, shape + tail, mood), draw.ints(kind, shape, -1, max(0, n - 1)),
                     lit(dtype(draw, op, 'Tnumsegments'), n, ())])


@row(*[f'SparseSegment{m}{s}' for m in ('Sum', 'Mean', 'SqrtN') for s in ('', 'WithNumSegments')])
def sparse_segments(draw, op):
    t, kind = dtype(draw, op), dtype(draw, op, 'Tidx')
    shape = tuple(max(1, d) for d in sizes(draw, 1, 4, 200))
    n = draw.randint(0, 12)
    kind2 = dtype(draw, op, 'Tsegmentids')
    ids = np.sort(draw.numpy.randint(0, 5, n))
    inputs = [elements(draw, t, shape, 'plain'), draw.ints(kind, (n,), 0, shape[0] - 1 + draw.chance(0.05)), lit(kind2, ids, (n,))]
    if op.endswith('Segments'):
        inputs.append(lit(dtype(draw, op, 'Tnumsegments'), draw.randint(4, 8), ()))
    return Case(op, inputs, dict(sparse_gradient=draw.chance(0.2)))


@row('Bincount', 'DenseBincount', 'HistogramFixedWidth')
def counting(draw, op):
    t = dtype(draw, op)
    if op == 'HistogramFixedWidth':
        low = draw.randint(-4, 2)
        return Case(op, [elements(draw, t, sizes(draw), 'plain'), lit(t, [low, low + draw.randint(1, 9)]), lit('int32', draw.randint(1, 12), ())],
                    dict(dtype=draw.one_of('int32', 'int64')))
    shape = sizes(draw, 1, 2, 80)
    weights = elements(draw, t, shape if draw.chance(0.5) else (0,), 'plain')
    size = draw.randint(0, 12)
    if op == 'Bincount':
        return Case(op, [draw.ints('int32', shape, 0, 9), lit('int32', size, ()), weights])
    kind = draw.one_of('int32', 'int64')
    return Case(op, [draw.ints(kind, shape, 0, 9), lit(kind, size, ()), weights], dict(binary_output=draw.chance(0.4)))


@row('InplaceAdd', 'InplaceSub', 'InplaceUpdate')
def inplace(draw, op):
    t = draw.one_of('float32', 'int32', 'float64', 'bfloat16', 'int64')
    shape = tuple(max(1, d) for d in sizes(draw, 1, 4, 100))
    rows = [draw.randint(-shape[0], shape[0] - 1) for _ in range(draw.randint(0, 3))]
    return Case(op, [fed(elements(draw, t, shape, 'plain')), lit('int32', rows, (len(rows),)), elements(draw, t, (len(rows),) + shape[1:], 'plain')])
