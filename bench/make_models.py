"""Makes the frozen graphs that docs/speed.md measures: well-known networks and recurrent ones with random weights.

  python bench/make_models.py FOLDER [NAME…]

Runs in the environment of requirements-onnx.txt. The batch normalisations get the statistics of one random picture, so that values keep their
size through the network as in a trained one: subnormal or infinite values would be timed otherwise.
"""
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import tensorflow as tf  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

import recurrent_models  # noqa: E402

NETWORKS = {
    'mobilenet_v1': ('MobileNet', 224),
    'mobilenet_v2': ('MobileNetV2', 224),
    'resnet50': ('ResNet50', 224),
    'inception_v3': ('InceptionV3', 299),
    'efficientnet_b0': ('EfficientNetB0', 224),
}


def frozen(name):
    network, side = NETWORKS[name]
    tf.keras.utils.set_random_seed(7)
    model = getattr(tf.keras.applications, network)(weights=None, input_shape=(side, side, 3))
    norms = [layer for layer in model.layers if isinstance(layer, tf.keras.layers.BatchNormalization)]
    for layer in norms:
        layer.momentum = 0.0
    model(tf.random.uniform([4, side, side, 3], -1, 1), training=True)
    spec = tf.TensorSpec([1, side, side, 3], tf.float32, name='input')
    concrete = tf.function(lambda input: model(input, training=False)).get_concrete_function(spec)
    return convert_variables_to_constants_v2(concrete).graph.as_graph_def()


def main():
    folder, names = sys.argv[1], sys.argv[2:] or [*NETWORKS, *recurrent_models.WRITINGS]
    os.makedirs(folder, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name + '.pb')
        with open(path, 'wb') as file:
            graph = recurrent_models.graph_def(name) if name in recurrent_models.WRITINGS else frozen(name)
            file.write(graph.SerializeToString(deterministic=True))
        print(path, os.path.getsize(path))


if __name__ == '__main__':
    main()
