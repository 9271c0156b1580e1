"""Comparisons with broadcasting, and ApproximateEqual."""
from cases.binary import DEEP, PAIRS, pairs_of_special
from cases_dsl import *


def cases():
    for op in ('Equal', 'NotEqual', 'Less', 'LessEqual', 'Greater', 'GreaterEqual'):
        for t in kernel_dtypes(op):
            few = t in QUANTIZED
            for a, b in PAIRS[:2] if few else PAIRS if t in ('float32', 'string') else PAIRS[:8]:
                low, high = (0, 1) if t == 'string' else (-0.125, 0.125) if t in FLOATS + COMPLEX else (0, 3)
                yield Case(op, [rand(t, a, low, high), rand(t, b, low, high)])
            if t in INTS:
                yield Case(op, [edge(t, (40,)), edge(t, (40,), seed=6)])
            elif t in FLOATS:
                yield Case(op, list(pairs_of_special(t)))
            if not few:
                yield Case(op, [rand(t, DEEP[0], 0, 1), rand(t, DEEP[1], 0, 1)])
        yield Case(op, [rand('float32', (3, 4)), rand('float32', (3,))], error=True)
    for op in ('Equal', 'NotEqual'):
        for t in ('float32', 'string', 'bool', 'float16'):
            for a, b in (((2,), (3,)), ((2, 3), (2, 3)), ((2, 3), (3, 2)), ((0,), (2, 2)), ((), (2,))):
                yield Case(op, [rand(t, a, 0, 1), rand(t, b, 0, 1)], dict(incompatible_shape_error=False))
        yield Case(op, [fed(rand('float32', (2, 3))), fed(rand('float32', (4,)), (None,))], dict(incompatible_shape_error=False))
        yield Case(op, [lit('complex64', [1 + 1j, 2j, np.nan]), lit('complex64', [1 - 1j, 2j, np.nan])])

    for t in ('float32', 'float64'):
        x, y = lit(t, [1, 2, np.nan, np.inf, 0, -1]), lit(t, [1.000001, 2.1, np.nan, np.inf, 0.0, 1])
        yield Case('ApproximateEqual', [x, y])
        for tolerance in (0.5, 0.0, -1.0, 3.0):
            yield Case('ApproximateEqual', [x, y], dict(tolerance=tolerance))
        yield Case('ApproximateEqual', [rand(t, (0, 2)), rand(t, (0, 2))])
        yield Case('ApproximateEqual', [rand(t, ()), rand(t, ())])
        yield Case('ApproximateEqual', [rand(t, (2, 1, 2, 1, 2)), rand(t, (2, 1, 2, 1, 2))], dict(tolerance=0.25))
    yield Case('ApproximateEqual', [rand('float32', (2,)), rand('float32', ())], error=True)
    yield Case('ApproximateEqual', [rand('float32', (2,)), rand('float32', (3,))], error=True)
