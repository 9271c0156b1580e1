"""Pooling in two and three dimensions, with arguments, fractional, and the gradients."""
from draw import *

from cases.pool import first, nchw
from cases_conv import extents, output_extents
from cases_dsl import kernel_dtypes, tf_run

CHANNELS = (1, 2, 3, 4, 5, 8, 16, 17, 33)


def window(draw, rank, explicit=False):
    attrs = dict(ksize=[1, *(draw.one_of(1, 2, 2, 3, 3, 4, 5) for _ in range(rank)), 1],
                 strides=[1, *(draw.one_of(1, 1, 2, 2, 3, 5) for _ in range(rank)), 1], padding=draw.one_of('SAME', 'VALID'))
    if explicit and draw.chance(0.2):
        attrs['padding'] = 'EXPLICIT'
        attrs['explicit_paddings'] = [0, 0] + [draw.randint(0, 2) for _ in range(2 * rank)] + [0, 0]
    if draw.chance(0.04):
        attrs[draw.one_of('ksize', 'strides')][draw.randrange(rank + 2)] = draw.one_of(0, -1, 2)
    return attrs


def image(draw, t, attrs, edges=0.0):
    rank = len(attrs['ksize']) - 2
    k = [max(1, v) for v in attrs['ksize'][1:-1]]
    spatial = extents(draw, k, attrs, 10 if rank == 2 else 6)
    # Few values, so that windows have ties; many, so that they have none.
    wide = draw.chance(0.5)
    shape = (draw.dim(3), *spatial, draw.one_of(*CHANNELS))
    if t in FLOATS:
        return draw.tensor(t, shape, edges=edges) if wide else Literal(t, draw.ints('int32', shape, -2, 2).array.astype(numpy_dtype(t)))
    return draw.tensor(t, shape, edges=edges) if wide else draw.ints(t, shape, 0, 3)


def turned(draw, op, inputs, images, attrs, shape_input=None):
    if not draw.chance(0.2) or attrs['padding'] == 'EXPLICIT' or any(inputs[i].array.ndim != len(attrs['ksize']) for i in images):
        return Case(op, inputs, attrs)
    flipped = list(inputs)
    for i in images:
        flipped[i] = Literal(inputs[i].dtype, nchw(inputs[i].array))
    if shape_input is not None:
        flipped[shape_input] = lit('int32', np.roll(inputs[shape_input].array[1:], 1).tolist())
        sizes = inputs[shape_input].array
        flipped[shape_input] = lit('int32', [sizes[0], sizes[-1], *sizes[1:-1]])
    return Case(op, flipped, first(attrs), expect=lambda: [nchw(tf_run(op, inputs, attrs)[0])])


def pooled(x, attrs):
    """A shape for the result; the real maxima where they can be had."""
    shape = x.array.shape
    return (shape[0], *output_extents(shape[1:-1], [max(1, k) for k in attrs['ksize'][1:-1]],
                                      dict(attrs, strides=[max(1, s) for s in attrs['strides']])), shape[-1])


def maxima(draw, x, attrs):
    """The maxima of the windows; of float32 in 3-D, which has fewer kernels."""
    op = 'MaxPool3D' if x.array.ndim == 5 else 'MaxPool'
    try:
        wide = Literal('float32', x.array.astype(np.float32)) if x.array.ndim == 5 or x.dtype in ('uint32', 'uint64') else x
        return Literal(x.dtype, tf_run(op, [wide], attrs)[0].astype(numpy_dtype(x.dtype)))
    except Exception:
        return draw.tensor(x.dtype, pooled(x, attrs))


