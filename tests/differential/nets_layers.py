"""Networks for images: convolutions, norms, pools, activations, resizing."""
from draw import *
import tensorflow as tf

FLOAT = ('float32', 'float32', 'float32', 'float64', 'float16', 'bfloat16')


def constant(draw, dtype, shape, low=-1.0, high=1.0):
    return draw.numpy.uniform(low, high, shape).astype(np.float32).astype(tf.as_dtype(dtype).as_numpy_dtype)


def image(draw, dtype='float32', channels=None, low=4, high=9):
    return draw.tensor(dtype, (draw.randint(1, 2), draw.randint(low, high), draw.randint(low, high), channels or draw.randint(1, 4)))


def activated(draw, alpha=0.2):
    return draw.one_of(tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.selu, tf.nn.sigmoid, tf.nn.tanh, tf.nn.softplus, tf.nn.softsign,
                       tf.nn.swish, tf.nn.gelu, lambda x: tf.nn.gelu(x, approximate=True), lambda x: tf.nn.leaky_relu(x, alpha),
                       lambda x: tf.nn.relu6(x + 3) / 6 * x, lambda x: x * tf.tanh(tf.nn.softplus(x)), tf.identity,
                       lambda x: tf.clip_by_value(0.2 * x + 0.5, 0, 1), tf.nn.crelu, lambda x: tf.maximum(x, alpha * x))


def conv(draw):
    dtype = draw.one_of('float32', 'float32', 'float64', 'float16')
    x = image(draw, dtype)
    depthwise = draw.chance(0.3)
    kernel = (draw.randint(1, 3), draw.randint(1, 3), x.array.shape[3], draw.randint(1, 5))
    weights, stride, dilation = constant(draw, dtype, kernel), draw.randint(1, 2), draw.one_of(1, 1, 2)
    channels = kernel[2] * kernel[3] if depthwise else kernel[3]
    bias, scale, mean = (constant(draw, dtype, (channels,)) for _ in range(3))
    variance = constant(draw, dtype, (channels,), 0.2, 2)
    padding, order, act = draw.one_of('SAME', 'VALID'), draw.randrange(4), activated(draw)
    if dilation > 1:
        stride = 1
    pads = [[0, 0], [draw.randint(0, 2), draw.randint(0, 2)], [draw.randint(0, 2), draw.randint(0, 2)], [0, 0]]

    def net(x):
        if order == 3:
            x = tf.pad(x, pads)
        if depthwise:
            x = tf.nn.depthwise_conv2d(x, weights, [1, stride, stride, 1], padding, dilations=[dilation, dilation])
        else:
            x = tf.nn.conv2d(x, weights, [stride, stride], padding, dilations=dilation)
        if order == 0:
            return act(tf.nn.bias_add(x, bias))
        if order == 1 and dtype != 'float64':
            norm = [tf.cast(v, tf.float32) for v in (scale, bias, mean, variance)]
            return act(tf.compat.v1.nn.fused_batch_norm(x, *norm, epsilon=1e-3, is_training=False)[0])
        return act(tf.nn.batch_normalization(x, mean, variance, bias, scale, 1e-3))
    return net, [x]


def conv_nchw(draw):
    x = image(draw)
    weights = constant(draw, 'float32', (3, 3, x.array.shape[3], 3))
    back = draw.chance(0.7)
    bias = constant(draw, 'float32', (3, 1, 1))

    def net(x):
        y = tf.nn.conv2d(tf.transpose(x, [0, 2, 3, 1]), weights, 1, 'SAME')
        y = tf.transpose(y, [0, 3, 1, 2]) + bias
        y = tf.nn.relu(y)
        return tf.transpose(y, [0, 2, 3, 1]) if back else tf.reduce_mean(y, [2, 3])
    x = lit('float32', x.array.transpose(0, 3, 1, 2))
    return net, [x]


