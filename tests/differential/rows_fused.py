"""Rows of operators that carry others within: fused convolutions and products, of numbers and of codes.

Most kernels are oneDNN's: TF_ENABLE_ONEDNN_OPTS=1 in front of sweep.py. Codes of filters stay within 64, since without VNNI
oneDNN adds pairs of products in 16 bits.
"""
from rows import *

ACTS = ['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Tanh', 'Sigmoid', 'GeluApproximate', 'GeluExact']
CODES = ('quint8', 'qint8')


def codes(draw, t, shape, low=None, high=None):
    return draw.ints(t, shape, *((0, 255) if t == 'quint8' else (-128, 127)) if low is None else (low, high))


def f(value):
    return lit('float32', value, np.shape(value))


def tails(draw, norm=True):
    way = draw.randrange(4)
    act = [draw.choice(ACTS)] if draw.chance(0.6) else []
    return ['FusedBatchNorm'] + act if way == 0 and norm else ['BiasAdd'] + act


@row('_FusedConv2D', '_FusedDepthwiseConv2dNative', '_FusedConv3D', '_FusedMatMul')
def floats_fused(draw, op):
    t = draw.one_of('float32', 'float32', 'float64', 'bfloat16', 'float16')
    if op in ('_FusedConv3D', '_FusedMatMul') and t == 'float64':
        t = 'float32'
    n, depth, out = draw.randint(1, 2), draw.randint(1, 9), draw.randint(1, 17)
    attrs = {}
    if op == '_FusedMatMul':
        k = draw.one_of(1, 3, 8, 17)
        ta, tb = draw.chance(0.3), draw.chance(0.3)
        m = draw.randint(1, 9)
        operands = [floats(draw, t, (k, m) if ta else (m, k)), floats(draw, t, (out, k) if tb else (k, out))]
        attrs, result = dict(transpose_a=ta, transpose_b=tb), (m, out)
        tail = tails(draw, False)
        if draw.chance(0.2):
            tail = ['BiasAdd', 'Add'] + ([draw.choice(ACTS[:4])] if draw.chance(0.5) else [])
    else:
        dims = 3 if op == '_FusedConv3D' else 2
        window = tuple(draw.randint(1, 3) for _ in range(dims))
        size = tuple(draw.randint(w, 8) for w in window)
        stride = draw.one_of(1, 1, 2)
        strides = [1] + ([stride] * dims) + [1]
        dilation = draw.one_of(1, 1, 1, 2) if stride == 1 and dims == 2 else 1
        padding = draw.one_of('SAME', 'VALID') if dilation == 1 else 'SAME'
        attrs = dict(strides=strides, padding=padding)
        if dims == 2:
            attrs['dilations'] = [1, dilation, dilation, 1]
            if draw.chance(0.2) and op == '_FusedConv2D':
                attrs.update(padding='EXPLICIT', explicit_paddings=[0, 0, draw.randint(0, 2), draw.randint(0, 2), draw.randint(0, 2), draw.randint(0, 2), 0, 0])
        if 'Depthwise' in op:
            multiplier = draw.randint(1, 3)
            filters, out = window + (depth, multiplier), depth * multiplier
        else:
            filters = window + (depth, out)
        operands = [floats(draw, t, (n,) + size + (depth,)), floats(draw, t, filters)]
        tail = tails(draw, op == '_FusedConv2D')
    given = [floats(draw, t, (out,), 0.1, 2) if tail[0] == 'FusedBatchNorm' else floats(draw, t, (out,)) for _ in range(4 if tail[0] == 'FusedBatchNorm' else 1)]
    if 'Add' in tail:
        given.append(floats(draw, t, result))
    attrs.update(fused_ops=tail, epsilon=draw.one_of(1e-4, 1e-3, 0.1), leakyrelu_alpha=draw.one_of(0.2, 0.01, 0.5))
    attrs['num_args'] = len(given)
    inputs = operands + ([given] if op != '_FusedConv2D' else [given, []])
    return Case(op, inputs, attrs)


@row('_FusedBatchNormEx')
def norm_ex(draw, op):
    t = draw.one_of('float32', 'float16', 'bfloat16')
    train, side, c = draw.chance(0.5), draw.chance(0.4), draw.one_of(1, 4, 8, 17)
    shape = (draw.randint(1, 3), draw.randint(1, 4), draw.randint(1, 4), c)
    vectors = [floats(draw, 'float32', (c,)), floats(draw, 'float32', (c,))] + ([lit('float32', [], (0,))] * 2 if train else [floats(draw, 'float32', (c,)), floats(draw, 'float32', (c,), 0.1, 2)])
    return Case(op, [floats(draw, t, shape)] + vectors + [[floats(draw, t, shape)] if side else []],
                dict(activation_mode=draw.one_of('Identity', 'Relu'), is_training=train, epsilon=draw.one_of(1e-3, 0.1), exponential_avg_factor=draw.one_of(1.0, 0.5)), fetch=[0, 1, 2])


