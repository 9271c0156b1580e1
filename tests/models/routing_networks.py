"""Networks that choose what is computed: shared weights, messages along edges, experts, loops that make one sample after the other,
looking between pixels, branches within loops, three signatures over one table: new_networks.py."""
from network_kit import Spec, network, np, save, settle, tf
import network_kit as kit
import keras
from keras import layers as L

random = np.random.RandomState(7)


def weight(*shape):
    return tf.Variable(random.normal(0, 1 / np.sqrt(shape[0]), shape).astype("f"))


def export(m, name):
    m.export(str(kit.OUT / "savedmodels" / name), verbose=False)


@network
def siamese():
    b = keras.Sequential([keras.Input((32, 32, 3)), L.Conv2D(8, 3, 2, "same", use_bias=False), L.BatchNormalization(), L.ReLU(), L.SeparableConv2D(16, 3, 2, "same", use_bias=False), L.BatchNormalization(), L.LeakyReLU(), L.GlobalAveragePooling2D(), L.Dense(12)])
    a, c = keras.Input((32, 32, 3), name="left"), keras.Input((32, 32, 3), name="right")
    n = L.Lambda(lambda v: tf.math.l2_normalize(v, -1))
    u, v = n(b(a)), n(b(c))
    d = L.Lambda(lambda t: tf.reduce_sum(tf.square(t[0]-t[1]), -1, keepdims=True))([u, v])
    m = keras.Model([a, c], {"distance": d, "same": L.Dense(1, "sigmoid")(L.Concatenate()([d, L.Dot(1)([u, v])]))})
    settle(m); export(m, "siamese")

class Graphs(tf.Module):
    """Messages along edges, of any number of nodes and edges."""
    def __init__(self): self.a, self.b, self.c, self.o = weight(6, 16), weight(16, 16), weight(32, 16), weight(16, 3)
    @tf.function(input_signature=[Spec([None, 6], name="features"), Spec([None, 2], tf.int32, name="edges")])
    def __call__(self, features, edges):
        h = tf.nn.elu(features @ self.a); n = tf.shape(h)[0]
        edges = tf.math.floormod(edges, n)
        for _ in range(2):
            m = tf.gather(h @ self.b, edges[:, 0])
            score = tf.reduce_sum(m * tf.gather(h, edges[:, 1]), -1)
            top = tf.math.unsorted_segment_max(score, edges[:, 1], n)
            e = tf.exp(score - tf.gather(top, edges[:, 1]))
            e /= tf.gather(tf.math.unsorted_segment_sum(e, edges[:, 1], n), edges[:, 1])
            h = tf.nn.gelu(tf.concat([h, tf.math.unsorted_segment_sum(e[:, None] * m, edges[:, 1], n)], 1) @ self.c)
        return {"node": tf.nn.softmax(h @ self.o), "whole": tf.reduce_mean(h, 0)}

class Experts(tf.Module):
    """A router, experts by switch_case and by gathered weights, scattered back."""
    def __init__(self): self.r, self.w1, self.w2, self.o = weight(8, 4), weight(4, 8, 16), weight(4, 16, 8), weight(8, 5)
    @tf.function(input_signature=[Spec([None, 8], name="tokens"), Spec([], tf.int32, name="mode")])
    def __call__(self, tokens, mode):
        p = tf.nn.softmax(tokens @ self.r); g, i = tf.math.top_k(p, 2)
        y = tf.zeros_like(tokens)
        for k in range(2):
            h = tf.nn.relu(tf.einsum('nd,ndh->nh', tokens, tf.gather(self.w1, i[:, k])))
            y += g[:, k:k+1] * tf.einsum('nh,nhd->nd', h, tf.gather(self.w2, i[:, k]))
        load = tf.tensor_scatter_nd_add(tf.zeros([4]), i[:, :1], g[:, 0])
        y = tf.switch_case(mode, {0: lambda: y, 1: lambda: tf.cumsum(y, 1), 2: lambda: tf.sort(y, 1)}, default=lambda: -y)
        return {"y": tf.nn.softmax(y @ self.o), "load": load}

