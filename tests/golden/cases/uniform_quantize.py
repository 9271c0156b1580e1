"""Uniform scales and zero points; TensorFlow's kernels compute with integers, so nothing may differ."""
from cases_dsl import *

LIMITS = {'qint8': (-128, 127), 'quint8': (0, 255), 'qint32': (-2**31, 2**31 - 1)}
X = f32([[-9, -1.25, -.75, -.5], [0, .25, .5, 1.5], [2.5, 31, 200, 3e9], [float('inf'), -float('inf'), -3e9, .49999997]])


def cases():
    yield from quantize()
    yield from dequantize()
    yield from requantize()
    yield from clip()


def quantize():
    for t, (low, high) in LIMITS.items():
        for scales, zeros, axis in SCALES:
            yield Case('UniformQuantize', [X, scales, zeros], attrs(Tout=t, axis=axis, low=low, high=high), exact=True)
        yield Case('UniformQuantize', [rand('float32', (0, 4)), f32(1), i32(0)], attrs(Tout=t, low=low, high=high), exact=True)
    yield Case('UniformQuantize', [X, f32(.5), i32(2**31 - 2)], attrs(Tout='qint32', low=-2**31, high=2**31 - 1), exact=True)
    yield Case('UniformQuantize', [X, f32(.5), i32(3)], attrs(Tout='qint8', low=-300, high=300), exact=True)
    yield Case('UniformQuantize', [X, f32(.5), i32(3)], attrs(Tout='qint8', low=30, high=-30), exact=True)
    yield Case('UniformQuantize', [X, f32(-.5), i32(3)], attrs(Tout='qint8'), exact=True)
    yield Case('UniformQuantize', [X, f32(0), i32(3)], attrs(Tout='qint8'), exact=True)
    x = rand('float32', (2, 3, 2))
    yield Case('UniformQuantize', [x, f32([.5, 1, .25]), i32([1, 2, 3])], attrs(Tout='quint8', axis=1, low=0, high=255), exact=True)
    yield from refused('UniformQuantize', x, [], dict(Tout='qint8'))


# Scalars, one for each row, one for each column.
SCALES = [(f32(.25), i32(3), -1), (f32([1, .5, .25, 3]), i32([0, 1, -7, 100]), 0), (f32([1, .5, .25, 3]), i32([0, 1, -7, 100]), 1)]


def refused(op, x, more, other, name='quantization_axis', first=True):
    """Scales and zero points of a tensor of shape [2, 3, 2] that do not fit; with what goes before or after them."""
    for axis, scales, zeros in ((-2, f32(1), i32(0)), (3, f32([1, 1]), i32([0, 0])), (-1, f32([1]), i32([0])), (1, f32([1, 1]), i32([0, 0])),
                                (1, f32([1, 1, 1]), i32([0, 0])), (1, f32(1), i32(0))):
        given = [scales, zeros]
        yield Case(op, [x] + (given + more if first else more + given), {**({} if 'put' in name else LIMITS8), **other, name: axis}, error=True)


LIMITS8 = dict(quantization_min_val=-128, quantization_max_val=127)


def dequantize():
    for t, (low, high) in LIMITS.items():
        for scales, zeros, axis in SCALES:
            yield Case('UniformDequantize', [full_range(t, (4, 4)), scales, zeros], attrs(Tout='float32', axis=axis, low=low, high=high), exact=True)
        yield Case('UniformDequantize', [full_range(t, (0,)), f32(1), i32(0)], attrs(Tout='float32', low=low, high=high))
    x = full_range('qint8', (2, 3, 2))
    yield Case('UniformDequantize', [x, f32([.5, 1, .25]), i32([1, 2, 3])], attrs(Tout='float32', axis=1), exact=True)
    yield Case('UniformDequantize', [x, f32([.5, 0, .25]), i32([1, 2, 3])], attrs(Tout='float32', axis=1), error=True)
    yield from refused('UniformDequantize', x, [], dict(Tout='float32'))