CONVS = [f'Quantized{kind}' for kind in ('Conv2DPerChannel', 'Conv2DAndRelu', 'Conv2DAndReluAndRequantize', 'Conv2DAndRequantize', 'Conv2DWithBias', 'Conv2DWithBiasAndRelu',
                                         'Conv2DWithBiasAndReluAndRequantize', 'Conv2DWithBiasAndRequantize', 'DepthwiseConv2D', 'DepthwiseConv2DWithBias', 'DepthwiseConv2DWithBiasAndRelu',
                                         'DepthwiseConv2DWithBiasAndReluAndRequantize')]


def window_of_codes(draw, depthwise):
    """(image, filter, channels, attributes)."""
    window = (draw.randint(1, 3), draw.randint(1, 3))
    depth, out = draw.randint(1, 9), draw.one_of(1, 3, 4, 8, 17)
    if depthwise:
        out = depth
    stride = draw.one_of(1, 1, 2, 3)
    size = tuple(draw.randint(w, 8) for w in window)
    return (draw.randint(1, 2),) + size + (depth,), window + ((depth, 1) if depthwise else (depth, out)), out, dict(strides=[1, stride, stride, 1], padding=draw.one_of('SAME', 'VALID'))


def filter_ranges(draw, channels, per_channel):
    if not per_channel:
        return [f(-draw.uniform(0.1, 3)), f(draw.uniform(0.1, 3))]
    return [f(-draw.numpy.uniform(0.1, 3, channels)), f(draw.numpy.uniform(0.1, 3, channels))]


@row(*CONVS)
def convs_of_codes(draw, op):
    requantize, biased, relu = 'Requantize' in op, 'WithBias' in op, 'Relu' in op
    image, filters, channels, attrs = window_of_codes(draw, 'Depthwise' in op)
    t = draw.choice(CODES) if biased and 'Depthwise' not in op else 'quint8'
    attrs['out_type'] = 'qint32' if not requantize else 'quint8' if relu else 'qint8'
    inputs = [codes(draw, t, image), const(codes(draw, 'qint8', filters, -64, 64))]
    if biased:
        inputs.append(const(floats(draw, 'float32', (channels,), -3, 3) if not requantize or draw.chance(0.5) else draw.ints('qint32', (channels,), -9000, 9000)))
    low = draw.one_of(0.0, 0.0, -draw.uniform(0, 4))
    inputs += [f(low), f(low + draw.uniform(0.5, 9))]
    inputs += filter_ranges(draw, channels, draw.chance(0.5) and op != 'QuantizedConv2DAndRequantize')
    if requantize:
        inputs += [f(-draw.uniform(0.1, 20)), f(draw.uniform(0.1, 40))]
    return Case(op, inputs, attrs)


@row('QuantizedMatMulWithBias', 'QuantizedMatMulWithBiasAndDequantize', 'QuantizedMatMulWithBiasAndRelu', 'QuantizedMatMulWithBiasAndReluAndRequantize', 'QuantizedMatMulWithBiasAndRequantize')
def products_of_codes(draw, op):
    m, k, n = draw.randint(1, 9), draw.one_of(1, 3, 8, 17, 33), draw.one_of(1, 4, 8, 17)
    ends = [] if op.endswith('Bias') or op.endswith('AndRelu') else [f(-draw.uniform(0.1, 20)), f(draw.uniform(0.1, 40))]
    bias = floats(draw, 'float32', (n,), -3, 3) if op.endswith('AndRelu') or draw.chance(0.5) else draw.ints('qint32', (n,), -9000, 9000)
    out = 'float32' if 'Dequantize' in op else 'quint8' if ends else 'qint32'
    low = draw.one_of(0.0, 0.0, -draw.uniform(0, 4)) if ends else 0.0  # sums below 2**24, where float has them all
    return Case(op, [codes(draw, 'quint8', (m, k)), const(codes(draw, 'qint8', (k, n), -64, 64)), const(bias), f(low), f(low + draw.uniform(0.5, 9)), *filter_ranges(draw, n, False), *ends],
                dict(Toutput=out, input_quant_mode=draw.one_of('MIN_FIRST', 'SCALED')))


