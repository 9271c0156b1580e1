"""Recurrent cells: Keras 3's, and with tf_keras Keras 2's and TensorFlow 1's dynamic_rnn, as LSTM, GRU and seq2seq suites write them."""
from suites import *
import functools

try:
    import os
    os.environ['TF_USE_LEGACY_KERAS'] = '1'
    import tf_keras as keras2
except ImportError:
    keras2 = None

raw = tf.raw_ops


def shaken(draw, layer):
    for w in layer.weights:
        if 'float' in str(w.dtype):
            w.assign(draw.numpy.uniform(-0.6, 0.6, w.shape) + (0.7 if 'variance' in w.name or 'gamma' in w.name else 0))
    return layer


def layer_net(name, make, shape, dtype='float32', **inputs):
    """A net of one Keras 2 layer."""
    def run(draw):
        x = draw.tensor(dtype, [draw.randint(1, 2) if d is None else d for d in shape], *((0, 6) if dtype == 'int32' else ()))
        layer = make(draw)
        if layer.__class__.__name__ not in ('Bidirectional',):
            pass
        layer(tf.constant(x.array))
        shaken(draw, layer)
        return functools.partial(layer, training=False) if draw.chance(0.5) else (lambda x: layer(x)), [x]
    run.__name__ = name
    return net(run, traced=True, static=True)


@net(static=True)
def block_lstm_raw(draw):
    steps, batch, size, units, v2 = draw.randint(1, 4), draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 3), draw.chance(0.5)
    w, b = weight(draw, size + units, 4 * units), weight(draw, 4 * units)
    peep, clip, length = draw.chance(0.4), draw.one_of(0.0, 0.4, -1.0), draw.randint(0, steps)
    p = [weight(draw, units) for _ in range(3)]

    def run(x, c, h):
        common = dict(seq_len_max=tf.constant(length, tf.int64), x=x, cs_prev=c, h_prev=h, w=w, wci=p[0], wcf=p[1], wco=p[2], b=b, cell_clip=clip, use_peephole=peep)
        out = raw.BlockLSTMV2(**common) if v2 else raw.BlockLSTM(forget_bias=draw_bias, **common)
        return [t[:length] for t in out]
    draw_bias = draw.one_of(0.0, 1.0)
    return run, [f(draw, steps, batch, size), f(draw, batch, units), f(draw, batch, units)]


@net(static=True)
def gru_block_raw(draw):
    batch, size, units = draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 3)
    a, c, b, d = weight(draw, size + units, 2 * units), weight(draw, size + units, units), weight(draw, 2 * units), weight(draw, units)
    return lambda x, h: raw.GRUBlockCell(x=x, h_prev=h, w_ru=a, w_c=c, b_ru=b, b_c=d), [f(draw, batch, size), f(draw, batch, units)]


@net(static=True)
def lstm_block_cell_raw(draw):
    batch, size, units = draw.randint(1, 3), draw.randint(1, 3), draw.randint(1, 3)
    w, b, p = weight(draw, size + units, 4 * units), weight(draw, 4 * units), [weight(draw, units) for _ in range(3)]
    peep, clip = draw.chance(0.5), draw.one_of(-1.0, 0.5)
    return lambda x, c, h: raw.LSTMBlockCell(x=x, cs_prev=c, h_prev=h, w=w, wci=p[0], wcf=p[1], wco=p[2], b=b, cell_clip=clip, use_peephole=peep), [f(draw, batch, size), f(draw, batch, units), f(draw, batch, units)]


