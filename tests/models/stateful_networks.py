"""Networks with tables, texts, variables, branches and loops, of TensorFlow 1 and 2: new_networks.py."""
from network_kit import Spec, frozen, network, np, save, tf, v1, v1_graph
import network_kit as kit


@network
def lookup_text():

    class M(tf.Module):

        def __init__(self):
            self.t = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["cat", "dog", "sun", "sea"], tf.range(1, 5, dtype=tf.int64)), 0)
            self.names = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.range(3, dtype=tf.int64), ["animal", "nature", "none"]), "?")
            self.e = tf.Variable(np.random.RandomState(1).normal(size=(5, 8)).astype("f"))
            self.w = tf.Variable(np.random.RandomState(2).normal(size=(8, 3)).astype("f"))

        @tf.function(input_signature=[Spec([None], tf.string, "text")])
        def __call__(self, text):
            w = tf.strings.split(tf.strings.lower(text)).to_tensor("")
            i = self.t.lookup(w)
            mask = tf.cast(i > 0, tf.float32)[..., None]
            h = tf.reduce_sum(tf.gather(self.e, i) * mask, 1) / tf.maximum(tf.reduce_sum(mask, 1), 1)
            s = tf.nn.softmax(h @ self.w)
            return {"scores": s, "label": self.names.lookup(tf.argmax(s, -1))}
    m = M()
    save("lookup_text", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def lookup_asset():
    p = kit.OUT / "vocabulary.txt"
    p.write_text("the\na\ncat\nsat\nmat\n")

    class M(tf.Module):

        def __init__(self):
            init = tf.lookup.TextFileInitializer(str(p), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
            self.t = tf.lookup.StaticVocabularyTable(init, 3)
            self.e = tf.Variable(np.random.RandomState(1).normal(size=(8, 4)).astype("f"))

        @tf.function(input_signature=[Spec([None, None], tf.string, "words")])
        def __call__(self, words):
            return {"mean": tf.reduce_mean(tf.gather(self.e, self.t.lookup(words)), 1)}
    m = M()
    save("lookup_asset", m, {"serving_default": m.__call__.get_concrete_function()})


@network
def v1_while():
    v1.disable_control_flow_v2()
    v1.disable_resource_variables()

    def build():
        x = v1.placeholder(tf.float32, [None, 6], "x")
        n = v1.placeholder(tf.int32, [], "steps")
        w = v1.get_variable("w", [6, 6], initializer=v1.random_normal_initializer(0, 0.4))
        ta = tf.TensorArray(tf.float32, size=n, element_shape=[None, 6])

        def body(i, h, t):
            h = tf.tanh(tf.matmul(h, w))
            h = v1.cond(tf.reduce_mean(h) > 0, lambda: h - 0.1, lambda: h + 0.1)
            return (i + 1, h, t.write(i, h))
        _, h, t = v1.while_loop(lambda i, *_: i < n, body, [0, x, ta], parallel_iterations=1)
        return [tf.identity(h, "last"), tf.reduce_sum(t.stack(), 0, name="sum")]
    v1_graph("v1_while", build)
    v1.enable_control_flow_v2()
    v1.enable_resource_variables()


@network
def v1_training_leftovers():
    v1.disable_control_flow_v2()
    v1.disable_resource_variables()

    def build():
        x = v1.placeholder(tf.float32, [None, 16, 16, 3], "images")
        is_training = v1.placeholder(tf.bool, [], "is_training")
        keep = v1.placeholder_with_default(tf.constant(1.0), [], "keep_prob")
        w = v1.get_variable("w", [3, 3, 3, 8])
        h = tf.nn.conv2d(x, w, 1, "SAME")
        g = v1.get_variable("g", [8], initializer=v1.random_uniform_initializer(0.5, 1.5))
        b = v1.get_variable("b", [8], initializer=v1.random_normal_initializer())
        mm = v1.get_variable("mm", [8], initializer=v1.random_normal_initializer(0, 0.2))
        mv = v1.get_variable("mv", [8], initializer=v1.random_uniform_initializer(0.5, 1.5))
        h = v1.cond(is_training, lambda: v1.nn.fused_batch_norm(h, g, b, epsilon=0.001)[0], lambda: v1.nn.fused_batch_norm(h, g, b, mm, mv, epsilon=0.001, is_training=False)[0])
        h = tf.nn.relu6(h)
        h = v1.nn.dropout(h, keep_prob=keep)
        h = tf.reduce_mean(h, [1, 2])
        w2 = v1.get_variable("w2", [8, 5])
        return [tf.nn.softmax(tf.matmul(h, w2), name="final_result")]
    v1_graph("v1_training_leftovers", build)
    v1.enable_control_flow_v2()
    v1.enable_resource_variables()


@network
def half_weights():
    v1.disable_resource_variables()

    def build():
        x = v1.placeholder(tf.float32, [None, 20], "x")
        r = np.random.RandomState(3)
        w = tf.cast(tf.constant(r.normal(size=(20, 40)).astype("e")), tf.float32)
        b = tf.cast(tf.constant(r.normal(size=40).astype("e")), tf.float32)
        h = tf.nn.relu(tf.matmul(x, w) + b)
        w2 = tf.constant(r.normal(size=(40, 7)).astype("e"))
        return [tf.nn.softmax(tf.cast(tf.matmul(tf.cast(h, tf.float16), w2), tf.float32), name="y")]
    v1_graph("half_weights", build)
    v1.enable_resource_variables()


@network
def counter():

    class M(tf.Module):

        def __init__(self):
            self.n = tf.Variable(0)
            self.w = tf.Variable([[1.0, 2.0]])

        @tf.function(input_signature=[Spec([None, 1], name="x")])
        def use(self, x):
            return {"y": x @ self.w}

        @tf.function(input_signature=[Spec([None, 1], name="x")])
        def count(self, x):
            self.n.assign_add(1)
            return {"y": x @ self.w, "n": self.n.read_value()}
    m = M()
    save("counter", m, {"serving_default": m.use.get_concrete_function(), "count": m.count.get_concrete_function()})


@network
def cases_and_maps():

    class M(tf.Module):

        def __init__(self):
            self.w = tf.Variable([1.0, 2.0, 3.0])

        @tf.function(input_signature=[Spec([None, 3], name="x"), Spec([], tf.int32, "which")])
        def __call__(self, x, which):
            y = tf.switch_case(which, [lambda: x * self.w, lambda: x + self.w, lambda: tf.sort(x, -1)])
            z = tf.scan(lambda a, v: a * 0.5 + v, y, tf.zeros([3]))
            k = tf.map_fn(lambda v: tf.cond(tf.reduce_sum(v) > 0, lambda: tf.cumsum(v), lambda: -v), z)
            return {"y": y, "z": z, "k": k, "top": tf.math.top_k(k, 2).indices}
    m = M()
    save("cases_and_maps", m, {"serving_default": m.__call__.get_concrete_function()})
    frozen("cases_and_maps", lambda x, w: m(x, w), Spec([4, 3]), Spec([], tf.int32))


@network
def wide_columns():

    def f(ex):
        p = tf.io.parse_example(ex, {"age": tf.io.FixedLenFeature([1], tf.float32, 30.0), "job": tf.io.VarLenFeature(tf.string), "x": tf.io.FixedLenFeature([1], tf.float32)})
        h = tf.sparse.to_dense(tf.SparseTensor(p["job"].indices, tf.strings.to_hash_bucket_fast(p["job"].values, 10), p["job"].dense_shape), 0)
        return {"y": tf.sigmoid((p["age"] - 30) * 0.1 + p["x"] + tf.reduce_sum(tf.cast(h, tf.float32), 1, keepdims=True) * 0.05)}
    m = tf.Module()
    m.f = tf.function(f, input_signature=[Spec([None], tf.string, "examples")])
    save("wide_columns", m, {"serving_default": m.f.get_concrete_function()})


@network
def v1_partitioned():
    v1.disable_resource_variables()
    g = tf.Graph()
    with g.as_default():
        x = v1.placeholder(tf.float32, [None, 12], "x")
        w = v1.get_variable("w", [12, 8], partitioner=v1.fixed_size_partitioner(3))
        y = tf.matmul(x, tf.convert_to_tensor(w))
        y = tf.nn.relu(y, "y")
        with v1.Session() as s:
            s.run(v1.global_variables_initializer())
            b = v1.saved_model.Builder(str(kit.OUT / "savedmodels/v1_partitioned"))
            b.add_meta_graph_and_variables(s, ["serve"], {"serving_default": v1.saved_model.predict_signature_def({"in": x}, {"out": y})})
            b.save()
    v1.enable_resource_variables()


@network
def ragged():

    class M(tf.Module):

        def __init__(self):
            self.e = tf.Variable(np.random.RandomState(1).normal(size=(20, 5)).astype("f"))

        @tf.function(input_signature=[Spec([None], tf.int32, "values"), Spec([None], tf.int64, "splits")])
        def __call__(self, values, splits):
            r = tf.RaggedTensor.from_row_splits(tf.gather(self.e, values % 20), splits, validate=False)
            return {"mean": tf.reduce_mean(r, 1), "n": r.row_lengths()}
    m = M()
    save("ragged", m, {"serving_default": m.__call__.get_concrete_function()})
