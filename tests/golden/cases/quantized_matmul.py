"""Products of codes with a bias and what follows it. Filters stay within 64: without VNNI, oneDNN adds pairs of products in
16 bits, and what it gives for larger ones depends on the processor. Where a bias of codes is added, sums stay below 2**24."""
from cases_dsl import *

ONEDNN = True


def cases():
    sums = {'': 'qint32', 'AndRelu': 'qint32'}
    for after, t in {'': 'qint32', 'AndRelu': 'qint32', 'AndRequantize': 'quint8', 'AndReluAndRequantize': 'quint8', 'AndDequantize': 'float32'}.items():
        op = 'QuantizedMatMulWithBias' + after
        ends = [] if after in sums else [f32(-1), f32(20)]
        for tbias in ['float32'] if after == 'AndRelu' else ['float32', 'qint32']:
            bias = rand('float32', (5,), -3, 3) if tbias == 'float32' else rand('qint32', (5,), -9000, 9000)
            for mode in ('MIN_FIRST', 'SCALED'):
                for low, high in ((0, 6), (-.25, 6)) + (((-6, 2),) if tbias == 'qint32' else ()):
                    ranges = [f32(low), f32(high), f32(-1), f32(.5)]
                    yield Case(op, [a(3, 4), b(4, 5), const(bias)] + ranges + ends, dict(Toutput=t, input_quant_mode=mode))
            scalars = [f32(0), f32(3), f32(-2), f32(2)] + ends
            yield Case(op, [a(3, 7), const(b(7, 5)), bias] + scalars, dict(Toutput=t))
            yield Case(op, [a(3, 7), const(b(5, 7)), bias] + scalars, dict(Toutput=t, transpose_b=True), error=True)
            yield Case(op, [a(7, 3), const(b(7, 5)), bias] + scalars, dict(Toutput=t, transpose_a=True), error=True)
        if after in sums:  # beyond 2**24, where float has not every sum
            for low in (0, -.75):
                yield Case(op, [a(4, 9), b(9, 7), const(rand('float32', (7,), -900, 900))] + [f32(low), f32(2), f32(-1), f32(.75)], dict(Toutput=t))
        for bad in ([a(3, 4), b(5, 5), bias], [a(3, 4), b(4, 6), bias]):
            yield Case(op, bad + [f32(0), f32(3), f32(-2), f32(2)] + ends, dict(Toutput=t), error=True)


def a(*shape):
    return full_range('quint8', shape)


def b(*shape):
    return rand('qint8', shape, -64, 64)
