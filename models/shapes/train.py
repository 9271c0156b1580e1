"""Trains the shapes network and writes shapes.pb, labels.txt, samples/ and unseen_1000.tsv beside this file.

    python models/shapes/train.py              # TensorFlow 2.21; minutes on two cores
    python models/shapes/train.py --record     # keeps shapes.pb and records what TensorFlow answers anew

Seeds: first weights 1, order and mirroring of the pictures 2, training pictures 0 to 15999.
"""
import argparse
import json
import os
import pathlib
import time

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import picture_files  # noqa: E402
import pictures  # noqa: E402

HERE = pathlib.Path(__file__).parent
SIDE = 64
NUM_TRAIN, EPOCHS, BATCH = 16000, 14, 64
v1 = tf.compat.v1

# Name, kind, filters, stride. After a convolution comes a batch normalisation, except where the kind says bias.
LAYERS = [
    ('stem', 'conv', 24, 2),
    ('depth1', 'depthwise', 24, 1),
    ('point1', 'conv1x1', 48, 1),
    ('pool1', 'pool', 48, 2),
    ('mid', 'conv', 64, 1),
    ('pool2', 'pool', 64, 2),
    ('top', 'conv_bias', 96, 1),
    ('depth2', 'depthwise', 96, 1),
    ('point2', 'conv1x1', 128, 1),
]
FILTER = {'conv': 3, 'conv_bias': 3, 'conv1x1': 1, 'depthwise': 3}


def prepare(images):
    """As `rivulet label` feeds pixels: TensorFlow's classic bilinear resize, then (p - 127.5) / 127.5."""
    return (v1.image.resize_bilinear(tf.cast(images, tf.float32), [SIDE, SIDE]) - 127.5) / 127.5


def first_weights():
    rng = np.random.RandomState(1)
    weights, channels = {}, 3
    for name, kind, filters, _ in LAYERS:
        if kind == 'pool':
            continue
        shape = (FILTER[kind], FILTER[kind], channels, 1 if kind == 'depthwise' else filters)
        fan_in = shape[0] * shape[1] * (1 if kind == 'depthwise' else channels)
        weights[f'{name}/weights'] = rng.normal(0, np.sqrt(2 / fan_in), shape)
        if kind == 'conv_bias':
            weights[f'{name}/biases'] = np.zeros(filters)
        else:
            for part, value in [('gamma', 1), ('beta', 0), ('moving_mean', 0), ('moving_variance', 1)]:
                weights[f'{name}/norm/{part}'] = np.full(filters, value)
        channels = filters
    weights['logits/weights'] = rng.normal(0, 0.1, (channels, len(pictures.LABELS)))
    weights['logits/biases'] = np.zeros(len(pictures.LABELS))
    return {name: np.float32(value) for name, value in weights.items()}


def network(x, w, training):
    """Logits, and by layer the mean and variance its normalisation saw."""
    statistics = {}
    for name, kind, _, stride in LAYERS:
        strides = [1, stride, stride, 1]
        if kind == 'pool':
            x = tf.nn.max_pool2d(x, 2, strides, 'VALID', name=name)
            continue
        convolve = v1.nn.depthwise_conv2d_native if kind == 'depthwise' else v1.nn.conv2d
        x = convolve(x, w[f'{name}/weights'], strides=strides, padding='SAME', name=f'{name}/conv')
        if kind == 'conv_bias':
            x = tf.nn.bias_add(x, w[f'{name}/biases'], name=f'{name}/bias')
        else:
            moving = {} if training else {'mean': w[f'{name}/norm/moving_mean'], 'variance': w[f'{name}/norm/moving_variance']}
            x, mean, variance = v1.nn.fused_batch_norm(x, w[f'{name}/norm/gamma'], w[f'{name}/norm/beta'], epsilon=1e-3,
                                                       is_training=training, name=f'{name}/norm', **moving)
            statistics[name] = (mean, variance)
        x = tf.nn.relu6(x, name=f'{name}/relu6') if kind == 'depthwise' else tf.nn.relu(x, name=f'{name}/relu')
    x = tf.reduce_mean(x, [1, 2], name='global_pool')
    x = tf.matmul(x, w['logits/weights'], name='logits/matmul')
    return tf.nn.bias_add(x, w['logits/biases'], name='logits/bias'), statistics


def training_set():
    images = np.empty((NUM_TRAIN, SIDE, SIDE, 3), np.float32)
    labels = np.empty(NUM_TRAIN, np.int64)
    for seed in range(NUM_TRAIN):
        pixels, labels[seed] = pictures.draw(seed)
        images[seed] = prepare(pixels[None])[0]
    return images, labels


