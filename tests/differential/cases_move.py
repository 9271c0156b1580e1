"""Operators that move elements: pad, tile, transpose, reverse, roll, space and batch, broadcasts, shapes."""
from draw import *
from cases_dsl import kernel_dtypes


def case(draw):
    return draw.one_of(pad, mirror, tile, transpose, reverse, space, shapes, broadcast, sequences, fills)(draw)


def index(draw, values, shape=None):
    return lit(draw.one_of('int32', 'int64'), values, shape if shape is not None else np.shape(values))


def pad(draw):
    op = draw.one_of('Pad', 'PadV2')
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 8 if draw.chance(0.2) else 6, 4)
    pads = [(draw.randint(0, 2), draw.randint(0, 2)) for _ in shape]
    if shape and draw.chance(0.03):
        pads[0] = (-1, 0)
    inputs = [draw.tensor(t, shape), index(draw, pads, (len(shape), 2))]
    return Case(op, inputs + ([draw.tensor(t, ())] if op == 'PadV2' else []))


def mirror(draw):
    op = draw.one_of('MirrorPad', 'MirrorPad', 'MirrorPadGrad')
    t = draw.one_of(*kernel_dtypes(op))
    mode = draw.one_of('REFLECT', 'SYMMETRIC')
    shape = draw.shape(0, 5, 5, 0)
    most = [d - (mode == 'REFLECT') for d in shape]
    pads = [(draw.randint(0, m + draw.chance(0.02)), draw.randint(0, m)) for m in most]
    if op == 'MirrorPadGrad':
        shape = tuple(d + a + b for d, (a, b) in zip(shape, pads))
    return Case(op, [draw.tensor(t, shape), index(draw, pads, (len(pads), 2))], dict(mode=mode))


def tile(draw):
    op = draw.one_of('Tile', 'TileGrad')
    t = draw.one_of(*kernel_dtypes('Tile'))
    shape = draw.shape(0, 7, 3)
    multiples = [draw.one_of(0, 1, 2, 3) if op == 'Tile' else draw.randint(1, 3) for _ in shape]
    if op == 'TileGrad':
        t = draw.one_of(*[x for x in kernel_dtypes(op) if x not in ('bool', 'string')])
        return Case(op, [draw.tensor(t, [d * m for d, m in zip(shape, multiples)]), lit('int32', multiples, (len(shape),))], producer=2)
    return Case(op, [draw.tensor(t, shape), index(draw, multiples, (len(shape),))])


def transpose(draw):
    op = draw.one_of('Transpose', 'ConjugateTranspose', 'InvertPermutation')
    if op == 'InvertPermutation':
        order = draw.permuted(draw.randint(0, 9))
        if order and draw.chance(0.1):
            order[0] = order[-1]
        return Case(op, [index(draw, order, (len(order),))])
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 8, 3) if draw.chance(0.6) else draw.shape(2, 4, 20)
    order = draw.permuted(len(shape))
    if order and draw.chance(0.03):
        order[0] = draw.one_of(-1, len(shape), order[-1])
    return Case(op, [draw.tensor(t, shape), index(draw, order, (len(shape),))])


def reverse(draw):
    op = draw.one_of('Reverse', 'ReverseV2', 'ReverseSequence', 'Roll')
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 8, 4)
    if op == 'Reverse':
        return Case(op, [draw.tensor(t, shape), draw.tensor('bool', (len(shape),))])
    if op == 'ReverseV2':
        axes = draw.permuted(len(shape))[:draw.randint(0, len(shape))]
        axes = [a - len(shape) if draw.chance(0.4) else a for a in axes]
        if axes and draw.chance(0.05):
            axes.append(axes[0])
        return Case(op, [draw.tensor(t, shape), index(draw, axes, (len(axes),))])
    if op == 'ReverseSequence':
        shape = draw.shape(2, 5, 5, 0.02)
        batch, seq = draw.permuted(len(shape))[:2]
        lengths = [draw.randint(0, shape[seq] + draw.chance(0.02)) for _ in range(shape[batch])]
        return Case(op, [draw.tensor(t, shape), index(draw, lengths, (shape[batch],))], dict(seq_dim=seq, batch_dim=batch))
    shape = draw.shape(1, 6, 4)
    count = draw.randint(0, 3)
    axes = [draw.randint(-len(shape), len(shape) - 1) for _ in range(count)]
    shift = [draw.randint(-9, 9) for _ in axes]
    if count == 1 and draw.chance(0.5):
        return Case(op, [draw.tensor(t, shape), index(draw, shift[0], ()), index(draw, axes[0], ())])
    return Case(op, [draw.tensor(t, shape), index(draw, shift, (count,)), index(draw, axes, (count,))])


