"""Networks of Keras' layers: convolutional, recurrent, attending, embedding, preprocessing, merged in branches."""
from draw import *
import tensorflow as tf

L = tf.keras.layers


def traced(net):
    net.traced = True
    net.static = True
    return net


def seeded(draw):
    tf.keras.utils.set_random_seed(draw.randint(0, 10000))


def shaken(layer, draw):
    """Weights that are not zeros and ones: statistics of norms, biases."""
    for w in layer.weights:
        value = w.numpy()
        if value.dtype.kind == 'f' and (value == value.reshape(-1)[0]).all() if value.size else False:
            w.assign(np.abs(value + draw.numpy.uniform(-0.4, 0.4, value.shape)).astype(value.dtype) + 0.05)
    return layer


ACTIVATIONS = ['relu', 'relu6', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', 'softsign', 'tanh', 'sigmoid', 'hard_sigmoid', 'hard_silu', 'leaky_relu', 'exponential',
               'celu', 'glu', 'log_sigmoid', 'squareplus', 'soft_shrink', 'hard_shrink', 'tanh_shrink', 'hard_tanh', 'threshold', 'sparse_plus', 'log_softmax', 'softmax', 'linear']


@traced
def picture_block(draw):
    seeded(draw)
    h, w, c = draw.randint(5, 11), draw.randint(5, 11), draw.one_of(2, 4, 6)
    x = draw.tensor('float32', (draw.randint(1, 3), h, w, c))

    def step(y):
        channels = y.shape[-1]
        k = draw.randint(1, 3)
        way = draw.randrange(22)
        options = [lambda: L.Conv2D(draw.randint(1, 6), k, strides=draw.randint(1, 2), padding=draw.one_of('same', 'valid') if min(y.shape[1:3]) > 3 else 'same', activation=draw.choice(ACTIVATIONS[:14]), use_bias=draw.chance(0.7)),
                   lambda: L.Conv2D(4, 3, dilation_rate=2, padding='same', groups=2 if channels % 2 == 0 else 1), lambda: L.SeparableConv2D(5, k, padding='same', depth_multiplier=draw.randint(1, 2)),
                   lambda: L.DepthwiseConv2D(k, padding='same', depth_multiplier=draw.randint(1, 2)), lambda: L.Conv2DTranspose(3, k, strides=draw.randint(1, 2), padding='same', output_padding=None),
                   lambda: L.BatchNormalization(scale=draw.chance(0.8), center=draw.chance(0.8)), lambda: L.LayerNormalization(axis=draw.one_of(-1, [1, 2, 3], [-1, 1])), lambda: L.GroupNormalization(draw.one_of(1, -1)),
                   lambda: L.UnitNormalization(axis=draw.one_of(-1, 1)), lambda: L.SpectralNormalization(L.Conv2D(3, 1)) if False else L.Activation(draw.choice(ACTIVATIONS[:14])), lambda: L.PReLU(shared_axes=draw.one_of(None, [1, 2])),
                   lambda: L.MaxPooling2D(2, strides=draw.randint(1, 2), padding='same'), lambda: L.AveragePooling2D(2, strides=draw.randint(1, 2), padding='same'), lambda: L.UpSampling2D(draw.randint(1, 2), interpolation=draw.one_of('nearest', 'bilinear', 'bicubic')),
                   lambda: L.ZeroPadding2D(((1, 0), (2, 1))), lambda: L.Cropping2D(((1, 0), (0, 1))) if min(y.shape[1:3]) > 2 else L.ReLU(), lambda: L.Permute((2, 1, 3)), lambda: L.ReLU(max_value=draw.one_of(None, 1.5), negative_slope=draw.one_of(0.0, 0.1), threshold=draw.one_of(0.0, 0.3)),
                   lambda: L.LeakyReLU(0.2), lambda: L.RMSNormalization(), lambda: L.Dense(draw.randint(1, 5), activation=draw.choice(ACTIVATIONS)) if True else None, lambda: L.Softmax(axis=draw.one_of(-1, 1))]
        return options[way]()
    inputs = tf.keras.Input(x.array.shape[1:])
    y = inputs
    for _ in range(draw.randint(1, 5)):
        layer = step(y)
        if isinstance(layer, L.Dense) and layer.activation.__name__ == 'glu':
            layer = L.Dense(4, activation='glu')
        z = layer(y)
        y = draw.one_of(L.Add(), L.Multiply(), L.Maximum(), L.Average(), L.Subtract(), L.Minimum(), L.Concatenate())([y, z]) if z.shape == y.shape and draw.chance(0.3) else z
    end = draw.randrange(6)
    if end == 0:
        y = L.GlobalAveragePooling2D(keepdims=draw.chance(0.3))(y)
    elif end == 1:
        y = L.GlobalMaxPooling2D()(y)
    elif end == 2:
        y = L.Dense(3, 'softmax')(L.Flatten()(y))
    elif end == 3:
        y = L.Reshape((-1, y.shape[-1]))(y)
    model = shaken(tf.keras.Model(inputs, y), draw)
    return lambda x: model(x, training=False), [x]


