"""Rows of quantised operators."""
from rows import *


def scalars(draw, low, high):
    a = draw.uniform(low, 0)
    return [lit('float32', a, ()), lit('float32', draw.uniform(0.1, high), ())]


@row('QuantizeV2', 'Dequantize')
def quantize(draw, op):
    t = dtype(draw, op)
    mode = draw.one_of('MIN_COMBINED', 'MIN_FIRST', 'SCALED')
    axis = -1
    shape = sizes(draw, 1, 4, 300)
    if draw.chance(0.3):
        axis = draw.randrange(len(shape))
    d = (shape[axis],) if axis >= 0 else ()
    low, high = floats(draw, 'float32', d, -4, -0.1), floats(draw, 'float32', d, 0.2, 4)
    if op == 'QuantizeV2':
        return Case(op, [elements(draw, 'float32', shape, draw.one_of('plain', 'wide', 'ties')), low, high],
                    dict(T=t, mode=mode, round_mode=draw.one_of('HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN' if mode == 'SCALED' else 'HALF_AWAY_FROM_ZERO'),
                         narrow_range=draw.chance(0.3), axis=axis, ensure_minimum_range=draw.one_of(0.01, 0.5)))
    return Case(op, [elements(draw, t, shape), low, high], dict(mode=mode, narrow_range=draw.chance(0.3), axis=axis, dtype=dtype(draw, op, 'dtype')))


@row('Requantize', 'RequantizationRange', 'QuantizeDownAndShrinkRange', 'RequantizePerChannel', 'RequantizationRangePerChannel')
def requantize(draw, op):
    shape = sizes(draw, 1, 4, 200)
    x = draw.ints('qint32', shape, -100000, 100000)
    if op.endswith('PerChannel'):
        shape = tuple(max(1, d) for d in shape[:3]) + (draw.randint(1, 5),)
        x = draw.ints('qint32', shape, -100000, 100000)
        c = (shape[-1],)
        low, high = floats(draw, 'float32', c, -900, -1), floats(draw, 'float32', c, 1, 900)
        if op.startswith('RequantizationRange'):
            return Case(op, [x, low, high], dict(clip_value_max=draw.one_of(6.0, 1e3)))
        return Case(op, [x, low, high] + scalars(draw, -1, 2), dict(out_type=draw.one_of('qint8', 'quint8')))
    ends = [lit('float32', draw.uniform(-500, 0), ()), lit('float32', draw.uniform(1, 500), ())]
    if op == 'Requantize':
        return Case(op, [x] + ends + scalars(draw, -3, 3), dict(out_type='quint8'))
    return Case(op, [x] + ends, dict(out_type='quint8') if op == 'QuantizeDownAndShrinkRange' else {})


@row('QuantizedRelu', 'QuantizedRelu6', 'QuantizedReluX', 'QuantizedReshape', 'QuantizedMaxPool', 'QuantizedAvgPool', 'QuantizedBiasAdd', 'QuantizedConcat', 'QuantizedAdd', 'QuantizedMul',
     'QuantizedMatMul', 'QuantizedInstanceNorm', 'QuantizedResizeBilinear', 'QuantizedConv2D')
