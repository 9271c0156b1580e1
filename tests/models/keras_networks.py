"""Networks that are made of Keras' layers: new_networks.py."""
from network_kit import Spec, frozen, network, np, save, settle, tf
import network_kit as kit
import keras
from keras import layers as L


@network
def residual_se():
    x = i = keras.Input((32, 32, 3), name="picture")
    x = L.Conv2D(16, 3, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    for n in (16, 32):
        y = L.SeparableConv2D(n, 3, padding="same", use_bias=False)(x)
        y = L.BatchNormalization()(y)
        y = keras.activations.silu(y)
        s = L.GlobalAveragePooling2D(keepdims=True)(y)
        s = L.Dense(8, "relu")(s)
        s = L.Dense(n, "sigmoid")(s)
        y = y * s
        x = L.Conv2D(n, 1)(x) + y
        x = L.Dropout(0.3)(x)
        x = L.MaxPooling2D()(x)
    x = L.GlobalAveragePooling2D()(x)
    x = L.Dense(10, activation="softmax", name="scores")(x)
    m = keras.Model(i, x)
    settle(m)
    m.export(str(kit.OUT / "savedmodels/residual_se"), verbose=False)
    frozen("residual_se", lambda x: m(x, training=False), Spec([None, 32, 32, 3]))


@network
def subclassed():

    class Two(keras.Model):

        def __init__(self):
            super().__init__()
            self.a = L.Dense(24, "gelu")
            self.n = L.LayerNormalization()
            self.b = L.Dense(3)
            self.c = L.Dense(1, "sigmoid")

        def call(self, d, training=False):
            h = self.n(self.a(tf.concat([d["age"], d["rooms"]], -1)))
            if training:
                h = h * 2
            return {"price": self.b(h), "sold": self.c(h)}
    m = Two()
    m({"age": tf.zeros([1, 4]), "rooms": tf.zeros([1, 2])})
    f = tf.function(lambda age, rooms: m({"age": age, "rooms": rooms}), input_signature=[Spec([None, 4], name="age"), Spec([None, 2], name="rooms")])
    save("subclassed", m, {"serving_default": f.get_concrete_function()})


@network
def segment_any_size():
    i = keras.Input((None, None, 3), name="rgb")
    d1 = L.Conv2D(8, 3, padding="same", activation="relu")(i)
    p = L.MaxPooling2D()(d1)
    d2 = L.Conv2D(16, 3, padding="same", dilation_rate=2, activation="leaky_relu")(p)
    d2 = L.BatchNormalization()(d2)
    u = L.Lambda(lambda t: tf.image.resize(t[0], tf.shape(t[1])[1:3]))([d2, d1])
    u = L.Concatenate()([u, d1])
    u = L.Conv2DTranspose(8, 3, padding="same")(u)
    u = L.LayerNormalization()(u)
    o = L.Conv2D(4, 1, activation="softmax")(u)
    m = keras.Model(i, o)
    settle(m)
    m.export(str(kit.OUT / "savedmodels/segment_any_size"), verbose=False)
    frozen("segment_any_size", lambda x: m(x, training=False), Spec([None, None, None, 3]))


@network
def text_gru():
    tv = L.TextVectorization(50, output_sequence_length=12)
    tv.adapt(["the cat sat on the mat", "a dog ran in the sun", "good bad movie film great awful"])
    x = i = keras.Input((), dtype="string", name="review")
    x = tv(x)
    x = L.Embedding(50, 16, mask_zero=True)(x)
    x = L.Bidirectional(L.GRU(12, return_sequences=True))(x)
    x = L.GRU(8)(x)
    m = keras.Model(i, L.Dense(2, "softmax")(x))
    save("text_gru", m)


@network
def tokens_gru():
    i = keras.Input((None,), dtype="int32", name="tokens")
    x = L.Embedding(100, 16)(i)
    x = L.GRU(24, return_sequences=True)(x)
    x = L.LSTM(16)(x)
    m = keras.Model(i, L.Dense(4, "softmax")(x))
    settle(m)
    m.export(str(kit.OUT / "savedmodels/tokens_gru"), verbose=False)
    frozen("tokens_gru", lambda t: m(t, training=False), Spec([None, None], tf.int32))
    frozen("tokens_gru_10", lambda t: m(t, training=False), Spec([2, 10], tf.int32))


@network
def ctc_ocr():
    i = keras.Input((16, None, 1))
    x = L.Conv2D(8, 3, padding="same", activation="relu")(i)
    x = L.MaxPooling2D((4, 2))(x)
    x = L.Permute((2, 1, 3))(x)
    x = L.TimeDistributed(L.Flatten())(x)
    x = L.Bidirectional(L.LSTM(16, return_sequences=True))(x)
    x = L.Dense(11)(x)
    m = keras.Model(i, x)
    settle(m)

    class M(tf.Module):

        def __init__(self):
            self.m = m

        @tf.function(input_signature=[Spec([None, 16, 40, 1], name="line")])
        def __call__(self, line):
            l = tf.transpose(self.m(line, training=False), [1, 0, 2]) * 4
            n = tf.fill([tf.shape(line)[0]], tf.shape(l)[0])
            (g,), p = tf.nn.ctc_greedy_decoder(l, n)
            (b,), q = tf.nn.ctc_beam_search_decoder(l, n, 8, 1)
            return {"greedy": tf.sparse.to_dense(g, -1), "cost": p, "beam": tf.sparse.to_dense(b, -1), "log": q}
    k = M()
    save("ctc_ocr", k, {"serving_default": k.__call__.get_concrete_function()})
    frozen("ctc_ocr", lambda x: k(x), Spec([1, 16, 40, 1]))


@network
def seq2seq():

    class M(tf.Module):

        def __init__(self):
            self.e = L.Embedding(30, 12)
            self.enc = L.GRU(20)
            self.cell = L.GRUCell(20)
            self.o = L.Dense(30)
            self.enc(self.e(tf.zeros([1, 3], tf.int32)))
            self.cell(tf.zeros([1, 12]), [tf.zeros([1, 20])])
            self.o(tf.zeros([1, 20]))

        @tf.function(input_signature=[Spec([None, 7], tf.int32, "source")])
        def __call__(self, source):
            h = self.enc(self.e(source))
            n = tf.shape(source)[0]
            t = tf.ones([n], tf.int32)
            done = tf.zeros([n], tf.bool)
            out = tf.TensorArray(tf.int32, 0, dynamic_size=True, clear_after_read=False, element_shape=[None])
            i = tf.constant(0)
            while i < 12 and (not tf.reduce_all(done)):
                y, (h,) = self.cell(self.e(t), [h])
                t = tf.argmax(self.o(y) * 3, -1, tf.int32)
                t = tf.where(done, 0, t)
                out = out.write(i, t)
                done = done | (t == 2)
                i += 1
            return {"target": tf.transpose(out.stack()), "steps": i}
    m = M()
    save("seq2seq", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("seq2seq", lambda s: m(s), Spec([2, 7], tf.int32))


@network
def mixed_float16():
    keras.mixed_precision.set_global_policy("mixed_float16")
    x = i = keras.Input((24, 24, 3))
    x = L.Conv2D(12, 3, strides=2)(x)
    x = L.BatchNormalization()(x)
    x = L.ReLU()(x)
    x = L.DepthwiseConv2D(3)(x)
    x = L.GlobalAveragePooling2D()(x)
    x = L.Dense(5)(x)
    x = L.Activation("softmax", dtype="float32")(x)
    m = keras.Model(i, x)
    settle(m)
    keras.mixed_precision.set_global_policy("float32")
    save("mixed_float16", m)
    frozen("mixed_float16", lambda x: m(x, training=False), Spec([1, 24, 24, 3]))


@network
def conv3d():
    x = i = keras.Input((8, 16, 16, 2))
    x = L.Conv3D(8, 3, padding="same")(x)
    x = L.BatchNormalization()(x)
    x = L.ELU()(x)
    x = L.MaxPooling3D()(x)
    x = L.Conv3D(8, (1, 3, 3), strides=(1, 2, 2))(x)
    x = L.AveragePooling3D(2)(x)
    x = L.Conv3DTranspose(4, 2, strides=2)(x)
    x = L.Flatten()(x)
    m = keras.Model(i, L.Dense(4, "softmax")(x))
    settle(m)
    m.export(str(kit.OUT / "savedmodels/conv3d"), verbose=False)
    frozen("conv3d", lambda x: m(x, training=False), Spec([1, 8, 16, 16, 2]))


@network
def attention():
    i = keras.Input((None,), dtype="int32", name="ids")
    x = L.Embedding(64, 32, mask_zero=True)(i)
    for _ in range(2):
        a = L.MultiHeadAttention(4, 8)(x, x, use_causal_mask=True)
        x = L.LayerNormalization()(x + a)
        f = L.Dense(64, "gelu")(x)
        x = L.LayerNormalization()(x + L.Dense(32)(f))
    m = keras.Model(i, L.Dense(64)(x))
    settle(m)
    m.export(str(kit.OUT / "savedmodels/attention"), verbose=False)
    frozen("attention", lambda t: m(t, training=False), Spec([None, None], tf.int32))
    frozen("attention_16", lambda t: m(t, training=False), Spec([1, 16], tf.int32))


@network
def conv_lstm():
    x = i = keras.Input((4, 12, 12, 1))
    x = L.ConvLSTM2D(6, 3, padding="same", return_sequences=True)(x)
    x = L.ConvLSTM2D(4, 3)(x)
    m = keras.Model(i, L.Dense(3)(L.Flatten()(x)))
    settle(m)
    save("conv_lstm", m)
    frozen("conv_lstm", lambda x: m(x, training=False), Spec([1, 4, 12, 12, 1]))


@network
def tcn_1d():
    x = i = keras.Input((64, 3))
    for d in (1, 2, 4):
        x = L.Conv1D(12, 3, padding="causal", dilation_rate=d)(x)
        x = L.BatchNormalization()(x)
        x = L.PReLU(shared_axes=[1])(x)
    m = keras.Model(i, L.Dense(2, "sigmoid")(L.GlobalMaxPooling1D()(x)))
    settle(m)
    m.export(str(kit.OUT / "savedmodels/tcn_1d"), verbose=False)
    frozen("tcn_1d", lambda x: m(x, training=False), Spec([None, 64, 3]))


@network
def generator():
    x = i = keras.Input((16,))
    x = L.Dense(4 * 4 * 16)(x)
    x = L.Reshape((4, 4, 16))(x)
    for n in (12, 8):
        x = L.Conv2DTranspose(n, 4, strides=2, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        x = L.LeakyReLU()(x)
    m = keras.Model(i, L.Conv2D(3, 3, padding="same", activation="tanh")(x))
    settle(m)
    m.export(str(kit.OUT / "savedmodels/generator"), verbose=False)
    frozen("generator", lambda x: m(x, training=False), Spec([None, 16]))


@network
def int8_keras():
    x = i = keras.Input((32,))
    x = L.Dense(64, "relu")(x)
    x = L.Dense(10)(x)
    m = keras.Model(i, x)
    settle(m)
    m.quantize("int8")
    save("int8_keras", m)
    frozen("int8_keras", lambda x: m(x, training=False), Spec([2, 32]))