if keras2 is not None:
    L, C = keras2.layers, tf.compat.v1.nn.rnn_cell
    for rnn in ('LSTM', 'GRU', 'SimpleRNN'):
        for back in (False, True):
            for seq in (False, True):
                layer_net(f'k2_{rnn}_{back}_{seq}', lambda d, rnn=rnn, back=back, seq=seq: getattr(L, rnn)(d.randint(1, 4), return_sequences=seq, go_backwards=back, unroll=d.chance(0.2), time_major=d.chance(0.2), use_bias=d.chance(0.8)), (None, 4, 3))
        layer_net(f'k2_{rnn}_bidirectional', lambda d, rnn=rnn: L.Bidirectional(getattr(L, rnn)(2, return_sequences=d.chance(0.5)), merge_mode=d.one_of('concat', 'sum', 'mul', 'ave', None)), (None, 4, 3))
        layer_net(f'k2_{rnn}_stateful_mask', lambda d, rnn=rnn: keras2.Sequential([L.Masking(0.0), getattr(L, rnn)(3, return_sequences=d.chance(0.5)), L.Dense(2)]), (None, 5, 2))
    layer_net('k2_gru_reset_before', lambda d: L.GRU(3, reset_after=False, recurrent_activation=d.one_of('sigmoid', 'hard_sigmoid'), activation=d.one_of('tanh', 'relu')), (None, 4, 3))
    layer_net('k2_lstm_activations', lambda d: L.LSTM(3, activation=d.one_of('relu', 'softsign', 'elu'), recurrent_activation='hard_sigmoid', implementation=d.randint(1, 2)), (None, 4, 3))
    layer_net('k2_rnn_stacked', lambda d: L.RNN([L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)], return_sequences=d.chance(0.5)), (None, 3, 2))
    layer_net('k2_conv_lstm_1d', lambda d: L.ConvLSTM1D(2, 2, padding=d.one_of('same', 'valid'), return_sequences=d.chance(0.5)), (None, 3, 5, 2))
    layer_net('k2_conv_lstm_2d', lambda d: L.ConvLSTM2D(2, d.randint(1, 3), padding=d.one_of('same', 'valid'), strides=d.randint(1, 2), return_sequences=d.chance(0.5)), (None, 2, 4, 4, 2))
    layer_net('k2_locally_connected_1d', lambda d: L.LocallyConnected1D(3, d.randint(1, 3), strides=d.randint(1, 2), implementation=d.one_of(1, 2, 3) if d.chance(0.5) else 1), (None, 6, 2))
    layer_net('k2_locally_connected_2d', lambda d: L.LocallyConnected2D(2, d.randint(1, 3), strides=d.randint(1, 2), implementation=d.one_of(1, 2, 3)), (None, 5, 4, 2))
    layer_net('k2_time_distributed', lambda d: L.TimeDistributed(d.one_of(L.Dense(3, activation='relu'), L.Conv1D(2, 2))), (None, 3, 4, 2))
    layer_net('k2_batch_norm', lambda d: L.BatchNormalization(axis=d.one_of(-1, 1), fused=d.one_of(True, False) if d.chance(0.3) else None, scale=d.chance(0.7), center=d.chance(0.7), epsilon=0.01), (None, 4, 5, 3))
    layer_net('k2_layer_norm', lambda d: L.LayerNormalization(axis=d.one_of(-1, [1, 2], [2, 3]), center=d.chance(0.7), scale=d.chance(0.7)), (None, 3, 4, 2))
    layer_net('k2_unit_and_group_norm', lambda d: d.one_of(L.UnitNormalization(-1), L.GroupNormalization(2), L.GroupNormalization(1, axis=1)), (None, 4, 4, 4))
    layer_net('k2_separable_1d', lambda d: L.SeparableConv1D(3, 2, strides=d.randint(1, 2), padding=d.one_of('same', 'valid'), depth_multiplier=d.randint(1, 2)), (None, 6, 2))
    layer_net('k2_conv1d', lambda d: L.Conv1D(4, 2, padding=d.one_of('same', 'valid', 'causal'), dilation_rate=d.randint(1, 2), groups=d.one_of(1, 2), activation=d.one_of(None, 'relu', 'selu')), (None, 7, 2))
    layer_net('k2_conv2d', lambda d: L.Conv2D(4, (2, 3), padding=d.one_of('same', 'valid'), dilation_rate=d.one_of(1, (1, 2)), groups=d.one_of(1, 2), activation=d.one_of(None, 'swish', 'relu', 'hard_sigmoid')), (None, 6, 7, 2))
    layer_net('k2_conv2d_transpose', lambda d: L.Conv2DTranspose(3, 3, strides=2, padding=d.one_of('same', 'valid'), output_padding=d.one_of(None, 1)), (None, 4, 3, 2))
    layer_net('k2_conv3d', lambda d: L.Conv3D(2, 2, padding=d.one_of('same', 'valid'), strides=d.randint(1, 2)), (None, 4, 4, 4, 2))
    layer_net('k2_conv3d_transpose', lambda d: L.Conv3DTranspose(2, 2, padding=d.one_of('same', 'valid'), strides=d.randint(1, 2)), (None, 3, 2, 3, 2))
    layer_net('k2_conv1d_transpose', lambda d: L.Conv1DTranspose(2, 3, padding=d.one_of('same', 'valid'), strides=d.randint(1, 2)), (None, 5, 2))
    layer_net('k2_depthwise_1d', lambda d: L.DepthwiseConv1D(2, padding=d.one_of('same', 'valid'), depth_multiplier=2), (None, 5, 2))
    layer_net('k2_pools', lambda d: d.one_of(L.MaxPooling2D(2, padding='same'), L.AveragePooling2D((2, 3), 1, padding='same'), L.GlobalMaxPooling2D(keepdims=True), L.GlobalAveragePooling2D(), L.MaxPooling2D(3, 2)), (None, 5, 6, 2))
    layer_net('k2_pools_1d', lambda d: d.one_of(L.MaxPooling1D(2, padding='same'), L.AveragePooling1D(3, 1, padding='same'), L.GlobalMaxPooling1D(), L.GlobalAveragePooling1D()), (None, 5, 2))
    layer_net('k2_pools_3d', lambda d: d.one_of(L.MaxPooling3D(2, padding='same'), L.AveragePooling3D(2, 1), L.GlobalMaxPooling3D(), L.GlobalAveragePooling3D()), (None, 4, 3, 4, 2))
    layer_net('k2_sampling', lambda d: d.one_of(L.UpSampling2D((2, 3), interpolation=d.one_of('nearest', 'bilinear', 'bicubic', 'area', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic')), L.ZeroPadding2D(((1, 0), (2, 1))), L.Cropping2D(((1, 0), (0, 2)))), (None, 4, 5, 2))
    layer_net('k2_sampling_3d', lambda d: d.one_of(L.UpSampling3D((2, 1, 2)), L.ZeroPadding3D(1), L.Cropping3D(1)), (None, 3, 4, 3, 2))
    layer_net('k2_sampling_1d', lambda d: d.one_of(L.UpSampling1D(3), L.ZeroPadding1D((1, 2)), L.Cropping1D((1, 1)), L.Flatten(), L.Permute((2, 1)), L.Reshape((-1, 3)), L.RepeatVector(2) if False else L.Softmax(1)), (None, 4, 3))
    layer_net('k2_activations', lambda d: d.one_of(L.LeakyReLU(0.1), L.PReLU('uniform'), L.ELU(0.5), L.ThresholdedReLU(0.4), L.ReLU(6.0, 0.1, 0.2), L.Softmax(), *[L.Activation(a) for a in ('swish', 'mish', 'gelu', 'selu', 'exponential', 'softsign', 'hard_sigmoid')]), (None, 4, 3))
    layer_net('k2_embedding', lambda d: keras2.Sequential([L.Embedding(7, 3, mask_zero=d.chance(0.5)), d.one_of(L.LSTM(2), L.GRU(2), L.GlobalAveragePooling1D(), L.Flatten())]), (None, 4), 'int32')
    layer_net('k2_dense_head', lambda d: keras2.Sequential([L.Dense(5, 'relu'), L.Dropout(0.5), L.AlphaDropout(0.1), L.GaussianNoise(0.2), L.Dense(3, 'softmax')]), (None, 4))

    @net(traced=True, static=True)
    def k2_attention(draw):
        way = draw.randrange(3)
        layer = [L.Attention(use_scale=True), L.AdditiveAttention(), L.MultiHeadAttention(2, 3, attention_axes=draw.one_of(None, 1))][way]
        q, v = f(draw, 2, 3, 4), f(draw, 2, 5, 4)
        call = (lambda q, v: layer(q, v, return_attention_scores=True)) if way == 2 else (lambda q, v: layer([q, v]))
        call(tf.constant(q.array), tf.constant(v.array))
        shaken(draw, layer)
        return call, [q, v]

    @net(traced=True, static=True)
    def k2_merge(draw):
        layer = draw.one_of(L.Add(), L.Subtract(), L.Multiply(), L.Average(), L.Maximum(), L.Minimum(), L.Concatenate(-1), L.Concatenate(1), L.Dot(draw.one_of(1, 2, (1, 2)), normalize=draw.chance(0.5)))
        return lambda a, b: layer([a, b]), [f(draw, 2, 3, 3), f(draw, 2, 3, 3)]

    def cell_of(draw, units):
        kind = draw.randrange(7)
        return [lambda: C.BasicLSTMCell(units), lambda: C.LSTMCell(units, use_peepholes=draw_a, cell_clip=0.7 if draw_b else None, num_proj=2 if draw_c else None), lambda: C.GRUCell(units), lambda: C.BasicRNNCell(units),
                lambda: C.MultiRNNCell([C.LSTMCell(units), C.GRUCell(units)]), lambda: C.ResidualWrapper(C.GRUCell(3)), lambda: C.DropoutWrapper(C.BasicLSTMCell(units), output_keep_prob=1.0)][kind], kind
    def tf1(name):
        def make(draw):
            global draw_a, draw_b, draw_c
            draw_a, draw_b, draw_c = draw.chance(0.5), draw.chance(0.5), draw.chance(0.3)
            batch, steps, units = draw.randint(1, 3), draw.randint(1, 4), draw.randint(1, 3)
            make_cell, _ = cell_of(draw, units)
            time_major, lengths, both = draw.chance(0.3), draw.chance(0.5), name == 'bidirectional'
            seed = draw.randint(0, 1000)
            flags = (draw_a, draw_b, draw_c)

            def run(x, n):
                global draw_a, draw_b, draw_c
                draw_a, draw_b, draw_c = flags
                with tf.compat.v1.variable_scope(f'rnn{len(tf.compat.v1.global_variables())}', initializer=tf.compat.v1.constant_initializer(0.3), use_resource=False) as scope:
                    scope.set_use_resource(True)
                    arguments = dict(dtype=tf.float32, sequence_length=n if lengths else None, time_major=time_major)
                    if name == 'static':
                        return tf.compat.v1.nn.static_rnn(make_cell(), tf.unstack(x, axis=1), dtype=tf.float32, sequence_length=n if lengths else None)
                    if both:
                        return tf.compat.v1.nn.bidirectional_dynamic_rnn(make_cell(), make_cell(), x, **arguments)
                    return tf.compat.v1.nn.dynamic_rnn(make_cell(), x, **arguments)
            x = f(draw, steps if time_major and name != 'static' else batch, batch if time_major and name != 'static' else steps, 3)
            definition = None

            def graph_of(v1):
                """The graph with its variables as constants of weights drawn by seed."""
                with tf.Graph().as_default() as g, tf.compat.v1.Session() as s:
                    (tf.compat.v1.disable_control_flow_v2 if v1 else tf.compat.v1.enable_control_flow_v2)()
                    try:
                        a, b = (tf.compat.v1.placeholder(t, shape, name=k) for t, shape, k in ((tf.float32, x.array.shape, 'a'), (tf.int32, [batch], 'b')))
                        outs = [tf.identity(t, name=f'o{k}') for k, t in enumerate(tf.nest.flatten(run(a, b)))]
                    finally:
                        tf.compat.v1.enable_control_flow_v2()
                    rng = np.random.RandomState(seed)
                    for v in tf.compat.v1.global_variables():
                        v.load(rng.uniform(-0.6, 0.6, v.shape).astype(np.float32), s)
                    return tf.compat.v1.graph_util.convert_variables_to_constants(s, g.as_graph_def(), [o.op.name for o in outs]), [o.name for o in outs]
            definition, names = graph_of(draw.chance(0.6))
            has = any(node.name == 'b' for node in definition.node)
            return lambda x, n: tf.import_graph_def(definition, {'a:0': x, **({'b:0': n} if has else {})}, names, name=''), [x, i(draw, batch, low=0, high=steps)]
        make.__name__ = f'tf1_{name}_rnn'
        return net(make, static=True)

    for kind in ('dynamic', 'dynamic', 'bidirectional', 'static'):
        tf1(kind)
