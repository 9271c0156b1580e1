"""A second tester's rows: codes (quantised numbers), fake quantisation, uniform quantisation. Operators of oneDNN want TF_ENABLE_ONEDNN_OPTS=1."""
from second import *
from second_windows import frame, spread

ENDS = {'qint8': (-128, 127), 'quint8': (0, 255), 'qint16': (-32768, 32767), 'quint16': (0, 65535), 'qint32': (-2**31, 2**31 - 1)}


def span(draw, shape=(), low=None, high=None):
    a = -draw.numpy.uniform(0, low or 5, shape)
    return [lit('float32', a), lit('float32', draw.numpy.uniform(0.01, high or 7, shape))]


@tests('QuantizeV2', 'Dequantize', 'QuantizeAndDequantize', 'QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV3', 'QuantizeAndDequantizeV4', 'QuantizeAndDequantizeV4Grad', 'FakeQuantWithMinMaxArgs',
       'FakeQuantWithMinMaxVars', 'FakeQuantWithMinMaxVarsPerChannel', 'FakeQuantWithMinMaxArgsGradient', 'FakeQuantWithMinMaxVarsGradient', 'FakeQuantWithMinMaxVarsPerChannelGradient')
def quantise(draw, op):
    shape = dims(draw, 1, 4, 200, 0.03)
    kind = draw.one_of('calm', 'small', 'vast')
    if op.startswith('FakeQuant'):
        ends = span(draw, shape[-1:] if 'Channel' in op else ())
        attrs = dict(num_bits=draw.randint(2, 16), narrow_range=draw.chance(0.5))
        if 'Args' in op:
            attrs.update(min=float(ends[0].array), max=float(ends[1].array))
            ends = []
        xs = [numbers(draw, 'float32', shape, kind)] * (2 if 'Gradient' in op else 1)
        return Case(op, xs + ends, attrs)
    if op == 'QuantizeV2':
        t, axis = a_type(draw, op), draw.one_of(-1, -1, draw.randrange(len(shape)))
        mode = draw.one_of('MIN_COMBINED', 'MIN_FIRST', 'SCALED')
        return Case(op, [numbers(draw, 'float32', shape, kind)] + span(draw, (shape[axis],) if axis >= 0 else ()),
                    dict(T=t, mode=mode, axis=axis, round_mode=draw.one_of('HALF_TO_EVEN', 'HALF_AWAY_FROM_ZERO') if mode == 'SCALED' else 'HALF_AWAY_FROM_ZERO', narrow_range=draw.chance(0.5),
                         ensure_minimum_range=draw.one_of(0.01, 0.0, 2.0)))
    if op == 'Dequantize':
        t, axis = a_type(draw, op), draw.one_of(-1, -1, draw.randrange(len(shape)))
        return Case(op, [numbers(draw, t, shape)] + span(draw, (shape[axis],) if axis >= 0 else ()),
                    dict(mode=draw.one_of('MIN_COMBINED', 'MIN_FIRST', 'SCALED'), axis=axis, narrow_range=draw.chance(0.5), dtype=draw.one_of('float32', 'bfloat16')))
    t = a_type(draw, op)
    axis = draw.one_of(-1, -1, draw.randrange(len(shape)))
    ends = [Literal(e.dtype, e.array) for e in span(draw)]
    ends = [lit(t, e.array, ()) for e in ends]
    if axis >= 0:
        ends = [lit(t, np.full((shape[axis],), float(e.array))) for e in ends]
    attrs = fill(draw, op, num_bits=draw.one_of(2, 4, 8, 15), axis=axis, range_given=draw.chance(0.6) and axis < 0)
    if op == 'QuantizeAndDequantize':
        return Case(op, [numbers(draw, t, shape, kind)], fill(draw, op, num_bits=8, input_min=-2.0, input_max=3.0), producer=20)
    if op == 'QuantizeAndDequantizeV4Grad':
        return Case(op, [numbers(draw, t, shape, 'calm'), numbers(draw, t, shape, 'calm')] + ends, dict(axis=-1))
    if op == 'QuantizeAndDequantizeV3':
        attrs.pop('num_bits', None)
        return Case(op, [numbers(draw, t, shape, kind)] + ends + [one('int32', draw.one_of(2, 4, 8, 15))], attrs)
    return Case(op, [numbers(draw, t, shape, kind)] + ends, attrs)


