"""The graphs that `rivulet shrink --int8` writes, run by TensorFlow itself: they must be graphs that it takes, and give what
the engine gives when it computes on codes. Networks of many kinds are built with TensorFlow; with the folder of public
models MobileNet on its pictures, too.

  python tests/models/check_int8.py PATH/TO/rivulet [MATERIAL]

A code early on may be the next one in another order of sums, and several later on; so answers may differ by as much as a
few codes of the last activations, and the best answer where two are no further apart than that.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.update(CUDA_VISIBLE_DEVICES='', TF_CPP_MIN_LOG_LEVEL='3')

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
RIVULET = sys.argv[1]
MATERIAL = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
# Of the largest value: what a network of some layers makes of single codes. Each layer by itself is held to one code by
# the unit tests of the steps.
MOST_OFF = 0.02
# Its first products take differences of channels that go together, so that a code there is many at the end.
MOST_OFF_OF_28 = 0.08
SAMPLES = 12


def call(*arguments):
    done = subprocess.run([RIVULET, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f'{arguments}: {done.stderr}')
    return done.stdout


class Builder:
    """Layers with weights from one seed."""

    def __init__(self, seed=1):
        self.random = np.random.default_rng(seed)

    def weights(self, *shape):
        rows = int(np.prod(shape[:-1]))
        return tf.constant(self.random.normal(0, 1.4 / np.sqrt(rows), shape).astype(np.float32))

    def conv(self, x, channels, size=3, stride=1, bias=True, groups=1):
        y = tf.nn.conv2d(x, self.weights(size, size, x.shape[-1] // groups, channels), stride, 'SAME')
        return tf.nn.bias_add(y, self.weights(1, channels)[0]) if bias else y

    def depthwise(self, x, multiplier=1, stride=1):
        y = tf.nn.depthwise_conv2d(x, self.weights(3, 3, x.shape[-1], multiplier) * 4, [1, stride, stride, 1], 'SAME')
        return tf.nn.bias_add(y, self.weights(1, y.shape[-1])[0])

    def dense(self, x, units, transposed=False):
        w = self.weights(units, x.shape[-1]) if transposed else self.weights(x.shape[-1], units)
        return tf.matmul(x, w, transpose_b=transposed) + self.weights(1, units)[0]

    def scores(self, x):
        return self.dense(tf.reduce_mean(x, [1, 2]), 10)


def separable(b, x):
    for stride in (1, 2):
        x = tf.nn.relu6(b.conv(tf.nn.relu6(b.depthwise(x, stride=stride)), 16, 1))
    return [b.scores(x)]


def residual(b, x):
    x = tf.nn.relu(b.conv(x, 8))
    return [b.scores(tf.nn.relu(b.conv(tf.nn.relu(b.conv(x, 8)), 8) + x))]


def concat(b, x):
    x = tf.nn.relu(b.conv(x, 8))
    parts = [tf.nn.relu(b.conv(x, 6, 1)), tf.nn.relu6(b.conv(x, 4)), tf.nn.max_pool2d(x, 3, 1, 'SAME')]
    return [b.scores(tf.nn.relu(b.conv(tf.concat(parts, 3), 12)))]


def squeeze_excite(b, x):
    x = tf.nn.relu(b.conv(x, 8))
    gate = tf.sigmoid(b.conv(tf.nn.relu(b.conv(tf.reduce_mean(x, [1, 2], keepdims=True), 4, 1)), 8, 1))
    return [b.scores(tf.nn.relu(b.conv(x * gate, 8)))]


def several_outputs(b, x):
    x = tf.nn.relu(b.conv(x, 8))
    return [b.scores(x), b.conv(x, 3, bias=False), tf.nn.relu(b.conv(x, 4))]


def shared_weights(b, x):
    w = b.weights(3, 3, 4, 4)
    for _ in range(3):
        x = tf.nn.relu(tf.nn.conv2d(x, w, 1, 'SAME'))
    return [b.scores(x)]


def two_filters_a_channel(b, x):
    return [b.scores(tf.nn.relu(b.conv(tf.nn.relu(b.depthwise(tf.nn.relu(b.conv(x, 8)), 2)), 12, 1)))]


def groups(b, x):
    return [b.scores(tf.nn.relu(b.conv(tf.nn.relu(b.conv(tf.nn.relu(b.conv(x, 8)), 8, groups=2)), 12, 1)))]


def perceptron(b, x):
    x = tf.reshape(x, [-1, 8 * 8 * 4])
    return [tf.nn.softmax(b.dense(tf.nn.relu(b.dense(tf.nn.relu(b.dense(x, 64)), 32, transposed=True)), 10))]


def pads_and_pools(b, x):
    x = tf.nn.conv2d(tf.pad(tf.nn.relu(b.conv(x, 8)), [[0, 0], [1, 1], [1, 1], [0, 0]]), b.weights(3, 3, 8, 8), 2, 'VALID')
    return [b.scores(tf.nn.avg_pool2d(tf.nn.relu6(x), 2, 2, 'VALID'))]


NETWORKS = [separable, residual, concat, squeeze_excite, several_outputs, shared_weights, two_filters_a_channel, groups,
            perceptron, pads_and_pools]


def built(make):
    with tf.Graph().as_default() as graph:
        x = tf1.placeholder(tf.float32, [None, 8, 8, 4], name='x')
        outputs = [tf.identity(y, name=f'out{i}') for i, y in enumerate(make(Builder(), x))]
        return graph.as_graph_def().SerializeToString(), [y.op.name for y in outputs]


def by_tensorflow(graph, feeds, outputs):
    definition = tf1.GraphDef()
    definition.ParseFromString(graph)
    with tf.Graph().as_default() as loaded, tf1.Session() as session:
        tf.import_graph_def(definition, name='')
        return session.run([f'{name}:0' for name in outputs], {f'{name}:0': value for name, value in feeds.items()})


def by_rivulet(path, feeds, outputs, folder, *flags):
    arguments = []
    for name, value in feeds.items():
        np.save(folder / 'fed.npy', value)
        arguments += ['--input', f'{name}={folder / "fed.npy"}']
    for name in outputs:
        arguments += ['--output', name]
    call('run', path, *arguments, '--save', folder / 'got', *flags)
    return [np.load(folder / 'got' / f'{name.replace("/", "_")}.npy') for name in outputs]


def compare(want, got, most=MOST_OFF):
    """How far off, of the largest value; and how many best answers differ that are further apart than that."""
    off, wrong = 0, 0
    for a, b in zip(want, got):
        if a.shape != b.shape or a.dtype != b.dtype:
            return 1, 1
        size = np.max(np.abs(a)) or 1
        off = max(off, float(np.max(np.abs(a - b)) / size))
        if a.ndim == 2:
            for p, q in zip(a, b):
                wrong += int(p[p.argmax()] - p[q.argmax()] > most * size)
    return off, wrong


def check(name, graph, samples, outputs, batch, folder, most=MOST_OFF):
    (folder / 'float.pb').write_bytes(graph)
    said = json.loads(call('shrink', folder / 'float.pb', '--int8', '-o', folder / 'int8.pb', '--max-drop', '100%', '--json',
                           '--output', ','.join(outputs), *samples))
    want = by_tensorflow((folder / 'int8.pb').read_bytes(), batch, outputs)
    floats = by_tensorflow(graph, batch, outputs)
    off, wrong = compare(want, by_rivulet(folder / 'int8.pb', batch, outputs, folder), most)
    plain, _ = compare(want, by_rivulet(folder / 'int8.pb', batch, outputs, folder, '--no-passes'))
    rounded, _ = compare(floats, want)
    print(f'{name:24} {said["products"]:3} products  on codes {100 * off:6.3f} %  in floats {100 * plain:6.3f} %  '
          f'beside the float network {100 * rounded:6.2f} %  {wrong} other answers')
    return wrong > 0 or off > most or plain > MOST_OFF


def main():
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        random = np.random.default_rng(7)
        samples = []
        for i in range(SAMPLES):
            np.save(folder / f'sample{i}.npy', random.normal(0, 1, (1, 8, 8, 4)).astype(np.float32))
            samples += ['--sample', f'x={folder / f"sample{i}.npy"}']
        batch = {'x': random.normal(0, 1, (32, 8, 8, 4)).astype(np.float32)}
        for make in NETWORKS:
            graph, outputs = built(make)
            if check(make.__name__, graph, samples, outputs, batch, folder):
                failed.append(make.__name__)
        if MATERIAL is None or not MATERIAL.is_dir():
            print('MobileNet is skipped: no folder of public models')
        else:
            flowers = sorted((MATERIAL / 'data/flowers128').rglob('*.jpg'))[::40]
            pixels = [tf.image.resize(tf.io.decode_jpeg(path.read_bytes(), channels=3), (224, 224)) for path in flowers[:24]]
            images = ['--images', *flowers, '--most-samples', len(flowers)]
            graph = (MATERIAL / 'graphs/mobilenet/mobilenet_v1_0.25_224_rebuilt.pb').read_bytes()
            batch = {'input': ((np.stack(pixels) - 127.5) / 127.5).astype(np.float32)}
            if check('MobileNet v1 0.25', graph, images, ['MobilenetV1/Logits/SpatialSqueeze'], batch, folder, MOST_OFF_OF_28):
                failed.append('MobileNet')
    print('failed: ' + ', '.join(failed) if failed else 'all as TensorFlow has them')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
