"""Networks of other kinds than the main set's, so that what is fast is not fast on that set alone: densely connected, U-shaped, grouped
and shuffled, dilated, with detection heads, recurrent in both directions, over volumes, normalised by instance, super-resolution, over
sounds and lines of text, with wide windows.
"""
import tensorflow as tf

from image_models import layers, published, settled


def convolve(x, channels, size=3, stride=1, activation='relu', **options):
    return layers.Conv2D(channels, size, stride, 'same', activation=activation, **options)(x)


def normal(x, channels, size=3, stride=1, **options):
    x = layers.Conv2D(channels, size, stride, 'same', use_bias=False, **options)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def u_shaped(batch):
    """U-Net at 128x128: three levels down, three up by transposed convolutions, each joined with its level's map."""
    entry = layers.Input((128, 128, 3), batch, name='input')
    x, maps = entry, []
    for channels in (32, 64, 128):
        x = convolve(convolve(x, channels), channels)
        maps.append(x)
        x = layers.MaxPooling2D()(x)
    x = convolve(convolve(x, 256), 256)
    for channels, seen in zip((128, 64, 32), reversed(maps)):
        x = layers.Concatenate()([layers.Conv2DTranspose(channels, 2, 2, 'same')(x), seen])
        x = convolve(convolve(x, channels), channels)
    return tf.keras.Model(entry, convolve(x, 21, 1, activation=None))


