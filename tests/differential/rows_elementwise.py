"""Rows of elementwise operators, casts, comparisons, and gradients of activations."""
from rows import *

UNARY = '''Abs Acos Acosh Angle Asin Asinh Atan Atanh BesselI0 BesselI0e BesselI1 BesselI1e BesselJ0 BesselJ1 BesselK0 BesselK0e BesselK1
BesselK1e BesselY0 BesselY1 Ceil ComplexAbs Conj Cos Cosh Dawsn Digamma Elu Erf Erfc Erfinv Exp Expint Expm1 Floor FresnelCos FresnelSin
Identity Imag Inv Invert IsFinite IsInf IsNan L2Loss LeakyRelu Lgamma Log Log1p LogicalNot Ndtri Neg OnesLike PopulationCount Real
Reciprocal Relu Relu6 Rint Round Rsqrt Selu Sigmoid Sign Sin Sinh Softplus Softsign Spence Sqrt Square StopGradient PreventGradient Snapshot Tan
Tanh ZerosLike CheckNumerics CheckNumericsV2 DebugGradientIdentity DeepCopy GuaranteeConst'''.split()
BINARY = '''Add AddV2 ApproximateEqual Atan2 BitwiseAnd BitwiseOr BitwiseXor Complex Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual
Igamma IgammaGradA Igammac LeftShift Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mod Mul MulNoNan NextAfter NotEqual Polygamma Pow
RealDiv RightShift SquaredDifference Sub TruncateDiv TruncateMod Xdivy Xlog1py Xlogy Zeta'''.split()
SAME_SHAPE = '''EluGrad InvGrad LeakyReluGrad ReciprocalGrad Relu6Grad ReluGrad RsqrtGrad SeluGrad SigmoidGrad SoftplusGrad SoftsignGrad
SqrtGrad TanhGrad'''.split()


@row(*UNARY)
def unary(draw, op):
    spec = op_def_registry.get(op)
    attrs = {}
    for a in spec.attr:
        if a.name == 'Tout':
            continue
        if a.name == 'alpha':
            attrs['alpha'] = draw.one_of(0.2, 0.0, 1.0, -0.3, 2.5)
        if a.name == 'message':
            attrs['message'] = 'here'
    t = dtype(draw, op) if any(a.name == 'T' for a in spec.attr) else 'bool'
    if op in ('Real', 'Imag', 'Angle', 'ComplexAbs'):
        attrs['Tout'] = 'float32' if t == 'complex64' else 'float64'
    mood = draw.one_of('plain', 'ties', 'unit') if op.startswith('CheckNumerics') and draw.chance(0.7) else None
    # Far from 0, sines of float16's and bfloat16's own arguments are noise, as is a gamma near its poles.
    if op in ('Digamma', 'Lgamma', 'Tan') and t in FLOATS:
        mood = draw.one_of('plain', 'ties', 'unit')
    if op == 'L2Loss':
        mood = 'plain'
    return Case(op, [elements(draw, t, sizes(draw), mood)], attrs)


@row(*BINARY)
def binary(draw, op):
    t = 'bool' if op.startswith('Logical') else dtype(draw, op)
    a, b = two_sides(draw)
    if op == 'ApproximateEqual':
        shape = sizes(draw)
        return Case(op, [elements(draw, t, shape, 'ties'), elements(draw, t, shape, 'ties')], dict(tolerance=draw.one_of(1e-5, 0.5, 1.0)))
    attrs = {}
    if op == 'Complex':
        attrs['Tout'] = 'complex64' if t == 'float32' else 'complex128'
    if op in ('Equal', 'NotEqual'):
        attrs['incompatible_shape_error'] = draw.chance(0.8)
        if draw.chance(0.1):
            b = sizes(draw)
    x, y = elements(draw, t, a), elements(draw, t, b)
    if op in ('LeftShift', 'RightShift'):
        y = elements(draw, t, b, draw.one_of('plain', 'edges'))
    if op == 'Pow' and t not in FLOATS and t not in COMPLEX:
        y = elements(draw, t, b, 'plain')
        if draw.chance(0.8):
            y = Literal(t, np.abs(y.array))
    if op in ('Igamma', 'Igammac', 'IgammaGradA', 'Zeta', 'Polygamma'):
        x, y = (Literal(t, np.abs(elements(draw, t, s, draw.one_of('plain', 'unit')).array)) for s in (a, b))
        if op == 'Polygamma':
            x = Literal(t, np.floor(x.array))
    return Case(op, [x, y], attrs)


