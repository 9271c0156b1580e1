"""Activations, biases, and their gradients."""
from cases_dsl import *

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 6, 7, -1, 100, -100, 20, -20, 1e-4, -1e-4, 5.96875]
SHAPES = [(), (0, 3), (2, 1, 2, 1, 1, 2, 1, 2), (3, 700)]
ACTIVATIONS = ['Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Selu', 'Softplus', 'Softsign']
BY_INPUT = ['ReluGrad', 'Relu6Grad', 'LeakyReluGrad', 'SoftplusGrad', 'SoftsignGrad', 'EluGrad', 'SeluGrad']
BY_OUTPUT = ['SigmoidGrad', 'TanhGrad', 'SqrtGrad', 'RsqrtGrad', 'ReciprocalGrad', 'InvGrad']


def dtypes_of(op):
    return [t for t in kernel_dtypes(op) if t not in INTS or not op.startswith('Leaky')]


def cases():
    for op in ACTIVATIONS:
        for t in dtypes_of(op):
            yield Case(op, [rand(t, (5, 7), -9, 9)])
            for shape in SHAPES[:3]:
                yield Case(op, [rand(t, shape)])
            yield Case(op, [full_range(t, (20,)) if t in INTS else lit(t, SPECIAL)])
            if t in FLOATS:
                yield Case(op, [grid(t, (60,), -120, 120, -2)])
                if op == 'LeakyRelu':
                    for alpha in (0.0, 1.0, 2.0, -1.5):
                        yield Case(op, [lit(t, SPECIAL)], dict(alpha=alpha))
        yield Case(op, [rand('float32', SHAPES[3])])
    for op in BY_INPUT:
        for t in dtypes_of(op):
            yield Case(op, [rand(t, (5, 7)), rand(t, (5, 7), -2, 9)])
            for shape in SHAPES[:3]:
                yield Case(op, [rand(t, shape), rand(t, shape)])
            if t in FLOATS:
                yield Case(op, [lit(t, [3, np.nan, np.inf, -1, 0.5]), lit(t, [-1, -1, -1, np.nan, 6])])
                yield Case(op, [grid(t, (len(SPECIAL),), 1, 9), lit(t, SPECIAL)])
                if op == 'LeakyReluGrad':
                    for alpha in (0.0, 1.0, 2.0):
                        yield Case(op, [rand(t, (3, 4)), rand(t, (3, 4))], dict(alpha=alpha))
        yield Case(op, [rand('float32', (2,)), rand('float32', (3,))], error=True)
        yield Case(op, [rand('float32', (4,)), rand('float32', (2, 2))], error=True)
    for op in BY_OUTPUT:
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (5, 7), 0.25, 2), rand(t, (5, 7))])
            for shape in SHAPES[:3]:
                yield Case(op, [rand(t, shape, 0.25, 2), rand(t, shape)])
            if t in FLOATS:
                yield Case(op, [lit(t, [0, -1, 2, 0, np.inf, 1]), lit(t, [1, 2, 3, 0, 1, np.nan])])
            else:
                yield Case(op, [lit(t, [0.5 + 0.25j, 2j, -1 + 1j]), lit(t, [2 - 1j, 1j, 3])])
        yield Case(op, [rand('float32', (2,), 1, 2), rand('float32', (3,))], error=True)
        yield Case(op, [rand('float32', (2,), 1, 2), rand('float32', ())], error=True)
        yield Case(op, [rand('float32', (4,), 1, 2), rand('float32', (2, 2))])

    for op in ('BiasAdd', 'BiasAddV1'):
        for t in kernel_dtypes(op):
            yield Case(op, [rand(t, (2, 3, 2, 5)), rand(t, (5,))])
            yield Case(op, [rand(t, (4, 3)), rand(t, (3,))])
            yield Case(op, [rand(t, (0, 3)), rand(t, (3,))])
            yield Case(op, [rand(t, (2, 0)), rand(t, (0,))])
            if op == 'BiasAdd':
                for shape in ((2, 5, 3), (2, 5, 2, 3), (1, 5, 2, 1, 3), (2, 5, 1, 2, 1, 2)):
                    yield Case(op, [rand(t, shape), rand(t, (5,))], dict(data_format='NCHW'))
        yield Case(op, [rand('float32', (3,)), rand('float32', (3,))], error=True)
        yield Case(op, [rand('float32', (2, 3)), rand('float32', (2,))], error=True)
        yield Case(op, [rand('float32', (2, 3)), rand('float32', (1, 3))], error=True)
        yield Case(op, [fed(rand('float32', (2, 3, 4))), rand('float32', (4,))])
    yield Case('BiasAdd', [rand('float32', (2, 3, 4, 4)), rand('float32', (4,))], dict(data_format='NCHW'), error=True)
    yield Case('BiasAdd', [rand('float32', (2, 3)), rand('float32', (3,))], dict(data_format='NHCW'), error=True)
    yield Case('BiasAdd', [rand('float32', (2, 3)), rand('float32', (3,))], dict(data_format='NCHW'), error=True)
    yield Case('BiasAddGrad', [rand('float32', (2, 3))], dict(data_format='NCHW'), error=True)
    for t in kernel_dtypes('BiasAddGrad'):
        for shape in ((2, 3, 2, 5), (4, 3), (3, 1), (0, 3), (2, 0)):
            yield Case('BiasAddGrad', [rand(t, shape)])
        for shape in ((2, 5, 3), (2, 5, 2, 3), (1, 5, 2, 1, 3), (0, 3, 2)):
            yield Case('BiasAddGrad', [rand(t, shape)], dict(data_format='NCHW'))
    yield Case('BiasAddGrad', [rand('float32', (1500, 3))], name='BiasAddGrad many rows')
    yield Case('BiasAddGrad', [rand('float32', (2, 3, 1500))], dict(data_format='NCHW'), name='BiasAddGrad large images')
    yield Case('BiasAddGrad', [rand('bfloat16', (700, 3), 0, 2)], exact=True, name='BiasAddGrad many rows of bfloat16')
    yield Case('BiasAddGrad', [rand('bfloat16', (2, 3, 350), 0, 2)], dict(data_format='NCHW'), name='BiasAddGrad large images of bfloat16')
    yield Case('BiasAddGrad', [full_range('int8', (300, 2))], name='BiasAddGrad wraps around')
    yield Case('BiasAddGrad', [rand('float32', (3,))], error=True)

    for t in kernel_dtypes('L2Loss'):
        for shape in ((), (0, 2), (5, 7), (2, 1, 2, 1, 3, 1, 2)):
            yield Case('L2Loss', [rand(t, shape)])
        yield Case('L2Loss', [lit(t, [1, np.inf])])
        yield Case('L2Loss', [lit(t, [1, np.nan])])
    yield Case('L2Loss', [rand('float32', (3000,))])
