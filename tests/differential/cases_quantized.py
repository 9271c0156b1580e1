"""Quantisation: codes and their ranges, products and pools of codes, and fake quantisation."""
from draw import *

from cases_dsl import kernel_dtypes

MODES = ['MIN_COMBINED', 'MIN_FIRST', 'SCALED']
SCALAR = lambda v: lit('float32', v)


def ends(draw, around_zero=False):
    """A range, as numbers."""
    if around_zero:
        return -draw.uniform(0.01, 6), draw.uniform(0.01, 6)
    low = draw.one_of(draw.uniform(-6, 6), 0.0, -1.0, draw.uniform(-300, 0), draw.uniform(-0.01, 0))
    return float(np.float32(low)), float(np.float32(low + draw.one_of(draw.uniform(0, 8), draw.uniform(0, 0.02), draw.uniform(0, 500), 1.0)))


def codes(draw, t, shape):
    if t == 'qint32':
        span = draw.one_of(2**31 - 1, 2**31 - 1, 100000, 3)
        return draw.tensor(t, shape, -span, span)
    if t in ('qint16', 'quint16'):
        return draw.tensor(t, shape, *((0, 65535) if t == 'quint16' else (-32768, 32767)))
    return draw.tensor(t, shape)


def quantize(draw):
    t = draw.one_of('quint8', 'quint8', 'qint8', *kernel_dtypes('QuantizeV2'))
    attrs = dict(T=t, mode=draw.choice(MODES))
    if attrs['mode'] == 'SCALED':
        attrs.update(round_mode=draw.one_of('HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'), narrow_range=draw.chance(0.4))
    elif draw.chance(0.04):
        attrs['round_mode'] = 'HALF_TO_EVEN'
    if draw.chance(0.4):
        attrs['ensure_minimum_range'] = draw.one_of(0.0, 0.01, 0.3)
    x = draw.shape(0, 4, 6)
    low, high = ends(draw)
    value = draw.tensor('float32', x, low - 1, high + 1, edges=0.1)
    if draw.chance(0.15) and x and attrs['mode'] != 'MIN_FIRST':
        axis = draw.randrange(len(x))
        attrs['axis'] = axis
        lows = [ends(draw) for _ in range(x[axis])]
        return Case('QuantizeV2', [value, SCALAR([a for a, _ in lows]), SCALAR([b for _, b in lows])], attrs)
    return Case('QuantizeV2', [value, SCALAR(low), SCALAR(high)], attrs)


def dequantize(draw):
    t = draw.one_of('quint8', 'quint8', 'qint8', *kernel_dtypes('Dequantize'))
    attrs = dict(mode=draw.choice(MODES))
    if attrs['mode'] == 'SCALED':
        attrs['narrow_range'] = draw.chance(0.4)
    if draw.chance(0.15):
        attrs['dtype'] = 'bfloat16'
    x = draw.shape(0, 4, 6)
    low, high = ends(draw)
    if draw.chance(0.15) and x and attrs['mode'] != 'MIN_FIRST' and 'dtype' not in attrs:
        axis = draw.randrange(len(x))
        attrs['axis'] = axis
        lows = [ends(draw) for _ in range(x[axis])]
        return Case('Dequantize', [codes(draw, t, x), SCALAR([a for a, _ in lows]), SCALAR([b for _, b in lows])], attrs)
    return Case('Dequantize', [codes(draw, t, x), SCALAR(low), SCALAR(high)], attrs)


def both(draw):
    op = draw.one_of('QuantizeAndDequantize', 'QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV3', 'QuantizeAndDequantizeV4')
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(0, 4, 6)
    low, high = ends(draw, draw.chance(0.7))
    value = draw.tensor(t, x, min(low, -0.1) - 1, high + 1)
    bits = draw.one_of(2, 4, 7, 8, 8, 8, 12, 16, draw.one_of(1, 0, 33, 63))
    attrs = dict(signed_input=draw.chance(0.6), range_given=draw.chance(0.6))
    if op == 'QuantizeAndDequantize':
        return Case(op, [value], dict(attrs, num_bits=bits, input_min=low, input_max=high), producer=21)
    attrs['narrow_range'] = draw.chance(0.4)
    if op != 'QuantizeAndDequantizeV3' and draw.chance(0.5):
        attrs['round_mode'] = draw.one_of('HALF_TO_EVEN', 'HALF_UP')
    ranges = [lit(t, low), lit(t, high)]
    if x and draw.chance(0.25):
        attrs['axis'] = draw.randrange(len(x))
        pairs = [ends(draw, True) for _ in range(x[attrs['axis']])]
        ranges = [lit(t, [a for a, _ in pairs]), lit(t, [b for _, b in pairs])]
    if op == 'QuantizeAndDequantizeV3':
        return Case(op, [value, *ranges, lit('int32', bits)], attrs)
    return Case(op, [value, *ranges], dict(attrs, num_bits=bits))


