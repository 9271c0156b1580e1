"""Networks of gradients and losses, with their loops and branches, and of optimisers' arithmetic."""
from draw import *
import tensorflow as tf

from nets_layers import activated, constant


def gradient(function):
    """The gradients of a function's sum in all its float inputs, and its value."""
    def net(*inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = function(*inputs)
            total = tf.add_n([tf.reduce_sum(tf.cast(v, tf.float32) * (i + 1.5)) for i, v in enumerate(tf.nest.flatten(value)) if v.dtype.is_floating])
        grads = tape.gradient(total, inputs, unconnected_gradients='zero')
        return [tf.convert_to_tensor(g) for g in grads] + [total]
    return net


def of_layers(draw):
    x = draw.tensor('float32', (draw.randint(1, 2), draw.randint(4, 7), draw.randint(4, 7), draw.randint(1, 3)))
    c = x.array.shape[3]
    w, act, way = draw.tensor('float32', (draw.randint(1, 3), draw.randint(1, 3), c, 3)), activated(draw), draw.randrange(12)
    stride, padding, dilation = draw.randint(1, 2), draw.one_of('SAME', 'VALID'), draw.one_of(1, 2)

    def net(x, w):
        return [lambda: act(tf.nn.conv2d(x, w, stride, padding)), lambda: tf.nn.depthwise_conv2d(x, w, [1, stride, stride, 1], padding), lambda: tf.nn.max_pool2d(tf.nn.conv2d(x, w, 1, 'SAME'), 2, stride, padding),
                lambda: tf.nn.avg_pool2d(act(x), 2, stride, padding) + tf.reduce_sum(w), lambda: tf.nn.conv2d_transpose(x, tf.transpose(w, [0, 1, 3, 2]), [x.shape[0], x.shape[1] * stride, x.shape[2] * stride, 3], stride, 'SAME'),
                lambda: tf.compat.v1.nn.fused_batch_norm(tf.nn.conv2d(x, w, 1, 'SAME'), tf.ones(3) * 1.2, tf.ones(3) * 0.2)[0], lambda: tf.nn.local_response_normalization(x, 2) * tf.reduce_mean(w), lambda: tf.image.resize(x, [5, 9], draw_method) * tf.reduce_sum(w),
                lambda: tf.nn.conv2d(x, w, 1, padding, dilations=dilation) if dilation * 2 < 4 else tf.nn.atrous_conv2d(x, w, 2, 'SAME'), lambda: tf.nn.softmax(tf.nn.conv2d(x, w, 1, 'SAME')), lambda: tf.pad(x, [[0, 0], [1, 2], [2, 1], [0, 0]], draw_pad) * tf.reduce_max(w),
                lambda: tf.nn.depth_to_space(tf.tile(x, [1, 1, 1, 4]), 2) * w[0, 0, 0, 0]][way]()
    draw_method, draw_pad = draw.one_of('bilinear', 'nearest', 'bicubic'), draw.one_of('REFLECT', 'SYMMETRIC', 'CONSTANT')
    return gradient(net), [x, w]


of_layers.static = True


def of_tensors(draw):
    n, m = draw.randint(2, 4), draw.randint(2, 4)
    x, y = draw.tensor('float32', (n, m)), draw.tensor('float32', (m, n) if draw.chance(0.3) else (n, m))
    way, ids = draw.randrange(30), draw.numpy.randint(0, n, 4).astype(np.int32)
    if way in (3, 4, 9, 20, 24) or True:
        y = draw.tensor('float32', (n, m))

    def net(x, y):
        return [lambda: x * y / (tf.abs(x) + 1), lambda: tf.matmul(x, y, transpose_b=True), lambda: tf.einsum('ij,kj->ik', x, y), lambda: tf.maximum(x, y) + tf.minimum(x, 0.3), lambda: tf.where(x > y, x * 2, y * x),
                lambda: tf.gather(x, ids) * 2 + tf.reduce_sum(y), lambda: tf.math.unsorted_segment_sum(tf.gather(x, ids), [0, 1, 0, 2], 3) + tf.reduce_mean(y), lambda: tf.scatter_nd([[0], [1]], x[:2], [3, m]) + tf.reduce_sum(y), lambda: tf.cumsum(x, 1, reverse=True) * y,
                lambda: tf.reduce_prod(x + 3, 1) + tf.reduce_logsumexp(y), lambda: tf.math.top_k(x, 2)[0] + tf.reduce_max(y, 1, keepdims=True), lambda: tf.reverse(x, [0]) * tf.transpose(tf.transpose(y)), lambda: tf.concat([x, y], 1)[:, 1:-1:2],
                lambda: tf.stack([x, y], 1)[:, 0], lambda: tf.split(tf.concat([x, y], 0), 2)[1] * x, lambda: tf.tile(x, [2, 1]) + tf.tile(y, [2, 1]) ** 2, lambda: tf.linalg.det(tf.matmul(x, x, transpose_a=True) + 3 * tf.eye(m)) + tf.reduce_sum(y),
                lambda: tf.linalg.solve(tf.matmul(x, x, transpose_b=True) + 2 * tf.eye(n), y), lambda: tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True) + 2 * tf.eye(n)) * tf.reduce_sum(y), lambda: tf.linalg.inv(tf.matmul(x, x, transpose_b=True) + 3 * tf.eye(n)),
                lambda: tf.norm(x - y, axis=1), lambda: tf.nn.l2_normalize(x, 1) * y, lambda: tf.clip_by_norm(x, 1.0) + y, lambda: tf.math.erf(x) + tf.math.lgamma(tf.abs(y) + 1), lambda: tf.math.atan2(x, y + 3) + tf.pow(tf.abs(x) + 0.5, y), lambda: tf.math.xlogy(tf.abs(x), tf.abs(y) + 1),
                lambda: tf.signal.rfft(x).__abs__() + tf.reduce_sum(y), lambda: tf.nn.log_softmax(x, 0) * tf.nn.softmax(y), lambda: tf.linalg.triangular_solve(tf.linalg.band_part(tf.matmul(x, x, transpose_b=True), -1, 0) + 3 * tf.eye(n), y),
                lambda: tf.image.adjust_contrast(x[None, :, :, None], 1.4)[0, :, :, 0] * y][way]()
    return gradient(net), [x, y]


