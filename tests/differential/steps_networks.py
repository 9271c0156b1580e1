"""Steps of networks: convolutions, pooling, norms, products, activations, codes."""
from draw import *

import tensorflow as tf

raw = tf.raw_ops
PLAIN = ('float32', 'float64', 'float16', 'bfloat16')
WIDE = ('float32', 'float64')
ACTIVATIONS = ['Relu', 'Relu6', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Tanh', 'Sigmoid']


def numbers(draw, dtype, shape, low=-1.0, high=1.0):
    value = draw.numpy.uniform(low, high, shape).astype(np.float32)
    return tf.constant(value, dtype=dtype) if dtype != 'bfloat16' else tf.constant(value.astype(tf.bfloat16.as_numpy_dtype))


def weights(draw, dtype, shape, low=-1.0, high=1.0):
    """A function that makes the constant, sometimes in two steps as files have it."""
    value, way = draw.numpy.uniform(low, high, shape).astype(np.float32), draw.random()

    def make():
        t = tf.as_dtype(dtype)
        if way < 0.15:
            return tf.identity(tf.constant(value.astype(t.as_numpy_dtype)))
        if way < 0.25 and len(shape) > 1:
            return tf.reshape(tf.constant(value.reshape(-1).astype(t.as_numpy_dtype)), shape)
        return tf.constant(value.astype(t.as_numpy_dtype))
    return make


def activation(draw, r):
    i = r.of(draw, PLAIN)
    if i is None:
        return None
    name, alpha = draw.choice(ACTIVATIONS + ['LeakyRelu', 'swish', 'hard swish', 'gelu', 'mish', 'clip', 'prelu', 'square relu', 'max leaky']), draw.one_of(0.2, 0.0, 1.5, -0.1)
    t, shape = r.dtype(i), r.shape(i)
    make = weights(draw, t, shape[-1:])

    def build(x):
        c = lambda v: tf.cast(v, x.dtype)
        if name in ACTIVATIONS:
            return getattr(raw, name)(features=x) if name not in ('Tanh', 'Sigmoid') else getattr(raw, name)(x=x)
        if name == 'LeakyRelu':
            return raw.LeakyRelu(features=x, alpha=alpha)
        if name == 'swish':
            return x * tf.sigmoid(x)
        if name == 'hard swish':
            return x * raw.Relu6(features=x + c(3)) * c(1 / 6)
        if name == 'gelu':
            return c(0.5) * x * (c(1) + tf.math.erf(x * c(0.70710678)))
        if name == 'mish':
            return x * tf.tanh(raw.Softplus(features=x))
        if name == 'clip':
            return raw.ClipByValue(t=x, clip_value_min=c(-0.5), clip_value_max=c(1.5)) if alpha > 0.1 else tf.minimum(tf.maximum(x, c(0)), c(1))
        if name == 'prelu':
            return tf.maximum(x, c(0)) + make() * tf.minimum(x, c(0)) if alpha > 0.1 else tf.nn.relu(x) - make() * tf.nn.relu(-x)
        if name == 'max leaky':
            return tf.maximum(x, x * c(alpha))
        return tf.square(tf.nn.relu(x))
    return [i], build


def convolution(draw, r):
    i = r.of(draw, PLAIN, 4, 4)
    if i is None:
        return None
    shape, t = r.shape(i), r.dtype(i)
    k = [draw.choice([1, 1, 2, 3, 3, 5]) for _ in range(2)]
    kind = draw.choices(['plain', 'depthwise', 'transposed', 'grouped'], [5, 3, 1, 1])[0]
    s = [draw.one_of(1, 1, 2)] * 2
    d = [draw.one_of(1, 1, 1, 2), draw.one_of(1, 1, 1, 2)] if s == [1, 1] else [1, 1]
    padding = draw.one_of('SAME', 'VALID', 'EXPLICIT') if kind in ('plain', 'grouped') else draw.one_of('SAME', 'VALID')
    pads = [0, 0] + [draw.randint(0, 2) for _ in range(4)] + [0, 0]
    channels, out = shape[3], draw.one_of(1, 2, 3, 4, 8, 16)
    if kind == 'grouped':
        groups = draw.choice([g for g in (1, 2, 4) if channels % g == 0] or [1])
        make = weights(draw, t, (*k, max(1, channels // groups), out * groups))
    elif kind == 'depthwise':
        make = weights(draw, t, (*k, channels, draw.one_of(1, 1, 2)))
    elif kind == 'transposed':
        make = weights(draw, t, (*k, out, channels))
    else:
        make = weights(draw, t, (*k, channels, out))
    bias = draw.choice(['none', 'BiasAdd', 'add', 'mul', 'norm'])

    def build(x):
        w = make()
        if kind == 'depthwise':
            y = raw.DepthwiseConv2dNative(input=x, filter=w, strides=[1, *s, 1], padding=padding, dilations=[1, *d, 1])
        elif kind == 'transposed':
            size = [shape[0], *[n * m if padding == 'SAME' else (n - 1) * m + f for n, m, f in zip(shape[1:3], s, k)], out]
            y = raw.Conv2DBackpropInput(input_sizes=size, filter=w, out_backprop=x, strides=[1, *s, 1], padding=padding)
        else:
            y = raw.Conv2D(input=x, filter=w, strides=[1, *s, 1], padding=padding, explicit_paddings=pads if padding == 'EXPLICIT' else [], dilations=[1, *d, 1])
        c = int(y.shape[-1]) if y.shape.rank else out
        row = lambda n: tf.constant(np.linspace(-0.5 + n, 1 + n, c).astype(y.dtype.as_numpy_dtype))
        if bias == 'BiasAdd':
            return raw.BiasAdd(value=y, bias=row(0))
        if bias == 'add':
            return y + row(0)
        if bias == 'mul':
            return y * row(1) + row(0)
        if bias == 'norm' and y.dtype == tf.float32:
            return raw.FusedBatchNormV3(x=y, scale=row(1), offset=row(0), mean=row(0.2), variance=row(2), is_training=False, epsilon=1e-3)[0]
        return y
    return [i], build


def pooling(draw, r):
    i = r.of(draw, PLAIN, 4, 4)
    if i is None:
        return None
    k, s, padding = [draw.one_of(1, 2, 3), draw.one_of(1, 2, 3)], [draw.one_of(1, 2), draw.one_of(1, 2)], draw.one_of('SAME', 'VALID')
    kind = draw.one_of('AvgPool', 'MaxPool', 'mean', 'MaxPoolV2')

    def build(x):
        if kind == 'mean':
            return tf.reduce_mean(x, [1, 2], keepdims=s[0] == 1)
        if kind == 'AvgPool':
            return raw.AvgPool(value=x, ksize=[1, *k, 1], strides=[1, *s, 1], padding=padding)
        if kind == 'MaxPoolV2':
            return raw.MaxPoolV2(input=x, ksize=[1, *k, 1], strides=[1, *s, 1], padding=padding)
        return raw.MaxPool(input=x, ksize=[1, *k, 1], strides=[1, *s, 1], padding=padding)
    return [i], build


def norm(draw, r):
    i = r.of(draw, WIDE, 1)
    if i is None:
        return None
    shape, t = r.shape(i), r.dtype(i)
    axes = draw.choice([[-1], [len(shape) - 1], list(range(1, len(shape) - 1)) or [0], [0]])
    scale, offset, epsilon = weights(draw, t, shape[-1:]), weights(draw, t, shape[-1:]), draw.one_of(1e-3, 1e-5, 1.0)
    way = draw.one_of('layer', 'moments', 'l2', 'softmax', 'log softmax', 'lrn', 'instance')

    def build(x):
        if way == 'l2':
            return tf.nn.l2_normalize(x, axes, epsilon=epsilon)
        if way == 'softmax':
            return raw.Softmax(logits=x)
        if way == 'log softmax':
            return raw.LogSoftmax(logits=x)
        if way == 'lrn':
            return raw.LRN(input=x, depth_radius=2, bias=1.0, alpha=epsilon, beta=0.75)
        mean = tf.reduce_mean(x, axes, keepdims=True)
        variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axes, keepdims=True)
        if way == 'layer':
            return (x - mean) * tf.math.rsqrt(variance + epsilon) * scale() + offset()
        if way == 'instance':
            factor = tf.math.rsqrt(variance + epsilon) * scale()
            return x * factor + (offset() - mean * factor)
        return (x - mean) / tf.sqrt(variance + epsilon)
    return [i], build


def product(draw, r):
    i = r.of(draw, PLAIN, 2)
    if i is None:
        return None
    shape, t = r.shape(i), r.dtype(i)
    n, turned = draw.one_of(1, 2, 5, 8, 16), draw.chance(0.3)
    make = weights(draw, t, (n, shape[-1]) if turned else (shape[-1], n))
    way = draw.one_of('flat', 'batch', 'own', 'bias', 'einsum', 'tensordot')
    equation = {2: 'ij,jk->ik', 3: 'bij,jk->bik', 4: 'bhwc,cd->bhwd'}.get(len(shape))

    def build(x):
        w = make()
        if way == 'own':
            return tf.matmul(x, x, transpose_b=True) * tf.cast(0.25, x.dtype)
        if way == 'einsum' and equation and not turned:
            return tf.einsum(equation, x, w)
        if way == 'tensordot':
            return tf.tensordot(x, w, [[-1], [1 if turned else 0]]) if x.shape.rank else tf.tensordot(x, w, [[len(shape) - 1], [1 if turned else 0]])
        if len(shape) == 2 and way != 'batch':
            y = raw.MatMul(a=x, b=w, transpose_b=turned)
            return raw.BiasAdd(value=y, bias=tf.constant(np.arange(n).astype(y.dtype.as_numpy_dtype))) if way == 'bias' else y
        return raw.BatchMatMulV2(x=x, y=w, adj_y=turned)
    return [i], build


def codes(draw, r):
    i = r.of(draw, ('float32',), 0)
    if i is None:
        return None
    shape = r.shape(i)
    low, high = draw.one_of((-1.0, 1.0), (0.0, 6.0), (-3.0, 2.5), (-0.2, 4.0), (0.1, 3.0), (-4.0, -1.0))
    bits, narrow, way = draw.one_of(8, 8, 4, 16), draw.chance(0.3), draw.one_of('args', 'vars', 'channel', 'quantize', 'qdq')

    def build(x):
        if way == 'args':
            return raw.FakeQuantWithMinMaxArgs(inputs=x, min=min(low, 0.0), max=max(high, 0.5), num_bits=bits, narrow_range=narrow)
        if way == 'channel' and len(shape) >= 1:
            c = shape[-1]
            return raw.FakeQuantWithMinMaxVarsPerChannel(inputs=x, min=tf.constant(np.full(c, min(low, -0.1), np.float32)), max=tf.constant(np.linspace(0.5, 3, c).astype(np.float32)), num_bits=bits, narrow_range=narrow)
        if way == 'quantize' and bits == 8:
            q = raw.QuantizeV2(input=x, min_range=low, max_range=high, T='quint8', mode='MIN_COMBINED')
            return raw.Dequantize(input=q[0], min_range=q[1], max_range=q[2], mode='MIN_COMBINED')
        if way == 'qdq':
            return raw.QuantizeAndDequantizeV3(input=x, input_min=low, input_max=high, num_bits=bits, signed_input=not narrow, range_given=True)
        return raw.FakeQuantWithMinMaxVars(inputs=x, min=min(low, 0.0), max=max(high, 0.5), num_bits=bits, narrow_range=narrow)
    return [i], build


def resize(draw, r):
    i = r.of(draw, ('float32',), 4, 4)
    if i is None:
        return None
    size, (align, half), op = [draw.randint(1, 9), draw.randint(1, 9)], draw.one_of((False, False), (True, False), (False, True)), draw.one_of('ResizeBilinear', 'ResizeNearestNeighbor', 'ResizeBicubic', 'ResizeArea')

    def build(x):
        return getattr(raw, op)(images=x, size=size, align_corners=align, **({} if op == 'ResizeArea' else {'half_pixel_centers': half}))
    return [i], build


def blocks(draw, r):
    i = r.of(draw, PLAIN + ('int32',), 4, 4)
    if i is None:
        return None
    shape = r.shape(i)
    way = draw.one_of('depth', 'space', 'batch', 'unbatch', 'dilated', 'shuffle')
    n = draw.one_of(2, 2, 3)

    def build(x):
        if way == 'depth':
            return raw.SpaceToDepth(input=x, block_size=n)
        if way == 'space':
            return raw.DepthToSpace(input=x, block_size=n)
        if way == 'batch':
            pads = [[0, -shape[1] % n], [n, (-shape[2]) % n]]
            return raw.SpaceToBatchND(input=x, block_shape=[n, n], paddings=pads)
        if way == 'unbatch':
            return raw.BatchToSpaceND(input=x, block_shape=[1, 2], crops=[[0, 0], [0, 1]])
        if way == 'shuffle':
            g = 2 if shape[3] % 2 == 0 else 1
            y = tf.reshape(x, [*shape[:3], g, shape[3] // g])
            return tf.reshape(tf.transpose(y, [0, 1, 2, 4, 3]), shape)
        w = np.linspace(-1, 1, 3 * 3 * shape[3] * 2).reshape(3, 3, shape[3], 2)
        y = raw.SpaceToBatchND(input=x, block_shape=[n, n], paddings=[[n, n + -shape[1] % n], [n, n + -shape[2] % n]])
        y = raw.Conv2D(input=y, filter=tf.constant(w.astype(x.dtype.as_numpy_dtype)), strides=[1] * 4, padding='VALID')
        return raw.BatchToSpaceND(input=y, block_shape=[n, n], crops=[[0, -shape[1] % n], [0, -shape[2] % n]])
    return [i], build


def attention(draw, r):
    i = r.of(draw, WIDE, 2, 3)
    if i is None:
        return None
    shape, t = r.shape(i), r.dtype(i)
    c, heads = shape[-1], draw.one_of(1, 2)
    makers = [weights(draw, t, (c, 4)) for _ in range(3)]
    scaled, masked = draw.one_of('before', 'after', 'none'), draw.chance(0.3)

    def build(x):
        q, k, v = (tf.tensordot(x, m(), [[len(shape) - 1], [0]]) for m in makers)
        if heads == 2:
            q, k, v = (tf.transpose(tf.reshape(y, [*shape[:-1], 2, 2]), [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2, len(shape)]) for y in (q, k, v))
        q = q * tf.cast(0.5, x.dtype) if scaled == 'before' else q
        s = tf.matmul(q, k, transpose_b=True)
        s = s * tf.cast(0.5, x.dtype) if scaled == 'after' else s
        if masked:
            s += tf.constant(np.triu(np.full((shape[-2], shape[-2]), -1e9), 1).astype(x.dtype.as_numpy_dtype))
        return tf.matmul(tf.nn.softmax(s), v)
    return [i], build


STEPS = [activation] * 4 + [convolution] * 5 + [pooling] * 2 + [norm] * 2 + [product] * 3 + [codes] * 2 + [resize, blocks, blocks, attention]