def shuffled(x, groups):
    _, height, width, channels = x.shape
    x = layers.Reshape((height, width, groups, channels // groups))(x)
    return layers.Reshape((height, width, channels))(layers.Permute((1, 2, 4, 3))(x))


def shuffle_v1(batch):
    """ShuffleNet v1 with three groups: grouped 1x1 convolutions, shuffled channels, depthwise 3x3."""
    entry = layers.Input((224, 224, 3), batch, name='input')
    x = layers.MaxPooling2D(3, 2, 'same')(normal(entry, 24, 3, 2))
    for channels, count in ((240, 4), (480, 8), (960, 4)):
        for i in range(count):
            out = channels - x.shape[-1] if i == 0 else channels
            y = normal(x, channels // 4 // 3 * 3, 1, groups=1 if x.shape[-1] == 24 else 3)
            y = layers.DepthwiseConv2D(3, 2 if i == 0 else 1, 'same', use_bias=False)(shuffled(y, 3))
            y = layers.Conv2D(out, 1, groups=3, use_bias=False)(layers.BatchNormalization()(y))
            y = layers.BatchNormalization()(y)
            kept = layers.AveragePooling2D(3, 2, 'same')(x) if i == 0 else x
            x = layers.ReLU()(layers.Concatenate()([kept, y]) if i == 0 else layers.Add()([kept, y]))
    return tf.keras.Model(entry, layers.Dense(1000, 'softmax')(layers.GlobalAveragePooling2D()(x)))


def shuffle_v2(batch):
    """ShuffleNet v2: half of the channels pass by, then the halves are shuffled."""
    def branch(x, channels, stride):
        x = normal(x, channels, 1)
        x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, stride, 'same', use_bias=False)(x))
        return normal(x, channels, 1)

    entry = layers.Input((224, 224, 3), batch, name='input')
    x = layers.MaxPooling2D(3, 2, 'same')(normal(entry, 24, 3, 2))
    for channels, count in ((116, 4), (232, 8), (464, 4)):
        half = channels // 2
        for i in range(count):
            if i == 0:
                kept = layers.BatchNormalization()(layers.DepthwiseConv2D(3, 2, 'same', use_bias=False)(x))
                kept, moved = normal(kept, half, 1), branch(x, half, 2)
            else:
                kept, moved = x[..., :half], branch(x[..., half:], half, 1)
            x = shuffled(layers.Concatenate()([kept, moved]), 2)
    x = layers.GlobalAveragePooling2D()(normal(x, 1024, 1))
    return tf.keras.Model(entry, layers.Dense(1000, 'softmax')(x))


def grouped(batch):
    """ResNeXt's blocks at 112x112: 3x3 convolutions in 32 groups."""
    entry = layers.Input((112, 112, 3), batch, name='input')
    x = layers.MaxPooling2D(3, 2, 'same')(normal(entry, 64, 7, 2))
    for stage, count in enumerate((2, 2, 3)):
        wide = 128 << stage
        for i in range(count):
            stride = 2 if i == 0 and stage else 1
            y = normal(normal(x, wide, 1), wide, 3, stride, groups=32)
            y = layers.BatchNormalization()(layers.Conv2D(2 * wide, 1, use_bias=False)(y))
            if i == 0:
                x = layers.BatchNormalization()(layers.Conv2D(2 * wide, 1, stride, use_bias=False)(x))
            x = layers.ReLU()(layers.Add()([x, y]))
    return tf.keras.Model(entry, layers.Dense(1000, 'softmax')(layers.GlobalAveragePooling2D()(x)))


def pyramid(batch):
    """Detection heads on a feature pyramid: levels widened by nearest neighbours and added, heads shared by three levels."""
    entry = layers.Input((256, 256, 3), batch, name='input')
    x, levels = normal(entry, 32, 3, 2), []
    for channels in (64, 128, 256, 256):
        x = layers.DepthwiseConv2D(3, 2, 'same', use_bias=False)(x)
        x = normal(layers.BatchNormalization()(x), channels, 1)
        levels.append(x)
    tops = [layers.Conv2D(96, 1)(levels[-1])]
    for level in levels[-2:0:-1]:
        tops.append(layers.Add()([layers.UpSampling2D(2)(tops[-1]), layers.Conv2D(96, 1)(level)]))
    smooth = [layers.Conv2D(96, 3, padding='same', activation='relu') for _ in range(2)]
    box, score = layers.Conv2D(36, 3, padding='same'), layers.Conv2D(180, 3, padding='same', activation='sigmoid')
    boxes, scores = [], []
    for top in tops:
        top = smooth[1](smooth[0](top))
        boxes.append(layers.Reshape((-1, 4))(box(top)))
        scores.append(layers.Reshape((-1, 20))(score(top)))
    return tf.keras.Model(entry, [layers.Concatenate(1, name='boxes')(boxes), layers.Concatenate(1, name='scores')(scores)])


def dilated(batch):
    """DeepLab's head: 3x3 convolutions with holes side by side, joined and widened bilinearly."""
    entry = layers.Input((256, 256, 3), batch, name='input')
    x = normal(normal(entry, 32, 3, 2), 64, 3, 2)
    for channels in (128, 256):
        x = normal(layers.BatchNormalization()(layers.DepthwiseConv2D(3, 2, 'same', use_bias=False)(x)), channels, 1)
    x = normal(layers.BatchNormalization()(layers.DepthwiseConv2D(3, 1, 'same', dilation_rate=2, use_bias=False)(x)), 256, 1)
    views = [normal(x, 64, 1)] + [normal(x, 64, 3, dilation_rate=rate) for rate in (2, 4, 6)]
    x = normal(layers.Concatenate()(views), 128, 1)
    x = layers.Conv2D(21, 1)(x)
    return tf.keras.Model(entry, layers.UpSampling2D(16, interpolation='bilinear')(x))


def volumes(batch):
    """Pictures in a row as a volume: five 3x3x3 convolutions, pooled."""
    entry = layers.Input((16, 64, 64, 3), batch, name='input')
    x = entry
    for i, channels in enumerate((32, 64, 128, 128)):
        x = layers.Conv3D(channels, 3, padding='same', activation='relu')(x)
        x = layers.MaxPooling3D((1, 2, 2) if i == 0 else 2)(x)
    x = layers.Conv3D(256, 3, padding='same', activation='relu')(x)
    return tf.keras.Model(entry, layers.Dense(101, 'softmax')(layers.GlobalAveragePooling3D()(x)))


def residual_x2(batch):
    """EDSR's small form: eight residual blocks of 64 channels, two by two pixels from one."""
    entry = layers.Input((96, 96, 3), batch, name='input')
    first = x = convolve(entry, 64, activation=None)
    for _ in range(8):
        x = layers.Add()([x, convolve(convolve(x, 64), 64, activation=None)])
    x = layers.Add()([first, convolve(x, 64, activation=None)])
    x = tf.nn.depth_to_space(convolve(x, 256, activation=None), 2)
    return tf.keras.Model(entry, convolve(x, 3, activation=None))


def stylise(batch):
    """Picture styles: reflected borders, convolutions, instance normalisation written out, nearest neighbours up again."""
    def block(x, channels, size, stride=1, rectify=True):
        edge = size // 2
        x = tf.pad(x, [[0, 0], [edge, edge], [edge, edge], [0, 0]], 'REFLECT')
        x = layers.Conv2D(channels, size, stride)(x)
        mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
        x = (x - mean) / tf.sqrt(variance + 1e-3)
        return tf.nn.relu(x) if rectify else x

    entry = layers.Input((160, 160, 3), batch, name='input')
    x = block(block(block(entry, 16, 9), 32, 3, 2), 64, 3, 2)
    for _ in range(3):
        x = x + block(block(x, 64, 3), 64, 3, rectify=False)
    for channels in (32, 16):
        x = block(layers.UpSampling2D(2)(x), channels, 3)
    return tf.keras.Model(entry, layers.Conv2D(3, 9, padding='same', activation='tanh')(x))


def both_ways(batch):
    """Words of a text read from both ends by two LSTM layers, steps written out."""
    entry = layers.Input((40, 64), batch, name='input')
    x = layers.Bidirectional(layers.LSTM(96, return_sequences=True, unroll=True))(entry)
    x = layers.Bidirectional(layers.LSTM(96, unroll=True))(x)
    return tf.keras.Model(entry, layers.Dense(8, 'softmax')(x))


def both_ways_loop(batch):
    """The same by loops, with gated units."""
    entry = layers.Input((40, 64), batch, name='input')
    x = layers.Bidirectional(layers.GRU(96, return_sequences=True))(entry)
    x = layers.Bidirectional(layers.GRU(96))(x)
    return tf.keras.Model(entry, layers.Dense(8, 'softmax')(x))


def keywords(batch):
    """DS-CNN, small: spoken words by 49 frames of 10 coefficients, so little work that handing it over counts."""
    entry = layers.Input((49, 10, 1), batch, name='input')
    x = normal(entry, 64, (10, 4), 2)
    for _ in range(4):
        x = layers.DepthwiseConv2D(3, 1, 'same', use_bias=False)(x)
        x = normal(layers.ReLU()(layers.BatchNormalization()(x)), 64, 1)
    return tf.keras.Model(entry, layers.Dense(12, 'softmax')(layers.GlobalAveragePooling2D()(x)))


def sounds(batch):
    """A temporal convolutional network: filters along the time, ever farther apart, that do not see what comes."""
    entry = layers.Input((256, 40), batch, name='input')
    x = layers.Conv1D(64, 1)(entry)
    for rate in (1, 2, 4, 8, 16, 32):
        y = layers.Conv1D(64, 3, padding='causal', dilation_rate=rate, activation='relu')(x)
        x = layers.Add()([x, layers.Conv1D(64, 1)(y)])
    return tf.keras.Model(entry, layers.Dense(12, 'softmax')(layers.GlobalAveragePooling1D()(x)))


def line_of_text(batch):
    """CRNN: a picture of a line of text, its columns as the steps of two LSTM layers in both directions."""
    entry = layers.Input((32, 128, 1), batch, name='input')
    x = entry
    for channels, pooled in ((64, (2, 2)), (128, (2, 2)), (256, None), (256, (2, 1)), (512, None), (512, (2, 1))):
        x = convolve(x, channels)
        x = layers.MaxPooling2D(pooled)(x) if pooled else x
    x = layers.Conv2D(512, 2, activation='relu')(x)
    x = layers.Reshape((x.shape[2], 512))(x)
    for _ in range(2):
        x = layers.Bidirectional(layers.LSTM(256, return_sequences=True))(x)
    return tf.keras.Model(entry, layers.Dense(37, 'softmax')(x))


def wide_windows(batch):
    """ConvNeXt, small: depthwise 7x7, layer normalisation, four times as wide in between, GELU."""
    def normalised(x):
        return layers.LayerNormalization(epsilon=1e-6)(x)

    entry = layers.Input((224, 224, 3), batch, name='input')
    x = normalised(layers.Conv2D(48, 4, 4)(entry))
    for channels, count in ((48, 2), (96, 2), (192, 6), (384, 2)):
        x = x if channels == 48 else layers.Conv2D(channels, 2, 2)(normalised(x))
        for _ in range(count):
            y = normalised(layers.DepthwiseConv2D(7, padding='same')(x))
            x = layers.Add()([x, layers.Dense(channels)(layers.Dense(4 * channels, 'gelu')(y))])
    return tf.keras.Model(entry, layers.Dense(1000, 'softmax')(layers.GlobalAveragePooling2D()(x)))


# Name: what builds it, the shape of one input, the batch.
NETWORKS = {
    'both_ways': (both_ways, (40, 64), 1),
    'both_ways_loop': (both_ways_loop, (40, 64), 1),
    'densenet121': (published('DenseNet121', 224)[0], (224, 224, 3), 1),
    'dilated': (dilated, (256, 256, 3), 1),
    'grouped': (grouped, (112, 112, 3), 1),
    'keywords': (keywords, (49, 10, 1), 1),
    'line_of_text': (line_of_text, (32, 128, 1), 1),
    'mobilenet_v3_large': (published('MobileNetV3Large', 224, include_preprocessing=False)[0], (224, 224, 3), 1),
    'pyramid': (pyramid, (256, 256, 3), 1),
    'residual_x2': (residual_x2, (96, 96, 3), 1),
    'shuffle_v1': (shuffle_v1, (224, 224, 3), 1),
    'shuffle_v2': (shuffle_v2, (224, 224, 3), 1),
    'sounds': (sounds, (256, 40), 1),
    'stylise': (stylise, (160, 160, 3), 1),
    'u_shaped': (u_shaped, (128, 128, 3), 1),
    'vgg16': (published('VGG16', 224)[0], (224, 224, 3), 1),
    'volumes': (volumes, (16, 64, 64, 3), 1),
    'wide_windows': (wide_windows, (224, 224, 3), 1),
    'xception': (published('Xception', 299)[0], (299, 299, 3), 1),
}


def graph_def(name):
    return settled(*NETWORKS[name])