of_tensors.static = True
of_tensors.rtol = 5e-4
of_tensors.atol = 5e-4


def of_flow(draw):
    n = draw.randint(1, 4)
    x, w = draw.tensor('float32', (n, 3)), draw.tensor('float32', (3, 3))
    way, steps = draw.randrange(6), draw.randint(1, 4)

    def net(x, w):
        def loop(state):
            return tf.while_loop(lambda i, _: i < steps, lambda i, s: (i + 1, tf.tanh(tf.matmul(s, w) + 0.1)), (0, state))[1]
        return [lambda: loop(x), lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.matmul(x, w), lambda: x * 2), lambda: tf.scan(lambda s, v: tf.tanh(s + tf.linalg.matvec(w, v)), x, tf.zeros(3)),
                lambda: tf.map_fn(lambda v: tf.sin(v) * w[0], x), lambda: tf.switch_case(tf.constant(draw_case), [lambda: x + w[0], lambda: x * w[1], lambda: loop(x)]), lambda: tf.foldl(lambda s, v: s * 0.5 + v * w[0], x)][way]()
    draw_case = draw.randint(0, 2)
    return gradient(net), [x, w]


of_flow.traced = True
of_flow.static = True


def losses(draw):
    K = tf.keras.losses
    b, c = draw.randint(1, 4), draw.randint(2, 6)
    x, y = draw.tensor('float32', (b, c)), draw.tensor('float32', (b, c), 0.05, 1)
    ids = draw.ints('int32', (b,), 0, c - 1)
    loss = draw.one_of(K.MeanSquaredError(), K.MeanAbsoluteError(), K.Huber(0.7), K.LogCosh(), K.CosineSimilarity(), K.KLDivergence(), K.Poisson(), K.Hinge(), K.SquaredHinge(), K.CategoricalHinge(), K.BinaryCrossentropy(from_logits=True),
                       K.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), K.BinaryFocalCrossentropy(from_logits=True), K.CategoricalFocalCrossentropy(from_logits=True), K.MeanSquaredLogarithmicError(), K.MeanAbsolutePercentageError(),
                       K.Dice(), K.Tversky(), 'sparse', 'sampled', 'ctc')
    sampled = lit('float32', draw.numpy.uniform(-1, 1, (c, 3)))

    def net(x, y, ids):
        if loss == 'sparse':
            return tf.keras.losses.sparse_categorical_crossentropy(ids, x, from_logits=True)
        if loss == 'sampled':
            return tf.nn.sampled_softmax_loss(tf.constant(sampled.array), tf.zeros(c), tf.cast(ids, tf.int64)[:, None], x[:, :3] if c >= 3 else tf.tile(x, [1, 2])[:, :3], 2, c, seed=5)
        if loss == 'ctc':
            return tf.nn.ctc_loss(tf.ones([b, 1], tf.int32), tf.stack([x, y, x]), tf.ones(b, tf.int32), tf.fill([b], 3), logits_time_major=True, blank_index=0)
        return loss(y, x if loss.name not in ('kl_divergence', 'poisson', 'dice', 'tversky', 'mean_squared_logarithmic_error') else tf.sigmoid(x))

    def both(x, y, ids):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = net(x, y, ids)
        return value, tape.gradient(value, x)
    return both, [x, y, ids]


