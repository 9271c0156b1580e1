"""Networks written as TensorFlow 1 graphs with constant weights: text, speech, handwriting, super-resolution, poses.

Each by a published structure; the weights are random, so the answers mean nothing and the work is the same.
"""
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


class Weights:
    """Constants from one random stream, as large as keeps the values' size through a layer of rectifiers."""

    def __init__(self):
        self.generator = np.random.default_rng(7)

    def kernel(self, *shape):
        return self.scaled((2 / np.prod(shape[:-1])) ** 0.5, *shape)

    def window(self, height, width, channels):
        return self.scaled((2 / (height * width)) ** 0.5, height, width, channels, 1)

    def scaled(self, scale, *shape):
        return tf.constant(self.generator.normal(0, scale, shape).astype(np.float32))

    def offset(self, count):
        return self.scaled(0.1, count)


def entry(name, *shape, dtype=tf.float32):
    return v1.placeholder(dtype, shape, name)


def convolve(x, kernel, stride=1, padding='SAME'):
    return v1.nn.conv2d(x, kernel, [1, stride, stride, 1], padding)


def pool(x, height, width, padding='SAME'):
    return v1.nn.max_pool(x, [1, height, width, 1], [1, height, width, 1], padding)


def charcnn(w):
    """Text by characters: six convolutions of 256 over 256 characters, a dense layer of 1024, four classes."""
    ids = entry('ids', 1, 256, dtype=tf.int32)
    x = tf.gather(w.scaled(1, 96, 64), ids)
    for width, pooled in ((7, 3), (7, 3), (3, 0), (3, 0), (3, 0), (3, 3)):
        x = tf.nn.conv1d(x, w.kernel(width, x.shape[-1], 256), 1, 'SAME')
        x = tf.nn.relu(tf.nn.bias_add(x, w.offset(256)))
        if pooled:
            x = tf.squeeze(pool(tf.expand_dims(x, 1), 1, pooled, 'VALID'), [1])
    x = tf.reshape(x, [1, x.shape[1] * 256])
    x = tf.nn.relu(tf.matmul(x, w.kernel(x.shape[1], 1024)) + w.offset(1024))
    return tf.nn.softmax(tf.matmul(x, w.kernel(1024, 4)) + w.offset(4), name='y')


def conv_actions(w):
    """Spoken words by 99 frames of 40 coefficients: two wide convolutions, twelve classes."""
    x = tf.reshape(entry('frames', 1, 99, 40), [1, 99, 40, 1])
    x = pool(tf.nn.relu(convolve(x, w.kernel(20, 8, 1, 64)) + w.offset(64)), 2, 2)
    x = tf.nn.relu(convolve(x, w.kernel(10, 4, 64, 64)) + w.offset(64))
    x = tf.reshape(x, [1, 50 * 20 * 64])
    return tf.nn.softmax(tf.matmul(x, w.kernel(50 * 20 * 64, 12)) + w.offset(12), name='y')


def espcn_x2(w):
    """ESPCN: three convolutions on the small picture, then depth to space."""
    x = entry('picture', 1, 180, 320, 1)
    x = tf.nn.relu(convolve(x, w.kernel(5, 5, 1, 64)) + w.offset(64))
    x = tf.nn.relu(convolve(x, w.kernel(3, 3, 64, 32)) + w.offset(32))
    x = v1.depth_to_space(convolve(x, w.kernel(3, 3, 32, 4)) + w.offset(4), 2)
    return tf.transpose(tf.tanh(x), [0, 3, 1, 2], name='y')


def fsrcnn_x3(w):
    """FSRCNN: shrink, four narrow convolutions, widen; PReLU written out in six operators, as its authors' code does."""
    def rectify(x):
        return tf.nn.relu(x) + w.scaled(0.2, int(x.shape[-1])) * (x - tf.abs(x)) * 0.5

    x = entry('picture', 1, 180, 320, 1)
    for size, channels in ((5, 56), (1, 12), (3, 12), (3, 12), (3, 12), (3, 12), (1, 56)):
        x = rectify(convolve(x, w.kernel(size, size, x.shape[-1], channels)) + w.offset(channels))
    x = v1.depth_to_space(convolve(x, w.kernel(1, 1, 56, 9)), 3)
    return tf.transpose(tf.nn.bias_add(x, w.offset(1)), [0, 3, 1, 2], name='y')


def mnist_deep(w):
    """Handwritten digits: two 5x5 convolutions, each pooled, and two dense layers."""
    x = tf.reshape(entry('x', 1, 784), [-1, 28, 28, 1])
    for channels in (32, 64):
        x = pool(tf.nn.relu(convolve(x, w.kernel(5, 5, x.shape[-1], channels)) + w.offset(channels)), 2, 2)
    x = tf.nn.relu(tf.matmul(tf.reshape(x, [-1, 3136]), w.kernel(3136, 1024)) + w.offset(1024))
    return tf.nn.softmax(tf.matmul(x, w.kernel(1024, 10)) + w.offset(10), name='y')


