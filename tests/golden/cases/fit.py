"""Rows fitted and picked from: isotonic regression, the greatest by ApproxTopK, the gradient of rounding to a range."""
from cases_dsl import *

FLOAT_OF = dict(int8='float32', int16='float32', int32='float64', int64='float64')


def isotonic(op='IsotonicRegression'):
    def case(x, t='float32', **more):
        return Case(op, [x], dict(output_dtype=FLOAT_OF.get(t, t)), **more)
    for t in FLOATS + list(FLOAT_OF):
        yield case(rand(t, (3, 17)), t)
        yield case(full_range(t, (2, 9)) if t in FLOAT_OF else grid(t, (2, 9), 0, 2000, -4), t)
    for values in ([3, 1, 2], [1, 2, 3], [3, 2, 1], [1, 1, 1], [0, 1, 0, 1, 0, 5, -5, 6], [-0.0, 0.0], [1e30, 2e30, -1e30], [3, 4, np.nan, 9, 10], [1, np.inf, -np.inf, np.inf], [np.nan, 1, 2]):
        yield case(f32(values))
    for shape in ((), (1,), (0,), (0, 3), (3, 0), (2, 2, 4), (300,)):
        yield case(rand('float32', shape))
    yield case(fed(rand('float32', (2, 5))))
    for t, out in (('float32', 'float64'), ('int32', 'float32'), ('int8', 'float64'), ('float16', 'float32')):
        yield Case(op, [rand(t, (2, 3))], dict(output_dtype=out), error=True)


def approximate(op='ApproxTopK'):
    for t in kernel_dtypes(op):
        for k in (1, 3, 8):
            yield Case(op, [rand(t, (3, 8))], dict(k=k))
    x = f32([[3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]])
    for more in (dict(aggregate_to_topk=False), dict(recall_target=0.1), dict(reduction_input_size_override=100), dict(k=0), dict(k=7)):
        yield Case(op, [x], dict(dict(k=3), **more))
    yield Case(op, [f32([1, np.nan, 2])], dict(k=2))
    for shape in ((0, 4), (2, 2, 5)):
        yield Case(op, [rand('float32', shape)], dict(k=2))
    yield Case(op, [fed(x, (None, 8))], dict(k=2))
    for more in (dict(k=9), dict(k=-1), dict(is_max_k=False), dict(reduction_dimension=0), dict(reduction_dimension=-3)):
        yield Case(op, [x], dict(dict(k=3), **more), error=True)
    yield Case(op, [f32(1)], dict(k=0), error=True)


def slope(op='QuantizeAndDequantizeV4Grad'):
    for t in kernel_dtypes(op):
        dy, x = rand(t, (2, 3, 4), seed=1), rand(t, (2, 3, 4), seed=2)
        yield Case(op, [dy, x, lit(t, -1), lit(t, 1)])
        for axis, n in ((0, 2), (1, 3), (2, 4)):
            yield Case(op, [dy, x, lit(t, [-1, 0, -0.5, -2][:n]), lit(t, [1, 0.5, 1.5, -1][:n])], dict(axis=axis))
        yield Case(op, [edge(t, (40,), seed=1), edge(t, (40,), seed=2), lit(t, -1), lit(t, 1)])
    dy, x = f32([[1, 2, np.nan], [np.inf, 5, 6]]), f32([[-1, 1, 0], [2, np.nan, -1.0001]])
    one = [f32(-1), f32(1)]
    yield Case(op, [dy, x, *one])
    yield Case(op, [dy, x, f32(1), f32(-1)])
    yield Case(op, [dy, x, f32(np.nan), f32(1)])
    yield Case(op, [f32(3), f32(0.5), *one])
    for shape, axis in (((0,), -1), ((0, 2), 1), ((2, 0), 1)):
        lows = one if axis < 0 else [f32([-1, -1][:shape[axis]]), f32([1, 1][:shape[axis]])]
        yield Case(op, [rand('float32', shape), rand('float32', shape), *lows], dict(axis=axis))
    yield Case(op, [fed(dy), fed(x), fed(one[0]), fed(one[1])])
    yield Case(op, [fed(dy), fed(x), fed(f32([-1, 0])), fed(f32([1, 1]))], dict(axis=0))
    for low, high, axis in (([-1], [1], -1), ([[-1]], [1], -1), (-1, 1, 1), ([-1], [1], 1), ([-1, -1, -1], [1], 1), (-1, 1, 2), (-1, 1, -2), ([[-1, -1]], [1, 1], 0)):
        yield Case(op, [dy, x, f32(low), f32(high)], dict(axis=axis), error=True)
    for shape in ((3, 2), (6,), (2, 2)):
        yield Case(op, [rand('float32', shape), x, *one], error=True)


def cases():
    for family in (isotonic, approximate, slope):
        yield from family()
