"""Convolutions of codes and what follows them. Filters stay within 64: without VNNI, oneDNN adds pairs of products in
16 bits, and what it gives for larger ones depends on the processor. Sums stay below 2**24, where float has them all."""
from cases_dsl import *

ONEDNN = True
CHANNELS = [f32([-1, -.5, -2, -.125]), f32([.5, .75, 2, .125])]
SCALARS = [f32(-1), f32(.5)]


def cases():
    for after in ('', 'AndRelu', 'AndRequantize', 'AndReluAndRequantize'):
        codes = 'Requantize' in after
        t = 'qint32' if not codes else 'quint8' if 'Relu' in after else 'qint8'
        ends = [f32(-20), f32(25)] if codes else []
        for biased in ('', 'WithBias'):
            op = 'QuantizedConv2D' + biased + after
            if op == 'QuantizedConv2D':
                op = 'QuantizedConv2DPerChannel'
                yield Case('QuantizedConv2D', [a('quint8', 1, 5, 5, 3), w(3, 3, 3, 4), f32(-1), f32(6)] + SCALARS, attrs(t, 2, 'SAME'))
                yield Case('QuantizedConv2D', [a('quint8', 1, 5, 4, 4), w(3, 1, 2, 4), f32(0), f32(6)] + SCALARS, attrs(t, 1, 'VALID'))
                yield Case('QuantizedConv2D', [a('quint8', 1, 5, 5, 3), w(3, 3, 3, 4), f32(0), f32(6)] + CHANNELS, attrs(t, 2, 'SAME'), error=True)
            one_range = op == 'QuantizedConv2DAndRequantize'
            for tin in ['quint8', 'qint8'] if biased else ['quint8']:
                for tbias in [''] if not biased else ['float32', 'qint32'] if codes else ['float32']:
                    for low, high in ((0, 6), (-1, 6)):
                        for filters in [SCALARS] if one_range else [SCALARS, CHANNELS]:
                            operands = [a(tin, 1, 5, 5, 3), w(3, 3, 3, 4)] + bias(tbias, 4)
                            yield Case(op, operands + [f32(low), f32(high)] + filters + ends, attrs(t, 2, 'SAME'))
            biases = bias('float32', 4) if biased else []
            yield from windows(op, biases, SCALARS + ends, t)
            yield from refused(op, biases, ends, t)

    for op, t in (('', 'qint32'), ('WithBias', 'qint32'), ('WithBiasAndRelu', 'qint32'), ('WithBiasAndReluAndRequantize', 'quint8')):
        ends = [f32(-3), f32(12)] if t == 'quint8' else []
        for tbias in [''] if not op else ['float32', 'qint32'] if ends else ['float32']:
            for multiplier, filters in ((1, SCALARS), (1, [f32([-1, -.5, -2]), f32([.5, .75, 2])]), (2, SCALARS)):
                operands = [a('quint8', 1, 5, 6, 3), w(3, 2, 3, multiplier)] + bias(tbias, 3 * multiplier)
                yield Case('QuantizedDepthwiseConv2D' + op, operands + [f32(-.5), f32(4)] + filters + ends, attrs(t, 1, 'SAME'))
        operands = [a('quint8', 2, 6, 5, 2), w(2, 2, 2, 1)] + (bias('float32', 2) if op else [])
        more = dict(padding_list=[0, 0, 1, 0, 0, 2, 0, 0]) if 'Relu' in op else {}
        yield Case('QuantizedDepthwiseConv2D' + op, operands + [f32(0), f32(4)] + SCALARS + ends,
                   dict(attrs(t, 1, 'VALID'), dilations=[1, 2, 2, 1], **more))
        yield Case('QuantizedDepthwiseConv2D' + op, operands[:1] + [w(2, 2, 3, 1)] + operands[2:] + [f32(0), f32(4)] + SCALARS + ends,
                   attrs(t, 1, 'VALID'), error=True)

    for filters in (SCALARS, CHANNELS):
        for tbias in ('float32', 'qint32'):
            yield GraphCase(f'sum of codes, {tbias}, {filters is CHANNELS}', sum_of_codes('QuantizedConv2DWithBiasSum', 'quint8', tbias, filters))
            yield GraphCase(f'signed sum of codes, {tbias}, {filters is CHANNELS}',
                            sum_of_codes('QuantizedConv2DWithBiasSignedSum', 'qint8', tbias, filters))
        yield GraphCase(f'sum of numbers, {filters is CHANNELS}', sum_of_numbers(filters))


