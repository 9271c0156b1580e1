"""Products of codes whose following operators are attributes; see quantized_matmul.py for what filters may be."""
from cases_dsl import *

ONEDNN = True
ACTIVATIONS = ['Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Tanh', 'Sigmoid', 'GeluApproximate', 'GeluExact']
COLUMNS = [f32([-1, -.5, -2, -.125]), f32([.5, .75, 2, .125])]


def cases():
    for act in [None] + ACTIVATIONS:
        middle = ['BiasAdd'] + ([act] if act else [])
        yield case(middle + ['Dequantize'], 'float32')
        yield case(middle + ['Requantize'], 'qint8', ends=(-3, 2))
        yield case(middle + ['Requantize'], 'quint8', ends=(-3, 2), output_quant_mode='MIN_FIRST')
    for low, high in ((-1, 6), (0, 6), (1, 6), (-6, -1)):
        yield case(['BiasAdd', 'Dequantize'], 'float32', low=low, high=high, input_quant_mode='MIN_FIRST')
    yield case(['BiasAdd', 'Dequantize'], 'float32', t='qint8', low=-5)
    for low, high in ((-5, 6), (0, 4), (-5, -1), (1, 6)):
        yield case(['BiasAdd', 'Dequantize'], 'float32', t='qint8', low=low, high=high, input_quant_mode='MIN_FIRST')
    yield case(['BiasAdd', 'Relu', 'Requantize'], 'quint8', t='qint8', low=-5, ends=(-1, 3), ranges=COLUMNS, input_quant_mode='MIN_FIRST')
    yield case(['BiasAdd', 'Requantize'], 'qint8', t='qint8', low=-5, ends=(-1, 3), ranges=COLUMNS)
    for mode in ('SCALED', 'MIN_FIRST'):
        for out in ('qint8', 'quint8'):
            for ends in ((0, 3), (1, 3), (-3, -1)):
                yield case(['BiasAdd', 'Requantize'], out, ends=ends, output_quant_mode=mode)
        yield case(['BiasAdd', 'Dequantize'], 'float32', low=-1, ranges=COLUMNS, input_quant_mode=mode)
        yield case(['BiasAdd', 'Dequantize'], 'float32', low=-1, input_quant_mode=mode, transpose_b=True)
    for u in ('float32', 'bfloat16'):
        yield case(['BiasAdd', 'Add', 'Dequantize'], u, u=u, bias=u)
    yield case(['BiasAdd', 'Relu', 'Dequantize'], 'bfloat16')
    yield case(['BiasAdd', 'LeakyRelu', 'Dequantize'], 'float32', leakyrelu_alpha=.5)
    for tail, out in ((['Dequantize'], 'float32'), (['BiasAdd', 'Add', 'Relu', 'Dequantize'], 'float32'), (['BiasAdd', 'Dequantize', 'Relu'], 'float32')):
        yield case(tail, out, error=True)
    yield case(['BiasAdd', 'Dequantize'], 'float32', error=True, rows=6)


def case(tail, out, t='quint8', low=0, high=6, ranges=None, ends=None, u='float32', bias='float32', error=False, rows=5, **more):
    b = rand('qint8', (4, rows) if more.get('transpose_b') else (rows, 4), -64, 64)
    device = [full_range(t, (3, 5)), const(b)] + ([const(rand(bias, (4,), -3, 3))] if 'BiasAdd' in tail else [])
    if 'Add' in tail:
        device.append(rand(u, (3, 4)))
    host = [f32(low), f32(high)] + (ranges or [f32(-1), f32(.5)]) + ([f32(end) for end in ends] if ends else [])
    attrs = dict(T1=t, T2='qint8', Tbias=bias, U=u, Tout=out, fused_ops=tail, Tdevice_outputs=[out],
                 Thost_outputs=['float32', 'float32'] if 'Requantize' in tail else [])
    return Case('_QuantizedMatMul', [device, host], {**attrs, **more}, error=error)
