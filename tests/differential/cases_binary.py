"""Functions of two or three elements with broadcasting: arithmetic, division, comparisons, logic, bits, selection."""
from draw import *
from cases_dsl import FLOATS, INTS, UNSIGNED_INTS, kernel_dtypes

ARITHMETIC = ['Add', 'AddV2', 'Sub', 'Mul', 'MulNoNan', 'SquaredDifference', 'Maximum', 'Minimum', 'Div', 'RealDiv', 'TruncateDiv',
              'FloorDiv', 'DivNoNan', 'Mod', 'TruncateMod', 'FloorMod', 'Pow', 'Atan2', 'NextAfter', 'Xdivy', 'Xlogy', 'Xlog1py',
              'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'LeftShift', 'RightShift', 'Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater',
              'GreaterEqual', 'Complex', 'ApproximateEqual', 'Igamma', 'Igammac', 'IgammaGradA', 'Zeta', 'Polygamma']
GRADIENTS = ['InvGrad', 'ReciprocalGrad', 'RsqrtGrad', 'SqrtGrad', 'SigmoidGrad', 'TanhGrad', 'ReluGrad', 'Relu6Grad', 'EluGrad',
             'SeluGrad', 'SoftplusGrad', 'SoftsignGrad', 'LeakyReluGrad']


def operand(draw, op, t, shape, second):
    if t in INTS:
        info = np.iinfo(numpy_dtype(t))
        if op in ('LeftShift', 'RightShift') and second:
            return draw.tensor(t, shape, 0 if t in UNSIGNED_INTS else -3, info.bits + 3, edges=0.1)
        if op == 'Pow':
            return draw.tensor(t, shape, -1 if second and draw.chance(0.1) and t not in UNSIGNED_INTS else 0, 5)
        if second and op in ('Div', 'TruncateDiv', 'FloorDiv', 'Mod', 'TruncateMod', 'FloorMod', 'RealDiv'):
            return draw.tensor(t, shape, 1 if draw.chance(0.7) else -5 if t not in UNSIGNED_INTS else 0, 9, edges=0.1)
        wide = draw.chance(0.4)
        return draw.tensor(t, shape, max(info.min, -2**62) if wide else None, min(info.max, 2**62) if wide else None, edges=0.4)
    if op in ('Igamma', 'Igammac', 'IgammaGradA'):
        return draw.tensor(t, shape, 0.2, 8)
    if op == 'Zeta':
        return draw.tensor(t, shape, 1.2, 6)
    if op == 'Polygamma':
        return lit(t, np.floor(draw.numpy.uniform(0, 4, shape))) if not second else draw.tensor(t, shape, 0.3, 8)
    return draw.tensor(t, shape, edges=0.3)


def case(draw):
    kind = draw.random()
    if kind < 0.1:
        op = draw.one_of(*GRADIENTS)
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0, 6, 5)
        return Case(op, [draw.tensor(t, shape, edges=0.2), draw.tensor(t, shape, edges=0.2)],
                    dict(alpha=draw.one_of(0.2, 0.0, 1.5, -0.3)) if op == 'LeakyReluGrad' else {})
    if kind < 0.14:
        op = draw.one_of('LogicalAnd', 'LogicalOr')
        shape = draw.shape(0, 8, 4)
        return Case(op, [draw.tensor('bool', shape), draw.tensor('bool', draw.broadcastable(shape))])
    if kind < 0.22:
        return selection(draw)
    op = draw.one_of(*ARITHMETIC)
    t = draw.one_of(*kernel_dtypes(op))
    full = draw.shape(0, 8 if draw.chance(0.3) else 5, 4) if draw.chance(0.8) else draw.shape(1, 2, 60)
    a, b = full, draw.broadcastable(full)
    if draw.chance(0.3):
        a = draw.broadcastable(full)
    if draw.chance(0.5):
        a, b = b, a
    if draw.chance(0.03):
        b = b + (3,)
    if op == 'ApproximateEqual':
        b = a
    x, y = operand(draw, op, t, a, False), operand(draw, op, t, b, True)
    attrs = {}
    if op in ('Equal', 'NotEqual') and draw.chance(0.3):
        attrs = dict(incompatible_shape_error=draw.chance(0.5))
    if op == 'ApproximateEqual' and draw.chance(0.7):
        attrs = dict(tolerance=draw.one_of(0.1, 1.0, 1e-5))
    if op == 'Complex':
        attrs = dict(Tout={'float32': 'complex64', 'float64': 'complex128'}[t])
    return Case(op, [x, y], attrs)


def selection(draw):
    op = draw.one_of('Select', 'SelectV2', 'ClipByValue', 'Betainc')
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 6, 4)
    if op == 'Select':
        condition = draw.one_of(shape, (), shape[:1], draw.shape(0, 2))
        return Case(op, [draw.tensor('bool', condition), draw.tensor(t, shape), draw.tensor(t, shape)])
    if op == 'SelectV2':
        parts = [draw.broadcastable(shape) for _ in range(3)]
        return Case(op, [draw.tensor('bool', parts[0]), draw.tensor(t, parts[1]), draw.tensor(t, parts[2])])
    if op == 'ClipByValue':
        one = draw.one_of((), shape)
        two = draw.one_of((), shape)
        return Case(op, [draw.tensor(t, shape, edges=0.3), draw.tensor(t, one, 0, 3), draw.tensor(t, two, 4, 8)])
    parts = [shape if draw.chance(0.7) else () for _ in range(3)]
    return Case(op, [draw.tensor(t, parts[0], 0.3, 5), draw.tensor(t, parts[1], 0.3, 5), draw.tensor(t, parts[2], 0, 1)])