@row('_QuantizedMatMul')
def generic_product(draw, op):
    m, k, n = draw.randint(1, 9), draw.one_of(1, 3, 8, 17, 33), draw.one_of(1, 4, 8, 17)
    t, tb = draw.one_of('quint8', 'quint8', 'qint8'), draw.chance(0.3)
    way = draw.one_of('Dequantize', 'Requantize')
    tail = ['BiasAdd'] + (['Add'] if way == 'Dequantize' and draw.chance(0.2) else [draw.choice(ACTS)] if draw.chance(0.6) else []) + [way]
    low = draw.one_of(0.0, -draw.uniform(0, 4)) if t == 'quint8' else -draw.uniform(0.5, 4)
    mode = draw.one_of('SCALED', 'MIN_FIRST')
    ends = [f(draw.one_of(0.0, -draw.uniform(0.1, 9))), f(draw.uniform(1, 9))] if way == 'Requantize' else []
    u = draw.one_of('float32', 'float32', 'bfloat16')
    bias = u if 'Add' in tail else 'float32'
    out = draw.one_of('qint8', 'quint8') if ends else u if 'Add' in tail else draw.one_of('float32', 'float32', 'bfloat16')
    device = [codes(draw, t, (m, k)), const(codes(draw, 'qint8', (n, k) if tb else (k, n), -64, 64)), const(floats(draw, bias, (n,), -3, 3))]
    if 'Add' in tail:
        device.append(floats(draw, u, (m, n)))
    host = [f(low), f(low + draw.uniform(1, 9)), *filter_ranges(draw, n, draw.chance(0.4) and not tb), *ends]
    return Case(op, [device, host], dict(T1=t, T2='qint8', Tbias=bias, U=u, Tout=out, fused_ops=tail, Tdevice_outputs=[out], Thost_outputs=['float32'] * len(ends), transpose_b=tb,
                                         input_quant_mode=mode, output_quant_mode=draw.one_of('SCALED', 'MIN_FIRST'), leakyrelu_alpha=draw.one_of(0.2, 0.5)))


@row('_FusedQuantizedConv2D', '_FusedQuantizedDepthwiseConv2D')
def generic_conv(draw, op):
    image, filters, channels, attrs = window_of_codes(draw, 'Depthwise' in op)
    tail = [name for name in ('BiasAdd', 'Relu', 'Requantize') if draw.chance(0.6)]
    t = draw.choice(CODES)
    out = draw.choice(CODES) if 'Requantize' in tail else 'qint32'
    tbias = draw.one_of('float32', 'qint32')
    device = [codes(draw, t, image), const(codes(draw, 'qint8', filters, -64, 64))]
    if 'BiasAdd' in tail:
        device.append(const(floats(draw, 'float32', (channels,), -3, 3) if tbias == 'float32' else draw.ints('qint32', (channels,), -9000, 9000)))
    low = draw.one_of(0.0, -draw.uniform(0, 4)) if t == 'quint8' else -draw.uniform(0.5, 4)
    host = [f(low), f(low + draw.uniform(1, 9)), *filter_ranges(draw, channels, draw.chance(0.4))] + ([f(-draw.uniform(1, 20)), f(draw.uniform(1, 25))] if 'Requantize' in tail else [])
    return Case(op, [device, host], dict(attrs, Tinput=t, Tbias=tbias, Tsummand=out, out_type=out, Tdevice_outputs=[out], Thost_outputs=['float32', 'float32'], fused_ops=tail))


@row('QuantizedBatchNormWithGlobalNormalization')
def norm_of_codes(draw, op):
    c = draw.randint(1, 9)
    shape = (draw.randint(1, 3), draw.randint(1, 4), draw.randint(1, 4), c)

    def range_():
        low = -draw.uniform(0, 4)
        return [f(low), f(low + draw.uniform(4, 9))]
    inputs = [codes(draw, 'quint8', shape), *range_()]
    for i in range(4):  # mean, variance, beta, gamma
        inputs += [codes(draw, 'quint8', (c,)), *([f(0.0), f(draw.uniform(1, 9))] if i == 1 else range_())]
    return Case(op, inputs, dict(out_type='qint32', variance_epsilon=draw.one_of(0.1, 0.001), scale_after_normalization=draw.chance(0.5)))


