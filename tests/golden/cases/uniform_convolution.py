"""Convolutions of uniform codes: axes in any order, dilations, groups; see uniform_quantize.py."""
from cases_dsl import *

LEFT, RIGHT, OUT = (f32(.5), i32(3)), (f32(.25), i32(-7)), (f32(9), i32(11))
FEATURES, OUTS = (f32([.5, 1, 2, .25]), i32([0, 1, -7, 100])), (f32([.5, 12, 3, 4]), i32([5, 6, 7, 8]))
NHWC = (0, 3, [1, 2], 2, 3, [0, 1], 0, 3, [1, 2])  # batch, feature and spatial axes of lhs; in, out and spatial axes of rhs; output's
MIXED = (2, 0, [3, 1], 3, 1, [2, 0], 1, 2, [3, 0])


def cases():
    for dims in (None, NHWC, MIXED):
        for padding in ('SAME', 'VALID'):
            yield conv(6, 5, dims, RIGHT, OUT, padding=padding, window_strides=[2, 1])
        yield conv(6, 5, dims, FEATURES, OUT, padding='SAME', rhs_dilation=[1, 2])
        yield conv(6, 5, dims, FEATURES, OUTS, padding='EXPLICIT', explicit_padding=[1, 0, 2, 3], window_strides=[3, 2])
        yield conv(4, 3, dims, FEATURES, OUTS, padding='SAME', lhs_dilation=[2, 3], rhs_dilation=[2, 1], low=-100, high=50)
        yield hybrid(5, 4, dims, RIGHT, padding='VALID', window_strides=[1, 2])
        yield hybrid(5, 4, dims, FEATURES, padding='SAME', lhs_dilation=[1, 2])
    yield conv(5, 4, NHWC, FEATURES, OUTS, padding='SAME', feature_group_count=2)
    yield conv(5, 4, NHWC, RIGHT, OUT, padding='VALID', batch_group_count=2)
    yield conv(5, 4, None, FEATURES, OUT, padding='VALID', batch_group_count=2, feature_group_count=2)
    yield hybrid(5, 4, NHWC, FEATURES, padding='VALID', batch_group_count=2)
    for x, f in (((2, 3, 7), (4, 3, 3)), ((1, 2, 3, 4, 3), (4, 2, 2, 2, 2)), ((0, 3, 7), (4, 3, 3))):
        yield Case('UniformQuantizedConvolution', [full_range('qint8', x), full_range('qint8', f), *LEFT, *FEATURES, *OUT],
                   attrs(dict(padding='SAME'), 0, -1), exact=True)
    yield from refused()


def axes(dims):
    lhs, rhs, out = (0, 1), (1, 0), (0, 1)
    if dims is not None:
        lhs, rhs, out = dims[:2], dims[3:5], dims[6:8]
    return lhs, rhs, out


def shaped(places, spatial, first, second):
    """`first` and `second` at their axes, the spatial dims at theirs."""
    shape = {places[0]: first, places[1]: second, **dict(zip(spatial, (places[2], places[3])))}
    return tuple(shape[i] for i in range(4))


def operands(h, w, dims, more):
    spatial = ([2, 3], [2, 3]) if dims is None else (dims[2], dims[5])
    lhs, rhs, _ = axes(dims)
    groups = more.get('feature_group_count', 1)
    return shaped((*lhs, h, w), spatial[0], 2, 4), shaped((*rhs, 3, 2), spatial[1], 4 // groups, 4)


def message(dims):
    """The nine fields as protobuf writes them."""
    if dims is None:
        return ''
    parts = b''
    for field, value in enumerate(dims, 1):
        parts += bytes([field * 8 + 2, len(value), *value]) if isinstance(value, list) else bytes([field * 8, value])
    return parts


def attrs(more, right_axis, out_axis, dims=None, low=-2**31, high=2**31 - 1, hybrid=False):
    result = dict(more, dimension_numbers=message(dims), rhs_quantization_axis=right_axis, rhs_quantization_min_val=-128, rhs_quantization_max_val=127)
    if not hybrid:
        result.update(Tout='qint32', lhs_quantization_axis=-1, lhs_quantization_min_val=-128, lhs_quantization_max_val=127,
                      output_quantization_axis=out_axis, output_quantization_min_val=low, output_quantization_max_val=high)
    return dict(result, Tout='float32') if hybrid else result


def conv(h, w, dims, right, out, error=False, low=-2**31, high=2**31 - 1, left=LEFT, **more):
    x, f = operands(h, w, dims, more)
    right_axis = axes(dims)[1][1] if right[0].array.shape else -1
    out_axis = axes(dims)[2][1] if out[0].array.shape else -1
    return Case('UniformQuantizedConvolution', [full_range('qint8', x), full_range('qint8', f), *left, *right, *out],
                attrs(more, right_axis, out_axis, dims, low, high), exact=not error, error=error)


def hybrid(h, w, dims, right, **more):
    x, f = operands(h, w, dims, more)
    right_axis = axes(dims)[1][1] if right[0].array.shape else -1
    return Case('UniformQuantizedConvolutionHybrid', [rand('float32', x), full_range('qint8', f), *right],
                attrs(more, right_axis, None, dims, hybrid=True), exact=True)


def refused():
    bad = (dict(padding='SAME', window_strides=[1]), dict(padding='SAME', window_strides=[0, 1]), dict(padding='SAME', lhs_dilation=[1, 0]),
           dict(padding='SAME', rhs_dilation=[1, 1, 1]), dict(padding='FULL'), dict(padding='SAME', explicit_padding=[1, 1, 1, 1]),
           dict(padding='EXPLICIT', explicit_padding=[1, 1]), dict(padding='EXPLICIT', explicit_padding=[1, 1, 1, -1]),
           dict(padding='SAME', feature_group_count=3), dict(padding='SAME', batch_group_count=3), dict(padding='SAME', batch_group_count=0))
    for more in bad:
        yield conv(5, 4, NHWC, RIGHT, OUT, error=True, **more)
    yield conv(5, 4, NHWC, (f32(0), i32(0)), OUT, error=True, padding='SAME')
    yield conv(5, 4, NHWC, RIGHT, OUT, error=True, padding='SAME', left=FEATURES)
    x, f = full_range('qint8', (2, 5, 4, 4)), full_range('qint8', (3, 2, 4, 4))
    for numbers in ((4, *NHWC[1:]), (0, 3, [1], *NHWC[3:]), (0, 3, [1, 4], *NHWC[3:])):
        yield Case('UniformQuantizedConvolution', [x, f, *LEFT, *RIGHT, *OUT], attrs(dict(padding='SAME'), -1, -1, numbers), error=True)
    yield Case('UniformQuantizedConvolution', [x, f, *LEFT, *FEATURES, *OUT], attrs(dict(padding='SAME'), 2, -1, NHWC), error=True)
    yield Case('UniformQuantizedConvolution', [x, full_range('qint8', (3, 2, 4)), *LEFT, *RIGHT, *OUT], attrs(dict(padding='SAME'), -1, -1, NHWC), error=True)
    yield Case('UniformQuantizedConvolution', [full_range('qint8', (2, 5)), full_range('qint8', (5, 2)), *LEFT, *RIGHT, *OUT], attrs(dict(padding='SAME'), -1, -1), error=True)
