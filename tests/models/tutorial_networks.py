"""Networks as the tutorials left them, built with TensorFlow: a body, a softmax over classes of pictures trained behind it
(`final_result`), frozen. `build(KIND, folder, pictures)` makes the files that the tutorials call tf_files/.

The bodies' weights are random, their batch norms' statistics are those of the pictures; the last layer is trained, so that the
answers differ from picture to picture and their order means something.
"""
import pathlib

from check_one import np, tf, v1

KINDS = {
    # Input, pixels, mean, std, and whether the variables are there to be frozen (TensorFlow 1's way).
    "mobilenet": ("input", 128, 128, 128),
    "inception": ("Mul", 149, 128, 128),
    "mobilenet_whole": ("input", 224, 128, 128),
    "inception_whole": ("Mul", 299, 128, 128),
    "keras_mobilenet": ("input", 224, 128, 128),
    "keras_inception_v3": ("input", 299, 128, 128),
}
CLASSES = ("daisy", "dandelion", "rose", "sunflower", "tulip")
STEPS = 400


def decode(path, size):
    """A picture as label_image feeds it; the inverse transform is the exact one, as Rivulet's."""
    pixels = tf.cast(tf.io.decode_jpeg(path.read_bytes(), 3, dct_method="INTEGER_ACCURATE"), tf.float32)
    return v1.image.resize_bilinear(pixels[None], [size, size])[0].numpy()


def read_pictures(folder, size, count):
    """The pixels and classes of `count` pictures of each class, and of the tutorial's daisy."""
    files = [(folder.parent / "images" / "3475870145_685a19116d.jpg", 0)] + [(path, i) for i, name in enumerate(CLASSES) for path in sorted((folder / name).glob("*.jpg"))[:count]]
    return np.stack([decode(p, size) for p, _ in files]), np.array([i for _, i in files])


def passing_on(w, share=1):
    """A filter [height, width, in, out], or [height, width, in, 1], that also hands its input on. Layers of nothing but noise make
    all pictures alike, and what is left of them would drown in rounding. A weight far above the others is what 256 levels of them
    drown in, though: the more layers there are, the smaller a share it should be."""
    for i in range(max(w.shape[2:]) if w.shape[3] > 1 else w.shape[2]):
        w[w.shape[0] // 2, w.shape[1] // 2, i % w.shape[2], i % w.shape[3]] += share
    return w


def variable(name, shape, rng, scale, share=1):
    return v1.get_variable(name, initializer=passing_on(rng.standard_normal(shape) * scale, share).astype(np.float32), use_resource=False)


def statistics(n):
    """What a batch norm has; mean and variance are set from pictures later."""
    values = {"beta": np.linspace(-0.2, 0.3, n), "gamma": np.linspace(0.7, 1.3, n), "moving_mean": np.zeros(n), "moving_variance": np.ones(n)}
    return [v1.get_variable(k, initializer=v.astype(np.float32), trainable="moving" not in k, use_resource=False) for k, v in values.items()]


def fused_norm(x, training, norms):
    """The FusedBatchNorm of TensorFlow 1.0 to 1.12, behind nothing but the product."""
    beta, gamma, mean, var = statistics(x.shape[-1])
    norms.append((x, mean, var))
    return tf.raw_ops.FusedBatchNorm(x=x, scale=gamma, offset=beta, mean=mean, variance=var, epsilon=1e-3, is_training=False).y


def old_norm(x, training, norms):
    """BatchNormWithGlobalNormalization, and the check that the first Inception has behind it."""
    beta, gamma, mean, var = statistics(x.shape[-1])
    norms.append((x, mean, var))
    names = {"t": x, "m": mean, "v": var, "beta": beta, "gamma": gamma}
    old = v1.GraphDef(versions={"producer": 8})  # the last version in which the operator may be used
    for name in names:
        old.node.add(name=name, op="Placeholder").attr["dtype"].type = 1
    node = old.node.add(name="batchnorm", op="BatchNormWithGlobalNormalization", input=list(names))
    for key, field, value in (("T", "type", 1), ("variance_epsilon", "f", 1e-3), ("scale_after_normalization", "b", True)):
        setattr(node.attr[key], field, value)
    (y,) = v1.import_graph_def(old, {k: tf.convert_to_tensor(v) for k, v in names.items()}, ["batchnorm:0"], name="norm")
    y.set_shape(x.shape)
    return v1.identity(tf.debugging.check_numerics(y, "batchnorm"), name="control_dependency")


class Body:
    """Convolutions with norms, each in a scope of its own."""

    def __init__(self, norm, relu, share=1):
        self.rng, self.norm, self.relu, self.share, self.norms = np.random.RandomState(3), norm, relu, share, []

    def conv(self, name, x, n, height, width=None, stride=1, padding="SAME"):
        width = width or height
        with v1.variable_scope(name):
            fan = height * width * int(x.shape[-1])
            w = variable("weights", (height, width, int(x.shape[-1]), n), self.rng, 0.5 * fan ** -0.5, self.share)
            x = v1.nn.conv2d(x, w, [1, stride, stride, 1], padding, name="Conv2D")
            return self.relu(self.norm(x, False, self.norms), name="Relu")

    def depthwise(self, name, x, stride):
        with v1.variable_scope(name):
            w = variable("depthwise_weights", (3, 3, int(x.shape[-1]), 1), self.rng, 0.1)
            x = v1.nn.depthwise_conv2d_native(x, w, [1, stride, stride, 1], "SAME", name="depthwise")
            return self.relu(self.norm(x, False, self.norms), name="Relu6")


def mobilenet(x, width=1):
    """MobileNet v1 at a quarter of `width`."""
    body = Body(fused_norm, v1.nn.relu6)
    with v1.variable_scope("MobilenetV1"):
        x = body.conv("Conv2d_0", x, 8 * width, 3, stride=2)
        for i, (n, stride) in enumerate([(16, 1), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), *[(128, 1)] * 5, (256, 2), (256, 1)], 1):
            x = body.conv(f"Conv2d_{i}_pointwise", body.depthwise(f"Conv2d_{i}_depthwise", x, stride), n * width, 1)
        x = v1.nn.avg_pool(x, [1, x.shape[1], x.shape[2], 1], [1, 1, 1, 1], "VALID", name="AvgPool")
    return v1.squeeze(x, [1, 2], name="Logits/SpatialSqueeze"), body.norms


