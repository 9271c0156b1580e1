"""Convolutions of codes whose following operators are attributes; see quantized_conv.py."""
from cases_dsl import *

ONEDNN = True
TAILS = [[], ['BiasAdd'], ['Relu'], ['Requantize'], ['BiasAdd', 'Relu'], ['BiasAdd', 'Requantize'], ['Relu', 'Requantize'], ['BiasAdd', 'Relu', 'Requantize']]


def cases():
    for op, filters in (('_FusedQuantizedConv2D', (3, 2, 3, 4)), ('_FusedQuantizedDepthwiseConv2D', (3, 2, 3, 1))):
        channels = 4 if filters[-1] == 4 else 3
        for i, tail in enumerate(TAILS):
            for tin in ('quint8', 'qint8'):
                for out in ['qint8', 'quint8'] if 'Requantize' in tail else ['qint32']:
                    yield conv(op, tail, tin, out, const(rand('qint8', filters, -64, 64)), channels, ['float32', 'qint32'][(i + (tin == out)) % 2])
        f = const(rand('qint8', filters, -64, 64))
        yield conv(op, TAILS[1], 'quint8', 'qint32', f, channels, 'float32', per_channel=True)
        yield conv(op, TAILS[-1], 'quint8', 'qint8', f, channels, 'qint32', per_channel=True)
        yield conv(op, TAILS[1], 'qint8', 'qint32', f, channels, 'float32', padding='EXPLICIT', explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0])
        for tail in (['Relu', 'BiasAdd'], ['BiasAdd', 'Sum'], ['BiasAdd', 'Elu']):
            yield conv(op, tail, 'quint8', 'qint32', f, channels, 'float32', error=True)
        yield conv(op, ['BiasAdd', 'Requantize'], 'quint8', 'qint32', f, channels, 'float32', error=True)
        yield conv(op, ['BiasAdd'], 'quint8', 'qint32', f, channels, 'float32', Tsummand='quint8', error=True)
    for ts, out in (('quint8', 'quint8'), ('qint8', 'quint8'), ('float32', 'qint32')):
        for tbias in ('float32', 'qint32'):
            yield GraphCase(f'generic sum of {ts}, {tbias}', summed('_FusedQuantizedConv2D', (3, 3, 3, 4), ts, out, tbias))
    yield GraphCase('depthwise sum of numbers', summed('_FusedQuantizedDepthwiseConv2D', (3, 3, 2, 2), 'float32', 'qint32', 'float32'))


def conv(op, tail, tin, out, filters, channels, tbias, per_channel=False, error=False, **more):
    device = [full_range(tin, (1, 4, 5, 3)), filters]
    if 'BiasAdd' in tail:
        device.append(const(rand('float32', (channels,), -3, 3) if tbias == 'float32' else rand('qint32', (channels,), -9000, 9000)))
    ranges = [f32([-1, -.5, -2, -.125][:channels]), f32([.5, .75, 2, .125][:channels])] if per_channel else [f32(-1), f32(.5)]
    host = [f32(0), f32(6)] + ranges + ([f32(-20), f32(25)] if 'Requantize' in tail else [])
    attrs = dict(Tinput=tin, Tbias=tbias, Tsummand=out, out_type=out, Tdevice_outputs=[out], Thost_outputs=['float32', 'float32'],
                 strides=[1, 1, 1, 1], padding='VALID', fused_ops=tail)
    return Case(op, [device, host], {**attrs, **more}, error=error)


# As in quantized_conv.py, the summand has to be made.
def summed(op, filters, ts, out, tbias):
    def graph(g):
        kind = {'quint8': 'uint8', 'qint8': 'int8', 'float32': 'float32'}[ts]
        made = rand('float32', (1, 3, 2, 4), -9, 9, seed=2) if kind == 'float32' else full_range(kind, (1, 3, 2, 4), seed=2)
        biases = rand('float32', (4,), -3, 3, seed=3) if tbias == 'float32' else rand('qint32', (4,), -9000, 9000, seed=3)
        x, summand = g.feed(full_range('quint8', (1, 4, 5, filters[2]), seed=1)), tf.transpose(g.feed(made), [0, 2, 1, 3])
        if kind != 'float32':
            summand = tf.bitcast(summand, getattr(tf, ts))
        device = [x, g.const(rand('qint8', filters, -64, 64, seed=4)), g.const(biases), summand]
        numbers = [0, 6, -1, .5] + ([-9, 8] if kind != 'float32' else []) + ([0, 24] if out != 'qint32' else [])
        host = [g.const(f32(number)) for number in numbers]
        tail = ['BiasAdd', 'Sum', 'Relu'] + (['Requantize'] if out != 'qint32' else [])
        outputs = [getattr(tf, out), tf.float32, tf.float32]
        values = dict(Tinput=tf.quint8, Tfilter=tf.qint8, Tbias=getattr(tf, tbias), Tsummand=getattr(tf, ts), out_type=outputs[0],
                      Tdevice_inputs=[t.dtype for t in device], Thost_inputs=[t.dtype for t in host], Tdevice_outputs=outputs[:1],
                      Thost_outputs=outputs[1:], strides=[1, 1, 1, 1], padding=b'VALID', fused_ops=[name.encode() for name in tail])
        return list(tf.compat.v1.get_default_graph().create_op(op, device + host, outputs, name='op', attrs={
            name: attr_value(value) for name, value in values.items()}).outputs)
    return graph


def attr_value(value):
    types = tf.compat.v1.AttrValue
    if isinstance(value, bytes):
        return types(s=value)
    if isinstance(value, tf.DType):
        return types(type=value.as_datatype_enum)
    if isinstance(value[0], tf.DType):
        return types(list=types.ListValue(type=[t.as_datatype_enum for t in value]))
    return types(list=types.ListValue(**{'s' if isinstance(value[0], bytes) else 'i': value}))
