"""Networks of forms that the other parts do not have: layers that keep and mask states, columns of mixed types, several signatures,
outputs that are inputs, saved by TensorFlow 1 with tables and branches: new_networks.py."""
from network_kit import Spec, frozen, network, np, save, settle, tf, v1
import network_kit as kit
import keras
from keras import layers as L


def export(m, name):
    m.export(str(kit.OUT / "savedmodels" / name), verbose=False)


@network
def stacked_states():
    """An LSTM and a GRU one behind the other, with padded rows of any length; states are outputs."""
    i = keras.Input((None,), dtype="int32", name="tokens")
    x = L.Embedding(40, 8, mask_zero=True)(i)
    x, h, c = L.LSTM(12, return_sequences=True, return_state=True)(x)
    x, g = L.GRU(10, return_sequences=True, return_state=True, reset_after=False)(x)
    x = L.TimeDistributed(L.Dense(5, "softmax"))(x)
    m = keras.Model(i, {"each": x, "h": h, "c": c, "g": g})
    settle(m)
    export(m, "stacked_states")


@network
def stateful_lstm():
    """A layer that goes on where the last call ended: the saved model writes to variables."""
    i = keras.Input(batch_shape=(1, 4, 3), name="frames")
    m = keras.Model(i, L.Dense(2)(L.LSTM(6, stateful=True)(i)))
    settle(m)

    class M(tf.Module):

        def __init__(self):
            self.m = m

        @tf.function(input_signature=[Spec([1, 4, 3], name="frames")])
        def __call__(self, frames):
            return {"y": self.m(frames, training=False)}
    k = M()
    save("stateful_lstm", k, {"serving_default": k.__call__.get_concrete_function()})


@network
def mixed_columns():
    """Keras' preparing layers: texts, numbers and classes side by side, each an input."""
    text, number, kind = keras.Input((1,), dtype="string", name="city"), keras.Input((2,), name="size"), keras.Input((1,), dtype="int64", name="kind")
    lookup = L.StringLookup(vocabulary=["rome", "oslo", "bonn"], output_mode="one_hot")
    norm = L.Normalization(mean=[3.0, -1.0], variance=[2.0, 0.5])
    parts = [lookup(text), L.Discretization([-1.0, 0.0, 2.0], output_mode="multi_hot")(number), norm(number),
             L.CategoryEncoding(4, output_mode="one_hot")(kind), L.Embedding(7, 3)(L.Hashing(7)(text))]
    parts = [L.Flatten()(p) for p in parts]
    x = L.Dense(6, "relu")(L.Concatenate()(parts))
    m = keras.Model([text, number, kind], {"price": L.Dense(1)(x), "sold": L.Dense(2, "softmax")(x)})
    settle(m)
    export(m, "mixed_columns")


@network
def convnext_block():
    """Depthwise 7x7, layer norm, GELU, a learned scale; group norm; a picture of bytes resized inside."""
    i = keras.Input((None, None, 3), dtype="uint8", name="photo")
    x = L.Rescaling(1 / 127.5, -1)(L.Resizing(32, 32)(i))
    x = L.LayerNormalization()(L.Conv2D(16, 4, 4)(x))
    for _ in range(2):
        y = L.LayerNormalization(epsilon=1e-6)(L.DepthwiseConv2D(7, padding="same")(x))
        y = L.Dense(16)(L.Dense(64, "gelu")(y))
        x = L.Add()([x, y])
    x = L.GroupNormalization(4)(x)
    x = L.SpatialDropout2D(0.2)(L.UnitNormalization()(L.Conv2DTranspose(8, 3, 2, "same")(x)))
    m = keras.Model(i, L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(x)))
    settle(m)
    export(m, "convnext_block")


@network
def separable_sounds():
    """1-D separable convolutions, PReLU, strided pooling, upsampling; sounds of any length."""
    i = keras.Input((None, 2), name="sound")
    x = L.PReLU(shared_axes=[1])(L.SeparableConv1D(8, 5, padding="same")(i))
    x = L.AveragePooling1D(2)(L.LeakyReLU()(L.BatchNormalization()(x)))
    x = L.UpSampling1D(2)(L.Conv1D(8, 3, dilation_rate=2, padding="causal", activation="elu")(x))
    m = keras.Model(i, [L.GlobalMaxPooling1D()(x), L.Conv1DTranspose(2, 4, 2, "same")(x)])
    settle(m)
    export(m, "separable_sounds")