@traced
def layers_1d_3d(draw):
    seeded(draw)
    three = draw.chance(0.4)
    x = draw.tensor('float32', (2, *([draw.randint(4, 6)] * 3 if three else [draw.randint(5, 12)]), draw.one_of(2, 4)))
    k = draw.randint(1, 3)
    if three:
        layer = draw.one_of(L.Conv3D(3, k, padding='same', strides=draw.randint(1, 2)), L.Conv3DTranspose(2, 2, strides=2), L.MaxPooling3D(2), L.AveragePooling3D(2, padding='same'), L.UpSampling3D(2), L.ZeroPadding3D(1),
                            L.GlobalAveragePooling3D(), L.GlobalMaxPooling3D(), L.Cropping3D(1), L.BatchNormalization(axis=draw.one_of(-1, 1)))
    else:
        layer = draw.one_of(L.Conv1D(3, k, padding=draw.one_of('same', 'causal', 'valid'), dilation_rate=draw.randint(1, 2)), L.SeparableConv1D(3, k), L.DepthwiseConv1D(k, padding='same'), L.Conv1DTranspose(3, k, strides=2),
                            L.MaxPooling1D(2), L.AveragePooling1D(3, 2, 'same'), L.UpSampling1D(2), L.ZeroPadding1D((1, 2)), L.GlobalAveragePooling1D(), L.GlobalMaxPooling1D(), L.Cropping1D(1), L.TimeDistributed(L.Dense(3)),
                            L.EinsumDense('abc,cd->abd', output_shape=(None, 5), bias_axes='d'), L.LocallyConnected1D(2, 2) if hasattr(L, 'LocallyConnected1D') else L.Dense(2))
    layer(x.array)
    shaken(layer, draw)
    return lambda x: layer(x), [x]


@traced
def recurrent(draw):
    seeded(draw)
    x = draw.tensor('float32', (draw.randint(1, 3), draw.randint(2, 6), draw.randint(1, 4)))
    units = draw.randint(1, 5)
    kind = draw.one_of(L.LSTM, L.GRU, L.SimpleRNN)
    activation = draw.one_of('tanh', 'relu', 'sigmoid', 'elu')
    options = dict(return_sequences=draw.chance(0.6), return_state=draw.chance(0.4), go_backwards=draw.chance(0.3), unroll=draw.chance(0.3), activation=activation, use_bias=draw.chance(0.8))
    if kind is L.GRU:
        options['reset_after'] = draw.chance(0.5)
    if draw.chance(0.3):
        options['recurrent_activation' if kind is not L.SimpleRNN else 'activation'] = 'hard_sigmoid'
    way = draw.randrange(5)
    masked = draw.chance(0.4)
    lengths = draw.numpy.randint(1, x.array.shape[1] + 1, x.array.shape[0])
    mask = np.arange(x.array.shape[1]) < lengths[:, None]
    if way == 0:
        options.pop('go_backwards'), options.pop('return_state')
        layer = L.Bidirectional(kind(units, **options), merge_mode=draw.one_of('concat', 'sum', 'mul', 'ave', None))
    elif way == 1:
        cells = [draw.one_of(L.LSTMCell, L.GRUCell, L.SimpleRNNCell)(draw.randint(1, 4)) for _ in range(2)]
        layer = L.RNN(cells, return_sequences=options['return_sequences'], unroll=options['unroll'])
    elif way == 2:
        layer = tf.keras.Sequential([kind(units, return_sequences=True), L.LayerNormalization(), kind(2)])
    else:
        layer = kind(units, **options)
    layer(x.array)
    masked = masked and way != 2 and not options['unroll']
    return (lambda x: layer(x, mask=tf.constant(mask)) if masked else layer(x)), [x]


@traced
def conv_recurrent(draw):
    seeded(draw)
    one = draw.chance(0.5)
    x = draw.tensor('float32', (1, draw.randint(2, 3), *([5] if one else [4, 5]), 2))
    layer = (L.ConvLSTM1D if one else L.ConvLSTM2D)(draw.randint(1, 3), draw.randint(1, 3), padding=draw.one_of('same', 'valid'), return_sequences=draw.chance(0.5))
    layer(x.array)
    return lambda x: layer(x), [x]


@traced
def attending(draw):
    seeded(draw)
    b, t, s, d = draw.randint(1, 2), draw.randint(1, 5), draw.randint(1, 5), draw.one_of(2, 4, 6)
    q, v = draw.tensor('float32', (b, t, d)), draw.tensor('float32', (b, s, d))
    way = draw.randrange(6)
    if way == 0:
        layer = L.MultiHeadAttention(draw.randint(1, 3), draw.randint(1, 4), value_dim=draw.one_of(None, 3), output_shape=draw.one_of(None, 5))
        causal = draw.chance(0.4)
        call = lambda q, v: layer(q, v, use_causal_mask=causal, return_attention_scores=draw_scores)
    elif way == 1:
        layer = L.GroupQueryAttention(draw.one_of(2, 3), 4, 1)
        call = lambda q, v: layer(q, v)
    elif way == 2:
        layer = L.Attention(use_scale=draw.chance(0.5), score_mode=draw.one_of('dot', 'concat'))
        call = lambda q, v: layer([q, v])
    elif way == 3:
        layer = L.AdditiveAttention()
        call = lambda q, v: layer([q, v])
    elif way == 4:
        layer = L.Dot(axes=2, normalize=draw.chance(0.5))
        call = lambda q, v: layer([q, v])
    else:
        layer = L.MultiHeadAttention(2, 2)
        norm, ff = L.LayerNormalization(), L.Dense(d, 'gelu')
        call = lambda q, v: norm(q + ff(layer(q, v)))
    draw_scores = draw.chance(0.3)
    call(tf.constant(q.array), tf.constant(v.array))
    return call, [q, v]