def quantized(draw, op):
    ends = scalars(draw, -3, 6)
    if op in ('QuantizedRelu', 'QuantizedRelu6', 'QuantizedReluX'):
        x = elements(draw, 'quint8', sizes(draw))
        return Case(op, [x] + ([lit('float32', draw.uniform(0.5, 5), ())] if op.endswith('X') else []) + ends, dict(out_type='quint8'))
    if op == 'QuantizedReshape':
        shape = sizes(draw, 1, 4)
        return Case(op, [elements(draw, dtype(draw, op), shape), index(draw, [int(np.prod(shape))])] + ends)
    if op in ('QuantizedMaxPool', 'QuantizedAvgPool'):
        k, s = draw.randint(1, 3), draw.randint(1, 2)
        shape = (draw.randint(1, 2), draw.randint(3, 7), draw.randint(3, 7), draw.one_of(1, 3, 16))
        return Case(op, [elements(draw, 'quint8', shape)] + ends, dict(ksize=[1, k, k, 1], strides=[1, s, s, 1], padding=draw.one_of('SAME', 'VALID')))
    if op == 'QuantizedBiasAdd':
        shape = sizes(draw, 1, 4, 200)
        return Case(op, [elements(draw, 'quint8', shape), elements(draw, 'quint8', shape[-1:])] + ends + scalars(draw, -2, 2), dict(out_type='qint32'))
    if op == 'QuantizedConcat':
        n, rank = draw.randint(2, 3), draw.randint(1, 3)
        base, axis = [draw.randint(1, 4) for _ in range(rank)], draw.randrange(rank)
        parts = []
        for _ in range(n):
            own = list(base)
            own[axis] = draw.randint(1, 4)
            parts.append(elements(draw, 'quint8', own))
        ranges = [scalars(draw, -3, 3) for _ in range(n)]
        return Case(op, [lit('int32', axis, ()), parts, [r[0] for r in ranges], [r[1] for r in ranges]])
    if op in ('QuantizedAdd', 'QuantizedMul'):
        shape = sizes(draw, 1, 4, 200)
        other = draw.one_of(shape, shape[-1:], ())
        return Case(op, [elements(draw, 'quint8', shape), elements(draw, 'quint8', other)] + ends + scalars(draw, -2, 2), dict(Toutput='qint32'))
    if op == 'QuantizedMatMul':
        m, k, n = draw.randint(1, 9), draw.randint(1, 17), draw.randint(1, 9)
        a, b = draw.chance(0.5), draw.chance(0.5)
        return Case(op, [elements(draw, 'quint8', (k, m) if a else (m, k)), elements(draw, 'quint8', (n, k) if b else (k, n))] + ends + scalars(draw, -2, 2),
                    dict(Toutput='qint32', transpose_a=a, transpose_b=b))
    if op == 'QuantizedInstanceNorm':
        return Case(op, [elements(draw, 'quint8', (draw.randint(1, 2), draw.randint(2, 6), draw.randint(2, 6), draw.one_of(1, 3, 8, 16)))] + ends,
                    dict(output_range_given=draw.chance(0.5), given_y_min=-2.0, given_y_max=3.0, variance_epsilon=1e-3, min_separation=1e-3))
    if op == 'QuantizedResizeBilinear':
        return Case(op, [elements(draw, dtype(draw, op), (1, draw.randint(1, 6), draw.randint(1, 6), draw.randint(1, 4))), lit('int32', [draw.randint(1, 9), draw.randint(1, 9)])] + ends,
                    dict(align_corners=draw.chance(0.4)))
    k, c = draw.randint(1, 3), draw.randint(1, 4)
    return Case(op, [elements(draw, 'quint8', (1, draw.randint(3, 7), draw.randint(3, 7), c)), elements(draw, 'quint8', (k, k, c, draw.randint(1, 5)))] + ends + scalars(draw, -2, 2),
                dict(out_type='qint32', strides=[1, draw.randint(1, 2)] * 1 + [1, 1] if False else [1, 1, 1, 1], padding=draw.one_of('SAME', 'VALID')))


@row('UniformQuantize', 'UniformDequantize', 'UniformRequantize', 'UniformQuantizedAdd', 'UniformQuantizedClipByValue')
def uniform(draw, op):
    shape = sizes(draw, 1, 3, 100)
    axis = draw.one_of(-1, draw.randrange(len(shape)))
    d = (shape[axis],) if axis >= 0 else ()

    def scale(dims):
        return floats(draw, 'float32', dims, 0.01, 0.5)

    def zero(dims):
        return draw.ints('int32', dims, -20, 20)
    ends = {'qint8': (-128, 127), 'qint32': (-2**31, 2**31 - 1)}
    if op == 'UniformQuantize':
        t = draw.one_of('qint8', 'qint32')
        low, high = ends[t]
        return Case(op, [elements(draw, 'float32', shape, draw.one_of('plain', 'wide')), scale(d), zero(d)],
                    dict(Tout=t, quantization_axis=axis, quantization_min_val=low, quantization_max_val=high))
    if op == 'UniformDequantize':
        t = draw.one_of('qint8', 'qint32')
        low, high = ends[t]
        return Case(op, [elements(draw, t, shape), scale(d), zero(d)], dict(Tout='float32', quantization_axis=axis, quantization_min_val=low, quantization_max_val=high))
    if op == 'UniformRequantize':
        t, u = draw.one_of('qint8', 'qint32'), draw.one_of('qint8', 'qint32')
        out = draw.one_of(-1, axis)
        e = (shape[out],) if out >= 0 else ()
        return Case(op, [elements(draw, t, shape), scale(d), zero(d), scale(e), zero(e)],
                    dict(Tout=u, input_quantization_axis=axis, input_quantization_min_val=ends[t][0], input_quantization_max_val=ends[t][1],
                         output_quantization_axis=out, output_quantization_min_val=ends[u][0], output_quantization_max_val=ends[u][1]))
    low, high = ends['qint32']
    if op == 'UniformQuantizedClipByValue':
        return Case(op, [elements(draw, 'qint32', shape), draw.ints('qint32', d, -3000, -10), draw.ints('qint32', d, 10, 3000), scale(d), zero(d)],
                    dict(quantization_axis=axis, quantization_min_val=low, quantization_max_val=high))
    other = draw.one_of(shape, shape[-1:])
    return Case(op, [elements(draw, 'qint32', shape), elements(draw, 'qint32', other)] + [f(()) for _ in range(3) for f in (scale, zero)],
                {f'{side}_quantization_{w}': v for side in ('lhs', 'rhs', 'output') for w, v in (('min_val', low), ('max_val', high))})