def space(draw):
    op = draw.one_of('SpaceToBatchND', 'BatchToSpaceND', 'SpaceToBatch', 'BatchToSpace', 'SpaceToDepth', 'DepthToSpace')
    t = draw.one_of(*kernel_dtypes(op))
    b = draw.randint(2, 3)
    if op in ('SpaceToDepth', 'DepthToSpace'):
        h, w, c = draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 3)
        shape = (draw.dim(3), h * b, w * b, c) if op == 'SpaceToDepth' else (draw.dim(3), h, w, c * b * b)
        if draw.chance(0.03):
            shape = shape[:1] + (5,) + shape[2:]
        return Case(op, [draw.tensor(t, shape)], dict(block_size=b))
    if op in ('SpaceToBatch', 'BatchToSpace'):
        pads = [[draw.randint(0, 2), draw.randint(0, 2)] for _ in range(2)]
        h, w = draw.randint(1, 5), draw.randint(1, 5)
        if op == 'SpaceToBatch':
            for p, d in zip(pads, (h, w)):
                p[1] += -(d + sum(p)) % b
            return Case(op, [draw.tensor(t, (draw.dim(3), h, w, draw.dim(3))), index(draw, pads)], dict(block_size=b))
        pads = [[draw.randint(0, 1), draw.randint(0, 1)] for _ in range(2)]
        return Case(op, [draw.tensor(t, (b * b * draw.randint(1, 2), h, w, draw.dim(3))), index(draw, pads)], dict(block_size=b))
    m = draw.randint(1, 3)
    blocks = [draw.randint(1, 3) for _ in range(m)]
    spatial = [draw.randint(1, 5) for _ in blocks]
    tail = draw.shape(0, 2, 3)
    if op == 'SpaceToBatchND':
        pads = []
        for d, k in zip(spatial, blocks):
            a = draw.randint(0, 2)
            pads.append([a, -(d + a) % k + k * draw.randint(0, 1)])
        if draw.chance(0.04):
            pads[0][1] += 1
        return Case(op, [draw.tensor(t, (draw.dim(3), *spatial, *tail)), index(draw, blocks), index(draw, pads)])
    crops = [[draw.randint(0, 1), draw.randint(0, 1)] for _ in blocks]
    return Case(op, [draw.tensor(t, (int(np.prod(blocks)) * draw.randint(0 if draw.chance(0.1) else 1, 2), *spatial, *tail)), index(draw, blocks),
                     index(draw, crops)])


def shapes(draw):
    op = draw.one_of('Shape', 'ShapeN', 'Size', 'Rank', 'Reshape', 'ExpandDims', 'Squeeze', 'EnsureShape', 'BroadcastArgs',
                     'BroadcastGradientArgs')
    t = draw.one_of('float32', 'int8', 'string', 'bool', 'complex128', 'float16', 'int64')
    shape = draw.shape(0, 7, 4, 0.05)
    x = draw.tensor(t, shape)
    if op in ('Shape', 'Size', 'Rank'):
        return Case(op, [x], {} if op == 'Rank' else dict(out_type=draw.one_of('int32', 'int64')))
    if op == 'ShapeN':
        return Case(op, [[draw.tensor(t, draw.shape(0, 5)) for _ in range(draw.randint(1, 4))]], dict(out_type=draw.one_of('int32', 'int64')))
    if op == 'Reshape':
        target, left = [], int(np.prod(shape))
        for _ in range(draw.randint(0, 4)):
            d = draw.choice([d for d in range(1, max(left, 1) + 1) if left and left % d == 0] or [0, 1, 3])
            target.append(d)
            left //= max(d, 1)
        target.append(left)
        if draw.chance(0.4):
            target[draw.randrange(len(target))] = -1
        if draw.chance(0.04):
            target.append(2)
        return Case(op, [x, index(draw, target)])
    if op == 'ExpandDims':
        d = draw.randint(-len(shape) - 1 - draw.chance(0.03), len(shape))
        return Case(op, [x, index(draw, d, draw.one_of((), (1,)))])
    if op == 'Squeeze':
        ones = tuple(draw.one_of(1, 1, 2, 3, 0) for _ in range(draw.randint(0, 6)))
        dims = [i - len(ones) if draw.chance(0.4) else i for i, d in enumerate(ones) if d == 1 and draw.chance(0.6)]
        if ones and draw.chance(0.04):
            dims.append(draw.randrange(len(ones)))
        return Case(op, [draw.tensor(t, ones)], dict(squeeze_dims=dims))
    if op == 'EnsureShape':
        want = tuple(None if draw.chance(0.3) else d + draw.chance(0.02) for d in shape)
        return Case(op, [x], dict(shape=want if draw.chance(0.9) else None))
    a, b = draw.shape(0, 6, 4, 0.05), None
    b = draw.broadcastable(a)
    if draw.chance(0.05):
        b = b + (3,)
    ti = draw.one_of('int32', 'int64')
    pair = [lit(ti, a, (len(a),)), lit(ti, b, (len(b),))]
    draw.shuffle(pair)
    return Case(op, pair)


def broadcast(draw):
    t = draw.one_of(*kernel_dtypes('BroadcastTo'))
    to = draw.shape(0, 8, 3)
    shape = draw.broadcastable(to)
    if draw.chance(0.03):
        to = to + (2,)
    return Case('BroadcastTo', [draw.tensor(t, shape), index(draw, to, (len(to),))])


