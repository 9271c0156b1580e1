"""Real quantisation: codes and their ranges."""
from cases_dsl import *

MODES = ['MIN_COMBINED', 'MIN_FIRST', 'SCALED']
RANGES = [(-2, 4), (-4, 2), (0, 3), (1, 3), (-3, -1)]


def q(t, values):
    return lit(t, np.array(values))


def codes(t, shape):
    return full_range(t, shape)


def cases():
    x = rand('float32', (5, 6), -5, 5)
    for t in QUANTIZED:
        for mode in MODES:
            for low, high in RANGES:
                yield Case('QuantizeV2', [x, f32(low), const(f32(high))], dict(T=t, mode=mode))
                yield Case('Dequantize', [codes(t, (4, 5)), f32(low), f32(high)], dict(mode=mode))
            yield Case('QuantizeV2', [x, f32(0), f32(0)], dict(T=t, mode=mode))
        for narrow in (False, True):
            yield Case('QuantizeV2', [x, f32(-3), f32(2)], dict(T=t, mode='SCALED', round_mode='HALF_TO_EVEN',
                                                               narrow_range=narrow))
            yield Case('Dequantize', [codes(t, (3, 4)), f32(-3), f32(2)], dict(mode='SCALED', narrow_range=narrow))
        for mode in ('MIN_COMBINED', 'SCALED'):
            for axis in (0, 1, 2):
                n = (2, 3, 2)[axis]
                low, high = f32([-1, -2, -.5][:n]), f32([1, .5, 4][:n])
                yield Case('QuantizeV2', [rand('float32', (2, 3, 2), -3, 3), low, high], dict(T=t, mode=mode, axis=axis))
                yield Case('Dequantize', [codes(t, (2, 3, 2)), low, high], dict(mode=mode, axis=axis))
        yield Case('Dequantize', [codes(t, (3, 4)), f32(-3), f32(2)], dict(dtype='bfloat16'))
        yield Case('QuantizeV2', [rand('float32', (0, 2)), f32(-3), f32(2)], dict(T=t))
        yield Case('Dequantize', [codes(t, ()), f32(-3), f32(2)])
        # One slice along the axis: the range in use is scalars.
        yield Case('QuantizeV2', [rand('float32', (5, 1)), f32([-3]), f32([2])], dict(T=t, axis=1))
        yield Case('QuantizeV2', [rand('float32', (5, 1)), f32([-3]), f32([2])], dict(T=t, axis=1, mode='MIN_FIRST'))
    yield Case('QuantizeV2', [x, f32(2), f32(1)], dict(T='quint8'), error=True)
    yield Case('QuantizeV2', [x, f32([1, 2]), f32([2, 3])], dict(T='quint8'), error=True)
    yield Case('QuantizeV2', [x, f32(1), f32(2)], dict(T='quint8', round_mode='HALF_TO_EVEN'), error=True)
    yield Case('QuantizeV2', [x, f32(-1), f32(2)], dict(T='quint8', ensure_minimum_range=5))

    for op in ('QuantizedRelu', 'QuantizedRelu6'):
        for t in ('quint8', 'qint32'):
            for low, high in RANGES + [(-20, 30)]:
                yield Case(op, [codes(t, (4, 5)), f32(low), f32(high)], dict(out_type=t))
    for t in ('quint8', 'qint32'):  # all codes mean one number
        yield Case('QuantizedRelu', [codes(t, (4, 5)), f32(0), f32(0)], dict(out_type=t))
        yield Case('QuantizedRelu6', [codes(t, (4, 5)), f32(0), f32(0)], dict(out_type=t))
    for t in ('quint8', 'qint32'):
        data = np.array([0, 101, 102, 103, 132, 133, 134, 255]) if t == 'quint8' else np.array(
            [-2**31, -429496731, -429496730, 0, 86, 85899346, 85899347, 2**31 - 1])
        low, high = (102, 133) if t == 'quint8' else (-429496730, 85899346)
        yield Case('QuantizedReluX', [q(t, data), f32(6), f32(-20), f32(30)], dict(out_type=t),
                   expect=lambda t=t, data=data, low=low, high=high: [
                       np.clip(data, low, high).astype(numpy_dtype(t)).view(tf.as_dtype(t).as_numpy_dtype), np.float32(-20), np.float32(30)])

    for op in ('QuantizedMaxPool', 'QuantizedAvgPool'):
        for t in ('quint8', 'qint8'):
            for padding in ('SAME', 'VALID'):
                for k, s in ((2, 2), (3, 1), (2, 1), (3, 2)):
                    yield Case(op, [codes(t, (2, 4, 5, 2)), f32(-1), f32(2)],
                               dict(ksize=[1, k, k, 1], strides=[1, s, s, 1], padding=padding))
            for shape, k, s in (((1, 2, 2, 3), 3, 1), ((1, 2, 3, 3), 3, 1), ((1, 3, 2, 3), 5, 2)):  # larger than the input
                yield Case(op, [codes(t, shape), f32(-1), f32(2)], dict(ksize=[1, k, k, 1], strides=[1, s, s, 1], padding='VALID'),
                           error=True)

    # Ranges of one element that are no scalars: each kernel has a rule of its own.
    low, high = fed(f32([-1])), fed(f32([2]))
    square, two = codes('quint8', (2, 2)), codes('qint32', (3,))
    image, pool = codes('quint8', (1, 2, 2, 1)), dict(ksize=[1, 1, 1, 1], strides=[1, 1, 1, 1], padding='SAME')
    yield Case('QuantizeV2', [x, low, fed(f32([[2]]))], dict(T='quint8'))
    yield Case('Dequantize', [square, low, fed(f32([[2]]))], dict(mode='MIN_FIRST'))
    yield Case('QuantizedConcat', [i32(0), [square, square], [low, f32(0)], [high, f32(1)]])
    yield Case('QuantizedReshape', [square, i32([4]), low, high])
    yield Case('RequantizationRange', [two, low, fed(f32([[2]]))])
    for given in (False, True):
        yield Case('QuantizeAndDequantizeV3', [x, low, fed(f32([[2]])), i32(8)], dict(range_given=given))
        for op in ('QuantizeAndDequantizeV2', 'QuantizeAndDequantizeV4'):
            yield Case(op, [x, low, high], dict(range_given=given), error=given)
    for op, inputs, attrs in [('QuantizedRelu', [square], dict(out_type='quint8')), ('QuantizedRelu6', [square], dict(out_type='quint8')),
                              ('QuantizedMaxPool', [image], pool), ('QuantizedAvgPool', [image], pool), ('QuantizedInstanceNorm', [image], {}),
                              ('QuantizedResizeBilinear', [image, i32([2, 2])], {}), ('QuantizeDownAndShrinkRange', [two], dict(out_type='quint8'))]:
        yield Case(op, inputs + [low, f32(2)], attrs, error=True)
        yield Case(op, inputs + [f32(-1), high], attrs, error=True)
    yield Case('QuantizedReshape', [square, i32([4]), f32(-1), fed(f32([[2]]))], error=True)
    yield Case('QuantizedMatMul', [square, square, low, f32(2), f32(-1), f32(2)], error=True)
    yield Case('QuantizedMatMul', [square, square, f32(-1), high, low, high])
    for op, inputs, attrs in [('QuantizedAdd', [square, square], {}), ('QuantizedMul', [square, square], {}),
                              ('QuantizedBiasAdd', [square, codes('quint8', (2,))], dict(out_type='qint32')),
                              ('QuantizedConv2D', [image, codes('quint8', (1, 1, 1, 1))], dict(strides=[1, 1, 1, 1], padding='SAME')),
                              ('Requantize', [two], dict(out_type='quint8'))]:
        yield Case(op, inputs + [f32(-1), f32(2), f32(0), high], attrs, error=True)

    op = '_QuantizedMaxPool3D'
    for t in ('quint8', 'qint8'):
        for padding in ('SAME', 'VALID'):
            for k, s in (([2, 2, 2], [1, 2, 2]), ([3, 1, 2], [2, 1, 1]), ([1, 3, 4], [1, 3, 1])):
                yield Case(op, [codes(t, (2, 3, 4, 5, 2)), f32(-1), f32(2)], dict(ksize=[1, *k, 1], strides=[1, *s, 1], padding=padding))
        x, k = full_range(t, (1, 3, 4, 5, 2), seed=1), dict(ksize=[1, 2, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding='VALID')
        yield Case(op, [fed(x), f32(3), f32(-6)], k)
        # TensorFlow refuses channels first.
        first = dict(ksize=[1, 1, 2, 2, 2], strides=[1, 1, 1, 2, 1], padding='VALID', data_format='NCDHW')
        yield Case(op, [Literal(t, np.ascontiguousarray(make(x).transpose(0, 4, 1, 2, 3))), f32(-1), f32(2)], first, expect=lambda op=op, t=t, x=x, k=k: [
            Literal(t, np.ascontiguousarray((y := tf_run(op, [x, f32(-1), f32(2)], k))[0].transpose(0, 4, 1, 2, 3))), *y[1:]])
        for low in (fed(f32([-1])), f32([-1]), f32([-1, 2])):
            yield Case(op, [x, low, f32(2)], k, error=True)
        for bad in (dict(ksize=[1, 4, 1, 1, 1]), dict(ksize=[2, 1, 1, 1, 1]), dict(ksize=[1, 1, 1, 1, 2]), dict(ksize=[1, 2, 2, 1]), dict(strides=[1, 0, 1, 1, 1])):
            yield Case(op, [x, f32(-1), f32(2)], dict(k, **bad), error=True)

    for t in ('quint8', 'qint32'):
        parts = [rand(t, (2, 1), 0, 100), codes(t, (2, 3)), codes(t, (2, 2))]
        for lows, highs in (((-1, -2, -3), (1, 2, 5)), ((0, 1, 2), (3, 4, 3)), ((-1, -1, -1), (1, 1, 1))):
            yield Case('QuantizedConcat', [const(i32(1)), parts, [f32(v) for v in lows], [f32(v) for v in highs]])
    yield Case('QuantizedConcat', [i32(0), [codes('quint8', (2, 1)), codes('quint8', (3, 1))], [f32(0), f32(0)],
                                   [f32(1), f32(2)]])
    yield Case('QuantizedConcat', [i32(-1), [codes('quint8', (2,)), codes('quint8', (3,))], [f32(0), f32(0)],
                                   [f32(1), f32(2)]], error=True)

    for low_x, high_x, low_y, high_y in ((-1, 2, -3, 4), (0, 2, -3, 4), (0, 200, -.03, .04), (-1, 1, -1, 1)):
        ends = [f32(low_x), f32(high_x), f32(low_y), f32(high_y)]
        for op in ('QuantizedAdd', 'QuantizedMul'):
            for shapes in (((3, 7), (3, 7)), ((3, 7), (7,)), ((7,), (3, 7)), ((3, 7), ()), ((), (3, 7)), ((0, 2), (0, 2))):
                yield Case(op, [codes('quint8', shapes[0]), codes('quint8', shapes[1])] + ends)
        for t in ('quint8', 'qint8'):
            yield Case('QuantizedBiasAdd', [codes(t, (5, 6)), codes(t, (6,))] + ends, dict(out_type='qint32'))
        for turn_a in (False, True):
            for turn_b in (False, True):
                a = codes('quint8', (5, 4) if turn_a else (4, 5))
                b = codes('quint8', (6, 5) if turn_b else (5, 6))
                yield Case('QuantizedMatMul', [a, b] + ends, dict(transpose_a=turn_a, transpose_b=turn_b))
                yield Case('QuantizedMatMul', [a, const(b)] + ends, dict(transpose_a=turn_a, transpose_b=turn_b))
        for padding in ('SAME', 'VALID'):
            for k, s in ((1, 1), (2, 1), (3, 1), (3, 2)):
                yield Case('QuantizedConv2D', [codes('quint8', (2, 5, 4, 3)), const(codes('quint8', (k, k, 3, 4)))] + ends,
                           dict(strides=[1, s, s, 1], padding=padding))
    # Strides that leave rows over; padding where 0 has no code; sums of one element.
    for k, s in (((2, 1), 3), ((1, 3), 3), ((4, 4), 4), ((1, 1), 2), ((2, 2), 5)):
        for padding in ('SAME', 'VALID'):
            yield Case('QuantizedConv2D', [codes('quint8', (1, 9, 7, 3)), const(codes('quint8', (*k, 3, 4))), f32(-1), f32(2), f32(-3), f32(4)],
                       dict(strides=[1, s, s, 1], padding=padding), exact=True)
    for low, high in ((1, 2), (-3, -2), (-136.3, -135.3)):
        yield Case('QuantizedConv2D', [codes('quint8', (1, 3, 3, 3)), const(codes('quint8', (4, 2, 3, 8))), f32(low), f32(high), f32(-3), f32(4)],
                   dict(strides=[1, 1, 1, 1], padding='SAME'), exact=True)
    for shapes in (((1, 1), (3, 1)), ((3, 2), (1, 1)), ((1,), (1, 1))):
        yield Case('QuantizedAdd', [codes('quint8', shapes[0]), codes('quint8', shapes[1]), f32(-2.5), f32(.3), f32(-1), f32(7)], exact=True)
    for t in ('quint8', 'qint8'):
        yield Case('QuantizedBiasAdd', [codes(t, (5, 6)), codes(t, (6,)), f32(-2.5), f32(.3), f32(-1), f32(7)], dict(out_type='qint32'),
                   exact=True)
    yield Case('QuantizedConv2D', [codes('quint8', (1, 5, 4, 3)), codes('quint8', (2, 3, 3, 4)), f32(-1), f32(1), f32(0),
                                   f32(3)], dict(strides=[1, 1, 1, 1], padding='SAME'))
    for t in ['qint8', 'qint16', 'quint16', 'qint32']:
        yield Case('QuantizedMatMul', [codes('quint8', (2, 3)), codes('quint8', (3, 2)), f32(0), f32(1), f32(0), f32(1)], dict(Tactivation=t),
                   name=f'QuantizedMatMul Tactivation {t}')
    yield Case('QuantizedMatMul', [codes('quint8', (2, 3)), codes('quint8', (3, 2)), f32(1), f32(1), f32(0), f32(1)],
               error=True)
    yield Case('QuantizedMatMul', [codes('quint8', (2, 3)), codes('quint8', (2, 3)), f32(0), f32(1), f32(0), f32(1)],
               error=True)
    yield Case('QuantizedBiasAdd', [codes('quint8', (3,)), codes('quint8', (3,)), f32(0), f32(1), f32(0), f32(1)],
               dict(out_type='qint32'), error=True)
    yield Case('QuantizedBiasAdd', [codes('quint8', (2, 3)), codes('quint8', (2,)), f32(0), f32(1), f32(0), f32(1)],
               dict(out_type='qint32'), error=True)

    for low, high in ((-5, 7), (2, 3), (-100, 100)):
        for data in (codes('qint32', (5, 5)), rand('qint32', (4, 5), -100000, 100000), q('qint32', [0, 0])):
            yield Case('RequantizationRange', [data, f32(low), f32(high)])
            yield Case('QuantizeDownAndShrinkRange', [data, f32(low), f32(high)], dict(out_type='quint8'))
            for out in ((-2, 3), (0, 1), (-1, -.5), (-50, 60)):
                for t in ('quint8', 'qint8'):
                    yield Case('Requantize', [data, f32(low), f32(high), f32(out[0]), f32(out[1])], dict(out_type=t))
    # Codes next to a step: the offset of the range is rounded, not cut.
    step = q('qint32', np.arange(-200, 200) * 83886 + 41943)
    for out in ((-5231.298, 6537.359), (-63.60766, 62.366096), (-24.863544, 33.334507)):
        yield Case('Requantize', [step, f32(-1.3412129e7), f32(1.3412129e7), f32(out[0]), f32(out[1])], dict(out_type='quint8'), exact=True)
    yield Case('Requantize', [codes('qint32', (3,)), f32(-1), f32(1), f32(1), f32(2)], dict(out_type='quint8'), error=True)

    image = codes('quint8', (2, 3, 4, 2))
    for attrs in (dict(), dict(output_range_given=True, given_y_min=-2, given_y_max=2.5), dict(min_separation=20),
                  dict(variance_epsilon=.1)):
        yield Case('QuantizedInstanceNorm', [image, f32(-1), f32(2)], attrs)
    yield Case('QuantizedInstanceNorm', [q('quint8', np.full((1, 2, 2, 1), 9)), f32(-1), f32(2)])
    for high in (0.5, 3):
        yield Case('QuantizedInstanceNorm', [image, f32(-1), f32(2)], dict(output_range_given=True, given_y_min=-1, given_y_max=high, min_separation=2.5))
    for scale in (False, True):
        yield Case('QuantizedBatchNormWithGlobalNormalization',
                   [image, f32(-1), f32(2), q('quint8', [100, 9]), f32(-1), f32(1), q('quint8', [30, 200]), f32(0), f32(3),
                    q('quint8', [50, 250]), f32(-1), f32(1), q('quint8', [40, 99]), f32(-2), f32(2)],
                   dict(out_type='qint32', variance_epsilon=.01, scale_after_normalization=scale))
    yield Case('QuantizedBatchNormWithGlobalNormalization',
               [codes('quint8', (1, 2, 2, 1)), f32(-1), f32(2)] + [v for _ in range(4) for v in (q('quint8', [100]), f32(-1), f32(1))],
               dict(out_type='qint32', variance_epsilon=.01, scale_after_normalization=True), error=True)
    for t in ('quint8', 'qint32', 'float32'):
        data = rand('float32', (1, 3, 4, 2)) if t == 'float32' else codes(t, (1, 3, 4, 2))
        for attrs in (dict(), dict(align_corners=True), dict(half_pixel_centers=True), dict(align_corners=True, half_pixel_centers=True)):
            for size in ([2, 5], [6, 8], [1, 1], [3, 4]):
                yield Case('QuantizedResizeBilinear', [data, i32(size), f32(-1), f32(2)], attrs)
