"""Simulated quantisation."""
from cases_dsl import *

RANGES = [(-6, 6), (-.1, 5.9), (0, 3), (-3, 0), (1, 3), (-3, -1), (-1, 1)]


def cases():
    x = rand('float32', (3, 7), -8, 8)
    for low, high in RANGES:
        for bits in (2, 4, 8, 16):
            for narrow in (False, True):
                attrs = dict(num_bits=bits, narrow_range=narrow)
                yield Case('FakeQuantWithMinMaxArgs', [x], dict(attrs, min=low, max=high))
                yield Case('FakeQuantWithMinMaxVars', [x, f32(low), const(f32(high))], attrs)
        yield Case('FakeQuantWithMinMaxArgsGradient', [rand('float32', (3, 7)), x], dict(min=low, max=high))
        yield Case('FakeQuantWithMinMaxVarsGradient', [rand('float32', (3, 7)), x, f32(low), f32(high)])
    yield Case('FakeQuantWithMinMaxVars', [x, f32(0), f32(0)])
    yield Case('FakeQuantWithMinMaxVarsGradient', [rand('float32', (3, 7)), x, f32(0), f32(0)])
    for shape in ((), (0, 3), (2, 1, 3, 2, 2)):
        yield Case('FakeQuantWithMinMaxArgs', [rand('float32', shape, -8, 8)])
        yield Case('FakeQuantWithMinMaxVars', [rand('float32', shape, -8, 8), f32(-2), f32(5)])
    # Midway between two steps, where the rounding of the formula decides.
    for low, high, bits in ((-4.75, 2, 4), (-3.25, 4, 4), (0, .5, 8), (-1, 4.25, 8), (-4, 1, 8), (-1.75, 1.75, 2), (-3.75, .25, 8)):
        y = grid('float32', (60,), -160, 160, -5)
        attrs = dict(num_bits=bits, narrow_range=low == -3.75)
        yield Case('FakeQuantWithMinMaxArgs', [y], dict(attrs, min=low, max=high))
        yield Case('FakeQuantWithMinMaxVars', [y, f32(low), f32(high)], attrs)
        yield Case('FakeQuantWithMinMaxVarsPerChannel', [grid('float32', (60, 1), -160, 160, -5), f32([low]), f32([high])], attrs)
    low, high = f32([-1, 0, -4]), f32([1, 0, 2.5])
    for shape in ((3,), (4, 3), (2, 1, 2, 3), (1, 2, 1, 2, 3), (0, 3)):
        yield Case('FakeQuantWithMinMaxVarsPerChannel', [rand('float32', shape, -5, 5), low, high])
    for shape in ((3,), (4, 3), (2, 1, 2, 3)):
        yield Case('FakeQuantWithMinMaxVarsPerChannelGradient',
                   [rand('float32', shape), rand('float32', shape, -5, 5), low, high])
    # What is no number in the gradient shows where the input was clipped, too.
    for bad in (np.nan, np.inf, -np.inf):
        g, y = f32([bad, bad, bad, 1, 2, -3]), f32([-9, 0.5, 9, -9, 0.5, np.nan])
        yield Case('FakeQuantWithMinMaxArgsGradient', [g, y], dict(min=-1, max=1))
        for x_min, x_max in ((-1, 1), (0, 0)):
            yield Case('FakeQuantWithMinMaxVarsGradient', [g, y, f32(x_min), f32(x_max)])
        yield Case('FakeQuantWithMinMaxVarsPerChannelGradient',
                   [f32([[bad, 1, 1], [1, bad, 1], [2, 2, 2]]), f32([[9, 0.5, -9], [-9, 9, 9], [0.5, 0.5, 0.5]]), low, high])
    yield Case('FakeQuantWithMinMaxVarsPerChannel', [rand('float32', (4, 3), -5, 5), low, high],
               dict(num_bits=4, narrow_range=True))
    yield Case('FakeQuantWithMinMaxArgs', [x], dict(min=1, max=1), error=True)
    yield Case('FakeQuantWithMinMaxArgs', [x], dict(num_bits=1), error=True)
    yield Case('FakeQuantWithMinMaxVars', [x, f32(0), f32(1)], dict(num_bits=17), error=True)
    yield Case('FakeQuantWithMinMaxVars', [x, f32([0]), f32([1])], error=True)
    yield Case('FakeQuantWithMinMaxVarsPerChannel', [x, low, high], error=True)

    for t in ('float32', 'float64'):
        y = rand(t, (3, 7), -8, 8)
        for low, high in ((-2, 4), (-4, 2), (1, 3), (-3, -1), (0, 0)):
            for op in ('QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV4'):
                for attrs in (dict(), dict(num_bits=3), dict(signed_input=False), dict(narrow_range=True),
                              dict(round_mode='HALF_UP', num_bits=5)):
                    yield Case(op, [y, lit(t, np.array(low)), lit(t, np.array(high))], dict(attrs, range_given=True))
            for bits in (2, 8):
                yield Case('QuantizeAndDequantizeV3', [y, lit(t, np.array(low)), lit(t, np.array(high)), i32(bits)])
        zero = lit(t, np.array(0))
        for attrs, n in ((dict(), ()), (dict(signed_input=False), ()), (dict(num_bits=4), ()), (dict(axis=0), 3),
                         (dict(axis=1, num_bits=4), 7)):
            unused = lit(t, np.zeros(n))
            yield Case('QuantizeAndDequantizeV2', [y, unused, unused], dict(attrs, range_given=False))
            yield Case('QuantizeAndDequantizeV4', [y, unused, unused], dict(attrs, range_given=False))
        yield Case('QuantizeAndDequantizeV3', [y, zero, zero, const(i32(5))], dict(range_given=False))
    for t in kernel_dtypes('QuantizeAndDequantize'):
        for signed in (False, True):
            for bits in (2, 8):
                k = dict(signed_input=signed, num_bits=bits)
                yield Case('QuantizeAndDequantize', [rand(t, (3, 5))], k, producer=21)
                yield Case('QuantizeAndDequantize', [rand(t, (3, 5))], dict(k, range_given=True, input_min=-1.25, input_max=1.5), producer=21)
    yield Case('QuantizeAndDequantize', [x], dict(num_bits=62), producer=21, error=True)
    yield Case('QuantizeAndDequantize', [x], dict(range_given=True, input_min=2.0, input_max=1.0), producer=21, error=True)
    yield Case('QuantizeAndDequantizeV3', [f32(1), f32(0), f32(1), i32(8)], error=True)
    yield Case('QuantizeAndDequantizeV2', [x, f32(0), f32(1)], dict(num_bits=62), error=True)
    yield Case('QuantizeAndDequantizeV2', [x, f32(0), f32(1)], dict(num_bits=0), error=True)
    yield Case('QuantizeAndDequantizeV2', [x, f32(0), f32(1)], dict(num_bits=64), error=True)
    yield Case('QuantizeAndDequantizeV2', [x, f32(2), f32(1)], dict(range_given=True), error=True)
    yield Case('QuantizeAndDequantizeV2', [x, f32(0), f32(1)], dict(axis=5), error=True)