def windows(op, biases, rest, t):
    """Strides, dilations, padding, groups, a batch of several, an empty batch's shape aside."""
    ranges = [f32(0), f32(6)] + rest
    yield Case(op, [a('quint8', 2, 6, 4, 2), w(3, 2, 2, 4)] + biases + ranges, attrs(t, 1, 'VALID', dilations=[1, 2, 1, 1]))
    yield Case(op, [a('quint8', 1, 7, 5, 2), w(2, 3, 2, 4)] + biases + ranges, attrs(t, 3, 'SAME'))
    yield Case(op, [a('quint8', 1, 3, 3, 18), w(1, 1, 18, 4)] + biases + ranges, attrs(t, 1, 'VALID'))
    yield Case(op, [a('quint8', 1, 4, 4, 4), w(2, 2, 2, 4)] + biases + ranges, attrs(t, 1, 'VALID'))
    if op != 'QuantizedConv2DPerChannel':
        for padding in ('VALID', 'SAME'):
            yield Case(op, [a('quint8', 1, 4, 4, 2), w(3, 3, 2, 4)] + biases + ranges, attrs(t, 2, padding, padding_list=[0, 0, 1, 2, 0, 3, 0, 0]))


def refused(op, biases, ends, t):
    good = [a('quint8', 1, 5, 5, 3), w(3, 3, 3, 4)] + biases
    ranges = [f32(0), f32(6)] + SCALARS + ends
    yield Case(op, [a('quint8', 1, 5, 5, 2)] + good[1:] + ranges, attrs(t, 1, 'VALID'), error=True)
    yield Case(op, [a('quint8', 5, 5, 3)] + good[1:] + ranges, attrs(t, 1, 'VALID'), error=True)
    yield Case(op, [a('quint8', 1, 1, 5, 3)] + good[1:] + ranges, attrs(t, 1, 'VALID'), error=True)
    yield Case(op, [a('quint8', 1, 2, 5, 3)] + good[1:] + ranges, attrs(t, 1, 'VALID'), error=True)  # a window that sticks out by a pixel
    yield Case(op, good + [f32([0, 0])] + ranges[1:], attrs(t, 1, 'VALID'), error=True)
    yield Case(op, good + ranges[:2] + [f32([[0, 0]]), f32([[1, 1]])] + ends, attrs(t, 1, 'VALID'), error=True)
    # One element of any rank, where TensorFlow does not know the shape.
    yield Case(op, good + [fed(f32([0])), fed(f32([[1]])), fed(f32([[0]])), fed(f32([[1]]))] + ends, attrs(t, 1, 'VALID'))
    yield Case(op, good + ranges, attrs(t, 0, 'VALID'), error=True)
    if op != 'QuantizedConv2DPerChannel':
        for pads in ([1, 1, 2, 2], [0, 0, -1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0]):
            yield Case(op, good + ranges, attrs(t, 1, 'VALID', padding_list=pads), error=True)


# TensorFlow writes its result over the summand, and ends where the summand is somebody else's: it has to be made.
def sum_of_codes(op, t, tbias, filters):
    def graph(g):
        kind = {'quint8': 'uint8', 'qint8': 'int8'}[t]
        x, y = g.feed(full_range('quint8', (1, 4, 5, 3), seed=1)), g.feed(full_range(kind, (1, 3, 2, 4), seed=2))
        summand = tf.bitcast(tf.transpose(y, [0, 2, 1, 3]), getattr(tf, t))
        biases = rand('float32', (4,), -3, 3, seed=3) if tbias == 'float32' else rand('qint32', (4,), -9000, 9000, seed=3)
        return list(getattr(tf.raw_ops, op + 'AndReluAndRequantize')(
            input=x, filter=g.const(rand('qint8', (3, 3, 3, 4), -64, 64, seed=4)), bias=g.const(biases), min_input=g.const(f32(0)),
            max_input=g.const(f32(6)), min_filter=g.const(filters[0]), max_filter=g.const(filters[1]),
            min_freezed_output=g.const(f32(0)), max_freezed_output=g.const(f32(24)), summand=summand, min_summand=g.const(f32(-9)),
            max_summand=g.const(f32(8)), out_type=tf.quint8, strides=[1, 1, 1, 1], padding='VALID'))
    return graph


def sum_of_numbers(filters):
    def graph(g):
        x, y = g.feed(full_range('quint8', (1, 4, 5, 3), seed=1)), g.feed(rand('float32', (1, 3, 2, 4), -9, 9, seed=2))
        return list(tf.raw_ops.QuantizedConv2DWithBiasSumAndRelu(
            input=x, filter=g.const(rand('qint8', (3, 3, 3, 4), -64, 64, seed=4)), bias=g.const(rand('float32', (4,), -3, 3, seed=3)),
            min_input=g.const(f32(0)), max_input=g.const(f32(6)), min_filter=g.const(filters[0]), max_filter=g.const(filters[1]),
            summand=tf.transpose(y, [0, 2, 1, 3]), out_type=tf.qint32, strides=[1, 1, 1, 1], padding='VALID'))
    return graph


def attrs(t, stride, padding, **more):
    return dict(out_type=t, strides=[1, stride, stride, 1], padding=padding, **more)


def a(t, *shape):
    return full_range(t, shape)


def w(*shape):
    return const(rand('qint8', shape, -64, 64))


def bias(t, n):
    return [] if not t else [const(rand('float32', (n,), -3, 3) if t == 'float32' else rand('qint32', (n,), -9000, 9000))]
