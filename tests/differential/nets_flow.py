"""Networks with loops, branches, recurrent cells, and TensorArrays."""
from draw import *
from nets_layers import constant
import tensorflow as tf


def lstm(draw):
    units, steps, depth, batch = draw.randint(1, 4), draw.randint(1, 5), draw.randint(1, 4), draw.randint(1, 3)
    x = draw.tensor('float32', (batch, steps, depth))
    kernel, bias = constant(draw, 'float32', (depth + units, 4 * units)), constant(draw, 'float32', (4 * units,))
    lengths = draw.numpy.randint(0, steps + 1, batch).astype(np.int32)
    peephole, use_lengths, backwards = draw.chance(0.3), draw.chance(0.5), draw.chance(0.3)
    peep = constant(draw, 'float32', (3, units))

    def net(x):
        if backwards:
            x = tf.reverse_sequence(x, lengths, seq_axis=1) if use_lengths else tf.reverse(x, [1])
        rows = tf.transpose(x, [1, 0, 2])
        inputs = tf.TensorArray(tf.float32, steps).unstack(rows)
        outputs = tf.TensorArray(tf.float32, steps, element_shape=[batch, units])
        state = tf.zeros([batch, units])

        def step(t, c, h, out):
            i, j, f, o = tf.split(tf.matmul(tf.concat([inputs.read(t), h], 1), kernel) + bias, 4, 1)
            if peephole:
                i, f = i + peep[0] * c, f + peep[1] * c
            c2 = tf.sigmoid(f + 1) * c + tf.sigmoid(i) * tf.tanh(j)
            h2 = tf.tanh(c2) * tf.sigmoid(o + (peep[2] * c2 if peephole else 0))
            if use_lengths:
                done = (t >= lengths)[:, None]
                out = out.write(t, tf.where(done, tf.zeros_like(h2), h2))
                return t + 1, tf.where(done, c, c2), tf.where(done, h, h2), out
            return t + 1, c2, h2, out.write(t, h2)
        _, c, h, out = tf.while_loop(lambda t, *_: t < steps, step, (0, state, state, outputs), maximum_iterations=draw_limit)
        return tf.transpose(out.stack(), [1, 0, 2]), c, h
    draw_limit = draw.one_of(None, steps, 100)
    return net, [x]


lstm.static = True


def gru(draw):
    units, depth = draw.randint(1, 4), draw.randint(1, 4)
    x = draw.tensor('float32', (draw.randint(1, 5), draw.randint(1, 3), depth))
    gates, bias = constant(draw, 'float32', (depth + units, 2 * units)), constant(draw, 'float32', (2 * units,))
    kernel, reset_after = constant(draw, 'float32', (depth + units, units)), draw.chance(0.5)
    batch = x.array.shape[1]

    def net(x):
        def step(h, row):
            r, z = tf.split(tf.sigmoid(tf.matmul(tf.concat([row, h], -1), gates) + bias), 2, -1)
            if reset_after:
                candidate = tf.tanh(tf.matmul(row, kernel[:depth]) + r * tf.matmul(h, kernel[depth:]))
            else:
                candidate = tf.tanh(tf.matmul(tf.concat([row, r * h], -1), kernel))
            return z * h + (1 - z) * candidate
        return tf.scan(step, x, tf.zeros([batch, units]), reverse=draw_reverse)
    draw_reverse = draw.chance(0.3)
    return net, [x]


gru.static = True


def keras_cells(draw):
    x = draw.tensor('float32', (draw.randint(1, 3), draw.randint(2, 5), draw.randint(1, 4)))
    kind, units, way = draw.one_of('LSTM', 'GRU', 'SimpleRNN'), draw.randint(1, 4), draw.randrange(3)
    sequences, backwards, seed = draw.chance(0.5), draw.chance(0.3), draw.randint(0, 1000)
    tf.keras.utils.set_random_seed(seed)
    options = dict(return_sequences=sequences, go_backwards=backwards, unroll=draw.chance(0.2))
    if kind == 'GRU':
        options['reset_after'] = draw.chance(0.5)
    layer = getattr(tf.keras.layers, kind)(units, **options)
    if way == 1:
        options.pop('go_backwards')
        layer = tf.keras.layers.Bidirectional(getattr(tf.keras.layers, kind)(units, **options))
    layer.build(x.array.shape)
    return lambda x: layer(x), [x]


keras_cells.traced = True
keras_cells.static = True


def keras_layers(draw):
    x = draw.tensor('float32', (draw.randint(1, 2), draw.randint(4, 8), draw.randint(4, 8), draw.randint(1, 4)))
    layers = tf.keras.layers
    tf.keras.utils.set_random_seed(draw.randint(0, 1000))
    chosen = draw.sample([layers.Conv2D(3, 2, padding='same', activation='relu'), layers.SeparableConv2D(4, 3, padding='same'),
                          layers.BatchNormalization(), layers.LayerNormalization(), layers.GroupNormalization(1),
                          layers.UpSampling2D(2, interpolation=draw.one_of('nearest', 'bilinear')), layers.ZeroPadding2D(1),
                          layers.Cropping2D(1), layers.DepthwiseConv2D(3, padding='same', strides=1), layers.PReLU(), layers.ELU(),
                          layers.Conv2DTranspose(3, 3, strides=2, padding=draw.one_of('same', 'valid')), layers.MaxPooling2D(2, padding='same'),
                          layers.AveragePooling2D(2, strides=1), layers.Dense(5, 'gelu'), layers.Softmax(-1), layers.UnitNormalization(),
                          layers.SpatialDropout2D(0.3), layers.Permute((2, 1, 3)), layers.LeakyReLU()], draw.randint(1, 4))
    ends = draw.one_of([], [layers.GlobalAveragePooling2D()], [layers.GlobalMaxPooling2D(), layers.Dense(2, 'softmax')], [layers.Flatten()])
    model = tf.keras.Sequential([tf.keras.Input(x.array.shape[1:]), *chosen, *ends])
    return lambda x: model(x, training=False), [x]