@network
def two_signatures():
    """A step of training beside the answer, an input that is an output, scalars, and complex numbers."""
    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable(np.linspace(-1, 1, 6).reshape(3, 2).astype("f"))

        @tf.function(input_signature=[Spec([None, 3], name="x"), Spec([], tf.bool, name="doubled")])
        def answer(self, x, doubled):
            y = tf.matmul(x, self.w)
            y = tf.cond(doubled, lambda: 2 * y, lambda: y - 1)
            return {"y": y, "x_again": x, "count": tf.size(x), "turned": tf.math.angle(tf.complex(y, 1.0 + y))}

        @tf.function(input_signature=[Spec([None, 3], name="x"), Spec([None, 2], name="want")])
        def learn(self, x, want):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((tf.matmul(x, self.w) - want) ** 2)
            self.w.assign_sub(0.1 * tape.gradient(loss, self.w))
            return {"loss": loss}
    m = M()
    save("two_signatures", m, {"serving_default": m.answer, "learn": m.learn})


@network
def pieces_of_text():
    """Texts cut, counted and put together: ragged rows, hash buckets, regular expressions, numbers read from words."""
    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable(np.random.RandomState(1).normal(size=(16, 3)).astype("f"))

        @tf.function(input_signature=[Spec([None], tf.string, "lines")])
        def __call__(self, lines):
            words = tf.strings.split(tf.strings.regex_replace(lines, "[^a-z0-9 ]", ""))
            bucket = tf.ragged.map_flat_values(tf.strings.to_hash_bucket_fast, words, 16)
            rows = tf.reduce_sum(tf.ragged.map_flat_values(tf.gather, self.w, bucket), 1)
            joined = tf.strings.reduce_join(words.to_tensor(""), axis=-1, separator="-")
            return {"scores": tf.nn.softmax(rows), "joined": joined, "letters": tf.strings.length(lines, "UTF8_CHAR"),
                    "has_number": tf.strings.regex_full_match(lines, ".*[0-9].*")}
    m = M()
    save("pieces_of_text", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def beam_search():
    """A loop whose arrays grow, with top-k and gathers in it, ended by what it finds."""
    class M(tf.Module):

        def __init__(self):
            self.e = tf.Variable(np.random.RandomState(3).normal(size=(9, 9)).astype("f"))

        @tf.function(input_signature=[Spec([1], tf.int32, "first"), Spec([], tf.int32, "longest")])
        def __call__(self, first, longest):
            def go_on(i, ids, scores):
                return (i < longest) & tf.reduce_any(ids[:, -1] != 0)

            def step(i, ids, scores):
                log = tf.nn.log_softmax(tf.gather(self.e, ids[:, -1]))
                best, flat = tf.math.top_k(tf.reshape(scores[:, None] + log, [-1]), 3)
                return i + 1, tf.concat([tf.gather(ids, flat // 9), (flat % 9)[:, None]], 1), best

            ids = tf.tile(first[None], [3, 1])
            _, ids, scores = tf.while_loop(go_on, step, [0, ids, tf.constant([0.0, -1e9, -1e9])],
                                           [tf.TensorShape([]), tf.TensorShape([3, None]), tf.TensorShape([3])])
            return {"ids": ids, "scores": scores}
    m = M()
    save("beam_search", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def v1_branches_and_tables():
    """Saved by TensorFlow 1: variables by reference, a table from a file, tf.cond, a loop, outputs by class and score."""
    vocabulary = kit.OUT / "classes.txt"
    vocabulary.write_text("low\nmiddle\nhigh\n")
    control_flow, resources = v1.control_flow_v2_enabled(), v1.resource_variables_enabled()
    v1.disable_control_flow_v2()
    v1.disable_resource_variables()
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 4], "x")
        is_training = v1.placeholder_with_default(False, [], "is_training")
        w = v1.get_variable("w", [4, 3], initializer=v1.random_normal_initializer(seed=3))
        steps = v1.get_variable("steps", [], tf.int64, initializer=v1.zeros_initializer(), trainable=False)
        h = v1.cond(is_training, lambda: v1.nn.dropout(tf.matmul(x, w), rate=0.5), lambda: tf.matmul(x, w) * 0.5)
        _, h = v1.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(h) + h), [0, h])
        table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
            str(vocabulary), tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE), "?")
        scores = v1.nn.softmax(h, name="scores")
        names = table.lookup(tf.argmax(scores, -1))
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        session.run(steps.assign_add(5))
        info = v1.saved_model.build_tensor_info
        signature = v1.saved_model.signature_def_utils.build_signature_def
        builder = v1.saved_model.Builder(str(kit.OUT / "savedmodels/v1_branches_and_tables"))
        builder.add_meta_graph_and_variables(session, ["serve"], {
            "serving_default": signature({"x": info(x)}, {"scores": info(scores), "names": info(names)}, "tensorflow/serving/predict"),
            "counted": signature({"x": info(x)}, {"steps": info(steps), "scores": info(scores)}, "tensorflow/serving/predict"),
        }, assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS), main_op=v1.tables_initializer())
        builder.save()
        v1.train.Saver().save(session, str(kit.OUT / "weights/v1_branches_checkpoint" / "model.ckpt"), 5)
    v1.enable_control_flow_v2() if control_flow else None
    v1.enable_resource_variables() if resources else None