class Waves(tf.Module):
    """Gated dilated convolutions, then samples made one by one by a loop with a list."""
    def __init__(self):
        self.i = weight(1, 1, 8); self.f = [weight(2, 8, 8) for _ in range(3)]; self.g = [weight(2, 8, 8) for _ in range(3)]; self.o = weight(8, 16)
    def net(self, x):
        h = tf.nn.conv1d(x, self.i, 1, 'VALID'); out = 0.
        for k, (f, g) in enumerate(zip(self.f, self.g)):
            p = tf.pad(h, [[0, 0], [2**k, 0], [0, 0]])
            z = tf.tanh(tf.nn.conv1d(p, f, 1, 'VALID', dilations=2**k)) * tf.sigmoid(tf.nn.conv1d(p, g, 1, 'VALID', dilations=2**k))
            out += z; h += z
        return out @ self.o
    @tf.function(input_signature=[Spec([1, None, 1], name="start"), Spec([], tf.int32, name="count")])
    def __call__(self, start, count):
        count = tf.clip_by_value(count, 1, 8)
        made = tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[])
        x = start
        for i in tf.range(count):
            tf.autograph.experimental.set_loop_options(shape_invariants=[(x, tf.TensorShape([1, None, 1]))])
            k = tf.argmax(self.net(x)[0, -1], output_type=tf.int32)
            made = made.write(i, k)
            x = tf.concat([x[:, 1:], tf.reshape(tf.cast(k, tf.float32) / 8 - 1, [1, 1, 1])], 1)
        return {"made": made.stack(), "scores": tf.nn.softmax(self.net(x)[:, -1])}

class Words(tf.Module):
    """Three signatures over the same variables and table."""
    def __init__(self):
        self.table = tf.lookup.StaticVocabularyTable(tf.lookup.KeyValueTensorInitializer(["a", "tree", "house", "runs", "green"], tf.range(5, dtype=tf.int64)), 3)
        self.back = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.range(5, dtype=tf.int64), ["a", "tree", "house", "runs", "green"]), "?")
        self.e = weight(8, 12); self.q = weight(12, 12)
    def ids(self, t):
        w = tf.strings.split(tf.strings.lower(tf.strings.regex_replace(t, "[^A-Za-z ]", "")))
        return w.with_values(self.table.lookup(w.values))
    @tf.function(input_signature=[Spec([None], tf.string, name="texts")])
    def encode(self, texts):
        i = self.ids(texts)
        return {"code": tf.reduce_mean(tf.ragged.map_flat_values(lambda v: tf.nn.embedding_lookup(self.e, v), i), 1), "length": i.row_lengths()}
    @tf.function(input_signature=[Spec([None, 12], name="code")])
    def decode(self, code):
        sc = tf.matmul(code @ self.q, self.e, transpose_b=True)
        return {"word": self.back.lookup(tf.argmax(sc, 1)), "scores": tf.nn.softmax(sc)}
    @tf.function(input_signature=[Spec([None], tf.string, name="left"), Spec([None], tf.string, name="right")])
    def score(self, left, right):
        a, b = self.encode(left)["code"], self.encode(right)["code"]
        return {"score": tf.reduce_sum(a * (b @ self.q), 1)}

@network
def gru_attention():
    i = keras.Input((None, 7), name="x")
    x = L.Bidirectional(L.GRU(9, return_sequences=True))(i)
    a = L.MultiHeadAttention(2, 5)(x, x)
    x = L.LayerNormalization()(L.Add()([x, a]))
    w = L.Softmax(axis=1)(L.Dense(1)(x))
    x = L.Flatten()(L.Dot(1)([w, x]))
    m = keras.Model(i, L.Dense(4, "softmax")(x)); settle(m); export(m, "gru_attention")