@row('QuantizedConcatV2')
def concat_of_codes(draw, op):
    t, shape = draw.one_of('quint8', 'qint32', 'qint8'), sizes(draw, 1, 4, 100)
    axis, n = draw.randint(-len(shape), len(shape) - 1), draw.randint(1, 4)
    values, lows, highs = [], [], []
    for _ in range(n):
        part = list(shape)
        part[axis] = draw.randint(1, 4)
        values.append(elements(draw, t, part))
        low = draw.one_of(-1.0, 0.0, -draw.uniform(0, 4))
        lows.append(f(low))
        highs.append(f(draw.one_of(low + 2, low + draw.uniform(4, 9))))
    return Case(op, [values, index(draw, axis, shape=()), lows, highs])


@row('UniformQuantizedDot', 'UniformQuantizedDotHybrid')
def uniform_dots(draw, op):
    m, k, n = draw.randint(0, 9), draw.one_of(1, 3, 8, 17), draw.one_of(1, 4, 9)
    per_channel, hybrid = draw.chance(0.5), op.endswith('Hybrid')

    def scale(count):
        return [f(draw.uniform(0.1, 3)), draw.ints('int32', (), -20, 20)] if count == 0 else [lit('float32', draw.numpy.uniform(0.1, 3, count)), draw.ints('int32', (count,), -20, 20)]
    wide = per_channel and draw.chance(0.5)
    attrs = dict(rhs_quantization_axis=1 if per_channel else -1, rhs_quantization_min_val=-128, rhs_quantization_max_val=127, Tout='float32' if hybrid else 'qint32')
    rhs = codes(draw, 'qint8', (k, n))
    if hybrid:
        return Case(op, [floats(draw, 'float32', (m, k)), rhs, *scale(n if per_channel else 0)], attrs)
    attrs.update(lhs_quantization_min_val=-128, lhs_quantization_max_val=127, output_quantization_axis=1 if wide else -1,
                 output_quantization_min_val=draw.one_of(-2**31, -100), output_quantization_max_val=draw.one_of(2**31 - 1, 90))
    return Case(op, [codes(draw, 'qint8', (m, k)), rhs, *scale(0), *scale(n if per_channel else 0), *scale(n if wide else 0)], attrs)


@row('UniformQuantizedConvolution', 'UniformQuantizedConvolutionHybrid')
def uniform_convs(draw, op):
    dims, groups, hybrid = draw.one_of(1, 2, 2, 3), draw.one_of(1, 1, 2), op.endswith('Hybrid')
    window = tuple(draw.randint(1, 3) for _ in range(dims))
    size = tuple(draw.randint(w, 7) for w in window)
    depth, out = groups * draw.randint(1, 3), groups * draw.randint(1, 3)
    batch, batches = draw.one_of((2, 1), (1, 1), (2, 2)) if groups == 1 else (draw.randint(0, 2), 1)
    out *= batches
    per_channel = draw.chance(0.5)
    wide = per_channel and draw.chance(0.5)
    attrs = dict(padding=draw.one_of('SAME', 'VALID', 'EXPLICIT'), window_strides=[draw.randint(1, 3) for _ in window], lhs_dilation=[draw.one_of(1, 1, 2) for _ in window],
                 rhs_dilation=[1 if s < w * 2 else draw.one_of(1, 2) for w, s in zip(window, size)], feature_group_count=groups, batch_group_count=batches, dimension_numbers='',
                 rhs_quantization_axis=0 if per_channel else -1, rhs_quantization_min_val=-128, rhs_quantization_max_val=127, Tout='float32' if hybrid else 'qint32')
    if attrs['padding'] == 'EXPLICIT':
        attrs['explicit_padding'] = [draw.randint(0, 2) for _ in range(2 * dims)]

    def scale(count):
        return [f(draw.uniform(0.1, 3)), draw.ints('int32', (), -20, 20)] if count == 0 else [lit('float32', draw.numpy.uniform(0.1, 3, count)), draw.ints('int32', (count,), -20, 20)]
    lhs, rhs = (batch, depth) + size, codes(draw, 'qint8', (out, depth // groups) + window)
    if hybrid:
        return Case(op, [floats(draw, 'float32', lhs), rhs, *scale(out if per_channel else 0)], attrs)
    attrs.update(lhs_quantization_axis=-1, lhs_quantization_min_val=-128, lhs_quantization_max_val=127, output_quantization_axis=1 if wide else -1,
                 output_quantization_min_val=draw.one_of(-2**31, -100), output_quantization_max_val=draw.one_of(2**31 - 1, 90))
    return Case(op, [codes(draw, 'qint8', lhs), rhs, *scale(0), *scale(out if per_channel else 0), *scale(out if wide else 0)], attrs)