@tests('Requantize', 'RequantizationRange', 'QuantizeDownAndShrinkRange', 'RequantizePerChannel', 'RequantizationRangePerChannel', 'QuantizedRelu', 'QuantizedRelu6', 'QuantizedReluX', 'QuantizedReshape',
       'QuantizedMaxPool', 'QuantizedAvgPool', 'QuantizedBiasAdd', 'QuantizedConcat', 'QuantizedConcatV2', 'QuantizedAdd', 'QuantizedMul', 'QuantizedMatMul', 'QuantizedInstanceNorm', 'QuantizedConv2D',
       'QuantizedBatchNormWithGlobalNormalization')
def codes(draw, op):
    shape = dims(draw, 1, 4, 200, 0.03)
    ends = span(draw)
    sums = lambda s: Literal('qint32', np.asarray(draw.numpy.randint(-60000, 60000, s)).astype(np.int32).reshape(s))
    if op in ('Requantize', 'RequantizationRange', 'QuantizeDownAndShrinkRange'):
        tail = span(draw) if op == 'Requantize' else []
        wide = span(draw, (), 900, 900)
        return Case(op, [sums(shape)] + wide + tail, dict(out_type=a_type(draw, op, 'out_type')) if has(op, 'out_type') else {})
    if op.endswith('PerChannel'):
        wide = span(draw, shape[-1:], 900, 900)
        if op[:3] == 'Req' and op.startswith('RequantizationRange'):
            return Case(op, [sums(shape)] + wide, dict(clip_value_max=draw.one_of(6.0, 1e4)))
        return Case(op, [sums(shape)] + wide + span(draw), dict(out_type=draw.one_of('qint8', 'quint8')))
    t = a_type(draw, op)
    if op.startswith('QuantizedRelu'):
        return Case(op, [numbers(draw, a_type(draw, op, 'Tinput'), shape)] + ([one('float32', draw.one_of(0.5, 6.0))] if op.endswith('X') else []) + ends, dict(out_type=a_type(draw, op, 'out_type')))
    if op == 'QuantizedReshape':
        return Case(op, [numbers(draw, t, shape), lit(draw.one_of('int32', 'int64'), draw.one_of([-1], [1, -1], list(shape)))] + ends)
    if op in ('QuantizedMaxPool', 'QuantizedAvgPool'):
        size, k, s, _, padding, _, _ = frame(draw, 2, False, False)
        if any(a > b for a, b in zip(k, size)):
            return codes(draw, op)
        return Case(op, [numbers(draw, t, (draw.randint(1, 2), *size, draw.one_of(1, 3, 16)))] + ends, dict(ksize=spread(k), strides=spread([s[0]] * 2), padding=padding))
    if op == 'QuantizedBiasAdd':
        u, v = a_type(draw, op, 'T1'), a_type(draw, op, 'T2')
        return Case(op, [numbers(draw, u, shape), numbers(draw, v, shape[-1:])] + ends + span(draw), dict(out_type='qint32'))
    if op in ('QuantizedConcat', 'QuantizedConcatV2'):
        rank, axis = len(shape), draw.randrange(len(shape))
        parts = [shape[:axis] + (draw.randint(1, 4),) + shape[axis + 1:] for _ in range(draw.randint(2, 4))]
        spans = [span(draw) for _ in parts]
        at = one('int32', axis)
        xs = [numbers(draw, t, p) for p in parts]
        lows, highs = [s[0] for s in spans], [s[1] for s in spans]
        return Case(op, [at, xs, lows, highs] if op == 'QuantizedConcat' else [xs, at, lows, highs])
    if op in ('QuantizedAdd', 'QuantizedMul'):
        other = draw.one_of(shape, (), shape[-1:])
        return Case(op, [numbers(draw, 'quint8', shape), numbers(draw, 'quint8', other)] + ends + span(draw), dict(Toutput='qint32'))
    if op == 'QuantizedMatMul':
        m, k, n = (draw.one_of(0, 1, 2, 3, 7, 16, 19) for _ in range(3))
        ta, tb = draw.chance(0.5), draw.chance(0.5)
        return Case(op, [numbers(draw, 'quint8', (k, m) if ta else (m, k)), numbers(draw, 'quint8', (n, k) if tb else (k, n))] + ends + span(draw), dict(Toutput='qint32', transpose_a=ta, transpose_b=tb))
    if op == 'QuantizedInstanceNorm':
        return Case(op, [numbers(draw, 'quint8', (draw.randint(1, 2), draw.randint(1, 5), draw.randint(2, 5), draw.one_of(1, 4, 8, 19)))] + ends,
                    fill(draw, op, given_y_min=draw.one_of(-1.0, 0.0), given_y_max=draw.one_of(1.0, 4.0), variance_epsilon=draw.one_of(1e-5, 0.1), min_separation=draw.one_of(1e-3, 3.0)))
    if op == 'QuantizedConv2D':
        size, k, s, _, padding, _, _ = frame(draw, 2, False, False)
        if any(a > b for a, b in zip(k, size)):
            return codes(draw, op)
        c = draw.randint(1, 4)
        return Case(op, [numbers(draw, 'quint8', (draw.randint(1, 2), *size, c)), numbers(draw, 'quint8', (*k, c, draw.randint(1, 5)))] + ends + span(draw),
                    dict(out_type='qint32', strides=spread([s[0]] * 2), padding=padding))
    c = draw.randint(1, 4)
    return Case(op, [numbers(draw, 'quint8', (1, draw.randint(1, 4), draw.randint(1, 4), c))] + ends + [v for k in range(4) for v in [numbers(draw, 'quint8', (c,))] + (span(draw) if k != 1 else [one('float32', 0.0), one('float32', draw.uniform(1, 5))])],
                dict(out_type='qint32', variance_epsilon=draw.one_of(1e-3, 0.1), scale_after_normalization=draw.chance(0.5)))