def inception(x):
    """The stem and four blocks of mixed branches, in the manner of the Inception of 2015."""
    body = Body(old_norm, v1.nn.relu)
    x = body.conv("conv", x, 16, 3, stride=2, padding="VALID")
    x = body.conv("conv_1", x, 16, 3, padding="VALID")
    x = v1.nn.max_pool(body.conv("conv_2", x, 32, 3), 3, 2, "VALID", name="pool")
    x = v1.nn.max_pool(body.conv("conv_4", body.conv("conv_3", x, 40, 1), 64, 3, padding="VALID"), 3, 2, "VALID", name="pool_1")
    for i, n in enumerate((16, 24, 32, 32)):
        name = f"mixed_{i}" if i else "mixed"
        with v1.variable_scope(name):
            tall = body.conv("tower_2/conv_1", body.conv("tower_2/conv", x, n, 1), n, 1, 7)
            branches = [body.conv("conv", x, n, 1), body.conv("tower/conv_1", body.conv("tower/conv", x, n, 1), n, 5),
                        body.conv("tower_2/conv_2", tall, n, 7, 1), body.conv("tower_1/conv", v1.nn.avg_pool(x, 3, 1, "SAME", name="tower_1/pool"), n, 1)]
            x = v1.concat(branches, 3, name="join")
            if i == 1:
                x = v1.nn.max_pool(x, 3, 2, "VALID", name="reduce")
    x = v1.nn.avg_pool(x, [1, x.shape[1], x.shape[2], 1], [1, 1, 1, 1], "VALID", name="pool_3")
    return v1.reshape(x, [-1, x.shape[-1]], name="pool_3/_reshape"), body.norms