def requantize(draw):
    op = draw.one_of('Requantize', 'Requantize', 'RequantizationRange', 'QuantizeDownAndShrinkRange')
    x = codes(draw, 'qint32', draw.shape(0, 3, 8))
    scale = draw.one_of(1.0, 100.0, 1e6)
    low, high = ends(draw, draw.chance(0.7))
    inputs = [x, SCALAR(low * scale), SCALAR(high * scale)]
    if op == 'RequantizationRange':
        return Case(op, inputs)
    attrs = dict(out_type=draw.one_of(*kernel_dtypes(op, 'out_type')))
    if op == 'Requantize':
        out = ends(draw, draw.chance(0.7))
        inputs += [SCALAR(out[0]), SCALAR(out[1])]
    return Case(op, inputs, attrs)


def relu(draw):
    op = draw.one_of('QuantizedRelu', 'QuantizedRelu6', 'QuantizedReluX')
    t = draw.one_of(*kernel_dtypes(op, 'Tinput') or ['quint8'])  # QuantizedReluX has no kernel there
    low, high = ends(draw, draw.chance(0.7))
    more = [SCALAR(draw.one_of(6.0, 1.0, 0.3))] if op == 'QuantizedReluX' else []
    return Case(op, [codes(draw, t, draw.shape(0, 4, 6)), *more, SCALAR(low), SCALAR(high)], dict(out_type=t))


def pool(draw):
    op = draw.one_of('QuantizedMaxPool', 'QuantizedAvgPool')
    t = draw.one_of(*kernel_dtypes(op))
    k = [draw.randint(1, 4), draw.randint(1, 4)]
    s = draw.randint(1, 3)
    x = (draw.dim(2), draw.randint(max(1, k[0] - 1), 8), draw.randint(max(1, k[1] - 1), 8), draw.one_of(1, 2, 3, 8, 17))
    low, high = ends(draw)
    strides = [1, s, s if op == 'QuantizedAvgPool' or draw.chance(0.5) else draw.randint(1, 3), 1]
    return Case(op, [codes(draw, t, x), SCALAR(low), SCALAR(high)], dict(ksize=[1, *k, 1], strides=strides, padding=draw.one_of('SAME', 'VALID')))


def arithmetic(draw):
    op = draw.one_of('QuantizedAdd', 'QuantizedMul', 'QuantizedBiasAdd')
    x = draw.shape(0, 3, 7)
    a, b = ends(draw, draw.chance(0.8)), ends(draw, draw.chance(0.8))
    r = [SCALAR(v) for v in (*a, *b)]
    if op == 'QuantizedBiasAdd':
        x = draw.shape(2, 4, 7)
        t = draw.one_of('quint8', 'qint8')
        return Case(op, [codes(draw, t, x), codes(draw, t, x[-1:])] + r, dict(out_type='qint32'))
    y = draw.one_of(x, x[-1:], (), draw.broadcastable(x))
    pair = [codes(draw, 'quint8', x), codes(draw, 'quint8', y)]
    return Case(op, (pair if draw.chance(0.5) else pair[::-1]) + r, dict(Toutput='qint32'))


def product(draw):
    a, b = ends(draw, draw.chance(0.7)), ends(draw, draw.chance(0.7))
    r = [SCALAR(v) for v in (*a, *b)]
    if draw.chance(0.4):
        m, k, n = (draw.dim(9) if draw.chance(0.7) else draw.dim(50) for _ in range(3))
        ta, tb = draw.chance(0.3), draw.chance(0.3)
        return Case('QuantizedMatMul', [codes(draw, 'quint8', (k, m) if ta else (m, k)), codes(draw, 'quint8', (n, k) if tb else (k, n))] + r,
                    dict(transpose_a=ta, transpose_b=tb, Toutput='qint32'))
    k, s = [draw.randint(1, 4), draw.randint(1, 4)], draw.one_of(1, 1, 2, 3, 4)
    x = (draw.dim(2), draw.randint(max(1, k[0] - 1), 9), draw.randint(max(1, k[1] - 1), 9), draw.one_of(1, 2, 3, 4, 9))
    return Case('QuantizedConv2D', [codes(draw, 'quint8', x), codes(draw, 'quint8', (*k, x[-1], draw.one_of(1, 2, 3, 8, 17)))] + r,
                dict(strides=[1, s, s, 1], padding=draw.one_of('SAME', 'VALID'), out_type='qint32'))