keras_layers.traced = True
keras_layers.static = True


def loops(draw):
    dtype = draw.one_of('float32', 'int32', 'float64', 'int64')
    x = draw.tensor(dtype, (draw.randint(1, 5), 3))
    way, n = draw.randrange(9), draw.randint(0, 5)
    parallel = draw.one_of(1, 10)

    def net(x):
        if way == 0:
            return tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, y + tf.cast(i, y.dtype) * x), (0, x), parallel_iterations=parallel)
        if way == 1:
            return tf.map_fn(lambda row: tf.reduce_sum(row) * row[0], x)
        if way == 2:
            return tf.scan(lambda a, row: a + row, x), tf.foldl(lambda a, row: a - row, x), tf.foldr(lambda a, row: a - row, x)
        if way == 3:  # a tensor that grows
            return tf.while_loop(lambda i, y: tf.less(i, n), lambda i, y: (i + 1, tf.concat([y, y[:1] + 1], 0)), (tf.constant(0), x),
                                 shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 3])))[1]
        if way == 4:  # nested
            def inner(i, y):
                return i + 1, tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z + x[0, 0]), (0, y))[1]
            return tf.while_loop(lambda i, y: i < n, inner, (0, x))
        if way == 5:
            array = tf.TensorArray(x.dtype, 0, dynamic_size=True, infer_shape=False)
            for i in range(n):
                array = array.write(i, x[:1] + tf.cast(i, x.dtype))
            return array.concat() if n else array.size(), array.size()
        if way == 6:
            array = tf.TensorArray(x.dtype, 3).scatter([2, 0, 1], tf.transpose(x))
            return array.gather([0, 2]), array.read(1)
        if way == 7:
            return tf.map_fn(lambda p: (p[0] * 2, tf.cast(p[1], tf.float32) / 2), (x, tf.range(tf.shape(x)[0])),
                             fn_output_signature=(x.dtype, tf.float32))
        return tf.while_loop(lambda i, y: tf.reduce_sum(tf.abs(y)) < 100, lambda i, y: (i + 1, y * 2 + 1), (0, x), maximum_iterations=n)
    return net, [x]


loops.ranked = True


def branches(draw):
    x = draw.tensor(draw.one_of('float32', 'int32'), (2, 3))
    which = lit('int32', draw.randint(-1, 3), ())
    way = draw.randrange(5)

    def net(x, which):
        one = tf.cast(1, x.dtype)
        if way == 0:
            return tf.cond(which > 0, lambda: x + one, lambda: x * x)
        if way == 1:
            return tf.switch_case(which, [lambda: x, lambda: x + one, lambda: -x])
        if way == 2:
            return tf.case([(which > 2, lambda: x), (which > 1, lambda: x - one)], default=lambda: x * 3)
        if way == 3:
            return tf.cond(which > 0, lambda: (x, tf.reduce_sum(x)), lambda: (x[::-1], tf.reduce_max(x)))
        return tf.cond(which > 0, lambda: tf.cond(which > 1, lambda: x, lambda: x + one),
                       lambda: tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y + x), (0, x))[1])
    return net, [x, which]


branches.ranked = True


def gradients(draw):
    x = draw.tensor('float32', (2, 5, 5, 2), 0.1, 1.5)
    w = constant(draw, 'float32', (3, 3, 2, 2))
    way = draw.randrange(10)

    def net(x):
        y = [lambda: tf.nn.conv2d(x, w, 2, 'SAME'), lambda: tf.nn.max_pool2d(x, 2, 1, 'SAME'), lambda: tf.nn.avg_pool2d(x, 3, 2, 'VALID'),
             lambda: tf.nn.softmax(x), lambda: tf.reduce_prod(x, [1, 2]), lambda: tf.image.resize(x, [7, 3]),
             lambda: tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], 'VALID'), lambda: tf.cumsum(x, 1) * tf.math.log(x) * tf.pow(x, x),
             lambda: tf.concat([tf.gather(x, [1, 0, 1]), tf.pad(x, [[0, 0], [1, 0], [0, 1], [0, 0]])[:, :5, :5]], 0),
             lambda: tf.linalg.inv(tf.matmul(x, x, transpose_a=True) + tf.eye(2)) + tf.reduce_logsumexp(x)][way]()
        return tf.gradients(tf.reduce_sum(y * y), x)
    return net, [x]


gradients.static = True
NETS = [lstm, lstm, gru, keras_cells, keras_layers, keras_layers, loops, loops, branches, gradients]