@network
def volumes():
    i = keras.Input((8, 16, 16, 1), name="scan")
    a = L.ReLU()(L.BatchNormalization()(L.Conv3D(6, 3, padding="same", use_bias=False)(i)))
    b = L.ReLU()(L.GroupNormalization(2)(L.Conv3D(8, 3, 2, "same")(a)))
    c = L.Conv3DTranspose(6, 2, 2)(b)
    c = L.Concatenate()([c, a]); c = L.Conv3D(3, 1)(L.AveragePooling3D((1, 2, 2))(L.UpSampling3D((1, 2, 2))(c)))
    m = keras.Model(i, {"mask": L.Softmax()(c), "volume": L.GlobalMaxPooling3D()(b)}); settle(m); export(m, "volumes")

class Warp(tf.Module):
    """A spatial transformer: where to look, then looking there between pixels."""
    def __init__(self): self.c, self.t, self.o = weight(3, 3, 3, 4), weight(4, 6), weight(3, 3, 3, 5)
    @tf.function(input_signature=[Spec([None, 24, 24, 3], name="picture")])
    def __call__(self, picture):
        h = tf.reduce_mean(tf.nn.relu(tf.nn.conv2d(picture, self.c, 2, 'SAME')), [1, 2])
        th = tf.reshape(tf.tanh(h @ self.t) * .3, [-1, 2, 3]) + tf.constant([[1., 0, 0], [0, 1, 0]])
        y, x = tf.meshgrid(tf.linspace(-1., 1, 12), tf.linspace(-1., 1, 12), indexing='ij')
        g = tf.stack([tf.reshape(x, [-1]), tf.reshape(y, [-1]), tf.ones([144])])
        p = (tf.einsum('bij,jk->bik', th, g) + 1) * 11.5
        x, y = p[:, 0], p[:, 1]; x0, y0 = tf.floor(x), tf.floor(y); out = 0.
        for dx in (0, 1):
            for dy in (0, 1):
                xi, yi = tf.clip_by_value(x0 + dx, 0, 23), tf.clip_by_value(y0 + dy, 0, 23)
                w = (1 - tf.abs(x - (x0 + dx))) * (1 - tf.abs(y - (y0 + dy)))
                out += w[..., None] * tf.gather_nd(picture, tf.cast(tf.stack([yi, xi], -1), tf.int32), batch_dims=1)
        im = tf.reshape(out, [-1, 12, 12, 3])
        return {"looked": im, "label": tf.nn.softmax(tf.reduce_max(tf.nn.conv2d(im, self.o, 1, 'VALID'), [1, 2]))}

class Branches(tf.Module):
    """tf.cond within a loop over a list that grows; results of other shapes by branch."""
    def __init__(self): self.a, self.b = weight(4, 4), weight(4, 4)
    @tf.function(input_signature=[Spec([None, 4], name="x"), Spec([], name="limit")])
    def __call__(self, x, limit):
        total, steps, seen = tf.zeros([4]), 0, tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)
        h = x
        while tf.reduce_sum(tf.abs(h)) > limit and steps < 5:
            if tf.reduce_mean(h) > 0:
                h = tf.tanh(h @ self.a) * .5
            else:
                h = tf.nn.relu(h @ self.b) - .1
            seen = seen.write(steps, tf.reduce_max(h, 0)); total += seen.read(steps); steps += 1
        y = tf.cond(steps > 2, lambda: h[:1], lambda: h)
        return {"y": y, "total": total, "steps": tf.convert_to_tensor(steps)}


@network
def message_graphs():
    m = Graphs()
    save("message_graphs", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def experts():
    m = Experts()
    save("experts", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def waves():
    m = Waves()
    save("waves", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def warp():
    m = Warp()
    save("warp", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def loop_branches():
    m = Branches()
    save("loop_branches", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def word_signatures():
    m = Words()
    save("word_signatures", m, {"encode": m.encode, "decode": m.decode, "score": m.score, "serving_default": m.score})