def train():
    images, labels = training_set()
    variables = {name: tf.Variable(value) for name, value in first_weights().items()}
    trained = [variable for name, variable in variables.items() if '/moving_' not in name]
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * (NUM_TRAIN // BATCH))
    optimizer = tf.keras.optimizers.Adam(rate)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            logits, statistics = network(x, variables, True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        optimizer.apply_gradients(zip(tape.gradient(loss, trained), trained))
        for name, values in statistics.items():
            for part, value in zip(('moving_mean', 'moving_variance'), values):
                moving = variables[f'{name}/norm/{part}']
                moving.assign(0.95 * moving + 0.05 * value)
        return loss

    rng, start = np.random.RandomState(2), time.time()
    for epoch in range(EPOCHS):
        losses = []
        for batch in rng.permutation(NUM_TRAIN)[:NUM_TRAIN // BATCH * BATCH].reshape(-1, BATCH):
            across, down = 1 - 2 * rng.randint(0, 2, 2)  # mirrored, every shape keeps its name
            losses.append(step(images[batch][:, ::down, ::across], labels[batch]).numpy())
        print(f'epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.4f}, {time.time() - start:.0f} s', flush=True)
    return {name: variable.numpy() for name, variable in variables.items()}


def freeze(weights):
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, SIDE, SIDE, 3], name='input')
        constants = {name: tf.constant(value, name=name) for name, value in weights.items()}
        logits, _ = network(x, constants, False)
        tf.nn.softmax(logits, name='probability')
        (HERE / 'shapes.pb').write_bytes(graph.as_graph_def().SerializeToString(deterministic=True))
    (HERE / 'labels.txt').write_text(''.join(f'{label}\n' for label in pictures.LABELS))


class Recorder:
    """What TensorFlow answers for the bytes of a picture file, all of the way in TensorFlow; JPEGs by the accurate transform, as label."""

    def __init__(self):
        definition = v1.GraphDef.FromString((HERE / 'shapes.pb').read_bytes())
        with tf.Graph().as_default() as graph:
            self.file = v1.placeholder(tf.string, [])
            decoded = tf.cond(tf.io.is_jpeg(self.file), lambda: tf.io.decode_jpeg(self.file, 3, dct_method='INTEGER_ACCURATE'),
                              lambda: tf.io.decode_png(self.file, 3))
            decoded.set_shape([None, None, 3])
            (self.probability,) = tf.import_graph_def(definition, {'input': prepare(decoded[None])}, ['probability:0'])
        self.session = v1.Session(graph=graph)

    def __call__(self, file):
        return self.session.run(self.probability, {self.file: file})[0]


def record_samples(recorder):
    """Of each class the first unseen picture, every third as JPEG; of two classes the second one too."""
    folder = HERE / 'samples'
    folder.mkdir(exist_ok=True)
    files = {label: f'{label}.{"jpg" if i % 3 == 2 else "png"}' for i, label in enumerate(pictures.LABELS)}
    more = {'heart': 'heart_2.jpg', 'spiral': 'spiral_2.jpg'}
    entries = []
    for _, pixels, label in pictures.unseen():
        shape = pictures.LABELS[label]
        file = files.pop(shape, None) or more.pop(shape, None)
        if file:
            picture_files.write(folder / file, pixels)
            values = recorder((folder / file).read_bytes())
            entries.append({'file': file, 'shape': shape, 'label': pictures.LABELS[values.argmax()],
                            'probability': [float(f'{value:.9g}') for value in values]})
    lines = ',\n'.join('  ' + json.dumps(entry) for entry in sorted(entries, key=lambda entry: entry['file']))
    head = json.dumps({'tensorflow': tf.__version__, 'labels': pictures.LABELS})[:-1]
    (folder / 'samples.json').write_text(f'{head},\n "samples": [\n{lines}\n]}}\n')


def record_unseen(recorder):
    right, lines = 0, ['file\tshape\ttensorflow\tprobability\n']
    for name, pixels, label in pictures.unseen():
        values = recorder(picture_files.png(pixels))
        best = int(values.argmax())
        right += best == label
        lines.append(f'{name}\t{pictures.LABELS[label]}\t{pictures.LABELS[best]}\t{values[best]:.6f}\n')
    (HERE / 'unseen_1000.tsv').write_text(''.join(lines))
    print(f'unseen: {right} of {pictures.NUM_UNSEEN} right')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--record', action='store_true', help='do not train')
    if not parser.parse_args().record:
        freeze(train())
    recorder = Recorder()
    record_samples(recorder)
    record_unseen(recorder)


if __name__ == '__main__':
    main()