@traced
def embedded(draw):
    seeded(draw)
    vocabulary, d = draw.randint(3, 20), draw.randint(1, 5)
    ids = draw.ints(draw.one_of('int32', 'int64'), (draw.randint(1, 3), draw.randint(1, 6)), 0, vocabulary - 1)
    table = L.Embedding(vocabulary, d, mask_zero=draw.chance(0.4))
    way = draw.randrange(5)
    tail = [L.LSTM(3), L.GlobalAveragePooling1D(), tf.keras.Sequential([L.Flatten(), L.Dense(2, 'softmax')]), L.GRU(2, return_sequences=True), L.Conv1D(2, 1)][way]
    tail(table(ids.array))
    return lambda i: tail(table(i)), [ids]


@traced
def preprocessing(draw):
    seeded(draw)
    way = draw.randrange(15)
    picture = draw.tensor('float32', (2, draw.randint(5, 9), draw.randint(5, 9), 3), 0, 1)
    row_ = draw.tensor('float32', (3, 4))
    whole = draw.ints('int64', (3, 4), 0, 9)
    words = lit('string', [draw.one_of(b'a', b'bb', b'c d', b'') for _ in range(4)])
    mode = draw.one_of('multi_hot', 'count', 'one_hot')
    if way == 0:
        layer = L.Normalization(mean=0.3, variance=2.0, invert=draw.chance(0.3))
        return lambda x: layer(x), [row_]
    if way == 1:
        layer = L.Discretization(bin_boundaries=[-1.0, 0.0, 0.5], output_mode=draw.one_of('int', 'multi_hot', 'count'))
        return lambda x: layer(x), [row_]
    if way == 2:
        layer = L.CategoryEncoding(10, output_mode=mode if mode != 'one_hot' else 'count')
        return lambda x: layer(x), [whole]
    if way == 3:
        layer = L.Hashing(draw.randint(2, 50), salt=draw.one_of(None, 3, [5, 7]))
        return lambda x: layer(x), [draw.one_of(words, whole)]
    if way == 4:
        layer = L.HashedCrossing(13)
        return lambda a: layer((a, a)), [words]
    if way == 5:
        layer = L.Rescaling(2.0, -1.0)
        return lambda x: layer(x), [picture]
    if way == 6:
        layer = L.Resizing(draw.randint(2, 12), draw.randint(2, 12), interpolation=draw.one_of('bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5'), crop_to_aspect_ratio=draw.chance(0.4), antialias=draw.chance(0.3))
        return lambda x: layer(x), [picture]
    if way == 7:
        layer = L.CenterCrop(draw.randint(2, 8), draw.randint(2, 8))
        return lambda x: layer(x), [picture]
    if way == 8:
        layer = draw.one_of(L.RandomFlip(), L.RandomRotation(0.2), L.RandomZoom(0.3), L.RandomContrast(0.4), L.RandomBrightness(0.2), L.RandomTranslation(0.2, 0.1))
        return lambda x: layer(x, training=False), [picture]
    if way == 9:
        layer = L.StringLookup(vocabulary=['a', 'bb', 'zz'], num_oov_indices=1)
        return lambda x: tf.strings.length(x), [words]
    if way == 10:
        layer = L.Dropout(0.4)
        return lambda x: layer(x, training=False) + 1, [row_]
    if way == 11:
        layer = L.STFTSpectrogram(frame_length=16, frame_step=8, fft_length=16)
        return lambda x: layer(x), [draw.tensor('float32', (1, 100, 1))]
    if way == 12:
        layer = L.STFTSpectrogram(mode=draw.one_of('magnitude', 'psd', 'real', 'imag', 'log'), frame_length=32, frame_step=12, fft_length=32)
        return lambda x: layer(x), [draw.tensor('float32', (1, 150, 1))]
    if way == 13:
        layer = draw.one_of(L.Solarization(value_range=(0, 1), addition_factor=0.1), L.RandomGrayscale(0.5), L.AutoContrast(value_range=(0, 1))) if hasattr(L, 'AutoContrast') else L.Rescaling(1.5)
        return lambda x: layer(x, training=False) if not isinstance(layer, L.Rescaling) else layer(x), [picture]
    layer = L.Masking(0.0)
    return lambda x: layer(tf.nn.relu(x)), [draw.tensor('float32', (2, 3, 4))]


NETS = [picture_block] * 3 + [layers_1d_3d, recurrent, recurrent, conv_recurrent, attending, attending, embedded, preprocessing, preprocessing]