def sequences(draw):
    op = draw.one_of('Range', 'LinSpace', 'OneHot', 'UnravelIndex', 'Cross', 'MatrixBandPart', 'Bucketize')
    if op == 'Range':
        t = draw.one_of(*kernel_dtypes(op, 'Tidx'))
        step = draw.one_of(1, 2, 3, -1, -2) if t not in FLOATS else draw.one_of(0.25, 0.5, 1, -0.75, 0.1, -0.3)
        if t in ('uint8', 'uint16', 'uint32', 'uint64'):
            step = abs(step)
        a, b = draw.randint(0, 9), draw.randint(0, 9)
        if (step > 0) != (a < b) and draw.chance(0.9):
            a, b = b, a
        if draw.chance(0.02):
            step = 0
        return Case(op, [lit(t, a, ()), lit(t, b, ()), lit(t, step, ())])
    if op == 'LinSpace':
        t = draw.one_of(*kernel_dtypes(op))
        return Case(op, [draw.tensor(t, (), -9, 9), draw.tensor(t, (), -9, 9), index(draw, draw.randint(0 if draw.chance(0.05) else 1, 9), ())])
    if op == 'OneHot':
        t = draw.one_of(*kernel_dtypes(op))
        ti = draw.one_of('uint8', 'int8', 'int32', 'int64')
        shape = draw.shape(0, 4, 4)
        return Case(op, [draw.tensor(ti, shape, 0 if ti == 'uint8' else -2, 6), lit('int32', draw.randint(0, 5), ()), draw.tensor(t, ()), draw.tensor(t, ())],
                    dict(axis=draw.randint(-1, len(shape))))
    if op == 'UnravelIndex':
        ti = draw.one_of('int32', 'int64')
        dims = [draw.randint(1, 5) for _ in range(draw.randint(1, 4))]
        shape = draw.shape(0, 1, 8)
        return Case(op, [draw.ints(ti, shape, 0, int(np.prod(dims)) - 1 + draw.chance(0.04)), lit(ti, dims)])
    if op == 'Cross':
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0, 3) + (3,)
        return Case(op, [draw.tensor(t, shape), draw.tensor(t, shape)])
    if op == 'MatrixBandPart':
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0, 3) + (draw.randint(1, 5), draw.randint(1, 5))
        ti = draw.one_of('int32', 'int64')
        return Case(op, [draw.tensor(t, shape), lit(ti, draw.randint(-1, 5), ()), lit(ti, draw.randint(-1, 5), ())])
    t = draw.one_of(*kernel_dtypes(op))
    return Case(op, [draw.tensor(t, draw.shape(0, 4), -5, 9)], dict(boundaries=sorted(float(draw.randint(-3, 8)) for _ in range(draw.randint(0, 5)))))


def fills(draw):
    op = draw.one_of('Fill', 'Identity', 'IdentityN', 'DeepCopy', 'Snapshot', 'StopGradient', 'PreventGradient', 'CheckNumerics', 'Empty',
                     'PlaceholderWithDefault', 'DataFormatDimMap', 'DataFormatVecPermute')
    t = draw.one_of('float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint16', 'uint32', 'int64', 'string', 'bool', 'complex64', 'complex128',
                    'qint8', 'quint8', 'qint32')
    shape = draw.shape(0, 8, 3)
    if op == 'Fill':
        return Case(op, [index(draw, shape, (len(shape),)), draw.tensor(t, ())])
    if op == 'IdentityN':
        return Case(op, [[draw.tensor(draw.one_of(t, 'float32', 'int32'), draw.shape(0, 4)) for _ in range(draw.randint(1, 4))]])
    if op == 'Empty':
        return Case(op, [lit('int32', shape, (len(shape),))], dict(dtype=t if not t.startswith('q') else 'float32', init=True))
    if op == 'CheckNumerics':
        t = draw.one_of(*kernel_dtypes(op))
        return Case(op, [draw.tensor(t, shape, edges=0.2)], dict(message='the reason'))
    if op == 'PlaceholderWithDefault':
        return Case(op, [draw.tensor(t, shape)], dict(shape=tuple(None if draw.chance(0.3) else d for d in shape)))
    if op in ('DataFormatDimMap', 'DataFormatVecPermute'):
        t = draw.one_of('int32', 'int64')
        source, target = draw.one_of(('NHWC', 'NCHW'), ('NCHW', 'NHWC'), ('NHWC', 'HWNC'), ('NDHWC', 'NCDHW'))
        attrs = dict(src_format=source, dst_format=target)
        if op == 'DataFormatDimMap':
            return Case(op, [draw.ints(t, draw.shape(0, 2), -len(source), len(source) - 1 + draw.chance(0.03))], attrs)
        n = draw.one_of(len(source), len(source) - 2)
        return Case(op, [draw.ints(t, (n,) if draw.chance(0.5) else (n, 2), -9, 9)], attrs)
    return Case(op, [draw.tensor(t, shape)])