losses.traced = True
losses.static = True


def signals(draw):
    s = tf.signal
    n = draw.randint(20, 90)
    x = draw.tensor('float32', (draw.randint(1, 2), n))
    length, hop, way = draw.randint(4, 16), draw.randint(2, 8), draw.randrange(16)

    def net(x):
        return [lambda: tf.abs(s.stft(x, length, hop, pad_end=draw_pad)), lambda: s.inverse_stft(s.stft(x, length, length // 2), length, length // 2), lambda: s.frame(x, length, hop, pad_end=draw_pad, pad_value=0.5), lambda: s.overlap_and_add(s.frame(x, length, hop), hop),
                lambda: s.dct(x, draw_type), lambda: s.idct(x, draw_type), lambda: s.mdct(x[:, :16], 8), lambda: s.inverse_mdct(tf.reshape(x[:, :16], [-1, 2, 8])), lambda: s.mfccs_from_log_mel_spectrograms(x), lambda: tf.matmul(tf.abs(s.rfft(x, [32])), s.linear_to_mel_weight_matrix(6, 17, 8000, 80, 3000)),
                lambda: s.fftshift(x), lambda: s.ifftshift(x, axes=[1]), lambda: s.hann_window(length) * s.hamming_window(length) + s.kaiser_window(length) + s.vorbis_window(length) + x[0, 0], lambda: s.irfft(s.rfft(x)), lambda: tf.math.angle(s.fft(tf.cast(x, tf.complex64))),
                lambda: tf.math.real(s.ifft2d(tf.cast(x, tf.complex64)))][way]()
    draw_pad, draw_type = draw.chance(0.5), draw.one_of(1, 2, 3)
    if draw_type == 1 and way == 5:
        way = 4
    return net, [x]


signals.static = True


def algebra(draw):
    A = tf.linalg
    n = draw.randint(2, 5)
    x, y = draw.tensor('float32', (2, n, n)), draw.tensor('float32', (2, n, draw.randint(1, 3)))
    way = draw.randrange(28)

    def net(x, y):
        spd = tf.matmul(x, x, transpose_b=True) + n * tf.eye(n)
        d = spd[..., 0]
        return [lambda: A.LinearOperatorFullMatrix(spd).solve(y), lambda: A.LinearOperatorLowerTriangular(spd).matmul(y), lambda: A.LinearOperatorDiag(d).inverse().to_dense(), lambda: A.LinearOperatorKronecker([A.LinearOperatorDiag(d), A.LinearOperatorIdentity(2)]).to_dense(),
                lambda: A.LinearOperatorToeplitz(d, d).to_dense(), lambda: A.LinearOperatorCirculant(tf.cast(d, tf.complex64)).to_dense(), lambda: A.LinearOperatorHouseholder(d).matvec(y[..., 0]), lambda: A.LinearOperatorBlockDiag([A.LinearOperatorFullMatrix(x), A.LinearOperatorDiag(d)]).to_dense(),
                lambda: A.LinearOperatorLowRankUpdate(A.LinearOperatorDiag(d), y).log_abs_determinant(), lambda: A.expm(x / n), lambda: A.sqrtm(spd), lambda: A.lu(spd)[0], lambda: A.lu_solve(*A.lu(spd), y), lambda: A.pinv(spd), lambda: A.matrix_rank(spd), lambda: A.trace(x),
                lambda: A.diag_part(x, k=(-1, 1)), lambda: A.set_diag(x, d), lambda: A.band_part(x, 1, 0), lambda: A.tensor_diag_part(tf.reshape(x[0], [n, n])), lambda: A.logdet(spd), lambda: A.slogdet(spd)[1], lambda: A.eigvalsh(spd), lambda: A.svd(x, compute_uv=False), lambda: A.cholesky_solve(A.cholesky(spd), y),
                lambda: A.tridiagonal_solve(tf.stack([d, d * 5, d], 1), y), lambda: A.global_norm([x, y]), lambda: tf.linalg.normalize(x, axis=1)[0]][way]()
    return net, [x, y]


algebra.static = True
algebra.rtol = 2e-3
algebra.atol = 2e-3


def odds(draw):
    """Functions that no other net has."""
    x = draw.tensor('float32', (2, 6, 6, 3), 0, 1)
    flat = draw.tensor('float32', (4, 6))
    ids, way = draw.ints('int64', (3, 4), 0, 5), draw.randrange(34)
    weights = constant(draw, 'float32', (6, 4))

    def net(x, flat, ids):
        image, nn, m = tf.image, tf.nn, tf.math
        sparse = tf.sparse.from_dense(ids)
        return [lambda: image.ssim(x, x * 0.9, 1.0, filter_size=3), lambda: image.sobel_edges(x), lambda: image.image_gradients(x), lambda: image.crop_to_bounding_box(x, 1, 2, 3, 2), lambda: image.adjust_jpeg_quality(x[0], 70) * 0 + 1, lambda: image.stateless_random_flip_left_right(x, [1, 2]),
                lambda: image.stateless_random_brightness(x, 0.3, [3, 4]), lambda: image.stateless_random_crop(x, [2, 3, 3, 3], [1, 9]), lambda: image.generate_bounding_box_proposals(flat[None, None, :, :3] * 0 + 0.5, flat[None, None, :, :4] * 0, tf.ones([1, 4]), tf.ones([1, 4])) if False else x, lambda: image.rgb_to_yiq(x),
                lambda: nn.embedding_lookup_sparse(weights, sparse, None, combiner=draw_combiner), lambda: nn.safe_embedding_lookup_sparse([tf.constant(weights)], sparse), lambda: nn.collapse_repeated(tf.cast(ids, tf.int32), [4, 3, 2])[0], lambda: nn.dilation2d(x, weights[:2, :3, None] * tf.ones([1, 1, 3]), [1, 1, 1, 1], 'SAME', 'NHWC', [1, 1, 1, 1]),
                lambda: nn.erosion2d(x, tf.constant(weights[:2, :3, None]) * tf.ones([1, 1, 3]), [1, 1, 1, 1], 'SAME', 'NHWC', [1, 1, 1, 1]), lambda: nn.weighted_moments(flat, [0], tf.abs(flat)), lambda: nn.sufficient_statistics(flat, [0])[1:3], lambda: nn.weighted_cross_entropy_with_logits(tf.round(tf.abs(flat)), flat, 1.5),
                lambda: m.confusion_matrix(ids[0], ids[1], 6), lambda: m.bincount(ids, axis=-1), lambda: m.approx_max_k(flat, 2), lambda: m.in_top_k(ids[:, 0] % 4, flat[:3], 2), lambda: m.polyval([1.0, 2.0, 3.0], flat), lambda: m.reduce_euclidean_norm(flat, 1), lambda: m.segment_mean(flat, [0, 0, 1, 3]),
                lambda: m.invert_permutation([2, 0, 1]) + tf.cast(ids[0, 0], tf.int32), lambda: m.zero_fraction(tf.round(flat)), lambda: m.nextafter(flat, 9.0), lambda: m.cumulative_logsumexp(flat, 1, True, True), lambda: tf.histogram_fixed_width(flat, [-1.0, 1.0], 5), lambda: tf.searchsorted(tf.sort(flat, 1), flat, 'right'),
                lambda: tf.argsort(flat, 1, 'DESCENDING', True), lambda: tf.boolean_mask(flat, flat > 0), lambda: tf.meshgrid(flat[0], flat[1, :3], indexing='ij')][way]()
    draw_combiner = draw.one_of('mean', 'sum', 'sqrtn')
    return net, [x, flat, ids]


odds.static = True

NETS = [of_layers, of_layers, of_tensors, of_tensors, of_flow, losses, losses, signals, algebra, algebra, odds, odds]