def inception_whole(x):
    """All of the Inception of 2015, 22 million weights: the network of the tutorial's 87 MB."""
    body = Body(old_norm, v1.nn.relu, share=0.1)
    x = body.conv("conv", x, 32, 3, stride=2, padding="VALID")
    x = body.conv("conv_1", x, 32, 3, padding="VALID")
    x = v1.nn.max_pool(body.conv("conv_2", x, 64, 3), 3, 2, "VALID", name="pool")
    x = v1.nn.max_pool(body.conv("conv_4", body.conv("conv_3", x, 80, 1), 192, 3, padding="VALID"), 3, 2, "VALID", name="pool_1")

    def tower(name, x, *layers):
        """Convolutions one behind the other: channels, height, width."""
        for i, (n, height, width) in enumerate(layers):
            x = body.conv(f"{name}/conv{f'_{i}' if i else ''}", x, n, height, width)
        return x

    def pooled(x, n):
        return body.conv("tower_2/conv", v1.nn.avg_pool(x, 3, 1, "SAME", name="tower_2/pool"), n, 1)

    def halved(x, *towers):
        """Towers whose last convolution takes every second place, and a pool that does."""
        ends = [body.conv(f"{name}/last", tower(name, x, *layers), n, 3, stride=2, padding="VALID") for name, n, *layers in towers]
        return [*ends, v1.nn.max_pool(x, 3, 2, "VALID", name="pool")]

    def split(name, x, n):
        return [body.conv(f"{name}/mixed/conv", x, n, 1, 3), body.conv(f"{name}/mixed/conv_1", x, n, 3, 1)]

    def block(i, x):
        if i < 3:
            return [body.conv("conv", x, 64, 1), tower("tower", x, (48, 1, 1), (64, 5, 5)), tower("tower_1", x, (64, 1, 1), (96, 3, 3), (96, 3, 3)), pooled(x, 32 if i == 0 else 64)]
        if i == 3:
            return halved(x, ("tower", 384), ("tower_1", 96, (64, 1, 1), (96, 3, 3)))
        if i < 8:
            n = (128, 160, 160, 192)[i - 4]
            return [body.conv("conv", x, 192, 1), tower("tower", x, (n, 1, 1), (n, 1, 7), (192, 7, 1)),
                    tower("tower_1", x, (n, 1, 1), (n, 7, 1), (n, 1, 7), (n, 7, 1), (192, 1, 7)), pooled(x, 192)]
        if i == 8:
            return halved(x, ("tower", 320, (192, 1, 1)), ("tower_1", 192, (192, 1, 1), (192, 1, 7), (192, 7, 1)))
        return [body.conv("conv", x, 320, 1), *split("tower", tower("tower", x, (384, 1, 1)), 384), *split("tower_1", tower("tower_1", x, (448, 1, 1), (384, 3, 3)), 384), pooled(x, 192)]

    for i in range(11):
        with v1.variable_scope(f"mixed_{i}" if i else "mixed"):
            x = v1.concat(block(i, x), 3, name="join")
    x = v1.nn.avg_pool(x, [1, x.shape[1], x.shape[2], 1], [1, 1, 1, 1], "VALID", name="pool_3")
    return v1.reshape(x, [-1, x.shape[-1]], name="pool_3/_reshape"), body.norms


BODIES = {"mobilenet": mobilenet, "inception": inception, "mobilenet_whole": lambda x: mobilenet(x, 4), "inception_whole": inception_whole}


def picture_end(size):
    """What Inception's graph has before `Mul`: a JPEG's bytes become pixels."""
    contents = v1.placeholder(tf.string, [], name="DecodeJpeg/contents")
    x = v1.cast(v1.image.decode_jpeg(contents, 3, name="DecodeJpeg"), tf.float32, name="Cast")
    x = v1.image.resize_bilinear(v1.expand_dims(x, 0, name="ExpandDims"), [size, size], name="ResizeBilinear")
    return v1.multiply(v1.subtract(x, 128.0, name="Sub"), 1 / 128, name="Mul")


