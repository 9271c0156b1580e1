"""Networks that are written with TensorFlow's own operators: new_networks.py."""
from network_kit import Spec, frozen, network, np, save, tf


@network
def detector():

    class M(tf.Module):

        def __init__(self):
            r = np.random.RandomState(5)
            v = lambda *s: tf.Variable((r.normal(size=s) * 0.3).astype("f"))
            self.a, self.b, self.cls, self.box = (v(3, 3, 3, 16), v(3, 3, 16, 16), v(1, 1, 16, 2 * 4), v(1, 1, 16, 2 * 4))

        @tf.function(input_signature=[Spec([1, None, None, 3], tf.uint8, "image")])
        def __call__(self, image):
            x = tf.cast(image, tf.float32) / 127.5 - 1
            x = tf.image.resize(x, [64, 64])
            x = tf.nn.relu(tf.nn.conv2d(x, self.a, 4, "SAME"))
            x = tf.nn.relu(tf.nn.conv2d(x, self.b, 2, "SAME"))
            s = tf.nn.sigmoid(tf.reshape(tf.nn.conv2d(x, self.cls, 1, "SAME"), [1, -1, 4]))
            d = tf.reshape(tf.nn.conv2d(x, self.box, 1, "SAME"), [1, -1, 4])
            c = (tf.cast(tf.stack(tf.meshgrid(tf.range(8), tf.range(8), indexing="ij"), -1), tf.float32) + 0.5) / 8
            c = tf.reshape(tf.tile(c[:, :, None], [1, 1, 2, 1]), [1, -1, 2])
            yx = c + 0.1 * d[..., :2]
            hw = 0.2 * tf.exp(0.2 * d[..., 2:])
            b = tf.concat([yx - hw / 2, yx + hw / 2], -1)
            bx, sc, cl, n = tf.image.combined_non_max_suppression(b[:, :, None], s, 5, 20, 0.5, 0.3)
            return {"detection_boxes": bx, "detection_scores": sc, "detection_classes": cl, "num_detections": n}
    m = M()
    save("detector", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("detector", lambda image: m(image), Spec([1, None, None, 3], tf.uint8))


@network
def nms_dynamic():

    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable((np.random.RandomState(5).normal(size=(8, 5)) * 0.5).astype("f"))

        @tf.function(input_signature=[Spec([None, 8], name="rows")])
        def __call__(self, rows):
            y = rows @ self.w
            b = tf.concat([y[:, :2], y[:, :2] + tf.exp(y[:, 2:4])], -1)
            s = tf.sigmoid(y[:, 4])
            k = tf.image.non_max_suppression(b, s, 10, 0.4, 0.55)
            return {"boxes": tf.gather(b, k), "scores": tf.gather(s, k), "kept": k, "where": tf.where(s > 0.6)}
    m = M()
    save("nms_dynamic", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def fake_quant():

    class M(tf.Module):

        def __init__(self):
            r = np.random.RandomState(8)
            v = lambda *s: tf.Variable((r.normal(size=s) * 0.4).astype("f"))
            self.a, self.b, self.c, self.d = (v(3, 3, 3, 16), v(16), v(3, 3, 16, 1), v(16, 6))

        @tf.function(input_signature=[Spec([None, 24, 24, 3], name="x")])
        def __call__(self, x):
            q = tf.quantization
            x = q.fake_quant_with_min_max_vars(x, -1.0, 1.0)
            pc = lambda w, ax: q.fake_quant_with_min_max_vars_per_channel(w, tf.reduce_min(w, ax), tf.reduce_max(w, ax), narrow_range=True)
            x = tf.nn.relu6(tf.nn.conv2d(x, pc(self.a, [0, 1, 2]), 2, "SAME") + self.b)
            x = q.fake_quant_with_min_max_vars(x, 0.0, 6.0)
            x = tf.nn.relu6(tf.nn.depthwise_conv2d(x, q.fake_quant_with_min_max_args(self.c, -1.5, 1.5), [1, 1, 1, 1], "SAME"))
            x = q.fake_quant_with_min_max_vars(x, 0.0, 6.0)
            x = tf.reduce_mean(x, [1, 2])
            x = q.fake_quant_with_min_max_vars(x, 0.0, 6.0)
            return {"y": tf.nn.softmax(tf.matmul(x, q.fake_quant_with_min_max_vars(self.d, -1.5, 1.5)))}
    m = M()
    save("fake_quant", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("fake_quant", lambda x: m(x), Spec([1, 24, 24, 3]))


@network
def jpeg_in():
    w = tf.Variable((np.random.RandomState(1).normal(size=(3, 3, 3, 6)) * 0.3).astype("f"))

    class M(tf.Module):

        def __init__(self):
            self.w = w

        @tf.function(input_signature=[Spec([None], tf.string, "image_bytes")])
        def __call__(self, b):
            one = lambda s: tf.image.resize(tf.image.convert_image_dtype(tf.io.decode_jpeg(s, 3, dct_method="INTEGER_ACCURATE"), tf.float32), [32, 32])
            x = tf.map_fn(one, b, fn_output_signature=Spec([32, 32, 3]))
            return {"probability": tf.nn.softmax(tf.reduce_mean(tf.nn.conv2d(x, self.w, 2, "SAME"), [1, 2]))}
    m = M()
    save("jpeg_in", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def spectrum():

    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable((np.random.RandomState(1).normal(size=(3, 3, 1, 6)) * 0.3).astype("f"))

        @tf.function(input_signature=[Spec([None, 4000], name="wave")])
        def __call__(self, wave):
            s = tf.abs(tf.signal.stft(wave, 256, 128))
            mel = tf.signal.linear_to_mel_weight_matrix(20, 129, 8000, 80.0, 3800.0)
            m = tf.math.log(tf.tensordot(s, mel, 1) + 0.001)
            m = tf.signal.mfccs_from_log_mel_spectrograms(m)[..., :13]
            x = tf.nn.conv2d(m[..., None], self.w, 2, "SAME")
            return {"word": tf.nn.softmax(tf.reduce_max(x, [1, 2]))}
    m = M()
    save("spectrum", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("spectrum", lambda x: m(x), Spec([1, 4000]))


@network
def doubles():

    class M(tf.Module):

        @tf.function(input_signature=[Spec([None, 4, 4], tf.float64, "a"), Spec([None, 4, 1], tf.float64, "b")])
        def __call__(self, a, b):
            p = a @ tf.transpose(a, [0, 2, 1]) + 4 * tf.eye(4, dtype=tf.float64)
            c = tf.linalg.cholesky(p)
            return {"x": tf.linalg.cholesky_solve(c, b), "det": tf.linalg.det(p), "e": tf.linalg.eigvalsh(p)}
    m = M()
    save("doubles", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def random_sampler():

    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable(np.random.RandomState(1).normal(size=(6, 8)).astype("f"))

        @tf.function(input_signature=[Spec([None, 6], name="x")])
        def __call__(self, x):
            h = x @ self.w
            mu, lv = tf.split(h, 2, -1)
            e = tf.random.stateless_normal(tf.shape(mu), [1, 2])
            return {"z": mu + tf.exp(0.5 * lv) * e, "mu": mu}
    m = M()
    save("random_sampler", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def fft_filter():

    class M(tf.Module):

        def __init__(self):
            self.h = tf.Variable(np.random.RandomState(1).normal(size=(8, 5)).astype("f"))

        @tf.function(input_signature=[Spec([None, 8, 8], name="x")])
        def __call__(self, x):
            f = tf.signal.rfft2d(x) * tf.cast(self.h, tf.complex64)
            return {"y": tf.signal.irfft2d(f), "power": tf.abs(f)}
    m = M()
    save("fft_filter", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("fft_filter", lambda x: m(x), Spec([1, 8, 8]))