@tests('UniformQuantize', 'UniformDequantize', 'UniformRequantize', 'UniformQuantizedAdd', 'UniformQuantizedClipByValue', 'UniformQuantizedDot', 'UniformQuantizedDotHybrid', 'UniformQuantizedConvolution',
       'UniformQuantizedConvolutionHybrid')
def uniform_codes(draw, op):
    shape = dims(draw, 1, 4, 100, 0.03)
    axis = draw.one_of(-1, draw.randrange(len(shape)))
    scale = lambda d: uniform(draw, 'float32', d, 0.01, 2)
    zero = lambda d: ids(draw, d, -30, 30, 'int32')
    d = (shape[axis],) if axis >= 0 else ()

    def ends(t):
        low, high = ENDS[t]
        return draw.one_of((low, high), (low + (t == 'qint8'), high))
    if op in ('UniformQuantize', 'UniformDequantize'):
        t = a_type(draw, op, 'Tout' if op == 'UniformQuantize' else 'Tin')
        low, high = ends(t)
        x = numbers(draw, 'float32', shape, draw.one_of('calm', 'vast', 'small')) if op == 'UniformQuantize' else numbers(draw, t, shape)
        return Case(op, [x, scale(d), zero(d)], dict(Tout=t if op == 'UniformQuantize' else 'float32', quantization_axis=axis, quantization_min_val=low, quantization_max_val=high))
    if op == 'UniformRequantize':
        t, u = draw.one_of('qint8', 'qint32'), draw.one_of('qint8', 'qint32')
        out = draw.one_of(-1, axis)
        e = (shape[out],) if out >= 0 else ()
        (a, b), (c, f) = ENDS[t], ends(u)
        return Case(op, [numbers(draw, t, shape), scale(d), zero(d), scale(e), zero(e)], dict(Tout=u, input_quantization_axis=axis, input_quantization_min_val=a, input_quantization_max_val=b,
                    output_quantization_axis=out, output_quantization_min_val=c, output_quantization_max_val=f))
    a, b = ENDS['qint32']
    if op == 'UniformQuantizedClipByValue':
        return Case(op, [numbers(draw, 'qint32', shape), ids_as(draw, 'qint32', d, -5000, 0), ids_as(draw, 'qint32', d, 0, 5000), scale(d), zero(d)],
                    dict(quantization_axis=axis, quantization_min_val=a, quantization_max_val=b))
    if op == 'UniformQuantizedAdd':
        other = draw.one_of(shape, shape[-1:], ())
        return Case(op, [numbers(draw, 'qint32', shape), numbers(draw, 'qint32', other)] + [f(()) for _ in range(3) for f in (scale, zero)],
                    {f'{s}_quantization_{w}': v for s in ('lhs', 'rhs', 'output') for w, v in (('min_val', a), ('max_val', b))})
    eight = dict(rhs_quantization_min_val=draw.one_of(-128, -127), rhs_quantization_max_val=127)
    full = dict(eight, lhs_quantization_min_val=-128, lhs_quantization_max_val=127, output_quantization_min_val=a, output_quantization_max_val=b)
    n = draw.randint(1, 6)
    per = draw.chance(0.5)
    if op.startswith('UniformQuantizedDot'):
        m, k = draw.randint(1, 5), draw.randint(1, 9)
        p = (n,) if per else ()
        rhs = numbers(draw, 'qint8', (k, n))
        if op.endswith('Hybrid'):
            return Case(op, [numbers(draw, 'float32', (m, k), 'calm'), rhs, scale(p), zero(p)], dict(eight, Tout='float32', rhs_quantization_axis=1 if per else -1))
        q = p if draw.chance(0.5) else ()
        out_zero = zero(q)
        return Case(op, [numbers(draw, 'qint8', (m, k)), rhs, scale(()), zero(()), scale(p), Literal('int32', np.zeros(p, np.int32)) if per and draw.chance(0.5) else zero(p), scale(q), out_zero],
                    dict(full, Tout='qint32', rhs_quantization_axis=1 if per else -1, output_quantization_axis=1 if q else -1))
    rank = draw.randint(1, 2)
    groups = draw.one_of(1, 1, 2)
    c, f = draw.randint(1, 3), draw.randint(1, 3) * groups
    size, k = [draw.randint(4, 7) for _ in range(rank)], [draw.randint(1, 3) for _ in range(rank)]
    padding = draw.one_of('SAME', 'VALID', 'EXPLICIT')
    numbers_ = tf.compat.v1.AttrValue  # dimension_numbers: by default batch and features first
    attrs = dict(window_strides=[draw.randint(1, 2) for _ in range(rank)] if draw.chance(0.7) else [], padding=padding, explicit_padding=[draw.randint(0, 2) for _ in range(2 * rank)] if padding == 'EXPLICIT' else [],
                 lhs_dilation=[draw.randint(1, 2) for _ in range(rank)] if draw.chance(0.4) and not op.endswith('Hybrid') and padding != 'SAME' else [], rhs_dilation=[draw.randint(1, 2) for _ in range(rank)] if draw.chance(0.4) else [],
                 batch_group_count=1, feature_group_count=groups, dimension_numbers='')
    p = (f,) if per else ()
    w = numbers(draw, 'qint8', (f, c, *k))
    x = (draw.randint(1, 2), c * groups, *size)
    if op.endswith('Hybrid'):
        return Case(op, [numbers(draw, 'float32', x, 'calm'), w, scale(p), zero(p)], dict(attrs, **eight, Tout='float32', rhs_quantization_axis=0 if per else -1))
    q = p if draw.chance(0.5) else ()
    return Case(op, [numbers(draw, 'qint8', x), w, scale(()), zero(()), scale(p), zero(p), scale(q), zero(q)], dict(attrs, **full, Tout='qint32', rhs_quantization_axis=0 if per else -1, output_quantization_axis=1 if q else -1))