@row(*SAME_SHAPE)
def gradients(draw, op):
    t, shape = dtype(draw, op), sizes(draw)
    attrs = dict(alpha=draw.one_of(0.2, 0.5, 1.5)) if op == 'LeakyReluGrad' else {}
    other = shape if draw.chance(0.93) else sizes(draw)
    mood = None if op in ('ReluGrad', 'Relu6Grad', 'LeakyReluGrad') else draw.one_of('plain', 'ties', 'unit')
    return Case(op, [elements(draw, t, shape, mood), elements(draw, t, other, mood)], attrs)


@row('Cast')
def cast(draw, op):
    kinds = FLOATS + ['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'complex64', 'complex128']
    source, target = draw.choice(kinds), draw.choice(kinds)
    shape = sizes(draw)
    mood = None
    if source in FLOATS + COMPLEX and target not in FLOATS + COMPLEX + ['bool']:
        mood = draw.one_of('plain', 'ties', 'unit')  # C++ leaves the rest open
    return Case(op, [elements(draw, source, shape, mood)], dict(DstT=target, Truncate=draw.chance(0.3)))


@row('Bitcast')
def bitcast(draw, op):
    kinds = dtypes('Bitcast')
    source, target = draw.choice(kinds), draw.choice(kinds)
    a, b = numpy_dtype(source).itemsize, numpy_dtype(target).itemsize
    shape = sizes(draw, 0, 5)
    if a < b and draw.chance(0.9):
        shape = shape + (b // a,)
    return Case(op, [elements(draw, source, shape)], dict(type=target))


@row('ClipByValue')
def clip(draw, op):
    t, shape = dtype(draw, op), sizes(draw)
    low, high = (() if draw.chance(0.6) else shape), (() if draw.chance(0.6) else shape)
    return Case(op, [elements(draw, t, shape), elements(draw, t, low, 'ties'), elements(draw, t, high, 'plain')])


@row('Betainc')
def betainc(draw, op):
    t, shape = dtype(draw, op), sizes(draw, 0, 4)
    return Case(op, [floats(draw, t, () if draw.chance(0.3) else shape, 0.1, 5), floats(draw, t, () if draw.chance(0.3) else shape, 0.1, 5),
                     floats(draw, t, shape, 0, 1)])


@row('AddN', 'AccumulateNV2')
def add_n(draw, op):
    t, shape = dtype(draw, 'AddN', but=('variant',)), sizes(draw)
    parts = [elements(draw, t, shape) for _ in range(draw.one_of(1, 2, 3, 5, 8, 9, 13))]
    return Case(op, [parts], dict(shape=shape) if op == 'AccumulateNV2' else {})


@row('Select', 'SelectV2')
def select(draw, op):
    t = draw.one_of('float32', 'float16', 'bfloat16', 'int8', 'uint16', 'uint32', 'int64', 'complex128', 'bool', 'string')
    a, b = two_sides(draw)
    full = np.broadcast_shapes(a, b)
    if op == 'Select':
        a = b = full
        c = draw.one_of(full, full[:1], ())
    else:
        c = tuple(1 if draw.chance(0.4) else d for d in full)[draw.randint(0, len(full)) if draw.chance(0.3) else 0:]
    return Case(op, [elements(draw, 'bool', c), elements(draw, t, a), elements(draw, t, b)])


@row('BiasAdd', 'BiasAddV1', 'BiasAddGrad')
def bias(draw, op):
    t = dtype(draw, op)
    shape = sizes(draw, 2, 6)
    attrs = {}
    channel = -1
    if op != 'BiasAddV1':
        attrs['data_format'] = draw.one_of('NHWC', 'NCHW')
        channel = -1 if attrs['data_format'] == 'NHWC' else 1 if len(shape) < 7 else -3
    x = elements(draw, t, shape, 'plain')
    return Case(op, [x] if op == 'BiasAddGrad' else [x, elements(draw, t, (shape[channel],))], attrs)


@row('Softmax', 'LogSoftmax')
def softmax(draw, op):
    return Case(op, [elements(draw, dtype(draw, op), sizes(draw, 0 if draw.chance(0.05) else 1, 6), draw.one_of('plain', 'wide', 'ties'))])


@row('SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits')
def cross_entropy(draw, op):
    t = dtype(draw, op)
    batch, classes = draw.one_of(0, 1, 2, 5, 9), draw.one_of(1, 2, 5, 17, 33)
    logits = elements(draw, t, (batch, classes), draw.one_of('plain', 'wide'))
    if op.startswith('Sparse'):
        kind = draw.one_of('int32', 'int64')
        return Case(op, [logits, draw.ints(kind, (batch,), 0, classes - 1 + draw.chance(0.05))])
    shape = (draw.one_of(1, batch), classes) if draw.chance(0.3) else (batch, classes)
    return Case(op, [logits, floats(draw, t, shape, 0, 1)])


@row('FakeQuantWithMinMaxArgs', 'FakeQuantWithMinMaxArgsGradient', 'FakeQuantWithMinMaxVars', 'FakeQuantWithMinMaxVarsGradient',
     'FakeQuantWithMinMaxVarsPerChannel', 'FakeQuantWithMinMaxVarsPerChannelGradient')
def fake_quant(draw, op):
    channel = 'PerChannel' in op
    shape = sizes(draw, 1 if channel else 0, 4)
    attrs = dict(num_bits=draw.randint(2, 16), narrow_range=draw.chance(0.5))
    low, high = draw.uniform(-4, 1), draw.uniform(1.1, 5)
    x = [elements(draw, 'float32', shape, draw.one_of('plain', 'wide', 'ties', 'unit'))]
    if op.endswith('Gradient'):
        x = [elements(draw, 'float32', shape, 'plain')] + x
    if 'Args' in op:
        attrs.update(min=low, max=high)
        return Case(op, x, attrs)
    d = (shape[-1],) if channel else ()
    return Case(op, x + [floats(draw, 'float32', d, low, low + 0.5), floats(draw, 'float32', d, high, high + 1)], attrs)


@row('QuantizeAndDequantize', 'QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV3', 'QuantizeAndDequantizeV4', 'QuantizeAndDequantizeV4Grad')
def quantize_dequantize(draw, op):
    t = dtype(draw, op)
    shape = sizes(draw, 1, 4)
    attrs = dict(signed_input=draw.chance(0.6), range_given=draw.chance(0.6), num_bits=draw.one_of(8, 8, 4, 2, 16, 1))
    axis = draw.one_of(-1, -1, draw.randint(0, len(shape) - 1))
    d = (shape[axis],) if axis >= 0 else ()
    x = elements(draw, t, shape, draw.one_of('plain', 'wide', 'ties'))
    low, high = floats(draw, t, d, -3, -0.5), floats(draw, t, d, 0.5, 4)
    if op == 'QuantizeAndDequantize':
        return Case(op, [x], dict(attrs, input_min=-2.0, input_max=1.5))
    if op.endswith('Grad'):
        return Case(op, [elements(draw, t, shape, 'plain'), x, low, high], dict(axis=axis))
    attrs.update(narrow_range=draw.chance(0.4), axis=axis)
    if op == 'QuantizeAndDequantizeV3':
        return Case(op, [x, low, high, lit('int32', attrs.pop('num_bits'), ())], attrs)
    return Case(op, [x, low, high], dict(attrs, round_mode=draw.one_of('HALF_TO_EVEN', 'HALF_UP')))


@row('Bucketize')
def bucketize(draw, op):
    t = dtype(draw, op)
    return Case(op, [elements(draw, t, sizes(draw))], dict(boundaries=sorted(draw.one_of(-1.5, 0.0, 0.5, 2.0, 7.5, 1.0) for _ in range(draw.randint(0, 5)))))


@row('AsString')
def as_string(draw, op):
    t = dtype(draw, op)
    attrs = dict(width=draw.one_of(-1, 5, 12), fill=draw.one_of('', ' ', '0', '-', '+') if draw.chance(0.7) else '#')
    if t in FLOATS + COMPLEX:
        attrs.update(precision=draw.one_of(-1, 0, 3, 9), scientific=draw.chance(0.3), shortest=draw.chance(0.2))
    return Case(op, [elements(draw, t, sizes(draw, 0, 3, 60))], attrs)
