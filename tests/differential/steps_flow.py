"""Steps with bodies: branches, loops, functions, arrays and lists of tensors."""
from draw import *

import tensorflow as tf

raw = tf.raw_ops
v1 = tf.compat.v1


def inner(draw):
    """A function of one tensor that keeps its shape."""
    way, k = draw.randrange(6), draw.one_of(1, 2, -1)

    @tf.autograph.experimental.do_not_convert
    def function(x):
        if way == 0:
            return x * k + 1
        if way == 1:
            return tf.nn.relu(x) - k
        if way == 2:
            return tf.tanh(x) * x
        if way == 3:
            return x - tf.reduce_mean(x)
        return tf.maximum(x, -x) * k if way == 4 else tf.identity(x)
    return function


def with_flow(new, build):
    def built(*x):
        old = v1.control_flow_v2_enabled()
        (v1.enable_control_flow_v2 if new else v1.disable_control_flow_v2)()
        try:
            return build(*x)
        finally:
            (v1.enable_control_flow_v2 if old else v1.disable_control_flow_v2)()
    return built


def branched(draw, r):
    i = r.of(draw, ('float32', 'float64'))
    if i is None:
        return None
    f, g, limit, wide = inner(draw), inner(draw), draw.one_of(-100.0, 0.0, 100.0), draw.chance(0.3)

    def build(x):
        total = tf.reduce_sum(x)
        if wide:
            return tf.switch_case(tf.cast(total > 0, tf.int32) + 1, [lambda: f(x), lambda: g(x), lambda: x * 3])
        return tf.cond(total > limit, lambda: f(x), lambda: g(x))
    return [i], with_flow(draw.chance(0.5), build)


def looped(draw, r):
    i = r.of(draw, ('float32', 'float64'))
    if i is None:
        return None
    f, n, also, shape = inner(draw), draw.randint(0, 4), draw.chance(0.4), r.shape(i)

    def build(x):
        damp = lambda y: tf.reshape(tf.clip_by_value(f(y), tf.cast(-9, y.dtype), tf.cast(9, y.dtype)), shape)
        if also:
            _, y, s = tf.while_loop(lambda k, y, s: k < n, lambda k, y, s: (k + 1, damp(y), s + tf.reduce_sum(y)), [0, tf.reshape(x, shape), tf.zeros([], x.dtype)])
            return [y, s]
        return tf.while_loop(lambda k, y: k < n, lambda k, y: (k + 1, damp(y + tf.cast(k, y.dtype))), [0, tf.reshape(x, shape)])[1]
    return [i], with_flow(draw.chance(0.5), build)


def mapped(draw, r):
    i = r.of(draw, ('float32', 'float64'), 1, where=lambda t: t.shape[0] > 0)
    if i is None:
        return None
    f, way, shape = inner(draw), draw.one_of('map', 'scan', 'fold', 'array', 'list', 'write'), r.shape(i)

    def build(x):
        x = tf.reshape(x, shape)
        small = lambda y: tf.clip_by_value(y, tf.cast(-9, y.dtype), tf.cast(9, y.dtype))
        if way == 'map':
            return tf.map_fn(lambda y: small(f(y)), x)
        if way == 'scan':
            return tf.scan(lambda a, y: small(a * tf.cast(0.5, y.dtype) + f(y)), x, reverse=shape[0] == 3)
        if way == 'fold':
            return tf.foldl(lambda a, y: small(a + f(y)), x)
        if way == 'array':
            a = tf.TensorArray(x.dtype, size=0, dynamic_size=True, element_shape=shape[1:]).unstack(x)
            return tf.reshape(a.gather([shape[0] - 1, 0]), [2, *shape[1:]]) + a.read(0)
        if way == 'list':
            h = raw.TensorListFromTensor(tensor=x, element_shape=tf.constant(shape[1:], tf.int32, [len(shape) - 1]))
            h = raw.TensorListSetItem(input_handle=h, index=shape[0] - 1, item=f(x[0]))
            return tf.reshape(raw.TensorListStack(input_handle=h, element_shape=tf.constant(shape[1:], tf.int32, [len(shape) - 1]), element_dtype=x.dtype), shape)
        a = tf.TensorArray(x.dtype, size=shape[0], element_shape=shape[1:])
        _, a = tf.while_loop(lambda k, a: k < shape[0], lambda k, a: (k + 1, a.write(k, small(f(x[shape[0] - 1 - k])))), [0, a])
        return tf.reshape(a.stack(), shape)
    return [i], with_flow(draw.chance(0.5), build)


def called(draw, r):
    i = r.of(draw, ('float32', 'float64', 'float16'))
    if i is None:
        return None
    f, g = inner(draw), inner(draw)
    return [i], lambda x: tf.function(lambda y: g(f(y)) + y, autograph=False)(x)


STEPS = [branched, looped, mapped, mapped, called]
