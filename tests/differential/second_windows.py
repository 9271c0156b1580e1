"""A second tester's rows: convolutions, pooling, their gradients, dilation, normalisation."""
from second import *


def reach(size, k, s, d, padding, pads):
    if padding == 'SAME':
        return -(-size // s)
    return (size + sum(pads) - ((k - 1) * d + 1)) // s + 1


def frame(draw, rank, dilate, explicit):
    while True:
        size = [draw.one_of(1, 3, 5, 6, 10, 13) for _ in range(rank)]
        k, s = [draw.randint(1, 5) for _ in range(rank)], [draw.randint(1, 4) for _ in range(rank)]
        d = [draw.randint(1, 3) if dilate else 1 for _ in range(rank)]
        padding = draw.one_of('SAME', 'VALID', *(['EXPLICIT'] if explicit else []))
        pads = [(draw.randint(0, 3), draw.randint(0, 3)) if padding == 'EXPLICIT' else (0, 0) for _ in range(rank)]
        out = [reach(*v, padding, p) for *v, p in zip(size, k, s, d, pads)]
        if min(out) > 0:
            return size, k, s, d, padding, pads, out


def spread(values, layout='NHWC', edge=1):
    return [edge, edge, *values] if layout.startswith('NC') else [edge, *values, edge]


def shaped(n, size, c, layout):
    return (n, c, *size) if layout.startswith('NC') else (n, *size, c)


def window_attrs(s, d, padding, pads, layout, rank=2):
    attrs = dict(strides=spread(s, layout), dilations=spread(d, layout), padding=padding, data_format=layout)
    if padding == 'EXPLICIT':
        flat = [v for p in pads for v in p]
        attrs['explicit_paddings'] = [0] * 4 + flat if layout.startswith('NC') else [0, 0] + flat + [0, 0]
    return attrs


@tests('Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter', 'Conv2DBackpropInputV2', 'Conv2DBackpropFilterV2', 'Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2',
       'Conv3DBackpropInput', 'Conv3DBackpropFilter', 'DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter', 'Conv')
def conv(draw, op):
    rank, back, deep = 3 if '3D' in op else 2, 'Backprop' in op, op.startswith('Depthwise')
    t = a_type(draw, op)
    size, k, s, d, padding, pads, out = frame(draw, rank, not (back and (deep or rank == 3)), rank == 2)
    layout = {2: 'NHWC', 3: 'NDHWC'}[rank]
    n, c, f, groups = draw.randint(1, 3), draw.randint(1, 5), draw.randint(1, 6), 1
    if not deep and not back and draw.chance(0.2):
        groups = draw.randint(2, 3)
        c, f = c * groups, f * groups
    if deep:
        s = [s[0]] * 2
        d = [1, 1] if s[0] > 1 or back else d
        out = [reach(*v, padding, p) for *v, p in zip(size, k, s, d, pads)]
        if min(out) <= 0:
            return conv(draw, op)
    x, w = numbers(draw, t, shaped(n, size, c, layout), 'calm'), numbers(draw, t, (*k, c // groups, f), 'calm')
    g = numbers(draw, t, shaped(n, out, c * f if deep else f, layout), 'calm')
    attrs = {a: v for a, v in window_attrs(s, d, padding, pads, layout).items() if has(op, a)}
    if op == 'Conv':
        return Case(op, [x, w], dict(strides=s, dilations=d, padding=padding, explicit_paddings=[v for p in pads for v in p] if padding == 'EXPLICIT' else [], groups=groups))
    if op in ('Conv3DBackpropInput', 'Conv3DBackpropFilter'):
        return Case(op, [x, w, g], attrs)
    if op.endswith('InputV2') and rank == 2 or op.endswith('FilterV2') and rank == 2:
        return Case(op, [x, w, g], attrs)
    if 'BackpropInput' in op:
        return Case(op, [ids_of(x), w, g], attrs)
    if 'BackpropFilter' in op:
        return Case(op, [x, ids_of(w), g], attrs)
    return Case(op, [x, w], attrs)


def ids_of(value):
    return lit('int32', list(value.array.shape))


@tests('MaxPool', 'MaxPoolV2', 'AvgPool', 'MaxPool3D', 'AvgPool3D', 'MaxPoolWithArgmax', 'AvgPoolGrad', 'AvgPool3DGrad', 'MaxPoolGrad', 'MaxPoolGradV2', 'MaxPoolGradGrad',
       'MaxPoolGradGradV2', 'MaxPool3DGrad', 'MaxPool3DGradGrad', 'MaxPoolGradWithArgmax', 'MaxPoolGradGradWithArgmax')
def pool(draw, op):
    rank = 3 if '3D' in op else 2
    t = a_type(draw, op)
    size, k, s, _, padding, pads, out = frame(draw, rank, False, op == 'MaxPool')
    if any(a > b for a, b in zip(k, size)) and ('Grad' in op or 'Argmax' in op):
        return pool(draw, op)
    if padding == 'EXPLICIT' and any(p >= w for ps, w in zip(pads, k) for p in ps):
        return pool(draw, op)
    layout = 'NHWC' if rank == 2 else 'NDHWC'
    n, c = draw.randint(1, 3), draw.randint(1, 5)
    x = numbers(draw, t, shaped(n, size, c, layout), 'hot' if op in ('MaxPool', 'MaxPoolV2') and draw.chance(0.2) else draw.one_of('calm', 'small'))
    attrs = dict(ksize=spread(k, layout), strides=spread(s, layout), padding=padding)
    if padding == 'EXPLICIT':
        attrs['explicit_paddings'] = [0, 0] + [v for p in pads for v in p] + [0, 0]
    if op.endswith('V2'):
        attrs.pop('ksize'), attrs.pop('strides')
        extra = [lit('int32', spread(k, layout)), lit('int32', spread(s, layout))]
    else:
        extra = []
    g = numbers(draw, t, shaped(n, out, c, layout), 'calm')
    if op == 'MaxPoolWithArgmax':
        return Case(op, [x], dict(attrs, include_batch_in_index=draw.chance(0.5), Targmax=draw.one_of('int32', 'int64')))
    if 'Grad' not in op:
        return Case(op, [x] + extra, attrs)
    if op.startswith('Avg'):
        return Case(op, [lit('int32', list(x.array.shape)), g], attrs)
    again = x if 'GradGrad' in op else g

    if 'Argmax' in op:
        batch = draw.chance(0.5)
        indexes = tf.raw_ops.MaxPoolWithArgmax(input=x.array.astype(np.float32), ksize=spread(k), strides=spread(s), padding=padding, include_batch_in_index=batch)[1]
        return Case(op, [x, again, Literal('int64', indexes.numpy())], dict(attrs, include_batch_in_index=batch))
    pooled = (tf.nn.max_pool2d if rank == 2 else tf.nn.max_pool3d)(x.array.astype(np.float64 if rank == 2 else np.float32), k, s, padding).numpy()
    return Case(op, [x, Literal(t, pooled.astype(x.array.dtype)), again] + extra, attrs)


@tests('FractionalMaxPool', 'FractionalAvgPool', 'FractionalMaxPoolGrad', 'FractionalAvgPoolGrad')
def fractional(draw, op):
    t = a_type(draw, op)
    h, w = draw.randint(4, 15), draw.randint(4, 15)
    x = numbers(draw, t, (draw.randint(1, 2), h, w, draw.randint(1, 3)), 'calm')
    if op.endswith('Pool'):
        return Case(op, [x], fill(draw, op, pooling_ratio=[1.0, draw.one_of(1.0, 1.5, 2.7), draw.one_of(1.1, 1.44, 3.0), 1.0], deterministic=draw.chance(0.7),
                                  seed=draw.one_of(1, 77, 2**35), seed2=draw.one_of(2, -4, 2**35)))
    overlapping = draw.chance(0.5)
    base = op.removesuffix('Grad')
    y, rows_, cols = getattr(ops, base)(value=x.array, pooling_ratio=[1.0, 1.5, 1.3, 1.0], pseudo_random=draw.chance(0.5), overlapping=overlapping, deterministic=True, seed=3, seed2=4)
    g = numbers(draw, t, tuple(y.shape), 'calm')
    tail = [g, Literal('int64', rows_.numpy()), Literal('int64', cols.numpy())]
    return Case(op, ([lit('int64', list(x.array.shape))] if base == 'FractionalAvgPool' else [x, Literal(t, y.numpy())]) + tail, dict(overlapping=overlapping))


@tests('Dilation2D', 'Dilation2DBackpropInput', 'Dilation2DBackpropFilter')
def dilation(draw, op):
    t = a_type(draw, op)
    size, k, s, d, padding, _, out = frame(draw, 2, True, False)
    n, c = draw.randint(1, 2), draw.randint(1, 3)
    kind = 'calm' if 'Backprop' in op else draw.one_of('calm', 'small')
    inputs = [numbers(draw, t, (n, *size, c), kind), numbers(draw, t, (*k, c), 'calm')]
    if 'Backprop' in op:
        inputs.append(numbers(draw, t, (n, *out, c), 'calm'))
    return Case(op, inputs, dict(strides=spread(s), rates=spread(d), padding=padding))


@tests('LRN', 'LRNGrad')
def lrn(draw, op):
    t = a_type(draw, op)
    x = uniform(draw, t, (draw.randint(1, 2), draw.randint(1, 4), draw.randint(1, 4), draw.randint(1, 9)), -2, 2)
    attrs = dict(depth_radius=draw.one_of(0, 1, 2, 5, 20), bias=draw.one_of(1.0, 0.5, 3.0), alpha=draw.one_of(1.0, 0.2), beta=draw.one_of(0.5, 0.75, 1.0, 0.3))
    if op == 'LRN':
        return Case(op, [x], attrs)
    y = tf.cast(ops.LRN(input=x.array.astype(np.float32), **attrs), tf.as_dtype(t)).numpy()
    return Case(op, [numbers(draw, t, x.array.shape, 'calm'), x, Literal(t, y)], attrs)


@tests('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3', 'FusedBatchNormGrad', 'FusedBatchNormGradV2', 'FusedBatchNormGradV3')
def batch_norm(draw, op):
    t, u = a_type(draw, op), 'float32'
    layout = draw.one_of('NHWC', 'NHWC', 'NCHW', *(['NDHWC', 'NCDHW'] if op.endswith('V3') else []))
    c, n = draw.randint(1, 6), draw.randint(1, 3)
    x = uniform(draw, t, shaped(n, [draw.randint(1, 4) for _ in range(len(layout) - 2)], c, layout), -3, 3)
    training, eps = draw.chance(0.5), draw.one_of(1e-3, 1e-5, 0.1)
    scale, shift, mean, var = (uniform(draw, u, (c,), *r) for r in ((0.2, 2), (-1, 1), (-1, 1), (0.2, 3)))
    attrs = dict(epsilon=eps, data_format=layout, is_training=training)
    if 'Grad' in op:
        tail = [numbers(draw, 'float32', (c,), 'calm')] if op.endswith('V3') else []
        return Case(op, [numbers(draw, t, x.array.shape, 'calm'), x, scale, mean, var] + tail, attrs, fetch=[0, 1, 2], rtol=1e-3 if t == 'float32' else 0, atol=1e-3 if t == 'float32' else 0)
    factor = draw.one_of(1.0, 0.25, 0.0)
    attrs['exponential_avg_factor'] = factor
    if training and factor == 1.0:
        mean = var = lit('float32', [], (0,))
    return Case(op, [x, scale, shift, mean, var], attrs, fetch=[0, 1, 2])


@tests('BatchNormWithGlobalNormalization', 'BatchNormWithGlobalNormalizationGrad')
def global_norm(draw, op):
    t, c = a_type(draw, op), draw.randint(1, 5)
    x, m, v, b, g = numbers(draw, t, (2, 2, draw.randint(1, 3), c), 'calm'), *(uniform(draw, t, (c,), *r) for r in ((-1, 1), (0.3, 2), (-1, 1), (-1, 1)))
    attrs = dict(variance_epsilon=draw.one_of(1e-3, 0.5), scale_after_normalization=draw.chance(0.5))
    return Case(op, [x, m, v, g, numbers(draw, t, x.array.shape, 'calm')] if op.endswith('Grad') else [x, m, v, b, g], attrs, producer=8)


@tests('_FusedConv2D', '_FusedMatMul', '_FusedDepthwiseConv2dNative', '_FusedConv3D')
def fused(draw, op):
    t = a_type(draw, op, but=('int8', 'qint8', 'uint8'))
    after = draw.one_of([], ['Relu'], ['Relu6'], ['Elu'], ['LeakyRelu'], *([['Tanh'], ['Sigmoid'], ['GeluApproximate'], ['GeluExact']] if op == '_FusedMatMul' else []))
    normed = op == '_FusedConv2D' and draw.chance(0.25) and t == 'float32'
    names = ['FusedBatchNorm' if normed else 'BiasAdd'] + (after if not normed or after in ([], ['Relu'], ['Relu6'], ['Elu'], ['LeakyRelu']) else [])
    attrs = dict(fused_ops=names, epsilon=draw.one_of(1e-3, 0.2), leakyrelu_alpha=draw.one_of(0.2, 0.01, 1.5))
    if op == '_FusedMatMul':
        m, k, n, ta, tb = draw.randint(1, 7), draw.randint(1, 9), draw.randint(1, 17), draw.chance(0.3), draw.chance(0.4)
        return Case(op, [numbers(draw, t, (k, m) if ta else (m, k), 'calm'), numbers(draw, t, (n, k) if tb else (k, n), 'calm'), [numbers(draw, t, (n,), 'calm')]],
                    dict(attrs, transpose_a=ta, transpose_b=tb))
    rank = 3 if '3D' in op else 2
    size, k, s, d, padding, pads, _ = frame(draw, rank, rank == 2, op == '_FusedConv2D')
    deep = 'Depth' in op
    if deep:
        s, d = [s[0]] * 2, [1, 1]
    if not all(reach(*v, padding, p) > 0 for *v, p in zip(size, k, s, d, pads)):
        return fused(draw, op)
    c, f = draw.randint(1, 4), draw.randint(1, 6)
    x, w = numbers(draw, t, (draw.randint(1, 2), *size, c), 'calm'), numbers(draw, t, (*k, c, f), 'calm')
    out = c * f if deep else f
    args = [uniform(draw, 'float32' if normed else t, (out,), 0.3, 1.5) for _ in range(4 if normed else 1)]
    attrs.update({a: v for a, v in window_attrs(s, d, padding, pads, 'NHWC' if rank == 2 else 'NDHWC').items() if has(op, a)})
    lists = dict(num_args=len(args)) if has(op, 'num_args') else {}
    inputs = [x, w, args] + ([[]] if op == '_FusedConv2D' else [])
    return Case(op, inputs, {**attrs, **lists})
