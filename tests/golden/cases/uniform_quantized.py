"""Sums, products and convolutions of uniform codes; see uniform_quantize.py. The hybrid ones turn numbers into codes."""
from cases_dsl import *

S, Z = f32([.5, 1, 2, .25]), i32([0, 1, -7, 100])


def cases():
    yield from add()
    yield from dot()
    yield from hybrid_dot()


def limits(name, axis=-1, low=-2**31, high=2**31 - 1):
    return {name + '_quantization_axis': axis, name + '_quantization_min_val': low, name + '_quantization_max_val': high}


def add():
    def case(a, b, left, right, out, low=-2**31, high=2**31 - 1, **more):
        attrs = {**limits('lhs', left[2]), **limits('rhs', right[2]), **limits('output', out[2], low, high)}
        return Case('UniformQuantizedAdd', [a, b, *left[:2], *right[:2], *out[:2]], attrs, exact=True, **more)

    x = lambda *shape: rand('qint32', shape, -900, 900)
    one, two, three = (f32(.5), i32(3), -1), (f32(.125), i32(-5), -1), (f32(.3), i32(7), -1)
    rows, columns, flat = (S, Z, 0), (S, i32([5, 6, 7, 8]), 1), (S, i32([5, 6, 7, 8]), 0)
    yield case(x(3, 4), x(3, 4), one, two, three)
    yield case(x(3, 4), x(3, 4), one, two, three, -300, 200)
    yield case(x(3, 4), x(3, 4), one, two, three, 5, 5)
    for a, b in (((3, 4), (4,)), ((4,), (3, 4)), ((3, 1, 2), (4, 2)), ((), (3, 4)), ((3, 4), ()), ((2, 1), (1, 5)), ((0, 4), (4,)), ((0, 4), (1, 4))):
        yield case(x(*a), x(*b), one, two, three)
    yield case(x(4, 4), x(4, 4), rows, columns, three)
    yield case(x(4, 4), x(4,), rows, flat, three)
    yield case(x(3, 4), x(3, 4), columns, columns, columns)
    yield case(x(3, 4), x(4,), columns, flat, columns)
    yield case(x(4,), x(3, 4), flat, columns, columns)
    yield case(x(3, 4), x(3, 4), columns, two, columns)
    wide = full_range('qint32', (12,))
    yield case(wide, full_range('qint32', (12,)), one, one, (f32(.5), i32(0), -1))
    yield case(wide, wide, one, (f32(1e-9), i32(0), -1), three)
    yield case(x(3, 4), x(3, 5), one, two, three, error=True)
    yield case(x(4, 4), x(4, 4), rows, two, columns, error=True)
    yield case(x(4, 4), x(4,), columns, flat, rows, error=True)
    yield case(x(3, 4), x(4,), (f32(0), i32(0), -1), two, three, error=True)
    yield case(x(3, 4), x(4,), one, two, (f32(-1), i32(0), -1), error=True)
    yield case(x(3, 4), x(4,), one, (f32([1]), i32(0), -1), three, error=True)
    yield case(x(3, 4), x(4,), one, two, (S, Z, 2), error=True)


BYTES = dict(low=-128, high=127)


def codes(*shape):
    return full_range('qint8', shape)


def dot():
    def case(a, b, left, right, out, low=-2**31, high=2**31 - 1, axes=(-1, None, None), **more):
        right_axis, out_axis = [(given if given is not None else 1 if x[0].array.shape else -1) for given, x in zip(axes[1:], (right, out))]
        attrs = {**limits('lhs', axes[0], **BYTES), **limits('rhs', right_axis, **BYTES), **limits('output', out_axis, low, high)}
        return Case('UniformQuantizedDot', [a, b, *left, *right, *out], dict(attrs, Tout='qint32'), exact='error' not in more, **more)

    left, right, out = (f32(.5), i32(3)), (f32(.25), i32(-7)), (f32(3), i32(11))
    columns, outs = (f32([.5, 1, 2, .25]), i32([0, 1, -7, 100])), (f32([.1, 2, 3, 4]), i32([5, 6, 7, 8]))
    for b in (codes(5, 4), const(codes(5, 4))):
        yield case(codes(3, 5), b, left, right, out)
        yield case(codes(3, 5), b, left, columns, out)
        yield case(codes(3, 5), b, left, columns, outs, -900, 700)
    yield case(codes(2, 40), const(codes(40, 4)), left, columns, outs)
    for a, b in (((0, 5), (5, 4)), ((3, 0), (0, 4)), ((3, 5), (5, 0))):
        yield case(codes(*a), codes(*b), left, right, out)
    yield case(codes(2, 5), codes(5, 4), (f32(.5), i32(70000)), (columns[0], i32([-70000, 1, 2, 90000])), out)
    for a, b in (((3, 5), (4, 4)), ((5,), (5, 4)), ((3, 5), (5,))):
        yield case(codes(*a), codes(*b), left, right, out, error=True)
    good = codes(3, 5), codes(5, 4)
    yield case(*good, left, right, outs, error=True)
    yield case(*good, columns, right, out, error=True)
    yield case(*good, left, (f32([1, 1]), i32([0, 0])), out, error=True)
    yield case(*good, left, (S, i32(0)), out, error=True)
    for bad in ((f32(0), i32(0)), (f32(-1), i32(0))):
        yield case(*good, bad, right, out, error=True)
        yield case(*good, left, bad, out, error=True)
        yield case(*good, left, right, bad, error=True)
    for axes in ((0, -1, -1), (-1, 0, -1), (-1, -1, 0)):
        yield case(*good, left, right, out, axes=axes, error=True)


def hybrid_dot():
    def case(a, b, right, axis=None, **more):
        return Case('UniformQuantizedDotHybrid', [a, b, *right], dict(limits('rhs', axis if axis is not None else 1 if right[0].array.shape else -1, **BYTES), Tout='float32'), **more)

    right, columns = (f32(.25), i32(-7)), (f32([.5, 1, 2, .25]), i32([0, 1, -7, 100]))
    for lo, hi in ((-2, 2), (0, 2), (-2, 0), (-.001, 900), (1, 2), (-2, -1)):
        yield case(rand('float32', (3, 5), lo, hi), const(codes(5, 4)), columns, exact=True)
    yield case(rand('float32', (3, 5)), codes(5, 4), right, exact=True)
    yield case(f32([[0, 0, 0], [1e-44, 0, 0], [1e30, -1e30, 0], [3, 3, 3]]), codes(3, 4), columns, exact=True)
    for a, b in (((0, 5), (5, 4)), ((3, 5), (5, 0))):
        yield case(rand('float32', a), codes(*b), right)
    for a, b in (((3, 5), (4, 4)), ((5,), (5, 4)), ((3, 5), (5,))):
        yield case(rand('float32', a), codes(*b), right, error=True)
    good = rand('float32', (3, 5)), codes(5, 4)
    yield case(*good, (f32(0), i32(0)), error=True)
    yield case(*good, (f32([1, 1]), i32([0, 0])), error=True)
    yield case(*good, right, axis=0, error=True)