def ids_as(draw, t, shape, low, high):
    return Literal(t, np.asarray(draw.numpy.randint(low, high, shape)).astype(numpy_dtype(t)).reshape(shape))


CONVS = [f'Quantized{d}Conv2D{b}' for d in ('', 'Depthwise') for b in ('WithBias', 'WithBiasAndRelu', 'WithBiasAndReluAndRequantize', 'AndRequantize', 'WithBiasAndRequantize', 'PerChannel', 'AndRelu', 'AndReluAndRequantize',
         'WithBiasSumAndRelu', 'WithBiasSumAndReluAndRequantize', 'WithBiasSignedSumAndReluAndRequantize', '')]
CONVS = [c for c in CONVS if op_def_registry.get(c) and c not in ('QuantizedConv2D',)]


@tests(*CONVS)
def fused_codes(draw, op):
    size, k, s, _, padding, _, out = frame(draw, 2, False, False)
    if any(a > b for a, b in zip(k, size)):
        return fused_codes(draw, op)
    s = [s[0]] * 2
    out = [-(-z // s[0]) if padding == 'SAME' else (z - w) // s[0] + 1 for z, w in zip(size, k)]
    deep = 'Depthwise' in op
    c, f = draw.randint(1, 4), 1 if deep else draw.randint(1, 6)
    channels = c if deep else f
    spec = op_def_registry.get(op)
    inputs, attrs = [], dict(strides=spread(s), padding=padding)
    per = draw.chance(0.5) and ('Requantize' in op or 'PerChannel' in op or deep)
    x_type, out_type = a_type(draw, op, 'Tinput'), a_type(draw, op, 'out_type')
    if out_type in ('quint8', 'qint8') and 'Relu' in op:
        out_type = 'quint8'
    for arg in spec.input_arg:
        if arg.name == 'input':
            inputs.append(numbers(draw, x_type, (draw.randint(1, 2), *size, c)))
        elif arg.name == 'filter':
            inputs.append(const(numbers(draw, 'qint8', (*k, c, f))))
        elif arg.name == 'bias':
            t = draw.choice([v for v in allowed(op, 'Tbias')] or ['float32'])
            inputs.append(uniform(draw, 'float32', (channels,), -3, 3) if t == 'float32' else ids_as(draw, 'qint32', (channels,), -500, 500))
        elif arg.name == 'summand':
            t = 'qint32'
            t = 'qint32' if 'Requantize' not in op else 'qint8' if 'Signed' in op else 'quint8'
            inputs.append(ids_as(draw, t, (inputs[0].array.shape[0], *out, channels), *ENDS[t][:2]) if t != 'qint32' else ids_as(draw, t, (inputs[0].array.shape[0], *out, channels), -3000, 3000))
        elif 'filter' in arg.name:
            inputs.append(lit('float32', draw.numpy.uniform(0.1, 2, (channels,) if per else ()) * (-1 if arg.name.startswith('min') else 1)))
        else:
            low = 0.0 if x_type == 'quint8' and arg.name == 'min_input' else None
            inputs.append(one('float32', (-draw.uniform(0.1, 6) if low is None else 0.0) if arg.name.startswith('min') else draw.uniform(0.5, 9)))
    attrs['out_type'] = out_type if 'Requantize' in op else 'qint32'
    return Case(op, inputs, attrs)


@tests('QuantizedMatMulWithBias', 'QuantizedMatMulWithBiasAndDequantize', 'QuantizedMatMulWithBiasAndRelu', 'QuantizedMatMulWithBiasAndReluAndRequantize', 'QuantizedMatMulWithBiasAndRequantize')
def fused_products(draw, op):
    m, k, n = draw.randint(1, 5), draw.randint(1, 17), draw.randint(1, 9)
    ta, tb = draw.chance(0.4), draw.chance(0.4)
    t = draw.one_of('quint8', 'qint8') if 'MIN' in op else draw.choice(allowed(op, 'T1') or ('quint8',))
    bias = draw.one_of('float32', 'qint32')
    inputs = [numbers(draw, t, (k, m) if ta else (m, k)), const(numbers(draw, 'qint8', (n, k) if tb else (k, n))), uniform(draw, 'float32', (n,), -3, 3) if bias == 'float32' else ids_as(draw, 'qint32', (n,), -500, 500)]
    inputs += span(draw) + [lit('float32', -1.0, ()), lit('float32', 1.0, ())]
    spec = op_def_registry.get(op)
    inputs += span(draw) if len(spec.input_arg) > 7 else []
    kinds = {a.name for a in spec.attr}
    attrs = dict(transpose_a=ta, transpose_b=tb)
    mode = draw.one_of('MIN_FIRST', 'SCALED')
    if 'input_quant_mode' in kinds:
        attrs['input_quant_mode'] = mode
    if 'Toutput' in kinds:
        attrs['Toutput'] = draw.choice(allowed(op, 'Toutput') or ('qint32',))
    return Case(op, inputs, attrs)
