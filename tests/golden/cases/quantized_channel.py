"""Codes whose channels have ranges of their own."""
from cases_dsl import *

ONEDNN = True


def cases():
    wide = full_range('qint32', (2, 3, 2, 3), seed=1)
    small = rand('qint32', (1, 2, 2, 3), 0, 100000, seed=2)
    lows, highs = f32([-3, -40, 0]), f32([5, 20, 7])
    for data in (wide, small, lit('qint32', np.full((1, 1, 1, 3), -7))):
        for clip in (6.0, 1e30, 0.001):
            yield Case('RequantizationRangePerChannel', [data, lows, highs], dict(clip_value_max=clip))
        for out in ((-2, 3), (-30, 1), (0, 6)):
            for t in ('qint8', 'quint8'):
                yield Case('RequantizePerChannel', [data, lows, const(highs), f32(out[0]), f32(out[1])], dict(out_type=t),
                           error=t == 'qint8' and out[0] == 0)
    for t in ('qint8', 'quint8'):
        yield Case('RequantizePerChannel', [wide, f32([-3]), f32([5]), f32(-2), f32(3)], dict(out_type=t))
        yield Case('RequantizePerChannel', [wide, f32([-3]), f32([5]), fed(f32([-2])), fed(f32([[3]]))], dict(out_type=t))
        yield Case('RequantizePerChannel', [fed(wide), fed(lows), fed(highs), fed(f32(-2)), fed(f32(3))], dict(out_type=t))
        # Halves go to the even code.
        yield Case('RequantizePerChannel', [lit('qint32', np.arange(-9, 9).reshape(1, 1, 18, 1) << 23), f32([-128]), f32([128]), f32(-127), f32(127)],
                   dict(out_type=t), name=f'RequantizePerChannel halves {t}', exact=True)
    yield Case('RequantizationRangePerChannel', [fed(wide), fed(lows), fed(highs)], dict(clip_value_max=6.0))
    for bad in ([full_range('qint32', (4, 3)), lows, highs], [wide, f32([-1, -1]), highs], [wide, lows, f32([1, 1])]):
        yield Case('RequantizationRangePerChannel', bad, dict(clip_value_max=6.0), error=True)
        yield Case('RequantizePerChannel', bad + [f32(-2), f32(3)], dict(out_type='qint8'), error=True)
    yield Case('RequantizePerChannel', [wide, lows, highs, f32(0), f32(0)], dict(out_type='qint8'), error=True)

    for t in ('quint8', 'qint8'):
        for lows2, highs2 in (((-1, -1, -1), (2, 2, 2)), ((-1, -2, -3), (1, 2, 5)), ((0, 0, 0), (3, 4, 3)), ((1, 1, 2), (3, 4, 3))):
            yield Case('QuantizedConcatV2', [[codes(t, (2, 1)), codes(t, (2, 3)), codes(t, (2, 2))], const(i32(1)),
                                             [f32(v) for v in lows2], [f32(v) for v in highs2]])
        yield Case('QuantizedConcatV2', [[codes(t, (2, 1, 3, 2)), codes(t, (3, 1, 3, 2))], i32(-4), [f32(-1), f32(-1)], [f32(1), f32(1)]])
        for shape in ((1, 2, 1, 2), (1, 2, 2), (4,), (1, 1, 2, 1, 2)):
            for high in (2, 3):
                yield Case('QuantizedConcatV2', [[codes(t, shape), codes(t, shape)], i32(-1), [f32(-1), f32(-1)], [f32(2), f32(high)]])
        yield Case('QuantizedConcatV2', [[codes(t, (2, 1)), codes(t, (3, 1))], i32(2), [f32(-1), f32(-1)], [f32(1), f32(1)]], error=True)
        yield Case('QuantizedConcatV2', [[codes(t, (2, 1)), codes(t, (3, 1))], i32(1), [f32(-1), f32(-1)], [f32(1), f32(1)]], error=True)


def codes(t, shape):
    return full_range(t, shape)
