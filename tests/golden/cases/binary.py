"""z = f(x, y) with broadcasting: arithmetic, division, powers, bits, shifts."""
from cases_dsl import *

PAIRS = [
    ((3, 4), (3, 4)), ((3, 4), ()), ((), (3, 4)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((2, 3, 4), (2, 1, 4)),
    ((2, 1, 3, 1, 2), (1, 2, 1, 3, 1)), ((0, 4), (1, 4)), ((0, 1), (1, 3)), ((), ()), ((1,), (1, 1, 1)), ((5, 1), (5, 6)),
]
DEEP = ((2, 1, 2, 1, 1, 2, 1, 2), (2, 1, 1, 1, 1, 2, 1, 2))
ALTERNATING = ((2, 1, 2, 1, 2, 1, 2, 1), (1, 2, 1, 2, 1, 2, 1, 2))  # more than TensorFlow broadcasts
ARITHMETIC = ['Add', 'AddV2', 'Sub', 'Mul', 'MulNoNan', 'SquaredDifference', 'Maximum', 'Minimum']
DIVISION = ['Div', 'RealDiv', 'TruncateDiv', 'FloorDiv', 'DivNoNan', 'Mod', 'TruncateMod', 'FloorMod']
POWERS = ['Pow', 'Atan2', 'NextAfter', 'Xdivy', 'Xlogy', 'Xlog1py']
BITS = ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'LeftShift', 'RightShift']
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2.5, -2.5]


def pairs_of_special(t):
    """Every special value against every other."""
    n = len(SPECIAL)
    return lit(t, np.repeat(SPECIAL, n)), lit(t, np.tile(SPECIAL, n))


def cases():
    for op in ARITHMETIC:
        for t in kernel_dtypes(op):
            for a, b in PAIRS if t in ('float32', 'int32') else PAIRS[:8]:
                yield Case(op, [rand(t, a), rand(t, b)])
            yield Case(op, [rand(t, DEEP[0]), rand(t, DEEP[1])])
            if t in INTS:
                yield Case(op, [full_range(t, (40,)), full_range(t, (40,))])
            elif t in FLOATS:
                yield Case(op, list(pairs_of_special(t)))
        yield Case(op, [rand('float32', (3, 4)), rand('float32', (3,))], error=True)
        yield Case(op, [fed(rand('float32', (3, 4)), (None, 4)), fed(rand('float32', (1, 4)))])
        yield Case(op, [rand('float32', (2, 3, 700)), rand('float32', (3, 1))])
        yield Case(op, [rand('int32', (300, 3)) if op != 'MulNoNan' else rand('float64', (300, 3)),
                        rand('int32', (3,)) if op != 'MulNoNan' else rand('float64', (3,))])

    deep = [rand('float32', shape, seed=9) for shape in ALTERNATING]
    yield Case('Add', deep, expect=lambda: [make(deep[0]) + make(deep[1])])
    yield Case('Maximum', deep, expect=lambda: [np.maximum(make(deep[0]), make(deep[1]))])
    whole = [rand('int16', shape, seed=9) for shape in ALTERNATING]
    yield Case('Sub', whole, expect=lambda: [make(whole[0]) - make(whole[1])])

    for op in DIVISION:
        for t in kernel_dtypes(op):
            if t in INTS:
                def divisor(shape, t=t):
                    return grid(t, shape, 1, 9) if t in UNSIGNED_INTS else lit(t, np.resize([1, -3, 2, 5, -7, 3, -2], shape))
                for a, b in PAIRS[:8]:
                    yield Case(op, [rand(t, a, -60, 60), divisor(b)])
                yield Case(op, [full_range(t, (3, 7)), divisor((7,))])
                yield Case(op, [rand(t, (3,)), lit(t, [1, 0, 2])], error=True)
                yield Case(op, [rand(t, (0,)), lit(t, [0])])
            elif t in FLOATS:
                for a, b in PAIRS[:8]:
                    yield Case(op, [rand(t, a, -4, 4), rand(t, b, 0.25, 2)])
                yield Case(op, [rand(t, (5, 6)), rand(t, (5, 6))])
                yield Case(op, list(pairs_of_special(t)))
                yield Case(op, [lit(t, [7, -7, 7, -7, 1, 0.3, 5.5]), lit(t, [3, 3, -3, -3, 0.1, 0.1, -2.25])])
            else:
                yield Case(op, [rand(t, (3, 4)), rand(t, (3, 4), 0.25, 2)])
                yield Case(op, [rand(t, (3, 1)), rand(t, (4,), 0.25, 2)])
                yield Case(op, [lit(t, [1 + 1j, 2, 3j]), lit(t, [3 - 4j, 2j, -0.5])])
        yield Case(op, [rand('float32', (3, 4)), rand('float32', (3,), 1, 2)], error=True)
    yield Case('DivNoNan', [lit('complex64', [1, 0, 1 + 1j]), lit('complex64', [0, 0, 2])])

    for op in POWERS:
        for t in kernel_dtypes(op):
            if t in INTS:
                yield Case(op, [rand(t, (4, 5)), rand(t, (4, 5), 0, 5)])
                yield Case(op, [rand(t, (4, 1)), rand(t, (5,), 0, 40)])
                yield Case(op, [rand(t, (3,)), lit(t, [1, -1, 2])], error=True)
                yield Case(op, [full_range(t, (20,)), rand(t, (20,), 0, 9)])
                continue
            low = 0.125 if op in ('Pow', 'Xdivy', 'Xlogy') else -0.75 if op == 'Xlog1py' else -2
            swapped = op in ('Xdivy', 'Xlogy', 'Xlog1py')
            for a, b in PAIRS[:8]:
                yield Case(op, [rand(t, a, -2, 2) if swapped else rand(t, a, low, 3), rand(t, b, low, 3)])
            if t in FLOATS:
                yield Case(op, list(pairs_of_special(t)))
                yield Case(op, [rand(t, (4, 3)), grid(t, (4, 1), -3, 3)])
            else:
                yield Case(op, [lit(t, [0, 0, 1 - 2j]), lit(t, [2, 1 + 1j, 3])])
        yield Case(op, [rand('float32', (3, 4)), rand('float32', (3,))], error=True)

    yield Case('Xlogy', [f32([1, -2, 0.5, 0] * 8), f32([1e-40, 1e-38, -1e-40, 0] * 8)])
    for op in BITS:
        for t in kernel_dtypes(op):
            for a, b in PAIRS[:8]:
                yield Case(op, [full_range(t, a), rand(t, b)])
            yield Case(op, [full_range(t, (5, 8)), grid(t, (5, 8), 0 if t in UNSIGNED_INTS else -100, 100)])
            yield Case(op, [edge(t, (26,)), edge(t, (26,), seed=5)])
    for op in ('LogicalAnd', 'LogicalOr'):
        for a, b in PAIRS:
            yield Case(op, [rand('bool', a), rand('bool', b)])

    for a, b in PAIRS:
        yield Case('Add', [rand('string', a), rand('string', b)])