def train_head(features, labels):
    """Softmax regression on scaled features: weights and biases for the features as they are.

    The logits are kept small. With scores near 0 and 1, TensorFlow's own answers differ in the fifth decimal from one of its
    convolutions (TF_ENABLE_ONEDNN_OPTS) to the other."""
    mean, deviation = features.mean(0), features.std(0)
    deviation = deviation + 0.3 * deviation.mean()
    x, y = (features - mean) / deviation, np.eye(len(CLASSES))[labels]
    w, b = np.zeros((x.shape[1], y.shape[1])), np.zeros(y.shape[1])
    for _ in range(STEPS):
        p = np.exp(x @ w + b - (x @ w + b).max(1, keepdims=True))
        d = (p / p.sum(1, keepdims=True) - y) / len(x)
        w, b = w - 0.05 * (x.T @ d + 1e-3 * w), b - 0.05 * d.sum(0)
    w, b = w / np.std(x @ w + b), b / np.std(x @ w + b)
    w = w / deviation[:, None]
    return w.astype(np.float32), (b - mean @ w).astype(np.float32)


def add_head(features, w, b):
    with v1.variable_scope("final_training_ops"):
        x = v1.nn.dropout(features, keep_prob=v1.placeholder_with_default(1.0, [], name="keep_prob"), name="dropout")
        logits = v1.add(v1.matmul(x, v1.get_variable("weights", initializer=w, use_resource=False), name="Wx_plus_b/MatMul"), v1.get_variable("biases", initializer=b, use_resource=False), name="Wx_plus_b/add")
    return v1.nn.softmax(logits, name="final_result")


def build_tf1(kind, folder, photos, count):
    """Variables and graph as a training of TensorFlow 1 leaves them: graph.pbtxt, model.ckpt, model.ckpt.meta."""
    name, size, mean, std = KINDS[kind]
    pixels, labels = read_pictures(photos, size, count)
    pixels = (pixels - mean) / std
    with tf.Graph().as_default(), v1.Session() as session:
        x = picture_end(size) if name == "Mul" else v1.placeholder(tf.float32, [None, size, size, 3], name=name)

        def run(tensor, batch):  # one by one, as a decoded picture is
            return np.concatenate([session.run(tensor, {f"{name}:0": picture[None]}) for picture in batch])

        features, norms = BODIES[kind](x)
        session.run(v1.global_variables_initializer())
        for before, moving_mean, moving_variance in norms:  # in the order of the layers: each sees what those before give
            values = run(before, pixels[:: max(1, len(pixels) // 20)])
            moving_mean.load(values.mean((0, 1, 2)), session)
            moving_variance.load(values.var((0, 1, 2)) + 1e-3, session)
        add_head(features, *train_head(run(features, pixels), labels))
        session.run([v.initializer for v in v1.global_variables("final_training_ops")])
        v1.train.Saver().save(session, str(folder / "model.ckpt"))
        v1.train.write_graph(session.graph_def, str(folder), "graph.pbtxt")


def build_keras(kind, folder, photos, count):
    """One of Keras' networks, frozen: retrained_graph.pb."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    _, size, mean, std = KINDS[kind]
    pixels, labels = read_pictures(photos, size, count)
    pixels = (pixels - mean) / std
    tf.keras.utils.set_random_seed(5)
    options = {"weights": None, "include_top": False, "pooling": "avg", "input_shape": (size, size, 3)}
    body = tf.keras.applications.InceptionV3(**options) if "inception" in kind else tf.keras.applications.MobileNet(alpha=0.25, **options)
    for layer in body.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = 0.0
        elif layer.weights:
            layer.set_weights([passing_on(0.5 * layer.get_weights()[0])])
    body(pixels[:: max(1, len(pixels) // 20)], training=True)  # a momentum of zero: the statistics are those of these
    found = np.concatenate([body(pixels[i:i + 8], training=False).numpy() for i in range(0, len(pixels), 8)])
    w, b = train_head(found, labels)

    def call(x):
        return tf.nn.softmax(tf.add(tf.matmul(body(x, training=False), w), b, name="final_training_ops/Wx_plus_b/add"), name="final_result")

    frozen = convert_variables_to_constants_v2(tf.function(call).get_concrete_function(tf.TensorSpec([None, size, size, 3], name="input")))
    (folder / "retrained_graph.pb").write_bytes(frozen.graph.as_graph_def().SerializeToString())


def build(kind, folder, photos, count):
    folder = pathlib.Path(folder)
    (build_keras if kind.startswith("keras") else build_tf1)(kind, folder, pathlib.Path(photos), count)
    (folder / "retrained_labels.txt").write_text("".join(c + "\n" for c in CLASSES))
