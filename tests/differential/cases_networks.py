"""Small networks as the suites of converters have them: two to some dozens of operators from TensorFlow's Python functions.

A network is a function of `draw` in nets_*.py that returns (function, inputs): inputs are Literals, the function takes their
tensors and returns one or more. It is built into a graph as it stands, with TensorFlow 1's control flow, or traced by
tf.function and frozen.
"""
import importlib
import os

from draw import *
import tensorflow as tf
from cases_dsl import GraphCase
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

ROOM = os.path.dirname(os.path.abspath(__file__))
NETS = [net for file in sorted(os.listdir(ROOM)) if file.startswith('nets_') for net in importlib.import_module(file[:-3]).NETS]


def frozen(function, values, shapes, lower):
    """The GraphDef of a traced function, and the names of its inputs and outputs. Not within a graph: it would stay there."""
    specs = [tf.TensorSpec(shape, tf.as_dtype(v.dtype), name=f'x{i}') for i, (v, shape) in enumerate(zip(values, shapes))]
    traced = tf.function(function, autograph=False).get_concrete_function(*specs)
    traced = convert_variables_to_constants_v2(traced, lower_control_flow=lower)
    return traced.graph.as_graph_def(), [t.name for t in traced.inputs], [t.name for t in traced.outputs]


def listed(result):
    out = []
    for value in tf.nest.flatten(result, expand_composites=True):
        if value is not None and value.dtype not in (tf.variant, tf.resource):
            out.append(value)
    return out


def case(draw):
    net = draw.choice(NETS)
    return case_of(draw, net)


def case_of(draw, net):
    function, values = net(draw)
    way = draw.one_of('graph', 'graph', 'v1', 'function', 'function', 'lowered')
    shapes = []
    for value in values:
        place = draw.one_of('known', 'known', 'known', 'known', 'partial', 'unknown')
        shape = value.array.shape
        shapes.append(shape if place == 'known' or getattr(net, 'static', False) else
                      tuple(None if draw.chance(0.5) else d for d in shape) if place == 'partial' or getattr(net, 'ranked', False) else None)
    if getattr(net, 'traced', False) and way in ('graph', 'v1'):
        way = 'function'
    if way in ('function', 'lowered'):
        definition, inputs, outputs = frozen(function, values, shapes, way == 'lowered')

    def build(g):
        feeds = [g.feed(value, shape, name=f'in{i}') for i, (value, shape) in enumerate(zip(values, shapes))]
        if way in ('graph', 'v1'):
            (tf.compat.v1.disable_control_flow_v2 if way == 'v1' else tf.compat.v1.enable_control_flow_v2)()
            try:
                return [tf.identity(t, name=f'out{i}') for i, t in enumerate(listed(function(*feeds)))]
            finally:
                tf.compat.v1.enable_control_flow_v2()
        results = tf.import_graph_def(definition, dict(zip(inputs, feeds)), outputs, name='')
        return [tf.identity(t, name=f'out{i}') for i, t in enumerate(results) if t.dtype not in (tf.variant, tf.resource)]

    return GraphCase(f'{net.__name__} {way} {[(v.dtype, v.array.shape, s) for v, s in zip(values, shapes)]}', build,
                     rtol=getattr(net, 'rtol', 0), atol=getattr(net, 'atol', 0), shape_only=getattr(net, 'shape_only', False))