def space_to_batch_conv(draw):
    x = image(draw, low=6)
    rate = draw.randint(2, 3)
    weights = constant(draw, 'float32', (3, 3, x.array.shape[3], 4))
    padding = draw.one_of('SAME', 'VALID') if min(x.array.shape[1:3]) > 2 * rate else 'SAME'
    way = draw.randrange(3)

    def net(x):
        if way == 0:
            return tf.nn.atrous_conv2d(x, weights, rate, padding)
        if way == 1:
            return tf.nn.with_space_to_batch(x, [rate, rate], padding, lambda y, n, p: tf.nn.conv2d(y, weights, 1, p), [3, 3])
        return tf.nn.pool(tf.nn.conv2d(x, weights, 1, 'SAME'), [2, 2], 'MAX', padding='VALID', dilations=[rate, rate])
    return net, [x]


space_to_batch_conv.ranked = True


def conv_transpose(draw):
    rank = draw.one_of(1, 2, 2, 3)
    spatial = [draw.randint(2, 5) for _ in range(rank)]
    x = draw.tensor('float32', (2, *spatial, 3))
    kernel, stride, padding = [draw.randint(1, 3) for _ in range(rank)], draw.randint(1, 2), draw.one_of('SAME', 'VALID')
    weights = constant(draw, 'float32', (*kernel, 2, 3))
    out = [s * stride if padding == 'SAME' else (s - 1) * stride + max(k, stride) if k >= stride else s * stride
           for s, k in zip(spatial, kernel)]
    function = [tf.nn.conv1d_transpose, tf.nn.conv2d_transpose, tf.nn.conv3d_transpose][rank - 1]
    dynamic = draw.chance(0.5)

    def net(x):
        shape = tf.stack([tf.shape(x)[0], *out, 2]) if dynamic else [2, *out, 2]
        return tf.nn.relu(function(x, weights, shape, stride, padding))
    return net, [x]


conv_transpose.static = True


def conv_1d_3d(draw):
    three = draw.chance(0.5)
    spatial = [draw.randint(3, 6) for _ in range(3 if three else 1)]
    x = draw.tensor('float32', (2, *spatial, 2))
    weights = constant(draw, 'float32', (*[draw.randint(1, 3) for _ in spatial], 2, 3))
    stride, padding, act = draw.randint(1, 2), draw.one_of('SAME', 'VALID'), activated(draw)
    if three:
        return lambda x: act(tf.nn.conv3d(x, weights, [1, stride, stride, stride, 1], padding)), [x]
    return lambda x: act(tf.nn.conv1d(x, weights, stride, padding)), [x]


def pool(draw):
    dtype = draw.one_of('float32', 'float32', 'float64', 'float16', 'bfloat16')
    x = image(draw, dtype)
    k, s, padding = draw.randint(1, 3), draw.randint(1, 3), draw.one_of('SAME', 'VALID')
    way = draw.randrange(6)

    def net(x):
        if way == 0:
            return tf.nn.max_pool2d(x, k, s, padding)
        if way == 1:
            return tf.nn.avg_pool2d(x, k, s, padding)
        if way == 2:
            return tf.nn.max_pool_with_argmax(x, k, s, padding, include_batch_in_index=k == 2)
        if way == 3:
            return tf.reduce_mean(tf.nn.max_pool2d(x, k, s, padding), [1, 2], keepdims=s == 1)
        if way == 4:
            return tf.nn.avg_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), k, s, 'VALID')
        y = tf.nn.max_pool2d(x, [1, k, 1, 1], [1, s, 1, 1], padding)
        return y - tf.reduce_mean(y, axis=-1, keepdims=True)
    return net, [x]


def norms(draw):
    x = image(draw, draw.one_of('float32', 'float32', 'float16', 'float64'), 4)
    dtype = x.dtype
    scale, shift = constant(draw, dtype, (4,)), constant(draw, dtype, (4,))
    way, keep = draw.randrange(9), draw.chance(0.5)

    def net(x):
        if way == 0:  # layer
            mean, variance = tf.nn.moments(x, [-1], keepdims=True)
            return (x - mean) * tf.math.rsqrt(variance + 1e-3) * scale + shift
        if way == 1:  # instance
            mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
            return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-3)
        if way == 2:  # group
            s = tf.shape(x)
            y = tf.reshape(x, [s[0], s[1], s[2], 2, 2])
            mean, variance = tf.nn.moments(y, [1, 2, 4], keepdims=True)
            return tf.reshape((y - mean) / tf.sqrt(variance + tf.cast(1e-2, x.dtype)), s) * scale
        if way == 3:
            return tf.nn.l2_normalize(x, draw_axis, 1e-6)
        if way == 4 and dtype in ('float32', 'float16'):
            return tf.nn.local_response_normalization(x, 2, 1.0, 0.5, 0.75)
        if way == 5:
            return tf.nn.softmax(x, draw_axis) - tf.nn.log_softmax(x, draw_axis)
        if way == 6 and dtype in ('float32', 'float16'):
            y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, tf.cast(scale, tf.float32), tf.cast(shift, tf.float32), epsilon=1e-2)
            return y, mean, variance
        if way == 7:
            y = tf.math.reduce_std(x, [1, 2], keepdims=True)
            return x / (y + 1), tf.math.reduce_variance(x, axis=draw_axis)
        return tf.norm(x, axis=draw_axis, keepdims=keep, ord=norm_order)
    draw_axis, norm_order = draw.one_of(-1, 1, 2, 3), draw.one_of('euclidean', 1, 2, np.inf)
    return net, [x]


