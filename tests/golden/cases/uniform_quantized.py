"""Sums, products and convolutions of uniform codes; see uniform_quantize.py. The hybrid ones turn numbers into codes."""
from cases_dsl import *

S, Z = f32([.5, 1, 2, .25]), i32([0, 1, -7, 100])


def cases():
    yield from add()


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