def join(draw):
    t = draw.one_of('quint8', 'qint32')
    x = list(draw.shape(1, 3, 5))
    axis = draw.randrange(len(x))
    parts, pairs = [], [ends(draw, draw.chance(0.7)) for _ in range(draw.randint(1 if draw.chance(0.1) else 2, 4))]
    same = draw.chance(0.3)
    for _ in pairs:
        x[axis] = draw.dim(4)
        parts.append(codes(draw, t, x))
    pairs = [pairs[0]] * len(pairs) if same else pairs
    if len(parts) < 2:
        parts, pairs = parts * 2, pairs * 2
    return Case('QuantizedConcat', [lit('int32', axis - len(x) * draw.chance(0.2)), parts, [SCALAR(a) for a, _ in pairs], [SCALAR(b) for _, b in pairs]])


def norm(draw):
    x = (draw.dim(2, 0), draw.randint(1, 6), draw.randint(1, 6), draw.one_of(1, 2, 3, 8))
    low, high = ends(draw, True)
    if draw.chance(0.5):
        attrs = dict(output_range_given=True, given_y_min=-2.0, given_y_max=3.0) if draw.chance(0.4) else {}
        attrs.update(variance_epsilon=draw.one_of(1e-5, 0.1), min_separation=draw.one_of(1e-3, 1.0))
        return Case('QuantizedInstanceNorm', [codes(draw, 'quint8', x), SCALAR(low), SCALAR(high)], attrs)
    vectors = []
    for i in range(4):
        pair = (0.05, 3.0) if i == 1 else ends(draw, True)
        vectors += [draw.tensor('quint8', x[-1:], 30, 255), SCALAR(pair[0]), SCALAR(pair[1])]
    return Case('QuantizedBatchNormWithGlobalNormalization', [codes(draw, 'quint8', x), SCALAR(low), SCALAR(high), *vectors],
                dict(out_type='qint32', variance_epsilon=0.01, scale_after_normalization=draw.chance(0.5)))


def resize(draw):
    t = draw.one_of(*kernel_dtypes('QuantizedResizeBilinear'))
    x = (draw.dim(2), draw.randint(1, 6), draw.randint(1, 6), draw.one_of(1, 2, 3, 8, 17))
    low, high = ends(draw, True)
    attrs = draw.one_of({}, dict(align_corners=True), dict(half_pixel_centers=True))
    value = draw.tensor(t, x) if t == 'float32' else codes(draw, t, x)
    return Case('QuantizedResizeBilinear', [value, lit('int32', [draw.randint(1, 9), draw.randint(1, 9)]), SCALAR(low), SCALAR(high)], attrs)


def reshape(draw):
    t = draw.one_of('quint8', 'qint32')
    x = draw.shape(0, 3, 5)
    return Case('QuantizedReshape', [codes(draw, t, x), lit('int32', draw.one_of([-1], [1, -1], list(x[::-1]))), SCALAR(-1), SCALAR(2)])


def fake(draw):
    op = draw.one_of('FakeQuantWithMinMaxArgs', 'FakeQuantWithMinMaxVars', 'FakeQuantWithMinMaxVarsPerChannel') + draw.one_of('', 'Gradient')
    attrs = dict(num_bits=draw.one_of(2, 4, 7, 8, 8, 16, draw.one_of(1, 17, 8)), narrow_range=draw.chance(0.4))
    x = draw.shape(1 if 'PerChannel' in op else 0, 4, 6)
    if 'PerChannel' in op and draw.chance(0.1):
        x = draw.shape(5, 5, 3)
    low, high = ends(draw, draw.chance(0.8))
    value = draw.tensor('float32', x, low - 1, high + 1, edges=0.1)
    inputs = [draw.tensor('float32', x)] * op.endswith('Gradient') + [value]
    if 'Args' in op:
        return Case(op, inputs, dict(attrs, min=low, max=high))
    if 'PerChannel' in op:
        pairs = [ends(draw, draw.chance(0.9)) for _ in range(x[-1])]
        return Case(op, inputs + [SCALAR([a for a, _ in pairs]), SCALAR([b for _, b in pairs])], attrs)
    return Case(op, inputs + [SCALAR(low), SCALAR(high)], attrs)


def case(draw):
    return draw.choices((quantize, dequantize, both, requantize, relu, pool, arithmetic, product, join, norm, resize, reshape, fake),
                        (5, 4, 4, 3, 2, 3, 3, 5, 2, 2, 2, 1, 6))[0](draw)