norms.ranked = True


def resize(draw):
    dtype = draw.one_of('float32', 'float32', 'uint8', 'int32', 'float16', 'float64')
    x = draw.tensor(dtype, (draw.randint(1, 2), draw.randint(1, 7), draw.randint(1, 7), draw.randint(1, 4)))
    size = [draw.randint(1, 11), draw.randint(1, 11)]
    method = draw.one_of('bilinear', 'nearest', 'bicubic', 'area', 'lanczos3', 'lanczos5', 'gaussian', 'mitchellcubic')
    antialias, way, corners = draw.chance(0.4), draw.randrange(4), draw.chance(0.4)
    box = draw.numpy.uniform(-0.2, 1.2, (2, 4)).astype(np.float32)

    def net(x):
        if way < 2:
            return tf.image.resize(x, size, method, antialias=antialias, preserve_aspect_ratio=corners)
        if way == 2:
            return tf.compat.v1.image.resize(x, size, draw_v1, align_corners=corners)
        return tf.image.crop_and_resize(x, box, [0, 0], size, crop_method, 0.5)
    draw_v1, crop_method = draw.randrange(4), draw.one_of('bilinear', 'nearest')
    return net, [x]


resize.static = True


def blocks(draw):
    b = draw.randint(2, 3)
    x = draw.tensor(draw.one_of('float32', 'int32', 'uint8', 'float16'), (2, 2 * b, 2 * b, b * b * 2))
    way = draw.randrange(5)

    def net(x):
        if way == 0:
            return tf.nn.depth_to_space(x, b)
        if way == 1:
            return tf.nn.space_to_depth(x, b)
        if way == 2:
            return tf.batch_to_space(tf.space_to_batch(x, [b, b], [[0, 0], [0, 0]]), [b, 1], [[0, 1], [0, 0]])
        if way == 3:  # pixel shuffle by hand
            y = tf.reshape(x, [2, 2 * b, 2 * b, b, b, 2])
            return tf.reshape(tf.transpose(y, [0, 1, 3, 2, 4, 5]), [2, 2 * b * b, 2 * b * b, 2])
        y = tf.reshape(x, [2, 2 * b, 2 * b, 2, b * b])  # channel shuffle
        return tf.reshape(tf.transpose(y, [0, 1, 2, 4, 3]), tf.shape(x))
    return net, [x]


def dense(draw):
    dtype = draw.one_of('float32', 'float32', 'float64', 'float16', 'bfloat16')
    x = draw.tensor(dtype, (draw.randint(1, 4), draw.randint(1, 5), 6))
    w1, b1, w2 = constant(draw, dtype, (6, 8)), constant(draw, dtype, (8,)), constant(draw, dtype, (8, 3))
    act, way = activated(draw), draw.randrange(4)

    def net(x):
        flat = tf.reshape(x, [-1, 6])
        if way == 0:
            y = act(tf.matmul(flat, w1) + b1)
            return tf.nn.softmax(tf.matmul(y[:, :8], w2))
        if way == 1:
            return act(tf.tensordot(x, w1, [[2], [0]]) + b1)
        if way == 2:
            return tf.matmul(x, x, transpose_b=True), tf.linalg.matvec(x, tf.reduce_sum(x, 1))
        return tf.einsum('abc,cd->abd', x, w1) + b1
    return net, [x]


