"""y = f(x): arithmetic, rounding, exponentials, trigonometry, parts of complex numbers, tests of floats, bits."""
from cases_dsl import *

SHAPES = [(), (0, 3), (2, 1, 2, 1, 1, 2, 1, 2)]

# Where each function is defined; the rest of the line is tested by edge values.
DOMAINS = {
    'Sqrt': (0, 4), 'Rsqrt': (0.125, 4), 'Log': (0.125, 4), 'Log1p': (-0.875, 4), 'Asin': (-1, 1), 'Acos': (-1, 1),
    'Acosh': (1, 4), 'Atanh': (-0.875, 0.875), 'Reciprocal': (0.25, 4), 'Inv': (0.25, 4), 'Sinh': (-4, 4), 'Cosh': (-4, 4),
    'Exp': (-4, 4), 'Expm1': (-4, 4), 'Tan': (-1.25, 1.25), 'Sigmoid': (-6, 6), 'Tanh': (-4, 4), 'Floor': (-4, 4),
    'Ceil': (-4, 4), 'Round': (-4, 4), 'Rint': (-4, 4),
}
PLAIN = ['Abs', 'Neg', 'Sign', 'Square', 'Sqrt', 'Rsqrt', 'Reciprocal', 'Inv', 'Floor', 'Ceil', 'Round', 'Rint', 'Exp', 'Expm1', 'Log',
         'Log1p', 'Tanh', 'Sigmoid', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh']
EXACT = {'Abs', 'Neg', 'Sign', 'Floor', 'Ceil', 'Round', 'Rint'}
NORMAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.5, 4, -10, 100, -100]


def cases():
    for op in PLAIN:
        low, high = DOMAINS.get(op, (-2, 2))
        for t in kernel_dtypes(op):
            if op == 'Round' and t in INTS:  # TensorFlow 2.21 gives zeros; older ones, and we, give the input
                x = rand(t, (3, 5), seed=7)
                yield Case(op, [x], expect=lambda x=x: [make(x)])
                continue
            x = rand(t, (5, 7), low, high)
            yield Case(op, [x])
            for shape in SHAPES:
                yield Case(op, [rand(t, shape, low, high)])
            if t in INTS:
                yield Case(op, [full_range(t, (33,))])
                yield Case(op, [edge(t, (13,))])
            elif t in FLOATS:
                yield Case(op, [lit(t, NORMAL)])
                yield Case(op, [grid(t, (40,), -120, 120, -2)])
                if op in EXACT and op not in ('Sign',):
                    yield Case(op, [edge(t, (31,))])
    # Large arguments, where approximations give way.
    for op in ('Sin', 'Cos', 'Tan'):
        yield Case(op, [grid('float32', (40,), -4000, 4000, 1)], rtol=1e-3, atol=1e-4)
        yield Case(op, [grid('float64', (40,), -4000, 4000, 3)])
    for op in ('Exp', 'Expm1', 'Tanh', 'Sigmoid', 'Sinh', 'Cosh'):
        yield Case(op, [grid('float32', (60,), -88, 88)])
        yield Case(op, [grid('float32', (60,), -100, 100, -20)])
        yield Case(op, [grid('float64', (60,), -700, 700)])
    for op in ('Log', 'Log1p', 'Sqrt', 'Asinh', 'Atan'):
        yield Case(op, [grid('float32', (60,), 0, 2**30, -10)])
        yield Case(op, [grid('float32', (60,), 0, 2**20, -40)])
    for op in ('Floor', 'Ceil', 'Round', 'Rint'):
        yield Case(op, [lit('float32', [8388607.5, 8388609, -8388607.5, 16777217, 2.0**31, -2.0**40])], exact=True)
    yield Case('Expm1', [lit('complex128', [1e-9 + 1e-9j, 1e-12j, 0.5 - 3j, 709 + 4j, 800 + 1j, 800 - 2j, -800 + 1j])])
    yield Case('Expm1', [lit('complex64', [0.5 - 3j, 88 + 4j, 100 + 1j, 100 - 2j, -100 + 1j])])
    yield Case('Log1p', [lit('complex128', [1e-9 + 1e-9j, 1e-12j, 3 - 3j, -0.5 + 0.5j, 1e5 + 1e5j])])
    for op in ('Sign', 'Sqrt', 'Log', 'Reciprocal'):  # halves that are subnormal are no subnormal floats
        yield Case(op, [lit('float16', [6e-8, 1e-6, 3e-5, 6.1e-5, 1])], name=f'{op} subnormal halves')
    yield Case('Sign', [lit('complex64', [0, 3 + 4j, -1j, -2])])

    for t, part in (('complex64', 'float32'), ('complex128', 'float64')):
        for op in ('Real', 'Imag', 'Angle', 'ComplexAbs'):
            for shape in [(4, 3)] + SHAPES:
                yield Case(op, [rand(t, shape)], dict(Tout=part))
            yield Case(op, [lit(t, [0, -1, 1j, -1j, 3 - 4j, -0.0 + 0j])], dict(Tout=part))
        for shape in [(4, 3)] + SHAPES:
            yield Case('Conj', [rand(t, shape)])
        yield Case('Complex', [rand(part, (4, 3)), rand(part, (4, 3))], dict(Tout=t))
        yield Case('Complex', [rand(part, (4, 1, 3)), rand(part, (5, 1))], dict(Tout=t))
        yield Case('Complex', [rand(part, ()), rand(part, (0, 2))], dict(Tout=t))
    yield Case('Real', [rand('complex64', (2,))], dict(Tout='float64'), error=True)
    yield Case('Complex', [rand('float64', (2,)), rand('float64', (2,))], dict(Tout='complex64'), error=True)

    for op in ('IsNan', 'IsInf', 'IsFinite'):
        for t in kernel_dtypes(op):
            yield Case(op, [edge(t, (31,))])
            yield Case(op, [rand(t, (0, 2))])
            yield Case(op, [lit(t, np.nan)])
    for op in ('Invert', 'PopulationCount'):
        for t in kernel_dtypes(op):
            yield Case(op, [full_range(t, (5, 7))])
            yield Case(op, [edge(t, (13,))])
            yield Case(op, [rand(t, (0,))])
            yield Case(op, [rand(t, ())])
    for shape in [(5, 3)] + SHAPES:
        yield Case('LogicalNot', [rand('bool', shape)])