@network
def scans_and_maps():
    """map_fn over rows, scan, cumulative sums, sorting, set operations, dynamic stitching; all sizes open."""
    class M(tf.Module):

        @tf.function(input_signature=[Spec([None, None], name="rows"), Spec([None], tf.int32, name="keep")])
        def __call__(self, rows, keep):
            scaled = tf.map_fn(lambda r: (r - tf.reduce_mean(r)) / (tf.math.reduce_std(r) + 1e-3), rows)
            summed = tf.scan(lambda a, r: 0.5 * a + r, scaled)
            chosen = tf.gather(summed, tf.unique(tf.clip_by_value(keep, 0, tf.shape(rows)[0] - 1)).y)
            order = tf.argsort(chosen, axis=-1, direction="DESCENDING", stable=True)
            parts = tf.dynamic_partition(tf.range(tf.size(keep)), keep % 2, 2)
            back = tf.dynamic_stitch(parts, [tf.gather(keep, p) for p in parts])
            return {"chosen": chosen, "order": order, "where": tf.where(chosen > 0.5), "back": back,
                    "histogram": tf.math.bincount(tf.abs(keep), minlength=4), "eye": tf.linalg.diag(tf.reduce_sum(chosen, -1))}
    m = M()
    save("scans_and_maps", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def no_inputs():
    """A model that is asked without being fed: constants, a range, a random number from a given seed."""
    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable([1.5, -2.0])

        @tf.function(input_signature=[])
        def __call__(self):
            return {"w": self.w * 2, "drawn": tf.random.stateless_uniform([4], seed=[1, 2]), "text": tf.constant("ready")}
    m = M()
    save("no_inputs", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def wide_types():
    """Integers of every width, unsigned ones, bool, float16, bfloat16, double."""
    def call(a, b, c, d):
        whole = tf.cast(a, tf.int64) * 3 + tf.cast(b, tf.int64)
        real = tf.cast(c, tf.float64) / 3 + tf.cast(tf.cast(d, tf.bfloat16) * 2, tf.float64)
        return {"whole": whole, "real": real, "half": tf.cast(real, tf.float16), "bits": tf.bitwise.bitwise_xor(b, tf.constant(5, tf.uint16)), "more": tf.cast(a, tf.float32) > c}
    m = tf.Module()
    m.call = tf.function(call, input_signature=[Spec([None], tf.int8, "a"), Spec([None], tf.uint16, "b"), Spec([None], tf.float32, "c"), Spec([None], tf.float16, "d")])
    save("wide_types", m, {"serving_default": m.call})
