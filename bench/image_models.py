"""Picture networks by their published structure, with random weights: classifiers, and a detector without its last selection.

The batch normalisations get the statistics of a few random pictures, so that values keep their size through the network
as in a trained one: subnormal or infinite values would be timed otherwise.
"""
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

layers, applications = tf.keras.layers, tf.keras.applications


def published(network, side, **options):
    def build(batch):
        entry = layers.Input((side, side, 3), batch, name='input')
        return getattr(applications, network)(weights=None, input_tensor=entry, **options)
    return build, side


def normal(x, channels, kernel, stride):
    x = layers.Conv2D(channels, kernel, stride, 'same', use_bias=False)(x)
    return layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3)(x))


def separable(x, channels, stride):
    x = layers.DepthwiseConv2D(3, stride, 'same', use_bias=False)(x)
    x = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3)(x))
    return normal(x, channels, 1, 1)


# Channels and stride of MobileNet v1's thirteen separable convolutions.
SEPARABLE = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
# Of SSD's extra maps: channels of the 1x1 convolution, and of the 3x3 one of stride 2.
EXTRA_MAPS = ((256, 512), (128, 256), (128, 256), (64, 128))


def detector(batch):
    """SSD on MobileNet v1: six maps, each with a head of boxes and one of 91 classes."""
    entry = layers.Input((300, 300, 3), batch, name='input')
    x, maps = normal(entry, 32, 3, 2), []
    for i, (channels, stride) in enumerate(SEPARABLE):
        x = separable(x, channels, stride)
        if i in (10, 12):
            maps.append(x)
    for narrow, wide in EXTRA_MAPS:
        x = normal(normal(x, narrow, 1, 1), wide, 3, 2)
        maps.append(x)
    boxes, scores = [], []
    for i, picture in enumerate(maps):
        shapes = 3 if i == 0 else 6
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(shapes * 4, 1)(picture)))
        scores.append(layers.Reshape((-1, 91))(layers.Conv2D(shapes * 91, 1)(picture)))
    boxes = layers.Concatenate(1, name='boxes')(boxes)
    return tf.keras.Model(entry, [boxes, layers.Activation('sigmoid', name='scores')(layers.Concatenate(1)(scores))])


# Name: what builds it, the picture's side, the batch.
NETWORKS = {
    'efficientnet_b0': (*published('EfficientNetB0', 224), 1),
    'inception_v3': (*published('InceptionV3', 299), 1),
    'mobilenet_v1': (*published('MobileNet', 224), 1),
    'mobilenet_v1_025': (*published('MobileNet', 224, alpha=0.25), 1),
    'mobilenet_v1_b8': (*published('MobileNet', 224), 8),
    'mobilenet_v2': (*published('MobileNetV2', 224), 1),
    'mobilenet_v3_small': (*published('MobileNetV3Small', 224, include_preprocessing=False), 1),
    'resnet50': (*published('ResNet50', 224), 1),
    'resnet50_b8': (*published('ResNet50', 224), 8),
    'ssd_mobilenet_v1': (detector, 300, 1),
}


def settled(build, shape, batch):
    """The frozen graph of what `build` makes, with statistics of four random inputs in its batch normalisations."""
    tf.keras.utils.set_random_seed(7)
    teacher = build(None)
    for layer in teacher.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.0
    teacher(tf.random.uniform([4, *shape], -1, 1), training=True)
    model = build(batch)
    model.set_weights(teacher.get_weights())
    spec = tf.TensorSpec([batch, *shape], tf.float32, name='input')
    concrete = tf.function(lambda input: model(input, training=False)).get_concrete_function(spec)
    return convert_variables_to_constants_v2(concrete).graph.as_graph_def()


def graph_def(name):
    build, side, batch = NETWORKS[name]
    return settled(build, (side, side, 3), batch)