def attention(draw):
    heads, size = draw.randint(1, 3), draw.randint(2, 4)
    x = draw.tensor('float32', (2, draw.randint(1, 5), heads * size))
    weights = [constant(draw, 'float32', (heads * size, heads, size)) for _ in range(3)]
    out, causal = constant(draw, 'float32', (heads, size, heads * size)), draw.chance(0.5)

    def net(x):
        q, k, v = (tf.einsum('btd,dhs->bths', x, w) for w in weights)
        scores = tf.einsum('bths,bThs->bhtT', q, k) * size**-0.5
        if causal:
            n = tf.shape(x)[1]
            mask = tf.linalg.band_part(tf.ones([n, n]), -1, 0)
            scores = tf.where(mask[None, None] > 0, scores, tf.fill(tf.shape(scores), -1e9))
        y = tf.einsum('bhtT,bThs->bths', tf.nn.softmax(scores), v)
        return tf.einsum('bths,hsd->btd', y, out)
    return net, [x]


attention.ranked = True


def pictures(draw):
    kind = draw.one_of('float32', 'uint8')
    x = draw.tensor(kind, (draw.randint(6, 9), draw.randint(6, 9), 3), *((0, 1) if kind == 'float32' else (0, 255)))
    way, k = draw.randrange(22), draw.uniform(0.3, 1.5)

    def net(x):
        f = tf.image.convert_image_dtype(x, tf.float32)
        return [lambda: tf.image.adjust_hue(f, k - 0.9), lambda: tf.image.adjust_saturation(f, k), lambda: tf.image.adjust_contrast(x, k),
                lambda: tf.image.adjust_brightness(x, k - 0.8), lambda: tf.image.adjust_gamma(x, k), lambda: tf.image.rgb_to_hsv(f),
                lambda: tf.image.hsv_to_rgb(f), lambda: tf.image.rgb_to_yuv(f), lambda: tf.image.rgb_to_grayscale(x),
                lambda: tf.image.flip_left_right(tf.image.flip_up_down(x)), lambda: tf.image.rot90(x, 3), lambda: tf.image.transpose(x),
                lambda: tf.image.central_crop(x, 0.5), lambda: tf.image.resize_with_crop_or_pad(x, 5, 12),
                lambda: tf.image.total_variation(f), lambda: tf.image.sobel_edges(f[None]), lambda: tf.image.per_image_standardization(x),
                lambda: tf.image.extract_patches(f[None], [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 2, 1], 'SAME'),
                lambda: tf.image.psnr(f[None], tf.sqrt(f)[None], 1.0), lambda: tf.image.resize_with_pad(x, 11, 7),
                lambda: tf.image.decode_png(tf.image.encode_png(tf.image.convert_image_dtype(x, tf.uint8))),
                lambda: tf.image.draw_bounding_boxes(f[None], [[[0.1, 0.2, 0.8, 0.9]]], [[1.0, 0, 0]])][way]()
    return net, [x]


pictures.static = True


def quantised(draw):
    x = image(draw)
    w = constant(draw, 'float32', (3, 3, x.array.shape[3], 4))
    narrow, bits, way = draw.chance(0.5), draw.one_of(8, 8, 4), draw.randrange(3)

    def net(x):
        if way == 0:
            x = tf.quantization.fake_quant_with_min_max_args(x, -2, 2, bits, narrow)
            k = tf.quantization.fake_quant_with_min_max_vars_per_channel(w, [-1.0] * 4, [1.0] * 4, bits, narrow)
            return tf.quantization.fake_quant_with_min_max_vars(tf.nn.relu6(tf.nn.conv2d(x, k, 1, 'SAME')), 0.0, 6.0)
        if way == 1:
            return tf.quantization.quantize_and_dequantize_v2(x, -1.0, 1.5, num_bits=bits, range_given=narrow)
        q = tf.quantization.quantize(x, -2.0, 2.0, tf.quint8)
        return tf.quantization.dequantize(q.output, q.output_min, q.output_max)
    return net, [x]


NETS = [conv, conv, conv_nchw, space_to_batch_conv, conv_transpose, conv_1d_3d, pool, norms, resize, resize, blocks, dense, attention, pictures,
        pictures, quantised]