def requantize():
    two = lambda a, b, low=-128, high=127: dict(Tout='qint8', input_quantization_axis=a, output_quantization_axis=b, input_quantization_min_val=-128,
                                                input_quantization_max_val=127, output_quantization_min_val=low, output_quantization_max_val=high)
    for t in ('qint8', 'qint32'):
        x = rand(t, (4, 4), *((-128, 128) if t == 'qint8' else (-900, 900)))
        for scales, zeros, axis in SCALES:
            yield Case('UniformRequantize', [x, scales, zeros, f32(.375), i32(-2)], two(axis, -1), exact=True)
            yield Case('UniformRequantize', [x, f32(.125), i32(5), scales, zeros], two(-1, axis, -100, 90), exact=True)
            other = f32([.1, .2, .3, .4]) if axis >= 0 else f32(.1)
            yield Case('UniformRequantize', [x, scales, zeros, other, zeros], two(axis, axis), exact=True)
        yield Case('UniformRequantize', [rand(t, (0, 4)), f32(1), i32(0), f32(1), i32(0)], two(-1, -1))
    wide = full_range('qint32', (20,))
    for ratio in (1e-12, 1e-9, 1, 3, 1e10):  # shifts at both ends
        yield Case('UniformRequantize', [wide, f32(ratio), i32(7), f32(1), i32(0)], two(-1, -1), exact=True)
    yield Case('UniformRequantize', [lit('qint32', [2**31 - 1, 2**31 - 64, 2**31 - 65, 16777217]), f32(1e-7), i32(3), f32(1), i32(0)], two(-1, -1), exact=True)
    x = full_range('qint8', (2, 3, 2))
    scalars = [f32(1), i32(0)]
    for bad in ([f32(0), i32(0)] + scalars, scalars + [f32(-1), i32(0)]):
        yield Case('UniformRequantize', [x] + bad, two(-1, -1), error=True)
    yield Case('UniformRequantize', [x, f32([1, 1]), i32([0, 0]), f32([1, 1, 1]), i32([0, 0, 0])], two(0, 1), error=True)
    yield from refused('UniformRequantize', x, scalars, two(-1, -1), 'input_quantization_axis')
    yield from refused('UniformRequantize', x, scalars, two(-1, -1), 'output_quantization_axis', first=False)


def clip():
    x = full_range('qint32', (4, 4))
    codes = lambda *values: lit('qint32', values[0] if len(values) == 1 else list(values))
    k = dict(quantization_min_val=-2**31, quantization_max_val=2**31 - 1)
    yield Case('UniformQuantizedClipByValue', [x, codes(-10**9), codes(10**9), f32(1), i32(0)], k)
    yield Case('UniformQuantizedClipByValue', [x, codes(10**9), codes(-10**9), f32(1), i32(0)], k)
    for axis in (0, 1):
        yield Case('UniformQuantizedClipByValue', [x, codes(-9, -10**9, 0, 5), codes(10**9, 9, 10**8, 4), f32([1, 1, 1, 1]), i32([0, 0, 0, 0])],
                   dict(k, quantization_axis=axis))
    yield Case('UniformQuantizedClipByValue', [rand('qint32', (0,)), codes(0), codes(1), f32(1), i32(0)], k)
    yield Case('UniformQuantizedClipByValue', [x, codes(0, 1), codes(1), f32(1), i32(0)], k, error=True)
    yield Case('UniformQuantizedClipByValue', [x, codes(0), codes(1, 2), f32(1), i32(0)], k, error=True)
    yield from refused('UniformQuantizedClipByValue', rand('qint32', (2, 3, 2)), [codes(0), codes(1)], {}, first=False)


def attrs(axis=-1, low=-128, high=127, **more):
    return dict(quantization_axis=axis, quantization_min_val=low, quantization_max_val=high, **more)