def forward(draw):
    op = draw.one_of('MaxPool', 'MaxPool', 'AvgPool', 'AvgPool', 'MaxPool3D', 'AvgPool3D', 'MaxPoolV2')
    t = draw.one_of('float32', *kernel_dtypes(op))
    attrs = window(draw, 3 if op.endswith('3D') else 2, op == 'MaxPool')
    x = image(draw, t, attrs, edges=0.1)
    if op == 'MaxPoolV2':
        return Case(op, [x, lit('int32', attrs['ksize']), lit('int32', attrs['strides'])], dict(padding=attrs['padding']))
    if op == 'MaxPool' and draw.chance(0.08):
        c = draw.one_of(2, 3)
        return Case(op, [draw.tensor(t, (2, 3, 2, c * draw.randint(1, 3)))],
                    dict(ksize=[1, 1, 1, c], strides=[1, 1, 1, c], padding=draw.one_of('SAME', 'VALID')))
    return turned(draw, op, [x], [0], attrs)


def argmax(draw):
    op = draw.one_of('MaxPoolWithArgmax', 'MaxPoolWithArgmax', 'MaxPoolGradWithArgmax')
    t = draw.one_of('float32', *kernel_dtypes(op))
    attrs = dict(window(draw, 2), include_batch_in_index=draw.chance(0.5))
    x = image(draw, t, attrs, edges=0.05 if op == 'MaxPoolWithArgmax' else 0)
    if op == 'MaxPoolWithArgmax':
        return Case(op, [x], dict(attrs, Targmax=draw.one_of('int32', 'int64')))
    try:
        index = lit('int64', tf_run('MaxPoolWithArgmax', [x], attrs)[1])
    except Exception:
        index = draw.ints('int64', pooled(x, attrs), 0, 5)
    return Case(op, [x, draw.tensor(t, index.array.shape), index], attrs)


def gradient(draw):
    op = draw.one_of('MaxPoolGrad', 'MaxPoolGrad', 'MaxPoolGradV2', 'MaxPoolGradGrad', 'MaxPoolGradGradV2', 'AvgPoolGrad', 'AvgPoolGrad',
                     'MaxPool3DGrad', 'MaxPool3DGradGrad', 'AvgPool3DGrad')
    t = draw.one_of('float32', *kernel_dtypes(op))
    attrs = window(draw, 3 if '3D' in op else 2)
    x = image(draw, t, attrs)
    if op.startswith('Avg'):
        g = pooled(x, attrs)
        if draw.chance(0.04):
            g = tuple(d + draw.one_of(0, 0, 1) for d in g)
        return turned(draw, op, [lit('int32', x.array.shape), draw.tensor(t, g)], [1], attrs, shape_input=0)
    y = maxima(draw, x, attrs)
    g = draw.tensor(t, x.array.shape if 'GradGrad' in op else y.array.shape)
    if op.endswith('V2'):
        return Case(op, [x, y, g, lit('int32', attrs['ksize']), lit('int32', attrs['strides'])], dict(padding=attrs['padding']))
    return turned(draw, op, [x, y, g], [0, 1, 2], attrs)


def fractional(draw):
    op = draw.one_of('FractionalMaxPool', 'FractionalAvgPool')
    t = draw.one_of(*kernel_dtypes(op))
    attrs = dict(pooling_ratio=[1.0, draw.uniform(1, 3), draw.uniform(1, 3), 1.0], pseudo_random=draw.chance(0.5),
                 overlapping=draw.chance(0.5), deterministic=True, seed=draw.randint(1, 99), seed2=draw.randint(1, 99))
    x = draw.tensor(t, (draw.dim(3), draw.randint(2, 12), draw.randint(2, 12), draw.one_of(1, 3, 4)))
    if draw.chance(0.6):
        return Case(op, [x], attrs)
    y, rows, columns = (Literal(d, a) for d, a in zip((t, 'int64', 'int64'), tf_run(op, [x], attrs)))
    g = draw.tensor(t, y.array.shape)
    if op == 'FractionalMaxPool':
        return Case(op + 'Grad', [x, y, g, rows, columns], dict(overlapping=attrs['overlapping']))
    return Case(op + 'Grad', [lit('int64', x.array.shape), g, rows, columns], dict(overlapping=attrs['overlapping']))


def case(draw):
    return draw.one_of(forward, forward, forward, argmax, gradient, gradient, fractional)(draw)