def bottleneck(w, x, wide, narrow, size, stride=1):
    """Widen, depthwise, narrow; rectified twice where pose estimators of this kind do it."""
    def norm(y):
        channels = int(y.shape[-1])
        y, _, _ = v1.nn.fused_batch_norm(y, tf.ones([channels]), w.offset(channels), w.offset(channels),
                                         tf.constant(w.generator.uniform(0.5, 1.5, channels).astype(np.float32)),
                                         is_training=False)
        return tf.nn.relu6(y)

    y = tf.nn.relu(norm(convolve(x, w.kernel(1, 1, x.shape[-1], wide))))
    y = tf.nn.relu(v1.nn.depthwise_conv2d(y, w.window(size, size, wide), [1, stride, stride, 1], 'SAME'))
    return norm(convolve(y, w.kernel(1, 1, wide, narrow)))


def bottlenecks(w, x, narrow, wide, count, size=3, stride=1):
    x = bottleneck(w, x, wide[0], narrow, size, stride)
    for _ in range(count - 1):
        x = x + bottleneck(w, x, wide[1], narrow, size)
    return x


def pose_cpm(w):
    """Convolutional pose machine on MobileNet v2 blocks: six stages, each sees the picture's features and the maps before it."""
    x = tf.nn.relu6(convolve(entry('image', 1, 192, 192, 3), w.kernel(3, 3, 3, 16), 2) + w.offset(16))
    parts = []
    for narrow, wide, count, stride in ((8, (16, 8), 2, 1), (12, (32, 48), 5, 2), (16, (48, 64), 5, 2), (32, (64, 128), 5, 2),
                                        (48, (128, 192), 5, 2)):
        x = bottlenecks(w, x, narrow, wide, count, stride=stride)
        parts.append(x)
    side = parts[2].shape[1:3]
    resized = [v1.image.resize_bilinear(part, side) for part in parts[3:]]
    features = tf.concat([pool(parts[0], 4, 4), pool(parts[1], 2, 2), parts[2], *resized], 3)
    x = features
    for stage in range(6):
        x = bottlenecks(w, x, 24, (2 * int(x.shape[-1]), 72), 3, size=7)
        for channels in (64 if stage else 256, 14):
            x = tf.nn.relu(v1.nn.depthwise_conv2d(x, w.window(1, 1, x.shape[-1]), [1, 1, 1, 1], 'SAME'))
            x = tf.nn.relu(convolve(x, w.kernel(1, 1, x.shape[-1], channels)) + w.offset(channels))
        maps, x = x, tf.concat([features, x], 3)
    return v1.image.resize_bilinear(maps, [96, 96], name='y')


def transformer(w, depth=4, width=256, heads=4, length=128):
    """An encoder like BERT's over 128 words: norm after each part, GELU by tanh, sixteen classes."""
    def dense(x, units):
        return tf.nn.bias_add(tf.matmul(x, w.scaled(int(x.shape[-1]) ** -0.5, x.shape[-1], units)), w.offset(units))

    def norm(x):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        scale = tf.constant(w.generator.uniform(0.8, 1.2, width).astype(np.float32))
        return tf.nn.batch_normalization(x, mean, variance, w.offset(width), scale, 1e-6)

    def by_heads(x):
        return tf.transpose(tf.reshape(x, [1, length, heads, width // heads]), [0, 2, 1, 3])

    ids = entry('ids', 1, length, dtype=tf.int32)
    x = norm(tf.reshape(tf.gather(w.scaled(1, 8000, width), ids) + w.scaled(0.3, 1, length, width), [length, width]))
    for _ in range(depth):
        query, key, value = (by_heads(dense(x, width)) for _ in range(3))
        weights = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * (width // heads) ** -0.5)
        seen = tf.reshape(tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3]), [length, width])
        x = norm(x + dense(seen, width))
        y = dense(x, 4 * width)
        y = 0.5 * y * (1.0 + tf.tanh(0.7978845608 * (y + 0.044715 * y * y * y)))
        x = norm(x + dense(y, width))
    return tf.nn.softmax(tf.matmul(tf.reduce_mean(x, 0, keepdims=True), w.kernel(width, 16)), name='y')


NETWORKS = {build.__name__: build for build in (charcnn, conv_actions, espcn_x2, fsrcnn_x3, mnist_deep, pose_cpm, transformer)}


def graph_def(name):
    with tf.Graph().as_default() as graph:
        result = NETWORKS[name](Weights())
    return v1.graph_util.extract_sub_graph(graph.as_graph_def(), [result.op.name])
